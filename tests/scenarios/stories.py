"""The stories behind fixtures/scenarios: how each world came about. ``python -m tests.scenarios.stories`` writes the inputs anew.

The expected plans are written by ``make golden`` and read by a person before they are committed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.build_plan import take_snapshots
from pinplan.errors import ImageRefused
from pinplan.model.ids import PinId
from pinplan.model.pins import Privacy
from pinplan.model.snapshots import UnknownPath
from pinplan.policies.bundle import BoardPolicy, Mtime
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.policies.limits import Limits
from pinplan.policies.mode import Mode, NewPin
from pinplan.policies.protect import Protect
from pinplan.policies.uploads import Carousels, NewBoards, Uploads
from pinplan.snapshot.saved import save_snapshots
from tests.fakes import Answers, image_bytes, video_bytes
from tests.worlds import SmallWorld, rendition

ROOT = Path(__file__).parents[2] / "fixtures" / "scenarios"


def _library(world: SmallWorld, pins: int = 4) -> list[PinId]:
    board = world.board("Animals 動物")
    cats = world.section(board, "Cats")
    made = [world.pin(board, f"Cat {n}", section_id=cats if n % 2 else None) for n in range(1, pins + 1)]
    world.apply()
    return made


def _one(world: SmallWorld, pins: list[PinId]) -> str:
    return world.path_of(pins[0])


def first_plan(world: SmallWorld) -> None:
    """Nothing here yet: everything is downloaded, a carousel by slots, a video by its cover."""
    board = world.board("Nature 自然")
    world.pin(board, "Lake")
    world.pin(board, None)
    world.pin(board, "Three", slots=3)
    world.pin(board, "Film", cover=True)


def nothing_changed(world: SmallWorld) -> None:
    """Both sides agree."""
    _library(world)


def awkward_names(world: SmallWorld) -> None:
    """Boards and titles that no disk likes."""
    for name in ("a/b: c?", "con", "..", "Recipes", "recipes", "y" * 180, "🎨 Art", "e\u0301tude", ".hidden"):
        board = world.board(name)
        world.pin(board, "..", section_id=world.section(board, "長い" * 90))
        world.pin(board, "title\u202e with\x07 controls. ")


def removed_locally(world: SmallWorld) -> None:
    """A file was removed here."""
    world.library.remove(_one(world, _library(world)))


def removed_on_pinterest(world: SmallWorld) -> None:
    """A pin was deleted on Pinterest."""
    del world.remote.pins_by_id[_library(world)[0]]


def gone_on_both_sides(world: SmallWorld) -> None:
    """A pin was deleted and its file removed."""
    pins = _library(world)
    world.library.remove(_one(world, pins))
    del world.remote.pins_by_id[pins[0]]


def damaged(world: SmallWorld) -> None:
    """A file is no image any more."""
    world.library.write(_one(world, _library(world)), b"broken")


def converted_in_place(world: SmallWorld) -> None:
    """Files were replaced by what pinplan cannot decode, or by texts; they are another's work, and stay."""
    pins = _library(world)
    world.library.write(world.path_of(pins[0]), b"HEIC of the same picture")
    world.library.write(world.path_of(pins[1]), b"a text that lies where a picture was")


def modified(world: SmallWorld) -> None:
    """A file was changed into another image."""
    world.library.write(_one(world, _library(world)), image_bytes("edited"))


def modified_and_gone(world: SmallWorld) -> None:
    """A file was changed here, and its pin deleted there."""
    pins = _library(world)
    world.library.write(_one(world, pins), image_bytes("edited"))
    del world.remote.pins_by_id[pins[0]]


def moved_here(world: SmallWorld) -> None:
    """A file was moved here, its name still says which pin."""
    path = _one(world, _library(world))
    world.library.rename(path, f"best/{path.rpartition('/')[2]}")


def renamed_here(world: SmallWorld) -> None:
    """A file was renamed here; only its content says which pin."""
    world.library.rename(_one(world, _library(world)), "best/my cat.jpg")


def moved_to_another_boards_folder(world: SmallWorld) -> None:
    """A file was moved here into the folder of another board."""
    pins = _library(world)
    world.pin(world.board("Dogs"), "Dog")
    world.apply()
    path = _one(world, pins)
    world.library.rename(path, f"Dogs/{path.rpartition('/')[2]}")


