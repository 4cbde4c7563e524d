"""Verbs that judge for themselves are judged, too: a pinplan that answers wrongly to one of them is accused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.adversary.actors import VERBS
from tests.adversary.invariants import ACCUSATIONS, Broken
from tests.adversary.network import Write
from tests.adversary.runner import workplace
from tests.adversary.stage import Ran, Stage, on_stage
from tests.adversary.still import stillness
from tests.adversary.story import Picks, Story

SETUP: dict[str, Any] = {
    "config": {"sync": {"mode": "two-way"}, "dedupe": {"remove": "both"}},
    "boards": [{"name": "Animals", "sections": []}],
    "pins": [[0, -1, "small", 1], [0, -1, "small", 2], [0, -1, "medium", 4]],
}
Wrong = Callable[[Stage, Ran], Ran]


@pytest.fixture
def stage():
    home = workplace()
    with stillness(), on_stage(Story(0, SETUP), home / "story") as built:
        VERBS["sync"].do(built, Picks([1]))
        yield built
    home.rmdir()


def is_done(_stage: Stage, ran: Ran) -> Ran:
    """It says that all is well, whatever it did."""
    return replace(ran, code=0)


def sends_something(_stage: Stage, ran: Ran) -> Ran:
    return replace(ran, code=0, writes=[Write("DELETE", "/v5/pins/1", b"", 204, lost=False, deleted="1")])


def writes_there(_stage: Stage, ran: Ran) -> Ran:
    """Into the file that the last word of the command names."""
    target = Path(ran.argv[-1].removeprefix("-out="))
    (target / "x" if target.is_dir() else target).write_bytes(b"a document of pinplan's")
    return ran


def pairs_them_again(_stage: Stage, ran: Ran) -> Ran:
    """The plan that follows has the pair once more."""
    last = getattr(pairs_them_again, "plan", {})
    if ran.command == "plan" and any(action["kind"] == "dedupe" for action in ran.actions):
        pairs_them_again.plan = ran.plan  # type: ignore[attr-defined]
    return replace(ran, plan=last, code=0) if ran.command == "plan" and not ran.actions and last else ran


def never_rests(stage: Stage, ran: Ran) -> Ran:
    """Each plan has something to do, and the apply does it."""
    stage.plans.joinpath(ran.argv[-1] if ran.applies else f"plan-{stage._number}.json").touch()
    return replace(ran, code=0, plan={"actions": [{"kind": "download", "id": "1"}]})


def loses_what_was_undone(_stage: Stage, ran: Ran) -> Ran:
    """After an undo, half of the library is not as it was."""
    if ran.applies:
        ran.after.files = dict(list(ran.after.files.items())[: len(ran.after.files) // 2])
    return replace(ran, code=0)


def undone(stage: Stage) -> None:
    """Something to do and undo: a pin that is new."""
    VERBS["add_pin"].do(stage, Picks([0, 0]), sort="small")


CASES: list[tuple[str, str, Wrong]] = [
    ("selector-selects:target", "target_typo", is_done),
    ("selector-selects:exclude", "exclude_typo", is_done),
    ("history-anchored:audit", "rewrite_history", is_done),
    ("history-anchored:cut end", "cut_history_end", is_done),
    ("history-anchored:cut middle", "cut_history_middle", is_done),
    ("history-anchored:lost", "lose_audit", is_done),
    ("marker-needed", "lose_marker", is_done),
    ("one-at-a-time", "second_pinplan", is_done),
    ("edited-plan-refused", "edit_plan", sends_something),
    ("decisions-belong", "others_decisions", sends_something),
    ("resolve-looks", "resolve_wrongly", is_done),
    ("different-stays", "decide_different", pairs_them_again),
    ("at-rest:download", "rest", never_rests),
    ("undo-restores:download", "there_and_back", loses_what_was_undone),
    ("output-spares-files:show", "show_over", writes_there),
    ("output-spares-files:gallery", "gallery_over", writes_there),
    ("output-spares-files:terraform", "terraform_over", writes_there),
]


@pytest.mark.parametrize(("name", "verb", "wrong"), CASES, ids=[name for name, _, _ in CASES])
def test_a_wrong_answer_is_an_accusation(stage, name, verb, wrong):
    accused: list[Broken] = []
    stage.accuser = accused.append
    if verb == "there_and_back":
        undone(stage)
    if verb == "others_decisions":
        VERBS["remove"].do(stage, Picks([0]))
    ask = stage.ask
    stage.ask = lambda *argv, **options: wrong(stage, ask(*argv, **options))
    VERBS[verb].do(stage, Picks([1]), **VERBS[verb].options)
    assert name in {one.name for one in accused}


def test_every_accusation_has_a_case():
    assert {name.partition(":")[0] for name, _, _ in CASES} == set(ACCUSATIONS)
