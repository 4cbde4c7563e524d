"""Options that write a file, and flags as other tools spell them: typed as a person types them."""

from __future__ import annotations

import json

import pytest

from pinplan.cli.aliases import as_ours
from pinplan.cli.app import app
from pinplan.records.plan_file import decode_plan, read_plan
from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture


@pytest.mark.promise("I17")
def test_no_option_writes_over_a_picture_the_config_or_the_state(user):  # noqa: F811
    user.library()
    user.types("plan", "-o", "../plan.json")
    picture = next(path for path in files(user) if path.endswith(".jpg"))
    before = files(user) | {name: (user.pins / name).read_bytes() for name in ("pinplan.toml", ".pinplan/library.json")}
    for target in (picture, "pinplan.toml", ".pinplan/library.json", ".pinplan/state.db", ".pinplan/audit.jsonl"):
        for words in (
            ("plan", "-o", target),
            ("undo", "-o", target),
            ("trash", "restore", "*", "-o", target),
            ("show", "../plan.json", "--html", target),
            ("review", "../plan.json", "-o", target),
            ("plan", "--save-snapshots", target),
            ("gallery", target),
            ("dupes", "--html", target),
        ):
            user.types(*words, code=64)
    assert (
        before.items()
        <= (files(user) | {n: (user.pins / n).read_bytes() for n in before if n not in files(user)}).items()
    )
    user.types("status")


def test_a_saved_plan_is_no_file_of_the_library(user):  # noqa: F811
    user.library()
    user.types("plan", "-o", "plan.json")
    first = read_plan(user.pins / "plan.json").digest
    user.types("plan", "-o", "plan.json")
    assert read_plan(user.pins / "plan.json").digest == first


def test_a_dash_is_standard_output_and_standard_input(user):  # noqa: F811
    user.library()
    done = user.run(["plan", "-o", "-"], user.pins, user.environment)
    assert decode_plan(done.stdout.encode()).actions == ()
    assert not (user.pins / "-").exists()
    user.types("plan", "-o", "-", "--json", code=64)
    user.types("plan", "-o", "../plan.json")
    page = user.run(["show", "../plan.json", "--html", "-", "--offline"], user.pins, user.environment)
    assert page.stdout.startswith("<!doctype html>")
    assert page.stdout.rstrip().endswith("</html>")
    user.types("show", "../plan.json", "--html", "-", "--json", code=64)
    page = user.run(["dupes", "--html", "-"], user.pins, user.environment)
    assert page.stdout.startswith("<!doctype html>")
    assert page.stdout.rstrip().endswith("</html>")
    user.types("dupes", "--html", "-", "--json", code=64)
    user.types("dupes", "--html", "x.html", "--hash", "phash:3", code=64)


@pytest.mark.promise("I17")
def test_what_cannot_go_to_standard_output_says_so_and_writes_no_file_called_dash(user):  # noqa: F811
    user.library()
    user.types("plan", "-o", "../plan.json")
    for words in (("review", "../plan.json", "-o", "-"), ("plan", "--save-snapshots", "-"), ("gallery", "-")):
        user.types(*words, code=64)
    assert not (user.pins / "-").exists()


def test_flags_as_terraform_spells_them(user):  # noqa: F811
    user.library()
    user.types("plan", "-out=p.json", "-detailed-exitcode", "-no-color")
    assert (user.pins / "p.json").exists()
    assert not (user.pins / "ut=p.json").exists()
    events = [json.loads(line) for line in user.types("plan", "-json").splitlines()]
    assert events[0]["type"] == "version"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["plan", "-out=p.json"], ["plan", "--out=p.json"]),
        (["plan", "-out", "p.json"], ["plan", "--out", "p.json"]),
        (["plan", "-target=Cats"], ["plan", "--target=Cats"]),
        (["apply", "-auto-approve", "p.json"], ["apply", "--auto-approve", "p.json"]),
        (["apply", "-input=false"], ["apply", "--no-input"]),
        (["plan", "-o", "p.json", "-qv"], ["plan", "-o", "p.json", "-qv"]),
        (["find", "--", "-json"], ["find", "--", "-json"]),
        (["plan", "-outx=p.json"], ["plan", "--outx=p.json"]),
        (["plan", "-o=p.json"], ["plan", "-op.json"]),
        (["plan", "-op.json"], ["plan", "-op.json"]),
        (["plan", "-qvo", "p.json"], ["plan", "-qvo", "p.json"]),
        (["plan", "-input=false", "-out=p.json"], ["plan", "--out=p.json"]),
        (["trash", "empty", "-input=false"], ["trash", "empty"]),
        (["plan", "-destroy"], ["plan", "--destroy"]),
        (["-version"], ["--version"]),
    ],
)
def test_one_dash_means_two_before_a_flag_name(typed, meant):
    assert as_ours(typed, app) == meant


@pytest.mark.parametrize("words", [("--version",), ("-version",)])
def test_the_version_is_printed(user, words):  # noqa: F811
    assert user.types(*words).startswith("pinplan ")
