"""A plan as Markdown: whatever pins are called, the comment has the rows, links and tags that pinplan made, and no others."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pinplan.errors.suggestions import suggestion
from pinplan.model.ids import PinId
from pinplan.plan.document import Plan
from pinplan.policies.mode import Mode
from pinplan.render.markdown import LEAST, code, plan_markdown
from pinplan.render.text_safety import plain
from tests.worlds import SmallWorld

HOSTILE = [
    "a | b",
    "\\| \\\\| `x` ``|`",
    "<script>alert(1)</script>",
    "</code></details> <img src=x onerror=alert(1)>",
    "@everyone #1 GH-2 org/repo#3 a@b.org",
    "[x](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example <https://evil.example>",
    "\x1b[31mred\x1b[0m \u202egpj.exe",
    "--- | ---\n\n# heading\n\n* list",
    "<!-- pinplan sha256:0 -->",
    "&lt;b&gt; &#64;everyone &amp;",
    "```\nfence",
    "$x$ ~~y~~ **z** __w__",
]
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def parsed(text: str) -> tuple[Counter[str], list[str]]:
    """How many tokens there are of each type, and the pieces of HTML."""
    kinds: Counter[str] = Counter()
    html: list[str] = []
    for token in (t for top in PARSER.parse(text) for t in (top, *(top.children or ()))):
        kinds[token.type] += 1
        if token.type.startswith("html"):
            html.append(token.content)
    return kinds, html


def of_pins(*titles: str, board: str = "Board") -> Plan:
    world = SmallWorld()
    at = world.board(board)
    for title in titles:
        world.pin(at, title)
    plan = world.plan()
    world.close()
    return plan


def deleting(title: str, board: str) -> Plan:
    """A plan with deletes, whose rows hold titles as they are, and findings."""
    world = SmallWorld()
    at = world.board(board)
    for _ in range(3):
        world.pin(at, title)
    world.apply()
    world.library.remove(min(world.library.files))
    world.library.write("mine/a | b.jpg", b"x")
    world.mode(Mode.TWO_WAY)
    plan = world.plan(allow={})
    world.close()
    return plan


BENIGN = parsed(plan_markdown(of_pins("Cat", "Dog")))
BENIGN_DELETING = parsed(plan_markdown(deleting("Cat", "Board")))
OURS = re.compile(
    r"</?code>|<details><summary>(<code>[^<>]*</code> )?[\w ]+\([0-9,]+\)[\w :,]*</summary>\n?|</details>\n?|<!-- pinplan sha256:[0-9a-f]{64} -->\n?"
)
NAMES = st.text(min_size=1, max_size=60) | st.sampled_from(HOSTILE)


@pytest.mark.promise("I28")
@given(NAMES, NAMES)
@settings(max_examples=100)
@example(HOSTILE[0], HOSTILE[1])
def test_no_title_and_no_board_makes_a_row_a_tag_or_a_link(title, board):
    kinds, html = parsed(plan_markdown(of_pins(title, "Dog", board=board)))
    assert kinds == BENIGN[0], "the same rows, cells, headings and pieces of HTML as harmless names make"
    assert [piece for piece in html if not OURS.fullmatch(piece)] == []
    assert not {"link_open", "image", "fence_open", "hr", "code_inline", "strong_open"} & (set(kinds) - set(BENIGN[0]))


@pytest.mark.promise("I28")
@given(NAMES, NAMES)
@settings(max_examples=60)
def test_nor_in_a_plan_that_deletes(title, board):
    kinds, html = parsed(plan_markdown(deleting(title, board)))
    # A title that is empty once it is harmless is left out of its row, and with it nothing else.
    assert kinds == BENIGN_DELETING[0]
    assert [piece for piece in html if not OURS.fullmatch(piece)] == []


@pytest.mark.promise("I28")
@given(st.text(max_size=100) | st.sampled_from(HOSTILE))
def test_text_stays_text_and_can_be_read(text):
    made = code(text)
    kinds, html = parsed(f"| {made} | x |\n|---|---|\n| {made} | y |\n")
    assert kinds["td_open"] == kinds["th_open"] == 2
    assert set(html) <= {"<code>", "</code>"}
    said = "".join(t.content for token in PARSER.parse(f"x{made}") for t in token.children or () if t.type == "text")
    assert said.replace("\u2060", "") == (f"x{plain(text)}" if made else "x")


@pytest.mark.parametrize("text", ["@everyone", "#12", "http://x.example", "www.x.example", "a@b.org"])
def test_mentions_references_and_addresses_are_broken_up_also_once_they_are_read(text):
    shown = "".join(t.content for token in PARSER.parse(code(text)) for t in token.children or () if t.type == "text")
    assert "\u2060" in shown
    assert not re.search(r"@\w|#\d|://|www\.", shown)


@given(st.integers(LEAST, 12_000), st.integers(1, 60))
@settings(max_examples=30)
def test_whole_rows_are_left_out_and_counted(most, pins):
    plan = of_pins(*[f"Pin {number}" for number in range(pins)])
    text = plan_markdown(plan, max_chars=most)
    assert len(text) <= most
    shown = len(re.findall(r"^\| <code>\d{4}</code>", text, re.MULTILINE))
    hidden = re.search(r"… and ([0-9,]+) more", text)
    assert shown + (int(hidden[1]) if hidden else 0) == pins
    kinds, _ = parsed(text)
    assert kinds["tr_open"] == (shown + 1 if shown else 0)
    assert all(line.count(" | ") == 4 for line in text.splitlines() if line.startswith("| <code>"))
    assert text.count("<details>") == text.count("</details>")
    assert f"<!-- pinplan {plan.digest} -->" in text


def test_what_takes_away_comes_first_and_is_open(world: SmallWorld):
    plan = mixed(world)
    text = plan_markdown(plan)
    assert text.index("Delete on Pinterest (1)") < text.index("Download (1)")
    assert "#### <code>&#33;</code> Delete on Pinterest (1)" in text
    assert "<summary><code>+</code> Download (1)</summary>" in text
    small = plan_markdown(plan, max_chars=LEAST)
    assert "Delete on Pinterest (1)" in small


def mixed(world: SmallWorld, **facts: Any) -> Plan:
    board = world.board("Board")
    made: list[PinId] = [world.pin(board, f"Pin {number}", **facts) for number in range(4)]
    world.apply()
    world.library.remove(world.path_of(made[0]))
    world.pin(board, "New")
    world.mode(Mode.TWO_WAY)
    return world.plan()


def test_a_plan_that_was_stopped_says_so(world: SmallWorld):
    board = world.board("Board")
    for number in range(3):
        world.pin(board, f"Pin {number}")
    world.apply()
    for path in list(world.library.files):
        world.library.remove(path)
    world.mode(Mode.TWO_WAY)
    text = plan_markdown(world.plan(allow={}))
    assert "**This plan cannot be applied: a check failed.**" in text
    assert "#### Stopped by a safety check" in text
    assert "--expect-digest" not in text


def test_nothing_to_do_is_one_sentence(world: SmallWorld):
    text = plan_markdown(world.plan())
    assert "**No changes. Library and Pinterest agree.**" in text
    assert "|" not in text


def test_no_name_of_a_file_ends_the_block_of_the_command():
    command = suggestion("apply", "a```\n# b.json", "--expect-digest", "sha256:0")
    kinds, html = parsed(plan_markdown(of_pins("Cat"), command))
    assert (kinds, len(html)) == (
        parsed(plan_markdown(of_pins("Cat")))[0],
        len(parsed(plan_markdown(of_pins("Cat")))[1]),
    )
