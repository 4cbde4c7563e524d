"""Allowed hosts and addresses of images and videos: the guard against server-side request forgery.

Their URLs come from Pinterest's responses and from redirects, so they are not trusted. A URL must name an allowed host over https,
and the host must resolve to public addresses: otherwise a pin could make pinplan query a router or a local service. The
only exception is an API on loopback (the sandbox), which serves its own images.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from msgspec import Struct

from pinplan.errors import ImageRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

IMAGE_HOSTS = ("i.pinimg.com",)
"""Pinterest's image host (all URLs in its API description)."""
UPLOAD_HOSTS = ("pinterest-media-upload.s3-accelerate.amazonaws.com",)
"""The host that Pinterest takes videos at (example of `upload_url` in its API description)."""
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IpAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Resolve: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]
"""Resolves names: `socket.getaddrinfo`, or a fake in tests."""


class HostRules(Struct, frozen=True):
    """Rules for hosts of images, or of uploads.

    Attributes:
        names: hosts, over https on port 443 or ``:PORT``; ``*.`` matches all subdomains.
        loopback_port: port of a loopback API; allowed for any loopback name, http included.
        any_public: every host over https, for addresses that the user typed; its addresses must be public all the same.
        uploads: the hosts are those that videos are sent to.
    """

    names: tuple[str, ...] = IMAGE_HOSTS
    loopback_port: int | None = None
    any_public: bool = False
    uploads: bool = False

    def why_not(self, scheme: str, host: str, port: int) -> str | None:
        """Why a host is not allowed; None if it is."""
        if is_loopback(host):
            return None if port == self.loopback_port else f"{host} is this machine, not {self._thing}"
        # So that http://i.pinimg.com/ is refused for its scheme, with a message that helps, not as an unknown host.
        secure_port = 443 if (scheme, port) == ("http", 80) else port
        if not self.any_public and not any(_fits(name, host, secure_port) for name in self.names):
            key = "upload_hosts" if self.uploads else "image_hosts"
            return f"{host} is not {self._thing}; if you trust it, add it to {key} in [network]"
        return None if scheme == "https" else f"{host} requires https"

    @property
    def _thing(self) -> str:
        return "a host for uploads" if self.uploads else "an image host"

    def check(self, url: str) -> None:
        """Raises `ImageRefused` for a URL that is not allowed."""
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme, _canonical(parts.hostname or ""), parts.port
        except ValueError:
            raise ImageRefused(url, "not an image URL", forbidden=True) from None
        if scheme not in _PORTS or not host:
            raise ImageRefused(url, "not a web URL", forbidden=True)
        reason = self.why_not(scheme, host, _PORTS[scheme] if port is None else port)
        if reason is not None:
            raise ImageRefused(url, reason, forbidden=True)


def rules_for(api_url: str, hosts: Iterable[str] = IMAGE_HOSTS, *, uploads: bool = False) -> HostRules:
    """The rules for an API; a loopback API may serve its own images, and take its own uploads."""
    parts = urlsplit(api_url)
    # Only its own port: another local service is as forbidden as the router.
    own = is_loopback(_canonical(parts.hostname or ""))
    port = parts.port if parts.port is not None else _PORTS.get(parts.scheme)
    names = tuple(name.lower() for name in hosts)
    return HostRules(names=names, loopback_port=port if own else None, uploads=uploads)


def is_loopback(host: str) -> bool:
    """Whether a name or address always means this machine."""
    try:
        return _inner(ipaddress.ip_address(host.partition("%")[0])).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def addresses_of(host: str, port: int, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """Resolve a host to its allowed addresses.

    Raises:
        ImageRefused: none of its addresses is allowed.
        OSError: the name does not resolve.
    """
    found = resolve(host, port, type=socket.SOCK_STREAM)
    # getaddrinfo repeats an address per socket type; the order is that of RFC 6724 and is kept.
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    good = [text for text in texts if address_may_be_asked(host, text)]
    if not good:
        raise ImageRefused(host, f"{host} resolves to a non-public address: {', '.join(texts[:3])}", forbidden=True)
    return good


def address_may_be_asked(host: str, text: str) -> bool:
    """Whether an address is allowed: loopback for a loopback name, else public."""
    try:
        outer = ipaddress.ip_address(text)
    except ValueError:
        return False
    address = _inner(outer)
    if is_loopback(host):
        return address.is_loopback
    return address.is_global and not address.is_multicast and not _tunnelled(outer)


def _inner(address: IpAddress) -> IpAddress:
    """The IPv4 address inside a mapped or NAT64 address; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    # RFC 6052: on IPv6-only networks 64:ff9b::7f00:1 would reach 127.0.0.1 of the gateway.
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def _tunnelled(address: IpAddress) -> bool:
    """6to4 and Teredo: obsolete (RFC 7526), and Python versions disagree whether they are global."""
    return isinstance(address, ipaddress.IPv6Address) and bool(address.sixtofour or address.teredo)


def _canonical(host: str) -> str:
    return host.lower().removesuffix(".")  # "localhost." is localhost, too


def _fits(name: str, host: str, port: int) -> bool:
    name, _, given = name.partition(":")
    # name[1:] keeps the dot: "*.example.com" must not match "badexample.com".
    fits = host.endswith(name[1:]) if name.startswith("*.") else host == name
    return fits and port == (int(given) if given else 443)
