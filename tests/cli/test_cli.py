"""The command line, driven as a user does: real processes, a real server, real files.

`test_the_whole_story` and whatever is sent a signal start the installed program; what `User.types` runs is a fork of a process
that has it imported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from pinplan.sandbox import Sandbox, default_world
from tests.cli.terminal import PINPLAN, forked, installed

CATS = Path("Animals 動物") / "Cats"


class User:
    """Somebody at a terminal, in a folder, with an account on a sandbox."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        self.home = home
        self.sandbox = sandbox
        self.pins = home / "Pins"
        self.run = forked
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PINPLAN_API_URL": sandbox.url,
            "PINPLAN_ACCESS_TOKEN": sandbox.token,
        }

    def types(self, *words: str, code: int = 0, cwd: Path | None = None, **changes: str | None) -> str:
        """Run pinplan; its exit code must be the expected one. What it says on both streams."""
        environment = {k: v for k, v in {**self.environment, **changes}.items() if v is not None}
        where = cwd or (self.pins if self.pins.is_dir() else self.home)
        done = self.run(list(words), where, environment)
        said = done.stdout + done.stderr
        assert "Traceback" not in said, said
        assert done.returncode == code, said
        return said

    def library(self) -> User:
        """A library on which both sides agree."""
        self.types("init", str(self.pins), cwd=self.home)
        self.types("apply", "--auto-approve")
        return self


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    with Sandbox(default_world()) as sandbox:
        yield User(tmp_path, sandbox)


