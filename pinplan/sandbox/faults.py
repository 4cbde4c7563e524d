"""Fault rules of the sandbox: their format, validation, and matching."""

from __future__ import annotations

import threading
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, NamedTuple, get_type_hints

import msgspec
from msgspec import Meta, Struct

from pinplan.errors import ConfigError
from pinplan.errors.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "*")
_MOST_BYTES = 4 << 20
IMAGE = "image"
"""Used as the method for requests to the image host."""
LISTINGS = ("boards", "pins", "sections")
"""Last path segments of all listings."""

Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class FaultKind(StrEnum):
    """The kind of a fault."""

    SHORT = "short"
    STATUS = "status"
    RATE_LIMIT = "rate_limit"
    SPAM = "spam"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    CUT_JSON = "cut_json"
    HTML = "html"
    SLOW = "slow"
    SLOW_BODY = "slow_body"
    RESET = "reset"
    LOST = "lost"
    WRONG_LENGTH = "wrong_length"
    CUT_IMAGE = "cut_image"
    CORRUPT_IMAGE = "corrupt_image"
    EMPTY = "empty"
    REDIRECT_LOOP = "redirect_loop"
    REDIRECT = "redirect"
    REPEAT_BOOKMARK = "repeat_bookmark"


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule: which requests it matches, which of those fail, and how.

    Attributes:
        kind: the kind of the fault.
        on: ``"METHOD PATTERN"``, with a pattern for the path without ``/v5`` (``*`` stands for anything, slashes too), or
            ``"image"``, or ``"image PATTERN"``.
        page: only this page of a listing, counted from 1.
        after: number of matching requests that pass first.
        times: maximum number of faults; None: unlimited.
        status: of the response, for `FaultKind.STATUS`.
        code, message: of the response body, for `FaultKind.STATUS`; None: matching the status.
        retry_after: seconds for the Retry-After header; None: no such header.
        seconds: duration of a slow response.
        keep: items of a short listing, or bytes of a cut body; None: half of them.
        host: target of a redirect, with a port if needed.
    """

    kind: FaultKind
    on: str
    page: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    after: Count = 0
    times: Count | None = None
    # Errors only: a success or redirect would need a body that fits the operation.
    status: Annotated[int, Meta(ge=400, le=599)] = 500
    code: Count | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    # Off by default: the sandbox's own 429s have no such header either.
    retry_after: Count | None = None
    seconds: Annotated[float, Meta(ge=0, le=86_400)] = 1.0
    keep: Count | None = None
    # No slash or blank: the host becomes part of a Location header.
    host: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9._\-:\[\]]+\Z")] | None = None

    def as_table(self) -> dict[str, object]:
        """The rule as in a file, without defaults."""
        table: dict[str, object] = msgspec.to_builtins(self)
        defaults = {one.name: one.default for one in msgspec.structs.fields(self)}
        return {key: value for key, value in table.items() if value != defaults[key]}


_HINTS = get_type_hints(Fault, include_extras=True)
_NEEDED = ("kind", "on")
_EVERYWHERE = {"kind", "on", "page", "after", "times"}
_OPTIONS: dict[FaultKind, set[str]] = {
    FaultKind.SHORT: {"keep"},
    FaultKind.STATUS: {"status", "code", "message", "retry_after"},
    FaultKind.RATE_LIMIT: {"retry_after"},
    FaultKind.SPAM: {"retry_after"},
    FaultKind.CUT_JSON: {"keep"},
    FaultKind.SLOW: {"seconds"},
    FaultKind.SLOW_BODY: {"seconds"},
    FaultKind.WRONG_LENGTH: {"keep"},
    FaultKind.CUT_IMAGE: {"keep"},
    FaultKind.REDIRECT: {"host"},
}
_OF_LISTINGS = {FaultKind.SHORT, FaultKind.REPEAT_BOOKMARK}
_OF_IMAGES = {FaultKind.CUT_IMAGE, FaultKind.CORRUPT_IMAGE}


class Asked(NamedTuple):
    """A request, as seen by rules.

    Attributes:
        method: the HTTP method, or `IMAGE`.
        path: without ``/v5`` for the API.
        page: of a listing; None for other requests and unknown bookmarks.
    """

    method: str
    path: str
    page: int | None = None

    @property
    def listing(self) -> bool:
        """Whether it requests a page of a listing."""
        return self.method == "GET" and self.path.rpartition("/")[2] in LISTINGS


@dataclass(slots=True)
class Counted:
    """A rule with its counters."""

    fault: Fault
    seen: int = 0
    fired: int = 0

    def fires(self, asked: Asked) -> bool:
        """Whether the rule applies to this request; counts it."""
        if not _meets(self.fault, asked):
            return False
        self.seen += 1
        # Seen is counted even then: `after` refers to all matching requests.
        exhausted = self.fault.times is not None and self.fired >= self.fault.times
        if self.seen <= self.fault.after or exhausted:
            return False
        self.fired += 1
        return True


def _meets(fault: Fault, asked: Asked) -> bool:
    method, pattern = _target(fault.on)
    if (method == IMAGE) != (asked.method == IMAGE) or method not in {"*", asked.method}:
        return False
    # Before `fires` counts: a rule about listings must not use up `after` on other requests.
    if (fault.page is not None or fault.kind in _OF_LISTINGS) and not asked.listing:
        return False
    # fnmatchcase, not fnmatch: the latter folds case on some systems; its "*" also matches slashes.
    return fault.page in {None, asked.page} and fnmatchcase(asked.path, pattern)


def _target(on: str) -> tuple[str, str]:
    """Method and pattern of a rule."""
    method, _, pattern = on.strip().partition(" ")
    pattern = pattern.strip()
    if method.lower() == IMAGE:
        return IMAGE, pattern or "*"
    return method.upper(), pattern


class Faults:
    """The rules of a running sandbox. Thread-safe."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        """Start with some rules. Raises `ConfigError` as `set` does."""
        self._lock = threading.Lock()
        self._counted: tuple[Counted, ...] = ()
        self.counts_pages = False
        """Whether a rule depends on page numbers."""
        self.set(rules)

    def set(self, rules: Iterable[Fault]) -> None:
        """Replace all rules; counters start at 0.

        Raises:
            ConfigError: a rule is invalid; the old ones stay.
        """
        # Through the same validation as a file: rules made in Python are not checked by msgspec.
        checked = parse_faults({"fault": [rule.as_table() for rule in rules]}, "faults")
        with self._lock:
            self._counted = tuple(map(Counted, checked))
            self.counts_pages = any(rule.page is not None for rule in checked)

    def clear(self) -> None:
        """Remove all rules."""
        self.set(())

    @property
    def armed(self) -> bool:
        """Whether there is any rule."""
        return bool(self._counted)

    def counts(self) -> tuple[tuple[Fault, int], ...]:
        """The rules, each with the number of its faults."""
        with self._lock:
            return tuple((one.fault, one.fired) for one in self._counted)

    @property
    def fired(self) -> tuple[int, ...]:
        """The number of faults of each rule."""
        return tuple(fired for _, fired in self.counts())

    def take(self, asked: Asked) -> Counted | None:
        """The first rule that applies to this request; later rules do not count it."""
        with self._lock:
            # next() stops at the first that fires: later rules neither see nor count the request.
            return next((one for one in self._counted if one.fires(asked)), None)

    def give_back(self, taken: Counted) -> None:
        """Uncount a request whose response the rule could not spoil."""
        with self._lock:
            taken.seen -= 1
            taken.fired -= 1


def read_faults(path: Path) -> tuple[Fault, ...]:
    """The rules of a TOML file, or of a JSON file called ``*.json``.

    Raises:
        ConfigError: unreadable, or invalid rules; all problems, each with file and rule.
    """
    # By name, not by trying both: an error message about the wrong format would mislead.
    form = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        with path.open("rb") as file:
            # Bounded: --faults /dev/zero must not fill the memory.
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    if len(data) > _MOST_BYTES:
        raise ConfigError([f"{path}: larger than {_MOST_BYTES >> 20} MB, not fault rules"])
    try:
        document = msgspec.json.decode(data) if form == "JSON" else tomllib.loads(data.decode())
    except (ValueError, msgspec.DecodeError) as error:
        raise ConfigError([f"{path}: not {form}: {error}"]) from error
    except RecursionError as error:
        raise ConfigError([f"{path}: nested too deeply"]) from error
    return parse_faults(document, str(path))


def parse_faults(document: object, where: str) -> tuple[Fault, ...]:
    """The rules of a document ``{"fault": [...]}``.

    Raises:
        ConfigError: all problems, each with ``where`` and the number of the rule.
    """
    problems = list(_problems(document, where))
    if problems:
        raise ConfigError(problems)
    rules = document.get("fault", []) if isinstance(document, dict) else []
    return msgspec.convert(rules, tuple[Fault, ...])


def _problems(document: object, where: str) -> Iterator[str]:
    if not isinstance(document, dict):
        yield f'{where}: must be an object with a list "fault"'
        return
    for key in document:
        if key != "fault":
            yield f"{where}: unknown key {key!r:.60}{did_you_mean(key, ['fault'])}"
    rules = document.get("fault", [])
    if not isinstance(rules, list):
        yield f"{where}: fault must be a list of rules; in TOML write [[fault]], with two brackets"
        return
    for number, rule in enumerate(rules, start=1):
        for problem in _problems_of(rule):
            yield f"{where}: fault {number}: {problem}"


def _problems_of(rule: object) -> Iterator[str]:
    """Every problem of one rule."""
    if not isinstance(rule, dict):
        yield "must be a table"
        return
    yield from (f"{key} is missing" for key in _NEEDED if key not in rule)
    for key, value in rule.items():
        problem = _problem_of_value(key, value)
        if problem:
            yield problem
    if isinstance(rule.get("on"), str):
        yield from _problems_of_target(rule["on"])
    # Only for a known kind: otherwise every field would be reported as not applying to it.
    if rule.get("kind") in list(FaultKind):
        yield from _problems_of_fit(FaultKind(rule["kind"]), rule)


def _problem_of_value(key: str, value: object) -> str:
    if key not in _HINTS:
        return f"unknown key {key!r:.60}{did_you_mean(key, _HINTS)}"
    try:
        msgspec.convert(value, _HINTS[key])
    except msgspec.ValidationError as error:
        if key == "kind" and isinstance(value, str):
            return f"unknown kind {value!r:.60}{did_you_mean(value, FaultKind)}"
        return f"{key}: {'write host or host:port' if key == 'host' and isinstance(value, str) else error}"
    return ""


def _problems_of_target(on: str) -> Iterator[str]:
    method, pattern = _target(on)
    if method not in {*METHODS, IMAGE}:
        word = on.strip().partition(" ")[0]
        yield f"on: unknown method {word!r:.60}{did_you_mean(method, [*METHODS, IMAGE])}"
    if not pattern:
        yield 'on: write "METHOD PATTERN", e.g. "GET /boards/*/pins"'
    elif not pattern.startswith(("/", "*")):
        yield f"on: the pattern {pattern!r:.60} must begin with / or *"
    elif method != IMAGE and pattern.startswith("/v5"):
        yield f"on: write the pattern {pattern!r:.60} without /v5"


def _problems_of_fit(kind: FaultKind, rule: dict[str, object]) -> Iterator[str]:
    """Fields that do not apply to this kind, or are missing."""
    used = _EVERYWHERE | _OPTIONS.get(kind, set())
    yield from (f"{key} does not apply to {kind}" for key in rule if key in _HINTS and key not in used)
    if kind == FaultKind.REDIRECT and "host" not in rule:
        yield "redirect requires host"
    method = _target(str(rule.get("on", "")))[0]
    if kind in _OF_IMAGES and method and method != IMAGE:
        yield f'{kind} is for images: on = "image"'
    if method == IMAGE and ("page" in rule or kind in _OF_LISTINGS):
        yield f"{'page' if 'page' in rule else kind} is for listings, not for images"
