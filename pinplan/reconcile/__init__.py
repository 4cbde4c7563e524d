"""PURE: from two snapshots and the base to a plan."""
