"""Looking for files that show the same picture: on any executor, once, and never by what a file was before."""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from PIL import Image, ImageDraw, ImageOps

from pinplan.duplicates.cache import CHANGED, Source
from pinplan.duplicates.copies import Copy
from pinplan.duplicates.find import DuplicateScan, DuplicateScanRequest, ScannedFiles, find_duplicate_pairs
from pinplan.duplicates.fingerprinter import ImageFingerprinter
from pinplan.duplicates.groups import groups_of
from pinplan.duplicates.keeper import KeeperCandidate
from pinplan.duplicates.limits import MIN_DETAIL, MIN_PDQ_QUALITY
from pinplan.errors import DiskRefused, ImageRefused
from pinplan.events import Event, Stage, Step, silent
from pinplan.model.ids import LibraryId, Lineage, RelPath, Sha256
from pinplan.model.similarity import ALGORITHM_VERSION, COMPARISON_VERSION, Fingerprint, Similarity, Tier
from pinplan.records.fingerprints import FingerprintStore
from pinplan.records.state import create_state, open_state
from tests.fakes import FakeFaces, digest_of, image_bytes


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[FingerprintStore]:
    path = tmp_path / "state.db"
    create_state(path, LibraryId("l"), Lineage("l"))
    with open_state(path, LibraryId("l"), Lineage("l")) as state:
        yield state.fingerprints


class Files:
    """Files in memory, looked at with fakes or with real decoders."""

    def __init__(self, pictures: FingerprintStore, **shown: str) -> None:
        self.pictures, self.fingerprinter = pictures, FakeFaces()
        self.data = {name: image_bytes(what) for name, what in shown.items()}
        self.recorded = {name: digest_of(data) for name, data in self.data.items()}
        self.broken: dict[str, Exception] = {}
        self.read_files: list[str] = []

    def read(self, path: RelPath) -> bytes:
        self.read_files.append(path)
        if path in self.broken:
            raise self.broken[path]
        return self.data[path]

    def look(
        self, *, faces: Any = None, executor: Executor | None = None, emit: Any = silent, **wanted: Any
    ) -> DuplicateScan:
        files = [ScannedFiles(path=RelPath(name), sha256=Sha256(sha)) for name, sha in self.recorded.items()]
        source = Source(fingerprinter=faces or self.fingerprinter, read=self.read, executor=executor)
        return find_duplicate_pairs(DuplicateScanRequest(files=files, source=source, **wanted), self.pictures, emit)


def told(look: DuplicateScan) -> list[tuple[str, str, str]]:
    return [(pair.one, pair.other, pair.alike.tier) for pair in look.pairs]


def test_an_earlier_look_is_found_however_much_of_its_key_is_encoded_at_once(pictures, monkeypatch):
    files = Files(pictures, a="cat", b="cat", c="dog", d="bird", e="fish")
    found = files.look()
    files.read_files.clear()
    remembered = pictures.cached_scan
    keys: list[str] = []
    monkeypatch.setattr(pictures, "cached_scan", lambda key: (keys.append(key), remembered(key))[1])  # type: ignore[func-returns-value]
    for lines in (1, 2, 5, 1_000):
        monkeypatch.setattr("pinplan.duplicates.find._LINES", lines)
        assert files.look() == found
    assert len(keys) == 4
    assert len(set(keys)) == 1


def test_pairs_come_sorted_and_once(pictures):
    files = Files(pictures, b="cat~400x600", a="cat~800x1200", c="dog", d="cat~400x600")
    found = files.look()
    assert told(found) == [("a", "b", "confirmed"), ("a", "d", "confirmed"), ("b", "d", "exact")]
    assert found.faceless == ()
    files.read_files.clear()
    assert files.look() == found
    assert files.read_files == []


def test_the_same_pixels_in_other_files_are_exact_also_where_there_is_little_to_see(pictures):
    files = Files(pictures, a="cat", b="cat~same1", c="flat", d="flat~same1", e="flat~300x300")
    assert told(files.look()) == [("a", "b", "exact"), ("c", "d", "exact")]


