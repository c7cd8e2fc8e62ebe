"""Protected identity: off the printed lists and out of searches, but for those with the right to it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from alarm_center.core.roles import Right
from alarm_center.preparation import reserve_lists
from alarm_center.store import residents
from alarm_center.store.memory import Memory, Viewer
from alarm_center.words.reserve_paper import reserve_text
from schemas.vocabulary import Role
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, at_local, freeze
from tests.support.viewers import viewer_in

NOON: Final = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
HOME: Final = {
    "name": "Elsa Hemlig",
    "address": "Gömvägen 4",
    "phone": "+46701740655",
    "protected": True,
    "access": "Lås 14",
    "port_code": "1407",
    "second_way": "Altandörren",
    "notes": "Bor hos sin syster",
    "marks": ["dog"],
    "contacts": [{"name": "Karin Hemlig", "phone": "+46701740656"}],
}
SECRETS: Final = ("Elsa", "Hemlig", "Gömvägen", "174 06 55", "740655", "Lås 14", "1407", "Altan", "syster", "740656")


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


@pytest.fixture
async def web(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.web, size=2)
    yield opened
    await opened.close()


@pytest.fixture
async def town(memory: Memory) -> ATown:
    return await a_town(memory, residents=2, change={1: HOME}, at=NOON)


async def _list_as(memory: Memory, web: Memory, town: ATown, role: Role) -> str:
    viewer = await viewer_in(memory, "vik", role=role, right=Right.PAPERS)
    made = await reserve_lists.fetch_reserve_list(web, town.areas["3"], NOON.date(), viewer=viewer)
    assert made is not None
    return reserve_text(made)


async def test_the_reserve_list_is_whole_for_the_lead_alone(memory: Memory, web: Memory, town: ATown) -> None:
    await freeze(memory, at_local(town.town, "2026-11-22", "20:00") + timedelta(minutes=1))
    await reserve_lists.make_reserve_lists(memory)
    whole = await _list_as(memory, web, town, Role.LEAD)
    assert "1 Elsa Hemlig, Gömvägen 4" in whole and "portkod 1407" in whole and "Karin Hemlig +46701740656" in whole
    for role in (Role.CARER, Role.OPERATOR):
        masked = await _list_as(memory, web, town, role)
        assert [secret for secret in SECRETS if secret in masked] == []
        assert "1 Skyddade uppgifter: fråga nattledaren" in masked and "Hund." in masked
        assert "2 Person 2, Gatan 2" in masked


async def _finds(web: Memory, viewer: Viewer, asked: str) -> list[str]:
    async with web.transaction(viewer) as tx:
        return [hit.name for hit in await residents.search(tx, asked, 10)]


@pytest.mark.usefixtures("town")
async def test_a_search_finds_them_by_a_whole_number_alone(memory: Memory, web: Memory) -> None:
    operator = await viewer_in(memory, "vik", right=Right.RAISE)
    for asked in ("", "elsa", "gömvägen", "740655", "elsa 1"):
        assert "Elsa Hemlig" not in await _finds(web, operator, asked), asked
    for asked in ("070-174 06 55", "1"):
        assert "Elsa Hemlig" in await _finds(web, operator, asked), asked
    lead = await viewer_in(memory, "vik", role=Role.LEAD, right=Right.RAISE)
    for asked in ("", "elsa", "gömvägen", "740655"):
        assert "Elsa Hemlig" in await _finds(web, lead, asked), asked


@pytest.mark.usefixtures("town")
async def test_a_right_in_another_town_opens_nothing_here(memory: Memory, web: Memory) -> None:
    await a_town(memory, org="berg", residents=1)
    operator = await viewer_in(memory, "vik", right=Right.RAISE)
    async with memory.transaction() as tx:
        await tx.execute(
            """
            insert into memberships (user_id, org, roles)
            select s.user_id, 'berg', '{lead}' from web_sessions s order by s.created_at desc limit 1
            """
        )
    assert "Elsa Hemlig" not in await _finds(web, operator, "elsa")
