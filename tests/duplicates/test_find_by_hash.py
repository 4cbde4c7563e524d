"""Pairs by a hash of imagehash: all of them, as far as there are not too many, and never anything but a list."""

from __future__ import annotations

import io
import itertools
import time
from typing import Any

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pinplan.duplicates.find import MAX_PAIRS, near_by_hash
from pinplan.duplicates.fingerprinter import ImageFingerprinter
from pinplan.duplicates.image_hashes import HASHES, HashLimit, parse_hash_limit
from pinplan.errors import DiskRefused
from pinplan.events import silent
from pinplan.model.similarity import ALGORITHM_VERSION, Tier
from tests.duplicates.drawn import PHOTO, picture, saved
from tests.duplicates.test_find import Files, pictures  # noqa: F401 - a fixture
from tests.fakes import digest_of


class Hashed:
    """Fingerprints of which only hashes are asked for."""

    def __init__(self, hashes: Any) -> None:
        self.hashes = {
            f"{place:08}": int(np.array(value, np.uint64).view(np.int64)) for place, value in enumerate(hashes)
        }

    def take_hashes(self, *_: object) -> dict[str, int]:
        return self.hashes


def near_to(hashes: Any, bits: int) -> Any:
    found: Any = near_by_hash(Hashed(hashes), HashLimit(HASHES["phash"], bits), silent)  # type: ignore[arg-type] # a fake
    return found


@given(
    st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 7) | st.integers(2**63, 2**63 + 7), max_size=30),
    st.integers(0, 12),
)
def test_every_pair_within_the_limit_is_found_the_nearest_first(hashes, bits):
    found = near_to(hashes, bits)
    expected = {
        (f"{a:08}", f"{b:08}"): (hashes[a] ^ hashes[b]).bit_count()
        for a, b in itertools.combinations(range(len(hashes)), 2)
    }
    told = {tuple(sorted((one, other))): apart for one, other, apart in found.pairs}
    assert told == {pair: apart for pair, apart in expected.items() if apart <= bits}
    assert len(told) == len(found.pairs)
    assert [apart for *_, apart in found.pairs] == sorted(told.values())
    assert not found.incomplete


@pytest.mark.parametrize("crowd", ["the same", "nearly the same", "a few of each"])
def test_a_crowd_is_bounded_and_everyone_who_may_miss_a_pair_is_told(crowd):
    """200 million pairs of 20,000 files, where all of them are near."""
    dice = np.random.default_rng(1)
    hashes = np.full(20_000, 0x0F0F_3C3C_AA55_1234, dtype=np.uint64)
    if crowd == "nearly the same":
        for _ in range(4):
            hashes ^= np.uint64(1) << dice.integers(0, 64, len(hashes), dtype=np.uint64)
    if crowd == "a few of each":
        hashes = np.repeat(dice.integers(0, 2**64, 800, dtype=np.uint64), 25)
    began = time.process_time()
    found = near_to(hashes, 12)
    assert time.process_time() - began < 60
    assert len(found.pairs) <= MAX_PAIRS
    paired = {one for pair in found.pairs for one in pair[:2]}
    assert len(paired | found.incomplete) == len(hashes)


def test_many_files_with_nothing_in_common_are_compared_in_full():
    dice = np.random.default_rng(2)
    hashes = dice.integers(0, 2**64, 20_000, dtype=np.uint64)
    hashes[7] = hashes[19_000] ^ np.uint64(0b1011_0111_0111)
    found = near_to(hashes, 12)
    assert ("00000007", "00019000", 9) in found.pairs
    assert not found.incomplete


# -- real images -----------------------------------------------------------------------------------------------------


def real(pictures: Any) -> Files:  # noqa: F811
    files = Files(pictures)
    files.data = {
        "a.png": saved(PHOTO),
        "b.jpg": saved(PHOTO.resize((320, 240)), "JPEG", quality=60),
        "c.png": saved(PHOTO.crop((12, 12, 628, 468))),
        "d.png": saved(picture(2)),
        "e.png": saved(PHOTO),
        "text.png": b"hello",
    }
    files.recorded = {name: digest_of(data) for name, data in files.data.items()}
    return files


@pytest.mark.parametrize("name", HASHES)
def test_pairs_of_real_images_have_the_distance_that_imagehash_measures(pictures, name):  # noqa: F811
    found = real(pictures).look(faces=ImageFingerprinter(), by_hash=parse_hash_limit(f"{name}:12")).by_hash
    assert found is not None
    assert (found.hash, found.length, found.limit) == (f"imagehash.{HASHES[name].function}", HASHES[name].bits, 12)
    files = real(pictures)
    hashes = {n: _hash_of(name, data) for n, data in files.data.items() if n != "text.png"}
    expected = {(a, b): int(hashes[a] - hashes[b]) for a, b in itertools.combinations(sorted(hashes), 2)}
    assert {(p.one, p.other): p.bits for p in found.pairs} == {pair: d for pair, d in expected.items() if d <= 12}


def _hash_of(name: str, data: bytes) -> Any:
    return getattr(imagehash, HASHES[name].function)(Image.open(io.BytesIO(data)))


def test_a_hash_changes_nothing_of_what_is_found_without_it(pictures):  # noqa: F811
    files = real(pictures)
    without = files.look(faces=ImageFingerprinter())
    found = files.look(faces=ImageFingerprinter(), by_hash=parse_hash_limit("phash:12"))
    assert (found.pairs, found.faceless, without.by_hash) == (without.pairs, without.faceless, None)
    assert found.by_hash is not None
    tiers = {(str(pair.one), str(pair.other)): pair.tier for pair in found.by_hash.pairs}
    assert tiers["a.png", "e.png"] is Tier.EXACT
    assert tiers["a.png", "c.png"] is Tier.SIMILAR


def test_hashes_are_remembered_and_outlive_new_fingerprints(pictures):  # noqa: F811
    files = real(pictures)
    limit = parse_hash_limit("phash:12")
    first = files.look(faces=ImageFingerprinter(), by_hash=limit)
    files.read_files.clear()
    assert files.look(faces=ImageFingerprinter(), by_hash=limit) == first
    files.look(faces=ImageFingerprinter(), by_hash=parse_hash_limit("phash:3"))
    assert not files.read_files
    files.data["new.png"] = saved(picture(3))
    files.recorded["new.png"] = digest_of(files.data["new.png"])
    files.look(faces=ImageFingerprinter(), by_hash=limit)
    assert set(files.read_files) == {"new.png"}
    assert len(pictures.stored(HASHES["phash"].recipe)) == 5
    assert len(pictures.stored(ALGORITHM_VERSION)) == 5


def test_what_cannot_be_read_for_its_hash_is_told_and_tried_again(pictures):  # noqa: F811
    files = real(pictures)
    limit = parse_hash_limit("phash:12")
    files.look(faces=ImageFingerprinter())
    files.broken["b.jpg"] = DiskRefused("b.jpg", 5, "Input/output error")
    found = files.look(faces=ImageFingerprinter(), by_hash=limit)
    assert [one.path for one in found.faceless] == ["b.jpg", "text.png"]
    files.broken.clear()
    again = files.look(faces=ImageFingerprinter(), by_hash=limit)
    assert [one.path for one in again.faceless] == ["text.png"]
    assert again.by_hash is not None
    assert ("a.png", "b.jpg") in {(pair.one, pair.other) for pair in again.by_hash.pairs}
