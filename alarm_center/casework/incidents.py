"""Incidents, which are many alarms with one cause: formed, told to the staff once, and closed when every resident is ticked.

The rule is `core.alarm.incident`'s: technical alarms wait two minutes before they send anybody, and within that time the fifth
of them makes an incident of its area. After an absence of the whole service longer than a window, what could not be
looked at after all makes one incident of the service. Something wrong with a person is never joined.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog

from alarm_center.casework import cases, wording
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.casework.wording import PlainSms
from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm import incident as rule
from alarm_center.core.alarm.alarm_events import IntoIncident
from alarm_center.core.alarm.alarm_kinds import Flood
from alarm_center.core.decision import IllegalMove
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.store import events, incidents, jobs, rosters, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.incidents import Incident
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas import timeline
from schemas.vocabulary import AlarmKind

log = structlog.get_logger()

ACTOR: Final = "incidents"
RULE: Final = rule.IncidentRule()
_RETURN: Final = timedelta(minutes=30)
"""Service alarms so long after a return are of that return: the late attempts have been made by then."""
_STARTING: Final = timedelta(minutes=2)
"""Another replica may have opened alarms before this one had written that the service is back."""
_SERVICE_AT_LEAST: Final = 2
"""One alarm alone is simply sent out."""
_AGAIN: Final = timedelta(seconds=60)
"""Staff who have been told of an incident that has grown are told again at most so often."""


# ---- the service was away ----


async def record_absence(memory: Memory, at: datetime, gap: timedelta) -> list[str]:
    """Write, for each town whose window is shorter than *gap*, that the service was away until *at*; return those towns."""
    async with memory.transaction() as tx:
        away = [t for t in await towns.towns(tx) if gap > t.plan_of_area({}).exact_window]
        for town in away:
            await jobs.record_run(tx, f"returned:{town.org}", at)
            await events.write(tx, at, NewEvent(town.org, timeline.ServiceGap(int(gap.total_seconds())), actor=ACTOR))
    if away:
        log.error("service_returned", seconds=int(gap.total_seconds()), towns=len(away))
        memory.hint()
    return [town.org for town in away]


# ---- joining ----


async def form_incidents(memory: Memory) -> int:
    """Join alarms with one cause to incidents, and tell the staff of those that grow; return the number of joins.

    Raises:
        ExceptionGroup: it failed in some towns; it is done in the others.
    """
    async with memory.transaction() as tx:
        at = await now(tx)
        await _reopen_unticked(tx, at)
        restless = await incidents.areas_with_new_alarms(tx, at - RULE.within)
        back = await incidents.recent_returns(tx, _RETURN)
        known = [each.org for each in await incidents.open_incidents(tx)]

    async def form(org: str) -> int:
        joined = 0
        for area_id in restless.get(org, ()):
            joined += await _join_alarms(memory, await memory.attempt(partial(_area_incident, area_id=area_id)))
        if org in back:
            found = await memory.attempt(partial(_service_incident, org=org, since=back[org]))
            joined += await _join_alarms(memory, found)
        async with memory.transaction() as tx:
            open_now = [each for each in await incidents.open_incidents(tx) if each.org == org]
        for each in open_now:
            await memory.attempt(partial(_notify_staff, incident_id=each.incident_id))
            await memory.attempt(partial(_tell_on, incident_id=each.incident_id))
            await memory.attempt(partial(_end_ticked, incident_id=each.incident_id))
        return joined

    return await do_in_towns(memory, "incidents", dict.fromkeys((*restless, *back, *known)), form)


async def _area_incident(tx: Tx, area_id: UUID) -> tuple[Incident, list[Alarm]] | None:
    """Return the area's incident with the alarms that are to join it, if there is one."""
    org = await towns.org_of_area(tx, area_id)
    assert org is not None, "an area with alarms has a town"
    await incidents.lock_town(tx, org)
    at = await now(tx)
    recent = await incidents.recent_alarms(tx, area_id, at - RULE.within)
    usual = None
    if len({a.device_id for a in recent if a.policy.flood is Flood.ABOVE_USUAL}) >= RULE.devices:
        usual = await incidents.usual_rates(tx, area_id, at)
    found = rule.alarms_to_join(recent, await incidents.count_devices(tx, area_id), at, RULE, usual)
    if not found:
        return None
    there = await incidents.open_incident(tx, org, area_id, None)
    return there or await _open_incident(tx, org, area_id, rule.kind_of_incident(found), at), list(found)


async def _service_incident(tx: Tx, org: str, since: datetime) -> tuple[Incident, list[Alarm]] | None:
    await incidents.lock_town(tx, org)
    recent = await incidents.recent_service_alarms(tx, org, since - _STARTING)
    found = [alarm for alarm in recent if rule.can_join(alarm)]
    if not found or len(recent) < _SERVICE_AT_LEAST:
        return None
    at = await now(tx)
    there = await incidents.open_incident(tx, org, None, since - _STARTING)
    return there or await _open_incident(tx, org, None, AlarmKind.SERVICE, at), found


