"""Report of one case as text (``fjarrtillsyn why``): rows, timeline, messages and leases in order of time.

The report holds ids, codes and numbers only, so that an engineer may read it anywhere: no name, no address, no free
text, no link, and of a phone number the last two digits.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.store import alarms, case_history
from alarm_center.store.case_history import CASE_NO_DIGITS, AlarmHistory, CaseParts, CheckHistory, MessageHistory
from alarm_center.store.memory import Memory, Tx, Viewer
from schemas import timeline

_PREFIX: Final = re.compile(r"[0-9a-f-]{4,36}")
_OVERDUE_AFTER_S: Final = 1.0
"""Seconds past its time after which a step is called overdue; the clockwork looks for due steps every 0.25 s."""


class UnknownCase(LookupError):
    """No case, or more than one, fits what was asked for; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class _CaseRows:
    """The rows of one case."""

    alarms: list[AlarmHistory]
    checks: list[CheckHistory]
    parts: CaseParts
    note: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self._first.zone)

    @property
    def now(self) -> datetime:
        return self._first.now

    @property
    def _first(self) -> AlarmHistory | CheckHistory:
        return self.alarms[0] if self.alarms else self.checks[0]


async def explain_case(memory: Memory, id_or_case_no: str, viewer: Viewer | None = None) -> str:
    """Return a case as text: *id_or_case_no* is a check's or an alarm's id, the beginning of one, or a case number.

    Raises:
        UnknownCase: there is none, or there are several; the message says what to give instead.
    """
    async with memory.transaction(viewer) as tx:
        case = await _read_case(tx, id_or_case_no.strip().lower())
    return "\n".join(_case_lines(case)) + "\n"


async def _read_case(tx: Tx, asked: str) -> _CaseRows:
    alarm_ids, check_ids, note = await _find_case(tx, asked)
    for check_id in list(check_ids):
        alarm_id = await case_history.alarm_of_check(tx, check_id)
        if alarm_id is not None and alarm_id not in alarm_ids:
            alarm_ids.append(alarm_id)
    for alarm_id in alarm_ids:
        check_ids += [each for each in await case_history.checks_of_alarm(tx, alarm_id) if each not in check_ids]
    return _CaseRows(
        alarms=await case_history.alarms(tx, alarm_ids),
        checks=await case_history.checks(tx, check_ids),
        parts=await case_history.case_parts(tx, alarm_ids, check_ids),
        note=note,
    )


async def _find_case(tx: Tx, asked: str) -> tuple[list[UUID], list[UUID], str]:
    """Return the ids of the alarm or of the check that *asked* names, and a note where the number has been reused."""
    if asked.isdecimal() and asked.isascii() and len(asked) <= CASE_NO_DIGITS:
        cases = await case_history.alarms_by_case_no(tx, int(asked))
        if cases:
            older = ", ".join(f"{c.alarm_id} of {c.opened_at:%Y-%m-%d %H:%M}Z in {c.org}" for c in cases[1:])
            note = f"case number {asked}: the newest; it was also {older}" if older else ""
            return [cases[0].alarm_id], [], note
    if not _PREFIX.fullmatch(asked):
        raise UnknownCase(
            f"{asked[:40]!r}: no check, alarm or case number looks like that;"
            " give an id, at least four characters of its beginning, or a case number"
        )
    found = await case_history.cases_by_prefix(tx, asked)
    if not found:
        raise UnknownCase(f"{asked!r}: there is no check or alarm with that id, and no case with that number")
    if len(found) > 1:
        some = ", ".join(f"{each.what} {each.id}" for each in found)
        raise UnknownCase(f"{asked!r} is the beginning of several: {some}; give more of it")
    (one,) = found
    return ([one.id], [], "") if one.what == "alarm" else ([], [one.id], "")


# ---- the report's lines ----


