"""Every flag of every command is typed once, in a command that runs; the table of commands is read from the program itself."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import requests

from pinplan.cli.app import app
from pinplan.cli.commands import command_tree
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.cli.terminal import PINPLAN
from tests.cli.test_auth import Signer
from tests.cli.test_cli import User
from tests.cli.test_creates import REFUSED, lose
from tests.cli.test_creates import user as collector  # noqa: F401 - a fixture
from tests.cli.test_json import name_of
from tests.cli.test_review import started
from tests.cli.test_suggested_commands import commands

NATURE = "Nature 自然"
FAULTS = '[[fault]]\nkind = "status"\non = "GET /boards"\nstatus = 503\n'


def advertised() -> dict[str, set[str]]:
    """The flags of each command, as its help names them."""
    found: dict[str, set[str]] = {}
    for path, command in commands(command_tree(app)):
        if hasattr(command, "commands"):
            continue
        context = command.context_class(command, info_name="pinplan", resilient_parsing=True)
        spelt = [*command.params, command.get_help_option(context)]
        found[" ".join(path)] = {
            flag for one in spelt for flag in (*one.opts, *one.secondary_opts) if flag.startswith("-")
        }
    return found


class Typist:
    """Types commands, and keeps which flags were typed in each."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.flags = advertised()
        self.typed: dict[str, set[str]] = {command: set() for command in self.flags}

    def types(self, *words: str, code: int = 0) -> str:
        said = self.user.types(*words, code=code)
        self.note(*words)
        return said

    def note(self, *words: str) -> None:
        command = name_of(words)
        self.typed[command] |= {word.partition("=")[0] for word in words} & self.flags[command]

    @property
    def never(self) -> dict[str, set[str]]:
        left = {command: flags - self.typed[command] for command, flags in self.flags.items()}
        return {command: flags for command, flags in left.items() if flags}


def plans(one: Typist) -> None:
    one.types("plan", "--out", "removed.json", "--save-snapshots", "world", "--all", "--lock-timeout", "5s")
    one.types("plan", "--from-snapshots", "world", "-o", "again.json")
    one.types("plan", "--mode", "mirror", "--refresh", "full", "--detailed-exitcode", "--target", NATURE, code=2)
    one.types("plan", "--allow", "unread-boards=1", "--exclude", NATURE, "--fail-on", "blocked")
    one.types("plan", "--accept", f"{NATURE}/*")
    one.types("plan", "--restore", f"{NATURE}/*", "-o", "plan.json")


def shows(one: Typist) -> None:
    one.types("show", "plan.json", "--all", "--detailed-exitcode", "--kind", "download", "--board", "Nature*", code=2)
    one.types("diff", "removed.json", "plan.json", "--all", "--detailed-exitcode", code=2)
    one.types("show", "plan.json", "--markdown", "--max-chars", "5000")
    one.types("show", "plan.json", "--html", "page.html", "--max-size", "5MB", "--offline")
    for words in (["--out", "one.json", "--port", "0"], ["-o", "decisions.json", "--offline", "--reviewer", "Anna"]):
        process, _ = started(one.user, "plan.json", *words)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        assert process.returncode == 0
        one.note("review", *words, "--no-browser")
    one.types("review", "--tui", "plan.json", code=64)  # in a terminal: tests/cli/test_review_terminal.py


def applies(one: Typist) -> None:
    digest = json.loads((one.user.pins / "plan.json").read_text("utf-8"))["digest"]
    limits = ("--kinds", "download", "--parallelism", "2", "--refresh", "none", "--lock-timeout", "1s")
    sure = ("--no-input", "--expect-digest", digest, "--allow", "free-space")
    one.types("apply", "plan.json", "--decisions", "decisions.json", *limits, *sure)
    one.types("apply", "--auto-approve")
    one.types("undo", "-o", "undo.json")
    again = ("--target", NATURE, "--allow", "local-deletes=5", "--refresh", "auto")
    one.types("undo", "--out", "undo.json", *again, "--all", "--lock-timeout", "1s")


def posts(one: Typist) -> None:
    picture = one.user.home / "mine.jpg"
    picture.write_bytes(encoded(Picture(Kind.SHAPES, 99, 420, 300), "1200x"))
    with (one.user.pins / "pinplan.toml").open("a") as config:
        config.write("[upload]\nown_content = true\n")
    words = ("--title", "{stem}", "--description", "d", "--link", "https://example.com/", "--alt", "a")
    saved = ("--no-keep", "--allow", "uploads=5", "--lock-timeout", "1s")
    one.types("post", NATURE, str(picture), *words, *saved, "-o", "post.json")
    one.types("post", NATURE, str(picture), "--keep", "--out", "post.json", "--section", "Nowhere", code=64)
    one.types("post", NATURE, str(picture), "--by-url", "--carousel", "--no-input", "--auto-approve", code=64)


