"""The person's hands: what happens to files."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

from tests.adversary import pictures
from tests.adversary.actors.table import table
from tests.small_videos import video

if TYPE_CHECKING:
    from tests.adversary.stage import Stage
    from tests.adversary.story import Picks


def _some(stage: Stage, picks: Picks) -> Path | None:
    """One of the files that show a pin's picture."""
    files = stage.images()
    return stage.library / picks.of(files) if files else None


def _name(stage: Stage, path: Path) -> str:
    return path.relative_to(stage.library).as_posix()


def _learn(stage: Stage, data: bytes, old: Path, how: str) -> None:
    was = stage.oracle.what(stage.oracle.look().files[_name(stage, old)].sha256, old)
    stage.oracle.learn(data, was.picture, how, was.detail)


def _free(stage: Stage, path: Path) -> bool:
    return not os.path.lexists(path) and not path.is_relative_to(stage.library / ".pinplan")


def remove(stage: Stage, picks: Picks) -> str | None:
    path = _some(stage, picks)
    if path is None:
        return None
    path.unlink()
    return f"removes {_name(stage, path)}"


def remove_the_largest(stage: Stage, picks: Picks) -> str | None:
    """The one of which Pinterest has smaller sizes as well."""
    files = [stage.library / path for path in stage.images()]
    if not files:
        return None
    path = max(files, key=lambda file: (file.stat().st_size, file.name))
    path.unlink()
    return f"removes {_name(stage, path)}, the largest"


