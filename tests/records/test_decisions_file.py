"""Decisions as a file: people edit it, so every mistake is told with its line, and nothing is guessed."""

from __future__ import annotations

import json
import stat
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import ConfigError, DecisionsUnbound, PinplanError
from pinplan.model.ids import ActionId, Digest
from pinplan.plan.decisions import Choice, Decision, Decisions
from pinplan.plan.document import Plan
from pinplan.records.decisions_file import decode_decisions, encode_decisions, read_decisions, write_decisions
from tests.reconcile.test_duplicates import BOTH, twins
from tests.worlds import SmallWorld


@cache
def planned() -> Plan:
    """A plan with two downloads and a pair of duplicates."""
    world = SmallWorld()
    try:
        twins(world, "cat~400x600", "cat~800x1200")
        other = world.board("Other")
        for number in range(2):
            world.pin(other, f"New {number}")
        return world.plan(duplicates=BOTH)
    finally:
        world.close()


def decisions() -> Decisions:
    said = {"0001": Choice.APPROVE, "0002": Choice.SKIP, "0003": Choice.SWAP}
    return Decisions(
        plan=planned().digest,
        decided_at="2026-11-25T04:00:00Z",
        decisions={ActionId(name): Decision(verdict=verdict) for name, verdict in said.items()},
    )


DOCUMENT = encode_decisions(decisions()).decode()


def problems(text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigError) as caught:
        decode_decisions(data, planned(), "d.json")
    return list(caught.value.problems)


def changed(**entries: Any) -> str:
    document = json.loads(DOCUMENT)
    document.update(entries)
    return json.dumps(document, indent=2)


def test_what_is_written_is_read_again_canonical_and_private(tmp_path):
    path = tmp_path / "decisions.json"
    write_decisions(decisions(), path)
    assert read_decisions(path, planned()) == decisions()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.dumps(json.loads(DOCUMENT), indent=2, sort_keys=True) + "\n" == DOCUMENT
    assert list(tmp_path.iterdir()) == [path]


def test_the_document_is_the_one_that_the_page_writes():
    assert json.loads(DOCUMENT) == {
        "format": "pinplan.decisions",
        "format_version": "1.1",
        "plan": planned().digest,
        "decided_at": "2026-11-25T04:00:00Z",
        "decisions": {"0001": {"verdict": "approve"}, "0002": {"verdict": "skip"}, "0003": {"verdict": "swap"}},
    }


def test_an_unknown_verdict_names_its_line_and_the_nearest_word():
    assert problems(DOCUMENT.replace('"skip"', '"skp"')) == [
        "d.json, line 7: 0002: unknown verdict 'skp'; did you mean skip?"
    ]


def test_every_problem_is_told_at_once():
    text = changed(decided_at="yesterday", who="me", decisions={"0001": "skip", "0002": {"verdict": 3}, "0003": {}})
    assert problems(text) == [
        "d.json, line 13: unknown key 'who'; expected one of format, format_version, plan, decided_at, require, reviewer, decisions",
        "d.json, line 2: decided_at = 'yesterday': expected a time, such as 2026-01-31T12:00:00Z",
        'd.json, line 4: 0001: expected {"verdict": …}, not "skip"',
        "d.json, line 5: 0002: unknown verdict 3; expected one of approve, skip, swap, different",
        "d.json, line 8: 0003: missing verdict",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "d.json, line 1: not decisions: Expecting value"),
        ("{\n,", "d.json, line 2: not decisions: "),
        (b"\n\xff", "d.json, line 2: not decisions: not UTF-8"),
        ("[]", "d.json, line 1: not decisions: its format is not 'pinplan.decisions'"),
        ('{"format": "pinplan.plan"}', "d.json, line 1: not decisions: its format is not"),
        ("[" * 100_000, "d.json: not decisions: "),
        (changed(format_version="2.0"), "unsupported decisions format 2.0, expected 1.1"),
        (changed(format_version=1), "unsupported decisions format 1, expected"),
        (changed(plan="sha256:abc"), "plan = 'sha256:abc': expected the digest of a plan"),
        (changed(decisions=[]), "decisions: expected an object with an entry for each action"),
        (
            changed(decisions={"0001": {"verdict": "skip", "why": 1}}),
            "0001: unknown key 'why'; expected verdict, keep or note",
        ),
        (changed(decisions={"0042": {"verdict": "skip"}}), "the plan has no action 0042: its actions are 0001 to 0003"),
        (changed(decisions={"0001": {"verdict": "swap"}}), "swap is for duplicates only, and 0001 is a download"),
        (changed(require=["dedup"]), "require: unknown kind 'dedup'; did you mean dedupe?"),
        (changed(require="dedupe"), "require: expected a list of kinds"),
        (changed(reviewer=1), "reviewer: expected a name of at most 2,000 characters"),
        (
            changed(decisions={"0001": {"verdict": "skip", "note": "x" * 2001}}),
            "0001: note: expected a text of at most",
        ),
        (changed(decisions={"\ud800\x1b[2J": {"verdict": "skip"}}), "the plan has no action"),
    ],
)
def test_what_is_wrong_is_said_and_where(text, problem):
    (found,) = problems(text)
    assert problem in found
    assert found.startswith("d.json")