def moved_alike_on_both_sides(world: SmallWorld) -> None:
    """A file was moved here and its pin there, to the same board."""
    pins = _library(world)
    dogs = world.board("Dogs")
    world.pin(dogs, "Dog")
    world.apply()
    path = _one(world, pins)
    world.library.rename(path, f"Dogs/{path.rpartition('/')[2]}")
    world.move_pin(pins[0], dogs)


def moved_apart_on_both_sides(world: SmallWorld) -> None:
    """A file was moved here and its pin there, to different boards."""
    pins = _library(world)
    world.pin(world.board("Dogs"), "Dog")
    world.apply()
    path = _one(world, pins)
    world.library.rename(path, f"Dogs/{path.rpartition('/')[2]}")
    world.move_pin(pins[0], world.board("Other"))


def moved_out_of_a_secret_board(world: SmallWorld) -> None:
    """A file was moved here from the folder of a secret board into that of a public one."""
    pins = _library(world)
    dogs = world.board("Dogs")
    world.pin(dogs, "Dog")
    world.apply()
    boards = world.remote.boards_by_id
    boards.update({one: replace(board, privacy=Privacy.SECRET) for one, board in boards.items() if one != dogs})
    boards[dogs] = replace(boards[dogs], privacy=Privacy.PUBLIC)
    path = _one(world, pins)
    world.library.rename(path, f"Dogs/{path.rpartition('/')[2]}")


def board_renamed_here(world: SmallWorld) -> None:
    """The folder of a board was renamed here."""
    _library(world)
    for path in list(world.library.files):
        world.library.rename(path, path.replace("Animals 動物/", "Beasts/"))


def section_renamed_here(world: SmallWorld) -> None:
    """The folder of a section was renamed here."""
    _library(world)
    for path in [path for path in world.library.files if "/Cats/" in path]:
        world.library.rename(path, path.replace("/Cats/", "/Felines/"))


def converted_here(world: SmallWorld) -> None:
    """Files were converted: one kept the pin id in its name, another only its folder."""
    pins = _library(world)
    first, second = world.path_of(pins[0]), world.path_of(pins[1])
    for path in (first, second):
        world.library.remove(path)
    world.library.write(f"{first.rpartition('.')[0]}.heic", b"HEIC of a cat")
    new = f"{second.rpartition('/')[0]}/IMG 1.heic"
    world.library.write(new, b"HEIC of another cat")
    world.library.times[new] = 2_000_000_000_000_000_000


def saved_by_a_photo_program(world: SmallWorld) -> None:
    """A file has other bytes and another name, and shows the same picture."""
    path = _one(world, _library(world))
    data = world.library.files[path]
    world.library.remove(path)
    world.library.write("best/my cat.jpg", data.removesuffix(b".jpg") + b"~same.jpg")


def swapped_here(world: SmallWorld) -> None:
    """Two files have each other's names."""
    one, other = (world.path_of(pin) for pin in _library(world)[:2])
    world.library.rename(one, "for a moment")
    world.library.rename(other, one)
    world.library.rename("for a moment", other)


def moved_on_both_sides(world: SmallWorld) -> None:
    """A file was moved here and its pin there."""
    pins = _library(world)
    world.library.rename(_one(world, pins), "best/my cat.jpg")
    world.move_pin(pins[0], world.board("Other"))


def touched(world: SmallWorld) -> None:
    """A file has a new time, but the same bytes."""
    path = _one(world, _library(world))
    world.library.write(path, world.library.files[path])


def moved_to_section(world: SmallWorld) -> None:
    """A pin was moved to another section."""
    pins = _library(world)
    pin = world.remote.pins_by_id[pins[0]]
    world.move_pin(pin.id, pin.board_id, None if pin.section_id else world.section(pin.board_id, "Dogs"))


def moved_to_board(world: SmallWorld) -> None:
    """A pin was moved to another board."""
    world.move_pin(_library(world)[0], world.board("Other"))


def board_renamed(world: SmallWorld) -> None:
    """A board has a new name."""
    _library(world)
    world.rename_board(next(iter(world.remote.boards_by_id)), "Tiere")


def board_gone(world: SmallWorld) -> None:
    """A board is not listed any more: that proves nothing about its pins."""
    _library(world)
    board = next(iter(world.remote.boards_by_id))
    del world.remote.boards_by_id[board]
    world.remote.pins_by_id.clear()
    world.board("Another")


def listing_broken(world: SmallWorld) -> None:
    """A board's listing broke off, while a pin was deleted and another added."""
    pins = _library(world)
    del world.remote.pins_by_id[pins[0]]
    board = next(iter(world.remote.boards_by_id))
    world.pin(board, "New")
    world.remote.broken.add(board)


