"""The config: every source has its rank, every problem is told, with the nearest right word."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET

from pinplan.config import default_config_text, load_config, policies_of, token_from
from pinplan.config.schema import Settings
from pinplan.errors import ConfigError
from pinplan.model.ids import BoardId
from pinplan.model.pins import Board, pin_id_in
from pinplan.policies.bundle import BoardPolicy, Mtime, Policies, for_board, in_mode, in_scope
from pinplan.policies.mode import GonePin, MissingFile, Mode, NewPicture, NewPin, answers_of
from pinplan.policies.uploads import Carousels, Uploads

OPTIONS = [
    (table, option)
    for table, default in msgspec.structs.asdict(Settings()).items()
    if isinstance(default, msgspec.Struct)
    for option in default.__struct_fields__
]


def library(folder: Path, text: str) -> Path:
    (folder / "pinplan.toml").write_text(text, "utf-8")
    return folder


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(library=library(folder, text), environment={})
    return list(caught.value.problems)


@pytest.mark.parametrize("strongest", range(4))
def test_flags_beat_environment_beat_project_beat_user(tmp_path, strongest):
    urls = [f"https://{name}.test/v5" for name in ("user", "project", "environment", "flag")]
    user = tmp_path / "user.toml"
    user.write_text(f'[network]\napi_url = "{urls[0]}"\nparallelism = 3\n')
    library(tmp_path, f'[network]\napi_url = "{urls[1]}"\n' if strongest >= 1 else "")
    config = load_config(
        library=tmp_path,
        user_file=user,
        environment={"PINPLAN_API_URL": urls[2]} if strongest >= 2 else {},
        flags={"network.api_url": urls[3]} if strongest >= 3 else {},
    )
    assert config.network.api_url == urls[strongest]
    assert config.network.parallelism == 3


def test_a_config_is_found_where_it_is_named_and_above_the_present_folder(tmp_path):
    library(tmp_path, "")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert load_config(start=inner, environment={}).library == tmp_path
    assert load_config(config_file=tmp_path / "pinplan.toml", environment={}).library == tmp_path
    assert load_config(environment={"PINPLAN_LIBRARY": str(tmp_path)}).library == tmp_path
    named = {"PINPLAN_CONFIG": str(tmp_path / "pinplan.toml")}
    assert load_config(library=inner, environment=named).library == inner


@pytest.mark.parametrize(
    "where", [{"config_file": Path("none.toml")}, {"library": Path("nowhere")}, {"start": Path("/")}]
)
def test_where_there_is_none_it_says_so(where):
    with pytest.raises(ConfigError, match=r"no such|no pinplan\.toml"):
        load_config(environment={}, **where)


def test_all_problems_of_a_file_are_told_at_once(tmp_path):
    said = problems(
        tmp_path,
        '[sync]\nmode = "mirrror"\n[limts]\n[network]\nparallelism = 0\nretries = "x"\n[library]\ntemplate = "{titel}"\n'
        '[limits]\nmax_local_deletes = "lots"\n[[override]]\nmode = "mirror"\n',
    )
    text = "\n".join(said)
    for words in (
        "did you mean mirror?",
        "did you mean limits?",
        "parallelism = 0",
        "retries",
        "{titel}",
        "lots",
        "requires board",
    ):
        assert words in text
    assert all(str(tmp_path / "pinplan.toml") in one for one in said)


def test_a_problem_names_the_line_of_its_key(tmp_path):
    text = (
        '[library]\ntrash_days = 30\ntemplate = "{titel} [{pin_id}]{slot}{ext}"\n[[override]]\nboard = "A"\n'
        '[[override]]\nboard = "B"\nmode = "miror"\n[[override]]\nmode = "mirror"\n[limts]\n'
    )
    said = problems(tmp_path, text)
    assert [one.partition(", line ")[2].partition(":")[0] for one in said] == ["3", "8", "9", "11"]
    (above,) = problems(tmp_path, "sync = 1\n")
    assert ", line 1: [sync] must be a table" in above


@pytest.mark.parametrize(("table", "option"), OPTIONS)
def test_any_misspelt_option_is_told_with_the_right_one(tmp_path, table, option):
    wrong = option[:-2] + option[-1] + option[-2]
    if wrong == option:
        wrong = option[:-1]
    (said,) = problems(tmp_path, f"[{table}]\n{wrong} = 1\n")
    assert f"unknown option {table}.{wrong}; did you mean {option}?" in said


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[sync", b"mode = ", b"sync = 1", b"override = 1", b"[[sync]]"])
def test_files_that_are_no_config(tmp_path, data):
    (tmp_path / "pinplan.toml").write_bytes(data)
    with pytest.raises(ConfigError):
        load_config(library=tmp_path, environment={})


def test_what_init_writes_is_the_defaults(tmp_path):
    config = load_config(library=library(tmp_path, default_config_text()), environment={})
    assert policies_of(config) == Policies()


@pytest.mark.promise("I27")
def test_a_token_is_taken_from_the_environment_and_never_shown():
    assert token_from({}) is None
    assert token_from({"PINPLAN_ACCESS_TOKEN": " abc \n"}) == "abc"
    for bad in ("a b", "a\nb", "tökén", "a\x00b"):
        with pytest.raises(ConfigError) as caught:
            token_from({"PINPLAN_ACCESS_TOKEN": bad})
        assert bad not in str(caught.value)


# -- policies --------------------------------------------------------------------------------------------------------


def test_the_modes_give_the_answers_of_the_design():
    found = {mode: (a.new_pin, a.gone_pin, a.missing_file) for mode in Mode for a in [answers_of(mode)]}
    assert found == {
        Mode.ARCHIVE: (NewPin.DOWNLOAD, GonePin.KEEP, MissingFile.LEAVE),
        Mode.MIRROR: (NewPin.DOWNLOAD, GonePin.TRASH, MissingFile.DOWNLOAD),
        Mode.TWO_WAY: (NewPin.DOWNLOAD, GonePin.TRASH, MissingFile.DELETE),
        Mode.PUBLISH: (NewPin.IGNORE, GonePin.KEEP, MissingFile.DELETE),
    }
    assert [mode for mode in Mode if answers_of(mode).new_file is NewPicture.UPLOAD] == [Mode.PUBLISH]


@pytest.mark.promise("I31")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '[sync]\non_new_file = "upload"\n',
            'sync: on_new_file = "upload" requires mode = "two-way" or "publish"; in mode = "archive" nothing is uploaded',
        ),
        ('[sync]\nmode = "two-way"\non_new_file = "upload"\n', None),
        ('[sync]\nmode = "publish"\n', None),
        ('[[override]]\nboard = "Cats"\nmode = "mirror"\non_new_file = "upload"\n', "override 'Cats': on_new_file"),
        ('[[override]]\nboard = "Cats"\nmode = "publish"\non_new_file = "upload"\n', None),
        ('[sync]\nmode = "publish"\n[[override]]\nboard = "Cats"\non_new_file = "report"\n', None),
    ],
)
def test_uploads_are_for_modes_that_write_to_pinterest(tmp_path, text, problem):
    if problem is None:
        assert load_config(library=library(tmp_path, text), environment={}).settings.sync.mode in Mode
        return
    with pytest.raises(ConfigError, match=re.escape(problem)):
        load_config(library=library(tmp_path, text), environment={})


def test_the_conditions_of_uploads_are_those_of_the_config(tmp_path):
    text = '[upload]\nown_content = true\nmax_bytes = "5 MB"\nper_day = 3\n[limits]\nmax_uploads = 7\n'
    policies = policies_of(load_config(library=library(tmp_path, text), environment={}))
    assert policies.about_uploads == Uploads(own_content=True, max_bytes=5_000_000, per_day=3)
    assert policies.further_limits.uploads == 7
    assert policies_of(load_config(library=library(tmp_path, ""), environment={})).uploads is UNSET
    with pytest.raises(ConfigError, match="max_bytes"):
        load_config(library=library(tmp_path, '[upload]\nmax_bytes = "many"\n'), environment={})
    by_names = policies_of(load_config(library=library(tmp_path, '[upload]\ncarousels = "names"\n'), environment={}))
    assert by_names.about_uploads == Uploads(carousels=Carousels.NAMES)
    with pytest.raises(ConfigError, match="carousels"):
        load_config(library=library(tmp_path, '[upload]\ncarousels = "all"\n'), environment={})


def test_single_answers_win_over_modes_and_later_overrides_over_earlier(tmp_path):
    text = (
        '[sync]\nmode = "mirror"\non_gone_pin = "keep"\n'
        '[[override]]\nboard = "Cats*"\nmode = "two-way"\n'
        '[[override]]\nboard = "Cats 2"\non_missing_file = "leave"\n'
    )
    policies = policies_of(load_config(library=library(tmp_path, text), environment={}))
    assert for_board(policies, "Dogs", "1").gone_pin is GonePin.KEEP  # type: ignore[arg-type] # an id is a string
    assert for_board(policies, "cats 1", "2").missing_file is MissingFile.DELETE  # type: ignore[arg-type] # an id is a string
    last = for_board(policies, "Cats 2", "3")  # type: ignore[arg-type] # an id is a string
    assert (last.gone_pin, last.missing_file) == (GonePin.TRASH, MissingFile.LEAVE)
    assert in_mode(policies, Mode.ARCHIVE).gone_pin is GonePin.KEEP


PATTERN = st.text("abC*?[]動é", max_size=4)


@pytest.mark.promise("I9")
@given(st.text("abcC動é", max_size=5), st.lists(PATTERN, max_size=3), st.lists(PATTERN, max_size=3), PATTERN)
def test_one_more_exclude_never_brings_a_board_in(name, include, exclude, more):
    def scope(excludes: list[str]) -> bool:
        return in_scope(Board(id=BoardId("1"), name=name), include=include, exclude=excludes)

    assert scope([*exclude, more]) <= scope(exclude)


ADDRESSES = {
    "501": "501",
    " 501\n": "501",
    "https://www.pinterest.com/pin/501/": "501",
    "https://pinterest.de/pin/a-cat--501": "501",
    "http://nl.pinterest.com/pin/501/?lp=true#x": "501",
    "https://www.pinterest.co.uk/pin/501/feedback/": "501",
    "www.pinterest.com/pin/501": "501",
    "https://www.pinterest.com/me/cats/": None,
    "https://pinterest.com.evil.example/pin/501/": None,
    "https://example.com/pin/501/": None,
    "https://pin.it/abc": None,
    "ftp://pinterest.com/pin/501": None,
    "https://[pinterest.com/pin/501": None,
    "٥٠١": None,
    "-501": None,
    "": None,
}


@pytest.mark.parametrize(("text", "pin"), ADDRESSES.items())
def test_a_pin_is_ignored_by_its_id_or_its_address(tmp_path, text, pin):
    assert pin_id_in(text) == pin
    config = f"[boards]\nignore_pins = {json.dumps([text])}\n"
    if pin is None:
        (said,) = problems(tmp_path, config)
        assert ", line 2: boards.ignore_pins" in said
        assert "is not a pin" in said
    else:
        loaded = load_config(library=library(tmp_path, config), environment={})
        assert policies_of(loaded).ignore_pins == (pin,)


def test_a_byte_order_mark_is_no_part_of_the_config(tmp_path):
    folder = library(tmp_path, '[library]\nmtime = "created"\n')
    path = folder / "pinplan.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert policies_of(load_config(library=folder, environment={})).mtime is Mtime.CREATED


def test_the_time_of_files_is_a_policy(tmp_path):
    loaded = load_config(library=library(tmp_path, '[library]\nmtime = "created"\n'), environment={})
    assert policies_of(loaded).mtime is Mtime.CREATED
    (said,) = problems(tmp_path, '[library]\nmtime = "create"\n')
    assert "expected one of downloaded, created; did you mean created?" in said


@given(st.text(max_size=20))
@example("Food/")
def test_a_board_is_named_by_its_own_name_in_any_case_and_by_its_id(name):
    for pattern in (name, name.upper() if name.upper().casefold() == name.casefold() else name, "77", "*"):
        assert in_scope(Board(id=BoardId("77"), name=name), include=[pattern], exclude=[])
    policies = Policies(overrides=(BoardPolicy(board="77", mode=Mode.MIRROR),))
    assert for_board(policies, name, "77").missing_file is MissingFile.DOWNLOAD  # type: ignore[arg-type] # an id is a string


@pytest.mark.promise("I27")
def test_an_api_without_tls_is_refused_but_on_this_machine(tmp_path):
    (said,) = problems(tmp_path, '[network]\napi_url = "http://api.pinterest.com/v5"')
    assert "unencrypted" in said
    for url in ("http://127.0.0.1:8123/v5", "http://localhost/v5", "http://[::1]:8123/v5"):
        config = load_config(library=library(tmp_path, f'[network]\napi_url = "{url}"'), environment={})
        assert config.network.api_url == url


@pytest.mark.parametrize("key", ["image_hosts", "upload_hosts"])
def test_hosts_are_names(tmp_path, key):
    (said,) = problems(tmp_path, f'[network]\n{key} = ["i.pinimg.com", "https://x.test/", "*.pinimg.com", "localhost"]')
    assert "'https://x.test/' is not a host name" in said
    assert "'localhost' is not a host name" in said
    assert "'*.pinimg.com' is no" not in said
