"""The files that pinplan owns: plan, decisions, state, journal, audit log, listings."""

__all__ = [
    "audit",
    "creates",
    "decisions_file",
    "files",
    "fingerprints",
    "journal",
    "kept_plan",
    "listings",
    "output_file",
    "pin_metadata",
    "places",
    "plan_file",
    "rollback_guard",
    "seals",
    "state",
]
