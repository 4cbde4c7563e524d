"""One action of each kind, about the same pin and file, and both sides as such an action sees them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from pinplan.actions import (
    Adopt,
    CopyLocal,
    CreateBoard,
    CreatePin,
    CreateSection,
    Dedupe,
    DeleteLocal,
    DeleteRemote,
    Download,
    Forget,
    MoveLocal,
    MoveRemote,
    PostPin,
    Rebind,
    Relocate,
    RenameBoard,
    RenameSection,
    Replace,
    Restore,
    UpdateMetadata,
    UploadCarousel,
    UploadPin,
    UploadVideo,
)
from pinplan.actions.contexts import Home, KeptRecord, PinWanted, PlaceWanted
from pinplan.actions.creating_place import ExpectFiles
from pinplan.actions.expect import ExpectFile, ExpectFree, ExpectKept, ExpectPin, expect_of
from pinplan.actions.new_file import NewFile
from pinplan.actions.pairs import DuplicateSide, Evidence, KeptCopy
from pinplan.actions.placement import Placement
from pinplan.actions.renaming import ExpectNamed
from pinplan.actions.reversals import Reversals
from pinplan.actions.upload_video import VideoFile
from pinplan.model.base import Tracked
from pinplan.model.ids import ActionId, BoardId, PinId, RelPath, RunId, SectionId
from pinplan.model.images import Content, FileFact, FileStat, StagedImage, Wanted
from pinplan.model.naming import Companion, outbox_path, trash_path
from pinplan.model.pins import Board, NewPin, Pin, PinImage, Privacy, Words
from pinplan.model.similarity import Similarity, Tier
from pinplan.policies.duplicates import KeepRule, Remove
from tests.fakes import FakeLibrary, FakeRemote, digest_of, image_bytes
from tests.worlds import rendition

RUN, ID = RunId("run"), ActionId("0001")
PIN, OTHER = PinId("1001"), PinId("1002")
BOARD = BoardId("7")
HERE, THERE, ELSEWHERE = RelPath("Board/a.jpg"), RelPath("Other/a.jpg"), RelPath("Board/b.jpg")
DATA, NEW = image_bytes("a"), image_bytes("new")
KEPT = trash_path(HERE, RUN, ID)


def record_of(path: RelPath = HERE, pin_id: PinId = PIN, data: bytes = DATA, slot: int = 0) -> Tracked:
    """What the base knows of a file with these bytes, written at second 1."""
    return Tracked(
        pin_id=pin_id,
        slot=slot,
        path=path,
        size=len(data),
        mtime_ns=1,
        sha256=digest_of(data),
        width=100,
        height=200,
        format="JPEG",
        board_id=BOARD,
        container="Board",
        template="{pin_id}",
    )


def place(path: RelPath, slot: int = 0) -> Placement:
    return Placement(path=path, slot=slot, board_id=BOARD, container="Board", template="{pin_id}")


def pin_of(pin_id: PinId = PIN, *, is_owner: bool = True, link: str | None = None) -> Pin:
    image = PinImage(slot=0, renditions=(rendition("a"),))
    return Pin(id=pin_id, board_id=BOARD, is_owner=is_owner, link=link, images=(image,))


def beside(path: str, data: bytes = b"tags") -> Companion:
    return Companion(path=RelPath(path), size=len(data), mtime_ns=1)


COMMON = {"id": ID, "pin_id": PIN, "board_id": BOARD, "address": "Board/1001", "reason": "new"}


def adopt(before: Tracked | None = None) -> Adopt:
    return Adopt(**COMMON, expect=expect_of(record_of()), before=before, after=record_of())  # type: ignore[arg-type] # one dict for fields of several types


def copy_local() -> CopyLocal:
    return CopyLocal(**COMMON, expect=ExpectFree(free=HERE), after=place(HERE), source=ELSEWHERE)  # type: ignore[arg-type] # one dict for fields of several types


def create_pin() -> CreatePin:
    kept = ExpectKept(path=KEPT, size=len(DATA), sha256=digest_of(DATA))
    file = NewFile(
        source=KEPT,
        size=kept.size,
        mtime_ns=1,
        sha256=kept.sha256,
        width=100,
        height=200,
        format="JPEG",
        slot=0,
        head="Board/",
        tail=".jpg",
        container="Board",
        template="{pin_id}",
    )
    home = Home(board_id=BOARD, container="Board")
    return CreatePin(**COMMON, expect=(kept,), before=pin_of(), after=home, files=(file,))  # type: ignore[arg-type] # one dict for fields of several types


def dedupe(remove: Remove = Remove.BOTH, companions: tuple[Companion, ...] | UnsetType = UNSET) -> Dedupe:
    looks = DuplicateSide(width=100, height=200)
    kept = KeptCopy(
        file=expect_of(record_of(ELSEWHERE, OTHER)), pin=ExpectPin(pin_id=OTHER, board_id=BOARD), words=Words()
    )
    return Dedupe(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=expect_of(record_of()),
        before=record_of(),
        pin=pin_of(),
        keeper=kept,
        remove=remove,
        evidence=Evidence(alike=Similarity(tier=Tier.EXACT), rung=KeepRule.OLDEST, keeper=looks, loser=looks),
        companions=companions,
    )


def delete_local(after: Tracked | None = None, companions: tuple[Companion, ...] | UnsetType = UNSET) -> DeleteLocal:
    return DeleteLocal(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=expect_of(record_of()),
        before=record_of(),
        after=after,
        companions=companions,
    )


def delete_remote() -> DeleteRemote:
    expect = ExpectPin(pin_id=PIN, board_id=BOARD)
    return DeleteRemote(**COMMON, expect=expect, before=pin_of(), files=(record_of(),))  # type: ignore[arg-type] # one dict for fields of several types


def download(before: Tracked | None = None) -> Download:
    return Download(**COMMON, expect=ExpectFree(free=HERE), before=before, after=place(HERE), renditions=())  # type: ignore[arg-type] # one dict for fields of several types


def forget(expect: ExpectFree | None = None) -> Forget:
    return Forget(**COMMON, expect=expect, before=record_of())  # type: ignore[arg-type] # one dict for fields of several types


def move_local(companions: tuple[Companion, ...] | UnsetType = UNSET) -> MoveLocal:
    return MoveLocal(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=expect_of(record_of()),
        before=record_of(),
        after=place(THERE),
        companions=companions,
    )


NOW, NEXT = Home(board_id=BOARD, container="Board"), Home(board_id=BoardId("8"), container="Other")


def move_remote(becomes_public: bool | UnsetType = UNSET) -> MoveRemote:
    there = replace(record_of(THERE), board_id=NEXT.board_id, container=NEXT.container)
    return MoveRemote(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=ExpectPin(pin_id=PIN, board_id=BOARD),
        before=(record_of(),),
        after=(there,),
        files=(expect_of(there),),
        source=NOW,
        target=NEXT,
        becomes_public=becomes_public,
    )


def rename_board() -> RenameBoard:
    there = replace(record_of(THERE), container="Other")
    return RenameBoard(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=ExpectNamed(board_id=BOARD, name="Board"),
        new_name="Other",
        before=(record_of(),),
        after=(there,),
        files=(expect_of(there),),
    )


def rename_section() -> RenameSection:
    was, there = (replace(one, section_id=SectionId("3")) for one in (record_of(), record_of(THERE)))
    return RenameSection(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=ExpectNamed(board_id=BOARD, section_id=SectionId("3"), name="Cats"),
        new_name="Kittens",
        before=(was,),
        after=(there,),
        files=(expect_of(there),),
    )


NEW_BOARD = BoardId("new:Birds")


def create_board(privacy: Privacy = Privacy.SECRET) -> CreateBoard:
    return CreateBoard(
        **(COMMON | {"pin_id": PinId(""), "board_id": NEW_BOARD, "address": "Birds"}),  # type: ignore[arg-type] # as above
        expect=ExpectFiles(any_of=(HERE,)),
        after=Home(board_id=NEW_BOARD, container="Birds"),
        name="Birds",
        privacy=privacy,
    )


def create_section(board_id: BoardId = BOARD) -> CreateSection:
    container = "Board/Night" if board_id == BOARD else "Birds/Night"
    return CreateSection(
        **(COMMON | {"pin_id": PinId(""), "board_id": board_id, "address": container}),  # type: ignore[arg-type] # as above
        expect=ExpectFiles(any_of=(HERE, THERE)),
        after=Home(board_id=board_id, section_id=SectionId(f"new:{container}"), container=container),
        name="Night",
    )


def rebind(companions: tuple[Companion, ...] | UnsetType = UNSET, to: RelPath = THERE) -> Rebind:
    """The file of another pin becomes this one's."""
    return Rebind(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=expect_of(record_of()),
        before=record_of(pin_id=OTHER),
        after=place(to),
        companions=companions,
    )