def looks(one: Typist, run: str) -> None:
    pin = next(iter(one.user.sandbox.world.pins))
    one.types("explain", pin, "--since", "world")
    one.types("verify", "--quick", "--offline", "--refresh", "none")
    one.types("dupes", "--tier", "exact", "--similar", "--mirrored", "--borders", "--hash", "phash:8", "--all")
    one.types("dupes", "--board", "Nature*", "--html", "../duplicates.html", "--max-size", "5MB")
    one.types("boards", "--sections", "--include-empty", "--all")
    one.types("boards", "--no-include-empty")
    one.types("pins", NATURE, "--all")
    one.types("trash", "restore", "*Pin*", "-o", "restore.json")
    one.types("trash", "restore", "*Pin*", "--out", "restore.json", "--allow", "local-deletes=1")
    one.types("trash", "empty", "--older-than", "0", "--yes")
    one.types("audit", "show", "--run", run)


def signs_in(one: Typist) -> None:
    signer = Signer(one.user.home, one.user.sandbox)
    words = ("--write", "--secret", "--scopes", "boards:read", "--port", "8123", "--timeout", "60", "--store", "file")
    signer.signs_in(*words)
    one.note("auth", "login", "--no-browser", *words)
    one.types("auth", "status", "--offline")
    one.types("auth", "token", "--show")


def serves(one: Typist) -> None:
    faults = one.user.home / "faults.toml"
    faults.write_text(FAULTS)
    words = [
        *("sandbox", "serve", "--port", "0", "--host", "127.0.0.1", "--token", "t", "--scopes", "boards:read"),
        *("--app-id", "1", "--app-secret", "s", "--redirect-uri", "http://localhost:1/", "--consent", "allow"),
        *("--access-lifetime", "60", "--refresh-lifetime", "600", "--access", "trial", "--daily-calls", "9"),
        *("--calls-per-second", "9", "--reads-per-minute", "9", "--writes-per-minute", "9", "--lag", "1"),
        *("--texts", "normalised", "--min-side", "50"),
        *("--restrict", "pins/update", "--boards", "2", "--pins", "3", "--seed", "4", "--faults", str(faults)),
    ]
    for flags in (words, ["sandbox", "serve", "--every-shape"]):
        with subprocess.Popen([PINPLAN, *flags], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["url"]
            assert requests.get(f"{url}/boards", timeout=10).status_code in {401, 503}
            server.terminate()
        one.note(*flags)


def everywhere(one: Typist, run: str) -> None:
    """What all commands share, typed with each of them; a command that has no line here fails."""
    at_once: dict[str, tuple[tuple[str, ...], int]] = {
        "init": (("../other",), 0),
        "plan": ((), 0),
        "show": (("plan.json",), 0),
        "diff": (("plan.json", "plan.json"), 0),
        "review": (("nothing.json",), 64),
        "apply": (("plan.json",), 0),
        "undo": ((), 0),
        "post": ((NATURE, "nothing.jpg"), 64),
        "resolve": ((run, "0001", "--none", "--auto-approve"), 64),
        "status": ((), 0),
        "history": ((), 0),
        "explain": ((next(iter(one.user.sandbox.world.pins)),), 0),
        "verify": ((), 0),
        "dupes": ((), 0),
        "gallery": (("../gallery",), 0),
        "schema": (("plan",), 0),
        "demo": ((".",), 64),
        "whoami": ((), 0),
        "boards": ((), 0),
        "pins": ((NATURE,), 0),
        "find": (("Pin",), 0),
        "trash list": ((), 0),
        "trash restore": (("nothing",), 64),
        "trash empty": ((), 0),
        "audit verify": ((), 0),
        "audit show": ((), 0),
        "audit restart": ((), 0),
        "auth login": (("--store", "cellar"), 64),
        "auth status": ((), 0),
        "auth token": (("--show",), 0),
        "auth logout": ((), 0),
        "sandbox serve": (("--consent", "perhaps"), 64),
    }
    token = one.user.home / "token"
    token.write_text(one.user.sandbox.token)
    token.chmod(0o600)
    place = ("--library", str(one.user.pins), "--config", str(one.user.pins / "pinplan.toml"))
    shared = (*place, "--token-file", str(token), "--json", "--no-color")
    of_no_library = {"init", "show", "diff", "schema", "demo", "sandbox serve", "review"}
    for command in one.flags:
        words, code = at_once[command]
        typed = (*command.split(), *words)
        one.types(*typed, *shared, "--quiet", "--verbose", code=code)
        one.types(
            *typed, "-q", "-v", "--profile", "work", "--api", "nowhere", code=code if command in of_no_library else 64
        )
        one.types(*command.split(), "--help")
        one.types(*command.split(), "-h")


def test_every_advertised_flag_is_typed(collector: Any):  # noqa: F811
    one = Typist(collector)
    run, action = lose(collector, REFUSED)
    one.types("resolve", run, action, "--is", "1", "--no-input", "--lock-timeout", "1s", code=64)
    one.types("resolve", run, action, "--none", "--auto-approve")
    collector.types("apply", "undo.json")
    collector.sandbox.clock.advance(90_000)
    next(Path(collector.pins, NATURE).glob("Pin 0*")).unlink()
    plans(one)
    shows(one)
    applies(one)
    posts(one)
    looks(one, run)
    signs_in(one)
    serves(one)
    one.types("init", "../another")
    one.types("init", "../another", "--recover")
    everywhere(one, run)
    assert not one.never
