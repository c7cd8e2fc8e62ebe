"""What may happen to a check or an alarm, from whoever says so: one lock a case and one transaction (design §7).

Order of locks: the resident's checks, then the alarm. Everything locks first and *then* reads the clock. Whoever may act on
a check or an alarm decides over all of that resident's case, also where it lies in an area that they do not see.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.casework import steps
from alarm_center.core import alarm_events, carer_actions
from alarm_center.core.case import Alarm, Check
from alarm_center.core.happenings import CheckEvent
from alarm_center.store import alarms, checks, replies, sight, towns
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.messages import Finding
from schemas.vocabulary import AlarmKind, Priority


class NotFound(LookupError):
    """There is no such case that this viewer may see."""


async def on_check(
    memory: Memory, check_id: UUID, event: CheckEvent | steps.CheckEvents, *, actor: str, viewer: Viewer | None = None
) -> Check:
    """Let *event* happen to a check, and whatever follows from it.

    Raises:
        NotFound: there is no such check that *viewer* may see.
        IllegalMove: it cannot happen in the check's state; nothing has changed.
    """

    async def work(tx: "Tx[Any]") -> Check:
        check = await checks.lock(tx, check_id)
        if check is None:
            raise NotFound(f"no check {check_id} that this viewer may see")
        await sight.follow(tx, check.resident_id)
        return await steps.step_check(tx, check, event, actor)

    after = await memory.attempt(work, viewer)
    memory.hint()
    return after


async def on_alarm(
    memory: Memory,
    alarm_id: UUID,
    event: alarm_events.Event,
    *,
    actor: str,
    viewer: Viewer | None = None,
    note: str | None = None,
) -> Alarm:
    """Let *event* happen to an alarm, and whatever follows from it.

    Raises:
        NotFound: there is no such alarm that *viewer* may see.
        IllegalMove: it cannot happen in the alarm's state; nothing has changed.
    """

    async def work(tx: "Tx[Any]") -> Alarm:
        return await step_alarm_of(tx, alarm_id, event, actor, note)

    after = await memory.attempt(work, viewer)
    memory.hint()
    return after


async def on_page_word(
    memory: Memory, alarm_id: UUID, word: alarm_events.CarerWord, *, viewer: Viewer, note: str | None = None
) -> Alarm:
    """Let a word from the link's page happen, and keep it as the phone's: the same word by SMS is a repeat then.

    Raises:
        NotFound, IllegalMove: as for :func:`on_alarm`.
    """

    async def work(tx: "Tx[Any]") -> Alarm:
        await replies.lock_phone_of(tx, word.notice_id)
        alarm = await step_alarm_of(tx, alarm_id, word, str(word.notice_id), note)
        await replies.keep_page_word(tx, word.notice_id, carer_actions.TABLE.of(word).name, await now(tx))
        return alarm

    after = await memory.attempt(work, viewer)
    memory.hint()
    return after


async def step_alarm_of(
    tx: "Tx[Any]",
    alarm_id: UUID,
    event: alarm_events.Event,
    actor: str,
    note: str | None = None,
) -> Alarm:
    """Hold the alarm, and first the resident's checks where staff may come or go, then decide and apply."""
    if not isinstance(event, alarm_events.Tick):
        resident_id = await tx.fetchval("select resident_id from alarms where alarm_id = $1", alarm_id)
        if resident_id is not None:
            await sight.follow(tx, resident_id)
            await checks.lock_coming(tx, resident_id)
    alarm = await alarms.lock(tx, alarm_id)
    if alarm is None:
        raise NotFound(f"no alarm {alarm_id} that this viewer may see")
    return await steps.step_alarm(tx, alarm, event, actor, note)


async def raise_at_large(tx: "Tx[Any]", org: str, area_id: UUID, priority: Priority, at: datetime, actor: str) -> Alarm:
    """Open an alarm that is about no resident: somebody of our own needs help."""
    home = await towns.at_large(tx, org, area_id)
    return await steps.raise_or_join(tx, home, None, AlarmKind.MANUAL, priority, None, at, actor, None)


async def raise_manual(
    memory: Memory, resident_id: UUID, priority: Priority, *, actor: str, viewer: Viewer | None = None
) -> Alarm:
    """A person raises an alarm for a resident, with the priority that they say; it joins an open case."""

    async def work(tx: "Tx[Any]") -> Alarm:
        try:
            home = await towns.home(tx, resident_id)
        except LookupError as error:
            raise NotFound(str(error)) from error
        await sight.follow(tx, resident_id)
        await checks.lock_coming(tx, resident_id)
        return await raise_manual_in(tx, home, priority, actor)

    alarm = await memory.attempt(work, viewer)
    memory.hint()
    return alarm


async def raise_manual_in(tx: "Tx[Any]", home: towns.Home, priority: Priority, actor: str) -> Alarm:
    """The same, of whoever holds the resident's coming checks already."""
    return await steps.raise_or_join(tx, home, None, AlarmKind.MANUAL, priority, None, await now(tx), actor, None)


async def raise_by_evidence(tx: "Tx[Any]", resident_id: UUID, finding: Finding, at: datetime) -> UUID:
    """A session that no check owns shows that something is wrong: open or join the resident's case."""
    home = await towns.home(tx, resident_id)
    rule = home.plan.rule(finding.answer, finding.reasons[0])
    kind, priority = rule.kind or AlarmKind.SOMETHING_WRONG, rule.priority or Priority.FIRST
    actor = finding.detector or "detector"
    alarm = await steps.raise_or_join(tx, home, finding.device, kind, priority, finding.reasons[0], at, actor, None)
    return alarm.alarm_id
