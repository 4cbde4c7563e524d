"""Pinterest's REST API v5, and its image hosts, behind the ports."""

__all__ = [
    "api",
    "hosts",
    "http",
    "images",
    "ratelimit",
    "token_endpoint",
    "video_host",
]
