"""Undo, trash, audit, verify: typed as a user types them, in real processes on real files."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pinplan.sandbox import Fault, FaultKind, Sandbox, World
from pinplan.sandbox.pictures import Kind, Picture
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import CATS, User, cat

PINS = 14


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    """Somebody with a small account: these tests look back, they need not fetch much."""
    world = World()
    animals, nature = world.create_board("Animals 動物"), world.create_board("Nature 自然")
    cats = world.create_section(animals.id, "Cats")
    for number in range(PINS):
        where, section = (animals, cats.id) if number < 5 else (nature, None)
        shown = Picture(Kind.TEXTURE, number, 600, 900)
        world.create_pin(where.id, (shown,), title=f"Picture {number}", section_id=section)
    with Sandbox(world) as sandbox:
        yield User(tmp_path, sandbox)


def files(user: User) -> dict[str, bytes]:
    own = user.pins / ".pinplan"
    found = (path for path in user.pins.rglob("*") if path.is_file() and own not in path.parents)
    return {path.relative_to(user.pins).as_posix(): path.read_bytes() for path in found}


def applied(user: User, *words: str) -> None:
    user.types("plan", *words, "-o", "plan.json")
    user.types("apply", "plan.json")


@pytest.mark.promise("I23")
@pytest.mark.promise("I17")
def test_undo_is_a_plan_that_brings_everything_back(user):
    user.library()
    before = files(user)
    removed = cat(user)
    pin = removed.name.rpartition("[")[2].partition("]")[0]
    title = user.sandbox.world.pins[pin].title
    removed.unlink()
    gone = user.sandbox.world.pins_of("Nature 自然")[0]
    user.sandbox.world.delete_pin(gone.id)
    applied(user, "--mode", "two-way")
    assert pin not in user.sandbox.world.pins
    said = user.types("undo", "-o", "undo.json")
    assert "1 to restore, 1 to create on Pinterest" in said
    assert "To apply exactly this plan: pinplan apply undo.json" in said
    assert "1 to restore" in user.types("show", "undo.json")
    assert "2 actions done" in user.types("apply", "undo.json")
    after = files(user)
    new = next(p for p in user.sandbox.world.pins.values() if p.title == title)
    assert new.id != pin
    same = {path: data for path, data in before.items() if pin not in path}
    assert same.items() <= after.items()
    (back,) = [path for path in after if new.id in path]
    assert Path(back).parent == CATS
    assert "(undoes " in user.types("history")
    assert "is already undone" in user.types("undo", user.types("history").split("\n")[1].split(" ")[0], code=4)
    again = user.types("undo", "-o", "again.json")
    assert "1 to trash locally, 1 to delete on Pinterest" in again or "2 to trash locally" in again
    user.types("apply", "again.json")
    assert new.id not in user.sandbox.world.pins


def test_undo_of_nothing_and_of_an_unknown_run(user):
    user.types("init", str(user.pins), cwd=user.home)
    assert "no run yet" in user.types("undo", code=64)
    user.types("apply", "--auto-approve")
    assert "no run nonsense; list all runs with: pinplan history" in user.types("undo", "nonsense", code=64)
    assert f"Allow it once with: --allow local-deletes={PINS}" in user.types("undo", code=5)
    assert f"{PINS} to trash locally" in user.types("undo", "--allow", f"local-deletes={PINS}")


def test_the_trash_is_listed_restored_from_and_emptied(user):
    user.library()
    assert "The trash is empty." in user.types("trash", "list")
    gone = user.sandbox.world.pins_of("Nature 自然")[0]
    (path,) = [path for path in files(user) if gone.id in path]
    data = files(user)[path]
    user.sandbox.world.delete_pin(gone.id)
    applied(user, "--mode", "mirror")
    assert path in user.types("trash", "list")
    (row,) = json.loads(user.types("trash", "list", "--json"))["files"]
    assert (row["was"], row["days"], row["held"]) == (path, 0, False)
    assert "no match in the trash for x" in user.types("trash", "restore", "x", code=64)
    assert "1 to restore" in user.types("trash", "restore", path, "-o", "back.json")
    assert path not in files(user)
    user.types("apply", "back.json")
    assert files(user)[path] == data
    applied(user, "--mode", "mirror")
    assert "Nothing in the trash is 90 days old." in user.types("trash", "empty")
    assert "use --yes" in user.types("trash", "empty", "--older-than", "0", code=8)
    assert "1 file permanently deleted" in user.types("trash", "empty", "--older-than", "0", "--yes")
    assert "The trash is empty." in user.types("trash", "list")
    assert "no longer in the trash" in user.types("undo")
    user.types("audit", "verify")


def test_a_trash_folder_that_somebody_removed_stops_nothing(user):
    user.library()
    user.sandbox.world.delete_pin(user.sandbox.world.pins_of("Nature 自然")[0].id)
    applied(user, "--mode", "mirror")
    shutil.rmtree(user.pins / ".pinplan" / "trash")
    assert "The trash is empty." in user.types("trash", "list")
    assert "not undone" in user.types("undo")
    user.types("plan")


def test_restore_fetches_again_what_was_removed_here(user):
    user.library()
    before = files(user)
    cat(user).unlink()
    assert "Nothing to do. 1 difference is only reported." in user.types("plan")
    assert "1 to download" in user.types("plan", "--restore", f"{CATS}/*", "-o", "plan.json")
    user.types("apply", "plan.json")
    assert files(user).keys() >= before.keys()
    assert "matches nothing" in user.types("plan", "--restore", "nothing*", code=64)


@pytest.mark.promise("I25")
def test_the_audit_log_tells_everything_and_shows_what_was_done_to_it(user):
    user.library()
    verified = user.types("audit", "verify")
    assert "chain intact" in verified
    assert "matches the one noted outside the library" in verified
    records = json.loads(user.types("audit", "show", "--json"))["records"]
    assert {record["type"] for record in records} == {"run", "check", "decision", "intent", "result", "run_end"}
    assert records[-1]["seq"] == len(records) == 1 + 7 + 1 + PINS + PINS + 1
    assert next(record for record in records if record["type"] == "decision")["decision"] == "--auto-approve"
    run = records[0]["run"]
    assert len(user.types("audit", "show", "--run", run).splitlines()) == len(records)
    log = user.pins / ".pinplan" / "audit.jsonl"
    whole = log.read_bytes()
    lines = whole.splitlines(keepends=True)
    tampered = {
        b"".join(
            [*lines[:9], lines[9].replace(b'"download"', b'"downl0ad"', 1), *lines[10:]]
        ): "line 10: record 10 was modified",
        b"".join([*lines[:9], *lines[10:]]): "line 10: record 10 missing before record 11",
        b"".join([*lines[:9], lines[10], lines[9], *lines[11:]]): "line 10: record 10 missing before record 11",
        b"".join(lines[:-2]): f"line {len(lines) - 1}: last 2 records missing",
        whole[:-10]: f"line {len(lines)}: truncated",
    }
    for data, said in tampered.items():
        if data == whole:
            continue
        log.write_bytes(data)
        assert said in user.types("audit", "verify", code=7)
        assert json.loads(user.types("audit", "verify", "--json", code=7))["breaks"]
    log.write_bytes(b"".join(lines[:-2]))
    assert "pinplan audit verify" in user.types("plan", code=7)
    assert "Old log kept as" in user.types("audit", "restart")
    user.types("audit", "verify")
    user.types("plan")


@pytest.mark.promise("I26")
def test_a_state_that_was_put_back_needs_a_person(user):
    user.library()
    shutil.copytree(user.pins, user.home / "backup")
    cat(user).unlink()
    applied(user, "--mode", "mirror")
    for path in (user.home / "backup" / ".pinplan").glob("state.db*"):
        shutil.copy(path, user.pins / ".pinplan" / path.name)
    for path in user.pins.glob(".pinplan/state.db-*"):
        if not (user.home / "backup" / ".pinplan" / path.name).exists():
            path.unlink()
    said = user.types("plan", code=7)
    assert "older than the audit log" in said
    assert "pinplan init --recover" in said
    copied = user.types("plan", code=7, cwd=user.home / "backup")
    assert "an outdated copy" in copied
    user.types("init", "--recover", str(user.pins), cwd=user.home)
    assert "to adopt" in user.types("plan")


@pytest.mark.parametrize("flags", [(), ("--quick",), ("--offline",), ("--quick", "--offline")])
def test_verify_proves_the_library(user, flags):
    user.library()
    assert f"No problems found: {PINS} files" in user.types("verify", *flags)
    path = cat(user)
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = b"\0" * (len(data) - len(data) // 2)
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "Plan:" not in user.types("plan")
    said = user.types("verify", *flags, code=1)
    assert path.name in said
    assert "Problems found" in said
    report = json.loads(user.types("verify", *flags, "--json", code=1))
    assert report["well"] is False
    assert report["files"]["good"] == PINS - 1
    assert ("pins" in report and report["pins"] is None) is ("--offline" in flags)
    if b"".join(report["problems"][0]["proof"].encode().split()) == b"damaged":
        assert "1 to replace" in user.types("plan", "-o", "plan.json")
        user.types("apply", "plan.json")
        assert "No problems found:" in user.types("verify", *flags)


def test_verify_without_a_token_says_what_can_be_done(user):
    user.library()
    said = user.types("verify", code=12, PINPLAN_ACCESS_TOKEN=None)
    assert "PINPLAN_ACCESS_TOKEN" in said
    user.types("verify", "--offline", PINPLAN_ACCESS_TOKEN=None)


@pytest.mark.promise("I14")
def test_a_disk_that_fills_up_ends_the_run_and_the_plan_goes_on_later(user):
    """No file may grow beyond 100 kB: images, journal and log alike."""
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    done = subprocess.run(
        [PINPLAN, "apply", "plan.json"],
        cwd=user.pins,
        env=user.environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=little_room,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode in {1, 3}, done.stdout + done.stderr
    assert not [path for path in files(user) if path.endswith(".jpg") and not files(user)[path]]
    user.types("apply", "plan.json")
    assert "No changes" in user.types("plan")
    assert "No problems found:" in user.types("verify")
    user.types("audit", "verify")


@pytest.mark.promise("I18")
@pytest.mark.parametrize(
    ("fault", "codes"),
    [
        (Fault(kind=FaultKind.STATUS, on="GET /pins/*", status=503), {3}),
        (Fault(kind=FaultKind.UNAUTHORIZED, on="GET /pins/*"), {12}),
        (Fault(kind=FaultKind.RESET, on="DELETE /pins/*", times=1), {0}),
        (Fault(kind=FaultKind.WRONG_LENGTH, on="GET /pins/*", times=1), {0}),
        (Fault(kind=FaultKind.STATUS, on="DELETE /pins/*", status=500), {3}),
        (Fault(kind=FaultKind.FORBIDDEN, on="DELETE /pins/*"), {3, 12}),
        (Fault(kind=FaultKind.SPAM, on="DELETE /pins/*"), {3}),
    ],
    ids=lambda value: f"{value.kind}-{value.on}" if isinstance(value, Fault) else "",
)
def test_a_server_that_misbehaves_in_mid_run_loses_nothing(user, fault, codes):
    user.library()
    path = cat(user)
    pin = path.name.rpartition("[")[2].partition("]")[0]
    path.unlink()
    user.types("plan", "--mode", "two-way", "-o", "plan.json")
    (user.pins / "pinplan.toml").write_text("[network]\nretries = 0\n" if 0 not in codes else "")
    user.sandbox.faults.set([fault])
    done = subprocess.run(
        [PINPLAN, "apply", "plan.json"],
        cwd=user.pins,
        env=user.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in codes, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if 0 not in codes:
        assert pin in user.sandbox.world.pins
    user.sandbox.faults.clear()
    user.types("apply", "plan.json")
    assert pin not in user.sandbox.world.pins
    user.types("audit", "verify")


@pytest.mark.promise("I27")
def test_the_token_is_in_nothing_that_looking_back_writes_or_says(user):
    canary = "canary-4fd1e0"
    user.sandbox.token = canary
    user.sandbox.tokens.let_in(canary)
    user.environment["PINPLAN_ACCESS_TOKEN"] = canary
    user.library()
    cat(user).unlink()
    applied(user, "--mode", "two-way")
    said = [
        user.types("undo", "-o", "undo.json"),
        user.types("apply", "undo.json", "-v"),
        user.types("audit", "show", "--json"),
        user.types("verify", "--json"),
        user.types("trash", "list", "--json"),
        user.types("history", "--json"),
    ]
    assert not [text for text in said if canary in text]
    written = [path for path in user.home.rglob("*") if path.is_file()]
    assert any(path.name == "audit.jsonl" for path in written)
    assert not [path for path in written if canary.encode() in path.read_bytes()]


@pytest.mark.promise("I25")
@pytest.mark.parametrize("change", ["cut", "rewritten", "gone"])
def test_status_sees_a_log_that_is_not_the_one_of_the_state(user, change):
    user.library()
    user.types("status")
    log = user.pins / ".pinplan" / "audit.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    if change == "gone":
        log.unlink()
    elif change == "cut":
        log.write_bytes(b"".join(lines[:-1]))
    else:
        head, _, _ = lines[-1].rpartition(b',"hash":"')
        log.write_bytes(b"".join(lines[:-1]) + head + b',"hash":"' + b"0" * 64 + b'"}\n')
    user.types("plan", code=7)
    said = user.types("status", code=7)
    assert "audit.jsonl" in said
    assert ("was replaced" in said, "is missing" in said) == (change == "rewritten", change != "rewritten")


@pytest.mark.promise("I2")
def test_what_was_moved_here_is_found_where_it_is_by_every_command(user):
    user.types("init", "Pins")
    applied(user)
    old = cat(user)
    new = old.with_name("nice cat.jpg")
    old.rename(new)
    pin = old.name.rpartition("[")[2].partition("]")[0]
    now = new.relative_to(user.pins).as_posix()
    for words in (["find", pin], ["find", "nice cat"], ["explain", pin], ["explain", now.upper()]):
        assert now in user.types(*words), words
    assert f"{PINS} files compared" in user.types("dupes")
    assert now in user.types("pins", CATS.as_posix(), "--json")


def test_verify_recommends_nothing_that_does_nothing(user):
    user.types("init", "Pins")
    applied(user)
    changed = cat(user)
    changed.write_bytes(next(data for path, data in files(user).items() if path.startswith("Nature")))
    said = user.types("verify", code=1)
    assert "with a new plan" not in said
    pin = changed.name.rpartition("[")[2].partition("]")[0]
    assert f"--accept {pin}" in said
    assert f"--restore {pin}" in said
    user.types("plan", "--accept", pin, "-o", "plan.json")
    user.types("apply", "plan.json")
    assert "No problems found:" in user.types("verify")
    changed.write_bytes(b"")
    assert "with a new plan" in user.types("verify", code=1)
