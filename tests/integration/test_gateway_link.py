"""A home's bad line: cut in the middle of a session, again and again, and still the session arrives whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from gateway.service import Gateway
from schemas.messages import Capture, Config
from tests.integration.test_gateway import CentreSide, attempt, centre, running, settings
from tests.support.mosquitto import Mosquitto
from tests.support.raw_server import raw_server
from tests.support.waiting import eventually

__all__ = ["centre"]  # a fixture, used by name


class BreakingLine:
    """A line to the broker that breaks once it has carried ``budgets[0]`` bytes from the home, then ``budgets[1]``…"""

    def __init__(self, broker: Mosquitto, budgets: list[int]) -> None:
        self.broker, self.budgets = broker, budgets
        self.cuts = 0
        self.port = 0

    async def carry(self, home: asyncio.StreamReader, to_home: asyncio.StreamWriter) -> None:
        budget = self.budgets.pop(0) if self.budgets else None
        away, to_broker = await asyncio.open_connection(self.broker.host, self.broker.port)

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None) -> None:
            carried = 0
            with suppress(ConnectionError):
                while data := await reader.read(16_384):
                    carried += len(data)
                    if most is not None and carried > most:
                        self.cuts += 1
                        return
                    writer.write(data)
                    await writer.drain()

        ways = {
            asyncio.create_task(forward(home, to_broker, budget)),
            asyncio.create_task(forward(away, to_home, None)),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Also when the test is over: an end that is merely dropped is collected, with a warning, in another test.
            for way in ways:
                way.cancel()
            for writer in (to_home, to_broker):
                writer.transport.abort()
            await asyncio.gather(*ways, return_exceptions=True)


@asynccontextmanager
async def line(broker: Mosquitto, *budgets: int) -> AsyncIterator[BreakingLine]:
    bad = BreakingLine(broker, list(budgets))
    async with raw_server(bad.carry, broker.host, 0) as server:
        bad.port = server.sockets[0].getsockname()[1]
        yield bad


@pytest.mark.parametrize("budgets", [(20_000,), (20_000, 60_000, 100_000)])
async def test_a_session_cut_on_its_way_arrives_whole_and_once(
    mosquitto: Mosquitto, centre: CentreSide, budgets: tuple[int, ...]
) -> None:
    wanted = attempt()
    config = Config(version=1, attempts=(wanted,), capture=Capture(fps=4, width=320, height=240))
    await centre.says("config", config, retain=True)
    async with line(mosquitto, *budgets) as bad:
        far = settings(mosquitto).model_copy(update={"mqtt_port": bad.port})
        async with running(Gateway(far, chance=lambda: 0.0, tick_s=0.02)) as gateway:
            await eventually(lambda: gateway.linked)
            await centre.pulses()
            await eventually(lambda: gateway.counts["sent"])
            await eventually(lambda: centre.sessions)
            assert bad.cuts == len(budgets)
            assert [session.check_id for session in centre.sessions] == [wanted.check_id]
            assert len(centre.sessions[0].frames) == 20
            assert gateway.counts["link_lost"] >= len(budgets)
