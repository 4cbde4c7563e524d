"""Opens the adapters for a config. The only module that knows all of them."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pinplan.adapters import Adapters, PlanRequest
from pinplan.config import Config, load_config, policies_of
from pinplan.disk.marker import Marker, read_marker
from pinplan.errors import DiskRefused, LockHeld, MarkerMissing, StateDamaged
from pinplan.events import silent
from pinplan.lock import hold
from pinplan.model.ids import LibraryId, Lineage
from pinplan.plan.document import Scope
from pinplan.records.files import OWN_FOLDER
from pinplan.records.pin_metadata import NAME as FACTS_NAME
from pinplan.records.pin_metadata import PinMetadata
from pinplan.records.rollback_guard import RollbackGuard
from pinplan.records.seals import SealKey
from pinplan.records.state import State, create_state, open_state
from pinplan.snapshot.freshness import Freshness, Refresh
from pinplan.wiring.access import USER_AGENT, access_of, features_of, session_of, warner
from pinplan.wiring.access import SystemClock as SystemClock  # noqa: PLC0414 - exported

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Executor

    from pinplan.disk.library import DiskLibrary
    from pinplan.events import Emit
    from pinplan.model.base import Base, Tracked
    from pinplan.pinterest.api import PinterestApi
    from pinplan.pinterest.images import ImageDownloads
    from pinplan.pinterest.video_host import VideoUploads
    from pinplan.plan.document import Plan
    from pinplan.ports import Library
    from pinplan.reconcile.match import FileSides
    from pinplan.records.pin_metadata import PartialBoard
    from pinplan.review.thumbnails import FetchedImages


def load(
    config_file: Path | None,
    library: Path | None,
    flags: Mapping[str, object],
    *,
    token_file: Path | None = None,
    anywhere: bool = False,
) -> Config:
    """The config for a command: flags beat environment beats project file beats user file."""
    import platformdirs

    return load_config(
        config_file=config_file,
        library=library,
        environment=os.environ,
        user_file=Path(platformdirs.user_config_dir("pinplan")) / "config.toml",
        flags=flags,
        start=Path.cwd(),
        token_file=token_file,
        anywhere=anywhere,
    )


def request_of(
    config: Config,
    *,
    scope: Scope | None = None,
    allow: Mapping[str, int] | None = None,
    refresh: Refresh = Refresh.AUTO,
) -> PlanRequest:
    """The plan request of a config."""
    return PlanRequest(
        policies=policies_of(config),
        scope=scope or Scope(),
        allow=dict(allow or {}),
        max_gone_checks=config.network.max_gone_checks,
        freshness=Freshness(refresh=refresh, full_days=config.network.full_refresh_days),
    )


@contextmanager
def locked(library: Path, command: str, timeout: float = 0.0) -> Iterator[None]:
    """Hold the library's lock. Raises `LockHeld`, `MarkerMissing`."""
    if not (library / OWN_FOLDER).is_dir():
        raise MarkerMissing(str(library), "not a library")
    with hold(library / OWN_FOLDER / "lock", command=command, timeout=timeout):
        yield


@contextmanager
def looking(library: Path, command: str) -> Iterator[bool]:
    """For read-only commands: try to hold the library lock; yields whether it is not held.

    A read-only library cannot be locked, and a read-only command does not wait for a running apply: it then works on copies
    (``read_only``) and writes nothing. Raises `MarkerMissing`.
    """
    with ExitStack() as held:
        without = is_read_only(library)
        if not without:
            try:
                held.enter_context(locked(library, command))
            except LockHeld:
                without = True
        yield without


def is_read_only(library: Path) -> bool:
    """Whether the library is read-only: a backup, a snapshot, a mount."""
    own = library / OWN_FOLDER
    # access(2) also answers for read-only mounts, which permission bits do not show.
    return own.is_dir() and not os.access(own, os.W_OK)


@contextmanager
def open_state_of(library: Path, *, read_only: bool = False) -> Iterator[State]:
    """The state of a library; a copy with ``read_only`` or on a read-only disk. Raises `StateDamaged`."""
    marker = read_marker(library)
    only = read_only or is_read_only(library)
    path = library / OWN_FOLDER / "state.db"
    with open_state(path, marker.library_id, marker.lineage, read_only=only) as state:
        yield state