def section_not_listed(world: SmallWorld) -> None:
    """The list of sections lacks two: files stay in the folder of one, new ones get one for the other; nothing is deleted."""
    pins = _library(world)
    board = next(iter(world.remote.boards_by_id))
    late = world.section(board, "Late")
    world.pin(board, "New in a section without a name", section_id=late)
    del world.remote.pins_by_id[pins[0]]
    world.library.remove(world.path_of(pins[1]))
    world.remote.sections_of[board].clear()


def section_item_unreadable(world: SmallWorld) -> None:
    """An item of a list of sections is no section: the others keep their names, every pin is fetched, nothing is deleted."""
    pins = _library(world)
    board = next(iter(world.remote.boards_by_id))
    part, late = world.section(board, "Part"), world.section(board, "Late")
    world.pin(board, "New in a section with a name", section_id=part)
    world.pin(board, "New in a section without a name", section_id=late)
    world.library.remove(world.path_of(pins[1]))
    del world.remote.sections_of[board][late]
    world.remote.odd_sections[board] = [2]


def item_unreadable(world: SmallWorld) -> None:
    """An item of a listing is no pin: the others are read and fetched, nothing of the board is deleted."""
    pins = _library(world)
    board = next(iter(world.remote.boards_by_id))
    world.pin(board, "New")
    world.library.remove(world.path_of(pins[1]))
    world.remote.odd[board] = {2: "its id is no string of digits: 9005"}


def board_unreadable(world: SmallWorld) -> None:
    """An item of the list of boards is not a board: the others are read and fetched, nothing is deleted or moved."""
    pins = _library(world)
    board = next(iter(world.remote.boards_by_id))
    world.pin(board, "New")
    world.library.remove(world.path_of(pins[1]))
    del world.remote.pins_by_id[pins[2]]
    world.remote.odd_boards = [3]


def listing_short(world: SmallWorld) -> None:
    """Pinterest says that a board has more pins than it lists: that is said, and blocks nothing."""
    _library(world)
    board = next(iter(world.remote.boards_by_id))
    world.remote.boards_by_id[board] = replace(world.remote.boards_by_id[board], pin_count=18)


def folder_moved_into_another_board(world: SmallWorld) -> None:
    """A section's folder was moved into the folder of another board: one finding for all its files."""
    _library(world, 6)
    world.pin(world.board("Dogs"), "Dog")
    world.apply()
    for path in [path for path in world.library.files if "/Cats/" in path]:
        world.library.rename(path, path.replace("Animals 動物", "Dogs"))


def missing_but_there(world: SmallWorld) -> None:
    """A pin is in no listing, but Pinterest still has it."""
    world.remote.hidden.add(_library(world)[0])


def scan_error(world: SmallWorld) -> None:
    """A folder cannot be read, and a pin of it was deleted."""
    pins = _library(world)
    del world.remote.pins_by_id[pins[0]]
    world.library.unknown.append(UnknownPath(path="Animals 動物", reason="Permission denied"))


def carousel_partly_removed(world: SmallWorld) -> None:
    """One image of a carousel was removed here."""
    pin = world.pin(world.board("Sets"), "Three", slots=3)
    world.apply()
    world.library.remove(world.path_of(pin, 2))


def carousel_removed(world: SmallWorld) -> None:
    """All images of a carousel were removed here."""
    board = world.board("Sets")
    pin = world.pin(board, "Three", slots=3)
    for n in range(3):
        world.pin(board, f"Other {n}")
    world.apply()
    for slot in (1, 2, 3):
        world.library.remove(world.path_of(pin, slot))


def carousel_grew(world: SmallWorld) -> None:
    """A carousel has one image more than before."""
    pin_id = world.pin(world.board("Sets"), "Two", slots=2)
    world.apply()
    pin = world.remote.pins_by_id[pin_id]
    extra = replace(pin.images[0], slot=3, renditions=(rendition(f"{pin_id}-3"),))
    world.remote.pins_by_id[pin_id] = replace(pin, images=(*pin.images, extra))


def carousel_shrank(world: SmallWorld) -> None:
    """A carousel has one image less than before."""
    pin_id = world.pin(world.board("Sets"), "Three", slots=3)
    world.apply()
    pin = world.remote.pins_by_id[pin_id]
    world.remote.pins_by_id[pin_id] = replace(pin, images=pin.images[:2])