async def _open_incident(tx: Tx, org: str, area_id: UUID | None, kind: AlarmKind, at: datetime) -> Incident:
    made = await incidents.add(tx, org, area_id, kind.value, at)
    opened = timeline.IncidentOpened(made.incident_id, made.number, kind)
    await events.write(tx, at, NewEvent(org, opened, area_id=area_id, actor=ACTOR))
    log.warning("incident_opened", org=org, number=made.number, kind=kind.value)
    return made


async def _join_alarms(memory: Memory, found: tuple[Incident, list[Alarm]] | None) -> int:
    if found is None:
        return 0
    incident, joining = found
    joined = 0
    for alarm in joining:
        try:
            await cases.apply_to_alarm(memory, alarm.alarm_id, IntoIncident(incident.incident_id), actor=ACTOR)
            joined += 1
        except (cases.NotFound, IllegalMove) as error:
            # Somebody was sent, or it became worse, in the meantime: then it is handled by itself.
            log.info("join_refused", alarm_id=str(alarm.alarm_id), why=str(error))
    return joined


async def list_visits(memory: Memory, org: str, area_id: UUID, alarm_ids: Sequence[UUID]) -> int:
    """Put visits that no patrol has time for on the list of their area's incident, opened for them unless one is; return how many.

    Each is sent out at its hour all the same.
    """

    async def work(tx: Tx) -> Incident:
        await incidents.lock_town(tx, org)
        there = await incidents.open_incident(tx, org, area_id, None)
        return there or await _open_incident(tx, org, area_id, AlarmKind.MANUAL, await now(tx))

    async with memory.transaction() as tx:
        found = [alarm for alarm in await incidents.alarms_among(tx, alarm_ids) if rule.can_be_listed(alarm)]
    return await _join_alarms(memory, (await memory.attempt(work), found)) if found else 0


# ---- telling ----


async def _notify_staff(tx: Tx, incident_id: UUID) -> int:
    """Tell each area's patrols and lead the number of places, at first and once it has grown; return the number of SMS."""
    incident = await incidents.lock(tx, incident_id)
    if incident is None or incident.closed_at is not None:
        return 0
    town, at = await towns.town(tx, incident.org), await now(tx)
    queued = 0
    for area_id, (places, told_of) in (await incidents.count_open_places(tx, incident_id)).items():
        before = incident.told.get(str(area_id))
        if before is not None:
            grown = rule.has_grown(places, before["places"], told_of)
            if not grown or at < datetime.fromisoformat(before["at"]) + _AGAIN:
                continue
        code, _ = await towns.area(tx, area_id)
        on_duty = await rosters.roster(tx, town, None)
        phones = rule.phones_of_first_list(on_duty, area_id, at)
        facts = TextFacts(area=code, places=places, incident_link=incident.link)
        for phone in phones:
            await wording.queue_sms(tx, town, PlainSms(phone, Wording.INCIDENT, facts), at)
        await incidents.mark_told(tx, incident_id, area_id, places, at)
        told = timeline.IncidentTold(incident_id, incident.number, places, len(phones))
        await events.write(tx, at, NewEvent(incident.org, told, area_id=area_id, actor=ACTOR))
        queued += len(phones)
    return queued


async def _tell_on(tx: Tx, incident_id: UUID) -> int:
    """Tell the next ones of an incident that is not checked in time, as one however many places it has; return the number of phones told.

    Nobody is sent to each place by itself. A step that finds nobody gives way to the next at once.
    """
    incident = await incidents.lock(tx, incident_id)
    if incident is None or incident.closed_at is not None:
        return 0
    waiting = await incidents.count_waiting_places(tx, incident_id)
    town, at = await towns.town(tx, incident.org), await now(tx)
    target = await _target_of(tx, town, incident)
    progress, rung = rule.tell_on(incident.progress, at, target, waits=bool(waiting))
    told = 0
    while rung is not None:
        told = await _tell_areas(tx, incident, rung, waiting, at)
        if told or rung.red:
            late = timeline.IncidentLate(incident_id, incident.number, sum(waiting.values()), told, rung.red)
            await events.write(tx, at, NewEvent(incident.org, late, area_id=incident.area_id, actor=ACTOR))
            break
        progress, rung = rule.tell_on_at_once(progress, at, target)
    if progress != incident.progress:
        await incidents.save_progress(tx, incident_id, progress)
    return told


async def _target_of(tx: Tx, town: towns.Town, incident: Incident) -> timedelta:
    """Return the time in which every place of the incident is to be checked."""
    answers = (await towns.area(tx, incident.area_id)).plan if incident.area_id is not None else {}
    return town.plan_of_area(answers).arrive_within