def test_what_was_read_is_what_is_remembered(pictures):
    """A file that was edited behind our back must not lend its looks to the digest of what it was."""
    files = Files(pictures, a="cat~400x600", b="dog~800x1200")
    before = dict(files.data)
    files.data["b"] = image_bytes("cat~800x1200")
    found = files.look()
    assert (told(found), [(one.path, one.reason) for one in found.faceless]) == ([], [("b", CHANGED)])
    files.data = before
    assert files.look() == DuplicateScan(pairs=(), faceless=())


def test_what_is_no_image_any_more_is_not_remembered_as_none(pictures):
    files = Files(pictures, a="cat~400x600", b="cat~800x1200")
    files.data["b"] = b"cut"
    assert [one.reason for one in files.look().faceless] == [CHANGED]
    files.data["b"] = image_bytes("cat~800x1200")
    assert len(files.look().pairs) == 1


@pytest.mark.parametrize("error", [DiskRefused("b", 5, "Input/output error"), ImageRefused("b", "it is too large")])
def test_a_file_that_cannot_be_read_for_the_last_test_is_tried_again(pictures, error):
    files = Files(pictures, a="cat~400x600")
    files.look()
    files.data["b"], files.recorded["b"] = image_bytes("cat~800x1200"), digest_of(image_bytes("cat~800x1200"))
    files.broken["a"] = error
    found = files.look()
    assert [pair.alike.tier for pair in found.pairs] == []
    assert [one.path for one in found.faceless] == ["a"]
    files.broken.clear()
    assert told(files.look()) == [("a", "b", "confirmed")]


def test_what_is_no_image_is_told_once_for_every_file_and_never_a_duplicate(pictures):
    files = Files(pictures, a="cat")
    files.data |= {"x": b"cut", "y": b"cut"}
    files.recorded |= {"x": digest_of(b"cut"), "y": digest_of(b"cut")}
    for _ in range(2):
        found = files.look()
        assert found.pairs == ()
        assert [(one.path, one.reason) for one in found.faceless] == [
            ("x", "it is not an image"),
            ("y", "it is not an image"),
        ]


def test_a_large_crowd_is_compared_with_its_best_one(pictures):
    sizes = {f"x{n:03}": f"dog~{100 + n}x{100 + n}" for n in range(60)}
    spotted = {f"y{n:03}": f"dog~{300 + n}x{300 + n}~spot" for n in range(20)}
    files = Files(pictures, **sizes, **spotted)
    found = files.look()
    assert found.faceless == ()
    in_pairs = {path for pair in found.pairs for path in (pair.one, pair.other)}
    assert in_pairs == sizes.keys() | spotted.keys()
    # The best of each picture, and the few as large as it, against the others: not one comparison for each of 3,160 pairs.
    assert len(pictures.compared(COMPARISON_VERSION)) <= 6 * 80
    assert not [pair for pair in found.pairs if (pair.one in spotted) != (pair.other in spotted)]
    groups = groups_by_path(found)
    assert sorted(len(group) for group in groups) == [20, 60]


def test_the_files_of_a_crowd_in_a_folder_are_compared_once_each(pictures):
    """Without pins it is known beforehand which one is kept, of several of one size, too."""
    files = Files(pictures, **{f"x{n:03}": f"dog~{400 + n % 12}x400~q{n}" for n in range(70)})
    found = files.look(of_pins=False)
    assert [len(group) for group in groups_by_path(found)] == [70]
    assert len(pictures.compared(COMPARISON_VERSION)) == 69


@pytest.mark.parametrize("of_pins", [True, False])
def test_of_fifty_that_differ_all_are_compared(pictures, of_pins):
    class Chance(FakeFaces):
        def fingerprint(self, data: bytes, where: str) -> Fingerprint:
            return replace(super().fingerprint(data, where), dhash=7)

    files = Files(pictures, **{f"x{n:02}": f"subject {n}" for n in range(50)})
    assert files.look(faces=Chance(), of_pins=of_pins).faceless == ()
    assert len(pictures.compared(COMPARISON_VERSION)) == 50 * 49 // 2


