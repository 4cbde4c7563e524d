"""The plan as data: the document, what a person decided about it, what follows from that, and what differs between two."""

__all__ = [
    "agreement",
    "decision_rules",
    "decisions",
    "diff",
    "document",
]
