"""The review's server and its session: who is let in, what can be asked, what is written."""

from __future__ import annotations

import gzip
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinplan.errors import ConfigError, DecisionsUnbound, DiskRefused, PlanUnbound
from pinplan.local_server import LocalServer
from pinplan.model.ids import ActionId, Digest
from pinplan.plan.decisions import Choice, Decision, Decisions
from pinplan.plan.document import Plan
from pinplan.records.decisions_file import encode_decisions, read_decisions
from pinplan.review.address import secret_of
from pinplan.review.app import Review
from pinplan.review.guard import Guard
from pinplan.review.page.build import page_model
from pinplan.review.page.made import Made
from pinplan.review.page.model import DecisionModel, Manner, PageModel
from pinplan.review.server import take_port
from pinplan.review.session import NotAccepted, Session, Step
from pinplan.review.thumbnails import FetchedImages, ImageSources, for_browser, thumbnail
from pinplan.review.watched import Progress, WatchedProgress
from pinplan.sandbox.pictures import Kind, Picture, encoded
from tests.fakes import FakeClock
from tests.review.test_page import with_pairs

IMAGE = encoded(Picture(Kind.SHAPES, 1, 300, 400), "originals")


class OneImage(FetchedImages):
    def __init__(self) -> None:
        super().__init__(ImageSources())

    def read(self, action, number, edge=None):
        return IMAGE


def pair_of(plan: Plan) -> ActionId:
    return next(action.id for action in plan.actions if action.deletes_pin)


