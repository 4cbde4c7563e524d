"""New videos in the folders of boards: each becomes a pin together with the picture of the same name beside it, or a finding. Pure.

The cover must be here: by it the pin is recognised if the response of its create is lost, it is the image that the base tracks, and what is shown before
anything is published. A cover that Pinterest picks would be none of that.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import UNSET

from pinplan.actions.expect import ExpectFile
from pinplan.actions.upload_video import UploadVideo, VideoFile
from pinplan.model.naming import stem_of
from pinplan.model.pins import NewPin
from pinplan.plan.document import Finding, FindingKind
from pinplan.policies.uploads import MAX_COVER_BYTES, VIDEO_MS
from pinplan.reconcile.marked_folders import MARK
from pinplan.reconcile.pair_state import surely
from pinplan.reconcile.upload_rules import NO_ID, Reason, UploadRules, cannot, finding_of_files, planned_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pinplan.model.videos import VideoFacts
    from pinplan.reconcile.match import FileSides
    from pinplan.reconcile.paths import ImagePaths
    from pinplan.reconcile.plan_input import PlanInput
    from pinplan.reconcile.untracked_file import UntrackedFile
    from pinplan.reconcile.video_covers import NewVideo


def without_cover_only(findings: Iterable[Finding], files: FileSides) -> list[Finding]:
    """The findings without those that say of a video's pin that only its cover is here, where the video is here as well."""
    kept = list(findings)
    if any(one.kind is FindingKind.COVER_ONLY for one in kept):
        here = files.pins_of_videos()
        kept = [one for one in kept if one.kind is not FindingKind.COVER_ONLY or one.pin_id not in here]
    return kept


