"""The proxy as deployed, before a stand-in of the centre: what a client claims stops there, and HSTS is said once."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from alarm_center.web.middlewares import HTTPS_ONLY
from fjarrtillsyn.embedded.ports import HOST, free_port
from tests.support.parts import ServiceProcess
from tests.support.waiting import DEADLINE_S, eventually

CADDYFILE = Path(__file__).parents[2] / "deploy" / "caddy" / "Caddyfile"


async def _echo(request: web.Request) -> web.Response:
    said = {name: request.headers.getall(name, []) for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")}
    return web.json_response(said, headers={"Strict-Transport-Security": HTTPS_ONLY})


@pytest.fixture
async def centre() -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/", _echo)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def proxy(centre: TestServer, tmp_path: Path) -> AsyncIterator[str]:
    """The address of a running Caddy with the deployed file, but for where it listens and whom it asks."""
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("no caddy on this machine")
    url = f"http://{HOST}:{free_port()}"
    text = CADDYFILE.read_text(encoding="utf-8").replace("admin localhost:2019", "admin off")
    text = text.replace("lb_try_duration 5s", "lb_try_duration 0s").replace("read_header 10s", "read_header 1s")
    text, changed = re.subn(r"dynamic a \{.*?\}", f"to {HOST}:{centre.port}", text, flags=re.DOTALL)
    assert changed == 1
    (tmp_path / "Caddyfile").write_text(text.replace("{$SITE:localhost}", url), encoding="utf-8")
    running = ServiceProcess(
        [program, "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")],
        {"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        tmp_path / "caddy.log",
    )
    running.start()
    try:
        async with aiohttp.ClientSession() as http:

            async def answers() -> bool:
                assert running.running, running.wrote()
                try:
                    async with http.get(url):
                        return True
                except aiohttp.ClientError:
                    return False

            await eventually(answers)
        yield url
    finally:
        running.kill()


async def test_what_a_client_claims_of_its_address_stops_there(proxy: str) -> None:
    claims = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1", "X-Real-IP": "198.51.100.1"}
    async with aiohttp.ClientSession() as http, http.get(proxy, headers=claims) as answer:
        assert await answer.json() == {"X-Forwarded-For": [HOST], "Forwarded": [], "X-Real-IP": []}


async def test_every_answer_says_https_only_once(proxy: str, centre: TestServer) -> None:
    async with aiohttp.ClientSession() as http:
        for path, status in (("/", 200), ("/no-such-page", 404), ("/metrics", 404), ("/healthz", 404)):
            async with http.get(f"{proxy}{path}") as answer:
                assert answer.status == status
                assert answer.headers.getall("Strict-Transport-Security", []) == [HTTPS_ONLY], path
        await centre.close()
        async with http.get(proxy) as answer:
            assert (answer.status, answer.headers.getall("Strict-Transport-Security", [])) == (502, [HTTPS_ONLY])


async def test_the_proxy_waits_for_no_half_sent_head(proxy: str) -> None:
    reader, writer = await asyncio.open_connection(HOST, int(proxy.rpartition(":")[2]))
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: natt\r\nX-Slow: ")
        async with asyncio.timeout(DEADLINE_S):
            assert b"200" not in await reader.read()
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)
