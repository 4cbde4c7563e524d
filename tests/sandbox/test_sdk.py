"""Pinterest's own SDK, unmodified, against the sandbox.

It needs versions of urllib3 and six that do not go with our tools, and so has a virtual environment of its own: ``make sdk``.
"""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pinplan.sandbox import Sandbox, default_world
from pinplan.sandbox.rules import ALL_SCOPES

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("PINPLAN_SDK_PYTHON", ROOT / ".venv-sdk" / "bin" / "python"))
NEEDED = os.environ.get("PINPLAN_SDK") == "needed"
STORY = Path(__file__).with_name("sdk") / "story.py"


@pytest.fixture(scope="module", autouse=True)
def _the_sdk() -> None:
    if PYTHON.is_file():
        return
    reason = f"Pinterest's SDK is not installed in {PYTHON}: make sdk"
    if NEEDED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(default_world(every_shape=True)) as running:
        yield running


def told(folder: Path, *arguments: str, **environment: str) -> Any:
    """What the story prints; it sees nothing of our environment."""
    done = subprocess.run(
        [PYTHON, STORY, *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def report(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = io.BytesIO()
    Image.new("RGB", (200, 300), "red").save(out, "PNG")
    picture = base64.b64encode(out.getvalue()).decode()
    folder = tmp_path_factory.mktemp("sdk")
    return told(folder, picture, PINTEREST_API_URI=sandbox.url, PINTEREST_ACCESS_TOKEN=sandbox.token)


def test_the_account_is_read(report, sandbox):
    assert report["account"] == [sandbox.world.account.username, "PINNER"]
    assert report["media"] == 0


def test_boards_and_sections_are_made_changed_listed_and_deleted(report, sandbox):
    boards = report["boards"]
    assert boards["seen"] == ["From the SDK", "made by it", "PUBLIC", sandbox.world.account.username, 0]
    assert boards["renamed"] == "From the SDK, renamed"
    assert boards["privacy"] == ["SECRET", "PUBLIC"]
    assert boards["sections"] == [["Other part"], 0]
    others = [board.name for board in sandbox.world.boards.values() if board.name != "Pins from the SDK"]
    assert boards["listed"] == ["From the SDK, renamed", *reversed(others)]
    assert boards["deleted"][0]
    assert "From the SDK, renamed" not in others


def test_pins_are_made_read_saved_listed_and_deleted(report):
    pins = report["pins"]
    assert pins["seen"] == ["By address", "d", "https://example.org/", True, True, "REGULAR"]
    assert pins["sizes"] == ["1200x", "150x150", "400x300", "600x"]
    assert pins["saved"] == [True, True]
    assert pins["listed"] == ["By address", "By bytes", "By address"]
    assert pins["deleted"][0]
    assert pins["shapes"] == ["image", "multiple_images", "multiple_mixed", "multiple_videos", "video"]


def test_refusals_are_the_sdks_own_errors(report):
    assert report["boards"]["twice"] == [400, 1, "The board name is invalid or duplicated."]
    assert report["boards"]["deleted"][1][:2] == [404, 40]
    assert report["pins"]["deleted"][1][:2] == [404, 50]
    assert report["pins"]["bad"][:2] == [404, 40]
    assert report["stranger"] == [401, 2, "Authentication failed."]


def test_a_refresh_token_signs_the_sdk_in(sandbox, tmp_path):
    back = "http://localhost:8085/"
    granted = sandbox.tokens.redeem(sandbox.tokens.new_code(back, ALL_SCOPES), back)
    app = sandbox.settings.app
    report = told(
        tmp_path,
        PINTEREST_API_URI=sandbox.url,
        PINTEREST_REFRESH_ACCESS_TOKEN=granted.refresh,
        PINTEREST_APP_ID=app.id,
        PINTEREST_APP_SECRET=app.secret,
    )
    assert report == {"username": sandbox.world.account.username}
