"""Deaths registered on a case: the camera is dark at once, the night's looks are withheld, and a lead confirms by voice.

There is no undo. One that was registered by mistake is corrected by somebody else, and its line stays.
"""

from functools import partial
from uuid import UUID

import structlog

from alarm_center.casework import configs, shared_beds, steps, visit_ends, withdrawals, wording
from alarm_center.casework.editing import Editor
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core import death
from alarm_center.core.check import Cancel
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.preparation import pauses
from alarm_center.store import changes, commands, deaths, events, rosters, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.deaths import Death, NewDeath
from alarm_center.store.events import NewEvent
from alarm_center.store.memory import Memory, Tx, now
from schemas import timeline
from schemas.vocabulary import CancelReason, Instead, Who

log = structlog.get_logger()

ACTOR = "deaths"


class NotTheirs(Exception):
    """The person has registered the death: somebody else confirms or corrects it."""


class AlreadyDecided(Exception):
    """Somebody has confirmed or corrected the death meanwhile, or the viewer sees no such death."""


async def register_death(memory: Memory, resident_id: UUID, alarm_id: UUID, *, editor: Editor) -> None:
    """Write that a resident has died, as *editor* says on a case: looks, commands and visits to come end now.

    Nobody waits for a second reading of a form: *editor*'s revision is not asked for. A second time changes nothing.

    Raises:
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> None:
        number = await changes.next_revision(tx, resident_id)
        locked = await withdrawals.lock_coming(tx, resident_id)
        at = await now(tx)
        home = await towns.of_resident(tx, resident_id)
        if await deaths.has_died(tx, resident_id) or home.town.training:
            # Nobody lives in a simulated home.
            return
        await deaths.add(tx, NewDeath(home.town.org, home.area_id, resident_id, alarm_id, editor.actor, at))
        await commands.end_for_resident(tx, resident_id, others_too=False)
        # Whoever shares the bed is looked at as before, alone.
        companion = await shared_beds.hand_on_devices(tx, resident_id, editor.actor, at)
        await deaths.set_died(tx, resident_id, at)
        for check in locked:
            cancel = Cancel(CancelReason.DIED, Instead.NOTHING, editor.actor, person=True)
            await steps.step_check(tx, check, cancel, editor.actor)
        await visit_ends.call_off_visits(tx, home, resident_id, editor.actor)
        await configs.refresh_resident_configs(tx, resident_id)
        await shared_beds.refresh_companion(tx, companion)
        died = timeline.ResidentDied(len(locked))
        await events.write(tx, at, _line(home.town.org, home.area_id, resident_id, died, editor.actor))
        change = NewChange(
            home.town.org, resident_id, number, ChangedPart.DEATH, editor.actor, at, at, None, {"died_at": at}
        )
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def confirm_death(memory: Memory, death_id: UUID, *, editor: Editor) -> None:
    """Write that *editor* has heard by voice that the resident has died.

    Raises:
        NotTheirs, AlreadyDecided: nothing has changed.
    """

    async def work(tx: Tx) -> None:
        found = await _lock(tx, death_id, editor)
        at = await now(tx)
        await deaths.confirm(tx, death_id, editor.actor, at)
        confirmed = timeline.DeathConfirmed()
        await events.write(tx, at, _line(found.org, found.area_id, found.resident_id, confirmed, editor.actor))

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def correct_death(memory: Memory, death_id: UUID, *, editor: Editor) -> None:
    """Write that the death was registered by mistake: the looks that are still to come are owed again.

    Raises:
        NotTheirs, AlreadyDecided: nothing has changed.
    """

    async def work(tx: Tx) -> None:
        found = await _lock(tx, death_id, editor)
        number = await changes.next_revision(tx, found.resident_id)
        at = await now(tx)
        await deaths.correct(tx, death_id, editor.actor, at)
        await deaths.set_living(tx, found.resident_id)
        home = await towns.of_resident(tx, found.resident_id)
        restored = await pauses.restore_coming(tx, home, found.resident_id, editor.actor)
        corrected = timeline.DeathCorrected(restored)
        await events.write(tx, at, _line(found.org, found.area_id, found.resident_id, corrected, editor.actor))
        before = {"died_at": found.registered_at}
        change = NewChange(
            found.org, found.resident_id, number, ChangedPart.DEATH, editor.actor, at, at, before, {"died_at": None}
        )
        await changes.add(tx, change)

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def _lock(tx: Tx, death_id: UUID, editor: Editor) -> Death:
    found = await deaths.lock_open(tx, death_id)
    if found is None:
        raise AlreadyDecided
    if not death.may_decide(found.registered_by, editor.actor):
        raise NotTheirs
    return found


# ---- told ----


async def tell_of_deaths(memory: Memory) -> int:
    """Ask a lead to confirm each new death, and tell of those that have waited too long; return the number of SMS.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others are told.
    """

    async def tell(org: str, tx: Tx) -> int:
        queued = 0
        for found in await deaths.lock_overdue(tx, org, death.CONFIRM_WITHIN):
            queued += await _tell(tx, found, overdue=True)
        for found in await deaths.lock_to_ask(tx, org):
            queued += await _tell(tx, found, overdue=False)
        return queued

    async with memory.transaction() as tx:
        orgs = await deaths.orgs_to_tell(tx)
    return await do_in_towns(memory, "deaths", orgs, lambda org: memory.attempt(partial(tell, org)))


async def _tell(tx: Tx, found: Death, *, overdue: bool) -> int:
    """Send the SMS about one death: to the lead on duty, and once it is overdue also to the number that always answers."""
    town, at = await towns.town(tx, found.org), await now(tx)
    roster = await rosters.roster(tx, town, None)
    leads = [each.phone for each in roster.responders(Who.LEAD, found.area_id, at) if each.phone != found.phone][:1]
    fixed = [each.phone for each in roster.responders(Who.FIXED, found.area_id, at)]
    phones = dict.fromkeys([*leads, *fixed] if overdue or not leads else leads)
    minutes = int(death.CONFIRM_WITHIN.total_seconds()) // 60
    facts = TextFacts(case_no=found.case_no, area=found.area, patrol=found.patrol, minutes=minutes)
    text = Wording.CONFIRM_OVERDUE if overdue else Wording.CONFIRM_BY_VOICE
    for phone in phones:
        await wording.queue_sms(tx, town, PlainSms(phone, text, facts), at)
    line: timeline.Payload
    if overdue:
        await deaths.mark_overdue(tx, found.death_id, at)
        line = timeline.DeathOverdue(len(phones))
        log.warning("death_confirmation_missed", org=found.org, area=found.area, told=len(phones))
    elif phones:
        await deaths.mark_asked(tx, found.death_id, at)
        line = timeline.DeathAsked(len(phones))
    else:
        return 0
    await events.write(tx, at, _line(found.org, found.area_id, found.resident_id, line, ACTOR))
    return len(phones)


def _line(org: str, area_id: UUID, resident_id: UUID, payload: timeline.Payload, actor: str) -> NewEvent:
    return NewEvent(org, payload, area_id=area_id, resident_id=resident_id, actor=actor)
