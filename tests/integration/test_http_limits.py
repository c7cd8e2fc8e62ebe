"""Clients that send half a request or none, from outside: each connection ends in time, and pages answer meanwhile."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from alarm_center.web.middlewares import HTTPS_ONLY
from detector import metrics
from fjarrtillsyn.embedded.ports import HOST
from runtime.http_limits import HttpLimits
from tests.support.postgres import Database
from tests.support.service import served
from tests.support.waiting import eventually

HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: natt\r\nX-Slow: "
HEAD = b"POST /login HTTP/1.1\r\nHost: natt\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99\r\n\r\n"
PAGE_WITHIN_S = 1.0
SLACK_S = 15.0
"""For a busy machine: an endless wait is what is looked for."""


class RawClient:
    """One TCP connection to the service, which sends bytes and sees whether it was ended."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def is_ended(self, within_s: float) -> bool:
        """Tell whether the other end has closed, or reset, within so many seconds."""
        try:
            async with asyncio.timeout(within_s):
                while await self.reader.read(4096):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def clients(url: str, count: int, sends: bytes) -> AsyncIterator[list[RawClient]]:
    """Yield *count* connections, each of which has sent *sends*; one that was ended meanwhile is among them."""
    port = int(url.rpartition(":")[2])
    async with AsyncExitStack() as up:
        up.push_async_callback(asyncio.sleep, 0)  # the aborted transports close
        made = []
        for _ in range(count):
            reader, writer = await asyncio.open_connection(HOST, port)
            up.callback(writer.transport.abort)
            writer.write(sends)
            made.append(RawClient(reader, writer))
        yield made


async def page_seconds(http: aiohttp.ClientSession, url: str) -> float:
    """Return how long a page takes; the best of three, since a busy machine pauses all of them now and then."""
    took = []
    for _ in range(3):
        before = time.monotonic()
        async with http.get(f"{url}/login") as page:
            assert page.status == 200
            await page.read()
        took.append(time.monotonic() - before)
    return min(took)


@pytest.mark.parametrize(
    "sends",
    [
        pytest.param(HALF_A_HEAD, id="half a head"),
        pytest.param(b"", id="nothing", marks=pytest.mark.long),
        pytest.param(HEAD + b"login=o", id="half a body", marks=pytest.mark.long),
    ],
)
async def test_600_unfinished_requests_end_in_time(database: Database, tmp_path: Path, sends: bytes) -> None:
    short = {"FJT_HTTP_HEAD_SECONDS": "2", "FJT_HTTP_BODY_SECONDS": "2", "FJT_HTTP_PER_ADDRESS": "1000"}
    async with (
        served(database, tmp_path, **short) as url,
        aiohttp.ClientSession() as http,
        clients(url, 600, sends) as flood,
    ):
        assert await page_seconds(http, url) < PAGE_WITHIN_S
        ended = await asyncio.gather(*(client.is_ended(2 + SLACK_S) for client in flood))
        assert ended.count(True) == 600
        assert await page_seconds(http, url) < PAGE_WITHIN_S, "on the connection that was idle for as long"
    assert "page_failed" not in (tmp_path / "centre.log").read_text(), "nothing is wrong with us"


async def test_a_byte_now_and_then_earns_no_time(database: Database, tmp_path: Path) -> None:
    async with (
        served(database, tmp_path, FJT_HTTP_HEAD_SECONDS="1") as url,
        clients(url, 1, HALF_A_HEAD) as (slow,),
    ):
        began = time.monotonic()

        def is_ended() -> bool:
            slow.writer.write(b"x")
            return slow.reader.at_eof() or slow.writer.transport.is_closing()

        async with asyncio.TaskGroup() as group:
            group.create_task(slow.is_ended(1 + SLACK_S))
            await eventually(is_ended, 1 + SLACK_S)
        assert time.monotonic() - began < 1 + SLACK_S


async def test_one_address_has_so_many_connections_and_no_more(database: Database, tmp_path: Path) -> None:
    async with (
        served(database, tmp_path, FJT_HTTP_PER_ADDRESS="20", FJT_HTTP_HEAD_SECONDS="60") as url,
        aiohttp.ClientSession() as http,
    ):
        assert await page_seconds(http, url) < PAGE_WITHIN_S
        async with clients(url, 30, HALF_A_HEAD) as flood:
            oldest = await asyncio.gather(*(client.is_ended(SLACK_S) for client in flood[:10]))
            assert oldest == [True] * 10, "those that have waited longest make room"
            assert await page_seconds(http, url) < PAGE_WITHIN_S
            newest = await asyncio.gather(*(client.is_ended(0.05) for client in flood[-15:]))
            assert newest == [False] * 15


async def test_what_is_no_http_is_answered_under_our_headers(database: Database, tmp_path: Path) -> None:
    async with (
        served(database, tmp_path, FJT_PUBLIC_URL="https://natt.example") as url,
        clients(url, 1, b"GET / HTTP/1.1\r\nHost: natt\r\nCookie: s\x00ecret\r\n\r\n") as (client,),
        aiohttp.ClientSession() as http,
    ):
        for path in ("/healthz", "/metrics", "/login", "/no-such-page"):
            async with http.get(f"{url}{path}") as page:
                assert page.headers.getall("Strict-Transport-Security", []) == [HTTPS_ONLY], path
        answer = (await client.reader.read()).decode()
        assert answer.startswith("HTTP/1.0 400") or answer.startswith("HTTP/1.1 400")
        assert answer.count(f"Strict-Transport-Security: {HTTPS_ONLY}") == 1
        assert "Cache-Control: no-store" in answer
        assert "ecret" not in answer
    assert "ecret" not in (tmp_path / "centre.log").read_text()


async def test_the_detectors_port_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_LIMITS", HttpLimits(head_seconds=0.5, connections=20, per_address=20))
    async with metrics.served(HOST, 0) as port, clients(f":{port}", 30, HALF_A_HEAD) as flood:
        ended = await asyncio.gather(*(client.is_ended(SLACK_S) for client in flood))
        assert ended.count(True) == 30
        async with aiohttp.ClientSession() as http, http.get(f"http://{HOST}:{port}/metrics") as answer:
            assert answer.status == 200
