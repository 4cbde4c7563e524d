"""People on Pinterest: what happens to pins, boards and sections."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tests.adversary import pictures
from tests.adversary.actors.table import table

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks


def _pin(stage: Stage, picks: Picks) -> Any:
    pins = stage.pins()
    return picks.of(pins) if pins else None


def add(stage: Stage, picks: Picks, *, sort: str) -> str | None:
    number = 100 + picks.number(300)
    made = stage.pin(picks.number(100), picks.number(3) - 1, sort, number)
    return f"pin {made} ({sort}) is added" if made else None


def add_like(stage: Stage, picks: Picks, *, how: str) -> str | None:
    """A pin that shows the same as another one, or nearly: byte for byte, compressed anew, enlarged, or a variant in one place."""
    pin = _pin(stage, picks)
    if pin is None or pin.video or len(pin.pictures) != 1:
        return None
    shown = pin.pictures[0]
    data, what = shown.uploaded, stage.oracle.shown_by(shown)
    name, detail = what.picture, what.detail
    if how == "recompressed":
        data = pictures.converted(data, "JPEG", 60)
    elif how == "enlarged":
        data = pictures.enlarged(data)
    elif how == "as png":
        data = pictures.converted(data, "PNG")
    elif how == "better":
        if not name[1:].isdigit():
            return None
        data, detail = pictures.original(int(name[1:]), size="large"), math.prod(pictures.SIZES["large"])
    elif how == "variant":
        if not name[1:].isdigit() or detail not in {width * height for width, height in pictures.SIZES.values()}:
            return None
        variant = 1 + picks.number(3)
        size = next(key for key, (width, height) in pictures.SIZES.items() if width * height == detail)
        data = pictures.original(int(name[1:]), size=size, variant=variant)
        name = f"{name}v{variant}"
    board = stage.world.board(pin.board_id) if picks.number(3) else picks.of(stage.boards())
    made = stage.world.create_pin(board.id, [stage.uploaded(data, name, detail)], title=pin.title)
    return f"pin {made.id} is added, {how} of {pin.id}"


def delete(stage: Stage, picks: Picks) -> str | None:
    pin = _pin(stage, picks)
    if pin is None:
        return None
    stage.world.delete_pin(pin.id)
    stage.notes.setdefault("deleted pins", []).append(pin)
    return f"pin {pin.id} is deleted"


def move(stage: Stage, picks: Picks) -> str | None:
    pin = _pin(stage, picks)
    if pin is None:
        return None
    board = picks.of(stage.boards())
    sections = [None, *sorted(board.sections)]
    stage.world.move_pin(pin.id, board.id, picks.of(sections))
    return f"pin {pin.id} is moved to {board.name}"


def save_anew(stage: Stage, picks: Picks) -> str | None:
    """The same image saved again under a new id, the old pin deleted."""
    pin = _pin(stage, picks)
    if pin is None:
        return None
    new = stage.world.save_pin(pin.id, pin.board_id, pin.section_id)
    stage.world.delete_pin(pin.id)
    return f"pin {pin.id} is saved again as {new.id} and deleted"


def retitle(stage: Stage, picks: Picks) -> str | None:
    pin = _pin(stage, picks)
    if pin is None:
        return None
    stage.world.update_pin(pin.id, title=f"Renamed {picks.number(100)}")
    return f"pin {pin.id} gets another title"


def other_picture(stage: Stage, picks: Picks) -> str | None:
    """Another picture behind the same pin."""
    pin = _pin(stage, picks)
    if pin is None:
        return None
    pin.pictures = (stage.picture("small", 500 + picks.number(200)),)
    stage.world.update_pin(pin.id)
    return f"pin {pin.id} shows another picture"


def rename_board(stage: Stage, picks: Picks) -> str | None:
    boards = stage.boards()
    if not boards:
        return None
    board = picks.of(boards)
    name = f"Renamed {picks.number(1000)}"
    if any(other.name == name for other in boards):
        return None
    stage.world.update_board(board.id, name=name)
    return f"board {board.id} is called {name}"


def add_board(stage: Stage, picks: Picks) -> str | None:
    name = f"Board {picks.number(1000)}"
    if len(stage.boards()) > 4 or any(board.name == name for board in stage.boards()):
        return None
    board = stage.world.create_board(name)
    stage.pin(len(stage.boards()) - 1, -1, "small", 800 + picks.number(100))
    return f"board {board.id} ({name}) is made"


def delete_board(stage: Stage, picks: Picks) -> str | None:
    boards = stage.boards()
    if len(boards) < 2:
        return None
    board = picks.of(boards)
    stage.world.delete_board(board.id)
    return f"board {board.name} is deleted with its pins"


def add_section(stage: Stage, picks: Picks) -> str | None:
    if not stage.boards():
        return None
    board, name = picks.of(stage.boards()), f"Section {picks.number(100)}"
    if any(section.name == name for section in board.sections.values()):
        return None
    stage.world.create_section(board.id, name)
    return f"section {name} is made in {board.name}"


def delete_section(stage: Stage, picks: Picks) -> str | None:
    boards = [board for board in stage.boards() if board.sections]
    if not boards:
        return None
    board = picks.of(boards)
    stage.world.delete_section(board.id, picks.of(sorted(board.sections)))
    return f"a section of {board.name} is deleted"


def add_of_others(stage: Stage, picks: Picks) -> str | None:
    """Another person's pin on one of the boards."""
    if not stage.boards():
        return None
    board = picks.of(stage.boards())
    made = stage.world.create_pin(
        board.id, [stage.picture("small", 900 + picks.number(50))], title="Theirs", owner="somebody"
    )
    return f"somebody else adds pin {made.id} to {board.name}"


