"""Visits to come that nobody needs any more: closed, but for one that somebody has taken."""

from uuid import UUID

import structlog

from alarm_center.casework import steps, wording
from alarm_center.core.alarm import alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.store import alarms, cancelled_checks, towns
from alarm_center.store.memory import Tx

log = structlog.get_logger()


async def call_off_visits(tx: Tx, home: towns.TownAndPlan, resident_id: UUID, actor: str) -> None:
    """Close the resident's coming visits; one that somebody has taken stays theirs to close."""
    for alarm_id in await cancelled_checks.open_visits(tx, resident_id):
        visit = await alarms.lock(tx, alarm_id)
        assert visit is not None, "it is in this transaction's sight"
        try:
            note = wording.not_needed_note(home.town)
            await steps.step_alarm(tx, visit, alarm_events.CalledOff(actor), actor, note=note)
        except IllegalMove:
            log.info("visit_call_off_refused", alarm_id=str(alarm_id))