def state_lost(world: SmallWorld) -> None:
    """The state is new, the files are here: they are adopted by the pin ids in their names."""
    _library(world)
    world.state._db.connection.execute("DELETE FROM tracked")


def two_copies(world: SmallWorld) -> None:
    """Two files claim to be the same pin."""
    path = _one(world, _library(world))
    world.library.write(f"copy/{path.rpartition('/')[2]}", world.library.files[path])


def place_taken(world: SmallWorld) -> None:
    """A stranger's file lies where a new pin would go."""
    board = world.board("Board")
    pin = world.pin(board, "New")
    world.library.write(f"board/NEW [{pin}].JPG", b"not an image")


def another_persons_pin(world: SmallWorld) -> None:
    """Files of others' pins, and of a group board, were removed here."""
    mine, group = world.board("Mine"), world.board("Group", owner="somebody")
    pins = [
        world.pin(mine, "Not mine", is_owner=False),
        world.pin(group, "Mine on theirs"),
        world.pin(mine, "Nobody knows", is_owner=None),
    ]
    for n in range(20):
        world.pin(mine, f"Other {n}")
    world.apply()
    for pin in pins:
        world.library.remove(world.path_of(pin))


def no_image_offered(world: SmallWorld) -> None:
    """Pinterest offers no image, or only crops."""
    board = world.board("Board")
    for images in ((), None):
        pin = world.remote.pins_by_id[world.pin(board, "Empty")]
        shown = images if images is not None else (replace(pin.images[0], renditions=()),)
        world.remote.pins_by_id[pin.id] = replace(pin, images=shown)


def board_left_out(world: SmallWorld) -> None:
    """A board is excluded, its files and pins changed: nothing is said or done about them."""
    pins = _library(world)
    world.library.remove(_one(world, pins))
    del world.remote.pins_by_id[pins[1]]
    world.policies = replace(world.policies, exclude=("animals*",))


def moved_out_of_scope(world: SmallWorld) -> None:
    """A pin was moved to a board that is excluded."""
    pins = _library(world)
    world.move_pin(pins[0], world.board("Private"))
    world.policies = replace(world.policies, exclude=("Private",))


def override_for_a_board(world: SmallWorld) -> None:
    """One board is a mirror, another takes no new pins, in a library that is an archive."""
    for name in ("Mirror", "Closed", "Plain"):
        pin = world.pin(world.board(name), "Old")
        world.apply()
        world.library.remove(world.path_of(pin))
    for board in list(world.remote.boards_by_id):
        world.pin(board, "New")
    overrides = (BoardPolicy(board="Mirror", mode=Mode.MIRROR), BoardPolicy(board="Closed", new_pin=NewPin.IGNORE))
    world.policies = replace(world.policies, overrides=overrides)


def everything_removed_here(world: SmallWorld) -> None:
    """The whole library is empty: a limit stops it."""
    _library(world, pins=30)
    for path in list(world.library.files):
        world.library.remove(path)


def board_emptied_there(world: SmallWorld) -> None:
    """A board lost all its pins on Pinterest: a limit stops it."""
    _library(world, pins=3)
    other = world.board("Other")
    for n in range(30):
        world.pin(other, f"Other {n}")
    world.apply()
    world.remote.pins_by_id = {i: p for i, p in world.remote.pins_by_id.items() if p.board_id == other}


def protected(world: SmallWorld) -> None:
    """What would be moved, replaced and deleted is protected: by board, by pin, by path and by kind; the rest goes on."""
    pins = _library(world, pins=6)
    best = world.board("Best of all")
    kept = world.pin(best, "Kept")
    world.apply()
    world.library.write(world.path_of(pins[0]), b"broken")
    world.library.write(world.path_of(kept), b"broken")
    world.library.remove(world.path_of(pins[1]))
    world.move_pin(pins[2], best)
    del world.remote.pins_by_id[pins[3]]
    world.pin(best, "New")
    protect = Protect(boards=("best*",), pins=(pins[0],), globs=("*/Cats/*",), kinds=("delete_local",))
    world.policies = replace(world.policies, protect=protect)


def named_pins_of_others(world: SmallWorld) -> None:
    """Pins of others were removed here; those of one board were named as ones that may be deleted."""
    another_persons_pin(world)
    world.policies = replace(world.policies, of_others=("Group",))


def everything_damaged(world: SmallWorld) -> None:
    """Not one file is what it was: nothing is fetched over them."""
    for pin in _library(world, pins=12):
        world.library.write(world.path_of(pin), b"broken")


