"""Plan downloads: new, missing and damaged images, better sizes, and images that were refused before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from pinplan.actions import CopyLocal, Download, Replace
from pinplan.actions.expect import ExpectFile, ExpectFree, expect_of
from pinplan.actions.placement import Placement, placement_of
from pinplan.errors.suggestions import suggestion
from pinplan.model.base import image_key
from pinplan.model.images import declared_size, is_placeholder, is_smaller
from pinplan.plan.document import FindingKind
from pinplan.policies.bundle import Mtime
from pinplan.policies.mode import GonePin
from pinplan.reconcile.findings import COVER_ONLY
from pinplan.reconcile.pair_state import surely
from pinplan.reconcile.paths import extension_of
from pinplan.reconcile.truth import FileState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pinplan.errors.suggestions import Command
    from pinplan.model.base import Refused, Tracked
    from pinplan.model.ids import PinId, RelPath
    from pinplan.model.pins import Pin, PinImage, Rendition
    from pinplan.policies.bundle import Policies
    from pinplan.reconcile.draft import Draft
    from pinplan.reconcile.match import PinSides, SeenPin
    from pinplan.reconcile.pair_state import PairState
    from pinplan.reconcile.scope import ScopeFilter


class RefusedImages:
    """Refusals by image, shared by all pins that show the same image."""

    def __init__(self, refused: Iterable[Refused], now: str, retry_days: int) -> None:
        """Index refusals; ``now`` is the time of the listing (RFC 3339), ``retry_days`` the pause between attempts."""
        self._now, self._retry_days = now, retry_days
        self._by_image: dict[str, Refused] = {}
        for one in refused:
            known = self._by_image.get(one.image)
            # The longest history of an image counts for every pin that shows it.
            if known is None or known.runs < one.runs:
                self._by_image[one.image] = one

    def of(self, image: PinImage) -> Refused | None:
        """The recorded refusal of an image or of its best size."""
        return self._by_image.get(image_key(image.signature, image.renditions))

    def settled(self, image: PinImage) -> Refused | None:
        """The refusal, once it is final enough to be only reported."""
        found = self.of(image)
        return found if found is not None and found.settled(self._now, self._retry_days) else None

    def withheld(self, image: PinImage) -> Refused | None:
        """The same, if the host gave a lasting answer for every size: it withholds the image."""
        found = self.settled(image)
        return found if found is not None and found.answered else None


def why_withheld(refused: Refused) -> str:
    """The reason, since when, and the command that retries."""
    return (
        f"withheld: {refused.reason} since {refused.since_day}; retried later, "
        f"or now with: {suggestion(*restoring(refused.pin_id))}"
    )


def restoring(pin_id: PinId) -> Command:
    """The command that fetches an image again, by its pin."""
    return ("plan", "--restore", pin_id)


def could_be_larger(record: Tracked, image: PinImage) -> bool:
    """Whether Pinterest declares a larger size than the file's. A width of 0 is unknown: the file could not be decoded."""
    return bool(image.renditions and record.width) and is_smaller(record.width, record.height, image.renditions[0])


def better_sizes(record: Tracked, image: PinImage) -> tuple[Rendition, ...]:
    """The declared sizes that are larger than the file."""
    return tuple(one for one in image.renditions if is_smaller(record.width, record.height, one))


def sizes_of(record: Tracked, image: PinImage) -> str:
    """File and best size in words."""
    best = declared_size(image.renditions[0])
    return f"{record.path} is {record.width}×{record.height}, Pinterest has {best}"


def is_fewer_pixels(record: Tracked, image: PinImage) -> bool:
    """Whether Pinterest certainly has fewer pixels than the file: they never replace it (I20)."""
    best = image.renditions[0] if image.renditions else None
    # An undeclared size is not "fewer"; without any rendition there is nothing to fetch.
    if best is None or not (best.width and best.height):
        return best is None
    return best.width * best.height < record.width * record.height


def another_image(record: Tracked, image: PinImage) -> str:
    """The message for a pin that shows another image than its file, with what can be done."""
    message = f"Pinterest shows another image for this pin than {record.path}"
    if is_fewer_pixels(record, image):
        return f"{message}, with fewer pixels; the file is kept"
    return f"{message}; fetch it with: {suggestion(*restoring(record.pin_id))}"


