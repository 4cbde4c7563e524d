"""From a config to everything that a run needs: the adapters, whose token is used, and new or recovered libraries."""

__all__ = [
    "access",
    "library_setup",
    "open_library",
]
