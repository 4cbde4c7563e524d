"""Copy the pictures that ``pinplan post`` was given to the outbox, and check each before Pinterest is asked for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from pinplan.errors import ConfigError, PinplanError
from pinplan.formats.picture_texts import texts_in
from pinplan.model.images import Preparation
from pinplan.model.naming import one_line, safe_part, stem_of
from pinplan.model.post import PostPicture
from pinplan.model.snapshots import UploadFacts
from pinplan.reconcile.upload_rules import why_not_sent
from pinplan.snapshot.new_pictures import facts_alone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pinplan.model.images import FileFact
    from pinplan.model.post import PostWords
    from pinplan.policies.uploads import Uploads
    from pinplan.ports import Clock, Library
    from pinplan.records.creates import Creates

KEPT_DAYS = 30
"""Days for which the outbox keeps a copy, counted from when it was last asked for."""
_DAY = 86_400


class PostSource(Struct, frozen=True, kw_only=True):
    """A picture on the command line.

    Attributes:
        source: its path or address.
        name: its file name.
        read: gives its bytes. Raises `PinplanError`.
        url: the address that Pinterest is to fetch; empty: the bytes are sent.
    """

    source: str
    name: str
    read: Callable[[], bytes]
    url: str = ""


def copy_to_outbox(
    library: Library, given: Iterable[PostSource], texts: PostWords, conditions: Uploads
) -> tuple[PostPicture, ...]:
    """Copy pictures to the outbox. Raises `ConfigError` with everything that is wrong with them."""
    found: list[PostPicture] = []
    problems: list[str] = []
    for number, one in enumerate(given, start=1):
        try:
            picture, problem = _posted(library, one, number, conditions)
        except PinplanError as error:
            problems.append(str(error) if one.source in str(error) else f"{one.source}: {error}")
            continue
        found.append(picture)
        problems += [f"{one.source}: {problem}"] if problem else texts.too_long(picture)
    if problems:
        raise ConfigError(problems)
    return tuple(found)


def _posted(library: Library, one: PostSource, number: int, conditions: Uploads) -> tuple[PostPicture, str]:
    data = one.read()
    file = library.post(data)
    name = safe_part(one.name)
    values = {"stem": one_line(stem_of(one.name)), "name": one_line(one.name), "number": str(number)}
    values |= {f"exif.{field}": text for field, text in texts_in(data).items()}
    picture = PostPicture(source=one.source, name=name, file=file, values=values, url=one.url)
    return picture, _problem(library, file, conditions, by_url=bool(one.url))


def _problem(library: Library, file: FileFact, conditions: Uploads, *, by_url: bool) -> str:
    """Why the picture cannot be posted; empty if it can."""
    if file.content is None or file.content.problem is not None:
        return file.content.problem or "" if file.content is not None else "it cannot be read"
    # By its address Pinterest takes the file as it is, animations as well.
    as_it_is = UploadFacts(path=file.path, size=file.size)
    prepared = as_it_is if by_url else facts_alone(library, file, Preparation(keep_metadata=conditions.keep_metadata))
    return why_not_sent(file.content, prepared, conditions)


def clear_outbox(library: Library, creates: Creates, clock: Clock, wanted: Sequence[PostPicture]) -> None:
    """Delete copies that were not used for `KEPT_DAYS`; those of unconfirmed creates stay, because their pins are recognised by them."""
    needed = {picture.file.path for picture in wanted}
    needed |= {sent.source for record in creates.pending() for sent in record.intent.pictures}
    oldest = clock.now().timestamp() - KEPT_DAYS * _DAY
    for file in library.in_outbox():
        if file.path not in needed and file.mtime_ns / 1e9 < oldest:
            library.unpost(file.path)
