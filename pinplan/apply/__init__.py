"""Perform a plan, exactly."""

__all__ = [
    "context",
    "creates",
    "decided_plan",
    "executor",
    "image_check",
    "places",
    "recheck",
    "result",
    "run",
]