@pytest.mark.parametrize("of_pins", [True, False])
def test_of_a_crowd_a_smaller_one_that_is_better_is_compared_with_all(pictures, of_pins):
    """Before, the others had no pair with it, and stayed."""

    class Printed(FakeFaces):
        def copy_of(self, data: bytes, where: str) -> Copy:
            return replace(super().copy_of(data, where), mode="CMYK" if b"~900x900" in data else "RGB")

    files = Files(pictures, large="dog~900x900", **{f"x{n:03}": f"dog~{100 + n}x{100 + n}" for n in range(60)})
    found = files.look(faces=Printed(), of_pins=of_pins)
    assert [len(group) for group in groups_by_path(found)] == [61]
    assert len(pictures.compared(COMPARISON_VERSION)) <= 60 + 59 + 2 * 58 * of_pins


def test_of_a_crowd_members_of_one_folder_are_compared_with_each_other(pictures):
    """A plan looks for duplicates within a board: the best one of all may be in another."""
    shown = {f"{'ABC'[n % 3]}/{n:03}": f"dog~{100 + n}x{100 + n}" for n in range(60)}
    found = Files(pictures, **shown).look()
    for board in "ABC":
        inside = [pair for pair in found.pairs if pair.one[0] == pair.other[0] == board]
        assert {path for pair in inside for path in (pair.one, pair.other)} == {p for p in shown if p[0] == board}


def test_what_a_large_crowd_leaves_over_is_said(pictures, monkeypatch):
    for limit in ("_MAX_TIMES", "_ALWAYS"):
        monkeypatch.setattr(f"pinplan.duplicates.comparisons.{limit}", 0)
    found = Files(pictures, **{f"x{n:03}": f"dog~{100 + n}x{100 + n}" for n in range(60)}).look()
    assert len(found.faceless) == 60
    assert all("not all pairs were compared" in one.reason for one in found.faceless)


@pytest.mark.parametrize("boards", [1, 7])
def test_thousands_of_the_same_bytes_are_one_group(pictures, boards):
    shown = {f"{n % boards}/{n % (3 * boards)}/{n:04}": "cat" for n in range(2000)}
    found = Files(pictures, **shown).look()
    assert found.faceless == ()
    assert len(found.pairs) <= 3 * 2000
    assert [len(group) for group in groups_by_path(found)] == [2000]
    for depth in (1, 2):
        within = [pair for pair in found.pairs if _folder(pair.one, depth) == _folder(pair.other, depth)]
        assert len(groups_by_path(found, within)) == boards * (1 if depth == 1 else 3)


def _folder(path: str, depth: int) -> list[str]:
    return path.split("/")[:depth]


def groups_by_path(found: DuplicateScan, pairs: Any = None) -> list[set[str]]:
    """The paths of each group, the keeper among them."""
    chosen = found.pairs if pairs is None else pairs
    candidates = {
        str(path): KeeperCandidate(key=str(path), width=looks.width, height=looks.height, quality=looks.quality)
        for pair in chosen
        for path, looks in ((pair.one, pair.one_looks), (pair.other, pair.other_looks))
    }
    groups = groups_of(candidates, {(str(pair.one), str(pair.other)): pair.alike for pair in chosen})
    return [{group.keeper.key, *(member.candidate.key for member in group.members)} for group in groups]


def test_comparisons_are_remembered_as_they_are_made(pictures, monkeypatch):
    monkeypatch.setattr("pinplan.duplicates.comparisons._BATCH", 1)
    files = Files(pictures, **{f"x{n:03}": f"dog~{100 + n}x{100 + n}" for n in range(5)})

    class Stopping(FakeFaces):
        count = 0

        def colours_of(self, data: bytes, where: str, size: tuple[int, int]) -> bytes:
            self.count += 1
            if self.count > 3:
                raise KeyboardInterrupt
            return super().colours_of(data, where, size)

    with pytest.raises(KeyboardInterrupt):
        files.look(faces=Stopping())
    known = len(pictures.compared(COMPARISON_VERSION))
    assert 1 <= known < 10
    files.look()
    assert len(pictures.compared(COMPARISON_VERSION)) == 10


