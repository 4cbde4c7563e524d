"""Fakes behind the ports: a Pinterest, an image host and a library in memory, with a door for crashes."""

from __future__ import annotations

import errno
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import Enum
from threading import Event
from typing import BinaryIO

from msgspec.structs import replace
from PIL import Image

from pinplan.duplicates.copies import Copy
from pinplan.duplicates.local_difference import PictureAtSize
from pinplan.errors import AnswerLost, ApiRefused, DiskRefused, ImageRefused, Unreachable
from pinplan.model.file_tree import FileTree
from pinplan.model.ids import AccountId, ActionId, BoardId, LibraryId, PinId, RelPath, RunId, SectionId, Sha256
from pinplan.model.images import Content, FileFact, FileStat, Preparation, StagedImage, TrashedFile, Upload
from pinplan.model.naming import is_in_outbox, outbox_path, trash_path
from pinplan.model.pins import Account, Board, MediaType, NewPin, Pin, PinImage, Privacy, Rendition, Section
from pinplan.model.similarity import Fingerprint, InnerImage
from pinplan.model.snapshots import ListedBoards, ListedSections, UnknownPath, UnreadableItem
from pinplan.model.videos import Video, VideoPlace, VideoStatus
from pinplan.pinterest.api import PinPage
from pinplan.ports import VideoBytes

LIBRARY_ID = LibraryId("00000000-0000-4000-8000-000000000001")
ME = Account(id=AccountId("1"), username="me")


def image_bytes(text: str) -> bytes:
    """What the fakes take for a complete image."""
    return f"IMAGE {text}".encode()


def cut_bytes(text: str, length: int = 400) -> bytes:
    """What the fakes take for an image without its end."""
    return f"CUT {text}".encode().ljust(length)


def size_in(text: str) -> tuple[int, int]:
    """Width and height of an image that shows this: ``cat~800x600``, or what they are by default."""
    facts = text.removesuffix(".jpg").split("~")[1:]
    width, _, height = next((fact for fact in facts if re.fullmatch(r"\d+x\d+", fact)), "100x200").partition("x")
    return int(width), int(height)


def digest_of(data: bytes) -> Sha256:
    """The digest of a file."""
    return Sha256(hashlib.sha256(data).hexdigest())


def video_bytes(text: str) -> bytes:
    """What the fakes take for a complete video of twelve seconds."""
    return f"VIDEO {text}".encode()


class Crash(BaseException):
    """The process ends here: nothing catches it, as nothing catches SIGKILL."""


def content_of(data: bytes) -> Content:
    """What looking inside gives: ``broken`` is cut, ``CUT`` too, but of a known size, ``HEIC`` is not decoded, anything else is a text."""
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    if not data:
        return Content(sha256=sha256, problem="it is empty", damage="it is empty")
    if data.startswith(b"broken"):
        cut = "it is cut off: its end is missing"
        return Content(sha256=sha256, format="JPEG", problem=cut, damage=cut)
    if data.startswith(b"CUT "):
        width, height = size_in(data.decode(errors="replace").rstrip(" "))
        cut = "it is cut off: its end is missing"
        return Content(
            sha256=sha256, width=width, height=height, format="JPEG", problem=cut, damage=cut, nearly_whole=True
        )
    if data.startswith(b"HEIC "):
        return Content(sha256=sha256, format="HEIC", problem="it is a HEIC image, which pinplan cannot decode")
    if not data.startswith(b"IMAGE "):
        return Content(sha256=sha256, problem="it is not an image")
    width, height = size_in(data.decode(errors="replace"))
    return Content(sha256=sha256, width=width, height=height, format="PNG" if b"~png" in data else "JPEG")


class FakeClock:
    """Every look at it is a second later."""

    def __init__(self) -> None:
        self.present = datetime(2026, 1, 1, tzinfo=UTC)
        self.waited = 0.0

    def now(self) -> datetime:
        self.present += timedelta(seconds=1)
        return self.present

    def wait(self, seconds: float, stop: object) -> None:
        self.waited += seconds
        self.present += timedelta(seconds=seconds)


