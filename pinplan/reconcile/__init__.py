"""PURE: from two snapshots and the base to a plan."""

__all__ = [
    "checks",
    "closed_features",
    "delete_checks",
    "displaced",
    "fetch_rules",
    "findings",
    "match",
    "move_checks",
    "named_series",
    "new_files",
    "on_record",
    "place_checks",
    "plan_input",
    "planner",
    "post",
    "scope",
    "truth",
    "undo",
    "upload_checks",
    "upload_rules",
]
