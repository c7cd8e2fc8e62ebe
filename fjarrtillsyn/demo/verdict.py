"""Whether the demo's night came out right: each home's checks, alarm, SMS and story against what has to come of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from alarm_center.store import seals
from alarm_center.store.memory import Memory
from fjarrtillsyn.demo.homes import HOMES, Home
from fjarrtillsyn.demo.lines import Line

_STORY: Final = ("alarm_opened", "sms_sent", "reply", "accepted", "on_site", "closed")
_SAID: Final = frozenset({"call_out", "granted", "arrived", "done"})
"""What may be said to a carer about an alarm of this night: nobody is reminded, escalated to or called off."""
_ANSWERED: Final = ("take", "on_site", "done")


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the night, as it ended."""

    number: int
    opens_at: datetime
    state: str
    answer: str | None
    seen_by: str | None
    late: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm since the night began."""

    number: int | None
    alarm_id: str
    kind: str
    priority: int
    state: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS or call since the night began."""

    number: int | None
    channel: str
    wording: str
    state: str


@dataclass(frozen=True, slots=True)
class Night:
    """What the memory holds of one night."""

    checks: Sequence[Check]
    alarms: Sequence[Alarm]
    messages: Sequence[Message]
    broken_seal: str | None

    @property
    def ledger(self) -> dict[str, int]:
        """How many checks were owed, and how they ended; the parts add up to what was owed."""
        ended = Counter(check.state for check in self.checks)
        parts = {state: ended.pop(state, 0) for state in ("seen", "alarmed", "cancelled")}
        return {"owed": len(self.checks), **parts, "open": ended.total()}


async def read(memory: Memory, org: str, night: date) -> Night:
    """Return what the memory holds of *night*, with its timeline sealed to the end."""
    while await seals.seal(memory, org):
        pass
    broken = await seals.verify(memory, org)
    async with memory.transaction() as tx:
        checks = await tx.fetch(
            """
            select r.number, c.opens_at, c.state, c.answer, c.seen_by, c.late
            from checks c join residents r using (resident_id)
            where c.org = $1 and c.night = $2 order by r.number, c.opens_at
            """,
            org,
            night,
        )
        alarms = await tx.fetch(
            """
            select r.number, a.alarm_id::text, a.kind, a.priority, a.state, a.outcome
            from alarms a left join residents r using (resident_id) where a.org = $1 order by a.opened_at
            """,
            org,
        )
        messages = await tx.fetch(
            """
            select r.number, m.channel, m.wording, m.state
            from messages m left join alarms a using (alarm_id) left join residents r using (resident_id)
            where m.org = $1 order by m.created_at
            """,
            org,
        )
    return Night(
        checks=[Check(**row) for row in checks],
        alarms=[Alarm(**row) for row in alarms],
        messages=[Message(**row) for row in messages],
        broken_seal=str(broken) if broken else None,
    )


def mismatches(night: Night, told: Sequence[Line], users: Iterable[UUID]) -> list[str]:
    """Return everything that did not come out right, in words; empty when all of it did."""
    wrong: list[str] = []
    ledger = night.ledger
    if ledger["owed"] != sum(len(home.ends) for home in HOMES):
        wrong.append(f"{ledger['owed']} checks were owed, expected {sum(len(home.ends) for home in HOMES)}")
    if ledger["open"] or ledger["owed"] != ledger["seen"] + ledger["alarmed"] + ledger["cancelled"]:
        wrong.append(f"the ledger does not add up, or is open: {ledger}")
    if night.broken_seal:
        wrong.append(f"the timeline's seal does not fit at {night.broken_seal}")
    people = {str(user) for user in users}
    for home in HOMES:
        lines = [line for line in told if line["resident"] == home.number]
        found = [
            *_checks(home, [check for check in night.checks if check.number == home.number], people),
            *_alarms(home, [alarm for alarm in night.alarms if alarm.number == home.number], lines),
            *_lines(home, lines),
        ]
        wrong += [f"resident {home.number} ({home.what}): {words}" for words in found]
    known = {home.number for home in HOMES}
    wrong += [f"an alarm of nobody: {alarm.kind}" for alarm in night.alarms if alarm.number not in known]
    wrong += _messages(night.messages)
    return wrong


def _checks(home: Home, checks: Sequence[Check], people: set[str]) -> Iterable[str]:
    ends = tuple(check.state for check in checks)
    if ends != home.ends:
        yield f"the checks ended {', '.join(ends) or 'nowhere'}; expected {', '.join(home.ends)}"
    for check in checks:
        if check.late:
            yield f"the check of {check.opens_at:%H:%M} UTC was late"
        by_person = check.seen_by in people
        if check.state == "seen" and (check.answer != "in_bed" or by_person != home.by_person):
            yield f"seen by {check.seen_by} on {check.answer}; expected {'a person' if home.by_person else 'the detector'}"


def _alarms(home: Home, alarms: Sequence[Alarm], lines: Sequence[Line]) -> Iterable[str]:
    if home.alarm is None:
        yield from (f"an alarm that nobody expected: {alarm.kind}" for alarm in alarms)
        return
    if len(alarms) != 1:
        yield f"{len(alarms)} alarms; expected one, {home.alarm.kind}"
        return
    alarm = alarms[0]
    is_ = (alarm.kind, alarm.priority, alarm.outcome)
    has_to_be = (home.alarm.kind.value, home.alarm.priority.value, home.alarm.outcome.value)
    if is_ != has_to_be:
        yield f"the alarm was {is_}; expected {has_to_be}"
    if alarm.state != "closed":
        yield f"the alarm is still {alarm.state}"
    about = [line for line in lines if line["alarm_id"] == alarm.alarm_id]
    order = [line["event"] for line in about if line["event"] in _STORY]
    first = [order.index(event) if event in order else -1 for event in _STORY]
    if -1 in first or first != sorted(first):
        yield f"the alarm's story was {', '.join(order)}; expected in this order {', '.join(_STORY)}"
    answered = [line.get("meaning") for line in about if line["event"] == "reply"]
    if tuple(answered) != _ANSWERED:
        yield f"the carer answered {answered}; expected {list(_ANSWERED)}"


def _lines(home: Home, lines: Sequence[Line]) -> Iterable[str]:
    count = Counter(line["event"] for line in lines)
    if count["check_opened"] != len(home.ends):
        yield f"{count['check_opened']} checks opened; expected {len(home.ends)}"
    looks = len(home.ends) + (1 if home.waits else 0)
    if count["session_received"] != looks or count["finding"] != looks:
        yield f"{count['session_received']} sessions and {count['finding']} findings; expected {looks} of each"


def _messages(messages: Sequence[Message]) -> Iterable[str]:
    alarmed = {home.number for home in HOMES if home.alarm is not None}
    for message in messages:
        muster = message.number is None and message.wording.startswith("muster")
        expected = message.number in alarmed and message.channel == "sms" and message.wording in _SAID
        if not muster and not expected:
            yield f"nobody expected this {message.channel}: {message.wording} about resident {message.number}"
        elif message.state != "delivered":
            yield f"{message.wording} about resident {message.number} is {message.state}, not delivered"
