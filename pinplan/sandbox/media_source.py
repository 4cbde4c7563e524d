"""The images of a new pin: every ``source_type`` of schema PinCreate."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pinplan.sandbox.pictures import Kind, Picture, uploaded
from pinplan.sandbox.problems import bad_request, broken, restricted_feature, too_large, too_small

if TYPE_CHECKING:
    from pinplan.sandbox.context import Site
    from pinplan.sandbox.uploads import Upload

# Not in the description: third parties report 20 MB.
MAX_IMAGE_BYTES = 20 * 1024 * 1024
MAX_COVER_BYTES = 10 * 1024 * 1024
_BASE64 = re.compile(r"[a-zA-Z0-9+/=]+\Z")


class Shown(NamedTuple):
    """The pictures of a pin."""

    pictures: tuple[Picture, ...]
    video: Upload | None = None


def shown_by(body: dict[str, Any], site: Site) -> Shown:
    """The pictures of a new pin. Raises `ApiProblem`."""
    source = body.get("media_source")
    if not isinstance(source, dict):
        raise bad_request("media_source is required.")
    match source.get("source_type"):
        case "image_base64":
            return Shown((_from_base64(source, site),))
        case "image_url":
            return Shown((_from_url(source.get("url"), site),))
        case "multiple_image_base64":
            return Shown(_alike([_from_base64(item, site) for item in _items(source)]))
        case "multiple_image_urls":
            return Shown(_alike([_from_url(item.get("url"), site) for item in _items(source)]))
        case "video_id":
            upload = _upload(source, site)
            return Shown((_cover(source, site, upload),), upload)
        case "pin_url":
            raise restricted_feature()  # product pins: a beta that is not open to all apps
        case other:
            raise bad_request(f"source_type {other!r:.60} is not valid.")


def _items(source: dict[str, Any]) -> list[dict[str, Any]]:
    items = source.get("items")
    if not isinstance(items, list) or not 2 <= len(items) <= 5 or not all(isinstance(item, dict) for item in items):
        raise bad_request("items must hold 2 to 5 images.")
    index = source.get("index", 0)
    # In Python True is an int; in JSON it is not a number.
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise bad_request("index must be an integer of at least 0.")
    return items


def _alike(pictures: list[Picture]) -> tuple[Picture, ...]:
    # As two third parties report; the description names no such rule.
    if len({(picture.width, picture.height) for picture in pictures}) > 1:
        raise bad_request("All images of a carousel must have the same width and height.")
    return tuple(pictures)


def _from_base64(source: dict[str, Any], site: Site, prefix: str = "", most: int = MAX_IMAGE_BYTES) -> Picture:
    content_type, text = source.get(f"{prefix}content_type"), source.get(f"{prefix}data")
    if content_type not in {"image/jpeg", "image/png"}:
        raise bad_request("content_type must be image/jpeg or image/png.")
    # The schema's own pattern: no line breaks, no URL-safe alphabet, which b64decode alone would let pass or skip.
    if not isinstance(text, str) or not _BASE64.match(text):
        raise bad_request("data must be base64 without line breaks.")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise bad_request("data must be base64 without line breaks.") from error
    if len(data) > most:
        raise too_large()
    try:
        picture = uploaded(data)
    except ValueError as error:
        raise broken() from error
    if min(picture.width, picture.height) < site.settings.min_side:
        raise too_small()
    return picture


def _from_url(url: object, site: Site) -> Picture:
    """A picture by its URL.

    The sandbox makes no requests: a foreign URL gives a drawn picture, always the same one. Names that end in ``.invalid`` do not
    exist (RFC 2606).
    """
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host = parts.hostname or ""
    except ValueError as error:
        raise bad_request("Invalid URL.") from error
    if parts.scheme not in {"http", "https"} or not host or host.endswith(".invalid"):
        raise bad_request("Invalid URL.")
    if f"{parts.scheme}://{parts.netloc}" != site.images:
        return _drawn(str(url), Kind.SHAPES, 800, 1000)
    picture = site.world.picture(parts.path.rpartition("/")[2].partition(".")[0])
    if picture is None:
        raise bad_request("Invalid URL.")
    return picture


def _upload(source: dict[str, Any], site: Site) -> Upload:
    media_id = source.get("media_id")
    if not isinstance(media_id, str):
        raise bad_request("media_id is required.")
    return site.uploads.done(media_id)


def _cover(source: dict[str, Any], site: Site, upload: Upload) -> Picture:
    """The cover of a video: a URL, bytes, or a key frame time, for which a picture is drawn."""
    if "cover_image_url" in source:
        return _from_url(source["cover_image_url"], site)
    if "cover_image_data" in source:
        return _from_base64(source, site, "cover_image_", MAX_COVER_BYTES)
    moment = source.get("cover_image_key_frame_time")
    if not isinstance(moment, int | float) or isinstance(moment, bool) or moment < 0:
        raise bad_request("A video needs cover_image_url, cover_image_data or cover_image_key_frame_time.")
    return _drawn(f"{upload.digest}@{moment}", Kind.LANDSCAPE, 720, 1280)


def _drawn(name: str, kind: Kind, width: int, height: int) -> Picture:
    return Picture(kind, int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:6]), width, height)
