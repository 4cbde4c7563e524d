"""Every command under ``--json``, as it is typed: one document that fits its published schema, or events that fit theirs."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import requests

from pinplan.cli.app import app, run
from pinplan.cli.commands import command_tree
from pinplan.cli.common import guarded
from pinplan.cli.output import Output
from pinplan.cli.schema import described_types
from pinplan.model.json_document import JsonDocument
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.cli.terminal import PINPLAN, ROOT
from tests.cli.test_auth import Signer
from tests.cli.test_cli import User
from tests.cli.test_creates import REFUSED, lose
from tests.cli.test_creates import user as collector  # noqa: F401 - a fixture
from tests.cli.test_review import started
from tests.cli.test_suggested_commands import commands
from tests.imported import import_everything

EVENTS = {"plan", "undo", "post", "trash restore", "apply", "review", "demo"}
"""Commands that print events; with -q a document as well."""
READ_FROM_OUTSIDE = {"config", "decisions"}
"""What has a schema, and is read only."""


def name_of(words: tuple[str, ...]) -> str:
    """The command in what was typed."""
    found: Any = command_tree(app)
    path = []
    for word in words:
        found = getattr(found, "commands", {}).get(word)
        if found is None:
            break
        path.append(word)
    return " ".join(path)


def whole_table() -> set[str]:
    found = commands(command_tree(app))
    return {" ".join(path) for path, command in found if not hasattr(command, "commands")}


class Speaker:
    """Types commands with ``--json``, and keeps what they printed."""

    def __init__(self, user: User, flags: tuple[str, ...]) -> None:
        self.user = user
        self.flags = flags
        self.printed: list[tuple[str, str]] = []

    def types(self, *words: str, code: int = 0) -> None:
        done = self.user.run([*words, *self.flags], self.user.pins, self.user.environment)
        assert done.returncode == code, (words, done)
        self.keep(words, done.stdout)

    def keep(self, words: tuple[str, ...], printed: str) -> None:
        self.printed.append((name_of(words), printed))

    def reviews(self, plan: str) -> None:
        process, said = started(self.user, plan, "-o", "decided.json", *self.flags)
        process.send_signal(signal.SIGINT)
        said += process.communicate(timeout=20)[0]
        self.keep(("review",), lines_of_json(said))

    def signs_in_and_out(self) -> None:
        signer = Signer(self.user.home, self.user.sandbox)
        signer.environment = {**self.user.environment, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        self.keep(("auth", "login"), lines_of_json(signer.signs_in(*self.flags)))
        self.types("auth", "status")
        self.types("auth", "logout")

    def serves(self) -> None:
        with subprocess.Popen([PINPLAN, "sandbox", "serve", *self.flags], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            printed = server.stdout.readline()
            assert requests.get(f"{json.loads(printed)['url']}/boards", timeout=10).status_code == 401
            self.keep(("sandbox", "serve"), printed)
            server.terminate()


def lines_of_json(said: str) -> str:
    return "".join(f"{line}\n" for line in said.splitlines() if line.startswith("{"))


def tell(one: Speaker) -> None:
    """A story in which every command has its turn."""
    user = one.user
    run, action = lose(user, REFUSED)
    one.types("resolve", run, action, "--none", "--auto-approve")
    one.types("plan", "-o", "plan.json")
    user.types("apply", "undo.json")
    user.sandbox.clock.advance(90_000)
    board = user.pins / "Nature 自然"
    (removed,) = board.glob("Pin 0*")
    removed.unlink()
    user.types("plan", "--mode", "two-way", "-o", "fresh.json")
    one.types("show", "fresh.json")
    one.types("diff", "plan.json", "fresh.json")
    one.types("show", "fresh.json", "--html", "page.html", "--offline")
    one.reviews("fresh.json")
    one.types("apply", "fresh.json")
    one.types("apply", "fresh.json")  # in full already
    one.types("apply", "--auto-approve")  # nothing to do
    one.types("undo", "-o", "again.json")
    picture = user.home / "mine.jpg"
    picture.write_bytes(encoded(Picture(Kind.SHAPES, 99, 420, 300), "1200x"))
    with (user.pins / "pinplan.toml").open("a") as config:
        config.write("[upload]\nown_content = true\n")
    one.types("post", "Nature 自然", str(picture), "-o", "post.json")
    one.types("post", "Nature 自然", str(picture), "--no-keep", "--auto-approve")
    kept, other, *_ = sorted(path.relative_to(user.pins).as_posix() for path in board.iterdir())
    one.types("status")
    one.types("history")
    one.types("history", run)
    one.types("explain", kept)
    one.types("verify")
    one.types("dupes")
    one.types("dupes", "--hash", "phash:8")
    one.types("dupes", "mark-different", kept, other)
    one.types("gallery", "../gallery")
    for words in (["boards", "--sections"], ["pins", "Nature 自然"], ["find", "Pin"], ["whoami"]):
        one.types(*words)
    one.types("trash", "list")
    one.types("trash", "restore", "*Pin 0*", "-o", "restore.json")
    one.types("trash", "empty", "--yes", "--older-than", "0")
    one.types("trash", "empty", "--yes")
    one.types("audit", "verify")
    one.types("audit", "show")
    one.types("audit", "restart")
    one.types("auth", "status")
    one.types("auth", "token", "--show")
    one.signs_in_and_out()
    one.types("init", "../other")
    one.types("init", "../other", "--recover")
    one.types("demo", "../demo")
    one.types("schema")
    one.types("schema", "plan")
    one.serves()
    one.types("plan", "--mode", "sideways", code=64)
    one.types("status", "--library", "../nowhere", code=64)


def strict(schema: Any) -> Any:
    """The same schema, that refuses fields which it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