def everything_gone(world: SmallWorld) -> None:
    """Both sides are empty at once."""
    for pin in _library(world, pins=12):
        world.library.remove(world.path_of(pin))
        del world.remote.pins_by_id[pin]


def boards_vanished(world: SmallWorld) -> None:
    """Two of three boards are not listed any more, and a pin of the third is gone."""
    boards = [world.board(name) for name in ("One", "Two", "Three")]
    pins = [world.pin(board, f"{n}") for board in boards for n in range(3)]
    world.apply()
    for board in boards[:2]:
        del world.remote.boards_by_id[board]
    del world.remote.pins_by_id[pins[-1]]


def numbers_limited(world: SmallWorld) -> None:
    """More is to be trashed than numbers and bytes allow, though not more than the share."""
    pins = _library(world, pins=30)
    for pin in pins[:4]:
        del world.remote.pins_by_id[pin]
    limits = Limits(local_delete_count=3, local_delete_bytes=50, remote_delete_count=0)
    world.policies = replace(world.policies, limits=limits)


def pins_ignored(world: SmallWorld) -> None:
    """The config leaves pins out: one that was removed here, one that was deleted there, one that moved, one that is new; another one was removed here."""
    board, other = world.board("Board"), world.board("Other")
    pins = [world.pin(board, f"{n}") for n in range(8)]
    world.apply()
    world.library.remove(world.path_of(pins[0]))
    del world.remote.pins_by_id[pins[1]]
    world.move_pin(pins[2], other)
    new = world.pin(board, "New")
    world.library.remove(world.path_of(pins[4]))
    world.policies = replace(world.policies, ignore_pins=(*pins[:3], new))


def decomposed_names(world: SmallWorld) -> None:
    """The tree came through a Mac: its names are decomposed. A pin is new, one was removed there: both concern the folders that are there."""
    board = world.board("Café ザ")
    section = world.section(board, "Brûlée")
    pins = [world.pin(board, f"Crème {n}", section_id=section if n % 2 else None) for n in range(4)]
    world.apply()
    for path in sorted(world.library.files):
        world.library.rename(path, unicodedata.normalize("NFD", path))
    world.pin(board, "Crème", section_id=section)
    del world.remote.pins_by_id[pins[0]]


def companions(world: SmallWorld) -> None:
    """Companions beside pictures: one whose pin moved, one whose pin is gone, one that cannot go because its new place is taken, and notes that are none."""
    board, other = world.board("Board"), world.board("Other")
    pins = [world.pin(board, f"Pin {n}") for n in range(6)]
    world.apply()
    for pin in pins[:4]:
        world.library.write(f"{world.path_of(pin)}.xmp", b"tags")
    world.library.write(f"{world.path_of(pins[0]).rpartition('.')[0]}.json", b"facts")
    world.library.write("Board/notes.json", b"mine")
    world.library.write(f"{world.path_of(pins[1])}.txt", b"mine")
    world.move_pin(pins[0], other)
    del world.remote.pins_by_id[pins[1]]
    world.move_pin(pins[2], other)
    world.library.write(f"Other/{world.path_of(pins[2]).rpartition('/')[2]}.xmp", b"of somebody else")


def dated_names(world: SmallWorld) -> None:
    """Names have the date of the pin and a cut title, files its time; a pin without a date has neither."""
    board = world.board("Board")
    world.pin(board, "Old: a title that is too long for a telephone", created_at="2019-02-28T23:30:00Z")
    world.apply()
    world.pin(board, "New: a title that is too long for a telephone", created_at="2025-01-31T10:00:00Z")
    world.pin(board, "No date")
    template = "{board}/{created_at:%Y}/{created_at:%Y-%m-%d} {title:.12} [{pin_id}]{slot}{ext}"
    world.policies = replace(world.policies, template=template, mtime=Mtime.CREATED)


def saved_again(world: SmallWorld) -> None:
    """A pin was saved again in another board, one twice, and one whose file was changed here."""
    pins = _library(world)
    other = world.board("Elsewhere")
    new = [world.save_again(pin, other) for pin in pins[:3]]
    world.library.write(world.path_of(pins[1]), image_bytes("edited"))
    world.remote.pins_by_id[PinId("9100")] = replace(world.remote.pins_by_id[new[2]], id=PinId("9100"))


