"""Alarms raised by hand: foreseen for the form, then raised once a form, in the resident's open case or a new one."""

from uuid import UUID

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.manual_alarm import Forecast, ManualRequest, forecast
from alarm_center.store import alarms, checks, events, manual_alarms, residents, rosters, towns, viewer_scope
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas.timeline import RaisedByHand


async def foreseen_alarm(memory: Memory, resident_id: UUID, wish: ManualRequest, viewer: Viewer) -> Forecast:
    """Return the alarm and its first steps that raising *wish* would lead to now.

    Raises:
        cases.NotFound: there is no such resident that *viewer* may see, or they are not looked after any more.
    """
    async with memory.transaction(viewer) as tx:
        home = await _home(tx, resident_id)
        found = await alarms.lock_open(tx, resident_id)
        signed_in = await towns.is_anybody_signed_in(tx, home.town.org)
        hidden = found is not None and not viewer.sees(found.area_id)
        hidden_area = (await towns.area(tx, found.area_id))[0] if found is not None and hidden else None
        roster = await rosters.roster(tx, home.town, found.alarm_id if found is not None else None)
        return forecast(wish, found, home.plan, roster, await now(tx), signed_in, hidden_area)


async def raise_by_hand(
    memory: Memory, resident_id: UUID, wish: ManualRequest, *, raising_id: UUID, user: UUID, viewer: Viewer
) -> Alarm:
    """Open the resident's case, or add to the open one; the same *raising_id* again returns the same alarm.

    The open case may lie in an area that *viewer* does not see, where the resident lived when it was opened.

    Raises:
        cases.NotFound: as :func:`foreseen_alarm`.
    """

    async def work(tx: Tx) -> Alarm:
        home = await _home(tx, resident_id)
        await checks.lock_open(tx, resident_id)
        await alarms.lock_case_turn(tx, resident_id)
        done = await manual_alarms.alarm_of(tx, raising_id)
        if done is not None:
            before = await alarms.lock(tx, done)
            assert before is not None, "who sees the raising sees its alarm"
            return before
        alarm = await cases.raise_manual_locked(tx, home, wish.priority, str(user))
        at = await now(tx)
        await manual_alarms.add(tx, raising_id, alarm, wish, user, at)
        raised = RaisedByHand(wish.reason, wish.priority, note=wish.note is not None)
        await events.write(tx, at, events.about_alarm(alarm, raised, str(user)))
        return alarm

    alarm = await memory.attempt(work, viewer)
    memory.hint()
    return alarm


async def _home(tx: Tx, resident_id: UUID) -> towns.TownAndPlan:
    if await residents.hit(tx, resident_id) is None:
        raise cases.NotFound(f"no resident {resident_id} that this viewer may see")
    home = await towns.of_resident(tx, resident_id)
    await viewer_scope.widen_scope(tx, resident_id)
    return home
