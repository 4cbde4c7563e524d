"""Pinterest's REST API v5, and its image hosts, behind the ports."""
