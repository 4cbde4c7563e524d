"""What ``pinplan post`` and `pinplan.api.make_post` are given, checked and copied: pictures, texts, and the board that they go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinplan.account.names import place_named
from pinplan.config import policies_of
from pinplan.errors import ConfigError
from pinplan.model.post import PostWanted, PostWords, carousel_problem
from pinplan.snapshot.post_pictures import clear_outbox, copy_to_outbox
from pinplan.snapshot.remote import list_account
from pinplan.wiring.post_sources import post_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pinplan.adapters import Adapters
    from pinplan.config import Config
    from pinplan.model.post import PostPicture
    from pinplan.snapshot.remote import ListedAccount

OWN_CONTENT = "Pinterest allows only content that you may publish"


def words_of(*, title: str | None, description: str, link: str, alt_text: str) -> PostWords:
    """The texts of new pins. Raises `ConfigError` for a template or a link that is none."""
    words = PostWords(title=title, description=description, link=link, alt_text=alt_text)
    if problems := list(words.problems()):
        raise ConfigError(problems)
    return words


def check_ways(*, carousel: bool, by_url: bool) -> None:
    """Raises `ConfigError` for ways to post that exclude each other."""
    if carousel and by_url:
        raise ConfigError(["--carousel and --by-url are mutually exclusive"])


def wanted_of(
    config: Config,
    adapters: Adapters,
    board: str,
    sources: Sequence[str],
    words: PostWords,
    *,
    keep: bool,
    by_url: bool,
    carousel: bool,
    consent: Callable[[int], None],
) -> tuple[PostWanted, ListedAccount]:
    """Copy the pictures to the outbox and find the board; also returns the list of boards, for the plan.

    Args:
        config: of the library.
        adapters: of the library.
        board: board or section, by name, id or URL.
        sources: files, folders and addresses.
        words: the texts.
        keep: whether the files are kept in the library.
        by_url: whether Pinterest fetches the addresses.
        carousel: whether the pictures become one pin.
        consent: called with the number of pictures if the config does not say that they may be published; it may refuse.

    Raises:
        ConfigError: everything that is wrong with the pictures, before Pinterest is asked for anything; or no such board.
        AuthError, RemoteError: the boards could not be listed.
    """
    pictures = _copied(config, adapters, sources, words, by_url=by_url)
    if carousel and (problem := _given_twice(pictures) or carousel_problem([(p.source, p.file) for p in pictures])):
        raise ConfigError([f"--carousel: {problem}"])
    if not config.settings.upload.own_content:
        consent(len(pictures))
    listed = list_account(adapters.remote, adapters.clock, adapters.emit)
    place = place_named(board, listed.boards, lambda one: adapters.remote.sections(one).sections)
    wanted = PostWanted(
        board_id=place.board.id,
        section_id=place.section.id if place.section is not None else None,
        pictures=pictures,
        words=words,
        keep=keep,
        carousel=carousel,
    )
    return wanted, listed


def _given_twice(pictures: Sequence[PostPicture]) -> str:
    """That a picture is there twice; empty if none is. Of single pins the plan reports it, and posts the first."""
    first: dict[str, PostPicture] = {}
    for one in pictures:
        before = first.setdefault(one.file.path, one)
        if before is not one:
            return f"{one.source} is the same file as {before.source}; give it once"
    return ""


def _copied(
    config: Config, adapters: Adapters, sources: Sequence[str], words: PostWords, *, by_url: bool
) -> tuple[PostPicture, ...]:
    with post_sources(config, sources, by_url=by_url) as given:
        pictures = copy_to_outbox(adapters.library, given, words, policies_of(config).about_uploads)
    clear_outbox(adapters.library, adapters.state.creates, adapters.clock, pictures)
    return pictures
