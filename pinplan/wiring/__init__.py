"""From a config to the adapters of a run; also access tokens, new and recovered libraries, and requests of the Python API."""

__all__ = [
    "access",
    "library_setup",
    "open_library",
    "post_wanted",
    "requests",
]
