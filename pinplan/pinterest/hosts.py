"""Which hosts images are fetched from, and which addresses a host may have: the guard of everything that a pin's address can lead to.

An address comes from Pinterest's answers and from redirects, so it is not trusted. It must name an allowed host over https, and that
host must resolve to public addresses: otherwise a pin could make pinplan ask a router or a service of this machine. The
one exception is an API on loopback (the sandbox), which serves its own images.
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
"""Where Pinterest serves images (every address in its API description)."""
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

IpAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Resolve: TypeAlias = Callable[..., Sequence[tuple[Any, ...]]]
"""How names become addresses: `socket.getaddrinfo`, or what a test puts in its place."""


class HostRules(Struct, frozen=True):
    """What may be asked for images.

    Attributes:
        names: hosts, over https on its own port, or on the one behind a colon; ``*.`` in front stands for every host below.
        loopback_port: of an API on this machine: its port may be asked by any loopback name, over http, too.
    """

    names: tuple[str, ...] = IMAGE_HOSTS
    loopback_port: int | None = None

    def why_not(self, scheme: str, host: str, port: int) -> str | None:
        """Why a host must not be asked; None if it may be."""
        if is_loopback(host):
            return None if port == self.loopback_port else f"{host} is this machine, and no image host"
        secure_port = 443 if (scheme, port) == ("http", 80) else port
        if not any(_fits(name, host, secure_port) for name in self.names):
            return f"{host} is no image host; if you trust it, add it to image_hosts in [network]"
        return None if scheme == "https" else f"{host} must be asked over https"

    def check(self, url: str) -> None:
        """Raises `ImageRefused` for an address that must not be asked."""
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme, _canonical(parts.hostname or ""), parts.port
        except ValueError:
            raise ImageRefused(url, "it is no address of an image", forbidden=True) from None
        if scheme not in _PORTS or not host:
            raise ImageRefused(url, "it is no web address of an image", forbidden=True)
        reason = self.why_not(scheme, host, _PORTS[scheme] if port is None else port)
        if reason is not None:
            raise ImageRefused(url, reason, forbidden=True)


def rules_for(api_url: str, image_hosts: Iterable[str] = IMAGE_HOSTS) -> HostRules:
    """The rules beside an API: its own images are taken from it if it is on this machine."""
    parts = urlsplit(api_url)
    own = is_loopback(_canonical(parts.hostname or ""))
    port = parts.port if parts.port is not None else _PORTS.get(parts.scheme)
    return HostRules(names=tuple(name.lower() for name in image_hosts), loopback_port=port if own else None)


def is_loopback(host: str) -> bool:
    """Whether a name or address can only mean this machine."""
    try:
        return _inner(ipaddress.ip_address(host.partition("%")[0])).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def addresses_of(host: str, port: int, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """The addresses of a host that may be connected to, as its name resolves right now.

    Raises:
        ImageRefused: it has addresses, but none that may be.
        OSError: it has none.
    """
    found = resolve(host, port, type=socket.SOCK_STREAM)
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    good = [text for text in texts if address_may_be_asked(host, text)]
    if not good:
        raise ImageRefused(
            host, f"{host} has the address {', '.join(texts[:3])}, which is not a public one", forbidden=True
        )
    return good


def address_may_be_asked(host: str, text: str) -> bool:
    """Whether a host may have this address: loopback for a loopback name, a public one for any other."""
    try:
        outer = ipaddress.ip_address(text)
    except ValueError:
        return False
    address = _inner(outer)
    if is_loopback(host):
        return address.is_loopback
    return address.is_global and not address.is_multicast and not _tunnelled(outer)


def _inner(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 address stands for, by mapping or translation; else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def _tunnelled(address: IpAddress) -> bool:
    """6to4 and Teredo: given up (RFC 7526), no image host has one, and Pythons differ in what they think of them."""
    return isinstance(address, ipaddress.IPv6Address) and bool(address.sixtofour or address.teredo)


def _canonical(host: str) -> str:
    return host.lower().removesuffix(".")


def _fits(name: str, host: str, port: int) -> bool:
    name, _, given = name.partition(":")
    fits = host.endswith(name[1:]) if name.startswith("*.") else host == name
    return fits and port == (int(given) if given else 443)