def variants(world: SmallWorld) -> None:
    """The same picture twice, and a variant of it that differs in one place: only the copy goes."""
    board = world.board("Dresses")
    for title, shown in (("Red", "dress~800x1200"), ("Green", "dress~700x1050~spot"), ("Red again", "dress~400x600")):
        world.pin(board, title, shown=shown)
    for n in range(3):
        world.pin(board, f"Other {n}")
    world.apply()
    world.policies = replace(world.policies, duplicates=Duplicates(remove=Remove.BOTH))


def protection_misspelt(world: SmallWorld) -> None:
    """A board is protected under a name that no board has, while something would be deleted; another rule names nothing either."""
    pins = _library(world)
    del world.remote.pins_by_id[pins[0]]
    world.policies = replace(world.policies, protect=Protect(boards=("Animal",)), exclude=("Recepies",))


def _new_pictures(world: SmallWorld) -> None:
    _library(world)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    for path in ("Animals 動物/tiger.jpg", "Animals 動物/Cats/lynx~png.png"):
        world.library.write(path, image_bytes(path.rpartition("/")[2]))
    world.library.write("Animals 動物/tiger.jpg.xmp", b"stars")


def new_pictures(world: SmallWorld) -> None:
    """Pictures were put into the folders of a board and a section, and a pin is new on Pinterest."""
    _new_pictures(world)
    world.pin(next(iter(world.remote.boards_by_id)), "New there")


def new_folders(world: SmallWorld) -> None:
    """Folders without a board or section: new pictures are in them, a tracked file was moved into one, and some lie too deep."""
    pins = _library(world)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    for path in (
        "Birds/owl.jpg",
        "Birds/Night/bat.jpg",
        "Animals 動物/Dogs/puppy.jpg",
        "Birds/Night/Late/moth.jpg",
        ".hidden/x.jpg",
    ):
        world.library.write(path, image_bytes(path.rpartition("/")[2]))
    path = world.path_of(pins[0])
    world.library.rename(path, f"Best of all/{path.rpartition('/')[2]}")


def new_folders_made_public(world: SmallWorld) -> None:
    """A tracked file of a secret board was moved into a folder without one, and new boards are to be public."""
    pins = _library(world)
    for board in list(world.remote.boards_by_id.values()):
        world.remote.boards_by_id[board.id] = replace(board, privacy=Privacy.SECRET)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True, new_boards=NewBoards.PUBLIC))
    path = world.path_of(pins[0])
    world.library.rename(path, f"Best of all/{path.rpartition('/')[2]}")


def board_unconfirmed(world: SmallWorld) -> None:
    """The answer to the create of a board was lost, and no listing shows it."""
    _new_pictures(world)
    world.library.write("Birds/owl.jpg", image_bytes("owl"))
    for path in ("Animals 動物/tiger.jpg", "Animals 動物/tiger.jpg.xmp", "Animals 動物/Cats/lynx~png.png"):
        world.library.remove(path)
    world.mode(Mode.PUBLISH)
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    world.apply()


def new_pictures_without_consent(world: SmallWorld) -> None:
    """Pictures were put into folders, but nobody has said that they may be published."""
    _new_pictures(world)
    world.policies = replace(world.policies, uploads=Uploads())


def pictures_that_stay(world: SmallWorld) -> None:
    """Pictures that are not uploaded, each for another reason."""
    _new_pictures(world)
    old = next(iter(world.remote.pins_by_id))
    same = world.library.files[world.path_of(old)]
    world.board("Somebody's", owner="somebody")
    for path, data in (
        ("Animals 動物/moving.gif", image_bytes("m~moving")),
        ("Animals 動物/narrow.jpg", image_bytes("n~90x400")),
        ("Animals 動物/empty.jpg", b""),
        ("Animals 動物/cut.jpg", b"broken"),
        ("Animals 動物/copy.jpg", same),
        ("Animals 動物/tiger again.jpg", image_bytes("tiger.jpg")),
        ("Animals 動物/old [4711].jpg", image_bytes("o")),
        ("Animals 動物/Cats/deep/deeper.jpg", image_bytes("d")),
        ("Somebody's/mine.jpg", image_bytes("s")),
        ("No  board/mine.jpg", image_bytes("b")),
        ("mine.jpg", image_bytes("r")),
    ):
        world.library.write(path, data)


