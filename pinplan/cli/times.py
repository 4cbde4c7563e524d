"""Lengths of time as people write them."""

import re

from pinplan.errors import ConfigError

_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """``30s``, ``5m``, ``500ms`` or a bare number of seconds. Raises `ConfigError`."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|)", text.strip())
    if found is None:
        raise ConfigError([f"{text!r} is not a length of time; write e.g. 30s, 5m"])
    return float(found[1]) * _UNITS[found[2]]
