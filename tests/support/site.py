"""A browser of its own for each person: signs in, brings back each form's token, and reads what a page says."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from alarm_center.web.app import WebMemories, build_web
from alarm_center.web.app_keys import Phones
from alarm_center.web.settings import WebSettings
from tests.support.code_app import CodeApp
from tests.support.compiled_templates import share_templates
from tests.support.night_town import PASSWORD, NightTown

TICK_S = 0.05


class Browser:
    """One person's browser against a running application."""

    def __init__(
        self, client: "TestClient[web.Request, web.Application]", apps: dict[str, CodeApp] | None = None
    ) -> None:
        self.client = client
        self.csrf = ""
        self.apps = {} if apps is None else apps
        """People's code apps by login. Browsers that share them belong to the same people."""

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

    async def give_password(self, login: str = "olle", password: str = PASSWORD) -> aiohttp.ClientResponse:
        """Send login and password, and go no further."""
        await self.get("/login")
        return await self.post("/login", {"login": login, "password": password})

    async def sign_in(self, login: str = "olle", password: str = PASSWORD) -> aiohttp.ClientResponse:
        """Sign in by the form, with a second factor where it is asked for, and open the board if that went well."""
        response = await self.give_password(login, password)
        goal = response.headers.get("Location", "")
        if goal.startswith("/login/enrol"):
            response = await self.enrol(self.apps.setdefault(login, CodeApp()))
        elif goal.startswith("/login/second"):
            await self.get(goal)
            response = await self.post("/login/second", {"code": self.apps[login].code()})
        if response.status == 303:
            await self.get("/")
        return response

    async def enrol(self, app: CodeApp, base: str = "/login/enrol") -> aiohttp.ClientResponse:
        """Give the secret of the enrolment's page to *app*, bring a code of it, and keep the recovery codes; go on to the session."""
        shown = await self.text(f"{base}/app")
        app.secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", shown))
        codes = await self.post(f"{base}/app", {"code": app.code()})
        app.paper += re.findall(r"<li>([A-Z2-7-]{19})</li>", await codes.text())
        return await self.post(f"{base}/done")


class Site:
    """A running application, and as many browsers as a test needs."""

    def __init__(self, app: web.Application, port: int | None = None) -> None:
        self.app = app
        self.server = TestServer(app, port=port)
        self._clients: list[TestClient[web.Request, web.Application]] = []
        self.apps: dict[str, CodeApp] = {}

    def browser(self) -> Browser:
        """Return a browser that has no cookie yet."""
        client: TestClient[web.Request, web.Application] = TestClient(
            self.server, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )
        self._clients.append(client)
        return Browser(client, self.apps)

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
    town: NightTown, phones: Phones | None = None, settings: WebSettings | None = None, port: int | None = None
) -> AsyncIterator[Site]:
    """Yield the town's pages on a free port, or on one that was free a moment ago."""
    running = Site(
        build_web(
            WebMemories(town.web, town.sign_in, town.planner),
            town.pictures,
            settings or WebSettings(tick_s=TICK_S, undo_s=0),
            phones,
        ),
        port,
    )
    share_templates(running.app)
    await running.server.start_server()
    try:
        yield running
    finally:
        await running.close()
