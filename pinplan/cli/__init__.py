"""The command line: one small file per command."""

from pinplan.cli.app import main

__all__ = ["main"]
