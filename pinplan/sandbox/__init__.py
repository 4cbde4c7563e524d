"""The embedded Pinterest API v5, with real image files."""
