"""Nobody but allowed hosts, at addresses that they may have, is ever connected to for an image."""

from __future__ import annotations

import io
import ipaddress
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pinplan.errors import ConfigError, ImageRefused, Unreachable
from pinplan.pinterest.connections import GuardedAdapter
from pinplan.pinterest.hosts import HostRules, address_may_be_asked, is_loopback, rules_for
from pinplan.pinterest.http import ApiSession
from pinplan.pinterest.images import ImageDownloads
from tests.pinterest.conftest import Answer

PUBLIC = "151.101.0.84"
RULES = HostRules(names=("i.pinimg.com", "*.example.org", "cdn.test:8443"))


class Network:
    """A network in which every name has the given addresses, and which notes who is connected to; nobody answers."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []
        self.dialled: list[tuple[str, int]] = []

    def resolve(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        self.asked.append((host, port))
        return [(None, None, 0, "", (address, port)) for address in self.addresses]

    def connect(self, place: tuple[str, int], *_: object, **__: object) -> socket.socket:
        self.dialled.append(place)
        raise ConnectionRefusedError


def downloads(network: Network, rules: HostRules = RULES) -> ImageDownloads:
    made = ImageDownloads(user_agent="test", rules=rules, retries=0, sleep=lambda _: None)
    made._session.trust_env = False
    adapter = GuardedAdapter(rules, pool_maxsize=1, resolve=network.resolve, connect=network.connect)
    for scheme in ("https://", "http://"):
        made._session.mount(scheme, adapter)
    return made


def ask(images: ImageDownloads, url: str) -> None:
    with pytest.raises((ImageRefused, Unreachable)):
        images.fetch(url, io.BytesIO())
    images.close()


hosts = st.sampled_from(
    [
        "i.pinimg.com", "I.PINIMG.COM", "i.pinimg.com.", "evil.test", "i.pinimg.com.evil.test", "evil-i.pinimg.com", "pics.example.org",
        "example.org", "evilexample.org", "cdn.test", "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::1]",
        "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "[fe80::1%25eth0]", "i.pinimg.com\\@evil.test", "i.pinimg.com#@evil.test",
        "i.pinimg.com%2f@evil.test", "evil.test\\.i.pinimg.com", "ｉ.pinimg.com", "i。pinimg。com", "", "a b",
    ]
)  # fmt: skip
urls = st.builds(
    "{}{}{}{}/{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://", "//", "ftp://", "file://", "https:", "https:/", ""]),
    st.sampled_from(["", "me@", "me:pw@", "i.pinimg.com@", "i.pinimg.com:443@", "\\", "\t"]),
    hosts,
    st.sampled_from(["", ":443", ":80", ":8443", ":22", ":0", ":99999", ":x", ":"]),
    st.text(max_size=8),
)


@pytest.mark.promise("I27")
@given(st.one_of(urls, st.text(max_size=30)), st.sampled_from([PUBLIC, "2606:4700::1", "10.0.0.1", "127.0.0.1", "::1"]))
@example("https://i.pinimg.com/a.jpg", PUBLIC)
@example("https://i.pinimg.com\\@evil.test/a.jpg", PUBLIC)
def test_whatever_the_address_only_allowed_hosts_are_connected_to(url, address):
    network = Network(address)
    ask(downloads(network), url)
    for host, port in network.asked:
        plain = host.lower().removesuffix(".")
        allowed = plain == "i.pinimg.com" or (plain.endswith(".example.org") and plain != ".example.org")
        assert (allowed and port == 443) or (plain, port) == ("cdn.test", 8443)
    assert network.dialled == [(address, port) for _, port in network.asked if ipaddress.ip_address(address).is_global]


@pytest.mark.promise("I16")
@given(st.one_of(urls, st.text(max_size=30)), st.sampled_from([PUBLIC, "10.0.0.1", "127.0.0.1", "::1"]))
@example("https://evil.test/a.jpg", "10.0.0.1")
@example("http://evil.test/a.jpg", PUBLIC)
@example("https://localhost/a.jpg", "127.0.0.1")
def test_an_address_that_was_typed_leads_to_public_addresses_over_https_only(url, address):
    network = Network(address)
    ask(downloads(network, HostRules(any_public=True)), url)
    assert network.asked == [] or url.strip().lower().startswith("https:")
    assert not any(is_loopback(host.lower().removesuffix(".")) for host, _ in network.asked)
    assert bool(network.dialled) <= (address == PUBLIC)


@given(st.ip_addresses())
def test_a_name_from_the_web_never_leads_to_an_address_that_is_not_public(address):
    network = Network(str(address))
    ask(downloads(network), "https://i.pinimg.com/a.jpg")
    inner = getattr(address, "ipv4_mapped", None) or address
    assert bool(network.dialled) <= (inner.is_global and not inner.is_multicast and not inner.is_loopback)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "fe80::1", "fc00::1", "ff02::1", "ff0e::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "2002:9765:54::1", "2001:0:9765:54::1", "2001:db8::1", "fe80::1%eth0",
    ],
)  # fmt: skip
def test_addresses_that_are_never_asked(address):
    network = Network(address)
    images = downloads(network)
    with pytest.raises(ImageRefused, match="non-public address") as caught:
        images.fetch("https://i.pinimg.com/a.jpg", io.BytesIO())
    images.close()
    assert caught.value.forbidden
    assert network.dialled == []


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1", "::ffff:151.101.0.84", "64:ff9b::9765:54"])
def test_public_addresses_are_asked(address):
    assert address_may_be_asked("i.pinimg.com", address)
    assert not address_may_be_asked("localhost", address)


def test_of_several_addresses_only_public_ones_are_tried_in_their_order():
    network = Network("10.0.0.1", PUBLIC, "::1", "2606:4700::1", PUBLIC)
    ask(downloads(network), "https://pics.example.org/a.jpg")
    assert network.dialled == [(PUBLIC, 443), ("2606:4700::1", 443)]


def test_a_name_is_resolved_once_for_each_connection_so_that_no_second_answer_counts():
    network = Network(PUBLIC)
    ask(downloads(network), "https://i.pinimg.com/a.jpg")
    assert network.asked == [("i.pinimg.com", 443)]
    assert network.dialled == [(PUBLIC, 443)]


def test_a_name_that_does_not_exist_is_unreachable_not_refused():
    def nobody(*_: object, **__: object) -> list[tuple[object, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    network = Network()
    network.resolve = nobody  # type: ignore[method-assign]
    images = downloads(network)
    with pytest.raises(Unreachable):
        images.fetch("https://i.pinimg.com/a.jpg", io.BytesIO())
    images.close()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://i.pinimg.com/a.jpg", "requires https"),
        ("https://evil.test/a.jpg", "add it to image_hosts"),
        ("https://i.pinimg.com:8443/a.jpg", "not an image host"),
        ("http://127.0.0.1/a.jpg", "this machine"),
        ("https://[::1]/a.jpg", "this machine"),
        ("file:///etc/passwd", "not an image URL"),
    ],
)
def test_what_is_refused_is_said_and_not_tried_again(url, reason):
    network = Network(PUBLIC)
    images = downloads(network)
    with pytest.raises(ImageRefused, match=reason) as caught:
        images.fetch(url, io.BytesIO())
    images.close()
    assert caught.value.forbidden
    assert network.asked == []


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.test/a.jpg",
        "//evil.test/a.jpg",
        "http://127.0.0.1:22/",
        "http://169.254.169.254/latest",
        "https://[::1",
    ],
)
def test_every_hop_of_a_redirect_is_judged(script, waits, location):
    images = ImageDownloads(user_agent="x", rules=rules_for(script.url), retries=2, sleep=waits.append)
    script.plays(Answer(b"", 302, {"location": "/first.jpg"}), Answer(b"", 302, {"location": location}))
    with pytest.raises(ImageRefused) as caught:
        images.fetch(f"{script.url}/a.jpg", io.BytesIO())
    images.close()
    assert caught.value.forbidden
    assert (len(script.seen), waits) == (2, [])


def test_an_api_on_this_machine_serves_its_own_images_and_no_other_service_here():
    rules = rules_for("http://localhost:8123/v5")
    assert rules.why_not("http", "127.0.0.1", 8123) is None
    assert rules.why_not("http", "localhost", 22) is not None
    assert rules_for("https://api.pinterest.com/v5").why_not("http", "127.0.0.1", 8123) is not None
    network = Network(PUBLIC)
    ask(downloads(network, rules), "http://localhost:8123/a.jpg")
    assert network.dialled == [], "localhost that is not this machine"


@pytest.mark.parametrize("host", ["localhost", "api.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_names_of_this_machine(host):
    assert is_loopback(host)


@pytest.mark.promise("I27")
@pytest.mark.parametrize("url", ["http://api.pinterest.com/v5", "http://10.0.0.1/v5", "http://localhost.evil.test/v5"])
def test_the_token_is_never_sent_in_the_clear(url):
    with pytest.raises(ConfigError, match="unencrypted"):
        ApiSession(url, "token", user_agent="x")


def test_hosts_are_judged_before_a_proxy_is_asked_for_them(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    images = ImageDownloads(user_agent="x", retries=0)
    with pytest.raises(ImageRefused, match="not an image host"):
        images.fetch("https://evil.test/a.jpg", io.BytesIO())
    with pytest.raises(Unreachable, match="ProxyError"):
        images.fetch("https://i.pinimg.com/a.jpg", io.BytesIO())
    images.close()


def test_the_guard_stands_in_every_download():
    made = ImageDownloads(user_agent="x")
    for scheme in ("https://", "http://"):
        assert isinstance(made._session.get_adapter(scheme), GuardedAdapter)
    made.close()
