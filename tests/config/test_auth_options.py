"""`[auth]`, `[network] api`, and what beats what."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinplan.access import access_of
from pinplan.config import API_URL, SANDBOX_API_URL, Config, load_config
from pinplan.errors import ConfigError, NotSignedIn


def loaded(folder: Path, text: str = "", flags: dict[str, object] | None = None, **environment: str) -> Config:
    (folder / "pinplan.toml").write_text(text, "utf-8")
    return load_config(library=folder, environment=environment, flags=flags)


def test_an_api_by_name_is_an_address_and_the_stronger_source_wins(tmp_path):
    assert loaded(tmp_path).network.api_url == API_URL
    sandbox = '[network]\napi = "sandbox"\n'
    assert loaded(tmp_path, sandbox).network.api_url == SANDBOX_API_URL
    assert loaded(tmp_path, sandbox, {"network.api": "production"}).network.api_url == API_URL
    other = '[network]\napi_url = "https://a.example/v5"\n'
    assert loaded(tmp_path, other, {"network.api": "sandbox"}).network.api_url == SANDBOX_API_URL
    here = "http://127.0.0.1:1/v5"
    assert loaded(tmp_path, sandbox, PINPLAN_API_URL=here).network.api_url == here
    with pytest.raises(ConfigError, match="name two APIs; leave one out"):
        loaded(tmp_path, "", {"network.api": "sandbox"}, PINPLAN_API_URL=here)


def test_the_profile_of_a_flag_beats_the_environment_beats_the_file(tmp_path):
    text = '[auth]\nprofile = "a"\n'
    assert loaded(tmp_path).auth.profile == "default"
    assert loaded(tmp_path, text).auth.profile == "a"
    assert loaded(tmp_path, text, PINPLAN_PROFILE="b").auth.profile == "b"
    assert loaded(tmp_path, text, {"auth.profile": "c"}, PINPLAN_PROFILE="b").auth.profile == "c"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('app_secret = "canary"', "secrets do not belong in a config file"),
        ('access_token = "canary"', "secrets do not belong in a config file"),
        ('profile = "../canary"', "a profile's name"),
        ('profile = ""', "a profile's name"),
        ('scopes = ["pins:raed"]', "did you mean pins:read"),
        ('store = "keychain"', "did you mean keyring"),
        ("redirect_port = 0", "redirect_port"),
        ('app_id = "a b"', "an app's id"),
    ],
)
@pytest.mark.promise("I27")
def test_what_is_wrong_in_auth_is_told_and_no_secret_with_it(tmp_path, line, words):
    with pytest.raises(ConfigError, match=words) as caught:
        loaded(tmp_path, f"[auth]\n{line}\n")
    assert "secret" not in words or "canary" not in str(caught.value)


def test_whose_token_is_used(tmp_path, monkeypatch):
    path = tmp_path / "token"
    path.write_text("of-the-file")
    path.chmod(0o600)
    monkeypatch.setenv("PINPLAN_ACCESS_TOKEN", "of-the-environment")
    (tmp_path / "pinplan.toml").write_text("")
    plain = load_config(library=tmp_path)
    assert access_of(plain).tokens.current() == "of-the-environment"
    assert access_of(plain, token="of-the-program").tokens.current() == "of-the-program"
    assert access_of(load_config(library=tmp_path, token_file=path)).tokens.current() == "of-the-file"
    named = load_config(library=tmp_path, flags={"auth.profile": "work"})
    with pytest.raises(NotSignedIn):
        access_of(named)
    with pytest.raises(ConfigError, match="leave one out"):
        access_of(load_config(library=tmp_path, flags={"auth.profile": "work"}, token_file=path))
    monkeypatch.delenv("PINPLAN_ACCESS_TOKEN")
    with pytest.raises(NotSignedIn, match="nobody is signed in"):
        access_of(plain)


def test_signing_in_needs_no_library(tmp_path):
    config = load_config(environment={}, start=tmp_path, anywhere=True)
    assert config.auth.redirect_port == 8085
    with pytest.raises(ConfigError, match=r"there is no pinplan\.toml"):
        load_config(environment={}, start=tmp_path)
