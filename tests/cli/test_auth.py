"""Signing in as a user does: real processes, the sandbox's page, a browser that is curl."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image

from pinplan.cli import app as app_module
from pinplan.sandbox import Fault, FaultKind, Lifetimes, Sandbox, Settings, default_world
from pinplan.sandbox.world import Account
from tests.cli.terminal import PINPLAN
from tests.cli.test_cli import User

APP = {"PINTEREST_APP_ID": "1500000", "PINTEREST_APP_SECRET": "sandbox-secret"}


class Signer(User):
    """Somebody without a token, who signs in by hand."""

    def __init__(self, home: Path, sandbox: Sandbox) -> None:
        super().__init__(home, sandbox)
        self.environment.pop("PINPLAN_ACCESS_TOKEN")
        self.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

    def signs_in(self, *words: str, code: int = 0, approve: str = "1", paste: str | None = None) -> str:
        with subprocess.Popen(
            [PINPLAN, "auth", "login", "--no-browser", *words],
            cwd=self.home, env={**self.environment, **APP}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                if line.startswith("http"):
                    break
            else:
                assert process.wait() == code, said
                return said
            if paste is None:
                paste = requests.get(f"{line.strip()}&approve={approve}", allow_redirects=False, timeout=10).headers[
                    "location"
                ]
            out, err = process.communicate(f"{paste}\n")
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return said + out + err

    def files(self) -> dict[str, bytes]:
        folder = self.home / ".config" / "pinplan" / "credentials"
        return {path.name: path.read_bytes() for path in folder.glob("*.json")} if folder.is_dir() else {}

    def tokens(self) -> list[str]:
        kept = [json.loads(data) for data in self.files().values()]
        return [one[key] for one in kept for key in ("access_token", "refresh_token", "app_secret")]


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Signer]:
    settings = Settings(lifetimes=Lifetimes(access=100_000, refresh=1_000_000))
    with Sandbox(default_world(), settings=settings) as sandbox:
        yield Signer(tmp_path, sandbox)


@pytest.mark.promise("I27")
def test_from_signing_in_to_signing_out(user):
    assert "auth login" in user.types("auth", "status", code=12)
    assert "Signed in as demo_collector, in profile default" in user.signs_in()
    said = [user.types("auth", "status"), user.types("auth", "status", "--json")]
    report = json.loads(said[1])
    assert report["username"] == "demo_collector"
    assert report["lacking"]["delete, move and change pins"] == ["boards:write", "pins:write"]
    assert (report["asked"], 1 < report["access_days_left"] < 2) == (True, True)
    before = user.tokens()
    user.types("init", str(user.pins), cwd=user.home)
    said.append(user.types("plan", "-o", "plan.json"))
    planned = json.loads((user.pins / "plan.json").read_bytes())
    assert planned["snapshots"]["remote"]["scopes"] == ["boards:read", "pins:read", "user_accounts:read"]
    user.sandbox.clock.advance(100_001)
    said.append(user.types("plan"))
    after = user.tokens()
    assert not set(before[:2]) & set(after)
    assert user.types("auth", "token", "--show").strip() == after[0]
    assert "--show" in user.types("auth", "token", code=64)
    user.sandbox.tokens.revoke()
    said.append(user.types("plan", code=12))
    assert "auth login" in said[-1]
    for secret in (*before, *after):
        assert not [text for text in said if secret in text]
        assert not [p for p in user.pins.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()]
    assert "Signed out" in user.types("auth", "logout")
    assert user.files() == {}
    user.types("auth", "logout", code=12)


class Browser:
    """Standard input of somebody who opens the address, and pastes where it led to (or something else)."""

    def __init__(self, capsys: pytest.CaptureFixture[str], said: list[str]) -> None:
        self.capsys, self.said = capsys, said
        self.pastes: str | None = None

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        self.said.append(self.capsys.readouterr().err)
        if self.pastes is not None:
            return self.pastes
        (address,) = [line for line in self.said[-1].splitlines() if line.startswith("http")]
        location: str = requests.get(f"{address}&approve=1", allow_redirects=False, timeout=10).headers["location"]
        return location


@pytest.fixture
def types(user, monkeypatch, capsys):
    """The same commands in this process: they are many, and a process each takes its time."""
    said: list[str] = []
    browser = Browser(capsys, said)
    monkeypatch.setattr(sys, "stdin", browser)
    monkeypatch.chdir(user.home)
    for name, value in {**user.environment, **APP, "XDG_CONFIG_HOME": str(user.home / ".config")}.items():
        monkeypatch.setenv(name, value)

    def typed(*words: str, code: int = 0, paste: str | None = None, **environment: str | None) -> str:
        said.clear()
        browser.pastes = paste
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["pinplan", *words])
            for name, value in environment.items():
                patch.delenv(name) if value is None else patch.setenv(name, value)
            found: int = app_module.run()
        out, err = capsys.readouterr()
        everything: str = "".join(said) + out + err
        assert found == code, everything
        return everything

    return typed


LOGIN = ("auth", "login", "--no-browser")


def test_what_goes_wrong_is_one_sentence_and_the_right_code(user, types, tmp_path):
    assert "state mismatch" in types(*LOGIN, code=12, paste="http://localhost:8085/?code=abc&state=wrong")
    assert "does not accept the code" in types(*LOGIN, code=12, paste="abcdef")
    assert "did you mean boards:read?" in types(*LOGIN, "--scopes", "board:read", code=64)
    assert "a profile name" in types(*LOGIN, "--profile", "../x", code=64)
    assert "different APIs" in types(*LOGIN, "--api", "sandbox", code=64)
    assert "PINTEREST_APP_ID is not set" in types(*LOGIN, code=64, PINTEREST_APP_ID=None)
    assert "PINTEREST_APP_SECRET is not set" in types(*LOGIN, code=64, PINTEREST_APP_SECRET=None)
    assert "keyring" in types(*LOGIN, "--store", "keyring", code=12)
    assert user.files() == {}


def test_profiles_and_tokens_that_are_given(user, types, tmp_path):
    assert "Signed in" in types(*LOGIN, "--profile", "work", "--write")
    assert "Signed in" in types(*LOGIN, "--profile", "work", PINTEREST_APP_ID=None, PINTEREST_APP_SECRET=None)
    assert "no profile wrok" in types("auth", "status", "--profile", "wrok", code=12)
    assert "did you mean work?" in types("auth", "status", code=12, PINPLAN_PROFILE="wrok")
    (path,) = (user.home / ".config" / "pinplan" / "credentials").glob("work*.json")
    kept = json.loads(path.read_bytes())
    path.write_text(json.dumps({**kept, "got_at": kept["got_at"] + 9_000}))
    assert "clock is earlier than the sign-in" in types("auth", "status", "--offline", "--profile", "work")
    path.chmod(0o640)
    assert "mode changed to 0600" in types("auth", "status", "--offline", "--profile", "work")
    given = {"PINPLAN_ACCESS_TOKEN": "sandbox"}
    assert json.loads(types("auth", "status", "--json", **given))["source"] == "PINPLAN_ACCESS_TOKEN"
    assert json.loads(types("auth", "status", "--json", "--profile", "work", **given))["source"] == "profile"
    assert "leave one out" in types("auth", "status", "--profile", "work", "--token-file", "x", code=64)
    assert "cannot be read" in types("auth", "status", "--token-file", "nowhere", code=64)
    (tmp_path / "token").write_text("no-such-token\n")
    assert "Authentication failed" in types("auth", "status", "--token-file", "token", code=12, **given)


def test_another_account_under_a_library_is_refused_by_plan(user):
    user.signs_in()
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json", "--target", "Nature 自然")
    user.types("apply", "plan.json")
    user.sandbox.world.account = Account(id="4711", username="somebody_else")
    said = user.types("plan", code=5)
    assert "Sign in as the account of this library" in said


def test_an_app_that_may_not_create_pins_is_told_so_before_anything_is_sent(user):
    user.signs_in("--write", "--secret")
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text(
        '[sync]\nmode = "two-way"\non_new_file = "upload"\n[network]\nretries = 0\n[upload]\nown_content = true\nsettle_seconds = 0\n',
        "utf-8",
    )
    user.types("apply", "--auto-approve")
    (user.pins / "Birds").mkdir()
    for number, name in enumerate(("a.png", "Birds/b.png")):
        Image.effect_noise((300, 200 + number), 50 + number).save(user.pins / name)
    board = next(path.name for path in sorted(user.pins.iterdir()) if path.is_dir() and path.name[0] != ".")
    (user.pins / "a.png").rename(user.pins / board / "a.png")
    message = "Apps with Trial access may not create Pins in production"
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="POST /pins", status=403, code=29, message=message)])
    assert "Trial access" in user.types("apply", "--auto-approve", code=3)
    assert "create pins: Pinterest does not offer this to your app (refused on 2" in user.types("auth", "status")
    said = user.types("plan")
    assert "not possible: 2 to upload (upload)." in said
    assert "blocked: not possible: 2 to upload" in user.types("explain", "Birds/b.png")
    user.sandbox.requests.clear()
    assert "not possible: 1 to post (post)." in user.types(
        "post", board, str(user.pins / "Birds" / "b.png"), "--auto-approve", code=3
    )
    assert "POST" not in {method for method, _ in user.sandbox.requests}


def test_what_pinterest_does_not_offer_to_the_app_is_kept_with_the_sign_in(user):
    user.signs_in("--write")
    user.types("init", str(user.pins), cwd=user.home)
    (user.pins / "pinplan.toml").write_text('[sync]\nmode = "two-way"\n[network]\nretries = 0\n', "utf-8")
    user.types("apply", "--auto-approve")
    first, second = sorted(path for path in user.pins.iterdir() if path.is_dir() and not path.name.startswith("."))[:2]
    picture = next(path for path in sorted(first.iterdir()) if path.suffix == ".jpg")
    picture.rename(second / picture.name)
    message = "Your application does not have access to this restricted feature."
    user.sandbox.faults.set([Fault(kind=FaultKind.STATUS, on="PATCH *", status=401, code=3, message=message)])
    assert "feature not enabled for your app" in user.types("apply", "--auto-approve", code=3)
    assert "change pins: Pinterest does not offer this to your app (refused on 2" in user.types("auth", "status")
    assert list(json.loads(user.types("auth", "status", "--json"))["closed"]) == ["update_pins"]
    said = user.types("plan")
    assert "not possible: 1 to move on Pinterest (move_remote)." in said
    assert "Nothing to do. 1 difference is only reported." in said
    for name in (f"{second.name}/{picture.name}", picture.stem.partition("[")[2].rstrip("]")):
        assert "blocked: not possible: 1 to move on Pinterest (move_remote)." in user.types("explain", name)
    other = next(path for path in sorted(first.iterdir()) if path.suffix == ".jpg")
    assert "The next plan has no action for it." in user.types("explain", f"{first.name}/{other.name}")
    user.types("auth", "logout")
    user.signs_in("--write")
    user.sandbox.faults.set([])
    assert "1 to move on Pinterest" in user.types("plan")
    user.types("apply", "--auto-approve")
    assert "No changes. Library and Pinterest agree." in user.types("plan")
