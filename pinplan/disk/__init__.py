"""The library on disk, behind the ports."""