def recover(stage: Stage, picks: Picks) -> str | None:
    """A pin that was deleted is there again, under its own id: Pinterest took the deletion back."""
    gone = [
        pin for pin in stage.notes.get("deleted pins", ()) if pin.id not in stage.world.pins and _has_home(stage, pin)
    ]
    if not gone:
        return None
    pin = picks.of(gone)
    board = stage.world.board(pin.board_id)
    stage.world.pins[pin.id] = pin
    board.pins.append(pin)
    board.pins.sort(key=lambda one: one.order)
    stage.world.update_pin(pin.id)
    return f"pin {pin.id} is there again"


def _has_home(stage: Stage, pin: Any) -> bool:
    board = stage.world.boards.get(pin.board_id)
    return board is not None and (pin.section_id is None or pin.section_id in board.sections)


def set_privacy(stage: Stage, picks: Picks, *, privacy: str) -> str | None:
    boards = [board for board in stage.boards() if board.privacy != privacy]
    if not boards:
        return None
    board = picks.of(boards)
    stage.world.update_board(board.id, privacy=privacy)
    return f"board {board.name} becomes {privacy}"


def share_board(stage: Stage, picks: Picks) -> str | None:
    """A board of somebody else's on which this account collaborates, with a pin of each."""
    name = f"Together {picks.number(1000)}"
    if len(stage.boards()) > 4 or any(board.name == name for board in stage.boards()):
        return None
    board = stage.world.create_board(name, owner="somebody")
    for owner in ("somebody", None):
        shown = stage.picture("small", 950 + picks.number(40))
        stage.world.create_pin(board.id, [shown], title=f"Of {owner or 'mine'}", **({"owner": owner} if owner else {}))
    return f"somebody shares the board {name}"


def merge_boards(stage: Stage, picks: Picks) -> str | None:
    """All pins of a board are moved to another one, and the board is deleted."""
    boards = stage.boards()
    if len(boards) < 2:
        return None
    source = picks.of(boards)
    target = picks.of([board for board in boards if board is not source])
    for pin in list(source.pins):
        stage.world.move_pin(pin.id, target.id)
    stage.world.delete_board(source.id)
    return f"board {source.name} is merged into {target.name}"


def rename_section(stage: Stage, picks: Picks) -> str | None:
    boards = [board for board in stage.boards() if board.sections]
    if not boards:
        return None
    board, name = picks.of(boards), f"Part {picks.number(1000)}"
    if any(section.name == name for section in board.sections.values()):
        return None
    section = board.sections[picks.of(sorted(board.sections))]
    stage.world.rename_section(board.id, section.id, name)
    return f"section {section.id} of {board.name} is called {name}"


def move_section(stage: Stage, picks: Picks) -> str | None:
    """A section goes to another board, with its pins: there it has another id."""
    boards = [board for board in stage.boards() if board.sections]
    others = stage.boards()
    if not boards or len(others) < 2:
        return None
    source = picks.of(boards)
    target = picks.of([board for board in others if board is not source])
    section = source.sections[picks.of(sorted(source.sections))]
    if any(other.name == section.name for other in target.sections.values()):
        return None
    made = stage.world.create_section(target.id, section.name)
    for pin in [pin for pin in source.pins if pin.section_id == section.id]:
        stage.world.move_pin(pin.id, target.id, made.id)
    stage.world.delete_section(source.id, section.id)
    return f"section {section.name} of {source.name} is moved to {target.name}"


def edit_words(stage: Stage, picks: Picks, *, field: str) -> str | None:
    pin = _pin(stage, picks)
    if pin is None:
        return None
    text = f"https://example.org/{picks.number(100)}" if field == "link" else f"Words {picks.number(100)}"
    stage.world.update_pin(pin.id, **{field: text})
    return f"pin {pin.id} gets another {field}"


VERBS = table(
    "people",
    ("add_pin", 10, add, {"sort": "small"}),
    ("add_large", 3, add, {"sort": "large"}),
    ("add_png", 2, add, {"sort": "png"}),
    ("add_webp", 1, add, {"sort": "webp"}),
    ("add_carousel", 3, add, {"sort": "carousel"}),
    ("add_video", 1, add, {"sort": "video"}),
    ("add_long_title", 2, add, {"sort": "titled"}),
    ("add_copy", 4, add_like, {"how": "a copy"}),
    ("add_recompressed", 4, add_like, {"how": "recompressed"}),
    ("add_better", 3, add_like, {"how": "better"}),
    ("add_enlarged", 2, add_like, {"how": "enlarged"}),
    ("add_as_png", 2, add_like, {"how": "as png"}),
    ("add_variant", 4, add_like, {"how": "variant"}),
    ("delete_pin", 8, delete),
    ("move_pin", 6, move),
    ("save_anew", 3, save_anew),
    ("retitle_pin", 2, retitle),
    ("other_picture", 2, other_picture),
    ("rename_board", 3, rename_board),
    ("add_board", 2, add_board),
    ("delete_board", 1, delete_board),
    ("add_section", 1, add_section),
    ("delete_section", 2, delete_section),
    ("add_of_others", 2, add_of_others),
    ("add_gif", 1, add, {"sort": "gif"}),
    ("recover", 3, recover),
    ("make_secret", 3, set_privacy, {"privacy": "SECRET"}),
    ("make_public", 2, set_privacy, {"privacy": "PUBLIC"}),
    ("share_board", 2, share_board),
    ("merge_boards", 1, merge_boards),
    ("rename_section", 2, rename_section),
    ("move_section", 2, move_section),
    ("describe_pin", 1, edit_words, {"field": "description"}),
    ("link_pin", 1, edit_words, {"field": "link"}),
)
