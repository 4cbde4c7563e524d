"""Renewing: once for all threads and processes, kept before it is used, and never a refresh token lost in silence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pinplan.auth import private_files
from pinplan.auth.profile import Credentials, Profile, begun
from pinplan.auth.renewal import ProfileTokens
from pinplan.config import Store
from pinplan.errors import AuthError, DiskRefused, LockHeld, NotSignedIn, SignInChanged, SignInEnded, Unreachable
from pinplan.sandbox import Clock as SandboxClock
from pinplan.sandbox import Sandbox, default_world
from tests.signin_fakes import API, APP, Clock, MemoryKeyring, Server, Warnings, profile_in


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Server:
    return Server(clock)


@pytest.fixture
def profile(tmp_path: Path, server: Server, clock: Clock) -> Profile:
    made = profile_in(tmp_path)
    made.begin(begun(server.grant(), APP, API, clock.now()), Store.FILE)
    return made


def tokens_of(profile: Profile, server: Server, warn: Warnings | None = None) -> ProfileTokens:
    return ProfileTokens(profile, server, server.clock, Warnings() if warn is None else warn)


def test_a_token_is_used_until_the_last_third_of_its_life(profile, server, clock):
    tokens = tokens_of(profile, server)
    first = tokens.current()
    clock.passes(599)
    assert tokens.current() == first
    clock.passes(2)
    assert tokens.current() != first
    assert (server.renewals, profile.read().refresh_token) == (1, server.refresh)


def test_a_refused_token_is_renewed_once_and_a_new_one_that_is_refused_is_not(profile, server):
    tokens = tokens_of(profile, server)
    first = tokens.current()
    second = tokens.renewed(first)
    assert second is not None
    assert second != first
    assert tokens.renewed(first) == second  # another thread, whose request was on its way
    assert tokens.renewed(second) is None
    assert server.renewals == 1


def test_many_threads_renew_once(profile, server, clock):
    tokens = tokens_of(profile, server)
    clock.passes(700)
    start = threading.Barrier(8)

    def ask(_: int) -> str:
        start.wait()
        return tokens.current()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    assert server.renewals == 1


def test_the_new_refresh_token_is_on_the_disk_before_its_access_token_is_used(profile, server, clock, monkeypatch):
    tokens = tokens_of(profile, server)
    clock.passes(700)
    kept: list[str] = []
    keep = profile.keep

    def keeping(new: Credentials) -> None:
        keep(new)
        kept.append(new.access_token)

    monkeypatch.setattr(profile, "keep", keeping)
    monkeypatch.setattr(Server, "lets_in", lambda self, access: access in kept)
    assert server.lets_in(tokens.current())


def test_without_room_on_the_disk_nothing_is_used_up(profile, server, clock, monkeypatch):
    before = profile.read()
    monkeypatch.setattr(
        private_files,
        "write",
        lambda path, *_: (_ for _ in ()).throw(DiskRefused(str(path), 28, "No space left on device")),
    )
    clock.passes(1000)
    with pytest.raises(DiskRefused):
        tokens_of(profile, server).current()
    assert server.refresh == before.refresh_token
    assert server.renewals == 0


def test_while_the_old_token_is_good_a_failed_renewal_is_a_warning(profile, server, clock):
    server.failing = Unreachable("the network is down")
    warn = Warnings()
    tokens = tokens_of(profile, server, warn)
    clock.passes(700)
    assert server.lets_in(tokens.current())
    assert server.lets_in(tokens.current())
    assert warn == ["sign-in not renewed, it will expire soon: the network is down"]
    clock.passes(300)
    with pytest.raises(Unreachable):
        tokens.current()
    server.failing = None
    assert server.lets_in(tokens.current())


@pytest.mark.parametrize("seconds", [-(10**8), 10**8])
def test_a_clock_that_is_wrong_costs_a_request_and_no_sign_in(profile, server, clock, seconds):
    mine = Clock()
    mine.passes(seconds)
    tokens = ProfileTokens(profile, server, mine, Warnings())
    clock.passes(1000)  # the server's own time
    token: str | None = tokens.current()
    if not server.lets_in(str(token)):
        token = tokens.renewed(str(token))
    assert server.lets_in(str(token))
    assert tokens.current() == token
    assert server.renewals == 1


def test_without_a_refresh_token_pinterest_decides_how_long_a_token_is_good(profile, server, clock):
    profile.begin(replace(profile.read(), refresh_token=""), Store.FILE)
    tokens = tokens_of(profile, server)
    clock.passes(10**6)
    first = tokens.current()
    with pytest.raises(SignInEnded, match="not renewable"):
        tokens.renewed(first)


def test_a_refresh_token_that_was_revoked_means_signing_in_again(profile, server, clock):
    server.refresh = "another"
    clock.passes(1000)
    with pytest.raises(SignInEnded):
        tokens_of(profile, server).current()


def test_no_other_account_and_no_other_scopes_in_the_middle_of_a_command(profile, server, clock):
    tokens = tokens_of(profile, server)
    tokens.current()
    server.scopes = ("boards:read",)
    profile.begin(begun(server.grant(), APP, API, clock.now()), Store.FILE)
    clock.passes(700)
    with pytest.raises(SignInChanged):
        tokens.current()


def test_a_keyring_that_fails_at_the_worst_moment_loses_nothing(tmp_path, server, clock):
    keyring, warn = MemoryKeyring(), Warnings()
    profile = profile_in(tmp_path, keyring=keyring, warn=warn)
    profile.begin(begun(server.grant(), APP, API, clock.now()), Store.AUTO)
    assert profile.place == "the keyring"
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"canary" in p.read_bytes()]
    tokens = tokens_of(profile, server)
    clock.passes(700)
    keyring.broken = True
    tokens.current()
    assert profile.read().refresh_token == server.refresh
    assert profile.place.endswith(".json")
    assert len(warn) == 1


STEPS = st.lists(
    st.sampled_from(["use", "refused", "wait", "long", "crash before", "crash after", "other", "network", "sign in"]),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=40)
def test_the_last_refresh_token_is_kept_or_the_person_is_told(steps):
    """Whatever expires, fails, dies or runs beside it."""
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        server = Server(clock)
        profile = profile_in(Path(folder))
        profile.begin(begun(server.grant(), APP, API, clock.now()), Store.FILE)
        mine, other = tokens_of(profile, server), tokens_of(profile, server)
        lost = False
        for step in steps:
            server.failing = Unreachable("down") if step == "network" else None
            clock.passes({"wait": 650, "long": 3700, "network": 650}.get(step, 1))
            if step == "sign in":
                profile.begin(begun(server.grant(), APP, API, clock.now()), Store.FILE)
                mine, lost = tokens_of(profile, server), False
            if step.startswith("crash"):
                lost = dies(profile, server, after_the_answer=step.endswith("after")) or lost
                mine = tokens_of(profile, server)
                continue
            tokens = other if step == "other" else mine
            try:
                token = tokens.renewed(tokens.held.access_token) if step == "refused" else tokens.current()
            except AuthError:
                assert lost or clock.now() >= server.refresh_until
                lost = True  # told; only a new sign-in helps
            except Unreachable:
                assert step == "network"
            else:
                assert token is None or server.lets_in(token)
            assert lost or profile.read().refresh_token == server.refresh
        server.failing = None
        if lost and not server.lets_in(profile.read().access_token):
            clock.passes(1000)
            with pytest.raises(AuthError):
                tokens_of(profile, server).current()


def dies(profile: Profile, server: Server, *, after_the_answer: bool) -> bool:
    """A process that dies when it renews; whether a token that was given is lost by that."""
    tokens = tokens_of(profile, server)

    def die(*_: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        if after_the_answer:
            patch.setattr(profile, "keep", die)
        else:
            patch.setattr(profile, "check_room", die)
        before = server.renewals
        try:
            tokens.renewed(tokens.held.access_token)
        except (Crash, AuthError):
            return server.renewals > before
    return False


PROCESS = """
import sys
from pathlib import Path
from pinplan.wiring.access import SystemClock
from pinplan.pinterest.token_endpoint import ApiTokenEndpoint
from pinplan.auth.renewal import ProfileTokens
from tests.signin_fakes import Warnings, profile_in
url = sys.argv[2]
tokens = ProfileTokens(profile_in(Path(sys.argv[1]), api=url), ApiTokenEndpoint(url, user_agent="test"), SystemClock(), Warnings())
print(tokens.renewed(sys.argv[3]))
"""


def test_processes_that_renew_at_the_same_time_share_one_renewal(tmp_path):
    from pinplan.pinterest.token_endpoint import ApiTokenEndpoint
    from pinplan.wiring.access import SystemClock

    with Sandbox(default_world(), clock=SandboxClock()) as sandbox:
        granted = sandbox.tokens.redeem(sandbox.tokens.new_code("x", frozenset({"boards:read"})), "x")
        app = {"app_id": sandbox.settings.app.id, "app_secret": sandbox.settings.app.secret}
        profile = profile_in(tmp_path, api=sandbox.url)
        first = begun(_as_granted(granted), APP, sandbox.url, SystemClock().now())
        profile.begin(replace(first, **app), Store.FILE)
        words = [sys.executable, "-c", PROCESS, str(tmp_path), sandbox.url, granted.access]
        root = Path(__file__).parents[2]
        processes = [
            subprocess.Popen(
                words, cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)}
            )
            for _ in range(3)
        ]
        said = {process.communicate()[0].strip() for process in processes}
        held = profile.read()
        assert said == {held.access_token}
        assert [path for _, path in sandbox.requests].count("/oauth/token") <= 1
        endpoint = ApiTokenEndpoint(sandbox.url, user_agent="test")
        assert endpoint.renew(held.app, held.refresh_token).access_token


def _as_granted(granted):
    from pinplan.model.tokens import Granted

    return Granted(
        access_token=granted.access,
        refresh_token=granted.refresh,
        scopes=tuple(sorted(granted.scopes)),
        lives=granted.lives,
        refresh_lives=granted.refresh_lives,
    )


# -- where it is kept ------------------------------------------------------------------------------------------------


def test_files_and_folders_are_private_and_put_right_where_they_are_not(tmp_path, server, clock):
    warn = Warnings()
    profile = profile_in(tmp_path, warn=warn)
    profile.begin(begun(server.grant(), APP, API, clock.now()), Store.FILE)
    path, folder = Path(profile.place), tmp_path / "credentials"
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    path.chmod(0o644)
    folder.chmod(0o755)
    profile.read()
    with profile.locked("auth logout"):
        pass
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [message.partition(": ")[2] for message in warn] == [
        "readable by others (mode 0644); mode changed to 0600",
        "readable by others (mode 0755); mode changed to 0700",
    ]


def test_who_waits_too_long_for_another_process_is_told_which(tmp_path, monkeypatch):
    monkeypatch.setattr("pinplan.auth.profile._PATIENCE", 0)
    with (
        profile_in(tmp_path).locked("renewing the sign-in"),
        pytest.raises(LockHeld, match=rf"held by pinplan renewing the sign-in \(process {os.getpid()} on "),
        profile_in(tmp_path).locked("auth logout"),
    ):
        pass


def test_an_unknown_profile_is_told_with_those_there_are(tmp_path, server, clock):
    for name in ("work", "home"):
        profile_in(tmp_path, name=name).begin(begun(server.grant(), APP, API, clock.now()), Store.FILE)
    with pytest.raises(NotSignedIn, match=r"no profile wrok at .*; available: home, work; did you mean work\?"):
        profile_in(tmp_path, name="wrok").read()
    with pytest.raises(NotSignedIn, match="not signed in"):
        profile_in(tmp_path, api="https://api.pinterest.com/v5").read()


def test_a_profile_is_for_one_api_only(tmp_path, server, clock):
    profile_in(tmp_path).begin(begun(server.grant(), APP, "https://elsewhere.example/v5", clock.now()), Store.FILE)
    with pytest.raises(NotSignedIn, match=r"for https://elsewhere\.example/v5, not"):
        profile_in(tmp_path).read()


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_damaged_credentials_mean_not_signed_in(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "credentials" / "default@127.0.0.1_9.json"
        path.parent.mkdir(mode=0o700)
        path.write_bytes(data)
        path.chmod(0o600)
        with pytest.raises(NotSignedIn, match="damaged"):
            profile_in(Path(folder)).read()


def test_a_link_is_not_followed(tmp_path, profile):
    path = Path(profile.place)
    real = path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(real)
    with pytest.raises(DiskRefused):
        profile.read()


def test_signing_out_forgets_everything(tmp_path, server, clock):
    for keyring in (MemoryKeyring(), None):
        profile = profile_in(tmp_path, keyring=keyring)
        profile.begin(begun(server.grant(), APP, API, clock.now()), Store.AUTO)
        assert profile.remove() in {"the keyring", str(tmp_path / "credentials" / "default@127.0.0.1_9.json")}
        assert keyring is None or not keyring.kept
        assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.read_bytes()]
        with pytest.raises(NotSignedIn):
            profile.remove()


def test_a_keyring_that_never_answers_is_given_up(monkeypatch):
    from pinplan.auth import keyrings

    never = threading.Event()
    monkeypatch.setattr(keyrings, "_is_safe", lambda: never.wait(20))
    assert not keyrings.Keyring(patience=0.05).works()
    never.set()


def test_what_is_kept_shows_no_secret_in_its_text(server, clock):
    held = begun(server.grant(), APP, API, clock.now())
    for thing in (held, APP, server.grant(), [held], {"a": held}):
        assert "canary" not in repr(thing) + str(thing)
    assert not held.__rich_repr__()
    assert json.loads(private_json(held))["refresh_token"].startswith("canary")
    assert held.access_until is not None
    assert timedelta(seconds=held.access_until - held.got_at) == timedelta(seconds=900)


def private_json(held) -> bytes:
    from pinplan.auth.profile import encode

    return encode(held)
