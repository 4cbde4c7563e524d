"""The table of fixtures/decisions, asked of Python; tests/browser/test_decision_table.py asks the page's script."""

from __future__ import annotations

import pytest

from pinplan.plan.decisions import decided, judge
from pinplan.render.effects import counts_under, sentence
from tests.decision_table import Case, outcome_of, plan_of, table


@pytest.mark.promise("I18")
@pytest.mark.parametrize(("folder", "case"), table(), ids=lambda of: of.name if isinstance(of, Case) else of)
def test_what_follows_from_decisions(folder: str, case: Case):
    plan = plan_of(folder)
    decisions, begun = case.decided(plan), case.begun(plan)
    assert list(judge(plan, decisions)) == []
    found = {name: outcome_of(one) for name, one in decided(plan, decisions, case.waits, begun).items()}
    assert {name: outcome for name, (outcome, _) in found.items()} == case.outcomes
    assert {name: found[name][1] for name in case.reasons} == case.reasons
    assert sentence(counts_under(plan, decisions, case.waits, begun)) == case.totals
