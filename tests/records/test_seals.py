"""The key that tells plans made on this computer from others."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from pinplan.records.plan_file import decode_plan, encode_plan, read_plan, with_digest
from pinplan.records.seals import KEY_NAME, SealKey

PLAN = read_plan(Path(__file__).parents[2] / "fixtures" / "plans" / "v1" / "two-way.json")


@pytest.mark.promise("I11")
def test_only_the_same_key_makes_a_valid_seal(tmp_path):
    sealed = SealKey(tmp_path).sealed(PLAN)
    assert SealKey(tmp_path).is_valid(decode_plan(encode_plan(sealed)))
    assert not SealKey(tmp_path / "other").is_valid(sealed)
    assert not SealKey(tmp_path).is_valid(PLAN)
    assert not SealKey(tmp_path).is_valid(replace(sealed, seal="ünsinn"))


@pytest.mark.promise("I11")
def test_a_seal_is_worth_nothing_for_another_plan(tmp_path):
    key = SealKey(tmp_path)
    assert not key.is_valid(with_digest(replace(key.sealed(PLAN), allow={"remote-deletes": 7})))


def test_a_seal_changes_no_digest(tmp_path):
    sealed = SealKey(tmp_path).sealed(PLAN)
    assert with_digest(sealed).digest == PLAN.digest
    assert encode_plan(replace(sealed, seal=msgspec.UNSET)) == encode_plan(PLAN)


@pytest.mark.promise("I27")
def test_the_key_is_private_and_made_once(tmp_path):
    for _ in range(2):
        SealKey(tmp_path / "data").sealed(PLAN)
    (file,) = (tmp_path / "data").iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode), file.stat().st_size) == (KEY_NAME, 0o600, 32)
    key = file.read_bytes()
    file.chmod(0o644)
    SealKey(tmp_path / "data").sealed(PLAN)
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (key, 0o600)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_what_cannot_be_a_key_is_made_anew(tmp_path, content):
    (tmp_path / KEY_NAME).write_bytes(content)
    sealed = SealKey(tmp_path).sealed(PLAN)
    assert SealKey(tmp_path).is_valid(sealed)
    assert (tmp_path / KEY_NAME).read_bytes() != content


def test_without_a_place_for_a_key_there_is_no_seal(tmp_path):
    (tmp_path / "file").write_text("in the way")
    key = SealKey(tmp_path / "file" / "data")
    assert key.sealed(PLAN) == PLAN
    assert not key.is_valid(PLAN)


@pytest.mark.promise("I16")
def test_a_key_behind_a_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"k" * 32)
    (tmp_path / KEY_NAME).symlink_to(tmp_path / "elsewhere")
    assert SealKey(tmp_path).sealed(PLAN) == PLAN
