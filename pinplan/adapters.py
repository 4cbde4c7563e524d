"""Ports of a run and options of a plan. `pinplan.wiring.open_library` builds both from a config."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from pinplan.duplicates.cache import Source
from pinplan.events import Emit, silent
from pinplan.model.images import FileFact
from pinplan.plan.document import Scope
from pinplan.snapshot.freshness import Freshness

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent import futures

    from pinplan.duplicates.compare import Fingerprinter
    from pinplan.policies.bundle import Policies
    from pinplan.ports import Features, ImageSource, Library, Remote, VideoHost, WaitingClock
    from pinplan.records.pin_metadata import PinMetadata
    from pinplan.records.seals import SealKey
    from pinplan.records.state import State


class Adapters(Struct, frozen=True, kw_only=True):
    """Everything a run may touch.

    Attributes:
        fingerprinter: computes image fingerprints; None: no search for duplicates.
        facts: pin metadata for display; no decision depends on it.
        seal_key: identifies plans made on this computer.
        features: what Pinterest refused to the app; None: nothing is kept, as for a token without a sign-in.
        executor: where fingerprints are computed (see `pinplan.duplicates.cache.Source`); None: threads of this process.
    """

    remote: Remote
    images: ImageSource
    videos: VideoHost
    library: Library
    state: State
    clock: WaitingClock
    seal_key: SealKey
    emit: Emit = silent
    fingerprinter: Fingerprinter | None = None
    facts: PinMetadata | None = None
    executor: futures.Executor | None = None
    features: Features | None = None

    @property
    def source(self) -> Source | None:
        """The source of fingerprints; None if disabled."""
        if self.fingerprinter is None:
            return None
        return Source(fingerprinter=self.fingerprinter, read=self.library.read, executor=self.executor)


class PlanRequest(Struct, frozen=True, kw_only=True):
    """What to plan.

    Attributes:
        allow: raised limits of checks, for this plan only.
        max_gone_checks: maximum number of missing pins queried one by one.
        freshness: how much of the listing cache may be used.
        posted: copies in the outbox that are to be posted.
    """

    policies: Policies
    scope: Scope = field(default_factory=Scope)
    allow: Mapping[str, int] = field(default_factory=dict)
    max_gone_checks: int = 500
    freshness: Freshness = field(default_factory=Freshness)
    posted: tuple[FileFact, ...] = ()
