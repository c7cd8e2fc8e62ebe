"""Many alarms with one cause, handled as one: found, told to the staff once, and closed when every resident is ticked.

The rule is `core.incident`'s: technical alarms wait two minutes before they send anybody, and within that time the fifth
of them makes an incident of its area. After an absence of the whole service longer than a window, what could not be
looked at after all makes one incident of the service. Something wrong with a person is never joined.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from alarm_center.casework import cases, wording
from alarm_center.core import incident as rule
from alarm_center.core.alarm_events import IntoIncident
from alarm_center.core.alarm_kinds import Flood
from alarm_center.core.case import Alarm, IllegalMove
from alarm_center.core.plan import Wording
from alarm_center.core.sms_text import Facts
from alarm_center.store import events, incidents, jobs, rosters, towns
from alarm_center.store.events import NewEvent
from alarm_center.store.incidents import Incident
from alarm_center.store.memory import Memory, Tx, Viewer, now
from schemas import timeline
from schemas.vocabulary import AlarmKind, Who

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
_GROWN: Final = 1.5
"""Staff who have been told of an incident are told again, at most each minute, once it has grown by half."""


# ---- the service was away ----


async def returned(memory: Memory, at: datetime, gap: timedelta) -> list[str]:
    """The whole service was away for *gap* until *at*: write it for each town whose window that is longer than; return those."""
    async with memory.transaction() as tx:
        away = [t for t in await towns.towns(tx) if gap > t.plan_of_area({}).exact_window]
        for town in away:
            await jobs.ran(tx, f"returned:{town.org}", at)
            await events.write(tx, at, NewEvent(town.org, timeline.ServiceGap(int(gap.total_seconds())), actor=ACTOR))
    if away:
        log.error("service_was_away", seconds=int(gap.total_seconds()), towns=len(away))
        memory.hint()
    return [town.org for town in away]


# ---- joining ----


async def gather(memory: Memory) -> int:
    """Make incidents of what belongs together now, and tell the staff of those that have grown; return how many joined."""
    async with memory.transaction() as tx:
        at = await now(tx)
        restless = await incidents.restless_areas(tx, at - RULE.within)
        back = await incidents.was_away(tx, _RETURN)
    joined = 0
    for area_id in restless:
        joined += await _join(memory, await memory.attempt(lambda tx, area_id=area_id: _area(tx, area_id)))  # type: ignore[misc]
    for org, since in back.items():
        joined += await _join(memory, await memory.attempt(lambda tx, org=org, since=since: _service(tx, org, since)))  # type: ignore[misc]
    async with memory.transaction() as tx:
        open_now = await incidents.open_ones(tx)
    for each in open_now:
        await memory.attempt(lambda tx, each=each: _tell(tx, each.incident_id))  # type: ignore[misc]
    if joined:
        memory.hint()
    return joined


async def _area(tx: "Tx[Any]", area_id: UUID) -> tuple[Incident, list[Alarm]] | None:
    """Return the area's incident with the alarms that are to join it, if there is one."""
    org = await tx.fetchval("select org from areas where area_id = $1", area_id)
    await incidents.lock_town(tx, org)
    at = await now(tx)
    recent = await incidents.recent(tx, area_id, at - RULE.within)
    usual = None
    if len({a.device_id for a in recent if a.policy.flood is Flood.ABOVE_USUAL}) >= RULE.devices:
        usual = await incidents.usual(tx, area_id, at)
    found = rule.gather(recent, await incidents.devices_in(tx, area_id), at, RULE, usual)
    if not found:
        return None
    there = await incidents.open_one(tx, org, area_id, None)
    return there or await _open(tx, org, area_id, rule.cause(found), at), list(found)


async def _service(tx: "Tx[Any]", org: str, since: datetime) -> tuple[Incident, list[Alarm]] | None:
    await incidents.lock_town(tx, org)
    recent = await incidents.recent_service(tx, org, since - _STARTING)
    found = [alarm for alarm in recent if rule.joins(alarm)]
    if not found or len(recent) < _SERVICE_AT_LEAST:
        return None
    at = await now(tx)
    there = await incidents.open_one(tx, org, None, since - _STARTING)
    return there or await _open(tx, org, None, AlarmKind.SERVICE, at), found


