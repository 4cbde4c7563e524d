"""How a story begins: a config from the whole schema, boards and pins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

BOARDS = ("Animals 動物", "a/b: c?", "Recipes", "recipes old", "con")
SORTS = ("small",) * 8 + (
    "large",
    "png",
    "carousel",
    "copy",
    "recompressed",
    "variant",
    "webp",
    "video",
    "titled",
    "gif",
)
TEMPLATES = (
    "{board}/{title} ({pin_id}){slot}{ext}",
    "{board}/{section}/{title:.9} [{pin_id}]{slot}{ext}",
    "{board}/{created_at:%Y-%m-%d} {title} [{pin_id}]{slot}{ext}",
)
FIRST_PIN = 987_000_000_000_000
TYPO = "qqzz"
"""Makes a name that is no board's, ever."""
Config = dict[str, Any]


def draw_setup(dice: random.Random) -> dict[str, Any]:
    """A config from the whole schema, boards and pins."""
    names = dice.sample(BOARDS, dice.randint(1, 3))
    boards = [{"name": name, "sections": ["Section", "Other"][: dice.choice((0, 1, 1, 2))]} for name in names]
    pins = []
    for number in range(dice.randint(2, 9)):
        board = dice.randrange(len(boards))
        sections = len(boards[board]["sections"])
        section = dice.randrange(sections) if sections and dice.random() < 0.4 else -1
        pins.append([board, section, dice.choice(SORTS), number])
    made = sum(1 + len(board["sections"]) for board in boards)
    ids = [str(FIRST_PIN + made + 1 + number) for number in range(len(pins))]
    return {"config": draw_config(dice, names, ids), "boards": boards, "pins": pins}


def draw_config(dice: random.Random, boards: list[str], pins: list[str]) -> Config:
    """Tables of pinplan.toml; high enough limits that things happen, mostly."""
    config: Config = {"sync": {"mode": dice.choice(("two-way",) * 5 + ("mirror",) * 2 + ("archive",) * 2)}}
    _draw_duplicates(dice, config, boards)
    _draw_limits(dice, config)
    _draw_answers(dice, config, boards)
    _draw_protection(dice, config, boards, pins)
    _draw_part(dice, config, boards, pins)
    _draw_files(dice, config)
    _draw_network(dice, config)
    _draw_uploads(dice, config, boards)
    _draw_posts(dice, config)
    return config


def _draw_duplicates(dice: random.Random, config: Config, boards: list[str]) -> None:
    if dice.random() < 0.5:
        table = config["dedupe"] = {"remove": dice.choice(("both", "both", "both", "local", "remote", "report", "off"))}
        if dice.random() < 0.5:
            table["scope"] = dice.choice(("section", "board", "account"))
        if dice.random() < 0.5:
            table["merge"] = ["description", "link", "alt_text"]
        if dice.random() < 0.3:
            rungs = ["resolution", "quality", "own_upload", "has_link", "oldest"]
            table["keep"] = dice.sample(rungs, dice.randint(1, 5))
        if dice.random() < 0.2:
            table["reference"] = [dice.choice(boards)]


def _draw_limits(dice: random.Random, config: Config) -> None:
    if dice.random() < 0.2:
        config["limits"] = {"max_remote_delete_count": dice.randint(0, 2), "max_local_delete_count": dice.randint(0, 2)}
    elif dice.random() < 0.5:
        config["limits"] = {"max_remote_deletes": "100%", "max_local_deletes": "100%"}
    if dice.random() < 0.05:
        config.setdefault("limits", {})["max_remote_delete_bytes"] = "4 kB"
    if dice.random() < 0.05:
        config.setdefault("limits", {})["max_vanished_boards"] = "100%"


