"""What Pinterest refused to the app of a sign-in is kept beside it, for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pinplan.auth.features import KeptFeatures
from pinplan.auth.profile import begun
from pinplan.config import Store
from pinplan.model.features import Feature
from tests.signin_fakes import API, APP, Clock, Server, Warnings, profile_in

NOW = datetime(2026, 1, 10, tzinfo=UTC)
CLOSED = (Feature.UPDATE_PINS,)


def kept_in(home: Path, warn: Warnings | None = None) -> KeptFeatures:
    return KeptFeatures(home / "credentials" / "default.features", Warnings() if warn is None else warn, 7)


def test_a_refused_feature_is_closed_for_the_given_days(tmp_path):
    features = kept_in(tmp_path)
    assert features.closed(NOW) == ()
    features.learn(CLOSED, (), NOW)
    again = kept_in(tmp_path)
    assert (again.closed(NOW + timedelta(days=6)), again.closed(NOW + timedelta(days=8))) == (CLOSED, ())
    assert again.closed(NOW - timedelta(days=400)) == ()
    assert again.since()[CLOSED[0]].startswith("2026-01-10T")


def test_one_that_works_is_open_again(tmp_path):
    features = kept_in(tmp_path)
    features.learn(CLOSED, (), NOW)
    features.learn((), CLOSED, NOW)
    assert kept_in(tmp_path).closed(NOW) == ()
    features.learn(CLOSED, CLOSED, NOW)
    assert kept_in(tmp_path).since() == {}


@pytest.mark.parametrize(
    "data",
    [b"{", b'{"format": "other"}', b'{"format": "pinplan.features", "closed": {"update_pins": "soon"}}', b"\xff"],
)
def test_a_file_that_cannot_be_read_closes_nothing(tmp_path, data):
    features = kept_in(tmp_path)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "default.features").write_bytes(data)
    assert features.closed(NOW) == ()


def test_a_feature_of_a_later_version_is_left_alone(tmp_path):
    features = kept_in(tmp_path)
    features.learn(CLOSED, (), NOW)
    path = tmp_path / "credentials" / "default.features"
    path.write_bytes(path.read_bytes().replace(b"update_pins", b"fly"))
    features.learn(CLOSED, (), NOW)
    assert b"fly" in path.read_bytes()
    assert features.closed(NOW) == CLOSED


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path):
    (tmp_path / "credentials").write_text("in the way")
    warn = Warnings()
    kept_in(tmp_path, warn).learn(CLOSED, (), NOW)
    assert [message.partition(":")[0] for message in warn] == ["not saved"]


def test_signing_in_again_and_signing_out_forget_it(tmp_path):
    profile, clock = profile_in(tmp_path), Clock()
    credentials = begun(Server(clock).grant(), APP, API, clock.now())
    profile.begin(credentials, Store.FILE)
    for way in (lambda: profile.begin(credentials, Store.FILE), profile.remove):
        KeptFeatures(profile.features_file, Warnings(), 7).learn(CLOSED, (), NOW)
        assert profile.features_file.exists()
        assert profile.others() == ["default"]
        way()
        assert not profile.features_file.exists()
