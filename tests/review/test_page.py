"""The page's document: what a plan becomes, and that no text of it can become anything else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.actions import KINDS, Dedupe
from pinplan.model.ids import ActionId
from pinplan.model.similarity import Place, Region, Tier
from pinplan.plan.decisions import Choice, Decision, Decisions
from pinplan.plan.document import Plan, kind_of
from pinplan.records.plan_file import decode_plan
from pinplan.render.effects import counts_of, counts_under, sentence, tone_of
from pinplan.review.page.build import is_web_address, page_model, why_no_swap
from pinplan.review.page.document import document, embedded, policy, script, style
from pinplan.review.page.model import Manner
from tests.reconcile.test_duplicates import BOTH, twins
from tests.worlds import SmallWorld

SCENARIOS = Path(__file__).parents[2] / "fixtures" / "scenarios"
PLANS = sorted(SCENARIOS.glob("*/plan.json"))


def plan_of(path: Path) -> Plan:
    return decode_plan(path.read_bytes(), str(path))


@cache
def with_pairs() -> Plan:
    """A plan that fetches, and removes a duplicate of one that stays."""
    world = SmallWorld()
    try:
        first, _ = twins(world, "cat~400x600", "cat~800x1200")
        world.pin(world.remote.pins_by_id[first].board_id, "New")
        return world.plan(duplicates=BOTH)
    finally:
        world.close()


def text_of(plan: Plan, manner: Manner | None = None) -> str:
    return b"".join(document(page_model(plan, "plan.json", manner or Manner()))).decode()


@pytest.mark.promise("I28")
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))
def test_no_text_can_end_the_block_that_it_stands_in(value):
    made = embedded(value)
    assert not set(made) & {"<", ">", "&", "\u2028", "\u2029"}
    assert json.loads(made) == value


@pytest.mark.promise("I28")
@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        (" https://example.org", False),
        ("https://exa\u202emple.org", False),
        ("data:text/html,<script>", False),
        ("https:///nowhere", False),
        ("https://[", False),
        ("//example.org", False),
        ("java\nscript:alert(1)", False),
    ],
)
def test_only_web_addresses_become_links(text, good):
    assert is_web_address(text) is good


@pytest.mark.promise("I28")
@given(st.text(max_size=30))
def test_whatever_a_pin_is_called_it_stands_in_the_page_as_harmless_text(title):
    plan = with_pairs()
    pair = next(action for action in plan.actions if isinstance(action, Dedupe))
    changed = replace(pair, pin=replace(pair.pin, title=title, description=title, link=title), address=title)
    model = page_model(replace(plan, actions=(changed,)), title, Manner())
    for text in every_text(msgspec.to_builtins(model)):
        assert not re.search("[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]", text)
    links = [fact.link for fact in model.actions[pair.id].facts if fact.link]
    assert all(link.startswith(("http://", "https://")) for link in links)


def every_text(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in every_text(part)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in every_text(item)]
    return []


@pytest.mark.promise("I28")
@pytest.mark.parametrize("served", [True, False])
def test_the_policy_lets_the_pages_own_script_run_and_no_other(served):
    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    page = text_of(with_pairs(), Manner(serves=served))
    (own,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    (look,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    rules = dict(rule.split(" ", 1) for rule in policy(served=served).split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == hashed(own)
    assert rules["style-src"] == hashed(look)
    assert rules["frame-ancestors"] == "'none'"
    assert ("connect-src" in rules) is served
    assert rules["require-trusted-types-for"] == "'script'"
    assert page.index("Content-Security-Policy") < page.index("<style>")
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)


def test_the_script_makes_elements_from_text_only():
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        ".cookie",
    ):
        assert forbidden not in script()
    assert "url(" not in style()
    assert "@import" not in style()
    assert "</" not in script().replace("</script", "")
    assert "</script" not in script().lower()


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_every_scenario_becomes_a_page_with_each_action_once(path):
    plan = plan_of(path)
    model = page_model(plan, "plan.json", Manner())
    assert sorted(id_ for group in model.groups for id_ in group.actions) == sorted(
        action.id for action in plan.actions
    )
    assert set(model.actions) == {action.id for action in plan.actions}
    assert model.findings_in_all == len(plan.findings)
    for action in plan.actions:
        shown = model.actions[action.id]
        assert shown.consequence
        assert shown.danger == action.deletes_pin
        assert len(shown.views) == len(action.views())
    assert plan.digest in text_of(plan)


def test_what_deletes_comes_first_and_the_largest_gain_before_the_others():
    order = list(page_model(with_pairs(), "plan.json", Manner()).kinds)
    assert "dedupe" in order
    assert "download" in order
    assert order == sorted(order, key=lambda kind: kind not in {"dedupe", "delete_remote"})
    for path in PLANS:
        groups = page_model(plan_of(path), "plan.json", Manner()).groups
        for one, other in pairwise(groups):
            if (one.board, one.kind) == (other.board, other.kind):
                assert one.gain >= other.gain


def test_both_of_a_pair_are_shown_with_what_decided():
    plan = with_pairs()
    pair = next(action for action in plan.actions if isinstance(action, Dedupe))
    shown = page_model(plan, "plan.json", Manner()).actions[pair.id]
    keep, drop = shown.views
    assert (keep.verdict, drop.verdict) == ("KEEP", "DROP")
    assert keep.why
    assert drop.why
    assert (keep.pin, drop.pin) == (pair.keeper.pin.pin_id, pair.pin_id)
    assert shown.measured is not None
    assert shown.measured.tier == pair.evidence.alike.tier


def test_the_place_where_two_copies_come_nearest_to_differing_is_shown():
    plan = with_pairs()
    pair = next(action for action in plan.actions if isinstance(action, Dedupe))
    place = Place(left=0.8, top=0.1, width=0.1, height=0.2)
    alike = replace(pair.evidence.alike, tier=Tier.CONFIRMED, region=Region(share=0.02, places=(place,)))
    known = replace(pair, evidence=replace(pair.evidence, alike=alike))
    plan = replace(plan, actions=tuple(known if action is pair else action for action in plan.actions))
    measured = page_model(plan, "plan.json", Manner()).actions[pair.id].measured
    assert measured is not None
    assert measured.places == (place,)
    assert "nearest to a difference in 2 % of the picture, top right" in measured.distances


def test_the_consequence_in_one_sentence():
    plan = with_pairs()
    counts = counts_of(plan.actions)
    assert sentence(counts) == (
        "deletes 1 pin on Pinterest (undo creates a new one, without its saves and comments), moves 1 file to the trash, downloads 1"
    )
    assert (sentence({}), tone_of({})) == ("changes nothing", "calm")
    assert (tone_of(counts), tone_of({"files": 1, "download": 3}), tone_of({"download": 3})) == (
        "danger",
        "warn",
        "calm",
    )
    assert sentence({"pins": 1000, "files": 1, "download": 2000}) == (
        "deletes 1,000 pins on Pinterest (undo creates new ones, without their saves and comments), moves 1 file to the trash, downloads 2,000"
    )
    skipped = {action.id: Decision(verdict=Choice.SKIP) for action in plan.actions}
    assert counts_under(plan, Decisions(plan=plan.digest, decisions=skipped)) == {}
    everything = Decisions(plan=plan.digest)
    assert counts_under(plan, everything) == counts
    assert counts_under(plan, everything, begun={action.id: action for action in plan.actions}) == {}
    assert counts_under(plan, everything, required=[kind_of(action) for action in plan.actions]) == {}


def test_every_kind_has_words_for_the_sentence():
    from pinplan.render.effects import sentence

    said = {kind: sentence({kind: 3}) for kind in KINDS}
    assert said["download"] == "downloads 3"
    assert said["copy_local"] == "copies 3"
    assert said["create_pin"] == "creates 3 on Pinterest"
    assert said["create_board"] == "creates 3 boards on Pinterest"


def test_why_two_cannot_be_exchanged_is_said_beforehand():
    plan = with_pairs()
    pair = next(action for action in plan.actions if isinstance(action, Dedupe))
    old = replace(pair, keeper=replace(pair.keeper, exchange=msgspec.UNSET))
    said = why_no_swap(replace(plan, actions=(old,)))
    assert "plan again" in said[ActionId(pair.id)]
