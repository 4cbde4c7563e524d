"""Names of modules and public classes are made of the glossary's words, or of plain English ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pinplan"
PLAIN = ROOT / "tests" / "plain_words.txt"
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


def words_of(name: str) -> set[str]:
    return {word.lower() for word in WORD.findall(name)}


def names_in(file: Path) -> set[str]:
    """The name of a module, or of its package, and of the public classes in it."""
    module = file.parent.name if file.stem in {"__init__", "__main__"} else file.stem
    tree = ast.parse(file.read_text("utf-8"))
    return {module} | {one.name for one in tree.body if isinstance(one, ast.ClassDef) and not one.name.startswith("_")}


def glossary() -> set[str]:
    """The words that ``docs/architecture.md`` explains: those in bold."""
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = page.partition("## Words")[2].partition("## Rooms")[0]
    rows = [line for line in table.splitlines() if line.startswith("| **")]
    return {word for row in rows for term in re.findall(r"\*\*(.+?)\*\*", row) for word in words_of(term)}


USED = {word: name for file in sorted(PACKAGE.rglob("*.py")) for name in names_in(file) for word in words_of(name)}


def test_names_are_made_of_words_that_are_explained_or_plain():
    allowed = glossary() | set(PLAIN.read_text("utf-8").split())
    strange = {word: name for word, name in USED.items() if word not in allowed}
    assert not strange, "explain these in docs/architecture.md, or use a word that is there already"


def test_plain_words_are_only_those_that_names_need():
    plain = PLAIN.read_text("utf-8").split()
    assert plain == sorted(set(plain) & (USED.keys() - glossary()))


@pytest.mark.parametrize(
    "word",
    ["twin", "twins", "faces", "rung", "course", "fate", "witness", "hindsight", "trait", "tallies", "proof", "glance"],
)
def test_a_word_of_the_old_dialect_does_not_come_back(word):
    assert word not in USED


def functions_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    return {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("word", ["tell", "told", "said", "glance", "fates"])
def test_no_function_speaks_it_either(word):
    names = {name for file in PACKAGE.rglob("*.py") for name in functions_in(file)}
    assert {name for name in names if word in name.split("_")} == set()


def test_no_word_is_explained_that_is_used_nowhere():
    text = " ".join(file.read_text("utf-8") for file in PACKAGE.rglob("*.py")).lower()
    assert {word for word in glossary() if word not in text} == set()
