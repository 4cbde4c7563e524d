"""The decisions file: written by the page and edited by hand, so parsed strictly."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from pinplan.actions import KINDS
from pinplan.documents import DocumentRefused, check_size
from pinplan.errors import ConfigError, DecisionsUnbound
from pinplan.errors.did_you_mean import did_you_mean
from pinplan.plan.decisions import FORMAT, FORMAT_VERSION, Choice, Decisions, judge
from pinplan.records.files import read_bytes, write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pinplan.plan.document import Plan

_KEYS = ("format", "format_version", "plan", "decided_at", "require", "reviewer", "decisions")
_NEEDED = ("format", "format_version", "plan", "decisions")
MAX_TEXT = 2000
"""Characters of a note, or of the reviewer's name."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\Z")


def encode_decisions(decisions: Decisions) -> bytes:
    """The canonical document: UTF-8, sorted keys, two-space indent, newline at the end."""
    return msgspec.json.format(msgspec.json.encode(decisions, order="sorted"), indent=2) + b"\n"


def write_decisions(decisions: Decisions, path: Path, unless: Callable[[], bool] = lambda: False) -> bool:
    """Write decisions, atomically, readable by their owner only.

    Args:
        decisions: they replace those in the file.
        path: the file.
        unless: see `write_private`.

    Returns:
        Whether they were written.

    Raises:
        DiskRefused: nothing has changed.
    """
    return write_private(path, encode_decisions(decisions), unless)


def read_decisions(path: Path, plan: Plan) -> Decisions:
    """Read decisions about a plan.

    Raises:
        ConfigError: no such file, or all problems in it with their lines.
        DecisionsUnbound: they are for another plan.
        DiskRefused: the file cannot be read.
    """
    if not path.exists():
        raise ConfigError([f"{path}: no such decisions file"])
    return decode_decisions(read_bytes(path), plan, str(path))


def decode_decisions(data: bytes, plan: Plan, where: str = "decisions") -> Decisions:
    """Decisions from their document; raises as `read_decisions`."""
    text = _text(data, where)
    document = _document(text, where)
    # First what is wrong by itself, then whose plan it is: a broken file cannot say the latter.
    problems = list(_problems(document, text))
    if problems:
        raise ConfigError([f"{where}, line {line}: {problem}" for line, problem in problems])
    decisions = msgspec.convert(document, Decisions)
    if decisions.plan != plan.digest:
        raise DecisionsUnbound(f"{where}: decisions are for plan {decisions.plan}, but this is {plan.digest}")
    misfits = [f"{where}, line {_line_of(text, p.entry)}: {p.message}" for p in judge(plan, decisions)]
    if misfits:
        raise ConfigError(misfits)
    return decisions


def _text(data: bytes, where: str) -> str:
    try:
        check_size(data)
        return data.decode("utf-8")
    except DocumentRefused as error:
        raise ConfigError([f"{where}: not decisions: {error}"]) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{where}, line {line}: not decisions: not UTF-8"]) from error


def _document(text: str, where: str) -> dict[str, Any]:
    twice: list[str] = []  # json keeps the last of two equal keys: a decision would be lost silently

    def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in pairs:
            if key in made:
                twice.append(key)
            made[key] = value
        return made

    try:
        document = json.loads(text, object_pairs_hook=object_of)
    except json.JSONDecodeError as error:
        raise ConfigError([f"{where}, line {error.lineno}: not decisions: {error.msg}"]) from error
    except (RecursionError, ValueError) as error:
        raise ConfigError([f"{where}: not decisions: {error}"]) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ConfigError([f"{where}, line 1: not decisions: its format is not {FORMAT!r}"])
    if twice:
        raise ConfigError([f"{where}, line {_line_of(text, key, last=True)}: duplicate key {key!r}" for key in twice])
    return document