def relocate(after: Tracked | None = None) -> Relocate:
    now = after or record_of(THERE)
    return Relocate(**COMMON, expect=expect_of(now), before=record_of(), after=now)  # type: ignore[arg-type] # one dict for fields of several types


def replace_image() -> Replace:
    return Replace(**COMMON, expect=expect_of(record_of()), before=record_of(), after=place(HERE), renditions=())  # type: ignore[arg-type] # one dict for fields of several types


def restore(over: ExpectFile | None = None, companions: tuple[Companion, ...] | UnsetType = UNSET) -> Restore:
    return Restore(
        **COMMON,  # type: ignore[arg-type] # one dict for fields of several types
        expect=ExpectKept(path=KEPT, size=len(DATA), sha256=digest_of(DATA)),
        over=over,
        before=record_of(data=NEW) if over else None,
        after=record_of(),
        companions=companions,
    )


def update_metadata() -> UpdateMetadata:
    return UpdateMetadata(**COMMON, before=Words(link="old"), after=Words(link="new"))  # type: ignore[arg-type] # one dict for fields of several types


def upload_pin(companions: tuple[Companion, ...] | UnsetType = UNSET, **facts: Any) -> UploadPin:
    file = NewFile(
        source=HERE,
        size=len(DATA),
        mtime_ns=1,
        sha256=digest_of(DATA),
        width=100,
        height=200,
        format="JPEG",
        slot=0,
        head="Board/a [",
        tail="].jpg",
        container="Board",
        template="{pin_id}",
    )
    return UploadPin(
        **(COMMON | {"pin_id": PinId(""), "address": "Board/a.jpg"}),  # type: ignore[arg-type] # one dict for fields of several types
        expect=expect_of(record_of()),
        after=Home(board_id=BOARD, container="Board"),
        pin=NewPin(board_id=BOARD, title="a"),
        file=file,
        companions=companions,
        **facts,
    )


