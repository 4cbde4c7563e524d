"""Plans, results and reports as text, Markdown and events."""

__all__ = [
    "account_text",
    "diff_text",
    "effects",
    "markdown",
    "plan_events",
    "reports",
    "rows",
    "table",
    "text",
    "text_safety",
]
