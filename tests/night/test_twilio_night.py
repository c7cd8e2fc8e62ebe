"""A real fall, filmed, goes from the home to a carer's phone through the twilio provider, and the carer's digits come back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.embedded.twilio_api import Item, TwilioApi
from gateway.sources import open_source
from schemas.messages import Profile
from tests.support.carer import Carer
from tests.support.mosquitto import Mosquitto
from tests.support.parts import ORG, RunningTown, night
from tests.support.postgres import Database
from tests.support.waiting import eventually

pytestmark = [pytest.mark.night, pytest.mark.footage]

SESSION: Final = "s1_fall_15_whole"
SCENE: Final = "room_a"


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioApi]:
    async with TwilioApi().running() as api:
        yield api


@pytest.fixture
async def town(
    database: Database, migrated_server: Postgres, mosquitto: Mosquitto, tmp_path: Path, twilio: TwilioApi
) -> AsyncIterator[RunningTown]:
    async with night(database, migrated_server, mosquitto, tmp_path, twilio=twilio) as made:
        yield made


async def _delivered(town: RunningTown, twilio: TwilioApi, item: Item) -> None:
    """Twilio says how far the SMS has come, out of order and one of it twice; only what is signed counts."""
    assert await twilio.status(item, "delivered", token="not the account's") == 403
    assert not await town.value(
        "select count(*) from messages where provider_id = $1 and state = 'delivered'", item.sid
    )
    for status in ("delivered", "sent", "delivered"):
        assert await twilio.status(item, status) == 204
    await eventually(
        lambda: town.value("select count(*) from messages where provider_id = $1 and state = 'delivered'", item.sid)
    )


async def test_a_filmed_fall_leads_to_an_sms_and_somebody_came(
    town: RunningTown, twilio: TwilioApi, footage: Path
) -> None:
    profile = Profile.model_validate_json((footage / "scenes" / SCENE / "profile.json").read_bytes())
    await town.rows("update devices set profile = $1 returning 1", profile.model_dump(mode="json"))
    number, phone = (await town.rows("select sending_number, phone from organisations, carers"))[0]
    patrol = Carer(twilio, phone, number)
    await town.start_centre()
    await town.start_detector()
    town.home(open_source(f"file:{footage / 'sessions' / SESSION}?fps=5"))

    call_out = await patrol.receives("Larm … PRIO 1 omr 3. Framme senast … Svara 1=tar 2=kan inte. https://", 60)
    assert [row["kind"] for row in await town.rows("select kind from alarms")] == ["something_wrong"]
    assert await town.value("select reason from attempts where session_id is not null") == "on_floor"
    await _delivered(town, twilio, call_out)
    assert await _state(town) == "dispatched", "delivered is not accepted"

    await patrol.writes("1")
    granted = await patrol.receives(f"{await _number(town)} är ditt. Adress: https://… Svara 3=framme 4=klar", 15)
    assert await _state(town) == "accepted"
    await _delivered(town, twilio, granted)

    await patrol.writes("3")
    await patrol.receives("framme, noterat. Svara 4=klar", 15)
    assert await _state(town) == "on_site"

    sid = await patrol.writes("4")
    await patrol.receives("klar, noterat. Skriv hur det gick: https://", 15)
    await patrol.writes("4", sid=sid)  # Twilio brings the same reply again
    assert await town.value("select count(*) from replies") == 3

    kept = await town.rows("select wording, state from messages order by created_at")
    assert [row["wording"] for row in kept] == ["call_out", "granted", "arrived", "done"]
    assert len(twilio.messages) == 4, "an SMS that nobody expected"
    assert not twilio.calls
    assert not patrol.unread()
    assert {item.sender for item in twilio.messages} == {number}
    assert all(ORG not in (item.body or "") for item in twilio.messages)
    assert await town.value("select count(*) from sessions") == 1
    assert town.centre.running


async def _state(town: RunningTown) -> str:
    state: str = await town.value("select state from alarms")
    return state


async def _number(town: RunningTown) -> int:
    number: int = await town.value("select case_no from alarms")
    return number