def _case_lines(case: _CaseRows) -> Iterator[str]:
    zone, now = case.zone, case.now
    yield f"now {_local_and_utc(now, zone)}"
    if case.note:
        yield case.note
    for alarm in case.alarms:
        yield ""
        yield from _alarm_lines(alarm, zone, now)
    for check in case.checks:
        yield ""
        yield from _check_lines(check, zone, now)
        for attempt in case.parts.attempts:
            if attempt.check_id == check.check_id:
                yield "  " + _line(
                    f"attempt {attempt.number} {attempt.cause} {attempt.state}", attempt, zone,
                    "opens_at", "closes_at", "seconds", "answer", "reason", "session_id",
                )  # fmt: skip
    yield ""
    yield "in order:"
    moments = sorted(_moments(case), key=lambda each: each[0])
    for at, what in moments:
        yield f"  {_local_and_utc(at, zone)}  {what}"


def _alarm_lines(row: AlarmHistory, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    kind = "visit" if row.visit else f"alarm {row.kind} prio {row.priority}"
    yield f"case {row.case_no}: {kind}, {row.state}, {row.condition}"
    yield f"  alarm {row.alarm_id} in {row.org} area {row.area}" + (
        f" resident {row.resident}" if row.resident is not None else ""
    )
    yield "  " + _line("row", row, zone, "device_id", "reason", "opened_at", "incident", "red_at")
    yield "  " + _step_line(row, zone, now)
    alarm = alarms.from_body(row.body)
    if row.holder is not None and row.lease_until is not None:
        left = alarm.lease.is_held(now)
        yield f"  lease of {row.holder} {'until' if left else 'LAPSED at'} {_local_and_utc(row.lease_until, zone)}"
    limits = {
        "self_dispatch_at": alarm.limits.self_dispatch_at,
        "arrive_by": alarm.limits.arrive_by,
        "accepted_at": alarm.accepted_at,
        "on_site_at": None if alarm.acceptance is None else alarm.acceptance.on_site_at,
        "limit_at": alarm.limits.limit_at,
        "done_at": alarm.done_at,
    }
    for name, at in limits.items():
        if at is not None:
            yield f"  {name} {_local_and_utc(at, zone)}"
    dispatch = alarm.dispatch
    if dispatch is not None:
        yield (
            f"  dispatch {dispatch.dispatch_id} {dispatch.state}, seeking {dispatch.seeking},"
            f" round {dispatch.round} of {dispatch.last_round}, next step {dispatch.step + 1} of {len(dispatch.chain)}"
        )
    if row.outcome is not None and row.closed_at is not None:
        note = ", with a note" if row.note is not None else ""
        yield f"  closed {_local_and_utc(row.closed_at, zone)} by {row.closed_by}: {row.outcome}{note}"


def _check_lines(row: CheckHistory, zone: ZoneInfo, now: datetime) -> Iterator[str]:
    yield f"check {row.local_time:%H:%M} of the night {row.night}: {row.state}" + (" LATE" if row.late else "")
    yield f"  check {row.check_id} in {row.org} area {row.area} resident {row.resident}"
    yield "  " + _line(
        "row", row, zone, "device_id", "opens_at", "closes_at", "deadline", "green_by", "show", "answer", "reason",
        "seen_by", "rechecks_left", "retries_left", "ended_at", "cancel_reason", "instead", "agreed_by",
    )  # fmt: skip
    flags = [name for name in ("held", "fault_known") if getattr(row, name)]
    if flags:
        yield "  " + " ".join(flags)
    yield "  " + _step_line(row, zone, now)


def _step_line(row: AlarmHistory | CheckHistory, zone: ZoneInfo, now: datetime) -> str:
    at = row.next_step_at
    if at is None:
        return "no next step: it has ended"
    late = (now - at).total_seconds()
    return f"next step {_local_and_utc(at, zone)}" + (f" OVERDUE by {late:.0f} s" if late > _OVERDUE_AFTER_S else "")


def _moments(case: _CaseRows) -> Iterator[tuple[datetime, str]]:
    """Yield a line for each thing that happened, with its time. Lines of one row at one instant keep their order."""
    zone, parts = case.zone, case.parts
    for line in parts.lines:
        by = f" by {line.actor}" if line.actor else ""
        payload = timeline.decode(line.kind, line.data)
        told = payload.data if isinstance(payload, timeline.Unknown) else _fields(payload)
        yield line.at, f"event    {line.kind}{by}" + _pairs(told, zone)
    for attempt in parts.attempts:
        yield attempt.opens_at, f"attempt  {attempt.number} of {_short_id(attempt.check_id)} may open"
        yield attempt.closes_at, f"attempt  {attempt.number} of {_short_id(attempt.check_id)} closes"
    for session in parts.sessions:
        said = _line(
            f"session  {session.session_id} {session.receipt}", session, zone,
            "refusal", "attempt", "started_at", "answer", "people", "detector", "pictures",
        )  # fmt: skip
        yield session.received_at, said + _reasons(session.reasons) + _pairs(session.measures, zone)
    for command in parts.commands:
        what = f"command  {_short_id(command.command_id)} {command.kind}"
        yield (
            command.created_at,
            _line(f"{what} asked by {command.asked_by}", command, zone, "attempt", "seconds", "ended"),
        )
        yield command.expires_at, f"{what} expires"
    for notice in parts.notices:
        what = f"notice   {_short_id(notice.notice_id)}"
        asked = f"round {notice.round} step {notice.step + 1} {notice.who} {notice.patrol}"
        yield (
            notice.asked_at,
            f"{what} {notice.channel} {notice.wording} {asked} {_phone_end(notice.phone)}",
        )
        if notice.answered_at is not None:
            yield notice.answered_at, f"{what} {notice.state}"
    for message in parts.messages:
        yield from _message_moments(message, zone)
    for reply in parts.replies:
        seen = "seen" if reply.seen_at is not None else "not seen"
        who = reply.patrol or _phone_end(reply.phone)
        yield reply.received_at, f"reply    of {who}: {reply.meaning}, {len(reply.body)} characters, {seen}"
    for look in parts.looks:
        what = f"look     {look.kind} by {look.login or look.user_id}"
        yield look.began_at, what + (" clear" if look.clear else "") + " begins"
        if look.ended_at is not None:
            yield look.ended_at, f"{what} ends"


def _message_moments(row: MessageHistory, zone: ZoneInfo) -> Iterator[tuple[datetime, str]]:
    what = f"message  {_short_id(row.message_id)} {row.channel} {row.wording}"
    yield row.created_at, _line(
        f"{what} to {_phone_end(row.phone)}: {row.state}", row, zone,
        "rank", "not_before", "valid_until", "lease_until", "provider", "provider_id", "error",
    )  # fmt: skip
    if row.claimed_at is not None:
        yield row.claimed_at, f"{what} claimed"
    if row.sent_at is not None:
        yield row.sent_at, f"{what} sent" + (" PERHAPS TWICE" if row.sent_twice else "")
    if row.delivered_at is not None:
        yield row.delivered_at, f"{what} delivered"


def _line(start: str, row: object, zone: ZoneInfo, *names: str) -> str:
    return start + _pairs({name: getattr(row, name) for name in names}, zone)


def _pairs(data: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Return `` name=value`` for each value that is not ``None``; instants are in local time."""
    said = ""
    for name, value in data.items():
        if value is None:
            continue
        said += f" {name}={_local_time(value, zone) if isinstance(value, datetime) else value}"
    return said


def _fields(payload: timeline.Payload) -> Mapping[str, Any]:
    return {field.name: getattr(payload, field.name) for field in fields(payload)}  # type: ignore[arg-type]  # each is a dataclass


def _reasons(reasons: list[str]) -> str:
    return f" reasons={','.join(reasons)}" if reasons else ""


def _local_and_utc(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in local time, with the zone's name (the autumn night has two 02:30), and in UTC."""
    utc = at.astimezone(UTC)
    return f"{_local_time(at, zone)} ({utc:%H:%M:%S}.{utc.microsecond // 1000:03}Z)"


def _local_time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"


def _short_id(id_: UUID) -> str:
    return str(id_)[:8]


def _phone_end(number: str) -> str:
    return f"(phone that ends in {number[-2:]})"