def test_pictures_full_of_small_things_are_found_by_pdq(pictures):
    """Their difference hash is noise: 9×8 pixels average out all that is drawn."""
    pattern = Image.new("RGB", (800, 800), "#e8e0d0")
    draw = ImageDraw.Draw(pattern)
    dice = random.Random(4)
    for place in range(32 * 32):
        x, y = 25 * (place % 32) + dice.randrange(4), 25 * (place // 32) + dice.randrange(4)
        draw.ellipse((x, y, x + 9, y + 9), fill=dice.choice(("#806040", "#604880")))
    files = Files(pictures)
    for name, quality, size in (("a.jpg", 90, 800), ("b.jpg", 75, 800)):
        file = io.BytesIO()
        pattern.resize((size, size), Image.Resampling.LANCZOS).save(file, "JPEG", quality=quality)
        files.data[name] = file.getvalue()
        files.recorded[name] = digest_of(file.getvalue())
    faces = [ImageFingerprinter().fingerprint(data, "x") for data in files.data.values()]
    assert max(face.detail for face in faces) < MIN_DETAIL
    assert min(face.pdq_quality for face in faces) >= MIN_PDQ_QUALITY
    assert told(files.look(faces=ImageFingerprinter())) == [("a.jpg", "b.jpg", "confirmed")]


def test_hashes_that_agree_by_chance_are_no_pair(pictures):
    """A difference hash within reach, and all else different: not even similar."""

    class Chance(FakeFaces):
        def fingerprint(self, data: bytes, where: str) -> Fingerprint:
            found = super().fingerprint(data, where)
            return replace(found, dhash=7, width=400 + 200 * (found.pdq[0] % 2), height=400)

    files = Files(pictures, **{f"x{n}": what for n, what in enumerate(("cat", "dog", "cow", "hen", "fox", "owl"))})
    found = files.look(faces=Chance(), tiers=frozenset(Tier))
    compared = pictures.compared(COMPARISON_VERSION)
    assert len(compared) == 15
    assert len(found.pairs) < 15


def test_another_recipe_is_forgotten(pictures):
    pictures.remember_fingerprints([("old", ALGORITHM_VERSION - 1, 1, 1, 1, 60, None, b"")])
    Files(pictures, a="cat").look()
    assert pictures.stored(ALGORITHM_VERSION - 1) == []
    assert len(pictures.stored(ALGORITHM_VERSION)) == 1


@pytest.mark.promise("I21")
def test_a_verdict_of_another_version_is_not_reused(pictures):
    """What two of today's tests let pass, an older version confirmed."""
    files = Files(pictures, a="cat~400x600", b="cat~400x600~spot")
    one, other = sorted(files.recorded.values())
    old = msgspec.msgpack.encode(Similarity(tier=Tier.CONFIRMED))
    pictures.remember_compared(ALGORITHM_VERSION, [(one, other, old)])
    assert told(files.look()) == []
    assert pictures.compared(ALGORITHM_VERSION) == {}
    assert pictures.compared(COMPARISON_VERSION).keys() == {(one, other)}


@pytest.mark.parametrize("error", [DiskRefused("b", 5, "Input/output error"), ImageRefused("b", "it is too large")])
def test_a_file_that_cannot_be_read_for_the_local_test_is_tried_again(pictures, error):
    files = Files(pictures, a="cat~400x600", b="cat~800x1200")

    class Breaking(FakeFaces):
        def colours_of(self, data: bytes, where: str, size: tuple[int, int]) -> bytes:
            if files.broken:
                raise ImageRefused(where, str(error))
            return super().colours_of(data, where, size)

    files.broken["none"] = error
    faces = Breaking()
    assert [pair.alike.tier for pair in files.look(faces=faces).pairs] == []
    files.broken.clear()
    assert told(files.look(faces=faces)) == [("a", "b", "confirmed")]


def test_progress_is_told_file_by_file(pictures):
    events: list[Event] = []
    Files(pictures, a="cat", b="dog", c="cat").look(emit=events.append)
    assert events == [Stage(name="fingerprint", total=2), Step(name="fingerprint"), Step(name="fingerprint")]


def test_a_look_that_is_cut_off_goes_on_where_it_was(pictures):
    files = Files(pictures, **{f"{n:03}": f"picture {n}" for n in range(100)})
    seen: list[Event] = []

    def interrupted(event: Event) -> None:
        seen.append(event)
        if len(seen) > 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.look(emit=interrupted)
    files.fingerprinter.taken.clear()
    files.look()
    assert len(files.fingerprinter.taken) <= 41


class Cluster(Executor):
    """An executor that is none of Python's own, and counts what waits for it."""

    def __init__(self) -> None:
        self.waiting, self.most = 0, 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return Late(self, fn, args, kwargs)


class Late(Future[Any]):
    """Computed when somebody asks."""

    def __init__(self, cluster: Cluster, fn: Any, args: Any, kwargs: Any) -> None:
        super().__init__()
        self._cluster, self._call = cluster, (fn, args, kwargs)

    def result(self, timeout: float | None = None) -> Any:
        self._cluster.waiting -= 1
        fn, args, kwargs = self._call
        return fn(*args, **kwargs)


def test_any_executor_can_be_handed_in_and_little_is_read_ahead_of_it(pictures):
    files = Files(pictures, **{f"{n:03}": f"picture {n % 90}~{100 + n}x200" for n in range(150)})
    cluster = Cluster()
    found = files.look(executor=cluster)
    assert 2 <= cluster.most <= 32
    assert cluster.waiting == 0
    assert len(files.fingerprinter.taken) >= 150
    assert {one.path for one in found.faceless} == set()


def drawn(seed: int, size: tuple[int, int]) -> Image.Image:
    dice = random.Random(seed)
    tiny = Image.frombytes("RGB", (8, 9), dice.randbytes(8 * 9 * 3))
    return tiny.resize(size, Image.Resampling.BICUBIC)


def saved(image: Image.Image, form: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def real(pictures: FingerprintStore, **images: bytes) -> Files:
    files = Files(pictures)
    files.data, files.recorded = dict(images), {name: digest_of(data) for name, data in images.items()}
    return files


def test_processes_give_the_same_as_threads(pictures, tmp_path):
    images = {"a": saved(drawn(1, (300, 400))), "b": saved(drawn(1, (600, 800)), "JPEG"), "c": b"no image"}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        found = real(pictures, **images).look(faces=ImageFingerprinter(), executor=pool)
    assert told(found) == [("a", "b", "confirmed")]
    assert [(one.path, one.reason) for one in found.faceless] == [("c", "it is not an image")]
    path = tmp_path / "other.db"
    create_state(path, LibraryId("l"), Lineage("l"))
    with open_state(path, LibraryId("l"), Lineage("l")) as state:
        assert real(state.fingerprints, **images).look(faces=ImageFingerprinter()) == found


EVERYTHING = frozenset(Tier)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, []),
        ({"mirrored": True}, [("a", "mirrored", "one is the mirror image of the other")]),
        ({"bordered": True}, [("a", "framed", "one has a border around it")]),
    ],
)
def test_mirror_images_and_borders_are_only_told_where_somebody_asks(pictures, wanted, expected):
    plain = drawn(3, (300, 400))
    files = real(
        pictures,
        a=saved(plain),
        mirrored=saved(ImageOps.mirror(plain)),
        framed=saved(ImageOps.expand(plain, 15, "white")),
        stranger=saved(drawn(4, (300, 400))),
    )
    found = files.look(faces=ImageFingerprinter(), tiers=EVERYTHING, **wanted)
    assert [(p.one, p.other, p.alike.why) for p in found.pairs if p.alike.tier is Tier.SIMILAR] == expected
    assert files.look(faces=ImageFingerprinter(), **wanted).pairs == ()


@pytest.mark.parametrize("names", list(itertools.permutations("abc")))
def test_the_order_of_the_files_plays_no_part(pictures, names):
    shown = {"a": "cat~400x600", "b": "cat~800x1200", "c": "cat~400x600"}
    found = Files(pictures, **{name: shown[name] for name in names}).look()
    assert told(found) == [("a", "b", "confirmed"), ("a", "c", "exact"), ("b", "c", "confirmed")]