@dataclass
class Server:
    guard: Guard
    port: int
    session: Session
    review: Review
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(
        self, path: str, method: str = "GET", body: object = None, *, secret: str | None = None, **headers: str | None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request; headers are given with _ for -, None leaves one out."""
        prefix = "" if path.startswith("/") else f"/{self.guard.secret if secret is None else secret}/"
        given = {"Host": f"127.0.0.1:{self.port}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if method == "POST":
            given = {"Origin": f"http://127.0.0.1:{self.port}", "Content-Type": "application/json", **given}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, prefix + path, skip_host=True, skip_accept_encoding=True)
            data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(data)))
            connection.endheaders(data)
            answer = connection.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        finally:
            connection.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    plan = with_pairs()
    session = Session(plan, tmp_path / "decisions.json", FakeClock())
    ended = threading.Event()

    def draw():
        made = tuple(DecisionModel(action=name, verdict=text) for name, text in session.texts.items())
        return page_model(plan, "plan.json", Manner(serves=True, decisions=made))

    review = Review(session, OneImage(), thumbnail, for_browser, draw, "pinplan apply", ended.set)
    listener = take_port(0)
    guard = Guard(listener.getsockname()[1])
    with LocalServer(review.app(guard), listener, name="the review page"):
        yield Server(guard, listener.getsockname()[1], session, review, ended)


# -- who is let in ---------------------------------------------------------------------------------------------------


@pytest.mark.promise("I28")
def test_only_the_whole_address_lets_in(server):
    assert server.ask("")[0] == 200
    for secret in ("", "x", server.guard.secret[:-1], server.guard.secret + "x", server.guard.secret.swapcase(), "é"):
        assert server.ask(f"/{quote(secret)}/")[0] == 403
        assert server.ask(f"/{quote(secret)}/thumb/{pair_of(server.session.plan)}/0")[0] == 403
    pair = pair_of(server.session.plan)
    for path in (
        "/",
        "",
        "/favicon.ico",
        "/decide",
        "/open",
        "/open/",
        "/open/x",
        f"/open/thumb/{pair}/0",
        "//",
        f"//{server.guard.secret}/",
    ):
        assert server.ask(path or "/")[0] == 403, path
    assert server.ask("/open/decide", "POST", {"set": {pair: "skip"}})[0] == 403
    assert not server.session.path.exists()
    status, _, said = server.ask("decide", "POST", {"set": {}}, secret="wrong")
    assert status == 403
    assert b"open the link shown in the terminal" in said


@pytest.mark.promise("I28")
@pytest.mark.parametrize(
    "host",
    ["example.org", "evil.test:80", "", "127.0.0.1", "127.0.0.2:{port}", "localhost.evil.test:{port}", "[::1]:{port}"],
)
def test_a_server_of_another_name_does_not_answer(server, host):
    assert server.ask("", Host=host.replace("{port}", str(server.port)))[0] == 403
    assert server.ask("", Host=f"localhost:{server.port}")[0] == 200


@pytest.mark.promise("I28")
@pytest.mark.parametrize(
    "origin", ["http://example.org", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://localhost", None]
)
def test_a_page_of_another_origin_decides_nothing(server, origin):
    given = origin and origin.replace("{port}", str(server.port))
    pair = pair_of(server.session.plan)
    assert server.ask("decide", "POST", {"set": {pair: {"verdict": "skip"}}}, Origin=given)[0] == 403
    assert not server.session.path.exists()


@pytest.mark.promise("I28")
def test_images_and_frames_of_other_pages_get_nothing(server):
    pair = pair_of(server.session.plan)
    for site in ("cross-site", "same-site"):
        for mode, dest in (("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty")):
            headers = {"Sec_Fetch_Site": site, "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": dest}
            assert server.ask(f"full/{pair}/0", **headers)[0] == 403
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert server.ask("", **link)[0] == 200, "a link in a mail may be followed"


@pytest.mark.promise("I27")
def test_the_word_that_starts_the_browser_is_good_once(server):
    path = server.guard.first_address.partition(f":{server.port}")[2]
    status, headers, _ = server.ask(path)
    assert (status, headers["location"]) == (303, server.guard.address)
    assert server.ask(path)[0] == 403
    assert server.guard.secret not in server.guard.first_address


@pytest.mark.promise("I28")
def test_every_answer_says_how_it_may_be_used(server):
    pair = pair_of(server.session.plan)
    for path in ("", f"thumb/{pair}/0", f"full/{pair}/1", "nothing"):
        _, headers, _ = server.ask(path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "set-cookie" not in headers
        assert "access-control-allow-origin" not in headers


def test_it_listens_on_this_computer_only():
    listener = take_port(0)
    try:
        assert listener.getsockname()[0] == "127.0.0.1"
        with pytest.raises(ConfigError, match="cannot listen on"):
            take_port(listener.getsockname()[1])
        again = take_port(0, usual=listener.getsockname()[1])
        assert again.getsockname()[1] != listener.getsockname()[1]
        again.close()
    finally:
        listener.close()


# -- images ----------------------------------------------------------------------------------------------------------


@pytest.mark.promise("I16")
def test_images_are_asked_for_by_action_and_number_never_by_a_path(server):
    pair = pair_of(server.session.plan)
    status, headers, data = server.ask(f"full/{pair}/1")
    assert (status, headers["content-type"], data) == (200, "image/jpeg", IMAGE)
    assert server.ask(f"thumb/{pair}/1")[2][8:12] == b"WEBP"
    for path in (
        f"full/{pair}/2", f"full/{pair}/-1", f"full/{pair}/x", "full/9999/0", "full/../../etc/passwd", f"full/{pair}/../../x",
        "full/%2e%2e%2fetc/0", "thumb/0001/00000000000000000000000009", "full//0",
    ):  # fmt: skip
        assert server.ask(path)[0] in {403, 404}, path


# -- deciding --------------------------------------------------------------------------------------------------------


def test_each_decision_is_on_disk_when_it_is_answered(server):
    pair = pair_of(server.session.plan)
    assert server.ask("decide", "POST", {"set": {pair: {"verdict": "skip"}}})[0] == 200
    assert read_decisions(server.session.path, server.session.plan).verdict(pair) == "skip"
    assert server.session.path.stat().st_mode & 0o777 == 0o600
    assert server.ask("decide", "POST", {"set": {pair: {"verdict": ""}}})[0] == 200
    assert not read_decisions(server.session.path, server.session.plan).decisions


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"set": {"9999": {"verdict": "skip"}}}, 409),
        ({"set": {"PAIR": {"verdict": "delete"}}}, 409),
        ({"set": {"PAIR": 1}}, 400),
        ({"set": []}, 400),
        ({"set": {}, "path": "/etc/passwd"}, 400),
        (b"", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b"x" * (4 * 1024 * 1024 + 1), 413),
    ],
)
def test_what_makes_no_sense_changes_nothing(server, body, status):
    pair = pair_of(server.session.plan)
    if isinstance(body, dict) and isinstance(body["set"], dict):
        body = {**body, "set": {k.replace("PAIR", pair): v for k, v in body["set"].items()}}
    assert server.ask("decide", "POST", body)[0] == status
    assert server.ask("decide", "POST", {"set": {}}, Content_Type="text/plain")[0] == 415
    assert not server.session.path.exists()


def test_nothing_but_the_two_things_can_be_asked(server):
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert server.ask("decide", method, Origin=f"http://127.0.0.1:{server.port}")[0] == 405
    assert server.ask("apply", "POST", {})[0] == 404


def test_it_ends_with_the_command_and_what_that_comes_to(server):
    answer = json.loads(server.ask("finish", "POST", {})[2])
    assert answer["command"] == "pinplan apply"
    assert answer["sentence"] == "downloads 1", "the pair waits"
    assert server.ended.wait(5)
    written = read_decisions(server.session.path, server.session.plan)
    assert written.decisions == {}
    assert written.required == {"dedupe"}


def test_a_page_is_compressed_where_the_browser_can_unpack_it(server):
    _, headers, page = server.ask("", accept_encoding="gzip, br")
    assert headers["content-encoding"] == "gzip"
    _, plain, whole = server.ask("")
    assert "content-encoding" not in plain
    assert gzip.decompress(page) == whole


def test_the_page_model_is_made_once_and_has_the_decisions_of_now():
    made: list[int] = []

    def make() -> PageModel:
        made.append(1)
        return page_model(with_pairs(), "plan.json", Manner())

    model = Made(make)
    threads = [threading.Thread(target=model.model) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert model.with_manner(Manner(read_only="applied")).manner.read_only == "applied"
    for thread in threads:
        thread.join()
    assert made == [1]


def test_what_was_decided_before_is_in_the_page(server):
    pair = pair_of(server.session.plan)
    server.session.change({pair: Step("different")})
    page = server.ask("")[2].decode()
    assert f'"decisions":[{{"action":"{pair}","verdict":"different"}}]' in page


# -- the session -----------------------------------------------------------------------------------------------------


def test_a_session_goes_on_where_the_last_one_stopped(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    Session(plan, path, FakeClock()).change({pair_of(plan): Step("swap")})
    again = Session(plan, path, FakeClock())
    assert again.verdicts == {pair_of(plan): "swap"}
    assert again.finish().counts == {"swap": 1}


def test_decisions_of_another_plan_or_edited_by_hand_are_not_overwritten(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    Session(plan, path, FakeClock()).change({pair_of(plan): Step("skip")})
    good = path.read_text("utf-8")
    path.write_text(good.replace('"skip"', '"skipp"'), "utf-8")
    with pytest.raises(ConfigError, match=r"line \d+: .*skipp"):
        Session(plan, path, FakeClock())
    path.write_text(good.replace(plan.digest, "sha256:" + "0" * 64), "utf-8")
    with pytest.raises(DecisionsUnbound):
        Session(plan, path, FakeClock())


def test_what_was_done_or_is_read_only_is_not_decided(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    pair = pair_of(plan)
    action = next(action for action in plan.actions if action.id == pair)
    with pytest.raises(NotAccepted, match="already done"):
        Session(plan, path, FakeClock(), progress=lambda: Progress(done={pair: action})).change({pair: Step("skip")})
    closed = Session(plan, path, FakeClock(), progress=lambda: Progress(read_only="applied"))
    with pytest.raises(NotAccepted, match="applied"):
        closed.change({pair: Step("skip")})
    closed.finish()
    assert not path.exists()


def test_what_cannot_be_saved_is_not_decided(tmp_path):
    plan = with_pairs()
    session = Session(plan, tmp_path / "gone" / "d.json", FakeClock())
    with pytest.raises(DiskRefused):
        session.change({pair_of(plan): Step("skip")})
    assert session.verdicts == {}


@given(
    st.lists(
        st.tuples(st.sampled_from([0, 1]), st.sampled_from(["approve", "skip", "swap", "different", ""])), max_size=12
    )
)
def test_any_row_of_decisions_leaves_a_file_that_apply_takes(tmp_path_factory, row):
    plan, path = with_pairs(), tmp_path_factory.mktemp("d") / "d.json"
    session = Session(plan, path, FakeClock())
    ids = [action.id for action in plan.actions]
    for number, verdict in row:
        before = session.verdicts
        try:
            session.change({ids[number]: Step(verdict)})
        except NotAccepted:
            assert session.verdicts == before
        else:
            assert {a: d.verdict for a, d in read_decisions(path, plan).decisions.items()} == session.verdicts


# -- several pages, and what others change ---------------------------------------------------------------------------


def two_of(plan: Plan) -> tuple[ActionId, ActionId]:
    first, second, *_ = (action.id for action in plan.actions)
    return first, second


def test_each_page_is_told_what_the_others_decided_since(tmp_path):
    plan = with_pairs()
    session = Session(plan, tmp_path / "d.json", FakeClock())
    one, other = two_of(plan)
    first = session.change({one: Step("skip", "")}, session.id, 0)
    assert (first.whole, first.decisions) == (False, {one: "skip"})
    second = session.change({other: Step("approve", "")}, session.id, 0)
    assert second.decisions == {one: "skip", other: "approve"}
    assert session.update(session.id, second.revision).decisions == {}
    session.change({one: Step("", "skip")}, session.id, second.revision)
    assert session.update(session.id, second.revision).decisions == {one: ""}
    again = session.update("a review that was ended", 7)
    assert again.whole
    assert again.decisions == {other: "approve"}


def test_what_was_decided_otherwise_since_is_not_overwritten(tmp_path):
    plan = with_pairs()
    session = Session(plan, tmp_path / "d.json", FakeClock())
    one, other = two_of(plan)
    session.change({one: Step("skip")})
    answer = session.change({one: Step("approve", ""), other: Step("skip", "")}, session.id, 0)
    assert answer.refused == {one: "skip"}
    assert session.verdicts == {one: "skip", other: "skip"}
    assert not session.change({one: Step("skip", "")}, session.id, 0).refused, "the same twice is no conflict"
    assert not session.change({one: Step("approve", "skip")}, session.id, 0).refused


def test_a_file_that_another_program_wrote_is_merged_and_a_broken_one_is_left_alone(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    session, elsewhere = Session(plan, path, FakeClock()), Session(plan, path, FakeClock())
    one, other = two_of(plan)
    elsewhere.change({one: Step("skip")})
    assert session.change({other: Step("skip")}, session.id, 0).decisions == {one: "skip", other: "skip"}
    assert elsewhere.update(elsewhere.id, 1).decisions == {other: "skip"}
    path.write_text("{")
    answer = session.change({one: Step("")}, session.id, 0)
    assert "not decisions" in answer.trouble
    assert path.read_text() == "{"
    with pytest.raises(NotAccepted, match="not decisions"):
        session.finish()
    path.unlink()
    assert session.change({one: Step("")}, session.id, 0).trouble == ""
    assert read_decisions(path, plan).decisions.keys() == {other}


def test_an_apply_that_has_begun_or_ended_meanwhile_is_noticed(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    one, other = two_of(plan)
    progress = [Progress()]
    session = Session(plan, path, FakeClock(), progress=lambda: progress[-1])
    session.change({other: Step("skip")})
    progress.append(Progress(done={one: plan.actions[0]}))
    assert session.update(session.id, 1).done == {one: "perform"}
    progress.append(Progress(done={one: plan.actions[0]}, read_only="applied"))
    assert session.update(session.id, 1).read_only == "applied"
    with pytest.raises(NotAccepted, match="applied"):
        session.change({other: Step("")})


def test_another_plan_that_was_applied_ends_deciding(tmp_path):
    plan = with_pairs()
    stale: list[Exception] = []

    def progress() -> Progress:
        for error in stale:
            raise error
        return Progress()

    session = Session(plan, tmp_path / "d.json", FakeClock(), progress=progress)
    stale.append(PlanUnbound("serial", "1", "2", "the plan is stale"))
    assert session.update(session.id, 0).read_only == "Read-only: the plan is stale"


def test_decisions_of_the_run_that_was_begun_are_taken_up_where_there_is_no_file(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    one, other = two_of(plan)
    begun = Decisions(plan=plan.digest, decisions={one: Decision(verdict=Choice.SKIP)})
    session = Session(plan, path, FakeClock(), before=begun)
    session.change({other: Step("approve")})
    assert verdicts_of(path, plan) == {one: "skip", other: "approve"}
    session.change({one: Step("")})
    assert Session(plan, path, FakeClock(), before=begun).verdicts == {other: "approve"}


def verdicts_of(path: Path, plan: Plan) -> dict[ActionId, Choice]:
    return {name: decision.verdict for name, decision in read_decisions(path, plan).decisions.items()}


def test_progress_is_read_again_only_where_the_state_has_changed(tmp_path):
    state = tmp_path / "state.db"
    reads: list[Progress] = []

    def read() -> Progress:
        reads.append(Progress())
        return reads[-1]

    state.write_text("1")
    watched = WatchedProgress((state, tmp_path / "state.db-wal"), read)
    watched()
    watched()
    assert len(reads) == 1
    (tmp_path / "state.db-wal").write_text("2")
    watched()
    assert len(reads) == 2


@pytest.mark.promise("I27")
def test_a_review_that_is_started_again_has_the_same_secret_which_only_its_owner_can_read(tmp_path):
    plan, other = Digest("sha256:1"), Digest("sha256:2")
    secret = secret_of(tmp_path, plan)
    assert secret_of(tmp_path, other) != secret
    assert secret_of(tmp_path, plan) == secret
    kept = tmp_path / "reviews.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.chmod(0o644)
    fresh = secret_of(tmp_path, plan)
    assert fresh != secret, "somebody else may have read it"
    kept.write_text("no JSON")
    assert secret_of(tmp_path, plan) not in {secret, fresh}
    for number in range(40):
        secret_of(tmp_path, Digest(f"sha256:9{number}"))
    assert len(json.loads(kept.read_text())) == 20
    assert len(secret_of(tmp_path / "not there", plan)) == len(secret)


def test_images_that_take_long_keep_no_decision_waiting(server):
    going = threading.Event()
    server.review._pictures.read = lambda *_: going.wait(20) and IMAGE
    pair = pair_of(server.session.plan)
    asking = [threading.Thread(target=server.ask, args=(f"full/{pair}/1",)) for _ in range(60)]
    for thread in asking:
        thread.start()
    try:
        assert server.ask("decide", "POST", {"set": {pair: {"verdict": "skip"}}})[0] == 200
    finally:
        going.set()
        for thread in asking:
            thread.join()


class WhileSaving(FakeClock):
    """Does something once, between the look at a file and its write: then the time of a decision is asked for."""

    does: Callable[[], object] | None = None

    def now(self):
        does, self.does = self.does, None
        if does is not None:
            does()
        return super().now()


def test_two_reviews_that_save_at_the_same_moment_lose_nothing(tmp_path):
    plan, path = with_pairs(), tmp_path / "d.json"
    one, other = two_of(plan)
    clock = WhileSaving()
    session, elsewhere = Session(plan, path, clock), Session(plan, path, FakeClock())
    second = threading.Thread(target=lambda: elsewhere.change({other: Step("skip")}))

    def begin() -> None:
        second.start()
        second.join(0.3)  # not done, for it has to wait

    clock.does = begin
    session.change({one: Step("skip")})
    second.join(10)
    assert verdicts_of(path, plan) == {one: "skip", other: "skip"}
    assert elsewhere.verdicts == {one: "skip", other: "skip"}


@pytest.mark.parametrize("ends", [True, False])
def test_an_editor_that_saves_in_between_is_not_overwritten(tmp_path, ends):
    plan, path = with_pairs(), tmp_path / "d.json"
    one, other = two_of(plan)
    clock = WhileSaving()
    session = Session(plan, path, clock)
    session.change({one: Step("skip")})
    theirs = Decisions(plan=plan.digest, decisions={other: Decision(verdict=Choice.SKIP)})
    clock.does = lambda: path.write_bytes(encode_decisions(theirs))
    if ends:
        session.finish()
    else:
        assert session.change({one: Step("approve", "skip")}).refused == {one: ""}
    assert verdicts_of(path, plan) == {other: "skip"}
    assert list(tmp_path.iterdir()) == [path]