def spoil(stage: Stage, picks: Picks, *, how: str) -> str | None:
    """Empty, cut, or nothing but zeros: the same name, but no picture any more."""
    path = _some(stage, picks)
    if path is None:
        return None
    data = path.read_bytes()
    data = {"empty": b"", "cut": data[: len(data) // 2], "zeros": bytes(len(data))}[how]
    _learn(stage, data, path, "broken")
    stage.write(path, data)
    return f"{_name(stage, path)} becomes {how}"


def edit(stage: Stage, picks: Picks) -> str | None:
    """Another picture under the same name."""
    path = _some(stage, picks)
    if path is None:
        return None
    number = 50_000 + picks.number(1000)
    data = pictures.original(number, form="PNG" if path.suffix == ".png" else "JPEG")
    stage.oracle.learn(data, f"edit{number}", "edited", 96 * 72)
    stage.write(path, data)
    return f"draws over {_name(stage, path)}"


def save_again(stage: Stage, picks: Picks) -> str | None:
    """Opened and saved at another quality."""
    path = _some(stage, picks)
    if path is None or path.suffix != ".jpg":
        return None
    data = pictures.converted(path.read_bytes(), "JPEG", 75)
    _learn(stage, data, path, "saved")
    stage.write(path, data)
    return f"saves {_name(stage, path)} at quality 75"


def turn(stage: Stage, picks: Picks) -> str | None:
    """Turned or mirrored in a viewer, and renamed."""
    path = _some(stage, picks)
    if path is None or path.suffix != ".jpg":
        return None
    target = path.with_name(f"turned {picks.number(100)}.jpg")
    if not _free(stage, target):
        return None
    data = pictures.turned(path.read_bytes(), picks.number(7))
    _learn(stage, data, path, "saved")
    stage.write(target, data)
    path.unlink()
    return f"turns {_name(stage, path)} and renames it to {target.name}"


def convert(stage: Stage, picks: Picks, *, form: str, name: str = "{stem}") -> str | None:
    """In place, under the same stem or another name."""
    path = _some(stage, picks)
    if path is None:
        return None
    suffix = pictures.OPAQUE[form][1] if form in pictures.OPAQUE else pictures.EXTENSIONS[form]
    target = path.with_name(name.format(stem=path.stem, number=picks.number(100)) + suffix)
    if target == path or not _free(stage, target):
        return None
    data = pictures.converted(path.read_bytes(), form)
    _learn(stage, data, path, "opaque" if form in {"AVIF", *pictures.OPAQUE} else "saved")
    stage.write(target, data)
    path.unlink()
    return f"converts {_name(stage, path)} to {target.name}"


def put_valid(stage: Stage, picks: Picks, *, how: str) -> str | None:
    """A picture of their own in the place of one, in a form that is easily taken for a damaged file."""
    path = _some(stage, picks)
    if path is None:
        return None
    number = 60_000 + picks.number(1000)
    data = pictures.odd(number, how)
    stage.oracle.learn(data, f"valid{number}", "valid", 96 * 72)
    stage.write(path, data)
    return f"puts {how} in the place of {_name(stage, path)}"


def remove_several(stage: Stage, picks: Picks) -> str | None:
    files = stage.images()
    for path in files[: 2 + picks.number(3)]:
        (stage.library / path).unlink()
    return f"removes {files[:4]}" if files else None


def tag(stage: Stage, picks: Picks) -> str | None:
    """A photo program writes into the file; the pixels stay."""
    path = _some(stage, picks)
    if path is None:
        return None
    data = pictures.tagged(path.read_bytes())
    _learn(stage, data, path, "tagged")
    stage.write(path, data)
    return f"rates {_name(stage, path)}"


def rename(stage: Stage, picks: Picks, *, how: str) -> str | None:
    """Another name, in the same folder, in another one of the library, or outside."""
    path = _some(stage, picks)
    if path is None:
        return None
    folders = sorted({p.parent for p in stage.library.rglob("*") if p.is_file() and ".pinplan" not in p.parts})
    targets = {
        "plain": path.with_name(f"holiday {picks.number(100)}{path.suffix}"),
        "keeping the id": path.with_name(f"best of {path.name}"),
        "into a folder of their own": stage.library / "best" / path.name,
        "into another folder": picks.of(folders) / path.name,
        "out of the library": stage.elsewhere / path.name,
        "with a wrong extension": path.with_suffix(".png" if path.suffix == ".jpg" else ".jpg"),
        "in capitals": path.with_name(path.name.upper()),
        "decomposed": path.with_name(unicodedata.normalize("NFD", f"é {path.name}")),
    }
    target = targets[how]
    if not _free(stage, target):
        return None
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
    return f"renames {_name(stage, path)} to {target.relative_to(stage.home).as_posix()}"


def tag_and_rename(stage: Stage, picks: Picks) -> str | None:
    path = _some(stage, picks)
    if path is None:
        return None
    target = path.with_name(f"rated {picks.number(100)}{path.suffix}")
    if not _free(stage, target):
        return None
    data = pictures.tagged(path.read_bytes())
    _learn(stage, data, path, "tagged")
    stage.write(target, data)
    path.unlink()
    return f"rates {_name(stage, path)} and renames it to {target.name}"


def move_over(stage: Stage, picks: Picks) -> str | None:
    """Over another tracked file, whose own bytes are gone then."""
    files = stage.images()
    if len(files) < 2:
        return None
    source = picks.of(files)
    target = picks.of([path for path in files if path != source])
    (stage.library / source).replace(stage.library / target)
    return f"moves {source} over {target}"


def swap(stage: Stage, picks: Picks) -> str | None:
    files = stage.images()
    if len(files) < 2:
        return None
    one = picks.of(files)
    other = picks.of([path for path in files if path != one])
    first, second, between = stage.library / one, stage.library / other, stage.library / ".swap"
    first.rename(between)
    second.rename(first)
    between.rename(second)
    return f"swaps {one} and {other}"


def copy(stage: Stage, picks: Picks, *, how: str) -> str | None:
    path = _some(stage, picks)
    if path is None:
        return None
    target = (
        path.with_name(f"copy of {path.name}")
        if how == "beside it"
        else stage.library / "copies" / f"{picks.number(50)}{path.suffix}"
    )
    if not _free(stage, target):
        return None
    target.parent.mkdir(exist_ok=True)
    if how == "as a hard link":
        target.hardlink_to(path)
    else:
        stage.write(target, path.read_bytes())
    return f"copies {_name(stage, path)} to {_name(stage, target)} {how}"


def touch(stage: Stage, picks: Picks) -> str | None:
    path = _some(stage, picks)
    if path is None:
        return None
    moment = stage.clock.nanoseconds()
    os.utime(path, ns=(moment, moment))
    return f"touches {_name(stage, path)}"


def rename_folder(stage: Stage, picks: Picks, *, how: str) -> str | None:
    folders = sorted(p for p in stage.library.iterdir() if p.is_dir() and p.name != ".pinplan")
    if not folders:
        return None
    folder = picks.of(folders)
    target = folder.with_name(folder.name.swapcase() if how == "in case only" else f"{folder.name} old")
    if not _free(stage, target):
        return None
    folder.rename(target)
    return f"renames the folder {folder.name} to {target.name}"


def put_picture(stage: Stage, picks: Picks) -> str | None:
    """A picture of their own, among pinplan's."""
    number = 70_000 + picks.number(40)
    folders = [p for p in sorted(stage.library.iterdir()) if p.is_dir() and p.name != ".pinplan"]
    target = picks.of([*folders, stage.library]) / f"mine {number}.jpg"
    if not _free(stage, target):
        return None
    data = pictures.original(number)
    stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
    stage.write(target, data)
    return f"puts a picture of their own at {_name(stage, target)}"


def put_in_board(stage: Stage, picks: Picks) -> str | None:
    """A picture of their own, in the folder of a board or section, with a companion or without."""
    boards = [board for board in stage.boards() if board.name in {"Animals 動物", "Recipes", "recipes old"}]
    if not boards:
        return None
    number = 70_000 + picks.number(40)
    board = picks.of(boards)
    folder = stage.library / board.name
    sections = sorted(section.name for section in board.sections.values())
    if sections and picks.number(3) == 0:
        folder /= sections[0]
    target = folder / f"mine {number}.jpg"
    if not _free(stage, target) or any(place.is_symlink() or place.is_file() for place in (folder, folder.parent)):
        return None
    data = pictures.original(number)
    stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
    stage.write(target, data)
    if picks.number(4) == 0:
        note = f"notes on {target.name}\n".encode()
        stage.oracle.learn(note, "note", "text", 0)
        stage.write(target.with_name(f"{target.name}.xmp"), note)
    return f"puts a picture of their own at {_name(stage, target)}"


def put_in_new_folder(stage: Stage, picks: Picks) -> str | None:
    """A picture of their own, in a folder that no board or section has."""
    number = 70_000 + picks.number(40)
    boards = sorted(board.name for board in stage.boards() if board.name in {"Animals 動物", "Recipes"})
    folder = picks.of(["Mine", "Mine/Late", "Mine too", *(f"{name}/New part" for name in boards)])
    target = stage.library / folder / f"mine {number}.jpg"
    above = [target.parent, target.parent.parent]
    if not _free(stage, target) or any(place.is_symlink() or place.is_file() for place in above):
        return None
    data = pictures.original(number)
    stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
    stage.write(target, data)
    return f"puts a picture of their own at {_name(stage, target)}"


def put_carousel(stage: Stage, picks: Picks) -> str | None:
    """A folder of pictures of their own that are to become one pin; the same pictures are always put together."""
    boards = [board for board in stage.boards() if board.name in {"Animals 動物", "Recipes", "recipes old"}]
    if not boards:
        return None
    first = 73_000 + 10 * picks.number(6)
    folder = stage.library / picks.of(boards).name / f"trip {first}"
    if folder.exists() or any(place.is_symlink() or place.is_file() for place in folder.parents):
        return None
    for number in range(first, first + 2 + first // 10 % 2):
        data = pictures.original(number)
        stage.oracle.learn(data, f"own{number}", "own", 96 * 72)
        stage.write(folder / f"mine {number}.jpg", data)
    mark = b"one pin\n"
    stage.oracle.learn(mark, "note", "text", 0)
    stage.write(folder / ".pin", mark)
    return f"puts pictures for one pin into {_name(stage, folder)}"


def put_video(stage: Stage, picks: Picks) -> str | None:
    """A video of their own and its cover; now and then one of the two is there later, or never."""
    boards = [board for board in stage.boards() if board.name in {"Animals 動物", "Recipes", "recipes old"}]
    if not boards:
        return None
    number = 75_000 + picks.number(20)
    target = stage.library / picks.of(boards).name / f"film {number}.mp4"
    cover = target.with_suffix(".jpg")
    if any(place.is_symlink() or place.is_file() for place in (target.parent, target.parent.parent)):
        return None
    wanted = picks.of([(target, cover), (target, cover), (target, cover), (target,), (cover,)])
    put = [path for path in wanted if _free(stage, path)]
    for path in put:
        data = video(seed=b"%d" % number) if path == target else pictures.original(number)
        how, shown = ("film", f"film{number}") if path == target else ("own", f"own{number}")
        stage.oracle.learn(data, shown, how, 96 * 72)
        stage.write(path, data)
    return f"puts {' and '.join(_name(stage, path) for path in put)}" if put else None


def put_series(stage: Stage, picks: Picks) -> str | None:
    """Pictures of their own whose names differ in a number; now and then one is missing, or is there later."""
    boards = [board for board in stage.boards() if board.name in {"Animals 動物", "Recipes", "recipes old"}]
    if not boards:
        return None
    first = 74_000 + 10 * picks.number(4)
    folder = stage.library / picks.of(boards).name
    slots = picks.of([(1, 2), (1, 2, 3), (1, 2), (1, 3), (2,), (0, 1), (1, 2, 3, 4, 5, 6)])
    free = [slot for slot in slots if _free(stage, folder / f"tour {first}-{slot}.jpg")]
    if not free or any(place.is_symlink() or place.is_file() for place in (folder, *folder.parents)):
        return None
    for slot in free:
        data = pictures.original(first + slot)
        stage.oracle.learn(data, f"own{first + slot}", "own", 96 * 72)
        stage.write(folder / f"tour {first}-{slot}.jpg", data)
    return f"puts pictures {free} of a tour into {_name(stage, folder)}"


def put_text(stage: Stage, picks: Picks, *, name: str) -> str | None:
    """A text or a companion beside a picture."""
    path = _some(stage, picks)
    if path is None:
        return None
    target = path.with_name(name.format(name=path.name, stem=path.stem))
    if not _free(stage, target):
        return None
    data = f"a note about {path.name}\n".encode()
    stage.oracle.learn(data, "note", "text", 0)
    stage.write(target, data)
    return f"puts {_name(stage, target)}"


def quietly_other_bytes(stage: Stage, picks: Picks) -> str | None:
    """Other bytes with the same size and time."""
    path = _some(stage, picks)
    if path is None:
        return None
    data = bytearray(path.read_bytes())
    if not data:
        return None
    shown = stage.oracle.recognise(bytes(data)).picture
    data[len(data) // 2] ^= 0x55
    spoilt = bytes(data)
    stage.notes.setdefault("quiet", {})[hashlib.sha256(spoilt).hexdigest()] = shown
    if pictures.readable(spoilt):
        stage.oracle.learn(
            spoilt, f"quiet{stage.oracle.look().files[_name(stage, path)].sha256[:8]}", "edited", 96 * 72
        )
    else:
        _learn(stage, spoilt, path, "broken")
    stage.write(path, spoilt, like=path)
    return f"{_name(stage, path)} has other bytes, the same size and time"


def tag_xmp(stage: Stage, picks: Picks) -> str | None:
    """A photo program writes an XMP packet into the file; the pixels stay."""
    path = _some(stage, picks)
    if path is None or path.read_bytes()[:2] != b"\xff\xd8":
        return None
    data = pictures.with_xmp(path.read_bytes())
    _learn(stage, data, path, "tagged")
    stage.write(path, data)
    return f"writes XMP into {_name(stage, path)}"


def protect_from_writing(stage: Stage, picks: Picks) -> str | None:
    path = _some(stage, picks)
    if path is None:
        return None
    path.chmod(0o444)
    return f"makes {_name(stage, path)} read-only"


def move_with_companion(stage: Stage, picks: Picks) -> str | None:
    """A picture and the notes of a photo program about it, into another folder."""
    path = _some(stage, picks)
    if path is None:
        return None
    folders = sorted({p.parent for p in stage.library.rglob("*") if p.is_file() and ".pinplan" not in p.parts})
    target = picks.of([*folders, stage.library / "best"]) / path.name
    notes, beside = path.with_name(f"{path.name}.xmp"), target.with_name(f"{path.name}.xmp")
    if not _free(stage, target) or not _free(stage, beside):
        return None
    if _free(stage, notes):
        data = f"notes on {path.name}\n".encode()
        stage.oracle.learn(data, "note", "text", 0)
        stage.write(notes, data)
    target.parent.mkdir(exist_ok=True)
    path.rename(target)
    notes.rename(beside)
    return f"moves {_name(stage, path)} to {_name(stage, target)} with its companion"


def sort(stage: Stage, picks: Picks) -> str | None:
    """All files of a pin, into the folder of another board or section."""
    path = _some(stage, picks)
    pins = re.findall(r"\d{12,}", path.name) if path is not None else []
    if path is None or not pins:
        return None
    folders = sorted({(stage.library / image).parent for image in stage.images()} - {path.parent})
    files = [one for one in sorted(path.parent.iterdir()) if pins[0] in one.name]
    if not folders or not files:
        return None
    target = picks.of(folders)
    if not all(_free(stage, target / one.name) for one in files):
        return None
    for one in files:
        one.rename(target / one.name)
    return f"sorts {_name(stage, path)} into {target.name}"


VERBS = table(
    "hands",
    ("remove", 14, remove),
    ("remove_the_largest", 3, remove_the_largest),
    ("empty", 2, spoil, {"how": "empty"}),
    ("cut", 4, spoil, {"how": "cut"}),
    ("zeros", 2, spoil, {"how": "zeros"}),
    ("edit", 4, edit),
    ("save_again", 3, save_again),
    ("convert_png", 2, convert, {"form": "PNG"}),
    ("convert_webp", 2, convert, {"form": "WEBP"}),
    ("convert_bmp", 1, convert, {"form": "BMP"}),
    ("convert_tiff", 1, convert, {"form": "TIFF"}),
    ("convert_avif", 2, convert, {"form": "AVIF"}),
    ("convert_heic", 2, convert, {"form": "HEIC"}),
    ("convert_heic_and_rename", 3, convert, {"form": "HEIC", "name": "IMG {number}"}),
    ("convert_jxl", 1, convert, {"form": "JXL"}),
    ("tag", 3, tag),
    ("tag_and_rename", 3, tag_and_rename),
    ("turn_and_rename", 3, turn),
    ("rename", 3, rename, {"how": "plain"}),
    ("rename_keeping_id", 2, rename, {"how": "keeping the id"}),
    ("move_to_best", 3, rename, {"how": "into a folder of their own"}),
    ("move_to_other_folder", 3, rename, {"how": "into another folder"}),
    ("move_out", 3, rename, {"how": "out of the library"}),
    ("wrong_extension", 1, rename, {"how": "with a wrong extension"}),
    ("capitals", 1, rename, {"how": "in capitals"}),
    ("decompose", 1, rename, {"how": "decomposed"}),
    ("move_over", 3, move_over),
    ("swap", 2, swap),
    ("copy_beside", 2, copy, {"how": "beside it"}),
    ("copy_away", 2, copy, {"how": "elsewhere in the library"}),
    ("hard_link", 1, copy, {"how": "as a hard link"}),
    ("touch", 2, touch),
    ("rename_folder", 2, rename_folder, {"how": "to another name"}),
    ("swap_case_of_folder", 1, rename_folder, {"how": "in case only"}),
    ("put_picture", 3, put_picture),
    ("put_in_board", 24, put_in_board),
    ("put_in_new_folder", 12, put_in_new_folder),
    ("put_carousel", 10, put_carousel),
    ("put_series", 10, put_series),
    ("put_video", 10, put_video),
    ("put_companion", 1, put_text, {"name": "{name}.xmp"}),
    ("put_json", 1, put_text, {"name": "{stem}.json"}),
    ("put_text", 1, put_text, {"name": "note about {stem}.txt"}),
    ("quiet_change", 2, quietly_other_bytes),
    ("put_avif", 1, put_valid, {"how": "an AVIF"}),
    ("put_gif", 1, put_valid, {"how": "a GIF with bytes behind its end"}),
    ("put_profile", 1, put_valid, {"how": "a PNG with a large profile"}),
    ("remove_several", 4, remove_several),
    ("tag_xmp", 2, tag_xmp),
    ("read_only_file", 1, protect_from_writing),
    ("move_with_companion", 2, move_with_companion),
    ("sort", 6, sort),
)