async def _open(tx: "Tx[Any]", org: str, area_id: UUID | None, kind: AlarmKind, at: datetime) -> Incident:
    made = await incidents.add(tx, org, area_id, kind.value, at)
    opened = timeline.IncidentOpened(made.incident_id, made.number, kind)
    await events.write(tx, at, NewEvent(org, opened, area_id=area_id, actor=ACTOR))
    log.warning("incident_opened", org=org, number=made.number, kind=kind.value)
    return made


async def _join(memory: Memory, found: tuple[Incident, list[Alarm]] | None) -> int:
    if found is None:
        return 0
    incident, alarms = found
    joined = 0
    for alarm in alarms:
        try:
            await cases.on_alarm(memory, alarm.alarm_id, IntoIncident(incident.incident_id), actor=ACTOR)
            joined += 1
        except (cases.NotFound, IllegalMove) as error:
            # Somebody was sent, or it became worse, in the meantime: then it is handled by itself.
            log.info("not_joined", alarm_id=str(alarm.alarm_id), why=str(error))
    return joined


# ---- telling ----


async def _tell(tx: "Tx[Any]", incident_id: UUID) -> int:
    """Tell each area's patrols and lead how many places there are, at first and once it has grown; return how many SMS."""
    incident = await incidents.lock(tx, incident_id)
    if incident is None or incident.closed_at is not None:
        return 0
    town, at = await towns.town(tx, incident.org), await now(tx)
    queued = 0
    for area_id, places in (await incidents.open_places(tx, incident_id)).items():
        before = incident.told.get(str(area_id))
        if before is not None:
            grown = places >= before["places"] * _GROWN
            if not grown or at < datetime.fromisoformat(before["at"]) + _AGAIN:
                continue
        code, _ = await towns.area(tx, area_id)
        on_duty = await rosters.roster(tx, town, None)
        patrols = on_duty.people(Who.PATROL, area_id, at) or on_duty.people(Who.SECOND_PATROL, area_id, at)[:1]
        phones = dict.fromkeys(p.phone for p in (*patrols, *on_duty.people(Who.LEAD, area_id, at)[:1]))
        facts = Facts(area=code, places=places, incident_link=incident.link)
        for phone in phones:
            await wording.say(tx, town, phone, Wording.INCIDENT, facts, at)
        await incidents.told(tx, incident_id, area_id, places, at)
        told = timeline.IncidentTold(incident_id, incident.number, places, len(phones))
        await events.write(tx, at, NewEvent(incident.org, told, area_id=area_id, actor=ACTOR))
        queued += len(phones)
    return queued


# ---- closing ----


async def close(memory: Memory, incident_id: UUID, *, by: str, viewer: Viewer | None = None) -> None:
    """End an incident. Each resident is ticked by the outcome of their own alarm, before.

    Raises:
        cases.NotFound: there is no such incident that *viewer* may see.
        IllegalMove: it is closed already, or some resident's alarm is open; nothing has changed.
    """

    async def work(tx: "Tx[Any]") -> None:
        incident = await incidents.lock(tx, incident_id)
        if incident is None:
            raise cases.NotFound(f"no incident {incident_id} that this viewer may see")
        if incident.closed_at is not None:
            raise IllegalMove(f"incident {incident.number}: closed already, by {incident.closed_by}")
        left = await incidents.places_left(tx, incident_id)
        if left:
            raise IllegalMove(
                f"incident {incident.number}: {left} places are not ticked; give each alarm its outcome first"
            )
        at = await now(tx)
        await incidents.close(tx, incident_id, by, at)
        closed = timeline.IncidentClosed(incident_id, incident.number)
        await events.write(tx, at, NewEvent(incident.org, closed, area_id=incident.area_id, actor=by))

    await memory.attempt(work, viewer)
    memory.hint()