def state_files(library: Path) -> tuple[Path, ...]:
    """The files that change when the state of a library does."""
    path = library / OWN_FOLDER / "state.db"
    return path, path.with_name(f"{path.name}-wal")


def rollback_guard_of(marker: Marker) -> RollbackGuard:
    """The rollback guard of a library."""
    return RollbackGuard(_state_folder(), marker.library_id, marker.lineage)


def rollback_guard_of_library(library: Path) -> RollbackGuard:
    """The rollback guard of the library in a folder. Raises `StateDamaged`."""
    return rollback_guard_of(read_marker(library))


@contextmanager
def open_library(
    config: Config,
    emit: Emit = silent,
    *,
    token: str | None = None,
    executor: Executor | None = None,
    read_only: bool = False,
) -> Iterator[Adapters]:
    """Open all adapters of a plan or an apply.

    Args:
        config: from `load`.
        emit: the listener for progress.
        token: the access token; by default that of ``--token-file``, PINPLAN_ACCESS_TOKEN or the profile.
        executor: where fingerprints are computed; by default in threads.
        read_only: work on copies of the records (see `looking`). State and audit log are not checked against each other: beside a
            running apply the copies are of two moments.

    Raises:
        StateDamaged: marker, state or audit log is missing, unreadable or rolled back (I3, I26).
        NotSignedIn: no token given and not signed in.
        ConfigError: invalid token or API URL.
    """
    from pinplan.disk.library import DiskLibrary
    from pinplan.duplicates.fingerprinter import ImageFingerprinter
    from pinplan.pinterest.api import PinterestApi

    marker = read_marker(config.library)
    access = access_of(config, emit, token=token)
    with (
        open_state_of(config.library, read_only=read_only) as state,
        closing(DiskLibrary(config.library)) as library,
        open_pin_metadata(config.library, read_only=read_only) as facts,
        closing(state.daily_calls(config.network.daily_calls, SystemClock())) as meter,
        # Closed in reverse order: the session before the meter that counts its calls.
        closing(session_of(config, access.tokens, meter)) as session,
        closing(_images(config)) as images,
        closing(_videos(config)) as videos,
    ):
        guard = rollback_guard_of(marker)
        if not read_only:
            # Before anything is planned: neither a cut log nor an old state may be a base for deletes (I25, I26).
            state.audit.check()
            guard.check(state)
        try:
            yield Adapters(
                remote=PinterestApi(session, access.scopes),
                images=images,
                videos=videos,
                library=library,
                state=state,
                clock=SystemClock(),
                seal_key=SealKey(_data_folder()),
                emit=emit,
                fingerprinter=ImageFingerprinter(),
                facts=facts,
                executor=executor,
                features=features_of(config, access, warner(emit)),
            )
        finally:
            if not read_only:  # also after an error: records made before it must not be lost unnoticed
                guard.remember(state)


@contextmanager
def open_account(config: Config) -> Iterator[PinterestApi]:
    """Pinterest without a library. Raises `NotSignedIn`, `ConfigError`."""
    from pinplan.pinterest.api import PinterestApi

    access = access_of(config)
    with closing(session_of(config, access.tokens)) as session:
        yield PinterestApi(session, access.scopes)


def tracked_here(config: Config) -> tuple[Tracked, ...] | None:
    """What the library tracks, each file at its present path; None without a library. Raises `StateDamaged`."""
    if not (config.library / OWN_FOLDER).is_dir():
        return None
    with open_tree(config.library, read_only=True) as (library, state):
        return base_as_it_lies(config, library, state).tracked


def _data_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_data_dir("pinplan"))


def _state_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_state_dir("pinplan"))


def _images(config: Config) -> ImageDownloads:
    from pinplan.pinterest.hosts import rules_for
    from pinplan.pinterest.images import ImageDownloads

    network = config.network
    return ImageDownloads(
        user_agent=USER_AGENT,
        rules=rules_for(network.api_url, network.image_hosts),
        parallelism=network.parallelism,
        timeout=(10.0, float(network.timeout_seconds)),
        retries=network.retries,
    )