class Schemas:
    """The published ones, as they are printed."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._made: dict[str, Any] = {}

    def check(self, name: str, value: object) -> None:
        if name not in self._made:
            published = json.loads(self._user.types("schema", name))
            jsonschema.Draft202012Validator.check_schema(published)
            self._made[name] = jsonschema.Draft202012Validator(strict(published))
        self._made[name].validate(value)


def documents_in(printed: str) -> list[dict[str, Any]]:
    """One document, on one line or many, or a document a line."""
    try:
        return [json.loads(printed)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in printed.splitlines()]


@pytest.mark.parametrize("flags", [("--json",), ("--json", "-q")], ids=" ".join)
def test_every_command_prints_a_document_or_events_that_fit_their_schema(collector, flags):  # noqa: F811
    one, schemas = Speaker(collector, flags), Schemas(collector)
    tell(one)
    assert {command for command, _ in one.printed} == whole_table()
    seen = set()
    for command, printed in one.printed:
        first, *more = found = documents_in(printed)
        if first.get("type") == "version":
            assert "-q" not in flags, command
            assert first["ui"] == "1.0"
            assert command in EVENTS or more[-1]["type"] == "error", command
            for event in found:
                schemas.check("events", event)
        elif command == "schema" and "$schema" in first:
            jsonschema.Draft202012Validator.check_schema(first)
        else:
            assert not more, command
            assert first["format_version"].count(".") == 1, command
            seen.add(first["format"].removeprefix("pinplan."))
            schemas.check(first["format"].removeprefix("pinplan."), first)
    silent = [command for command, printed in one.printed if not printed]
    assert not silent
    if "-q" in flags:
        assert seen == set(described_types()) - READ_FROM_OUTSIDE - {"events"}


def kinds_of_document(base: type[JsonDocument] = JsonDocument) -> Iterator[type[JsonDocument]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds_of_document(kind)


def test_every_document_has_a_schema_and_a_format_of_its_own(collector):  # noqa: F811
    import_everything()
    published = [kind for kind in described_types().values() if kind in set(kinds_of_document())]
    assert set(published) == set(kinds_of_document())
    assert len({kind.__struct_config__.tag for kind in kinds_of_document()}) == len(published)
    listed = json.loads(collector.types("schema", "--json"))["schemas"]
    assert [entry["name"] for entry in listed] == list(described_types())
    assert all(entry["of"].endswith((".", ":")) for entry in listed)
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    assert not [kind for kind in published if f"`{kind.__struct_config__.tag}" not in page]
    assert "did you mean status" in collector.types("schema", "statuss", code=64)


def test_an_apply_with_nothing_to_do_ends_with_an_event(collector):  # noqa: F811
    for words, already in ((("apply", "plan.json"), True), (("apply", "--auto-approve"), False)):
        ended = json.loads(collector.types(*words, "--json").splitlines()[-1])
        assert (ended["type"], ended["done"], ended.get("already_applied", False)) == ("apply_ended", 0, already)
        assert ("run" in ended) is already
        document = json.loads(collector.types(*words, "--json", "-q"))
        assert (document["format"], document["complete"]) == ("pinplan.apply", True)
        assert document["already_applied"] is already


def test_a_document_is_alone_even_where_the_command_fails(collector):  # noqa: F811
    said = collector.run(
        ["auth", "status", "--json"], collector.pins, {**collector.environment, "PINPLAN_ACCESS_TOKEN": "wrong"}
    )
    assert said.returncode == 12
    assert json.loads(said.stdout)["problem"]
    said = collector.run(
        ["plan", "--json", "-q"], collector.pins, {**collector.environment, "PINPLAN_ACCESS_TOKEN": "wrong"}
    )
    failed = json.loads(said.stdout)
    assert (failed["format"], failed["exit_code"], said.returncode) == ("pinplan.error", 12, 12)
    assert "Sign in" in failed["next_step"]


@pytest.mark.parametrize("command", sorted(whole_table()))
def test_a_command_typed_wrongly_prints_a_document_alone_as_well(command, capfd, monkeypatch):
    monkeypatch.setattr("sys.argv", ["pinplan", *command.split(), "--no-such-option", "--json", "-q"])
    assert run() == 64
    document = json.loads(capfd.readouterr().out)
    assert (document["format"], document["exit_code"]) == ("pinplan.error", 64)


@pytest.mark.parametrize("quiet", [False, True])
def test_an_interrupted_command_says_so_to_programs(capfd, quiet):
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert guarded(Output(json=True, quiet=quiet), interrupted) == 130
    last = json.loads(capfd.readouterr().out.splitlines()[-1])
    assert (last["message"], last["exit_code"]) == ("interrupted", 130)
    assert (last.get("type"), last.get("format")) == ((None, "pinplan.error") if quiet else ("error", None))
    assert guarded(Output(), interrupted) == 130
    assert not capfd.readouterr().out


@pytest.mark.parametrize(
    ("error", "words"),
    [(MemoryError(), "not enough memory"), (RuntimeError("can't start new thread"), "no more threads allowed")],
)
def test_what_the_computer_lacks_is_no_bug(capfd, error, words):
    def large() -> None:
        raise error

    assert guarded(Output(), large) == 1
    assert words in (told := capfd.readouterr().err)
    assert "run the same command again" in told
    assert guarded(Output(json=True, quiet=True), large) == 1
    document = json.loads(capfd.readouterr().out)
    assert (document["message"], document["exit_code"]) == (words, 1)
    assert document["next_step"]


def test_a_bug_is_named_to_programs_as_well(capfd):
    def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(Output(json=True, quiet=True), broken)
    document = json.loads(capfd.readouterr().out)
    assert (document["format"], document["exit_code"]) == ("pinplan.error", 1)
    assert "ZeroDivisionError" in document["message"]
