"""Pinterest's own API description, where it is at hand: what is exchanged is held against it.

It is not part of the project. It is looked for beside the checkout, or where ``PINPLAN_OPENAPI`` says.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter

FILE = Path(os.environ.get("PINPLAN_OPENAPI", Path(__file__).parents[2] / "shared" / "openapi" / "pinterest-v5.json"))
MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"
needs_description = pytest.mark.skipif(
    not FILE.is_file(), reason="the API's own description is not here; PINPLAN_OPENAPI can name it"
)


@cache
def description() -> dict[str, Any]:
    """As it is written."""
    read: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return read


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and text of each operation, by its operationId."""
    methods = {"get", "post", "put", "patch", "delete"}
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, item in description()["paths"].items()
        for method, operation in item.items()
        if method in methods
    }


def strict_description() -> dict[str, Any]:
    """The same, but objects hold nothing that is not described: otherwise a misspelt optional key would be valid.

    An object that is part of another one by ``allOf`` cannot be closed: it would forbid what the other parts describe.
    """
    spec = copy.deepcopy(description())
    parts = {one.get("$ref", "").rpartition("/")[2] for one in _parts(spec)}
    for name, schema in spec["components"]["schemas"].items():
        if (
            "properties" in schema
            and not {"allOf", "oneOf", "anyOf", "discriminator"} & set(schema)
            and name not in parts
        ):
            schema.setdefault("additionalProperties", False)
    for node in _objects(spec):
        if node.get("format") == "date-time":
            # Pinterest was seen to leave the zone out (pinterest/api-quickstart, issue 78), which RFC 3339 does not allow.
            del node["format"]
            node["pattern"] = MOMENT
    # The validator knows no OAuth; what it can see is a bearer's token.
    for scheme in ("pinterest_oauth2", "client_credentials"):
        spec["components"]["securitySchemes"][scheme] = {"type": "http", "scheme": "bearer"}
    return spec


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(one)


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "allOf" and len(value) > 1:
                yield from value
            yield from _parts(value)
            if key == "allOf" and len(value) == 1 and "properties" in node:
                yield from value
    elif isinstance(node, list):
        for one in node:
            yield from _parts(one)


@contextmanager
def recorded() -> Iterator[list[requests.Response]]:
    """All exchanges with an API, of whoever uses requests in this process."""
    exchanges: list[requests.Response] = []
    send = HTTPAdapter.send

    def noting(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        answer = send(self, request, *args, **options)
        if urlsplit(request.url or "").path.startswith("/v5/"):
            exchanges.append(answer)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", noting)
        yield exchanges


class Judge:
    """Holds exchanges against the description."""

    def __init__(self) -> None:
        from openapi_core import OpenAPI

        self._api = OpenAPI.from_dict(strict_description())
        self._paths = [
            (operation_id, method, path.split("/")) for operation_id, (method, path, _) in operations().items()
        ]

    def operation(self, exchange: requests.Response) -> str:
        """The operationId of a request; empty if there is no such operation."""
        parts = urlsplit(exchange.request.url or "").path.removeprefix("/v5").split("/")
        for operation_id, method, path in self._paths:
            if exchange.request.method == method and _fits(parts, path):
                return operation_id
        return ""

    def request_problem(self, exchange: requests.Response) -> str:
        """What is wrong with the request; empty if nothing is."""
        return _problem(self._api.validate_request, _as_sent(exchange))

    def answer_problem(self, exchange: requests.Response) -> str:
        """What is wrong with the answer; empty if nothing is."""
        from openapi_core.contrib.requests import RequestsOpenAPIResponse

        return _problem(self._api.validate_response, _as_sent(exchange), RequestsOpenAPIResponse(exchange))


def _fits(parts: list[str], path: list[str]) -> bool:
    return len(parts) == len(path) and all(b.startswith("{") or a == b for a, b in zip(parts, path, strict=True))


def _as_sent(exchange: requests.Response) -> Any:
    """The request, as if it had gone to Pinterest."""
    from openapi_core.contrib.requests import RequestsOpenAPIRequest

    request = exchange.request.copy()
    parts = urlsplit(request.url or "")
    request.url = parts._replace(scheme="https", netloc="api.pinterest.com").geturl()
    return RequestsOpenAPIRequest(request)


def _problem(validate: Any, *what: Any) -> str:
    from openapi_core.exceptions import OpenAPIError

    try:
        validate(*what)
    except OpenAPIError as error:
        causes = getattr(error.__cause__, "schema_errors", ())
        return f"{error!r} {[(cause.json_path, cause.message[:200]) for cause in causes]}"
    return ""
