"""Signing in as a user does: real processes, the sandbox's page, a browser that is curl."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from pinplan.sandbox import Lifetimes, Sandbox, Settings, default_world
from pinplan.sandbox.world import Account
from tests.cli.test_cli import PINPLAN, User

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


def test_what_goes_wrong_is_one_sentence_and_the_right_code(user, tmp_path):
    assert "consent was denied" in user.signs_in(code=12, approve="0")
    wrong = "http://localhost:8085/?code=abc&state=wrong"
    assert "state is wrong" in user.signs_in(code=12, paste=wrong)
    assert "does not accept the code" in user.signs_in(code=12, paste="abcdef")
    assert "did you mean boards:read?" in user.signs_in("--scopes", "board:read", code=64)
    assert "a profile's name" in user.signs_in("--profile", "../x", code=64)
    assert "name two APIs" in user.signs_in("--api", "sandbox", code=64)
    assert "PINTEREST_APP_ID is not set" in user.types("auth", "login", code=64)
    assert user.files() == {}
    assert "Signed in" in user.signs_in("--profile", "work", "--write")
    assert "there is no profile wrok" in user.types("auth", "status", "--profile", "wrok", code=12)
    assert "did you mean work?" in user.types("auth", "status", code=12, PINPLAN_PROFILE="wrok")
    assert "keyring" in user.signs_in("--store", "keyring", code=12)
    (path,) = (user.home / ".config" / "pinplan" / "credentials").glob("work*.json")
    path.chmod(0o640)
    assert "its mode is 0600 now" in user.types("auth", "status", "--offline", "--profile", "work")
    assert "it cannot be read" in user.types("auth", "status", "--token-file", "nowhere", code=64)
    assert (
        json.loads(user.types("auth", "status", "--json", PINPLAN_ACCESS_TOKEN="sandbox"))["source"]
        == "PINPLAN_ACCESS_TOKEN"
    )
    said = user.types("auth", "status", "--json", "--profile", "work", PINPLAN_ACCESS_TOKEN="sandbox")
    assert json.loads(said)["source"] == "profile"  # a flag beats the environment
    assert "leave one out" in user.types("auth", "status", "--profile", "work", "--token-file", "x", code=64)
    (tmp_path / "token").write_text("no-such-token\n")
    assert "token" in user.types(
        "auth", "status", "--token-file", "token", code=12, PINPLAN_ACCESS_TOKEN="sandbox", cwd=tmp_path
    )


def test_another_account_under_a_library_is_refused_by_plan(user):
    user.signs_in()
    user.types("init", str(user.pins), cwd=user.home)
    user.types("plan", "-o", "plan.json", "--target", "Nature 自然")
    user.types("apply", "plan.json")
    user.sandbox.world.account = Account(id="4711", username="somebody_else")
    said = user.types("plan", code=5)
    assert "Sign in as the account of this library" in said
