"""What the config says about moves on Pinterest."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinplan.config import load_config
from pinplan.config.from_settings import policies_of
from pinplan.errors import ConfigError
from pinplan.policies.mode import MovedFile


def policies(home: Path, text: str):
    (home / "pinplan.toml").write_text(text, "utf-8")
    return policies_of(load_config(library=home, environment={}))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[sync]\non_moved_file = "move"', "sync"),
        ('[sync]\nmode = "mirror"\non_moved_file = "move"', "sync"),
        ('[[override]]\nboard = "Cats"\non_moved_file = "move"', "override 'Cats'"),
        ('[sync]\nmode = "two-way"\n[[override]]\nboard = "Cats"\nmode = "mirror"\non_moved_file = "move"', "override"),
    ],
)
def test_modes_that_send_nothing_move_nothing(tmp_path, text, where):
    with pytest.raises(ConfigError, match='requires mode = "two-way"') as error:
        policies(tmp_path, text)
    assert where in str(error.value)


def test_the_answer_of_a_mode_can_be_set_alone(tmp_path):
    assert policies(tmp_path, '[sync]\nmode = "two-way"').moves_pins
    assert not policies(tmp_path, '[sync]\nmode = "two-way"\non_moved_file = "report"').moves_pins
    assert policies(tmp_path, '[[override]]\nboard = "Cats"\nmode = "two-way"').moves_pins
    given = '[sync]\nmode = "two-way"\n[[override]]\nboard = "Cats"\non_moved_file = "report"'
    assert policies(tmp_path, given).overrides[0].moved_file is MovedFile.REPORT


def test_unknown_answers_are_named(tmp_path):
    with pytest.raises(ConfigError, match="report, move; did you mean"):
        policies(tmp_path, '[sync]\non_moved_file = "mov"')
