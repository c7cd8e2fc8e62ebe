"""Verdict on the demo's night: each home's checks, alarm, SMS and story, compared with the home's script."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from alarm_center.store import seals, simulated_night, verification
from alarm_center.store.memory import Memory
from alarm_center.store.simulated_night import PlayedAlarm, PlayedCheck, PlayedMessage
from fjarrtillsyn.demo.homes import HOMES, HomeScript
from fjarrtillsyn.demo.lines import Line

_STORY: Final = ("alarm_opened", "sms_sent", "reply", "accepted", "on_site", "closed")
_EXPECTED_WORDINGS: Final = frozenset({"call_out", "granted", "arrived", "done"})
"""Wordings of SMS that an alarm of this night may send: nobody is reminded, escalated to or called off."""
_ANSWERED: Final = ("take", "on_site", "done")


@dataclass(frozen=True, slots=True)
class PlayedNight:
    """One night's checks, alarms and messages, as the database has them."""

    checks: Sequence[PlayedCheck]
    alarms: Sequence[PlayedAlarm]
    messages: Sequence[PlayedMessage]
    broken_seal: str | None

    @property
    def ledger(self) -> dict[str, int]:
        """Number of checks that were owed, and of each way in which they ended; the parts add up to the owed."""
        ended = Counter(check.state for check in self.checks)
        parts = {state: ended.pop(state, 0) for state in ("seen", "alarmed", "cancelled")}
        return {"owed": len(self.checks), **parts, "open": ended.total()}


async def read_night(memory: Memory, org: str, night: date) -> PlayedNight:
    """Return one night from the database, with its timeline sealed to the end."""
    while (await seals.seal(memory, org)).count:
        pass
    report = await verification.verify(memory, org)
    async with memory.transaction() as tx:
        return PlayedNight(
            checks=await simulated_night.played_checks(tx, org, night),
            alarms=await simulated_night.played_alarms(tx, org),
            messages=await simulated_night.played_messages(tx, org),
            broken_seal=str(report.faults[0]) if report.faults else None,
        )


def mismatches(night: PlayedNight, told: Sequence[Line], users: Iterable[UUID]) -> list[str]:
    """Return a sentence for each difference between the night and the script; empty when there is none."""
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
            *_check_mismatches(home, [check for check in night.checks if check.number == home.number], people),
            *_alarm_mismatches(home, [alarm for alarm in night.alarms if alarm.number == home.number], lines),
            *_line_mismatches(home, lines),
        ]
        wrong += [f"resident {home.number} ({home.what}): {words}" for words in found]
    known = {home.number for home in HOMES}
    wrong += [f"an alarm of nobody: {alarm.kind}" for alarm in night.alarms if alarm.number not in known]
    wrong += _message_mismatches(night.messages)
    return wrong


def _check_mismatches(home: HomeScript, checks: Sequence[PlayedCheck], people: set[str]) -> Iterable[str]:
    ends = tuple(check.state for check in checks)
    if ends != home.ends:
        yield f"the checks ended {', '.join(ends) or 'nowhere'}; expected {', '.join(home.ends)}"
    for check in checks:
        if check.late:
            yield f"the check of {check.opens_at:%H:%M} UTC was late"
        by_person = check.seen_by in people
        if check.state == "seen" and (check.answer != "in_bed" or by_person != home.by_person):
            yield f"seen by {check.seen_by} on {check.answer}; expected {'a person' if home.by_person else 'the detector'}"


def _alarm_mismatches(home: HomeScript, alarms: Sequence[PlayedAlarm], lines: Sequence[Line]) -> Iterable[str]:
    if home.alarm is None:
        yield from (f"an alarm that nobody expected: {alarm.kind}" for alarm in alarms)
        return
    if len(alarms) != 1:
        yield f"{len(alarms)} alarms; expected one, {home.alarm.kind}"
        return
    alarm = alarms[0]
    actual = (alarm.kind, alarm.priority, alarm.outcome)
    expected = (home.alarm.kind.value, home.alarm.priority.value, home.alarm.outcome.value)
    if actual != expected:
        yield f"the alarm was {actual}; expected {expected}"
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


def _line_mismatches(home: HomeScript, lines: Sequence[Line]) -> Iterable[str]:
    count = Counter(line["event"] for line in lines)
    if count["check_opened"] != len(home.ends):
        yield f"{count['check_opened']} checks opened; expected {len(home.ends)}"
    looks = len(home.ends) + (1 if home.looked_again else 0)
    if count["session_received"] != looks or count["finding"] != looks:
        yield f"{count['session_received']} sessions and {count['finding']} findings; expected {looks} of each"


def _message_mismatches(messages: Sequence[PlayedMessage]) -> Iterable[str]:
    alarmed = {home.number for home in HOMES if home.alarm is not None}
    for message in messages:
        muster = message.number is None and message.wording.startswith("muster")
        expected = message.number in alarmed and message.channel == "sms" and message.wording in _EXPECTED_WORDINGS
        if not muster and not expected:
            yield f"nobody expected this {message.channel}: {message.wording} about resident {message.number}"
        elif message.state != "delivered":
            yield f"{message.wording} about resident {message.number} is {message.state}, not delivered"
