"""Video uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pinplan.sandbox.problems import bad_request
from pinplan.sandbox.responses import page_answer, page_of
from pinplan.sandbox.uploads import PATH

if TYPE_CHECKING:
    from pinplan.sandbox.context import Call
    from pinplan.sandbox.uploads import Upload


async def list_all(call: Call) -> tuple[int, bytes]:
    """``GET /media``, newest first."""
    page, bookmark = page_of(call.site.uploads.all(), lambda one: int(one.id), call.request.query_params)
    return 200, page_answer(map(_answer, page), bookmark)


async def create(call: Call) -> tuple[int, bytes]:
    """``POST /media``: an upload URL and the form fields to send."""
    if (await call.body()).get("media_type") != "video":
        raise bad_request("media_type must be video.")
    upload = call.site.uploads.register()
    answer = {
        "media_id": upload.id,
        "media_type": "video",
        "upload_url": f"{call.site.images}{PATH}",
        "upload_parameters": upload.parameters,
    }
    return 201, msgspec.json.encode(answer)


async def get(call: Call) -> tuple[int, bytes]:
    """``GET /media/{media_id}``."""
    return 200, _answer(call.site.uploads.get(call.named("media_id")))


def _answer(upload: Upload) -> bytes:
    return msgspec.json.encode({"media_id": upload.id, "media_type": "video", "status": upload.looked_at()})