def upload_carousel(companions: tuple[Companion, ...] = (), **facts: Any) -> UploadCarousel:
    files = tuple(
        NewFile(
            source=path,
            size=len(DATA),
            mtime_ns=1,
            sha256=digest_of(DATA),
            width=100,
            height=200,
            format="JPEG",
            slot=slot,
            head="Board/Trip [",
            tail=f"]-{slot}.jpg",
            container="Board",
            template="{pin_id}",
            companions=companions if slot == 1 else (),
        )
        for slot, path in ((1, HERE), (2, ELSEWHERE))
    )
    return UploadCarousel(
        **(COMMON | {"pin_id": PinId(""), "address": "Board/Trip"}),  # type: ignore[arg-type] # one dict for fields of several types
        expect=tuple(expect_of(record_of(file.source)) for file in files),
        after=Home(board_id=BOARD, container="Board"),
        pin=NewPin(board_id=BOARD, title="Trip"),
        files=files,
        **facts,
    )


MOVING = RelPath("Board/a.mp4")


def upload_video(companions: tuple[Companion, ...] = (), **facts: Any) -> UploadVideo:
    picture = upload_pin()
    return UploadVideo(
        **(COMMON | {"pin_id": PinId(""), "address": "Board/a.mp4"}),  # type: ignore[arg-type] # one dict for fields of several types
        expect=(picture.expect, expect_of(record_of(MOVING, data=NEW))),
        after=picture.after,
        pin=picture.pin,
        cover=picture.file,
        video=VideoFile(
            source=MOVING,
            size=len(NEW),
            sha256=digest_of(NEW),
            duration_ms=200_000,
            width=640,
            height=360,
            container="MP4",
        ),
        companions=(beside(MOVING, NEW), *companions),
        **facts,
    )


POSTED = outbox_path(digest_of(DATA), "JPEG")


def post_pin(**facts: Any) -> PostPin:
    file = NewFile(
        source=POSTED,
        size=len(DATA),
        mtime_ns=1,
        sha256=digest_of(DATA),
        width=100,
        height=200,
        format="JPEG",
        slot=0,
        head="Board/a [",
        tail="].jpg",
        container="Board",
        template="{pin_id}",
    )
    return PostPin(
        **(COMMON | {"pin_id": PinId(""), "address": "Board/a.jpg"}),  # type: ignore[arg-type] # one dict for fields of several types
        expect=(ExpectKept(path=POSTED, size=len(DATA), sha256=digest_of(DATA)),),
        after=Home(board_id=BOARD, container="Board"),
        pin=NewPin(board_id=BOARD, title="a"),
        files=(file,),
        **facts,
    )