def _videos(config: Config) -> VideoUploads:
    from pinplan.pinterest.hosts import rules_for
    from pinplan.pinterest.video_host import VideoUploads

    network = config.network
    return VideoUploads(
        user_agent=USER_AGENT,
        rules=rules_for(network.api_url, network.upload_hosts, uploads=True),
        timeout=float(network.timeout_seconds),
        retries=network.retries,
    )


@contextmanager
def open_tree(library: Path, *, read_only: bool = False) -> Iterator[tuple[DiskLibrary, State]]:
    """Files and state of a library, without Pinterest. Raises `StateDamaged`."""
    from pinplan.disk.library import DiskLibrary

    with open_state_of(library, read_only=read_only) as state, closing(DiskLibrary(library)) as tree:
        yield tree, state


def where_files_are(config: Config, library: Library, state: State) -> tuple[Base, FileSides]:
    """The base, and where its files are now, for commands without Pinterest; files are found as a plan finds them."""
    from pinplan.duplicates.cache import Source
    from pinplan.duplicates.fingerprinter import ImageFingerprinter
    from pinplan.snapshot.library_files import scan_library

    source = Source(fingerprinter=ImageFingerprinter(), read=library.read)
    return scan_library(library, state, policies_of(config).template, source, SystemClock())


def base_as_it_lies(config: Config, library: Library, state: State) -> Base:
    """The base with each file at its present path; missing files keep their recorded one."""
    from msgspec.structs import replace

    base, sides = where_files_are(config, library, state)
    here = (replace(record, path=sides.where(record) or record.path) for record in base.tracked)
    return replace(base, tracked=tuple(here))


@contextmanager
def open_fingerprints(config: Config | None, plan: Plan, *, offline: bool) -> Iterator[FetchedImages]:
    """The images of a plan, for display. Locks nothing, changes nothing.

    Args:
        config: of the library that the plan was made for; None: there is no library here, and nothing is fetched.
        plan: the plan.
        offline: fetch nothing from Pinterest's image host.
    """
    from pinplan.apply.run import find_run
    from pinplan.review.thumbnails import FetchedImages, ImageSources

    if config is None:
        yield FetchedImages(ImageSources(no_images="no downloads without a library"))
        return
    with ExitStack() as opened:
        library, state = opened.enter_context(open_tree(config.library))
        images = None if offline else opened.enter_context(closing(_images(config)))
        run = find_run(plan, state.runs())
        yield FetchedImages(
            ImageSources(
                library=library,
                images=images,
                no_images="no downloads (--offline)",
                run=run.id if run else None,
                paths={record.pin_id: record.path for record in state.base().tracked},
            )
        )


@contextmanager
def open_pin_metadata(library: Path, *, read_only: bool = False) -> Iterator[PinMetadata]:
    """The last known metadata of a library's pins. Raises `DiskRefused`."""
    with closing(PinMetadata(library / OWN_FOLDER / FACTS_NAME, read_only=read_only)) as facts:
        yield facts


def partial_boards_of(library: Path) -> tuple[PartialBoard, ...]:
    """Boards whose last listing was incomplete. Raises `DiskRefused`."""
    with open_pin_metadata(library, read_only=True) as facts:
        return facts.partial()


@contextmanager
def default_fingerprinter() -> Iterator[State]:
    """The fingerprint cache for files outside libraries, in the user's cache folder; recreated if damaged."""
    import platformdirs

    folder = Path(platformdirs.user_cache_dir("pinplan"))
    # The name is older than the word fingerprint; renaming it would throw away existing caches.
    path, library_id, lineage = folder / "faces.db", LibraryId("none"), Lineage("none")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            create_state(path, library_id, lineage)
        state = open_state(path, library_id, lineage)
    except StateDamaged:  # a cache: recreate it
        for old in folder.glob("faces.db*"):
            old.unlink()
        create_state(path, library_id, lineage)
        state = open_state(path, library_id, lineage)
    except OSError as error:
        raise DiskRefused(str(folder), error.errno, error.strerror or str(error)) from error
    with state:
        yield state
