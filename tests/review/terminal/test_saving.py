"""Decisions on their way to the file: none is lost, whatever the disk does."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pinplan.errors import DiskRefused
from pinplan.plan.decisions import Choice
from pinplan.records.decisions_file import read_decisions
from pinplan.review.session import Session
from pinplan.review.terminal import saving
from pinplan.review.terminal.saving import Saver
from tests.fakes import FakeClock
from tests.review.test_page import with_pairs


class SlowSession(Session):
    """Its disk answers when it is let, and refuses as often as it is told to."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.free = threading.Event()
        self.refusals = 0

    def change(self, steps, session="", since=0):
        assert self.free.wait(10)
        if steps and self.refusals:
            self.refusals -= 1
            raise DiskRefused("decisions.json", 28, "disk full")
        return super().change(steps, session, since)


@pytest.fixture
def session(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "LOOK_EVERY", 0.05)
    return SlowSession(with_pairs(), tmp_path / "decisions.json", FakeClock())


def saver_of(session, refused=None):
    return Saver(
        session, lambda _: None, lambda why, verdicts: (refused if refused is not None else []).append((why, verdicts))
    )


def test_a_key_does_not_wait_for_the_disk(session):
    saver = saver_of(session)
    for action in session.plan.actions:
        saver.save({action.id: Choice.SKIP}, {})
    assert saver.unsaved == len(session.plan.actions)
    assert not saver.settle(0.05)
    session.free.set()
    assert saver.settle(10)
    saver.end()
    assert len(read_decisions(session.path, session.plan).decisions) == len(session.plan.actions)


def test_what_is_decided_again_meanwhile_is_saved_as_decided_last(session):
    saver, name = saver_of(session), session.plan.actions[0].id
    for verdict in (Choice.APPROVE, Choice.SKIP, "", Choice.APPROVE):
        saver.save({name: verdict}, {name: "why"})
        session.free.set()
    assert saver.settle(10)
    saver.end()
    decision = read_decisions(session.path, session.plan).decisions[name]
    assert (decision.verdict, decision.note) == (Choice.APPROVE, "why")


def test_a_full_disk_is_tried_again(session):
    session.refusals = 2
    session.free.set()
    saver = saver_of(session)
    saver.save({session.plan.actions[0].id: Choice.SKIP}, {})
    assert saver.settle(10)
    assert not saver.trouble
    saver.end()


def test_a_fault_is_shown_and_saving_goes_on(session, monkeypatch):
    session.free.set()
    saver = saver_of(session)
    monkeypatch.setattr(session, "change", lambda *_: 1 / 0)
    saver.save({session.plan.actions[0].id: Choice.SKIP}, {})
    assert not saver.settle(0.2)
    assert "ZeroDivisionError" in saver.trouble
    monkeypatch.undo()
    assert saver.settle(10)
    saver.end()


def test_decisions_that_contradict_each_other_are_given_back(session):
    session.free.set()
    refused: list[Any] = []
    saver = saver_of(session, refused)
    name = next(action.id for action in session.plan.actions if not action.deletes_pin)
    saver.save({name: Choice.SWAP}, {})
    assert saver.settle(10)
    saver.end()
    assert refused[0][1] == {name: ""}


def test_the_last_ones_are_saved_as_it_ends(session):
    session.free.set()
    saver = saver_of(session)
    saver.save({session.plan.actions[0].id: Choice.SKIP}, {})
    saver.end()
    assert read_decisions(session.path, session.plan).decisions