def _draw_answers(dice: random.Random, config: Config, boards: list[str]) -> None:
    """Single answers, for all boards or for some."""
    answers = {
        "on_missing_file": ("leave", "download", "delete"),
        "on_gone_pin": ("keep", "trash"),
        "on_new_pin": ("download", "ignore"),
    }
    for answer, words in answers.items():
        if dice.random() < 0.08:
            config["sync"][answer] = dice.choice(words)
    if dice.random() < 0.15:
        override = {"board": dice.choice(boards), "mode": dice.choice(("archive", "mirror", "two-way"))}
        if dice.random() < 0.3:
            answer = dice.choice(list(answers))
            override[answer] = dice.choice(answers[answer])
        config["override"] = [override]
    if dice.random() < 0.03:
        config.setdefault("override", []).append({"board": f"{dice.choice(boards)} {TYPO}", "mode": "archive"})


def _draw_protection(dice: random.Random, config: Config, boards: list[str], pins: list[str]) -> None:
    if dice.random() < 0.15:
        config["protect"] = {"boards": [dice.choice(boards)]}
    if dice.random() < 0.06:
        config.setdefault("protect", {})["pins"] = [dice.choice(pins)]
    if dice.random() < 0.04:
        config.setdefault("protect", {})["globs"] = ["*.jpg"]
    if dice.random() < 0.05:
        config.setdefault("protect", {})["kinds"] = [dice.choice(("delete_remote", "delete_local", "dedupe"))]
    if dice.random() < 0.03:
        config.setdefault("protect", {}).setdefault("boards", []).append(f"{dice.choice(boards)} {TYPO}")
    if dice.random() < 0.05:
        config["apply"] = {"require_decisions": [dice.choice(("delete_remote", "dedupe"))]}


def _draw_part(dice: random.Random, config: Config, boards: list[str], pins: list[str]) -> None:
    """Boards and pins that take no part."""
    if dice.random() < 0.06:
        config["boards"] = {"exclude": [dice.choice(boards)]}
    if dice.random() < 0.06:
        config.setdefault("boards", {})["ignore_pins"] = [dice.choice(pins)]


def _draw_files(dice: random.Random, config: Config) -> None:
    if dice.random() < 0.2:
        config["library"] = {"template": dice.choice(TEMPLATES)}
    if dice.random() < 0.1:
        config.setdefault("library", {})["mtime"] = "created"
    if dice.random() < 0.05:
        config.setdefault("library", {})["trash_days"] = dice.choice((0, 30))


def _draw_uploads(dice: random.Random, config: Config, boards: list[str]) -> None:
    """Pictures of the person's own become pins; theirs are smaller than what may be uploaded by default."""
    if dice.random() < 0.25:
        if dice.random() < 0.8:
            config["sync"]["mode"] = "publish"
            # Most with folders of boards from the start.
            if dice.random() < 0.6:
                config["sync"]["on_new_pin"] = "download"
        else:
            config.setdefault("override", []).append({"board": dice.choice(boards), "mode": "publish"})
        config["upload"] = {
            "own_content": dice.random() < 0.9,
            "min_side": dice.choice((50, 50, 50, 100)),
            "settle_seconds": dice.choice((0, 0, 10)),
            "per_day": dice.choice((50, 50, 1)),
        }
        if dice.random() < 0.3:
            config["upload"]["new_boards"] = "public"
        if dice.random() < 0.6:
            config["upload"]["carousels"] = "names"


def _draw_posts(dice: random.Random, config: Config) -> None:
    """In more stories the person may publish what they post."""
    if "upload" not in config and dice.random() < 0.6:
        config["upload"] = {"own_content": True, "min_side": 50}


def _draw_network(dice: random.Random, config: Config) -> None:
    if dice.random() < 0.3:
        config["network"] = {"parallelism": dice.choice((1, 2, 8))}
    if dice.random() < 0.1:
        config.setdefault("network", {})["retries"] = dice.choice((0, 1))
    if dice.random() < 0.05:
        config.setdefault("network", {})["max_gone_checks"] = dice.choice((0, 1))
    if dice.random() < 0.1:
        config.setdefault("network", {})["full_refresh_days"] = 0
    if dice.random() < 0.04:
        config.setdefault("network", {})["daily_calls"] = dice.choice((15, 60))