async def _tell_areas(
    tx: Tx, incident: Incident, rung: rule.IncidentRung, waiting: Mapping[UUID, int], at: datetime
) -> int:
    town = await towns.town(tx, incident.org)
    on_duty = await rosters.roster(tx, town, None)
    told = 0
    for area_id, places in waiting.items():
        code, _ = await towns.area(tx, area_id)
        facts = TextFacts(area=code, places=places, incident_link=incident.link)
        before = incident.told.get(str(area_id))
        told_at = at if before is None else datetime.fromisoformat(before["at"])
        texted = rule.phones_of_rung(rung, on_duty, area_id, at, told_at)
        for phone in texted:
            said = Wording.INCIDENT_LEAD if rung.sees_to else Wording.INCIDENT_LATE
            await wording.queue_sms(tx, town, PlainSms(phone, said, facts, incident.incident_id), at)
        called = rule.phones_to_call(rung, on_duty, area_id, at)
        for phone in called:
            await wording.queue_sms(tx, town, PlainSms(phone, Wording.VOICE_INCIDENT_LATE, facts), at)
        told += len({*texted, *called})
    return told


async def acknowledge_incident(memory: Memory, incident_id: UUID, *, by: str, viewer: Viewer) -> None:
    """Record that *by* sees to an incident that is not checked in time: the board is red no longer, or does not become so.

    Again, too late, or before a lead has been asked, it changes nothing.

    Raises:
        cases.NotFound: there is no such incident that *viewer* may see.
    """

    async def work(tx: Tx) -> None:
        incident = await incidents.lock(tx, incident_id)
        if incident is None:
            raise cases.NotFound(f"no incident {incident_id} that this viewer may see")
        if incident.closed_at is not None or not incident.progress.asks_lead:
            return
        at = await now(tx)
        await incidents.acknowledge(tx, incident_id, by, at)
        seen = timeline.IncidentAcknowledged(incident_id, incident.number)
        await events.write(tx, at, NewEvent(incident.org, seen, area_id=incident.area_id, actor=by))

    await memory.attempt(work, viewer)
    memory.hint()


async def acknowledge_by_sms(tx: Tx, incident_id: UUID, by: str, at: datetime) -> int:
    """Record that a lead sees to an incident that is not checked in time, also before it is red; return how many places wait, 0 if it is over."""
    incident = await incidents.lock(tx, incident_id)
    if incident is None or incident.closed_at is not None:
        return 0
    waiting = sum((await incidents.count_waiting_places(tx, incident_id)).values())
    if waiting:
        target = await _target_of(tx, await towns.town(tx, incident.org), incident)
        await incidents.acknowledge(tx, incident_id, by, at)
        await incidents.save_progress(tx, incident_id, rule.seen_to(at, target))
        seen = timeline.IncidentAcknowledged(incident_id, incident.number)
        await events.write(tx, at, NewEvent(incident.org, seen, area_id=incident.area_id, actor=by))
    return waiting


# ---- closing ----


async def _reopen_unticked(tx: Tx, at: datetime) -> None:
    """Open an incident anew where an alarm joined it as it ended: no place of it is told on by itself."""
    for incident in await incidents.reopen_unticked(tx, at - _RETURN):
        opened = timeline.IncidentOpened(incident.incident_id, incident.number, AlarmKind(incident.kind))
        await events.write(tx, at, NewEvent(incident.org, opened, area_id=incident.area_id, actor=ACTOR))


async def _end_ticked(tx: Tx, incident_id: UUID) -> None:
    """End an incident that is ticked through, once no more alarms can be joined to those that it has."""
    incident, at = await incidents.lock(tx, incident_id), await now(tx)
    if incident is None or incident.closed_at is not None:
        return
    if await incidents.is_ticked_through(tx, incident_id, at - RULE.within):
        await _write_end(tx, incident, ACTOR, None, at)


async def _write_end(tx: Tx, incident: Incident, by: str, reason: str | None, at: datetime) -> None:
    await incidents.close(tx, incident.incident_id, by, reason, at)
    closed = timeline.IncidentClosed(incident.incident_id, incident.number)
    await events.write(tx, at, NewEvent(incident.org, closed, area_id=incident.area_id, actor=by))


async def close_incident(
    memory: Memory, incident_id: UUID, *, by: str, reason: str, viewer: Viewer | None = None
) -> None:
    """End an incident for *reason*, at most 200 characters, after each resident has been ticked by the outcome of their own alarm.

    Raises:
        cases.NotFound: there is no such incident that *viewer* may see.
        IllegalMove: it is closed already, or some resident's alarm is open; nothing has changed.
    """

    async def work(tx: Tx) -> None:
        incident = await incidents.lock(tx, incident_id)
        if incident is None:
            raise cases.NotFound(f"no incident {incident_id} that this viewer may see")
        if incident.closed_at is not None:
            raise IllegalMove(f"incident {incident.number}: closed already, by {incident.closed_by}")
        left = await incidents.count_places_left(tx, incident_id)
        if left:
            raise IllegalMove(
                f"incident {incident.number}: {left} places are not ticked; give each alarm its outcome first"
            )
        await _write_end(tx, incident, by, reason, await now(tx))

    await memory.attempt(work, viewer)
    memory.hint()
