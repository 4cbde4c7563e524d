"""Only the certain remains of a recorded image are replaced: whatever else lies at its place is another's work (I2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.adapters import PlanRequest
from pinplan.disk.images import inspect_bytes
from pinplan.history.verify import FileStatus
from pinplan.model.images import Content
from pinplan.pipeline import verify
from pinplan.plan.document import FindingKind, kind_of
from pinplan.policies.mode import Mode
from tests.fakes import content_of
from tests.worlds import SmallWorld

SAMPLES = {path.name: path.read_bytes() for path in (Path(__file__).parents[2] / "fixtures" / "images").glob("*.*")}
JPEGS = sorted(name for name in SAMPLES if name.endswith(".jpg"))
OTHERS = sorted(SAMPLES.keys() - set(JPEGS))


def real_content(data: bytes) -> Content:
    """What really is inside: the recorded images are those of the fakes, and count as JPEG."""
    return content_of(data) if data.startswith(b"IMAGE ") else inspect_bytes(data, content_of(data).sha256)


remains = st.one_of(
    st.just(b""),
    st.integers(1, 5000).map(bytes),
    st.tuples(st.sampled_from(JPEGS), st.floats(0.01, 0.99)).map(
        lambda d: SAMPLES[d[0]][: int(len(SAMPLES[d[0]]) * d[1])]
    ),
    st.tuples(st.sampled_from(JPEGS), st.floats(0.01, 0.99)).map(
        lambda d: SAMPLES[d[0]][: int(len(SAMPLES[d[0]]) * d[1])].ljust(len(SAMPLES[d[0]]), b"\0")
    ),
)
foreign = st.one_of(
    st.sampled_from(list(SAMPLES)).map(SAMPLES.__getitem__),
    st.tuples(st.sampled_from(list(SAMPLES)), st.binary(max_size=60)).map(lambda d: SAMPLES[d[0]] + d[1]),
    # Cut or not, of another format than the recorded one it is no remains of it.
    st.tuples(st.sampled_from(OTHERS), st.integers(16, 900)).map(lambda d: SAMPLES[d[0]][: d[1]]),
    st.text(min_size=1).map(str.encode).filter(lambda data: bool(data.strip(b"\0"))),
)


def with_file(data: bytes, mode: Mode) -> tuple[list[str], list[FindingKind]]:
    """Kinds of actions and findings after a tracked JPEG, one of three, became these bytes."""
    world = SmallWorld()
    try:
        pin, *_ = [world.pin(world.board(f"Board {n}"), f"{n}") for n in range(3)]
        world.apply()
        world.mode(mode)
        world.library.inspect = lambda path: real_content(world.library.files[path])  # type: ignore[method-assign]
        world.library.write(world.path_of(pin), data)
        plan = world.plan()
        return [kind_of(a) for a in plan.actions], [f.kind for f in plan.findings if f.pin_id == pin]
    finally:
        world.close()


@pytest.mark.promise("I2")
@given(foreign, st.sampled_from(list(Mode)))
def test_what_is_not_the_remains_of_the_recorded_image_stays(data, mode):
    assert with_file(data, mode) == ([], [FindingKind.MODIFIED_LOCALLY])


@given(remains, st.sampled_from(list(Mode)))
def test_the_remains_of_the_recorded_image_are_replaced(data, mode):
    assert with_file(data, mode) == (["replace"], [])


@pytest.mark.promise("I2")
@pytest.mark.parametrize("data", [b"broken", b"HEIC", b"no image"])
def test_recorded_bytes_are_never_broken_whatever_they_are(data):
    """As of a doubtful image that was kept, or of one that another version of a decoder could read."""
    world = SmallWorld()
    try:
        pin = world.pin(world.board("Board"))
        world.apply()
        (record,) = world.state.base().tracked
        kept = replace(record, sha256=content_of(data).sha256, size=len(data))
        world.library.write(record.path, data)
        with world.state._db.transaction() as db:
            db.execute("UPDATE tracked SET sha256 = ?, size = ?", (kept.sha256, kept.size))
        plan = world.plan()
        proof = verify(world.adapters(), PlanRequest(policies=world.policies))
        assert (plan.actions, [f.kind for f in plan.findings if f.pin_id == pin]) == ((), [])
        assert (proof.well, [file.proof for file in proof.doubtful]) == (True, [FileStatus.DOUBTFUL])
    finally:
        world.close()
