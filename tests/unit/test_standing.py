"""A case's standing for one phone, from its notice and its alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from alarm_center.core.replies.reply_parts import Standing
from alarm_center.providers import DeliveryStatus
from alarm_center.providers.twilio import STATUSES
from alarm_center.sms.incoming_replies import LONGEST, _storable
from alarm_center.sms.notice_standings import notice_standing
from alarm_center.store.replies import AskedNotice

AT = datetime(2026, 3, 1, 1, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
ID = UUID(int=1)

ASKED = AskedNotice(
    notice_id=ID, org="by", alarm_id=ID, area_id=ID, area="3", resident_id=ID, case_no=4801, priority=1, token="abcdefgh",
    asked_at=AT, state="asked", alarm_state="dispatched", seeks=True, done_at=None, closed_at=None, accepted_at=None,
    told_at=None, patrol=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "where", "since"),
    [
        ({}, Standing.ASKED, None),
        ({"state": "expired"}, Standing.ASKED, None),
        ({"state": "declined"}, Standing.DECLINED, None),
        ({"state": "stood_down"}, Standing.DECLINED, None),
        ({"state": "took", "alarm_state": "accepted", "seeks": False}, Standing.TOOK, None),
        ({"state": "took", "alarm_state": "accepted", "seeks": True}, Standing.TOOK, None),
        ({"state": "took", "alarm_state": "on_site", "seeks": False}, Standing.ON_SITE, None),
        ({"state": "took", "alarm_state": "on_site", "seeks": False, "done_at": LATER}, Standing.DONE, LATER),
        ({"state": "took", "alarm_state": "closed", "seeks": False, "closed_at": LATER}, Standing.DONE, LATER),
        ({"alarm_state": "accepted", "seeks": False, "patrol": "P2", "accepted_at": LATER}, Standing.TAKEN, LATER),
        (
            {"state": "stood_down", "alarm_state": "accepted", "seeks": False, "patrol": "P2", "sees_to": True},
            Standing.SEES_TO,
            None,
        ),
        ({"state": "stood_down", "alarm_state": "on_site", "seeks": True, "sees_to": True}, Standing.SEES_TO, None),
        ({"state": "took", "alarm_state": "on_site", "seeks": False, "sees_to": True}, Standing.ON_SITE, None),
        (
            {"state": "stood_down", "alarm_state": "closed", "seeks": False, "closed_at": LATER, "sees_to": True},
            Standing.STOOD_DOWN,
            LATER,
        ),
        ({"alarm_state": "open", "seeks": False, "told_at": LATER}, Standing.STOOD_DOWN, LATER),
        ({"alarm_state": "open", "seeks": False}, Standing.STOOD_DOWN, AT),
        ({"alarm_state": "closed", "seeks": True, "closed_at": LATER}, Standing.STOOD_DOWN, LATER),
    ],
)
def test_standing(changed: dict[str, object], where: Standing, since: datetime | None) -> None:
    assert notice_standing(replace(ASKED, **changed)) == (where, since)  # type: ignore[arg-type]  # one field each


@pytest.mark.parametrize("body", ["", "1", "\x00", "a\x00b", "\ud83d", "x" * 100_000, "å" * 5_000])
def test_any_text_can_be_kept(body: str) -> None:
    kept = _storable(body)
    assert "\x00" not in kept
    assert len(kept) <= LONGEST
    kept.encode()


def test_every_word_of_twilios_has_its_rank() -> None:
    way = ["queued", "sending", "sent", "delivered"]
    assert [STATUSES[word].rank for word in way] == [0, 1, 2, 3]
    assert {STATUSES[word] for word in ("undelivered", "failed", "busy", "no-answer", "canceled")} == {
        DeliveryStatus.FAILED
    }
    assert DeliveryStatus.FAILED.rank == DeliveryStatus.DELIVERED.rank
