"""Which duplicates go where the config ignores some of them."""

from __future__ import annotations

from itertools import combinations

import pytest

from pinplan.model.ids import PinId
from pinplan.model.similarity import DuplicatePair, ImageQuality, Similarity, Tier
from pinplan.plan.document import kind_of
from pinplan.policies.duplicates import Duplicates, Remove
from pinplan.reconcile.planner import reconcile
from tests.reconcile.test_planner import image, pin, record, world


@pytest.mark.promise("I9")
@pytest.mark.parametrize(("ignored", "going"), [((), ["502", "503"]), (("501",), []), (("503",), ["502"])])
def test_ignoring_the_best_of_several_duplicates_does_not_make_another_one_go(ignored, going):
    records = [record(number, signature=None) for number in ("501", "502", "503")]
    best, small = ImageQuality(width=9, height=9), ImageQuality(width=1, height=1)
    alike = tuple(
        DuplicatePair(
            one=one.path,
            other=other.path,
            alike=Similarity(tier=Tier.EXACT),
            one_looks=best if one is records[0] else small,
            other_looks=small,
        )
        for one, other in combinations(records, 2)
    )
    inputs = world(
        *(pin(one.pin_id, image(signature=None)) for one in records),
        records=records,
        local={"alike": alike},
        duplicates=Duplicates(remove=Remove.BOTH),
        ignore_pins=tuple(map(PinId, ignored)),
    )
    assert [one.pin_id for one in reconcile(inputs).actions if kind_of(one) == "dedupe"] == going
