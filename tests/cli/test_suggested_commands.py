"""Commands that pinplan suggests are run as they are printed, and every flag that it names is known to its parser."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pinplan.cli import exits
from pinplan.cli.app import app
from pinplan.cli.commands import command_tree
from pinplan.cli.invocation import Invocation, located
from pinplan.cli.other_tools import ELSEWHERE
from pinplan.errors.suggestions import filled, suggestion
from pinplan.plan.document import Plan
from pinplan.records.plan_file import read_plan
from pinplan.render.text import plan_lines
from tests.cli.test_cli import User
from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
GROUPS = {"trash", "audit", "auth", "sandbox", "schema"}
NAMES = sorted(command_tree(app).commands)
BEGINS = re.compile(rf"\bpinplan (?=(?:{'|'.join(NAMES)})\b)")
PLACEHOLDERS = {
    "NAME=FIGURE": "remote-deletes=9",
    "CHECK=FIGURE": "remote-deletes=9",
    "remote-deletes=N": "remote-deletes=9",
}


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


def test_every_flag_is_in_the_help_and_can_be_typed():
    seen = 0
    for path, command in commands(command_tree(app)):
        context = command.context_class(command, info_name="pinplan", resilient_parsing=True)
        shown = command.get_help(context)
        for parameter in command.params:
            for flag in (*parameter.opts, *parameter.secondary_opts):
                if flag.startswith("-"):
                    seen += 1
                    where = f"{' '.join(path)} {flag}"
                    assert flag in shown, where
                    typed = [flag] if parameter.is_flag or parameter.count else [flag, "1"]
                    given, _, _ = command.make_parser(context).parse_args(args=typed)
                    assert parameter.name in given, where
    assert seen > 100


def parsed(words: list[str]) -> None:
    """Let the parser of a command have its words. Raises if there is no such command, or it has no such flag."""
    found: Any = command_tree(app)
    while words and hasattr(found, "commands") and words[0] in found.commands:
        found, words = found.commands[words[0]], words[1:]
    assert not hasattr(found, "commands") or not words, words
    context = found.context_class(found, info_name="pinplan", resilient_parsing=True)
    found.make_parser(context).parse_args(args=words)


class Elsewhere:
    """Somebody in the folder of another library, who says with each command which one is meant."""

    def __init__(self, user: User) -> None:  # noqa: F811
        self.user, self.here, self.library = user, user.home / "Another", user.home / "My Pins' library"
        for folder in (self.here, self.library):
            user.types("init", str(folder), cwd=user.home)
        self.config = user.home / "the config.toml"
        self.config.write_text('[sync]\nmode = "two-way"\n[limits]\nmax_remote_deletes = "100%"\n')
        self.token = user.home / "my token"
        self.token.write_text(user.sandbox.token)
        self.token.chmod(0o600)
        self.options = ["--library", str(self.library), "--config", str(self.config), "--token-file", str(self.token)]
        del user.environment["PINPLAN_ACCESS_TOKEN"]
        self.untouched = self.marks()

    def marks(self) -> dict[str, bytes]:
        own = self.here / ".pinplan"
        return {name: (own / name).read_bytes() for name in ("library.json", "audit.jsonl") if (own / name).exists()}

    def types(self, *words: str, code: int = 0) -> list[list[str]]:
        """Type a command; the commands that it suggests."""
        return self.suggested(self.user.types(*words, *self.options, cwd=self.here, code=code))

    def suggested(self, said: str) -> list[list[str]]:
        """All that begins like a command of ours ends with the options of this run, unless it needs none of them."""
        return [self.words(said[at.end() :].splitlines()[0]) for at in BEGINS.finditer(said)]

    def words(self, line: str) -> list[str]:
        assert line.split(" ", maxsplit=1)[0] not in {"init", "demo"}, line
        options = self.options[:-2] if line.startswith("auth login") else self.options
        before, found, _ = line.partition(shlex.join(options))
        assert found, line
        return shlex.split(before) + options

    def runs(self, words: list[str], **named: str) -> str:
        """Type a suggestion, its capitals filled in: it is no error of usage, and nothing else is touched."""
        filled_in = [named.get(word, PLACEHOLDERS.get(word, word)) for word in words]
        done = self.user.run(filled_in, self.here, self.user.environment)
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode != exits.USAGE, (filled_in, said)
        assert self.marks() == self.untouched
        assert not files_of(self.here)
        return said

    def images(self) -> list[Path]:
        return sorted(path for path in files_of(self.library) if path.suffix == ".jpg")


def files_of(folder: Path) -> list[Path]:
    """Pictures of a library."""
    return [path for path in folder.rglob("*.jpg") if ".pinplan" not in path.parts]


@pytest.fixture
def elsewhere(user: User) -> Elsewhere:  # noqa: F811
    return Elsewhere(user)


def test_what_a_plan_suggests_is_done_in_its_library(elsewhere):
    (apply,) = elsewhere.types("plan", "-o", "my plan.json")
    (again,) = elsewhere.types("show", "my plan.json", "--markdown")
    assert apply == ["apply", "my plan.json", *elsewhere.options]
    assert again[:3] == ["apply", "my plan.json", "--expect-digest"]
    assert "Applied: " in elsewhere.runs(again)
    assert "Already applied" in elsewhere.runs(apply)
    assert elsewhere.images()


def test_what_a_stopped_apply_suggests_goes_on_with_it(elsewhere):
    elsewhere.types("apply", "--auto-approve")
    elsewhere.images()[0].unlink()
    elsewhere.config.write_text(
        elsewhere.config.read_text("utf-8") + '[apply]\nrequire_decisions = ["delete_remote"]\n'
    )
    elsewhere.types("plan", "-o", "plan.json")
    with_file, show, with_digest = elsewhere.types("apply", "plan.json", code=8)
    digest = read_plan(elsewhere.here / "plan.json").digest
    assert digest in elsewhere.runs(show)
    decisions = {"format": "pinplan.decisions", "format_version": "1.0", "plan": digest, "decisions": {}}
    (elsewhere.here / "decisions.json").write_text(json.dumps(decisions))
    assert "nothing else is left to do" in elsewhere.runs(with_file, FILE="decisions.json")
    page = elsewhere.here / "page.html"
    elsewhere.user.types("show", "plan.json", "--html", str(page), *elsewhere.options, cwd=elsewhere.here)
    for words in ("apply", "plan.json", "--decisions", "decisions.json"), ("show", "plan.json", "--all"):
        assert json.dumps(suggestion(*words, *elsewhere.options)) in page.read_text("utf-8")
    assert "1 action done" in elsewhere.runs(with_digest, DIGEST=digest)


def test_what_looks_back_suggests_what_is_there(elsewhere):
    elsewhere.types("apply", "--auto-approve")
    elsewhere.images()[0].unlink()
    (fetch,) = elsewhere.types("status")
    assert "1 to delete on Pinterest" in elsewhere.runs(fetch)
    (history,) = elsewhere.types("history", "nothing", code=64)
    assert "14 to download" in elsewhere.runs(history)
    elsewhere.user.sandbox.world.delete_pin(elsewhere.images()[0].name.rpartition("[")[2].partition("]")[0])
    elsewhere.types("plan", "-o", "plan.json")
    elsewhere.types("apply", "plan.json")
    (restore,) = elsewhere.types("trash", "list")
    (listing,) = elsewhere.types("trash", "restore", "nothing", code=64)
    assert "To bring one back" in elsewhere.runs(listing)
    assert "Saved to restore.json" in elsewhere.runs(restore, NAME="*")
    elsewhere.types("undo", "-o", "undo.json")
    elsewhere.types("apply", "undo.json")
    run = read_plan(elsewhere.here / "undo.json").undoes
    undo, restore, history = elsewhere.types("undo", str(run), code=4)
    assert "Plan: " in elsewhere.runs(undo)
    assert "(undone by" in elsewhere.runs(history)
    (find,) = elsewhere.types("explain", "It's nowhere", code=64)
    assert "0 matches" in elsewhere.runs(find)


def test_what_a_broken_library_suggests_mends_it(elsewhere):
    elsewhere.types("apply", "--auto-approve")
    elsewhere.images()[0].write_bytes(b"")
    (fetch,) = elsewhere.types("verify", code=1)
    assert "1 to replace" in elsewhere.runs(fetch)
    log = elsewhere.library / ".pinplan" / "audit.jsonl"
    log.write_text(log.read_text("utf-8").replace("done", "dome", 1))
    (restart,) = elsewhere.types("audit", "verify", code=7)
    assert "New audit log started" in elsewhere.runs(restart)
    (elsewhere.library / ".pinplan" / "state.db").unlink()
    said = elsewhere.user.types("status", *elsewhere.options, cwd=elsewhere.here, code=7)
    recover = shlex.join(["pinplan", "init", "--recover", str(elsewhere.library)])
    assert f"start over with: {recover}" in said
    assert "new state created" in elsewhere.runs(shlex.split(recover)[1:])


def test_what_refuses_a_flag_suggests_where_it_belongs(elsewhere):
    (plan,) = elsewhere.types("apply", "--auto-approve", "--allow", "remote-deletes=9", code=64)
    assert "Saved to plan.json" in elsewhere.runs(plan)
    (show,) = elsewhere.types("auth", "token", code=64)
    assert elsewhere.user.sandbox.token in elsewhere.runs(show)
    plan, apply = elsewhere.types("sync", code=64)
    assert "Saved to plan.json" in elsewhere.runs(plan)
    assert "Applied: " in elsewhere.runs(apply)


def test_a_profile_is_named_again_and_a_token_that_was_given_is_not(elsewhere):
    options = ["--library", str(elsewhere.library), "--profile", "nobody"]
    said = elsewhere.user.types("plan", *options, cwd=elsewhere.here, code=12)
    assert f"Sign in with: {shlex.join(['pinplan', 'auth', 'login', *options])};" in said
    run = Invocation({"library": Path("a b"), "token_file": "t", "api": "sandbox"})
    assert run.command("auth", "login") == "pinplan auth login --library 'a b' --api sandbox"
    assert located(["--library=a b", "x", "--profile", "me", "--config"]) == {"library": "a b", "profile": "me"}


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("create_unconfirmed.archive", ["resolve --is PIN", "resolve --none"]),
        ("refused_in_two_runs.archive", ["plan --restore 9002"]),
        ("smaller_size_kept.archive", ["plan --restore 9002"]),
    ],
)
def test_findings_suggest_commands_with_the_options_of_the_run_that_shows_them(scenario, words):
    plan: Plan = read_plan(ROOT / "fixtures" / "scenarios" / scenario / "plan.json")
    run = Invocation({"library": "My Pins' library", "profile": "me"})
    said = "\n".join(line.text for line in plan_lines(run.shown(plan)))
    found = [said[at.end() :].partition(" --profile me")[0] for at in BEGINS.finditer(said)]
    assert len(found) == len(words)
    for command, wanted in zip(found, words, strict=True):
        typed = shlex.split(command)
        assert typed[-2:] == ["--library", "My Pins' library"]
        assert set(wanted.split()) <= set(typed)
        parsed(typed)
    assert run.shown(plan).digest == plan.digest


def test_only_the_commands_of_a_text_are_filled_in():
    run = Invocation({"library": "x"})
    commands = (("undo",), ("undo", "7"))
    text = f"a title: pinplan apply; {suggestion('undo', '7')}, or {suggestion('undo')}"
    assert filled(text, commands, run.command) == (
        "a title: pinplan apply; pinplan undo 7 --library x, or pinplan undo --library x"
    )


def test_every_next_step_is_a_command_that_there_is():
    run = Invocation({"library": "My Pins' library", "profile": "me"})
    steps = [*((text, commands) for _, text, commands in exits._NEXT), *((t, c) for t, *c in ELSEWHERE.values())]
    for text, commands in steps:
        assert text.count("{}") == len(commands)
        assert not BEGINS.search(text)
        for words in commands:
            parsed(shlex.split(run.command(*words))[1:])


def test_no_command_is_written_into_a_sentence():
    """Else it would lack the library that this run was called with. The demo shows what is typed, config texts are filled in where they are shown."""
    found = []
    for path in sorted((ROOT / "pinplan").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        about = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in about:
                found += [(path.name, node.value)] if BEGINS.search(node.value) else []
    assert {name for name, _ in found} <= {"demo_story.py", "validate.py", "from_settings.py"}, found


def documented() -> Iterator[tuple[str, str]]:
    """Every command of README and docs, in code blocks and between backquotes."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        # A command may go on in the next line.
        for line in re.sub(r"\\\n\s*", "", path.read_text("utf-8")).splitlines():
            if line.startswith(("    ", "$ ")) or re.match(r"\s*pinplan ", line):
                yield from ((path.name, part) for part in re.split(r"&&|[|>;]|→| & ", line))
            yield from ((path.name, span.replace("\\|", "|")) for span in re.findall(r"`(pinplan [^`]+)`", line))


def test_every_command_of_the_documents_can_be_typed():
    seen = 0
    for name, text in documented():
        line = text.strip().removeprefix("$ ")
        if BEGINS.match(line):
            seen += 1
            words = shlex.split(line, comments=True)[1:]
            try:
                parsed([word.strip("[]") for word in words])
            except Exception as error:
                raise AssertionError(f"{name}: {line}: {error}") from error
    assert seen > 50


def test_the_command_behind_a_plan_can_be_run_as_it_is_printed(user):  # noqa: F811
    library, plan = user.home / "My Pins' library", user.home / "the plan.json"
    user.types("init", str(library), cwd=user.home)
    said = user.types("plan", "--library", str(library), "-o", str(plan), cwd=user.home)
    program, *words = shlex.split(said.partition("To apply exactly this plan: ")[2].splitlines()[0])
    assert program == "pinplan"
    assert words == ["apply", str(plan), "--library", str(library)]
    assert "Applied: " in user.types(*words, cwd=user.home)
    assert not files(user)