def test_an_entry_that_stands_twice_is_ambiguous():
    twice = DOCUMENT.replace('"0002": {', '"0001": {')
    assert problems(twice) == ["d.json, line 7: duplicate key '0001'"]


def test_a_missing_key_is_named():
    document = {"format": "pinplan.decisions"}
    assert problems(json.dumps(document)) == [
        f"d.json, line 1: missing key '{key}'" for key in ("format_version", "plan", "decisions")
    ]


def test_when_it_was_decided_need_not_be_said():
    document = json.loads(DOCUMENT)
    del document["decided_at"]
    read = decode_decisions(json.dumps(document).encode(), planned())
    assert read.decisions == decisions().decisions
    assert decode_decisions(encode_decisions(read), planned()) == read


def test_another_plan_and_a_missing_file(tmp_path):
    other = msgspec.structs.replace(decisions(), plan=Digest("sha256:" + "0" * 64))
    with pytest.raises(DecisionsUnbound, match=f"decisions are for plan sha256:000.*, but this is {planned().digest}"):
        decode_decisions(encode_decisions(other), planned())
    with pytest.raises(ConfigError, match="no such decisions file"):
        read_decisions(tmp_path / "none.json", planned())


@pytest.mark.promise("I11")
@given(st.integers(0, len(DOCUMENT) - 1), st.integers(0, 255))
def test_whatever_byte_is_changed_it_is_refused_or_means_what_it_says(at, byte):
    """An independent reading of the changed bytes gives the same; nothing outside the plan is ever named."""
    data = DOCUMENT.encode()
    data = data[:at] + bytes([byte]) + data[at + 1 :]
    try:
        read = decode_decisions(data, planned())
    except PinplanError:
        return
    said = json.loads(data)
    assert {name: decision.verdict.value for name, decision in read.decisions.items()} == {
        name: entry["verdict"] for name, entry in said["decisions"].items()
    }
    assert set(read.decisions) <= {action.id for action in planned().actions}
    assert (read.plan, said["plan"]) == (planned().digest, planned().digest)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_no_bytes_lead_to_anything_but_one_of_its_errors(data):
    with pytest.raises(PinplanError):
        decode_decisions(data, planned())


def test_the_schema_is_that_of_the_file():
    schema = msgspec.json.schema(Decisions)
    assert set(schema["$defs"]["Decisions"]["properties"]) == {*json.loads(DOCUMENT), "require", "reviewer"}
    assert schema["$defs"]["Choice"]["enum"] == sorted(verdict.value for verdict in Choice)


def test_a_file_of_the_first_format_means_what_it_meant():
    read = decode_decisions(changed(format_version="1.0").encode(), planned())
    assert (read.required, read.because(ActionId("0002"))) == (frozenset(), "")


def test_who_decided_why_and_what_waits_is_kept():
    said = {"0001": {"verdict": "skip", "note": "mine"}, "0002": {"verdict": "skip"}}
    read = decode_decisions(changed(require=["dedupe"], reviewer="Anna", decisions=said).encode(), planned())
    assert decode_decisions(encode_decisions(read), planned()) == read
    assert read.required == {"dedupe"}
    assert read.because(ActionId("0001")) == " by Anna: mine"
    assert read.because(ActionId("0002")) == " by Anna"


def test_each_of_thousands_of_wrong_entries_has_its_line():
    """One search through the file for all of them: with one for each, 8,000 took six seconds."""
    entries = {f"{number:05}": {"verdict": "perhaps"} for number in range(3000)}
    found = problems(changed(decisions=entries))
    lines = changed(decisions=entries).splitlines()
    assert len(found) == 3000
    for name, problem in zip(entries, found, strict=True):
        line = int(problem.partition("line ")[2].partition(":")[0])
        assert f'"{name}"' in lines[line - 1]


def test_what_looks_like_a_key_in_a_text_is_none():
    text = DOCUMENT.replace('"0001": {', '"0001": {\n      "note": "\\"0002\\": she said",', 1).replace(
        '"verdict": "swap"', '"verdict": "sway"'
    )
    (problem,) = problems(text)
    line = int(problem.partition("line ")[2].partition(":")[0])
    assert '"0003"' in text.splitlines()[line - 1]