class Present:
    """Both sides and the base as they are now (protocol `pinplan.actions.contexts.UndoContext`)."""

    template = "{pin_id}"
    reversals = Reversals()

    def __init__(
        self,
        *records: Tracked,
        files: dict[RelPath, bytes] | None = None,
        kept: dict[RelPath, bytes] | None = None,
        pins: Sequence[Pin] = (),
        deleted: bool = False,
        boards: Sequence[Board] = (),
        sections: dict[SectionId, str] | None = None,
    ) -> None:
        self._sections = sections or {}
        self._records = {(record.pin_id, record.slot): record for record in records}
        self._files, self._kept = files or {}, kept or {}
        self._pins = {pin.id: pin for pin in pins}
        self._deleted = deleted
        self._boards = {board.id: board for board in boards}

    def record(self, pin_id: PinId, slot: int) -> Tracked | None:
        return self._records.get((pin_id, slot))

    def file(self, path: RelPath) -> FileFact | None:
        data = self._files.get(path)
        content = Content(sha256=digest_of(data)) if data is not None else None
        return FileFact(path=path, size=len(data), mtime_ns=1, content=content) if data is not None else None

    def kept(self, path: RelPath) -> FileStat | None:
        return FileStat(len(self._kept[path]), 1) if path in self._kept else None

    def kept_with(self, pin_id: PinId) -> Sequence[KeptRecord]:
        return ()

    def deleted_too(self, pin_id: PinId) -> bool:
        return self._deleted

    def pin(self, pin_id: PinId) -> Pin | None:
        return self._pins.get(pin_id)

    def board(self, board_id: BoardId) -> Board | None:
        return self._boards.get(board_id)

    def section_name(self, board_id: BoardId, section_id: SectionId) -> str | None:
        return self._sections.get(section_id)

    def new_home(self, pin: Pin) -> Home | None:
        return Home(board_id=pin.board_id, container="Board")

    def name_around_id(self, pin: Pin, home: Home, record: Tracked) -> tuple[str, str]:
        return "Board/", ".jpg"

    def created_already(self, pin_id: PinId) -> str | None:
        return None

    def twins(self, pin: Pin, home: Home) -> tuple[PinId, ...]:
        return ()


class Nothing:
    """A run that has noted and created nothing before (ports `Journal` and `Creating`)."""

    def staged(self, action: ActionId, image: StagedImage) -> None:
        raise AssertionError(action)

    def staged_before(self, action: ActionId) -> Collection[StagedImage]:
        return ()

    def landed(self, path: RelPath) -> RelPath:
        return path

    def remember_content(self, path: RelPath, stat: FileStat, content: Content) -> None:
        raise AssertionError(path)

    def notes(self, action: ActionId) -> Sequence[str]:
        return ()

    def known(self, action: ActionId) -> PinId | None:
        return None

    def begun(self, action: ActionId) -> bool:
        return False

    def why_not_now(self) -> str | None:
        return None

    def create_pin(self, action: ActionId, wanted: PinWanted, *, maybe_sent: bool = False) -> PinId:
        raise AssertionError(action)


class NoPlaces:
    """Boards and sections: nothing was created, and nothing is there of the name (protocol `pinplan.actions.contexts.CreatingPlaces`)."""

    def __init__(self, there: str | None = None) -> None:
        self.there = there

    def known(self, action: ActionId) -> str | None:
        return None

    def begun(self, action: ActionId) -> bool:
        return False

    def ids(self) -> dict[str, str]:
        return {}

    def why_not(self, wanted: PlaceWanted) -> str | None:
        return self.there

    def create(self, action: ActionId, wanted: PlaceWanted) -> str:
        raise AssertionError(action)


class Now:
    """The world at the moment in which an action is checked (protocol `pinplan.actions.contexts.ActionContext`)."""

    run = RUN
    username = "me"

    def __init__(
        self,
        files: dict[RelPath, bytes] | None = None,
        kept: dict[RelPath, bytes] | None = None,
        pins: Sequence[Pin] = (),
        boards: Sequence[Board] = (),
        there: str | None = None,
    ) -> None:
        self.places = NoPlaces(there)
        self.library, self.remote = FakeLibrary(), FakeRemote()
        self.journal = self.creates = Nothing()
        for path, data in (files or {}).items():
            self.library.write(path, data)
            self.library.times[path] = 1
        for path, data in (kept or {}).items():
            self.library.kept_files[path], self.library.kept_times[path] = data, 1
        self.remote.pins_by_id = {pin.id: pin for pin in pins}
        self.remote.boards_by_id = {board.id: board for board in boards}

    def board(self, board_id: BoardId) -> Board | None:
        return self.remote.boards_by_id.get(board_id)

    def duplicate(self, action: ActionId, source: RelPath) -> StagedImage:
        raise AssertionError(action)

    def why_not_missing(self, records: Sequence[Tracked]) -> str | None:
        raise AssertionError(records)

    def obtain(self, action: ActionId, wanted: Wanted) -> StagedImage:
        raise AssertionError(action)


def elsewhere(record: Tracked) -> Tracked:
    """The same pair, in the place where a later run recorded it."""
    return replace(record, path=ELSEWHERE)
