"""A browser of its own for each person: signs in, brings back each form's token, and reads what a page says."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from alarm_center.web.app import build_web
from alarm_center.web.keys import Phones
from alarm_center.web.settings import WebSettings
from tests.support.night_town import PASSWORD, Town

TICK_S = 0.05


class Browser:
    """One person's browser against a running application."""

    def __init__(self, client: "TestClient[web.Request, web.Application]") -> None:
        self.client = client
        self.csrf = ""

    async def get(self, path: str, *, follow: bool = True, **options: Any) -> aiohttp.ClientResponse:
        """Fetch a page and remember its form token."""
        response = await self.client.get(path, allow_redirects=follow, **options)
        if response.content_type == "text/html":
            found = re.search(r'name="csrf" (?:value|content)="([^"]+)"', await response.text())
            self.csrf = found[1] if found else self.csrf
        return response

    async def text(self, path: str) -> str:
        """Return a page's HTML.

        Raises:
            AssertionError: it is not there.
        """
        response = await self.get(path)
        assert response.status == 200, (path, response.status, await response.text())
        return await response.text()

    async def post(
        self, path: str, data: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> aiohttp.ClientResponse:
        """Send a form with the last page's token; redirects are not followed."""
        fields = {"csrf": self.csrf, **(data or {})}
        return await self.client.post(path, data=fields, headers=headers, allow_redirects=False)

    async def sign_in(self, login: str = "olle", password: str = PASSWORD, code: str = "") -> aiohttp.ClientResponse:
        """Sign in by the form, and open the board if that went well."""
        await self.get("/login")
        response = await self.post("/login", {"login": login, "password": password, "code": code})
        if response.status == 303:
            await self.get("/")
        return response


class Site:
    """A running application, and as many browsers as a test needs."""

    def __init__(self, app: web.Application, port: int | None = None) -> None:
        self.app = app
        self.server = TestServer(app, port=port)
        self._clients: list[TestClient[web.Request, web.Application]] = []

    def browser(self) -> Browser:
        """Return a browser that has no cookie yet."""
        client: TestClient[web.Request, web.Application] = TestClient(
            self.server, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self._clients.append(client)
        return Browser(client)

    async def signed_in(self, login: str = "olle") -> Browser:
        """Return a browser that *login* is signed in with."""
        browser = self.browser()
        await browser.sign_in(login)
        return browser

    async def close(self) -> None:
        """Close every browser and the server."""
        for client in self._clients:
            await client.close()
        await self.server.close()


@asynccontextmanager
async def site(
    town: Town, phones: Phones | None = None, settings: WebSettings | None = None, port: int | None = None
) -> AsyncIterator[Site]:
    """Yield the town's pages on a free port, or on one that was free a moment ago."""
    running = Site(build_web(town.web, town.pictures, settings or WebSettings(tick_s=TICK_S), phones), port)
    await running.server.start_server()
    try:
        yield running
    finally:
        await running.close()
