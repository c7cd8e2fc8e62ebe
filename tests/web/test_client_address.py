"""The address that limits of sign-in count by: nobody chooses theirs with a header."""

from ipaddress import ip_network

import pytest

from alarm_center.web.client_address import find_client, network_of
from alarm_center.web.settings import WebSettings
from tests.support.night_town import NightTown
from tests.support.site import Browser, site

PROXIES = tuple(map(ip_network, ("10.0.0.1", "172.30.77.0/24", "fd00::/8")))


@pytest.mark.parametrize(
    ("peer", "written", "client"),
    [
        ("192.0.2.7", "", "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1, 172.30.77.4", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.1,172.30.77.4", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, somebody", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9,", "10.0.0.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::2", "2001:db8::7", "2001:db8::7"),
        ("", "198.51.100.1", ""),
    ],
)
def test_a_proxy_of_ours_says_the_address_and_nobody_else(peer: str, written: str, client: str) -> None:
    assert find_client(peer, written, PROXIES) == client


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_of_ipv6_the_network_of_one_host_counts(client: str, counted: str) -> None:
    assert network_of(client) == counted


async def wrong_tries(browser: Browser, count: int, *, vary: bool) -> int:
    """Try *count* wrong passwords, each under an address of its own if *vary*; return the last one's status."""
    status = 0
    for number in range(count):
        await browser.get("/login")
        headers = {"X-Forwarded-For": f"198.51.100.{number if vary else 1}"}
        form = {"login": "olle", "password": "wrong"}
        status = (await browser.post("/login", form, headers=headers)).status
    return status


async def test_a_made_up_address_does_not_pass_by_the_limit(storstad: NightTown) -> None:
    async with site(storstad, settings=WebSettings()) as running:
        assert await wrong_tries(running.browser(), 6, vary=True) == 429


async def test_behind_our_proxy_each_client_is_counted_alone(storstad: NightTown) -> None:
    async with site(storstad, settings=WebSettings(proxies=(ip_network("127.0.0.1"),))) as running:
        assert await wrong_tries(running.browser(), 6, vary=True) == 403
        assert await wrong_tries(running.browser(), 6, vary=False) == 429
