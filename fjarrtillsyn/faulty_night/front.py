"""One address before the replicas, as a town's proxy is: a request goes to one that answers, to the next where it does not."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp import web

from fjarrtillsyn.embedded.ports import HOST

_OWN_HEADERS: Final = ("Content-Length", "Transfer-Encoding", "Connection")


@asynccontextmanager
async def front(port: int, replicas: Sequence[str]) -> AsyncIterator[None]:
    """Serve at *port* what the *replicas*, base addresses, answer; 502 where none is up. The first that is up has it all."""
    async with aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session:

        async def passed_on(request: web.Request) -> web.Response:
            body = await request.read()
            for base in replicas:
                try:
                    async with session.request(
                        request.method, base + str(request.rel_url), data=body, headers=request.headers,
                        allow_redirects=False,
                    ) as answer:  # fmt: skip
                        headers = answer.headers.copy()
                        for name in _OWN_HEADERS:
                            headers.popall(name, None)
                        return web.Response(status=answer.status, body=await answer.read(), headers=headers)
                except aiohttp.ClientError:
                    continue
            raise web.HTTPBadGateway

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", passed_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
            yield
        finally:
            await runner.cleanup()