class Effects:
    """Counts effects, and crashes before or after one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.crash_at: int | None = None

    def before(self) -> None:
        self.count += 1
        if self.count == self.crash_at:
            raise Crash

    def after(self) -> None:
        self.before()


class Answers(Enum):
    """What becomes of the answer to a request that creates something: it comes, or is lost before or after it was carried out."""

    COME = 0
    LOST_BEFORE = 1
    LOST_AFTER = 2


class FakeRemote:
    """Pinterest in memory."""

    def __init__(self, effects: Effects | None = None) -> None:
        self.boards_by_id: dict[BoardId, Board] = {}
        self.sections_of: dict[BoardId, dict[str, Section]] = {}
        self.pins_by_id: dict[PinId, Pin] = {}
        self.broken: set[BoardId] = set()
        self.odd: dict[BoardId, dict[int, str]] = {}
        self.odd_boards: list[int] = []
        self.odd_sections: dict[BoardId, list[int]] = {}
        self.hidden: set[PinId] = set()
        self.unlisted: set[str] = set()
        self.deleted: list[PinId] = []
        self.asked = 0
        self.writes = 0
        self._created = 0
        self.answers = Answers.COME
        self.hides_created = False
        self.posts = 0
        self.by_url: list[str] = []
        self.registered = 0
        self.video_answers: list[VideoStatus] = []
        self.videos: dict[PinId, str] = {}
        self.me = ME
        self.granted: tuple[str, ...] = ()
        self._effects = effects or Effects()

    @property
    def calls(self) -> int:
        return self.asked

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.granted

    def account(self) -> Account:
        self.asked += 1
        return self.me

    def boards(self) -> ListedBoards:
        self.asked += 1
        odd = tuple(UnreadableItem(page=1, item=place, problem="it is no object") for place in self.odd_boards)
        return ListedBoards(tuple(one for one in self.boards_by_id.values() if one.id not in self.unlisted), odd)

    def board(self, board_id: BoardId) -> Board | None:
        self.asked += 1
        return self.boards_by_id.get(board_id)

    def rename_board(self, board_id: BoardId, name: str) -> None:
        self._write(lambda: self.boards_by_id.update({board_id: replace(self.boards_by_id[board_id], name=name)}))

    def rename_section(self, board_id: BoardId, section_id: SectionId, name: str) -> None:
        self._write(lambda: self.sections_of[board_id].update({section_id: Section(id=section_id, name=name)}))

    def _write(self, change: Callable[[], None]) -> None:
        self._effects.before()
        self.writes += 1
        if self.answers is not Answers.LOST_BEFORE:
            change()
        self._effects.after()
        if self.answers is not Answers.COME:
            raise Unreachable("no answer in time")

    def sections(self, board_id: BoardId) -> ListedSections:
        self.asked += 1
        places = self.odd_sections.get(board_id, [])
        odd = tuple(UnreadableItem(page=1, item=place, problem="it is no object") for place in places)
        listed = (one for one in self.sections_of.get(board_id, {}).values() if one.id not in self.unlisted)
        return ListedSections(tuple(listed), odd)

    def give_up(self) -> None:
        pass

    def require_calls(self, count: int) -> None:
        pass

    def pin_pages(self, board_id: BoardId, bookmark: str | None = None) -> Iterator[PinPage]:
        self.asked += 1
        pins = [pin for pin in self.pins_by_id.values() if pin.board_id == board_id and pin.id not in self.hidden]
        half = len(pins) // 2
        odd = self.odd.get(board_id, {})
        if bookmark is None:
            yield PinPage(pins[:half], 0, "half", [(1, odd[1])] if 1 in odd else [])
        if board_id in self.broken:
            raise ApiRefused(f"GET /boards/{board_id}/pins", 500, None, "broken", None)
        yield PinPage(pins[half:], unreadable=[(1, odd[2])] if 2 in odd else [])

    def pin(self, pin_id: PinId) -> Pin | None:
        self.asked += 1
        return self.pins_by_id.get(pin_id)

    def create_board(self, name: str, privacy: Privacy) -> Board:
        made = Board(id=BoardId(str(80_000 + self._created)), name=name, privacy=privacy, owner=self.me.username)

        def store() -> None:
            self.boards_by_id[made.id] = made
            self.sections_of[made.id] = {}

        self._make(made.id, store)
        return made

    def create_section(self, board_id: BoardId, name: str) -> Section:
        made = Section(id=SectionId(str(90_000 + self._created)), name=name)
        self._make(made.id, lambda: self.sections_of[board_id].update({made.id: made}))
        return made

    def _make(self, identity: str, store: Callable[[], None]) -> None:
        self._effects.before()
        self.posts += 1
        if self.answers is Answers.LOST_BEFORE:
            raise AnswerLost(Unreachable("no answer in time"))
        self.writes += 1
        self._created += 1
        store()
        if self.hides_created:
            self.unlisted.add(identity)
        self._effects.after()
        if self.answers is Answers.LOST_AFTER:
            raise AnswerLost(Unreachable("no answer in time"))

    def register_video(self) -> VideoPlace:
        self._effects.before()
        self.registered += 1
        self._effects.after()
        return VideoPlace(media_id=str(self.registered), url="https://uploads.test/", fields=(("key", "k"),))

    def video_status(self, media_id: str) -> VideoStatus:
        self.asked += 1
        return self.video_answers.pop(0) if self.video_answers else VideoStatus.SUCCEEDED

    def create_video_pin(self, pin: NewPin, cover: Upload, media_id: str) -> Pin:
        return self._create(pin, [cover], media_id)

    def create_pin(self, pin: NewPin, images: Sequence[Upload]) -> Pin:
        return self._create(pin, images)

    def _create(self, pin: NewPin, images: Sequence[Upload], media_id: str = "") -> Pin:
        self._effects.before()
        self.posts += 1
        self.by_url += [image.url for image in images if image.url]
        if self.answers is Answers.LOST_BEFORE:
            raise AnswerLost(Unreachable("no answer in time"))
        self.writes += 1
        self._created += 1
        new_id = PinId(str(70_000 + self._created))
        slots = range(1, len(images) + 1) if len(images) > 1 else (0,)
        shown = tuple(
            PinImage(
                slot=slot,
                cover=bool(media_id),
                renditions=(Rendition(size="1200x", url=f"https://images.test/{image.data.decode().split(' ')[1]}"),),
            )
            for slot, image in zip(slots, images, strict=True)
        )
        made = Pin(
            id=new_id,
            board_id=pin.board_id,
            section_id=pin.section_id,
            title=pin.title,
            description=pin.description,
            link=pin.link,
            alt_text=pin.alt_text,
            is_owner=True,
            board_owner=self.boards_by_id[pin.board_id].owner,
            media_type=MediaType.VIDEO if media_id else MediaType.IMAGES if len(images) > 1 else MediaType.IMAGE,
            images=shown,
        )
        self.pins_by_id[new_id] = made
        if media_id:
            self.videos[new_id] = media_id
        if self.hides_created:
            self.hidden.add(new_id)
        self._effects.after()
        if self.answers is Answers.LOST_AFTER:
            raise AnswerLost(Unreachable("no answer in time"))
        return made

    def update_pin(self, pin_id: PinId, changes: Mapping[str, str]) -> None:
        self._effects.before()
        self.writes += 1
        self.pins_by_id[pin_id] = replace(
            self.pins_by_id[pin_id], **{name: text or None for name, text in changes.items()}
        )
        self._effects.after()

    def move_pin(self, pin_id: PinId, board_id: BoardId, section_id: SectionId | None) -> None:
        self._effects.before()
        self.writes += 1
        if self.answers is not Answers.LOST_BEFORE:
            self.pins_by_id[pin_id] = replace(
                self.pins_by_id[pin_id],
                board_id=board_id,
                section_id=section_id,
                board_owner=self.boards_by_id[board_id].owner,
            )
        self._effects.after()
        if self.answers is not Answers.COME:
            raise Unreachable("no answer in time")

    def delete_pin(self, pin_id: PinId) -> bool:
        self._effects.before()
        self.writes += 1
        found = self.pins_by_id.pop(pin_id, None)
        if found is not None:
            self.deleted.append(pin_id)
        self._effects.after()
        return found is not None


class FakeImages:
    """An image host: the last part of an address is what the image shows; ``answers`` is what it gives, or raises, instead."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.answers: dict[str, bytes | Exception] = {}
        self.fetched: list[str] = []
        self.unannounced: set[str] = set()

    def fetch(self, url: str, into: BinaryIO, *, announced: bool = False) -> int:
        self.fetched.append(url)
        if announced and url in self.unannounced:
            raise ImageRefused(url, "no Content-Length")
        if url in self.broken:
            raise ImageRefused(url, "HTTP 403", status=403)
        answer = self.answers.get(url)
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return into.write(answer)
        return into.write(image_bytes(url.rpartition("/")[2]))