class VideoRules:
    """Decides about videos by the rules for single pictures, which hold for their covers, and those for videos."""

    def __init__(self, inputs: PlanInput, rules: UploadRules, places: ImagePaths) -> None:
        """Judge covers by these rules."""
        self._rules, self._places = rules, places
        self._conditions = inputs.policies.about_uploads
        self._facts = {one.path: one for one in inputs.local.videos}

    def decide(self, found: Iterable[NewVideo]) -> Iterator[UploadVideo | Finding]:
        """An upload or a finding for each video; one finding for all videos of a folder that lack a cover."""
        bare: dict[str, list[UntrackedFile]] = defaultdict(list)
        for one in found:
            if any(self._rules.is_pending(cover) for cover in one.covers):
                continue  # it has a finding of its own
            reason = self._why_not(one)
            if reason is not None:
                yield finding_of_files(one.videos[0].address, reason, one.videos, "videos")
            elif not one.covers:
                bare[one.videos[0].home.container].append(one.videos[0])
            else:
                yield self._upload(one.videos[0], one.covers[0])
        for address, some in bare.items():
            yield finding_of_files(address, cannot(_wanted_cover(some)), some, "videos")

    def _why_not(self, one: NewVideo) -> Reason | None:
        """Why a video is not uploaded; for one that only lacks its cover, nothing."""
        video, covers = one.videos[0], one.covers
        if len(one.videos) > 1:
            names = " and ".join(sorted(each.name for each in one.videos))
            return cannot(f"{names} have one name, so their cover is unclear; rename one of them")
        if one.is_marked:
            return cannot(f"its folder becomes one pin ({MARK}), which shows pictures only; move the video elsewhere")
        reason = self._rules.of_place(video) or self._rules.of_name(video)
        if reason is not None:
            return reason
        # The video first: without a better one no cover helps.
        of_video, of_cover = self._of_video(video), self._of_covers(covers)
        if not covers:
            hopeless = of_video is not None and of_video.kind is FindingKind.CANNOT_UPLOAD and self._is_known(video)
            return _also(of_video, cannot(_wanted_cover([video]))) if hopeless else None
        return (
            _also(of_video, of_cover)
            or _about_cover(covers[0], self._rules.of_picture(covers[0]))
            or self._rules.of_day(covers)
        )

    def _of_covers(self, covers: Sequence[UntrackedFile]) -> Reason | None:
        """What is wrong with the picture that is to be the cover, or with there being several."""
        if len(covers) > 1:
            names = " and ".join(sorted(each.name for each in covers))
            return cannot(f"{names} both have its name, so its cover is unclear; rename one of them")
        reasons = (self._rules.of_file(one) or self._of_cover(one) for one in covers)
        return _about_cover(covers[0], next(reasons)) if covers else None

    def _of_video(self, new: UntrackedFile) -> Reason | None:
        settling = self._rules.of_settling(new)
        if settling is not None:
            return settling
        problem = why_video_is_not_sent(new.file.size, self._facts.get(new.file.path), self._conditions.max_video_bytes)
        return cannot(problem) if problem else None

    def _is_known(self, new: UntrackedFile) -> bool:
        """Whether it was looked at; earlier versions saved snapshots without what is known of videos that lack a cover."""
        return new.file.path in self._facts or new.file.size > self._conditions.max_video_bytes

    def _of_cover(self, new: UntrackedFile) -> Reason | None:
        size = self._rules.size_as_sent(new)
        return (
            cannot(f"{size:,} bytes, at most {MAX_COVER_BYTES:,} are allowed for a cover")
            if size > MAX_COVER_BYTES
            else None
        )

    def _upload(self, video: UntrackedFile, cover: UntrackedFile) -> UploadVideo:
        home, facts = video.home, self._facts[video.file.path]
        shown = surely(facts.video)
        # Cut as it is sent: the plan names what will be published (I31).
        pin = NewPin(board_id=home.board_id, section_id=home.section_id, title=stem_of(video.name)).within_limits()
        planned = planned_file(self._places, home, pin, cover.file)
        file = video.file
        return UploadVideo(
            pin_id=NO_ID,
            board_id=home.board_id,
            address=video.address,
            reason="new_here",
            expect=(
                ExpectFile(path=planned.source, size=planned.size, mtime_ns=planned.mtime_ns, sha256=planned.sha256),
                ExpectFile(path=file.path, size=file.size, mtime_ns=file.mtime_ns, sha256=facts.sha256),
            ),
            after=home,
            pin=pin,
            cover=planned,
            video=VideoFile(
                source=file.path,
                size=file.size,
                sha256=facts.sha256,
                duration_ms=shown.duration_ms,
                width=shown.width,
                height=shown.height,
                container=shown.container,
            ),
            sent_as=self._rules.converted((planned,)) or UNSET,
            keep_metadata=self._rules.keeps_metadata or UNSET,
            of_others=self._rules.is_foreign(home.board_id) or UNSET,
        )


def why_video_is_not_sent(size: int, facts: VideoFacts | None, most: int) -> str:
    """Why Pinterest would not take a video; empty if it may."""
    if size > most:
        return f"{size:,} bytes, at most {most:,} are allowed ([upload] max_video_bytes)"
    if facts is None:
        return "it cannot be read"
    if facts.problem or facts.video is None:
        return facts.problem or "it cannot be read"
    shortest, longest = VIDEO_MS
    if not shortest <= facts.video.duration_ms <= longest:
        seconds = facts.video.duration_ms / 1000
        return f"{seconds:,.1f} seconds long, between {shortest // 1000} seconds and {longest // 60_000} minutes are allowed"
    return ""


def _wanted_cover(videos: Sequence[UntrackedFile]) -> str:
    name = stem_of(videos[0].name)
    if len(videos) == 1:
        return f"put a picture named {name}.jpg beside it: it becomes the cover"
    return f"put a picture of the same name beside each ({name}.jpg for {videos[0].name}): it becomes the cover"


def _also(first: Reason | None, second: Reason | None) -> Reason | None:
    """Both reasons in one; None if there is neither."""
    if first is None or second is None:
        return first or second
    return first._replace(message=f"{first.message}; {second.message}")


def _about_cover(cover: UntrackedFile, reason: Reason | None) -> Reason | None:
    return reason._replace(message=f"its cover {cover.name}: {reason.message}") if reason is not None else None
