"""Somebody who guesses logins and passwords as fast as they go, and those who want to work meanwhile: clients of their own."""

import asyncio
import re
import secrets
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import aiohttp

from tests.support.code_app import CodeApp


@dataclass(slots=True)
class RemoteBrowser:
    """One browser against an address, with a cookie jar of its own."""

    http: aiohttp.ClientSession
    url: str
    form: str = ""

    async def get(self, path: str) -> str:
        """Return a page's HTML, and keep its form's token.

        Raises:
            AssertionError: it is not shown.
        """
        async with self.http.get(f"{self.url}{path}", allow_redirects=False) as response:
            text = await response.text()
            assert response.status == 200, (path, response.status)
        found = re.search(r'name="csrf" (?:value|content)="([^"]+)"', text)
        self.form = found[1] if found else self.form
        return text

    async def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form; return the answer's status, and where it leads to or its text."""
        data = {"csrf": self.form, **fields}
        async with self.http.post(f"{self.url}{path}", data=data, allow_redirects=False) as response:
            text = await response.text()
            return response.status, response.headers.get("Location", text)

    async def sign_in(self, login: str, password: str, app: CodeApp) -> float:
        """Sign in from the first page on, as a person does; return the seconds that it took.

        A person without a second factor adds *app* first.

        Raises:
            AssertionError: it did not go well.
        """
        began = time.monotonic()
        await self.get("/login")
        status, goal = await self.post("/login", login=login, password=password)
        assert status == 303, f"{login} was answered {status}"
        if goal.startswith("/login/enrol"):
            shown = await self.get("/login/enrol/app")
            app.secret = "".join(re.findall(r"<span>([A-Z2-7]{4})</span>", shown))
            assert (await self.post("/login/enrol/app", code=app.code()))[0] == 200
            status, goal = await self.post("/login/enrol/done")
        elif goal.startswith("/login/second"):
            await self.get(goal)
            status, goal = await self.post("/login/second", code=app.code())
        assert status == 303, f"{login} was answered {status}"
        return time.monotonic() - began

    async def board_seconds(self) -> float:
        """Fetch the board; return the seconds that it took."""
        began = time.monotonic()
        await self.get("/")
        return time.monotonic() - began


@asynccontextmanager
async def remote_browser(url: str) -> AsyncIterator[RemoteBrowser]:
    """Yield a browser without a cookie, which opens as many connections as it likes."""
    jar, many = aiohttp.CookieJar(unsafe=True), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(cookie_jar=jar, connector=many, timeout=aiohttp.ClientTimeout(300)) as http:
        yield RemoteBrowser(http, url)


@dataclass(frozen=True, slots=True)
class RightSignIn:
    """Somebody who signs in with the right password while others guess."""

    browser: RemoteBrowser
    login: str
    password: str
    app: CodeApp


@dataclass(slots=True)
class FloodSeen:
    """Statuses that the guesser was answered, and seconds that others took meanwhile."""

    random_logins: Counter[int] = field(default_factory=Counter)
    wrong_passwords: Counter[int] = field(default_factory=Counter)
    sign_ins: dict[str, float] = field(default_factory=dict)
    boards: list[float] = field(default_factory=list)
    flood_seconds: float = 0.0

    @property
    def board_p95(self) -> float:
        """The seconds within which 19 of 20 boards came."""
        return statistics.quantiles(self.boards, n=20)[-1]


@dataclass(frozen=True, slots=True)
class GuessFlood:
    """A flood from one address: logins that nobody has, and wrong passwords of one that somebody has."""

    url: str
    victim: str
    random_logins: int = 250
    wrong_passwords: int = 60

    async def run(self, at_board: RemoteBrowser, right: Mapping[str, RightSignIn]) -> FloodSeen:
        """Guess all at once; meanwhile open the board again and again, and sign each of the *right* ones in, by name.

        The guesser's requests are bare bytes on sockets, so that its own work slows nobody down.
        """
        seen = FloodSeen()
        async with remote_browser(self.url) as guesser:
            await guesser.get("/login")
            cookie = "; ".join(f"{one.key}={one.value}" for one in guesser.http.cookie_jar)
        began = time.monotonic()
        logins = [(secrets.token_hex(6), seen.random_logins) for _ in range(self.random_logins)]
        logins += [(self.victim, seen.wrong_passwords) for _ in range(self.wrong_passwords)]
        async with asyncio.TaskGroup() as all_at_once:
            watching = all_at_once.create_task(self._watch(at_board, seen))
            flood = [
                all_at_once.create_task(self._guess(login, guesser.form, cookie, answers)) for login, answers in logins
            ]
            for name, one in right.items():
                all_at_once.create_task(self._sign_in(name, one, seen))
            await asyncio.wait(flood)
            seen.flood_seconds = time.monotonic() - began
            watching.cancel()
        return seen

    async def _guess(self, login: str, form: str, cookie: str, answers: Counter[int]) -> None:
        address = urlsplit(self.url)
        body = urlencode({"csrf": form, "login": login, "password": secrets.token_urlsafe(9)})
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(
                f"POST /login HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: {cookie}\r\nConnection: close\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            answers[int((await reader.readline()).split()[1])] += 1
            await reader.read()
        finally:
            writer.transport.abort()

    async def _watch(self, at_board: RemoteBrowser, seen: FloodSeen) -> None:
        while True:
            seen.boards.append(await at_board.board_seconds())

    async def _sign_in(self, name: str, right: RightSignIn, seen: FloodSeen) -> None:
        seen.sign_ins[name] = await right.browser.sign_in(right.login, right.password, right.app)
