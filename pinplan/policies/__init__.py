"""PURE: one question per module."""
