"""An upstream out in the world must not lead inside, nor from https to http."""

import asyncio

import pytest
from yarl import URL

from entrepot.domain.errors import UpstreamRefused
from entrepot.protocols.huggingface.upstream.guard import OutsideResolver, check_literal, stands_inside
from entrepot.protocols.huggingface.upstream.pool import Pool
from entrepot.protocols.huggingface.upstream.wire import Hop, Wire


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "[fe80::1]", "192.168.1.1", "0.0.0.0"]
)
def test_addresses_inside_are_refused_as_numbers(host: str) -> None:
    with pytest.raises(UpstreamRefused):
        check_literal(host)


@pytest.mark.parametrize("host", ["1.1.1.1", "example.org", "2606:4700::1111"])
def test_addresses_outside_and_names_pass(host: str) -> None:
    check_literal(host)


def test_a_name_that_leads_inside_is_not_resolved() -> None:
    async def go() -> None:
        with pytest.raises(OSError, match="inside"):
            await OutsideResolver().resolve("localhost", 80)

    asyncio.run(go())


def test_an_upstream_that_stands_inside_is_known_to() -> None:
    async def go() -> None:
        assert await stands_inside("127.0.0.1")
        assert not await stands_inside("1.1.1.1")

    asyncio.run(go())


def test_an_upstream_outside_can_not_lead_to_an_address_inside() -> None:
    async def go() -> None:
        pool = Pool(5)
        with pytest.raises(UpstreamRefused, match="inside"):
            await pool.session(URL("https://1.1.1.1"), URL("http://169.254.169.254/latest"))
        await pool.close()

    asyncio.run(go())


@pytest.mark.parametrize(
    "location", ["http://hub.example/x", "ftp://hub.example/x", "file:///etc/passwd", "", "http://[", "javascript:1"]
)
def test_redirects_to_less_than_https_and_to_nonsense_are_refused(location: str) -> None:
    wire = Wire(Pool(5), "https://hub.example/hub/x", "token")
    with pytest.raises(UpstreamRefused):
        wire._next(URL("https://hub.example/a"), location, [], "a file")


def test_redirects_have_an_end() -> None:
    wire = Wire(Pool(5), "https://hub.example", "token")
    with pytest.raises(UpstreamRefused, match="times"):
        wire._next(URL("https://hub.example/a"), "/b", [Hop({}, True, False)] * 9, "a file")


@pytest.mark.parametrize(
    ("target", "home"),
    [
        ("https://hub.example/x", True),
        ("https://hub.example:443/x", True),
        ("https://hub.example:8443/x", False),
        ("http://hub.example/x", False),
        ("https://cdn.hub.example/x", False),
        ("https://hub.example.evil.org/x", False),
        ("https://hub.example@evil.org/x", False),
    ],
)
def test_the_token_goes_to_the_very_origin_and_nowhere_else(target: str, home: bool) -> None:
    wire = Wire(Pool(5), "https://hub.example/hub/x", "token")
    assert bool(wire._authorization(URL(target))) is home


def test_escaped_slashes_survive_a_redirect() -> None:
    wire = Wire(Pool(5), "https://hub.example", "")
    target = wire._next(URL("https://hub.example/a"), "/api/models/o/m/revision/refs%2Fpr%2F1", [], "x")
    assert target.raw_path == "/api/models/o/m/revision/refs%2Fpr%2F1"