def new_videos(world: SmallWorld) -> None:
    """Videos were put into the folders of a board: one with a cover and a companion; others without one, with two, or with one that cannot be sent."""
    _library(world)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True))
    for path, data in (
        ("tiger.mp4", video_bytes("tiger")),
        ("tiger.png", image_bytes("tiger~png.png")),
        ("tiger.xmp", b"stars"),
        ("bare.mov", video_bytes("bare")),
        ("two.mp4", video_bytes("two")),
        ("two.jpg", image_bytes("two.jpg")),
        ("two.png", image_bytes("two~png.png")),
        ("narrow.mp4", video_bytes("narrow")),
        ("narrow.jpg", image_bytes("n~90x400")),
        ("text.m4v", b"text"),
        ("text.jpg", image_bytes("text.jpg")),
        ("Cats/lynx.mp4", video_bytes("lynx")),
        ("Cats/lynx.jpg", image_bytes("lynx.jpg")),
    ):
        world.library.write(f"Animals 動物/{path}", data)


def new_carousels(world: SmallWorld) -> None:
    """Folders with a file called .pin: one becomes a pin, the pictures of the other have different sizes."""
    _new_pictures(world)
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        world.library.write(f"Animals 動物/Safari/{name}", image_bytes(f"safari-{name}"))
    world.library.write("Animals 動物/Safari/2.jpg.xmp", b"stars")
    for name in ("1~300x400.jpg", "2.jpg"):
        world.library.write(f"Animals 動物/Cats/Lions/{name}", image_bytes(name))
    for folder in ("Safari", "Cats/Lions"):
        world.library.write(f"Animals 動物/{folder}/.pin", b"")


def new_series(world: SmallWorld) -> None:
    """Series of names become carousels by the config: one does; of others a number is missing, or the sizes are different."""
    _new_pictures(world)
    world.policies = replace(world.policies, uploads=Uploads(own_content=True, carousels=Carousels.NAMES))
    for name in ("safari-2.jpg", "safari-1.jpg", "safari-3.png", "trip-1.jpg", "trip-3.jpg", "apollo-11.jpg"):
        world.library.write(f"Animals 動物/{name}", image_bytes(name))
    for name in ("lions-1~300x400.jpg", "lions-2.jpg"):
        world.library.write(f"Animals 動物/Cats/{name.replace('~300x400', '')}", image_bytes(name))


def too_many_new_pictures(world: SmallWorld) -> None:
    """A folder of 60 photographs was copied into a board's; 50 may be uploaded in a day, and 5 by one plan."""
    _new_pictures(world)
    world.policies = replace(world.policies, limits=Limits(uploads=5))
    for number in range(60):
        world.library.write(f"Animals 動物/{number:02}.jpg", image_bytes(f"{number}"))


def create_unconfirmed(world: SmallWorld) -> None:
    """The answer to an undo's create was lost, and no listing shows the pin."""
    _lose_an_answer(world)


def create_confirmed(world: SmallWorld) -> None:
    """The answer to an undo's create was lost; the pin is listed by now."""
    _lose_an_answer(world)
    world.remote.hidden.clear()


def _lose_an_answer(world: SmallWorld) -> None:
    pins = _library(world)
    world.library.remove(_one(world, pins))
    world.mode(Mode.TWO_WAY)
    world.apply()
    undo = world.undo()
    world.remote.answers, world.remote.hides_created = Answers.LOST_AFTER, True
    world.apply(undo)


Story = Callable[[SmallWorld], None]


def smaller_size_kept(world: SmallWorld) -> None:
    """The best size was refused once: a smaller one is here."""
    pin = world.pin(world.board("Board"))
    best, _ = world.offer(pin, "1200x900", "736x552")
    world.images.answers[best] = ImageRefused(best, "HTTP 403", status=403)
    world.apply()


def placeholder_of_old(world: SmallWorld) -> None:
    """A file is far smaller than declared, another one a little."""
    board = world.board("Board")
    far, little = world.pin(board, "Far"), world.pin(board, "A little")
    world.apply()
    world.offer(far, "1200x900")
    world.offer(little, "110x200")


def refused_in_two_runs(world: SmallWorld) -> None:
    """The host has no image in any size, as it said in two runs."""
    pin = world.pin(world.board("Board"))
    world.images.answers = {
        url: ImageRefused(url, "HTTP 404", status=404) for url in world.offer(pin, "1200x900", "736x552")
    }
    world.apply()
    world.apply()


