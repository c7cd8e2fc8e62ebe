"""Entry points that change a case, under its locks: one event on a check or an alarm, or a new alarm raised.

The step itself, and the rule for opening or joining a case, are in `steps`; sessions come by `arrived_sessions`, due
steps by `clockwork`. Checks are locked before the alarm.

Everything locks first and *then* reads the clock. A viewer who may act on a check or an alarm decides over all of that
resident's case, also where it lies in an area that they do not see. docs/database.md
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from alarm_center.casework import steps
from alarm_center.casework.steps import AlarmToRaise
from alarm_center.core.alarm import Alarm, alarm_events
from alarm_center.core.check import Check, CheckEvent
from alarm_center.core.decision import Colleague
from alarm_center.core.replies import carer_actions
from alarm_center.store import alarms, checks, replies, screen_taps, towns, viewer_scope
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.messages import Finding
from schemas.vocabulary import AlarmKind, Priority


class NotFound(LookupError):
    """No such case exists that this viewer may see."""


async def apply_to_check(
    memory: Memory,
    check_id: UUID,
    event: CheckEvent | steps.CheckEvents,
    *,
    actor: str,
    viewer: Viewer | None = None,
    tap: str | None = None,
) -> Check:
    """Apply *event* to a check, with all that follows from it; return the check as it is then.

    A *tap* of the viewer's that was applied before changes nothing: its page has not heard the answer, and sends it again (ADR 0089).

    Raises:
        NotFound: there is no such check that *viewer* may see.
        IllegalMove: it cannot happen in the check's state; nothing has changed.
    """

    async def work(tx: Tx) -> Check:
        repeated = tap is not None and not await screen_taps.take(tx, tap)
        check = await checks.lock(tx, check_id)
        if check is None:
            raise NotFound(f"no check {check_id} that this viewer may see")
        if repeated:
            return check
        await viewer_scope.widen_scope(tx, check.resident_id)
        return await steps.step_check(tx, check, event, actor)

    after = await memory.attempt(work, viewer)
    memory.hint()
    return after


async def apply_to_alarm(
    memory: Memory,
    alarm_id: UUID,
    event: alarm_events.AlarmEvent,
    *,
    actor: str,
    viewer: Viewer | None = None,
    note: str | None = None,
    tap: str | None = None,
) -> Alarm:
    """Apply *event* to an alarm, with all that follows from it; return the alarm as it is then. A *tap* is as for :func:`apply_to_check`.

    Raises:
        NotFound: there is no such alarm that *viewer* may see.
        IllegalMove: it cannot happen in the alarm's state; nothing has changed.
    """

    async def work(tx: Tx) -> Alarm:
        if tap is not None and not await screen_taps.take(tx, tap):
            return await lock_alarm(tx, alarm_id, with_checks=False)
        return await lock_and_step_alarm(tx, alarm_id, event, actor, note)

    after = await memory.attempt(work, viewer)
    memory.hint()
    return after


async def apply_page_reply(
    memory: Memory,
    alarm_id: UUID,
    words: Sequence[alarm_events.CarerReply],
    *,
    viewer: Viewer,
    note: str | None = None,
    tap: str | None = None,
) -> Alarm:
    """Apply a carer's reply from the link's page, and keep it as the phone's: the same word by SMS is a repeat then.

    *words* are all that one tap says, in order and of one notice; the *note* is the last one's. A *tap* that was applied
    before changes nothing: the phone has not heard the answer, and sends it again (ADR 0077).

    Raises:
        NotFound, IllegalMove: as for :func:`apply_to_alarm`.
    """

    async def work(tx: Tx) -> Alarm:
        notice_id = words[0].notice_id
        await replies.lock_phone_of(tx, notice_id)
        if tap is not None and await replies.has_tap(tx, notice_id, tap):
            return await lock_alarm(tx, alarm_id)
        alarm = await lock_alarm(tx, alarm_id, with_turn=any(_may_raise(word) for word in words))
        for word in words:
            said = note if word is words[-1] else None
            alarm = await steps.step_alarm(tx, alarm, replace(word, on_page=True), str(notice_id), note=said)
            key = tap if word is words[0] else None
            await replies.add_page_word(tx, notice_id, carer_actions.TABLE.of(word).name, await now(tx), key)
        return alarm

    after = await memory.attempt(work, viewer)
    memory.hint()
    return after


async def lock_and_step_alarm(
    tx: Tx, alarm_id: UUID, event: alarm_events.AlarmEvent, actor: str, note: str | None = None
) -> Alarm:
    """Lock the resident's checks where staff may come or go, then the alarm, and apply *event* in this transaction.

    Raises:
        NotFound, IllegalMove: as for :func:`apply_to_alarm`.
    """
    alarm = await lock_alarm(
        tx, alarm_id, with_checks=not isinstance(event, alarm_events.AlarmTick), with_turn=_may_raise(event)
    )
    return await steps.step_alarm(tx, alarm, event, actor, note=note)


def _may_raise(event: alarm_events.AlarmEvent) -> bool:
    """Tell whether *event* may raise another alarm of the resident: whoever raises one takes the turn before the alarm's row."""
    return isinstance(event, alarm_events.Done | alarm_events.NeedsHelp)


async def lock_alarm(tx: Tx, alarm_id: UUID, *, with_checks: bool = True, with_turn: bool = False) -> Alarm:
    """Lock the resident's checks where staff may come or go, then the alarm, until the transaction ends; return the alarm.

    *with_turn* locks the resident's turn to raise an alarm between the two.

    Raises:
        NotFound: there is no such alarm that the viewer may see.
    """
    resident_id = await alarms.resident_of(tx, alarm_id) if with_checks else None
    if resident_id is not None:
        await viewer_scope.widen_scope(tx, resident_id)
        await checks.lock_open(tx, resident_id)
        if with_turn:
            await alarms.lock_case_turn(tx, resident_id)
    alarm = await alarms.lock(tx, alarm_id)
    if alarm is None:
        raise NotFound(f"no alarm {alarm_id} that this viewer may see")
    return alarm


async def raise_area_alarm(
    tx: Tx,
    org: str,
    area_id: UUID,
    priority: Priority,
    *,
    at: datetime,
    actor: str,
    in_need: tuple[Colleague, ...] = (),
) -> Alarm:
    """Open an alarm that is about no resident: somebody of our own needs help."""
    home = await towns.of_area(tx, org, area_id)
    raised = AlarmToRaise(AlarmKind.MANUAL, priority, None, actor, at, in_need=in_need)
    return await steps.raise_or_join(tx, home, raised)


async def raise_manual_locked(tx: Tx, home: towns.TownAndPlan, priority: Priority, actor: str) -> Alarm:
    """Raise an alarm by hand where the caller has locked the resident's coming checks."""
    raised = AlarmToRaise(AlarmKind.MANUAL, priority, None, actor, await now(tx))
    return await steps.raise_or_join(tx, home, raised)


async def raise_from_finding(tx: Tx, resident_id: UUID, finding: Finding, at: datetime) -> UUID:
    """Open or join the resident's case for a session that no check asked for and that shows something wrong."""
    home = await towns.of_resident(tx, resident_id)
    reason = finding.reasons[0]
    rule = home.plan.rule(finding.answer, reason)
    kind, priority = rule.kind or AlarmKind.SOMETHING_WRONG, rule.priority or Priority.FIRST
    raised = AlarmToRaise(kind, priority, reason, finding.detector or "detector", at, finding.device)
    alarm = await steps.raise_or_join(tx, home, raised)
    return alarm.alarm_id
