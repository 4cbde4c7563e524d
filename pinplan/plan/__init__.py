"""The plan document, its decisions, their consequences, and the diff of two plans."""

__all__ = [
    "agreement",
    "decision_rules",
    "decisions",
    "diff",
    "document",
]