class FakeVideoBytes:
    """A video as it is sent; reading it to its end tells its digest."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.sha256 = Sha256("")

    @property
    def size(self) -> int:
        return len(self._data)

    def chunks(self) -> Iterator[bytes]:
        yield self._data
        self.sha256 = digest_of(self._data)


class FakeVideoHost:
    """Takes videos; ``sent`` has what it took, by the id under which it was registered."""

    def __init__(self, effects: Effects | None = None) -> None:
        self.sent: dict[str, bytes] = {}
        self.refuses: Exception | None = None
        self._effects = effects or Effects()

    def send(self, place: VideoPlace, video: VideoBytes, stop: Event) -> None:
        self._effects.before()
        if self.refuses is not None:
            raise self.refuses
        self.sent[place.media_id] = b"".join(video.chunks())
        self._effects.after()


class FakeLibrary:
    """An image tree in memory: path → bytes; times count up."""

    def __init__(self, effects: Effects | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.times: dict[str, int] = {}
        self.unknown: list[UnknownPath] = []
        self.staging: dict[str, bytes] = {}
        self.kept_files: dict[str, bytes] = {}
        self.kept_times: dict[str, int] = {}
        self.walks = 0
        self.room = 10**15
        self._ticks = 0
        self._effects = effects or Effects()

    @property
    def library_id(self) -> LibraryId:
        return LIBRARY_ID

    # -- what a person does

    def write(self, path: str, data: bytes) -> None:
        self._ticks += 1
        self.files[path] = data
        self.times[path] = self._ticks

    def rename(self, old: str, new: str) -> None:
        self.files[new] = self.files.pop(old)
        self.times[new] = self.times.pop(old)

    def remove(self, path: str) -> None:
        del self.files[path], self.times[path]

    # -- the port

    def scan(self) -> tuple[list[FileFact], list[UnknownPath]]:
        return self._found()

    def _found(self) -> tuple[list[FileFact], list[UnknownPath]]:
        self.walks += 1
        lost = [unknown.path for unknown in self.unknown]
        seen = [p for p in sorted(self.files) if not any(p == u or p.startswith(f"{u}/") for u in lost)]
        found = [FileFact(path=RelPath(p), size=len(self.files[p]), mtime_ns=self.times[p]) for p in seen]
        return found, list(self.unknown)

    def tree(self) -> FileTree:
        files, unknown = self._found()
        tree = FileTree.of(files)
        tree.unknown = unknown
        return tree

    def stat(self, path: RelPath) -> FileStat | None:
        return FileStat(len(self.files[path]), self.times[path]) if path in self.files else None

    def inspect(self, path: RelPath) -> Content:
        return content_of(self.files[path])

    def read(self, path: RelPath) -> bytes:
        if path not in self.files:
            raise DiskRefused(path, errno.ENOENT, "No such file or directory")
        return self.files[path]

    def digest(self, path: RelPath) -> Sha256:
        return self.inspect(path).sha256

    def stage(self, name: str) -> BinaryIO:
        library = self

        class Staged(io.BytesIO):
            def close(self) -> None:
                if not self.closed:
                    library.staging[name] = self.getvalue()
                super().close()

        return Staged()

    def inspect_staged(self, name: str) -> tuple[int, Content]:
        return len(self.staging[name]), content_of(self.staging[name])

    def unstage(self, name: str) -> None:
        self.staging.pop(name, None)

    def clear_staging(self) -> None:
        self.staging.clear()

    def place(self, staged: StagedImage, path: RelPath, mtime_ns: int | None = None) -> FileStat:
        self._effects.before()
        self._check_free(path)
        self.write(path, self.staging.pop(staged.name))
        self.times[path] = self.times[path] if mtime_ns is None else mtime_ns
        self._effects.after()
        return FileStat(len(self.files[path]), self.times[path])

    def move(self, source: RelPath, target: RelPath) -> FileStat:
        self._effects.before()
        self._check_free(target)
        self.rename(source, target)
        self._effects.after()
        return FileStat(len(self.files[target]), self.times[target])

    def trash(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        self._effects.before()
        place = trash_path(path, run, action)
        self.kept_files[place] = self.files[path]
        self.kept_times[place] = self.times[path]
        self.remove(path)
        self._effects.after()
        return place

    def trashed(self, path: RelPath, run: RunId, action: ActionId) -> FileStat | None:
        return self.kept(trash_path(path, run, action))

    def keep(self, staged: StagedImage, name: str, run: RunId, action: ActionId) -> RelPath:
        self._effects.before()
        place = trash_path(name, run, action)
        self.kept_files[place] = self.staging.pop(staged.name)
        self._ticks += 1
        self.kept_times[place] = self._ticks
        self._effects.after()
        return place

    def keep_facts(self, name: str, data: bytes, run: RunId, action: ActionId) -> RelPath:
        place = trash_path(name, run, action)
        self.kept_files[place] = data
        return place

    def keep_copy(self, path: RelPath, run: RunId, action: ActionId) -> RelPath:
        self._effects.before()
        place = trash_path(path, run, action)
        self.kept_files[place], self.kept_times[place] = self.files[path], self.times[path]
        self._effects.after()
        return place

    def kept(self, path: RelPath) -> FileStat | None:
        data = self.kept_files.get(path)
        return None if data is None else FileStat(len(data), self.kept_times.get(path, 0))

    def inspect_kept(self, path: RelPath) -> Content:
        return content_of(self.kept_files[path])

    def read_kept(self, path: RelPath) -> bytes:
        return self.kept_files[path]

    def digest_kept(self, path: RelPath) -> Sha256:
        return digest_of(self.kept_files[path])

    def upload(self, path: RelPath, preparation: Preparation | None = None) -> Upload:
        data = self.kept_files[path] if path in self.kept_files else self.files[path]
        content = content_of(data)
        if content.problem is not None:
            raise ImageRefused(path, content.problem)
        frames = 2 if b"~moving" in data else 1
        return Upload(content_type="image/jpeg", data=data, of=content.sha256, frames=frames)

    def inspect_video(self, path: RelPath) -> Video:
        if not self.read(path).startswith(b"VIDEO "):
            raise ImageRefused(path, "it is not an MP4 or QuickTime video")
        return Video(duration_ms=12_000, width=640, height=360, container="MP4")

    @contextmanager
    def open_video(self, path: RelPath, preparation: Preparation) -> Iterator[FakeVideoBytes]:
        self.inspect_video(path)
        yield FakeVideoBytes(self.read(path))

    def restore(self, kept: RelPath, path: RelPath) -> FileStat:
        self._effects.before()
        self._check_free(path)
        self.files[path] = self.kept_files.pop(kept)
        self.times[path] = self.kept_times.pop(kept)
        self._effects.after()
        return FileStat(len(self.files[path]), self.times[path])

    def in_trash(self) -> list[TrashedFile]:
        found = []
        for path, data in sorted(self.kept_files.items()):
            if path.startswith(".pinplan/trash/"):
                _, _, run, action, *rest = path.split("/")
                found.append(
                    TrashedFile(
                        path=RelPath(path),
                        run=RunId(run),
                        action=ActionId(action),
                        was="/".join(rest),
                        size=len(data),
                        mtime_ns=self.kept_times.get(path, 0),
                    )
                )
        return found

    def destroy(self, kept: RelPath) -> None:
        self.kept_files.pop(kept, None)

    def post(self, data: bytes) -> FileFact:
        content = content_of(data)
        path = outbox_path(content.sha256, content.format or "")
        if content.problem is None:
            self._ticks += 1
            self.kept_files[path], self.kept_times[path] = data, self._ticks
        return FileFact(path=path, size=len(data), mtime_ns=self.kept_times.get(path, 0), content=content)

    def in_outbox(self) -> list[FileFact]:
        return [
            FileFact(path=RelPath(path), size=len(data), mtime_ns=self.kept_times.get(path, 0))
            for path, data in sorted(self.kept_files.items())
            if is_in_outbox(path)
        ]

    def unpost(self, path: RelPath) -> None:
        self.kept_files.pop(path, None)

    def free_space(self) -> int:
        return self.room

    def kept_plan(self, run: RunId) -> bytes | None:
        return self.kept_files.get(f".pinplan/plans/{run}.json")

    def keep_plan(self, data: bytes, run: RunId) -> RelPath:
        place = RelPath(f".pinplan/plans/{run}.json")
        self.kept_files[place] = data
        return place

    def _check_free(self, path: str) -> None:
        if path in self.files:
            raise DiskRefused(path, errno.EEXIST, "File exists")


def moved(pin: Pin, board_id: BoardId, section_id: str | None = None) -> Pin:
    """A pin elsewhere."""
    return replace(pin, board_id=board_id, section_id=section_id)


Change = Callable[[], None]


class FakeFaces:
    """What an image shows is its second word; ``800x600`` and ``q80`` behind it are its size and quality, ``turned`` that it lies on its side."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def fingerprint(self, data: bytes, where: str) -> Fingerprint:
        self.taken.append(where)
        if not data.startswith(b"IMAGE "):
            raise ImageRefused(where, "it is not an image")
        what, *facts = data.decode().removeprefix("IMAGE ").removesuffix(".jpg").split("~")
        width, height = size_in(data.decode())
        drawn = hashlib.sha256(what.encode()).digest()
        thumb, hashes = drawn * 24, drawn
        if "turned" in facts:  # a quarter to the left
            width, height = height, width
            rows = [[thumb[3 * (16 * y + x) :][:3] for x in range(16)] for y in range(16)]
            thumb = b"".join(rows[y][15 - x] for x in range(16) for y in range(16))
            hashes = hashlib.sha256(drawn).digest()
        return Fingerprint(
            sha256=Sha256(hashlib.sha256(data).hexdigest()),
            size=len(data),
            width=width,
            height=height,
            format="JPEG",
            dhash=int.from_bytes(hashes[:8]),
            pdq=hashes,
            colour=drawn[:3],
            thumb=thumb,
            detail=0 if what.startswith("flat") else 60,
            pdq_quality=0 if what.startswith("flat") else 100,
            quality=int(next((fact[1:] for fact in facts if fact.startswith("q")), "0")),
        )

    def pixels_of(self, data: bytes, where: str) -> bytes | None:
        """All facts but the quality, and what follows ``same``: another file with these pixels."""
        return b"~".join(fact for fact in data.split(b"~") if not fact.startswith((b"q", b"same")))

    def copy_of(self, data: bytes, where: str) -> Copy:
        """Nothing by which one would be better than another."""
        luma = Image.new("L", (64, 64))
        return Copy(luma=luma, width=64, height=64, claimed=0, colours=1, mode="RGB", form="PNG")

    def opened(self, data: bytes, where: str) -> OpenedFake:
        return OpenedFake(self, data, where)

    def inside_of(self, data: bytes, where: str) -> InnerImage | None:
        return None

    def grey64_of(self, data: bytes, where: str) -> bytes:
        return self.fingerprint(data, where).pdq * 128

    def colours_of(self, data: bytes, where: str, size: tuple[int, int]) -> bytes:
        """One colour, of the picture's subject, with a black spot in one corner for ``~spot``: a variant of it."""
        count = size[0] * size[1]
        spot = b"\0\0\0" * (count // 16) if b"~spot" in data else b""
        return (spot + self.fingerprint(data, where).colour * count)[: 3 * count]


class OpenedFake:
    """Asks these fingerprints again (protocol `pinplan.duplicates.compare.Opened`)."""

    def __init__(self, faces: FakeFaces, data: bytes, where: str) -> None:
        self._faces, self._file = faces, (data, where)

    def at_size(self, size: tuple[int, int]) -> PictureAtSize:
        image = Image.frombytes("RGB", size, self._faces.colours_of(*self._file, size))
        return PictureAtSize(image.convert("L"), image, size)

    def copy(self) -> Copy:
        return self._faces.copy_of(*self._file)
