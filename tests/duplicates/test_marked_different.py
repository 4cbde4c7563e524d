"""What a person said of two pictures holds for new downloads of them, and for nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.duplicates.marked_different import (
    STILL_THE_SAME,
    distinguishing_marks,
    is_marked_different,
    signature_of,
)
from pinplan.model.ids import Sha256
from pinplan.model.similarity import Fingerprint


def face(pdq: int, level: int = 100) -> Fingerprint:
    return Fingerprint(
        sha256=Sha256(""), size=1, width=1, height=1, format="JPEG", dhash=0, pdq=pdq.to_bytes(32), colour=bytes(3),
        thumb=bytes([level]) * 768, detail=60, pdq_quality=100,
    )  # fmt: skip


def near(one: Fingerprint, bits: set[int]) -> Fingerprint:
    word = int.from_bytes(one.pdq)
    for bit in bits:
        word ^= 1 << bit
    return replace(one, pdq=word.to_bytes(32))


WORDS = st.integers(0, 2**256 - 1)
FEW = st.sets(st.integers(0, 255), max_size=4)


@given(WORDS, st.sets(st.integers(0, 255), min_size=12, max_size=31), FEW, FEW)
def test_a_verdict_holds_for_new_downloads_in_either_order(word, apart, some, others):
    one = face(word)
    other = near(one, apart)
    said = [(signature_of(one), signature_of(other))]
    assert is_marked_different(near(one, some), near(other, others), said)
    assert is_marked_different(near(other, others), near(one, some), said)


@given(WORDS, st.sets(st.integers(0, 255), min_size=12, max_size=31), FEW)
def test_a_copy_of_one_of_them_is_still_a_duplicate_of_it(word, apart, some):
    one = face(word)
    other = near(one, apart)
    assert not is_marked_different(one, near(one, some), [(signature_of(one), signature_of(other))])


@given(WORDS, WORDS, WORDS)
def test_strangers_are_not_meant(word, other, third):
    said = [(signature_of(face(word)), signature_of(face(other)))]
    assert (
        (word ^ third).bit_count() <= STILL_THE_SAME
        or (other ^ third).bit_count() <= STILL_THE_SAME
        or not (is_marked_different(face(word), face(third), said))
    )


def test_another_colourway_is_another_picture():
    said = [(signature_of(face(1)), signature_of(face(2)))]
    assert is_marked_different(face(1), face(2), said)
    assert not is_marked_different(face(1, level=200), face(2), said)


def test_two_files_that_look_the_same_can_both_be_wanted():
    assert is_marked_different(face(5), face(5), [(signature_of(face(5)), signature_of(face(5)))])
    assert not is_marked_different(face(5), face(5), [])
    assert not is_marked_different(face(5), face(5), [(signature_of(face(5)), signature_of(face(5, level=101)))])
    assert not is_marked_different(face(5), face(5, level=101), [(signature_of(face(5)), signature_of(face(5)))])


def test_a_mark_on_two_that_look_the_same_tells_no_third_one_apart():
    same, other = signature_of(face(1)), signature_of(face(2))
    assert distinguishing_marks([(same, same), (same, other), (other, same)]) == [(same, other), (other, same)]
