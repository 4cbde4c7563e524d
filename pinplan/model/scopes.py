"""OAuth scopes, by Pinterest's names (API description 5.23)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pinplan.errors.did_you_mean import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


ACCOUNT = ("user_accounts:read",)
READ = ("boards:read", "pins:read")
WRITE = ("boards:write", "pins:write")
READ_SECRET = ("boards:read_secret", "pins:read_secret")
WRITE_SECRET = ("boards:write_secret", "pins:write_secret")

KNOWN = (
    *ACCOUNT, *READ, *WRITE, *READ_SECRET, *WRITE_SECRET,
    "ads:read", "ads:write", "billing:read", "billing:write", "biz_access:read", "biz_access:write",
    "catalogs:read", "catalogs:write", "msot:write", "user_accounts:write",
)  # fmt: skip
"""All scopes that can be requested; pinplan uses the first nine."""


class Use(NamedTuple):
    """A use of pinplan and the scopes it requires."""

    name: str
    scopes: tuple[str, ...]


USES = (
    Use("identify the account", ACCOUNT),
    Use("read boards and pins", READ),
    Use("read secret boards", (*READ, *READ_SECRET)),
    Use("delete, move and change pins", (*READ, *WRITE)),
    Use("create pins, boards and sections, rename boards and sections", (*READ, *WRITE)),
    Use("the same on secret boards", (*READ, *WRITE, *READ_SECRET, *WRITE_SECRET)),
)


def wanted(*, write: bool = False, secret: bool = False) -> tuple[str, ...]:
    """The scopes to request: read-only, unless more is wanted."""
    # In addition, never instead: secret scopes extend the plain ones.
    more = [*(WRITE if write else ()), *(READ_SECRET if secret else ()), *(WRITE_SECRET if write and secret else ())]
    return (*ACCOUNT, *READ, *more)


def missing_for(scopes: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every use, with the scopes that it lacks."""
    held = set(scopes)
    for use in USES:
        yield use.name, tuple(scope for scope in use.scopes if scope not in held)


def scopes_problem(scopes: Iterable[str]) -> str:
    """List the unknown scopes; empty if all are known."""
    return " ".join(
        f"unknown scope {scope!r:.60}{did_you_mean(scope, KNOWN)}" for scope in scopes if scope not in KNOWN
    )


# What single requests need, by the security lists of the API description; those never name the secret scopes.
READ_ACCOUNT = ACCOUNT
READ_BOARDS = ("boards:read",)
READ_PINS = READ
WRITE_BOARDS = ("boards:read", "boards:write")
WRITE_PINS = ("boards:read", "boards:write", "pins:read", "pins:write")
READ_MEDIA = ("pins:read",)
WRITE_MEDIA = ("pins:read", "pins:write")


def secret(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The additional scopes for the same on a secret board."""
    plain = (scope for scope in scopes if not scope.endswith("_secret"))
    return tuple(f"{scope}_secret" for scope in plain if scope.startswith(("boards:", "pins:")))
