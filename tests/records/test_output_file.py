"""Where a command may write: never over a picture, the config, the state, or anybody else's file (I17)."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from pinplan.adapters import PlanRequest
from pinplan.build_plan import take_snapshots
from pinplan.errors import ConfigError
from pinplan.records.output_file import Document, check_folder, check_target, write_document
from pinplan.records.plan_file import encode_plan
from pinplan.snapshot.saved import FILES, check_snapshot_folder, save_snapshots
from tests.worlds import SmallWorld

CONTENTS = {
    Document.PLAN: b'{"actions": [{"format": "x"}], "format": "pinplan.plan"}',
    Document.DECISIONS: b'{"format": "pinplan.decisions"}',
    Document.PAGE: b"<!doctype html>\n<title>pinplan: plan.json</title>",
}
OTHERS = {
    "a picture without its ending": b"\x89PNG\r\n\x1a\n rest",
    "a diary": b"dear diary",
    "other JSON": b'{"format": "something else"}',
    "half a plan": b'{"actions": [',
    "deep nesting": b"[" * 100_000,
    "a page of somebody": b"<!doctype html><title>mine</title>",
}


@pytest.mark.promise("I17")
@pytest.mark.parametrize("document", list(Document))
@pytest.mark.parametrize("other", [*OTHERS, *Document])
def test_only_a_document_of_the_same_kind_is_replaced(tmp_path, document, other):
    target = tmp_path / "target"
    before = CONTENTS[other] if isinstance(other, Document) else OTHERS[other]
    target.write_bytes(before)
    if other is document:
        write_document(target, b"new", document)
        assert target.read_bytes() == b"new"
        return
    with pytest.raises(ConfigError, match="not overwritten"):
        write_document(target, b"new", document)
    assert target.read_bytes() == before


@pytest.mark.promise("I17")
@pytest.mark.parametrize("document", list(Document))
@pytest.mark.parametrize(
    "name", [".pinplan/state.db", ".pinplan/new.json", ".pinplan/gallery/index.html", "pinplan.toml", "a.jpg", "B.PNG"]
)
def test_state_config_and_names_of_pictures_are_refused_whether_there_is_a_file_or_not(tmp_path, document, name):
    (tmp_path / ".pinplan/gallery").mkdir(parents=True)
    target = tmp_path / name
    for content in (None, CONTENTS[document]):
        if content is not None:
            target.write_bytes(content)
        with pytest.raises(ConfigError):
            check_target(target, document)
    link = tmp_path / "innocent.json"
    link.symlink_to(target)
    with pytest.raises(ConfigError):
        write_document(link, b"new", document)
    assert target.read_bytes() == CONTENTS[document]


@pytest.mark.parametrize("before", [None, b""])
def test_a_new_or_empty_file_is_written(tmp_path, before):
    target = tmp_path / "p.json"
    if before is not None:
        target.write_bytes(before)
    write_document(target, b"new", Document.PLAN)
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_there_and_one_in_place_of_the_file_are_named(tmp_path):
    with pytest.raises(ConfigError, match="no such folder"):
        check_target(tmp_path / "no" / "p.json", Document.PLAN)
    with pytest.raises(ConfigError, match="is a folder"):
        check_target(tmp_path, Document.PLAN)


def test_a_pipe_is_written_into_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_document(pipe, b"plan", Document.PLAN)
    reader.join(10)
    assert read == [b"plan"]
    assert pipe.is_fifo()


@pytest.mark.promise("I17")
def test_a_folder_for_several_files_is_new_empty_or_holds_only_such_files(tmp_path):
    ours = {"a.json": lambda data: data == b"{}"}
    check_folder(tmp_path / "new", ours)
    check_folder(tmp_path, ours)
    (tmp_path / "a.json").write_text("{}")
    check_folder(tmp_path, ours)
    (tmp_path / "Board").mkdir()
    with pytest.raises(ConfigError, match="contains Board"):
        check_folder(tmp_path, ours)
    with pytest.raises(ConfigError, match="is a file"):
        check_folder(tmp_path / "a.json", ours)
    with pytest.raises(ConfigError, match="holds the state"):
        check_folder(tmp_path / ".pinplan" / "x", ours)
    with pytest.raises(ConfigError, match="standard output"):
        check_folder(Path("-"), ours)
    (tmp_path / "Board").rmdir()
    (tmp_path / "a.json").write_text("mine")
    with pytest.raises(ConfigError, match=r"contains a\.json"):
        check_folder(tmp_path, ours)


@pytest.mark.promise("I17")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mine", ["mine", "{}", '{"rows": []}', "[" * 100_000])
def test_a_saved_snapshot_is_never_written_over_a_file_that_only_has_its_name(tmp_path, name, mine, world: SmallWorld):
    world.pin(world.board("Board"))
    save_snapshots(tmp_path, take_snapshots(world.adapters(), PlanRequest(policies=world.policies)))
    check_snapshot_folder(tmp_path)
    (tmp_path / name).write_text(mine)
    with pytest.raises(ConfigError, match="not written by pinplan"):
        check_snapshot_folder(tmp_path)


def test_a_real_plan_is_recognised(tmp_path, world: SmallWorld):
    world.pin(world.board("Board"))
    target = Path(tmp_path / "plan.json")
    for _ in range(2):
        data = encode_plan(world.plan())
        write_document(target, data, Document.PLAN)
        assert target.read_bytes() == data
