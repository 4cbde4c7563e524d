"""The script and the units of ``docs/schedule.md``, as a user has them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pinplan.actions import KINDS
from pinplan.sandbox import Fault, FaultKind
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.test_cli import User
from tests.cli.test_looking_back import files, user  # noqa: F401 - a fixture

PAGE = (Path(__file__).parents[2] / "docs" / "schedule.md").read_text("utf-8")
UNITS = re.findall(r"In `~/.config/systemd/user/([\w.-]+)`[^`]*```ini\n(.*?)```", PAGE, re.DOTALL)
ALLOWED = re.search(r"--kinds ([\w,]+)", PAGE)


def nightly(user: User) -> tuple[int, str]:  # noqa: F811
    """Run the script; its exit code and what it printed."""
    (script,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    path = user.home / "pins-nightly"
    path.write_text(script)
    found = {**user.environment, "PATH": f"{Path(sys.executable).parent}:{user.environment['PATH']}"}
    done = subprocess.run(["sh", path, user.pins], env=found, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_job_is_silent_until_something_is_left_to_decide(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    assert nightly(user) == (0, "")
    fetched = {name for name in files(user) if name.endswith(".jpg")}
    assert len(fetched) == len(user.sandbox.world.pins)
    assert nightly(user) == (0, "")

    (user.pins / "pinplan.toml").write_text('[sync]\nmode = "two-way"\n')
    gone, *_ = sorted(fetched)
    (user.pins / gone).unlink()
    user.sandbox.world.create_pin(
        user.sandbox.world.pins_of("Nature 自然")[0].board_id, (Picture(Kind.TEXTURE, 99, 600, 900),), title="New"
    )
    code, said = nightly(user)
    assert code == 2
    assert "Plan: 0 to download" in said
    assert "1 to delete on Pinterest" in said
    assert [name for name in files(user) if "/New [" in name]
    assert not [request for request in user.sandbox.requests if request[0] == "DELETE"]
    # What the job left is what a person applies.
    user.types("apply", "plan.json")
    assert nightly(user) == (0, "")


def test_the_job_says_what_it_could_not_read_and_why_it_failed(user):  # noqa: F811
    user.types("init", str(user.pins), cwd=user.home)
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="GET /boards/*/pins", status=403)])
    code, said = nightly(user)
    assert (code, "could not be read" in said) == (3, True)
    user.sandbox.faults.set([])
    assert nightly(user) == (0, "")
    user.environment["PINPLAN_ACCESS_TOKEN"] = "wrong"
    code, said = nightly(user)
    assert (code, said.count("Error: ")) == (12, 1)


def test_the_job_never_does_what_needs_a_person():
    assert ALLOWED is not None
    assert not [kind for kind in ALLOWED[1].split(",") if KINDS[kind].trait.needs_approval]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_units_are_valid(tmp_path):
    for name, text in UNITS:
        (tmp_path / name).write_text(
            text.replace("%h/bin/pins-nightly", "/bin/true").replace("notify-send", "/bin/true")
        )
    assert {name for name, _ in UNITS} == {"pins.service", "pins.timer", "pins-failed.service"}
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *(tmp_path / name for name, _ in UNITS)],
        capture_output=True, text=True, check=False, env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert "pins" not in checked.stderr, checked.stderr
