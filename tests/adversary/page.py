"""The tables of docs/tests.md, from what the adversary has."""

from __future__ import annotations

import re
from pathlib import Path

from tests.adversary import (  # noqa: F401 - enters them
    answer_invariants,
    config_invariants,
    move_invariants,
    plan_invariants,
    upload_invariants,
    word_invariants,
)
from tests.adversary.actors import VERBS, Verb
from tests.adversary.invariants import ACCUSATIONS, INVARIANTS
from tests.adversary.known import KNOWN

PAGE = Path(__file__).parents[2] / "docs" / "tests.md"


def _by_actor() -> dict[str, list[Verb]]:
    found: dict[str, list[Verb]] = {}
    for verb in VERBS.values():
        found.setdefault(verb.actor, []).append(verb)
    return found


def page_with_tables(page: str) -> str:
    """The page with the present actors, invariants and switches."""
    sentences = {one.name: one.sentence for one in INVARIANTS.values()} | ACCUSATIONS
    tables = {
        "actors": [
            f"| {actor} | {len(verbs)} | {', '.join(verb.name for verb in verbs)} |"
            for actor, verbs in _by_actor().items()
        ],
        "invariants": [f"| `{name}` | {sentence} |" for name, sentence in sentences.items()],
        "known": [f"| `{one.name}` | {one.mends} |" for one in KNOWN],
    }
    heads = {
        "actors": "| actor | verbs | |",
        "invariants": "| name | sentence |",
        "known": "| switch | what will mend it |",
    }
    for name, rows in tables.items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        head = (heads[name], "|" + "---|" * (heads[name].count("|") - 1))
        text = "".join(f"{row}\n" for row in (*head, *(rows or ["| none | |"])))
        page, found = block.subn(lambda match, text=text: match[1] + text + match[2], page)  # type: ignore[misc]
        assert found == 1, f"docs/tests.md has no place for {name}"
    return page
