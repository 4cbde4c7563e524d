"""The stage: a library in a real folder, an account on the sandbox, an image host, a machine, a clock, and pinplan's own command line."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
import typer
import typer.main

import pinplan.cli as entry
import pinplan.cli.app as program
from pinplan.cli.commands import command_tree
from pinplan.sandbox.pictures import Picture
from pinplan.sandbox.requests import Texts
from pinplan.sandbox.world import Clock
from tests.adversary import pictures
from tests.adversary.clock import Now, StoryClock
from tests.adversary.invariants import Broken
from tests.adversary.machine import Death, Machine
from tests.adversary.network import API_URL, ORIGIN, TOKEN, Network, in_process
from tests.adversary.oracle import OWN, Oracle, SeenPin
from tests.adversary.ran import Ran
from tests.adversary.still import SeamMissing, seam, start_of_story

if TYPE_CHECKING:
    from tests.adversary.story import Story

ALLOWANCES = (
    "remote-deletes",
    "local-deletes",
    "remote-deletes-count",
    "local-deletes-count",
    "forgets",
    "everything-changed",
    "uploads",
)
_HOME = "$HOME"
_SIGNATURES = ((b"\x89PNG", "PNG"), (b"GIF8", "GIF"), (b"WEBP", "WEBP"))


class Stop(Exception):
    """A broken invariant ends the story here."""


class Stage:
    """Where a story is played. ``judge`` is asked after every command.

    Attributes:
        words: what happened, a line each.
        counts: (actor or command, verb or kind, outcome) → how often.
        notes: what verbs remember for later verbs.
        accepted: pins whose file somebody agreed with as it was here.
        agreed: the pins of files that a plan adopted or whose new place it recorded, by path.
    """

    def __init__(self, story: Story, home: Path, origin: str = ORIGIN) -> None:
        self.story, self.home = story, home
        self.library, self.elsewhere, self.plans = home / "library", home / "elsewhere", home / "plans"
        self.clock = Now.clock = StoryClock()
        start_of_story(story.seed)
        self.machine = Machine()
        # What Pinterest does to texts is not known: in a third of the stories they come back normalised.
        texts = Texts.STRICT if story.seed % 3 else Texts.NORMALISED
        self.network = Network(self.machine, self.clock, origin, texts)
        self.network.picture_file = self._picture_file
        self.world = self.network.world
        if story.seed % 2:
            # Boards that changed a moment ago; in the other stories all changes are years old, so that listings are cached soon.
            self.world.follow(Clock(self.clock.elsewhere))
        self.oracle = Oracle(self.library, self.elsewhere, self.world)
        self.network.before_delete = self._before_delete
        self.gone_for_good: set[str] = set()
        self.words: list[str] = []
        self.digest = hashlib.sha256()
        self.counts: dict[tuple[str, str, str], int] = {}
        self.notes: dict[str, Any] = {}
        self.saved: list[Path] = []
        self.applied: dict[str, dict[str, Any]] = {}
        self.tracked_once, self.recorded = dict[str, str](), dict[str, str]()
        """Digests of the files that pinplan made, by the path that it gave them."""
        self.beside: set[tuple[str, str]] = set()
        """Digests of files that nothing here can open, and pins whose own file was there at the same time."""
        self.placed: dict[str, str] = {}
        """Digests of what any apply put at a path, last."""
        self.shown_once: dict[str, set[str]] = {}
        self.taken_for: dict[str, set[str]] = {}
        """Digests by pin: what a plan adopted for it by its name, and what the host sent for it. Nobody can know that it shows something else."""
        self.deceived: set[str] = set()
        """Digests of what the host sent in place of an image, and of copies of it."""
        self.created: set[str] = set()
        """Pins that pinplan created: it never saw what Pinterest made of their images."""
        self.not_kept: set[str] = set()
        """Pins that were posted without keeping a file."""
        self.small_for_now, self.agreed = dict[str, str](), dict[str, str]()
        self.accepted: set[str] = set()
        self.judge: Any = lambda _stage, _ran: None
        self.accuser: Any = lambda _broken: None
        self._number = 0
        self._ran: Ran | None = None

    # -- the beginning ---------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Everything as the setup says."""
        for folder in (self.elsewhere, self.plans, self.home / "state", self.home / "config", self.home / "cache"):
            folder.mkdir(parents=True)
        letter = b"nothing of pinplan's\n"
        (self.elsewhere / "letter.txt").write_bytes(letter)
        self.oracle.learn(letter, "letter", "text", 0)
        setup = self.story.setup
        for one in setup["boards"]:
            board = self.world.create_board(one["name"])
            for section in one["sections"]:
                self.world.create_section(board.id, section)
        for board, section, sort, number in setup["pins"]:
            self.pin(board, section, sort, number)
        with _streams(io.BytesIO(), io.BytesIO()):
            assert self._run(("init", str(self.library))) == 0, "init"
        config = {"network": {"parallelism": 1}} | setup["config"]  # a story from before may name none
        (self.library / "pinplan.toml").write_text(tomli_w.dumps(config), encoding="utf-8")

    def pin(self, board: int, section: int, sort: str, number: int) -> str | None:
        """A new pin of a sort on the account; its id."""
        boards = self.boards()
        if not boards:
            return None
        home = boards[board % len(boards)]
        sections = sorted(home.sections)
        at = sections[section % len(sections)] if sections and section >= 0 else None
        shown: list[Picture] = [self.picture(sort, number)]
        if sort == "carousel":
            shown = [self.picture("small", 1000 + 10 * number + slot) for slot in range(3)]
        title = {"titled": f"{number}: a long title {'and more ' * 12}", "small": f"Pin {number}"}.get(
            sort, f"{sort} {number}"
        )
        told = f"What pin {number} says" if sort in {"copy", "recompressed", "enlarged"} else None
        made = self.world.create_pin(
            home.id, shown, title=title, section_id=at, video=sort == "video", description=told
        )
        return made.id

    def picture(self, sort: str, number: int) -> Picture:
        """A picture of the sandbox that shows picture ``number``, in one of the ways that one may be on Pinterest."""
        if sort in {"copy", "recompressed", "variant", "enlarged"}:
            number = number // 2  # what another pin shows
        size = "large" if sort == "large" else "medium" if number % 4 == 0 else "small"
        variant = int(sort == "variant") * (1 + number % 3)
        form = {"png": "PNG", "webp": "WEBP", "gif": "GIF"}.get(sort, "JPEG")
        data = pictures.original(number, size=size, variant=variant, form=form)
        detail = pictures.SIZES[size][0] * pictures.SIZES[size][1]
        if sort == "recompressed":
            data = pictures.converted(data, "JPEG", 60)
        if sort == "enlarged":
            data = pictures.enlarged(data)
        name = f"p{number}" + (f"v{variant}" if variant else "")
        return self.uploaded(data, name, detail)

    def uploaded(self, data: bytes, name: str, detail: int) -> Picture:
        """A picture of the sandbox with exactly these bytes."""
        width, height = pictures.size_of(data)
        form = next((name for start, name in _SIGNATURES if start in {data[:4], data[8:12]}), "JPEG")
        shown = Picture(width=width, height=height, format=form, uploaded=data)
        self.world.pictures[shown.signature] = shown
        self.oracle.of_upload[data] = self.oracle.learn(data, name, "served", detail)
        return shown

    def _picture_file(self, size: str, signature: str) -> bytes | None:
        """What the image host has under an address, in good weather."""
        shown = self.world.pictures.get(signature)
        if shown is None or shown.uploaded is None:
            return None
        width = int(size.partition("x")[0]) if size[0].isdigit() else shown.width
        if width >= shown.width:
            return shown.uploaded
        data = pictures.resized(shown.uploaded, width)
        whole = self.oracle.shown_by(shown)
        self.oracle.learn(data, whole.picture, "served", width * shown.height * width // shown.width)
        return data

    def _before_delete(self, pin: Any) -> None:
        assert self._ran is not None
        log = self.library / OWN / "audit.jsonl"
        self._ran.deletes(pin.id, self.oracle.look(), log.read_bytes() if log.exists() else b"")

    # -- what is there -----------------------------------------------------------------------------------------------

    def boards(self) -> list[Any]:
        return sorted(self.world.boards.values(), key=lambda board: board.id)

    def pins(self) -> list[Any]:
        return sorted(self.world.pins.values(), key=lambda pin: pin.id)

    def files(self, *hows: str) -> list[str]:
        """Files of the library that show something in one of these ways; all, if none is named."""
        seen = self.oracle.look().files
        return [
            p for p, s in seen.items() if p != "pinplan.toml" and (not hows or self.oracle.of_file(p, s).how in hows)
        ]

    def images(self) -> list[str]:
        """Files that are images of pins, as far as names tell."""
        return [path for path in self.files("served", "tagged", "saved") if "/" in path]

    def write(self, path: Path, data: bytes, *, like: Path | None = None) -> None:
        """Put a file there, at the time that the story's clock says; ``like``: with size and time of another."""
        path.parent.mkdir(parents=True, exist_ok=True)
        moment = like.stat().st_mtime_ns if like is not None and like.exists() else self.clock.nanoseconds()
        part = path.with_name(f".{len(self.words)}.part")
        part.write_bytes(data)
        os.utime(part, ns=(moment, moment))
        part.replace(path)

    def detail_there(self, picture: str) -> int:
        """The most detail that Pinterest ever had of a picture."""
        return max((made.detail for made in self.oracle.of_upload.values() if made.picture == picture), default=0)

    # -- judging -----------------------------------------------------------------------------------------------------

    def accuse(self, name: str, message: str, circumstance: str = "") -> None:
        """Say that an invariant is broken which only the verb can see, because it is about several commands."""
        self.accuser(Broken(f"{name}:{circumstance}" if circumstance else name, message))

    def remember(self, ran: Ran) -> None:
        """After a command was judged: which files it made, and which pins there were, with the pictures that they showed."""
        for pin_id, pin in (*ran.before.pins.items(), *ran.after.pins.items()):
            self.shown_once.setdefault(pin_id, set()).update(pin.pictures)
        created = {write.created for write in ran.writes if write.created}
        self.created |= created
        posts = [action for action in ran.actions if action["kind"] == "post"]
        self.not_kept |= created if posts and all(action.get("keep") is False for action in posts) else set()
        if not ran.applies:
            return
        self.accepted |= {action["pin_id"] for action in ran.actions if action.get("reason") == "accepted"}
        self.placed |= {path: s.sha256 for path, s in ran.after.files.items() if ran.before.files.get(path) != s}
        for path, seen in ran.after.files.items():
            if "a wrong picture with 200" in ran.weather and ran.before.files.get(path) != seen:
                self.deceived.add(seen.sha256)  # also where it takes the place of a damaged file
                self._is_taken_for(re.findall(r"\d{12,}", path), seen.sha256)
            if path not in ran.before.files:
                self.tracked_once[path] = self.oracle.of_file(path, seen).picture
                self.recorded[path] = seen.sha256
                pins = re.findall(r"\d{12,}", path)
                if seen.sha256 in self.deceived or set(pins) & self.created:
                    self._is_taken_for(pins, seen.sha256)
                if {"HTTP 403", "HTTP 500"} & set(ran.weather) and "HTTP 404" not in ran.weather:
                    self.small_for_now[path] = seen.sha256
        self.beside |= self.oracle.opaque_beside(ran.after, self.tracked_once)
        for action in (one for one in ran.actions if one["kind"] in {"adopt", "relocate"}):
            if action["kind"] == "adopt":
                self._is_taken_for([action["pin_id"]], action["after"]["sha256"])
            self.agreed[action["after"]["path"]] = action["pin_id"]

    def _is_taken_for(self, pins: list[str], sha256: str) -> None:
        for pin_id in pins:
            self.taken_for.setdefault(pin_id, set()).add(sha256)

    def is_taken(self, path: str, sha256: str) -> bool:
        """Whether a plan took a file of this name for the file of a pin."""
        return any(sha256 in self.taken_for.get(pin_id, ()) for pin_id in re.findall(r"\d{12,}", path))

    def out_of_sight(self, pin: SeenPin) -> bool:
        """Whether the token does not let pinplan see the board of a pin."""
        board = self.world.boards.get(pin.board)
        return self.network.secret_unseen and board is not None and bool(board.privacy == "SECRET")

    def all_tracked_is_served(self, ran: Ran) -> bool:
        """Whether every file that is there is as its host served it: nothing was edited, spoilt or put in the place of another."""
        made = [
            self.oracle.of_file(path, seen).how for path, seen in ran.before.files.items() if path != "pinplan.toml"
        ]
        return all(how in {"served", "text", "own"} for how in made)

    def left_out(self, pin_id: str, pin: SeenPin) -> bool:
        """Whether the config leaves a pin out, or its whole board."""
        table = self.story.setup["config"].get("boards", {})
        board = self.world.boards.get(pin.board)
        return pin_id in table.get("ignore_pins", ()) or (board is not None and board.name in table.get("exclude", ()))

    # -- commands ----------------------------------------------------------------------------------------------------

    def new_plan(self) -> Path:
        """Where the next plan is saved."""
        self._number += 1
        return self.plans / f"plan-{self._number}.json"

    def ask(self, *argv: str, plan: Path | None = None) -> Ran:
        """Run a command of pinplan's, and have everything that it did judged.

        Args:
            argv: the command line.
            plan: the plan that it makes or applies.
        """
        ran = self._ran = Ran(argv, self.oracle.look())
        self.network.begin()
        failing = self.machine.fail_at is not None
        begun = set(self._begun())
        if "apply" in argv and plan is not None:
            ran.plan = _document(plan)
            if "--decisions" in argv:
                _exchange(ran.plan, self.notes.get("decided", {}))
        out, err = io.BytesIO(), io.BytesIO()
        with self.machine.running(), _streams(out, err):
            try:
                ran.code = self._run(argv)
            except Death:
                ran.code = None
            except (Stop, SeamMissing):
                raise  # of the adversary's own
            except Exception:  # noqa: BLE001 - what leaves the program is what the judge wants to see
                ran.crash = traceback.format_exc()
        ran.out, ran.err = (part.getvalue().decode("utf-8", "replace") for part in (out, err))
        if "apply" not in argv and plan is not None:
            ran.plan = _document(plan)
        if argv[0] == "apply" and plan is None and (new := [path for path in self._begun() if path not in begun]):
            ran.plan = _document(new[0])
        ran.writes = self.network.writes
        ran.weather = [rule.name for rule in self.network.fired]
        ran.places = [rule.pattern for rule in self.network.fired]
        ran.sent, ran.asked = self.network.sent, self.network.asked
        ran.hidden, ran.hidden_by = self.network.hid, self.network.hidden_by
        ran.spoilt = self.machine.failed if failing else 0
        self.network.end()
        ran.after = self.oracle.look()
        self._tell(ran)
        self._count(ran)
        self.judge(self, ran)
        return ran

    def _begun(self) -> list[Path]:
        """The plans that pinplan keeps of what it began to apply: what it says that it did, where no file says so."""
        return sorted((self.library / ".pinplan" / "plans").glob("*.json"))

    def _run(self, argv: tuple[str, ...]) -> int:
        before, folder = sys.argv, Path.cwd()
        sys.argv = ["pinplan", *argv]
        os.chdir(self.home)
        try:
            seam(entry, "main")()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 1
        finally:
            sys.argv = before
            os.chdir(folder)
        raise AssertionError("the program did not end")

    def _tell(self, ran: Ran) -> None:
        how = "died" if ran.died else "broke" if ran.crash else f"exit {ran.code}"
        sent = f", sent {', '.join(f'{w.method} {w.path}' for w in ran.writes)}" if ran.writes else ""
        besides = f", weather: {', '.join(ran.weather)}" if ran.weather else ""
        self.say(f"$ pinplan {' '.join(ran.argv)} → {how}{sent}{besides}", ran.out, ran.err)

    def say(self, line: str, *unseen: str) -> None:
        """A line of the story; ``unseen`` is output that counts for the digest only."""
        line = line.replace(str(self.home), _HOME)
        self.words.append(line)
        for text in (line, *unseen):
            self.digest.update(text.replace(str(self.home), _HOME).encode("utf-8", "replace"))

    def _count(self, ran: Ran) -> None:
        how = "died" if ran.died else "broke" if ran.crash else f"exit {ran.code}"
        self.count("command", ran.command, how)
        if ran.applies and ran.code is not None:
            for action in ran.actions:
                self.count("kind", action["kind"], how)

    def count(self, actor: str, what: str, outcome: str) -> None:
        key = (actor, what, outcome)
        self.counts[key] = self.counts.get(key, 0) + 1


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _exchange(plan: dict[str, Any], decided: dict[str, Any]) -> None:
    """Of a pair that a person swapped the other one goes: what a judge of the apply is to hold it against."""
    swapped = decided.get("swapped", ()) if decided.get("plan") == plan.get("digest") else ()
    for action in plan.get("actions", ()):
        if action["id"] in swapped:
            keeper = action["keeper"]["pin"]
            action["pin_id"], keeper["pin_id"] = keeper["pin_id"], action["pin_id"]
            action["board_id"], keeper["board_id"] = keeper["board_id"], action["board_id"]


@contextmanager
def _streams(out: io.BytesIO, err: io.BytesIO) -> Iterator[None]:
    before = sys.stdout, sys.stderr, sys.stdin
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8", write_through=True)
    sys.stdin = io.StringIO("")
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            stream.detach()
        sys.stdout, sys.stderr, sys.stdin = before


@contextmanager
def on_stage(story: Story, home: Path, stage_of: Callable[[Story, Path], Stage] = Stage) -> Iterator[Stage]:
    """A stage that is built and taken down again."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    kept = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("PINPLAN_", "PINTEREST_", "XDG_")) or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {
        "PINPLAN_API_URL": API_URL,
        "PINPLAN_ACCESS_TOKEN": TOKEN,
        "PINPLAN_LIBRARY": str(home / "library"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_DATA_HOME": str(home / "data"),
        "HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "NO_COLOR": "1",
    }
    try:
        stage = stage_of(story, home)
        with in_process(stage.network, stage.clock), _one_command_tree():
            stage.build()
            yield stage
    finally:
        os.environ.clear()
        os.environ.update(kept)
        shutil.rmtree(home, ignore_errors=True)


_TREES: dict[int, Any] = {}


@contextmanager
def _one_command_tree() -> Iterator[None]:
    """Have typer make its tree of commands once, not for every command: that is most of a short command's time."""
    app = seam(program, "app")
    if id(app) not in _TREES:
        _TREES[id(app)] = command_tree(app)
    tree = _TREES[id(app)]
    made = typer.main.get_command
    program.app = tree
    typer.main.get_command = lambda one: tree if one is tree else made(one)  # type: ignore[assignment, return-value]
    try:
        yield
    finally:
        program.app, typer.main.get_command = app, made


__all__ = ["ALLOWANCES", "OWN", "Ran", "Stage", "Stop", "on_stage"]
