"""Every planted fault still applies, and none is planted by default."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import pinplan
from tests.adversary import faults

ROOT = Path(pinplan.__file__).parent


@pytest.mark.parametrize("fault", faults.FAULTS.values(), ids=lambda fault: fault.name)
def test_a_fault_can_still_be_planted(fault):
    source = (ROOT / fault.module).read_text(encoding="utf-8")
    wrong = faults.planted(fault, source)
    ast.parse(wrong)
    assert wrong != source


def test_no_fault_is_planted_by_default():
    assert not any(isinstance(finder, faults._Planter) for finder in sys.meta_path)


def test_a_fault_whose_text_is_gone_says_so():
    fault = next(iter(faults.FAULTS.values()))
    with pytest.raises(faults.FaultGone, match=fault.name):
        faults.planted(fault, "something else\n")


def test_every_fault_names_an_invariant():
    from tests.adversary import (  # noqa: F401 - enters them into the table
        answer_invariants,
        config_invariants,
        move_invariants,
        plan_invariants,
        upload_invariants,
        word_invariants,
    )
    from tests.adversary.invariants import ACCUSATIONS, INVARIANTS

    assert {fault.by for fault in faults.FAULTS.values()} <= {*ACCUSATIONS, *INVARIANTS}
