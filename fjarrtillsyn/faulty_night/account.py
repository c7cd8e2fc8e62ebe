"""Account of a faulty night: what was raised, closed, sent and called, and all in it that must not be."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from alarm_center.store.night_account import KeptAlarm, KeptMessage
from fjarrtillsyn.embedded.twilio_api import Item
from schemas.vocabulary import Channel, Priority

_CASE: Final = re.compile(r"\b\d{4}\b")
_AT_PROVIDER: Final = ("sent", "delivered")
_COVERED: Final = 0.6
"""The least share of the steps during which a replica has been up for long enough."""


@dataclass(slots=True)
class NightRecord:
    """Sightings while the night was played. Instants are monotonic seconds."""

    raised_at: dict[UUID, float] = field(default_factory=dict)
    steps: int = 0
    covered: int = 0
    """Steps that came while a replica had been up for long enough."""
    late: int = 0
    """Covered steps that were taken too late."""
    kills: int = 0
    jumps: int = 0


def make_ledger(
    record: NightRecord,
    alarms: Sequence[KeptAlarm],
    messages: Sequence[KeptMessage],
    sms: Sequence[Item],
    calls: Sequence[Item],
    taken_at: Mapping[str, float],
) -> dict[str, Any]:
    """Return the account by its words: numbers, and seconds for the waits."""
    ours = [each for each in alarms if each.alarm_id in record.raised_at]
    wanted = [each for each in messages if each.channel == Channel.SMS]
    called = [each for each in messages if each.channel == Channel.CALL]
    there = {item.sid for item in (*sms, *calls)}
    waits = sorted(_first_waits(record, ours, wanted, taken_at))
    states = Counter(each.state for each in wanted)
    return {
        "alarms_raised": len(record.raised_at),
        "alarms_closed": sum(each.state == "closed" and each.outcome is not None for each in ours),
        "sms_wanted": len(wanted),
        "sms_at_provider": sum(each.state in _AT_PROVIDER and each.provider_id in there for each in wanted),
        "sms_failed": states["failed"],
        "sms_unknown": states["unknown"],
        "lost": sum(_is_lost(each, there) for each in messages),
        "doubled": _doubled(wanted, sms),
        "sent_twice_marked": sum(each.sent_twice for each in messages),
        "calls_recorded": sum(each.provider_id is not None for each in called),
        "calls_in_doubt": sum(each.state == "unknown" for each in called),
        "calls_made": len(calls),
        "first_sms_p50_s": _part(waits, 0.5),
        "first_sms_p99_s": _part(waits, 0.99),
        "steps": record.steps,
        "steps_covered": record.covered,
        "steps_late": record.late,
        "texts_of_another_case": sum(names_another_case(each, messages) for each in wanted),
        "kills": record.kills,
        "clock_jumps": record.jumps,
    }


def breaches(ledger: Mapping[str, Any]) -> list[str]:
    """Return what in the account must not be, in words."""
    wrong = []
    if ledger["alarms_raised"] != ledger["alarms_closed"]:
        wrong.append("an alarm was not closed with an outcome")
    settled = ledger["sms_at_provider"] + ledger["sms_failed"] + ledger["sms_unknown"]
    if ledger["sms_wanted"] != settled:
        wrong.append("an SMS is neither at the provider nor given up")
    wrong += [
        f"{ledger[name]} {words}"
        for name, words in (
            ("lost", "messages were lost"),
            ("doubled", "messages went twice without a mark"),
            ("steps_late", "steps were late"),
            ("texts_of_another_case", "texts name another case"),
        )
        if ledger[name]
    ]
    recorded = ledger["calls_recorded"]
    if not recorded <= ledger["calls_made"] <= recorded + ledger["calls_in_doubt"]:
        wrong.append(f"{ledger['calls_made']} calls were made, {recorded} are recorded")
    if ledger["steps_covered"] < _COVERED * ledger["steps"]:
        wrong.append("too few steps were watched with a replica up")
    return wrong


def _is_lost(message: KeptMessage, there: set[str]) -> bool:
    if message.state in ("queued", "sending"):
        return True
    return message.state in _AT_PROVIDER and message.provider_id not in there


def _doubled(wanted: Sequence[KeptMessage], sms: Sequence[Item]) -> int:
    """Return how many SMS the provider has beyond those that are kept with the same words; a mark allows one more."""
    allowed: Counter[tuple[str, str]] = Counter()
    for each in wanted:
        allowed[each.phone, each.body] += 1 + each.sent_twice
    there = Counter((item.to, item.body or "") for item in sms)
    return sum((there - allowed).values())


def names_another_case(message: KeptMessage, messages: Sequence[KeptMessage]) -> bool:
    """Tell whether an SMS of a case leaves out its number, but names one, or names one that its phone has nothing to do with."""
    if message.case_no is None:
        return False
    named = {int(each) for each in _CASE.findall(re.sub(r"https?://\S+|\+?[\d-]{7,}|\d\d:\d\d", "", message.body))}
    known = {each.case_no for each in messages if each.phone == message.phone}
    return bool(named) and (message.case_no not in named or not named <= known)


def _first_waits(
    record: NightRecord, alarms: Sequence[KeptAlarm], wanted: Sequence[KeptMessage], taken_at: Mapping[str, float]
) -> list[float]:
    """Return by priority 1 alarm the seconds from its raise to its first SMS at the provider."""
    urgent = {each.alarm_id for each in alarms if each.priority == Priority.FIRST}
    first: dict[UUID, float] = {}
    for each in wanted:
        at = taken_at.get(each.provider_id or "")
        if each.alarm_id in urgent and each.alarm_id is not None and at is not None:
            first[each.alarm_id] = min(at, first.get(each.alarm_id, math.inf))
    return [at - record.raised_at[alarm_id] for alarm_id, at in first.items()]


def _part(waits: Sequence[float], part: float) -> float | None:
    return round(waits[math.ceil(len(waits) * part) - 1], 3) if waits else None
