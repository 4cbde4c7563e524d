"""The one loop of all requests."""

from __future__ import annotations

import pytest

from pinplan.errors import Unreachable
from pinplan.pinterest.retries import MayPass, Retries


class Tries:
    """Fails as it is told to, then answers."""

    def __init__(self, *faults):
        self.faults = list(faults)
        self.made = 0

    def __call__(self):
        self.made += 1
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


def faults(*waits):
    return [MayPass(Unreachable(f"fault {number}"), wait) for number, wait in enumerate(waits)]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_there_are_as_many_tries_as_asked_for(count):
    tries = Tries(*faults(*[None] * 9))
    waits: list[float] = []
    with pytest.raises(Unreachable, match=f"fault {count}"):
        Retries(count, waits.append).run(tries)
    assert (tries.made, len(waits)) == (count + 1, count)


def test_waits_grow_to_a_bound_and_are_never_twice_the_same():
    waits: list[float] = []
    assert Retries(20, waits.append).run(Tries(*faults(*[None] * 12))) == "answer"
    for attempt, wait in enumerate(waits):
        backoff = min(0.5 * 2**attempt, 30)
        assert backoff / 2 <= wait <= backoff
    assert len(set(waits)) == len(waits)


def test_what_the_server_asks_for_is_waited():
    waits: list[float] = []
    assert Retries(3, waits.append).run(Tries(*faults(7.0, 0.0))) == "answer"
    assert waits == [7.0, 0.0]


def test_another_error_ends_it_at_once():
    tries = Tries(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        Retries(3, lambda _: None).run(tries)
    assert tries.made == 1


@pytest.mark.promise("I27")
def test_the_last_error_is_chained_to_nothing_that_holds_a_request():
    def once():
        try:
            int("a request with a token")
        except ValueError:
            raise MayPass(Unreachable("not there")) from None

    with pytest.raises(Unreachable) as caught:
        Retries(1, lambda _: None).run(once)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
