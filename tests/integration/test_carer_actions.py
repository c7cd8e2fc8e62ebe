"""A row added to the table of carers' actions works, and nothing else: from the SMS to the timeline."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from alarm_center.core.alarm.alarm_events import SiteReply
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions
from alarm_center.core.replies.carer_actions import ROWS, Bilingual, CarerAction, CarerActions
from schemas import timeline
from tests.support.postgres import Database
from tests.support.sms_centre import SmsCentre, sms_centre


@dataclass(frozen=True, slots=True)
class WaitsOutside(SiteReply):
    """8: I wait outside for a colleague."""


WAITS = CarerAction(
    name="waits", event=WaitsOutside, line=timeline.CarerStaying, answer=Wording.STAYING, digit="8",
    label=Bilingual("väntar", "waiting"), phrases=("väntar på kollega", "waiting for a colleague"),
    offered_in=frozenset({Wording.ARRIVED}), from_the_site=True, staff_inside=False,
)  # fmt: skip


@pytest.fixture
async def centre(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SmsCentre]:
    monkeypatch.setattr(carer_actions, "TABLE", CarerActions((*ROWS, WAITS)))
    async with sms_centre(database) as running:
        yield running


@pytest.mark.parametrize("text", ["8", "Väntar på kollega!"])
async def test_a_row_more_goes_from_the_sms_to_the_timeline(centre: SmsCentre, text: str) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt").and_replies("3")
    await centre.first.receives("Svara … 8=väntar 9=hjälp").and_replies(text)
    await centre.first.receives(f"{alarm.case_no}: du stannar, noterat.")
    ((_, line),) = await centre.lines(alarm.alarm_id, [timeline.CarerStaying.kind])
    ((_, reply),) = (await centre.lines(alarm.alarm_id, ["reply"]))[-1:]
    assert (reply["meaning"], reply["digit"], reply["notice_id"]) == ("waits", "8", line["notice_id"])
    assert not (await centre.now_is(alarm.alarm_id)).staff_inside, "what its row says of who is inside"


async def test_before_the_case_is_ones_own_it_is_not_yours_yet(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("8")
    await centre.first.receives(f"{alarm.case_no} är inte ditt än.")


@pytest.mark.parametrize("text", ["Vill inte ha kameran", "She doesn't want the camera."])
async def test_the_residents_no_by_sms_ends_the_consent(centre: SmsCentre, text: str) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("1")
    await centre.first.receives("är ditt").and_replies(text)
    await centre.first.receives(f"{alarm.case_no}: uppfattat, det gäller från nu. … 4=klar 9=hjälp")
    found = await centre.rows(
        """
        select c.resident_id, c.state, c.revoked_instead, n.made_by, n.after ->> 'said_by' as said_by, n.after ->> 'how' as how
        from consents c join changes n using (resident_id) where c.state = 'revoked' and n.part = 'consent' and n.made_by <> 'import'
        """
    )
    (notice,) = await centre.rows("select notice_id::text as id from notices where state = 'took'")
    assert [tuple(row.values()) for row in found] == [
        (alarm.resident_id, "revoked", "visit", notice["id"], "resident", "on_site")
    ]
    assert (await centre.now_is(alarm.alarm_id)).staff_inside, "the case goes on, and somebody is in the home"


async def test_the_no_of_a_case_that_is_not_ones_own_ends_nothing(centre: SmsCentre) -> None:
    alarm = await centre.alarm(1)
    await centre.first.receives("Larm … PRIO 1").and_replies("vill inte ha kameran")
    await centre.first.receives(f"{alarm.case_no} är inte ditt än.")
    assert await centre.rows("select 1 from consents where state = 'revoked'") == []
