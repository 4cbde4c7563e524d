"""What an apply would do, as it is shown after each key: the same as an apply itself finds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinplan.plan.decisions import Choice, Decisions, decided, decision_of, judge
from pinplan.render.effects import counts_under, sentence
from pinplan.review.consequences import Consequences
from tests.decision_table import ROOT, cases_of, outcome_of, plan_of
from tests.review.test_page import with_pairs

FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_table_of_decisions_is_followed(folder):
    plan = plan_of(folder)
    for case in cases_of(folder):
        found = Consequences(plan, case.waits).under(case.decisions, case.done)
        assert found.of == case.outcomes, case.name
        assert found.sentence == case.totals, case.name


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_it_says_of_any_decisions_what_an_apply_does(data):
    plan = with_pairs()
    waits = ("dedupe",) if data.draw(st.booleans()) else ()
    names = [action.id for action in plan.actions]
    verdicts = data.draw(st.dictionaries(st.sampled_from(names), st.sampled_from([str(one) for one in Choice])))
    decisions = Decisions(plan=plan.digest, decisions={name: decision_of(one) for name, one in verdicts.items()})
    if next(judge(plan, decisions), None) is not None:
        return
    found = Consequences(plan, waits).under(verdicts, {})
    expected = {name: outcome_of(one)[0] for name, one in decided(plan, decisions, waits).items()}
    assert found.of == expected
    assert found.sentence == sentence(counts_under(plan, decisions, waits))
