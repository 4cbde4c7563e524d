"""The plan file: refused by name whenever it is not exactly what pinplan wrote."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.errors import ConfigError, NotAPlan, PlanEdited, PlanFormatUnknown, PlanRefused
from pinplan.plan.document import digest_of
from pinplan.records.plan_file import decode_plan, encode_plan, read_plan, with_digest, write_plan

FIXTURES = Path(__file__).parents[2] / "fixtures"
DOCUMENT = (FIXTURES / "plans" / "v1" / "two-way.json").read_bytes()
FREE = {"created_at", "taken_at", "api_calls", "pinplan_version"}


@pytest.mark.parametrize("path", sorted((FIXTURES / "plans" / "v1").iterdir()), ids=lambda path: path.name)
def test_plans_of_format_1_load_for_ever(path):
    plan = read_plan(path)
    assert encode_plan(plan) == path.read_bytes()


def test_the_actions_of_a_new_plan_are_encoded_once(monkeypatch):
    plan = decode_plan(DOCUMENT)
    formatted, real = [], msgspec.json.format

    def counting(data: bytes, **how: int) -> bytes:
        formatted.append(data)
        return real(data, **how)

    monkeypatch.setattr(msgspec.json, "format", counting)
    for _ in range(2):  # the memory is freed with the document
        formatted.clear()
        assert encode_plan(with_digest(plan)) == DOCUMENT
        assert sum(data.startswith(b'{"actions":[{') for data in formatted) == 1


@pytest.mark.promise("I11")
@given(st.integers(0, len(DOCUMENT) - 1), st.binary(min_size=1, max_size=1))
def test_any_edited_byte_is_refused_or_changes_nothing(position, byte):
    edited = DOCUMENT[:position] + byte + DOCUMENT[position + 1 :]
    try:
        plan = decode_plan(edited)
    except PlanRefused:
        return
    # Only what the digest leaves out may differ: time stamps, call counts, pinplan's own version.
    assert plan.digest == decode_plan(DOCUMENT).digest
    assert plan.actions == decode_plan(DOCUMENT).actions


def _places(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _places(inner, (*path, index))
    else:
        yield path


UNDO = (FIXTURES / "plans" / "v1" / "undo-1.1.json").read_bytes()
"""Holds what format 1.1 added: the kinds restore and create_pin, undoes, limits, protect, of_others."""
PLACES = [
    (document, path)
    for document in (DOCUMENT, UNDO)
    for path in _places(json.loads(document))
    if not FREE & {str(part) for part in path}
]


def _other(value):
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "x"
        case None:
            return "x"
        case _:
            return ["x"]


@pytest.mark.promise("I11")
@pytest.mark.parametrize(
    ("written", "path"), PLACES, ids=lambda v: ".".join(map(str, v)) if isinstance(v, tuple) else ""
)
def test_a_change_of_any_field_is_refused(written, path):
    document = json.loads(written)
    holder = document
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = _other(holder[path[-1]])
    edited = msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=2) + b"\n"
    with pytest.raises(PlanRefused):
        decode_plan(edited)


@pytest.mark.promise("I11")
@given(st.integers(0, len(DOCUMENT) - 1))
def test_a_truncated_plan_is_refused(length):
    with pytest.raises(PlanRefused):
        decode_plan(DOCUMENT[:length])


@pytest.mark.parametrize("extra", [b"\n", b" ", b"{}"])
def test_anything_behind_the_plan_is_refused(extra):
    with pytest.raises(PlanRefused):
        decode_plan(DOCUMENT + extra)


@pytest.mark.parametrize("data", [b"", b"hello", b"[]", b"{}", b"null", b'{"format": "other"}', b"\xff\xfe", b"<html>"])
def test_what_is_no_plan_is_said_to_be_none(data):
    with pytest.raises(NotAPlan, match="not a plan"):
        decode_plan(data)


def test_an_unknown_major_version_is_refused_by_name():
    newer = DOCUMENT.replace(b'"format_version": "1.0"', b'"format_version": "2.0"').replace(
        b'"kind": "', b'"kind": "new_'
    )
    with pytest.raises(PlanFormatUnknown, match=r"2\.0"):
        decode_plan(newer)


def test_a_new_pinplan_version_or_time_does_not_change_the_digest():
    plan = decode_plan(DOCUMENT)
    later = replace(plan, created_at="2030-01-01T00:00:00Z", pinplan_version="9.9", api_calls=1234)
    assert digest_of(later) == plan.digest
    assert decode_plan(encode_plan(later)) == later


def test_an_unsealed_plan_is_refused():
    plan = replace(decode_plan(DOCUMENT), actions=())
    with pytest.raises(PlanEdited):
        decode_plan(encode_plan(plan))
    assert decode_plan(encode_plan(with_digest(plan))).actions == ()


def test_the_file_is_private_canonical_and_replaced_as_a_whole(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text("something else")
    write_plan(decode_plan(DOCUMENT), path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == DOCUMENT
    assert json.dumps(json.loads(DOCUMENT), indent=2, sort_keys=True, ensure_ascii=False) + "\n" == DOCUMENT.decode()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "path", sorted((FIXTURES / "scenarios").glob("*/plan.json")), ids=lambda path: path.parent.name
)
def test_the_digest_can_be_had_without_pinplan(path):
    document = json.loads(path.read_text("utf-8"))
    said = document["digest"]
    for name in ("digest", "created_at", "api_calls", "pinplan_version"):
        del document[name]
    del document["snapshots"]["remote"]["taken_at"]
    canonical = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}" == said


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path):
    with pytest.raises(ConfigError, match="no such plan"):
        read_plan(tmp_path / "none.json")


@pytest.mark.promise("I27")
def test_no_plan_has_a_place_for_a_token():
    definitions = msgspec.json.schema(type(decode_plan(DOCUMENT)))["$defs"].values()
    names = {name for definition in definitions for name in definition.get("properties", {})}
    assert names
    assert not [n for n in names if any(word in n for word in ("token", "secret", "auth", "password"))]
