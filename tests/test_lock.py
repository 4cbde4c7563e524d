"""The lock, with real processes: one at a time, and a dead holder never blocks."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from pinplan.errors import DiskRefused, LockHeld
from pinplan.lock import hold

HOLD = """
import sys
from pathlib import Path
from pinplan.lock import hold
with hold(Path(sys.argv[1]), command="apply"):
    print("held", flush=True)
    sys.stdin.read()
"""
COUNT = """
import sys, time
from pathlib import Path
from pinplan.lock import hold
counter = Path(sys.argv[2])
for _ in range(25):
    with hold(Path(sys.argv[1]), command="count", timeout=1e6, sleep=lambda seconds: time.sleep(0.001)):
        counter.write_text(str(int(counter.read_text()) + 1))
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def never(seconds):
    raise AssertionError("it must not wait")


@pytest.mark.promise("I15")
def test_a_second_process_is_turned_away_and_told_who_holds_it(tmp_path, holder):
    with pytest.raises(LockHeld) as caught, hold(tmp_path / "lock", command="plan", sleep=never):
        pass
    assert f"pinplan apply (process {holder.pid} on " in caught.value.holder


@pytest.mark.promise("I15")
def test_a_killed_holder_blocks_nobody(tmp_path, holder):
    holder.kill()
    holder.wait()
    started = time.monotonic()
    with hold(tmp_path / "lock", command="plan", timeout=1):
        assert time.monotonic() - started < 1


@pytest.mark.promise("I15")
def test_a_stopped_holder_still_holds(tmp_path, holder):
    holder.send_signal(signal.SIGSTOP)
    with pytest.raises(LockHeld), hold(tmp_path / "lock", command="plan", sleep=never):
        pass
    holder.send_signal(signal.SIGCONT)
    holder.communicate()
    with hold(tmp_path / "lock", command="plan", sleep=never):
        assert holder.returncode == 0


def test_it_waits_as_long_as_it_was_told(tmp_path, holder):
    waits: list[float] = []
    with pytest.raises(LockHeld), hold(tmp_path / "lock", command="plan", timeout=30, sleep=waits.append):
        pass
    assert 30 <= sum(waits) < 30.5


def test_it_goes_on_when_the_holder_ends(tmp_path, holder):
    with hold(tmp_path / "lock", command="plan", timeout=30, sleep=lambda seconds: holder.communicate()):
        assert holder.returncode == 0


@pytest.mark.promise("I15")
def test_processes_never_overlap(tmp_path):
    (tmp_path / "counter").write_text("0")
    command = [sys.executable, "-c", COUNT, str(tmp_path / "lock"), str(tmp_path / "counter")]
    running = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    assert (tmp_path / "counter").read_text() == "100"


@pytest.mark.promise("I15")
@pytest.mark.parametrize(
    "left", [b"", b"garbage \xff", b'{"pid": 1, "host": "x", "command": "apply", "since": "then"}']
)
def test_a_file_left_behind_means_nothing(tmp_path, left):
    (tmp_path / "lock").write_bytes(left)
    with hold(tmp_path / "lock", command="plan", sleep=never):
        assert b'"plan"' in (tmp_path / "lock").read_bytes()
    assert (tmp_path / "lock").read_bytes() == b""


def test_a_holder_that_says_nothing_holds_all_the_same(tmp_path):
    with hold(tmp_path / "lock", command="plan"):
        (tmp_path / "lock").write_bytes(b"\xff")
        with pytest.raises(LockHeld, match="another process"), hold(tmp_path / "lock", command="apply"):
            pass


def test_an_error_inside_lets_go(tmp_path):
    with pytest.raises(ZeroDivisionError), hold(tmp_path / "lock", command="plan"):
        raise ZeroDivisionError
    with hold(tmp_path / "lock", command="plan", sleep=never):
        assert (tmp_path / "lock").stat().st_size > 0


def test_a_lock_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("elsewhere")
    for path in (tmp_path / "nowhere/lock", tmp_path / "link", tmp_path):
        with pytest.raises(DiskRefused), hold(path, command="plan"):
            pass
    assert not (tmp_path / "elsewhere").exists()