def _problems(document: dict[str, Any], text: str) -> Iterator[tuple[int, str]]:
    """Problems that do not depend on the plan, with their lines."""
    for key in document:
        if key not in _KEYS:
            yield _line_of(text, key), f"unknown key {key!r}{did_you_mean(key, _KEYS)}"
    for key in _NEEDED:
        if key not in document:
            yield 1, f"missing key {key!r}"
    version = document.get("format_version", FORMAT_VERSION)
    if not isinstance(version, str) or version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        yield (
            _line_of(text, "format_version"),
            f"unsupported decisions format {version}, expected {FORMAT_VERSION}",
        )
    for key, pattern, wanted in (
        ("plan", _DIGEST, "the digest of a plan, sha256:…"),
        ("decided_at", _TIME, "a time, such as 2026-01-31T12:00:00Z"),
    ):
        value = document.get(key)
        if key in document and not (isinstance(value, str) and pattern.match(value)):
            yield _line_of(text, key), f"{key} = {value!r}: expected {wanted}"
    yield from ((_line_of(text, "require"), problem) for problem in _problems_of_kinds(document.get("require", [])))
    if not _is_text(document.get("reviewer", "")):
        yield _line_of(text, "reviewer"), f"reviewer: expected a name of at most {MAX_TEXT:,} characters"
    yield from _problems_of_entries(document.get("decisions", {}), text)


def _problems_of_entries(entries: object, text: str) -> Iterator[tuple[int, str]]:
    if not isinstance(entries, dict):
        yield _line_of(text, "decisions"), "decisions: expected an object with an entry for each action"
        return
    for name, entry in entries.items():
        yield from ((_line_of(text, name), problem) for problem in _problems_of(name, entry))


def _problems_of_kinds(kinds: object) -> Iterator[str]:
    if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
        yield "require: expected a list of kinds"
        return
    yield from (f"require: unknown kind {kind!r}{did_you_mean(kind, KINDS)}" for kind in kinds if kind not in KINDS)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_TEXT


def _problems_of(name: str, entry: object) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield f'{name}: expected {{"verdict": …}}, not {json.dumps(entry)}'
        return
    words = [verdict.value for verdict in Choice]
    for key in entry:
        if key not in {"verdict", "keep", "note"}:
            yield f"{name}: unknown key {key!r}; expected verdict, keep or note"
    if "keep" in entry and not (isinstance(entry["keep"], str) and entry["keep"]):
        yield f"{name}: keep: expected the id of a pin"
    if "keep" in entry and entry.get("verdict") != Choice.SWAP:
        yield f"{name}: keep: only a swap names the pin that is kept"
    if not _is_text(entry.get("note", "")):
        yield f"{name}: note: expected a text of at most {MAX_TEXT:,} characters"
    if "verdict" not in entry:
        yield f"{name}: missing verdict"
    elif entry["verdict"] not in words:
        yield f"{name}: unknown verdict {entry['verdict']!r}{did_you_mean(str(entry['verdict']), words)}"


def _line_of(text: str, key: str, *, last: bool = False) -> int:
    """The line of a key; 1 if not found."""
    return _lines(text).get(key, (1, 1))[last]


_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|\n')


# For the next problem of the same file: one search for each of thousands of wrong entries is quadratic.
@lru_cache(maxsize=1)
def _lines(text: str) -> dict[str, tuple[int, int]]:
    """The first and the last line of each key. json has no positions; a wrong line in a message is harmless."""
    lines: dict[str, tuple[int, int]] = {}
    line = 1
    for found in _STRING.finditer(text):
        if found[2] is not None:
            key = _unescaped(found[1])
            lines[key] = (lines.get(key, (line, line))[0], line)
        # A string may hold a line break where the file is no JSON at all, and there are some before a colon.
        line += found[0].count("\n")
    return lines


def _unescaped(key: str) -> str:
    try:
        found: str = json.loads(f'"{key}"')
    except ValueError:
        return key
    return found
