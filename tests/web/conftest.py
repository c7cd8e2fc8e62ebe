"""The start of a test of the pages: a town at two in the night, its pages, and Olle at the board.

A module that needs the town otherwise says so in a ``storstad`` of its own.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from alarm_center.identity import passwords
from tests.support.night_town import CHEAP_HASHER, NightTown, at_two, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cheap hashes of the passwords and PINs that pages keep, and of logins that nobody has: the service's cost a sixth of a second."""
    monkeypatch.setattr(passwords, "_HASHER", CHEAP_HASHER)


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Five homes, their checks of two o'clock just opened; the third is for an operator's eyes."""
    async with town(database, residents=5, begin=at_two) as here:
        yield here


@pytest_asyncio.fixture
async def pages(storstad: NightTown) -> AsyncIterator[Site]:
    """The town's pages, on a free port."""
    async with site(storstad) as running:
        yield running


@pytest_asyncio.fixture
async def olle(pages: Site) -> Browser:
    """Olle's browser: an operator, signed in."""
    return await pages.signed_in("olle")