def stands_for_nothing(record: Tracked, image: PinImage) -> bool:
    """Whether the newest listing shows that a file is a placeholder (I19). A user's own file never is."""
    return (
        not is_of_a_person(record, image)
        and could_be_larger(record, image)
        and is_placeholder(record.width, record.height, image.renditions[0])
    )


def is_of_a_person(record: Tracked, image: PinImage) -> bool:
    """Whether a file was adopted or accepted: only downloads have the signature of their image on record."""
    return record.is_by_hand(image.signature)


BYTES_PER_PIXEL = 0.15
"""Median of JPEG photographs 736 and 1200 pixels wide in Pinterest's own quality; an estimate for summaries only."""


class FetchRules:
    """Plans downloads, copies of images that are already here, and replacements of files."""

    def __init__(
        self,
        draft: Draft,
        pins: PinSides,
        policies: Policies,
        scope: ScopeFilter,
        refusals: RefusedImages,
        here: Iterable[tuple[str, RelPath]] = (),
    ) -> None:
        """``here`` are addresses whose image a tracked file already holds."""
        self._draft, self._places = draft, draft.places
        self._pins, self._policies, self._scope, self._refusals = pins, policies, scope, refusals
        self._here_by_address = dict(here)
        self._first_with: dict[str, RelPath] = {}

    def download(self, case: PairState) -> None:
        """Fetch a new image, or one that is missing here."""
        seen, image = case.listed, case.image
        if image is None or not image.renditions:
            self._draft.note_image(case, FindingKind.WITHHELD, "Pinterest offers no full image for this pin")
            return
        # A local copy needs no host, so a refusal does not matter.
        if image.renditions[0].url not in self._here_by_address and self.is_withheld(case, image):
            return
        if image.cover:
            self._draft.note_image(case, FindingKind.COVER_ONLY, COVER_ONLY)
        after = self._dated(self._places.placement(seen.pin, image, _expected_extension(case.record, image)), seen.pin)
        if not self._draft.is_free(case, after.path):
            return
        reason = "new_pin" if case.record is None else "removed_locally"
        # An action outside the scope is dropped later: its file must not become the source of a copy.
        wanted = self._scope.has(self._draft.address(case), seen.pin.board_id, seen.pin.id)
        source = self._same_image(image, after.path) if wanted else None
        if source is not None:
            self._copy(case, seen, after, source, reason)
            return
        self._draft.actions.append(
            Download(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._draft.address(case),
                reason=reason,
                expect=ExpectFree(free=after.path),
                before=case.record,
                after=after,
                renditions=image.renditions,
                estimated_bytes=estimate(image),
            )
        )

    def _same_image(self, image: PinImage, path: RelPath) -> RelPath | None:
        """The file of another pin whose image has the same address: already here, or downloaded by this plan."""
        url = image.renditions[0].url
        if image.signature is None:
            return None  # only Pinterest's own addresses are derived from the content
        if url not in self._first_with:
            # The first pin downloads, later pins with the same image copy its file.
            self._first_with[url] = self._here_by_address.get(url, path)
        source = self._first_with[url]
        return source if source != path else None

    def _copy(self, case: PairState, seen: SeenPin, after: Placement, source: RelPath, reason: str) -> None:
        self._draft.actions.append(
            CopyLocal(
                pin_id=seen.pin.id,
                board_id=seen.pin.board_id,
                address=self._draft.address(case),
                reason=reason,
                expect=ExpectFree(free=after.path),
                before=case.record,
                after=after,
                source=source,
            )
        )

    def replace_damaged(self, case: PairState) -> None:
        """Fetch over a damaged file, or over a changed one that --restore names."""
        seen, image, record, file = case.listed, case.image, case.tracked, case.found
        content = surely(file.content)
        if image is None or not image.renditions:
            what = "was changed here" if case.file.state is FileState.CHANGED else "is damaged"
            self._draft.note_image(
                case, FindingKind.WITHHELD, f"the file {what}, and Pinterest no longer offers this image"
            )
            return
        if self.is_withheld(case, image, f"{record.path} is damaged, and its image is "):
            return
        expect = ExpectFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, sha256=content.sha256)
        reason = "restored" if case.restored else f"damaged: {content.problem}"
        self._fetch_over(case, seen, record, image, expect, reason)

    def _fetch_over(
        self, case: PairState, seen: SeenPin, record: Tracked, image: PinImage, expect: ExpectFile, reason: str
    ) -> None:
        after = self._dated(self._place_again(seen, image, record), seen.pin)
        if not self._draft.is_free(case, after.path):
            return
        self._draft.actions.append(
            Replace(
                pin_id=record.pin_id,
                board_id=seen.pin.board_id,
                address=self._draft.address(case),
                reason=reason,
                expect=expect,
                before=record,
                after=after,
                renditions=image.renditions,
                estimated_bytes=estimate(image),
            )
        )

    def is_withheld(self, case: PairState, image: PinImage, what: str = "") -> bool:
        """Whether the host refused an image so often that it is only reported; --restore fetches it at once."""
        refused = None if case.restored else self._refusals.withheld(image)
        if refused is not None:
            self._draft.note_image(case, FindingKind.WITHHELD, what + why_withheld(refused), restoring(refused.pin_id))
        return refused is not None

    def in_another_image(self, case: PairState, seen: SeenPin, record: Tracked, image: PinImage) -> bool:
        """Replace the file by the image that its pin shows now, only with --restore: the file may be the wanted one."""
        if case.restored and not is_fewer_pixels(record, image):
            self._fetch_over(case, seen, record, image, expect_of(record), "another_image")
            return True
        again = () if is_fewer_pixels(record, image) else (restoring(record.pin_id),)
        self._draft.note_image(case, FindingKind.ANOTHER_IMAGE, another_image(record, image), *again)
        return False

    def in_better_size(self, case: PairState, seen: SeenPin, record: Tracked, image: PinImage) -> bool:
        """Replace the file by a larger one, or report that it is smaller; whether it is replaced."""
        refused = self._refusals.of(image)
        # Declared sizes are nominal (a 600x may be 564 wide): without a refusal or a placeholder, a smaller file is no fault.
        nominal = refused is None and not stands_for_nothing(record, image)
        if not case.restored if is_of_a_person(record, image) else nominal:
            self._draft.note_image(case, FindingKind.SMALLER, sizes_of(record, image))
            return False
        settled = self._refusals.settled(image)
        keep = case.answers.gone_pin is GonePin.KEEP  # an archive discards nothing by itself
        if not case.restored and (settled is not None or keep):
            again = restoring(record.pin_id if settled is None else settled.pin_id)
            how = f"fetch it with: {suggestion(*again)}" if settled is None else why_withheld(settled)
            self._draft.note_image(case, FindingKind.BETTER_SIZE, f"{sizes_of(record, image)}; {how}", again)
            return False
        # Only larger ones: a smaller size must not take the file's place when the best is refused.
        larger = replace(image, renditions=better_sizes(record, image))
        self._fetch_over(case, seen, record, larger, expect_of(record), "better_size")
        return True

    def _dated(self, after: Placement, pin: Pin) -> Placement:
        """The same placement, with the modification time to set."""
        created = pin.created_at if self._policies.mtime is Mtime.CREATED else None
        return after if created is None else replace(after, mtime=created)

    def _place_again(self, seen: SeenPin, image: PinImage, record: Tracked) -> Placement:
        """The path of a replacement: the file's own, or the new one of a moved pin."""
        moved = record.container != self._places.container(seen.pin.board_id, seen.pin.section_id)
        if (moved or not record.is_placed_by(self._places.template)) and self._pins.surely_moved(seen, record):
            return self._places.placement(seen.pin, image, extension_of(record.path))
        return replace(placement_of(record), signature=image.signature)


def _expected_extension(record: Tracked | None, image: PinImage) -> str:
    """The extension that this image had here before, else that of its address; once fetched, the bytes decide."""
    if record is None or record.signature is None or record.signature != image.signature:
        return extension_of(image.renditions[0].url)
    return extension_of(record.path)


def estimate(image: PinImage) -> int:
    """Estimated bytes of a download, from the declared size in pixels."""
    best = image.renditions[0]
    # Without declared sizes: a common pin, two by three.
    return int((best.width or 1000) * (best.height or 1500) * BYTES_PER_PIXEL)
