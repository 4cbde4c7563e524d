"""`[auth]`, `[network] api`, and what beats what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pinplan.config import API_URL, SANDBOX_API_URL, Config, load_config
from pinplan.errors import ConfigError, NotSignedIn
from pinplan.wiring.access import access_of


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
    with pytest.raises(ConfigError, match="are different APIs; remove one"):
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
        ('profile = "../canary"', "a profile name"),
        ('profile = ""', "a profile name"),
        ('scopes = ["pins:raed"]', "did you mean pins:read"),
        ('store = "keychain"', "did you mean keyring"),
        ("redirect_port = 0", "redirect_port"),
        ('app_id = "a b"', "an app id"),
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
    with pytest.raises(NotSignedIn, match="not signed in"):
        access_of(plain)


def test_signing_in_needs_no_library(tmp_path):
    config = load_config(environment={}, start=tmp_path, anywhere=True)
    assert config.auth.redirect_port == 8085
    with pytest.raises(ConfigError, match=r"no pinplan\.toml"):
        load_config(environment={}, start=tmp_path)


OTHER = "https://collector.example/v5"


@pytest.mark.promise("I27")
@pytest.mark.parametrize("given", ["environment", "file"])
def test_a_token_is_not_sent_to_a_host_that_only_the_library_names(tmp_path, monkeypatch, given):
    monkeypatch.setenv("PINPLAN_ACCESS_TOKEN", "t" * 20)
    token_file = tmp_path / "token"
    token_file.write_text("t" * 20)
    token_file.chmod(0o600)
    text = f'[sync]\nmode = "archive"\n\n[network]\napi_url = "{OTHER}"\n'
    (tmp_path / "pinplan.toml").write_text(text)
    user_file = tmp_path / "user.toml"

    def access(**options: Any) -> str:
        config = load_config(
            library=tmp_path, token_file=token_file if given == "file" else None, **{"environment": {}, **options}
        )
        return access_of(config).origin

    with pytest.raises(ConfigError, match=r"pinplan\.toml, line 5: network\.api_url = 'https://collector"):
        access()
    assert access(environment={"PINPLAN_API_URL": OTHER})
    user_file.write_text(f'[network]\napi_url = "{OTHER}"\n')
    with pytest.raises(ConfigError):
        access()
    assert access(user_file=user_file)
    for own in ("http://127.0.0.1:1/v5", SANDBOX_API_URL):
        (tmp_path / "pinplan.toml").write_text(f'[network]\napi_url = "{own}"\n')
        assert access()


@pytest.mark.promise("I27")
def test_user_and_password_in_an_address_are_not_repeated(tmp_path):
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, '[network]\napi_url = "https://me:hunter2@a.example/v5"\n')
    assert "hunter2" not in str(refused.value)
