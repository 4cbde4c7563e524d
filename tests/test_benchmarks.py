"""Measurements still run, at a size that says nothing; and the end of an apply is linear."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from benchmarks import (
    bookkeeping,
    compared_pairs,
    corpus,
    crowds,
    downloads,
    end_of_apply,
    fingerprints,
    growth,
    growth_of_pictures,
    growth_of_uploads,
    judged_pairs,
    looking_back,
    nothing_to_do,
    recognising,
    start,
)
from benchmarks.measure import Cost
from benchmarks.page import chromium


def test_bookkeeping_can_be_measured():
    assert bookkeeping.measure(40) > 0


def test_the_end_of_an_apply_can_be_measured(capsys):
    end_of_apply.run((20, 40))
    assert "40 actions cost " in capsys.readouterr().out


def test_the_comparison_of_two_copies_can_be_measured(capsys):
    compared_pairs.run(2, 1)
    assert "a pair of copies: " in capsys.readouterr().out


def test_a_crowd_of_sizes_can_be_measured(capsys):
    crowds.run(48)
    assert "3, 12, 48 sizes of one picture" in capsys.readouterr().out


def test_fingerprints_and_pairs_of_hashes_can_be_measured(capsys):
    fingerprints.run(4, 2_000, 1)
    said = capsys.readouterr().out
    assert "pinplan dupes, with all of the fingerprint: " in said
    assert "all pairs of 20,000 hashes within 3: " in said
    assert "a plan with nothing new among 200 files: " in said


def test_the_accuracy_of_the_tiers_can_be_measured(capsys):
    corpus.run(1)
    assert "confirmed: recall of resize and recompression " in capsys.readouterr().out


def test_what_becomes_of_labelled_pairs_can_be_measured(capsys):
    judged_pairs.run(0, 1, 8)
    assert "copy " in capsys.readouterr().out


def test_the_page_can_be_measured():
    # Another process: two of Playwright cannot be in one.
    code = "from benchmarks import page; page.run(8, 60)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "HTML of 60 actions: " in done.stdout
    assert ("review of 60 actions: address after " in done.stdout) == (chromium() is not None)


def test_the_start_can_be_measured(capsys):
    start.run(1)
    assert "pinplan --help: " in capsys.readouterr().out


def test_the_plan_that_has_nothing_to_do_can_be_measured(capsys):
    nothing_to_do.run(30, 2, 1)
    said = capsys.readouterr().out
    assert "plan, nothing changed: " in said
    assert "plan, one pin new on another board each time: " in said


def test_the_recognition_of_moves_and_new_pictures_can_be_measured(capsys):
    recognising.run(60, 4, 1, 2)
    assert "× a plan without changes" in capsys.readouterr().out


def test_looking_back_can_be_measured(capsys):
    looking_back.run(3, 20, 1)
    assert "audit verify: " in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("curl") is None, reason="compares with curl")
def test_downloads_can_be_measured(capsys):
    downloads.run(4, 1)
    assert "curl --parallel" in capsys.readouterr().out


def test_the_growth_of_every_command_can_be_measured():
    costs = growth.measure(12)
    assert len(costs) > 15
    assert all(cost.cpu > 0 for cost in costs.values())


def test_the_growth_of_commands_with_pictures_can_be_measured():
    costs = growth_of_pictures.measure(12)
    assert len(costs) == 14
    assert all(cost.cpu > 0 for cost in costs.values())


def test_the_growth_of_everything_that_goes_to_pinterest_can_be_measured():
    costs = growth_of_uploads.measure(20)
    assert len(costs) == 17
    assert all(cost.cpu > 0 for cost in costs.values())


def test_a_growth_exponent_leaves_out_what_the_start_costs():
    linear, quadratic = ([Cost(cpu=0.3 + n**e / 1000) for n in (40, 160, 640)] for e in (1, 2))
    assert growth.exponent(linear) == pytest.approx(1)
    assert growth.exponent(quadratic) == pytest.approx(2)
    assert growth.exponent([Cost(cpu=0.3), Cost(cpu=0.31), Cost(cpu=0.32)]) is None


def test_help_takes_at_most_twice_what_importing_typer_takes():
    ours, typers = start.measure(5)
    assert ours <= 2 * typers


@pytest.mark.promise("I22")
def test_the_end_of_an_apply_does_not_take_longer_for_each_action_of_a_larger_plan():
    """Quadratic, it would be thirty times as long, and Ctrl-C would seem ignored meanwhile."""
    small, large = (min(end_of_apply.measure(count) for _ in range(3)) for count in (200, 6_000))
    assert large < 8 * small