ARCHIVE, ALL = (Mode.ARCHIVE,), tuple(Mode)
STORIES: dict[Story, tuple[Mode, ...]] = {
    first_plan: ARCHIVE,
    nothing_changed: (Mode.TWO_WAY,),
    awkward_names: ARCHIVE,
    removed_locally: ALL,
    removed_on_pinterest: ALL,
    gone_on_both_sides: ARCHIVE,
    damaged: ARCHIVE,
    smaller_size_kept: (Mode.ARCHIVE, Mode.MIRROR),
    placeholder_of_old: (Mode.MIRROR,),
    refused_in_two_runs: ARCHIVE,
    converted_in_place: (Mode.ARCHIVE, Mode.TWO_WAY),
    modified: (Mode.TWO_WAY,),
    modified_and_gone: (Mode.MIRROR,),
    moved_here: (Mode.TWO_WAY,),
    renamed_here: (Mode.TWO_WAY,),
    moved_to_another_boards_folder: ALL,
    board_renamed_here: ALL,
    section_renamed_here: (Mode.MIRROR, Mode.TWO_WAY),
    moved_alike_on_both_sides: (Mode.TWO_WAY,),
    moved_apart_on_both_sides: (Mode.TWO_WAY,),
    moved_out_of_a_secret_board: (Mode.TWO_WAY,),
    converted_here: (Mode.TWO_WAY, Mode.MIRROR),
    saved_by_a_photo_program: (Mode.TWO_WAY,),
    swapped_here: (Mode.TWO_WAY,),
    moved_on_both_sides: (Mode.MIRROR,),
    touched: (Mode.MIRROR,),
    moved_to_section: ARCHIVE,
    moved_to_board: ARCHIVE,
    board_renamed: ARCHIVE,
    board_gone: (Mode.MIRROR,),
    listing_broken: (Mode.MIRROR,),
    section_not_listed: (Mode.TWO_WAY,),
    item_unreadable: (Mode.TWO_WAY,),
    section_item_unreadable: (Mode.TWO_WAY,),
    board_unreadable: (Mode.TWO_WAY,),
    listing_short: ARCHIVE,
    folder_moved_into_another_board: (Mode.TWO_WAY,),
    missing_but_there: (Mode.MIRROR,),
    scan_error: (Mode.TWO_WAY,),
    carousel_partly_removed: ALL,
    carousel_removed: (Mode.TWO_WAY,),
    carousel_grew: ARCHIVE,
    carousel_shrank: (Mode.MIRROR,),
    state_lost: (Mode.TWO_WAY,),
    two_copies: (Mode.TWO_WAY,),
    place_taken: ARCHIVE,
    another_persons_pin: (Mode.TWO_WAY,),
    no_image_offered: ARCHIVE,
    board_left_out: (Mode.TWO_WAY,),
    moved_out_of_scope: (Mode.TWO_WAY,),
    override_for_a_board: ARCHIVE,
    everything_removed_here: (Mode.TWO_WAY,),
    board_emptied_there: (Mode.MIRROR,),
    protected: (Mode.TWO_WAY,),
    named_pins_of_others: (Mode.TWO_WAY,),
    everything_damaged: ARCHIVE,
    everything_gone: (Mode.TWO_WAY,),
    boards_vanished: (Mode.MIRROR,),
    numbers_limited: (Mode.MIRROR,),
    pins_ignored: (Mode.TWO_WAY,),
    decomposed_names: (Mode.MIRROR,),
    companions: (Mode.MIRROR,),
    dated_names: ARCHIVE,
    variants: (Mode.TWO_WAY,),
    saved_again: ALL,
    protection_misspelt: (Mode.MIRROR,),
    create_unconfirmed: ARCHIVE,
    create_confirmed: ARCHIVE,
    new_pictures: ALL,
    new_pictures_without_consent: (Mode.PUBLISH,),
    pictures_that_stay: (Mode.PUBLISH,),
    new_carousels: (Mode.PUBLISH,),
    new_videos: (Mode.MIRROR, Mode.PUBLISH),
    new_series: (Mode.PUBLISH,),
    too_many_new_pictures: (Mode.PUBLISH,),
    new_folders: tuple(Mode),
    new_folders_made_public: (Mode.TWO_WAY,),
    board_unconfirmed: (Mode.PUBLISH,),
}


def write_inputs(root: Path = ROOT) -> None:
    """Write the inputs of every scenario."""
    for story, modes in STORIES.items():
        for mode in modes:
            folder = root / f"{story.__name__}.{mode}"
            world = SmallWorld()
            story(world)
            world.mode(mode)
            save_snapshots(folder, take_snapshots(world.adapters(), PlanRequest(policies=world.policies)))
            (folder / "story.txt").write_text(f"{story.__doc__}\n", "utf-8")
            world.close()


if __name__ == "__main__":
    write_inputs()