def said_by(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def cat(user: User, number: int = 0) -> Path:
    return sorted((user.pins / CATS).iterdir())[number]


def impatient(user: User) -> Path:
    """A config that tries once."""
    config = user.pins / "pinplan.toml"
    config.write_text("[network]\nretries = 0\n")
    return config


# -- the story of the README -----------------------------------------------------------------------------------------


@pytest.mark.promise("I7")
@pytest.mark.promise("I23")
def test_the_whole_story(user):
    user.run = installed
    assert "Library created in" in user.types("init", str(user.pins), cwd=user.home)
    planned = user.types("plan", "-o", "plan.json")
    assert (
        "Plan: 74 to download, 0 to move, 1 to copy, 0 to trash locally, 0 to delete on Pinterest, 0 duplicates"
        in planned
    )
    assert {method for method, _ in user.sandbox.requests} == {"GET"}
    assert "Plan: 74 to download" in user.types("show", "plan.json")
    user.types("show", "plan.json", "--detailed-exitcode", code=2)
    applied = user.types("apply", "plan.json")
    assert "Applied: 75 actions done" in applied
    assert "No changes. Library and Pinterest agree." in user.types("plan", "--detailed-exitcode")
    assert "Already applied in full" in user.types("apply", "plan.json")
    cat(user).unlink()
    archive = user.types("plan", "--detailed-exitcode")
    assert "was removed here" in archive
    user.types("plan", "--fail-on", "findings", code=2)
    user.types("plan", "--fail-on", "blocked")
    assert "expected one of findings, blocked" in user.types("plan", "--fail-on", "all", code=64)
    assert "1 to download" in user.types("plan", "--mode", "mirror")
    assert "1 to delete on Pinterest" in user.types("plan", "--mode", "two-way", "--detailed-exitcode", code=2)
    assert not [method for method, _ in user.sandbox.requests if method != "GET"]


def test_two_way_deletes_the_pin_and_keeps_what_it_was(user):
    user.library()
    path = cat(user)
    pin = path.name.rpartition("[")[2].partition("]")[0]
    path.unlink()
    user.types("plan", "--mode", "two-way", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert pin not in user.sandbox.world.pins
    kept = {p.name for p in (user.pins / ".pinplan" / "trash").rglob("*") if p.is_file()}
    assert kept == {f"{pin}-0.jpeg", f"{pin}.json"}
    assert "No changes" in user.types("plan", "--mode", "two-way")


def test_demo_tells_the_story_and_says_where_things_lie(tmp_path):
    done = subprocess.run([PINPLAN, "demo", str(tmp_path / "demo")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for words in (
        "5 to move, 1 to replace, 1 to trash locally, 1 to delete on Pinterest",
        "No changes.",
        "1 to create on Pinterest",
        "No problems found: 74 files",
        "history",
        "trash",
    ):
        assert words in done.stdout
    assert (tmp_path / "demo" / "plan-2.json").is_file()
    again = subprocess.run([PINPLAN, "demo", str(tmp_path / "demo")], capture_output=True, text=True, check=False)
    assert (again.returncode, "not empty" in again.stderr) == (64, True)


def test_sandbox_serve_announces_itself_and_ends_when_told():
    command = [PINPLAN, "sandbox", "serve", "--boards", "3", "--pins", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        first = json.loads(said_by(server).readline())
        assert first["url"].endswith("/v5")
        assert first["token"] == "sandbox"
        port = first["url"].split(":")[2].removesuffix("/v5")
        taken = subprocess.run([*command, "--port", port], capture_output=True, text=True, check=False)
        assert (taken.returncode, "--port" in taken.stderr) == (64, True)
        server.send_signal(signal.SIGTERM)
        assert server.wait(10) in {0, -signal.SIGTERM, 143}


# -- looking back ----------------------------------------------------------------------------------------------------


def test_status_history_and_explain(user):
    user.library()
    assert "75 files of 73 pins" in user.types("status", PINPLAN_ACCESS_TOKEN=None)
    runs = json.loads(user.types("history", "--json"))["runs"]
    assert [run["total"] for run in runs] == [75]
    assert user.types("history", runs[0]["id"]).count("download") == 74
    assert "no run" in user.types("history", "nothing", code=64)
    path = cat(user)
    pin = path.name.rpartition("[")[2].partition("]")[0]
    by_file = user.types("explain", str(path.relative_to(user.pins)))
    assert "History:" in by_file
    assert pin in by_file
    assert "has no action for it" in by_file
    path.unlink()
    assert user.types("explain", f"https://www.pinterest.com/pin/words-of-its-title--{pin}/") == user.types(
        "explain", pin
    )
    assert "removed locally" in user.types("explain", pin)
    assert "an untracked file" in user.types(
        "explain",
        "pinplan.toml.copy" if shutil.copy(user.pins / "pinplan.toml", user.pins / "pinplan.toml.copy") else "",
    )


def test_explain_says_what_changed_in_a_pin(user):
    user.library()
    user.types("plan", "--save-snapshots", "then")
    pin = cat(user).name.rpartition("[")[2].partition("]")[0]
    assert "Unchanged since." in user.types("explain", pin, "--since", "then")
    user.sandbox.world.update_pin(pin, title="A new title", link=None)
    said = user.types("explain", pin, "--since", "then")
    assert "title:" in said
    assert "A new title" in said
    assert "is not in the saved snapshots" in user.types("explain", "12345", "--since", "then", code=64)


def test_saved_snapshots_give_the_same_plan_without_any_network(user):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "one.json", "--save-snapshots", "world")
    user.types("plan", "-o", "two.json", "--from-snapshots", "world", PINPLAN_API_URL=None, PINPLAN_ACCESS_TOKEN=None)
    one, two = (json.loads((user.pins / name).read_text()) for name in ("one.json", "two.json"))
    assert one["digest"] == two["digest"]


def test_json_is_a_stream_of_events(user):
    user.types("init", str(user.pins), cwd=user.home)
    lines = [json.loads(line) for line in user.types("plan", "--json", "-o", "plan.json").splitlines()]
    assert (lines[0]["type"], lines[0]["ui"]) == ("version", "1.0")
    assert lines[-1]["type"] == "plan_summary"
    assert sum(line["type"] == "planned_action" for line in lines) == 75
    lines = [json.loads(line) for line in user.types("apply", "plan.json", "--json").splitlines()]
    assert sum(line["type"] == "action_ended" and line["outcome"] == "done" for line in lines) == 75
    assert lines[-1]["type"] == "apply_ended"
    assert json.loads(user.types("show", "plan.json", "--json"))["format"] == "pinplan.plan"


def test_schemas_are_json_and_fit(user):
    for document in ("plan", "events", "config"):
        assert "$schema" in json.loads(user.types("schema", document))


def test_a_reader_that_goes_away_is_no_error(user):
    plan = Path(__file__).parents[2] / "fixtures" / "scenarios" / "everything_removed_here.two-way" / "plan.json"
    command = f'"{PINPLAN}" show "{plan}" --all | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


# -- asking ----------------------------------------------------------------------------------------------------------


def test_without_a_saved_plan_somebody_must_answer(user):
    user.types("init", str(user.pins), cwd=user.home)
    assert "no terminal is attached" in user.types("apply", code=8)
    assert "no terminal is attached" in user.types("apply", "--no-input", code=8)
    assert not (user.pins / CATS).exists()


def test_expect_digest_refuses_any_other_plan(user):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    digest = json.loads((user.pins / "plan.json").read_text())["digest"]
    assert "sha256:0" in user.types("apply", "plan.json", "--expect-digest", "sha256:0", code=4)
    assert not list(user.pins.rglob("*.jpg"))
    user.types("apply", "plan.json", "--expect-digest", digest)
    assert list(user.pins.rglob("*.jpg"))


@pytest.mark.promise("I9")
def test_targets_and_excludes(user):
    user.types("init", str(user.pins), cwd=user.home)
    assert "Plan: 7 to download" in user.types("plan", "--target", "Animals 動物/Cats")
    assert "Plan: 56 to download" in user.types("plan", "--exclude", "Animals 動物")
    assert "Plan: 7 to download" in user.types("plan", "--target", "animals 動物/CATS")
    said = user.types("plan", "--target", "Anmials 動物", "--exclude", "Dgos", "-o", "plan.json", code=64)
    assert "--target Anmials 動物: matches nothing; did you mean Animals 動物?" in said
    assert "--exclude Dgos: matches nothing" in said
    assert not (user.pins / "plan.json").exists()


@pytest.mark.promise("I9")
def test_a_protection_that_is_misspelt_is_said_and_stops_what_it_may_have_meant(user):
    user.library()
    (user.pins / "pinplan.toml").write_text('[protect]\nboards = ["Anmials*"]\n')
    said = user.types("plan")
    assert "[protect] boards: Anmials*: matches nothing" in said
    cat(user).write_bytes(b"")
    said = user.types("plan", "-o", "plan.json", code=5)
    assert "--allow unmatched-selectors=1" in said
    user.types("apply", "plan.json", code=5)
    user.types("plan", "-o", "plan.json", "--allow", "unmatched-selectors=1")
    user.types("apply", "plan.json")


def test_kinds_limit_an_apply(user):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    assert "is not a kind" in user.types("apply", "plan.json", "--kinds", "downlod", code=64)
    user.types("apply", "plan.json", "--kinds", "move_local")
    assert not (user.pins / CATS).exists()
    assert "74 actions done" in user.types("apply", "plan.json", "--kinds", "download")


# -- bad input -------------------------------------------------------------------------------------------------------


def test_usage_errors_exit_64(user):
    for words in (
        ["bogus"],
        ["plan", "--bogus"],
        ["show"],
        ["schema", "nothing"],
        ["plan", "--allow", "x=1"],
        ["plan", "--lock-timeout", "soon"],
    ):
        user.types("init", str(user.pins), cwd=user.home, code=0) if not user.pins.exists() else None
        user.types(*words, code=64)


def test_no_library_no_token_wrong_token_no_server(user):
    assert "pinplan init" in user.types("plan", code=64)
    user.types("init", str(user.pins), cwd=user.home)
    assert "PINPLAN_ACCESS_TOKEN" in user.types("plan", PINPLAN_ACCESS_TOKEN=None, code=12)
    assert "Authentication failed" in user.types("plan", PINPLAN_ACCESS_TOKEN="wrong", code=12)
    assert "is unreachable" in user.types(
        "plan", "--config", str(impatient(user)), PINPLAN_API_URL="http://127.0.0.1:1/v5", code=1
    )
    assert "expected a URL" in user.types("plan", PINPLAN_API_URL="ftp://x", code=64)


@pytest.mark.promise("I27")
def test_the_token_is_nowhere(user):
    canary = "canary0token0value"
    with Sandbox(default_world(), token=canary) as sandbox:
        changes = {"PINPLAN_API_URL": sandbox.url, "PINPLAN_ACCESS_TOKEN": canary}
        said = user.types("init", str(user.pins), cwd=user.home, **changes)
        said += user.types("plan", "-v", "-o", "plan.json", "--save-snapshots", "world", **changes)
        said += user.types("apply", "-v", "plan.json", **changes)
        said += user.types("explain", "-v", "1", code=64, **changes)
    said += user.types("plan", "-v", "--config", str(impatient(user)), **changes, code=1)
    said += user.types("plan", **{**changes, "PINPLAN_ACCESS_TOKEN": canary + "\u00e9"}, code=64)
    assert canary not in said
    for path in user.home.rglob("*"):
        assert not path.is_file() or canary.encode() not in path.read_bytes(), path


def test_a_config_with_problems_names_them_all(user):
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text('[sync]\nmoed = "mirror"\n[network]\nparallelism = "many"\n')
    said = user.types("plan", code=64)
    assert "did you mean mode?" in said
    assert "parallelism" in said
    assert "pinplan.toml" in said


def test_init_overwrites_nothing_and_does_not_nest(user):
    user.types("init", str(user.pins), cwd=user.home)
    assert "already a library" in user.types("init", str(user.pins))
    assert "inside the library" in user.types("init", str(user.pins / "inner"), code=64)
    config = user.home / "config"
    config.mkdir()
    (config / "pinplan.toml").write_text("# mine\n")
    assert "not overwritten" in user.types("init", str(config), code=64)
    assert (config / "pinplan.toml").read_text() == "# mine\n"


def test_init_suggests_a_sign_in_only_without_a_token_in_the_environment(user):
    said = user.types("init", str(user.pins), cwd=user.home)
    assert "auth login" not in said
    assert "pinplan plan -o plan.json" in said
    assert "auth login" in user.types("init", str(user.home / "other"), PINPLAN_ACCESS_TOKEN=None)


@pytest.mark.promise("I3")
def test_a_lost_marker_stops_everything(user):
    user.library()
    marker = user.pins / ".pinplan" / "library.json"
    kept = marker.read_bytes()
    marker.unlink()
    assert "no library marker" in user.types("plan", code=7)
    marker.write_bytes(kept[:20])
    assert "damaged" in user.types("plan", code=7)
    shutil.rmtree(user.pins / ".pinplan")
    user.types("plan", code=7)


def test_a_lost_state_is_begun_anew_and_the_files_are_adopted(user):
    user.library()
    (user.pins / ".pinplan" / "state.db").write_bytes(b"broken")
    assert "init --recover" in user.types("plan", code=7)
    assert "kept as" in user.types("init", "--recover", str(user.pins))
    assert "75 to adopt" in user.types("plan", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert "No changes" in user.types("plan")


@pytest.mark.promise("I11")
def test_plans_that_are_not_for_this_library(user):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    plan = user.pins / "plan.json"
    for name, data in {
        "text.json": b"hello",
        "cut.json": plan.read_bytes()[:500],
        "edited.json": plan.read_bytes().replace(b"new_pin", b"new_pim", 1),
        "spaces.json": plan.read_bytes() + b" ",
    }.items():
        (user.pins / name).write_bytes(data)
        user.types("apply", name, code=4)
    other = user.home / "Other"
    user.types("init", str(other), cwd=user.home)
    assert "library" in user.types("apply", str(plan), "--library", str(other), code=4)
    assert "no such plan" in user.types("apply", "none.json", code=64)
    assert not (user.pins / CATS).exists()


@pytest.mark.promise("I5")
def test_a_tripped_limit_writes_the_plan_and_refuses_it(user):
    user.library()
    for path in user.pins.rglob("*"):
        if path.is_file() and ".pinplan" not in path.parts and path.name != "pinplan.toml":
            path.unlink()
    said = user.types("plan", "--mode", "two-way", "-o", "plan.json", code=5)
    assert "--allow remote-deletes=" in said
    assert "10%" in said
    user.types("apply", "plan.json", code=5)
    assert len(user.sandbox.world.pins) == 73
    allowed = user.types("plan", "--mode", "two-way", "--allow", "remote-deletes=100", "-o", "plan.json")
    assert "68 to delete on Pinterest" in allowed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission(user):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    user.pins.chmod(0o500)
    try:
        assert "Permission denied" in user.types("apply", "plan.json", code=3)
    finally:
        user.pins.chmod(0o700)
    user.types("apply", "plan.json")
    assert list(user.pins.rglob("*.jpg"))


@pytest.mark.promise("I15")
def test_a_held_lock_is_named_and_waited_for(user):
    user.types("init", str(user.pins), cwd=user.home)
    code = "import sys,time;from pathlib import Path;from pinplan.wiring.open_library import locked\nwith locked(Path(sys.argv[1]),'apply'): print('held',flush=True);time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(user.pins)], stdout=subprocess.PIPE, text=True) as holder:
        said_by(holder).readline()
        said = user.types("plan", code=11)
        assert f"process {holder.pid}" in said
        started = time.monotonic()
        user.types("plan", "--lock-timeout", "1s", code=11)
        assert time.monotonic() - started >= 1
        holder.kill()
    assert "74 to download" in user.types("plan")


@pytest.mark.promise("I22")
def test_an_interrupted_apply_goes_on_later(user):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    command = [PINPLAN, "apply", "plan.json", "--json", "--parallelism", "1"]
    with subprocess.Popen(
        command, cwd=user.pins, env=user.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        for line in said_by(running):
            if '"action_ended"' in line:
                running.send_signal(signal.SIGINT)
                break
        said_by(running).read()
        assert running.wait(30) == 130
    assert "Unfinished" in user.types("status")
    assert "Applied:" in user.types("apply", "plan.json")
    assert "No changes" in user.types("plan")


@pytest.mark.promise("I14")
@pytest.mark.parametrize("after", [1, 20, 60])
def test_a_killed_apply_goes_on_later(user, after):
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")
    command = [PINPLAN, "apply", "plan.json", "--json"]
    with subprocess.Popen(command, cwd=user.pins, env=user.environment, stdout=subprocess.PIPE, text=True) as running:
        seen = 0
        for line in said_by(running):
            seen += '"action_ended"' in line
            if seen >= after:
                running.kill()
                break
        running.wait(30)
    user.types("apply", "plan.json")
    assert "No changes" in user.types("plan")
    assert list((user.pins / ".pinplan" / "staging").iterdir()) == []
    assert (
        sum(
            1
            for p in user.pins.rglob("*.*")
            if ".pinplan" not in p.parts and p.suffix in {".jpg", ".png", ".gif", ".webp"}
        )
        == 75
    )
