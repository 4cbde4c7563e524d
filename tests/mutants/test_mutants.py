"""The changes that `make mutants` tries: which there are, that one is really made, and that it is noticed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.mutants import report, targets
from tests.mutants.operators import enums_in, mutants_of, mutated
from tests.mutants.reliable import Reliable
from tests.mutants.survivors import PAGE, accepted, page_with_survivors
from tests.mutants.trial import Trial

ENUM = "class Side(Enum):\n    LEFT = 1\n    RIGHT = 2\n"


def changes(source: str) -> list[str]:
    """What is changed in the body of a function."""
    body = "".join(f"    {line}\n" for line in source.splitlines())
    return [one.change for one in mutants_of("m.py", f"def f(a, b):\n{body}", enums_in([ENUM]))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", ["a < b → a <= b", "a < b → a >= b"]),
        ("x = a is None", ["a is None → a is not None"]),
        ("x = a and b", ["or instead of and in a and b", "without and a", "without and b"]),
        ("x = not a", ["not a → a"]),
        ("x = a + b", ["a + b → a - b"]),
        ("x = 1", ["1 → 2"]),
        ("x = True", ["True → False"]),
        ("x = 'word'", ["'word' → 'word~'"]),
        ("x = 'read by people'", []),
        ("x = f'{a} of {b}'", []),
        ("x = Side.RIGHT", ["Side.RIGHT → Side.LEFT"]),
        ("x = a(b, 2.5)", ["a(b, 2.5) → a(2.5, b)", "2.5 → 3.5"]),
        ("x = a(b, b)", []),
        ("x = a(*a, b)", []),
        ("x = max(a, b)", ["max(a, b) → min(a, b)"]),
        ("x = TypeVar('x')", []),
        ("x = a(of=b)", ["without of=b"]),
        ("x = any(a)", ["any(a) → all(a)"]),
        ("x = [y for y in a if y]", ["y → not y", "without if y"]),
        ("a.b()", ["without a.b()"]),
        ("a.b = b", ["without a.b = b"]),
        ("a += b", ["without a += b"]),
        ("return a", ["return None"]),
        ("return None", []),
        ("return False", ["False → True"]),
        ("raise a", ["without raise a"]),
        ("if a:\n    return", ["a → not a", "never a", "without return"]),
        ("match a:\n    case 1 | 2:\n        return", ["without 1", "without 2", "1 → 2", "2 → 3", "without return"]),
        ("try:\n    a()\nexcept KeyError:\n    b()", ["without a()", "not handled", "without b()"]),
        ("if a:  # pragma: no cover - never\n    x = 1\nx = 2", ["2 → 3"]),
        ("match a:\n    case _:  # pragma: no cover - never\n        x = 1", []),
        ('"""A docstring."""', []),
        ("x: Literal['word']", []),
        ("if TYPE_CHECKING:\n    x = 1", []),
    ],
)
def test_what_is_changed(source, expected):
    assert changes(source) == expected


def test_values_of_enums_are_labels_and_stay():
    assert mutants_of("m.py", ENUM, {}) == []


def test_a_change_is_made_where_it_is_shown():
    source = "def f(a):\n    return a == 1 and a != 2\n"
    found = mutants_of("m.py", source, {})
    made = {one.change: ast.unparse(mutated(source, one.number, {})).splitlines()[1].strip() for one in found}
    assert made["a == 1 → a != 1"] == "return a != 1 and a != 2"
    assert made["without and a != 2"] == "return a == 1"
    assert made["2 → 3"] == "return a == 1 and a != 3"
    assert made["return None"] == "return None"


def test_a_change_is_known_by_function_line_and_change_wherever_it_moves():
    before = mutants_of("old.py", "class A:\n    def f(self):\n        return 1\n", {})
    after = mutants_of("new.py", "import os\n\n\nclass A:\n    def f(self):\n        return 1\n", {})
    assert [one.key for one in before] == [one.key for one in after]
    assert before[-1].key == ("A.f", "return 1", "1 → 2")


def test_every_pattern_names_a_file():
    assert all(list(targets.ROOT.glob(pattern)) for pattern in targets.MODULES)
    assert all((targets.ROOT / test).exists() for test in targets.TESTS)


def test_each_accepted_survivor_has_a_reason():
    known = accepted().values()
    assert known
    assert all(one.why.endswith(".") and one.line and one.change for one in known)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_good_tests_notice_every_change():
    words = ["--forget", "--modules", "tests/mutants/sample.py", "--tests", "tests/mutants/test_sample.py"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants", *words],
        cwd=targets.ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"0 of \d+ survived", done.stdout.splitlines()[-1])


def test_a_test_that_fails_by_itself_with_nothing_changed_notices_nothing(capsys):
    asked = []

    def passes_unchanged(test: str) -> bool:
        asked.append(test)
        return test != "needs others"

    def trial(tests: Sequence[str]) -> Trial:
        return Trial(tests[0] if tests else "", len(tests))

    reliable = Reliable(passes_unchanged)
    assert [reliable.try_out(tests, trial).by for tests in (["needs others", "good"], ["needs others"])] == ["good", ""]
    assert reliable.try_out(["good"], lambda tests: Trial("timeout", len(tests))).by == "timeout"
    assert reliable.try_out(["good"], lambda _: None) is None
    assert asked == ["needs others", "good"]
    assert capsys.readouterr().out.splitlines() == ["left out, fails by itself with nothing changed: needs others"]


@pytest.mark.parametrize(("survived", "code"), [(1, 0), (2, 1)])
def test_more_than_five_in_a_hundred_may_not_survive(capsys, survived, code):
    (mutant,) = mutants_of("m.py", "x = 1\n", {})
    mutants = [mutant._replace(number=number) for number in range(20)]
    tried = {one: Trial("" if one.number < survived else "test", 1) for one in mutants}
    assert report.close(mutants, tried, seconds=1, whole=False) == code
    told = capsys.readouterr().out
    assert "not listed: m.py:1: (module): 1 → 2" in told
    assert f"{survived} of 20 survived" in told


def test_the_page_has_every_accepted_survivor():
    text = PAGE.read_text("utf-8")
    assert page_with_survivors(text) == text, "run `make docs`"
