"""Carers added and changed by a person: name and number, now or once the night is over, with the open cases that follow the number."""

from datetime import datetime
from functools import partial

import structlog

from alarm_center.casework import wording
from alarm_center.casework.editing import ChangedMeanwhile, Editor
from alarm_center.casework.town_by_town import do_in_towns
from alarm_center.core import calendar
from alarm_center.core.alarm import NoticeState, Notify, Tell
from alarm_center.core.alarm.trouble import because_of
from alarm_center.core.carer_form import CarerEdit, CarerRefused, taken
from alarm_center.core.plan import Wording
from alarm_center.core.temps import CarerRow
from alarm_center.preparation.lost_phones import tonight_of
from alarm_center.store import alarms, carers, changes, open_cases, shift_patterns, staff, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.towns import Town

log = structlog.get_logger()


async def add_carer(memory: Memory, org: str, wanted: CarerEdit, *, editor: Editor) -> None:
    """Add a carer; the service sends a test SMS. A phone that was only borrowed becomes the carer's own.

    Raises:
        CarerRefused: another carer has the name or the number.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        people, at = await staff.carers_of(tx, org), await now(tx)
        borrowed = next((each for each in people if each.is_borrowed and each.phone == wanted.phone), None)
        _refuse_taken(wanted, [each for each in people if each is not borrowed])
        if borrowed is not None:
            await carers.own_one(tx, borrowed.carer_id, wanted, at)
        else:
            await carers.add_one(tx, org, wanted, at)
        after = {"carer": wanted.name, "phone": wanted.phone, "ends_on": wanted.ends_on}
        await changes.add(tx, NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, at, None, after))

    await memory.attempt(work, editor.viewer)
    memory.hint()


async def change_carer(
    memory: Memory, org: str, before: CarerRow, wanted: CarerEdit, *, later: bool, editor: Editor
) -> None:
    """Give a carer another name or number; *later*: the number once the night is over. Open cases follow the number now.

    Raises:
        ChangedMeanwhile: the carer is not as *before* any more; nothing has changed.
        CarerRefused: another carer has the name or the number.
    """

    async def work(tx: Tx) -> None:
        await shift_patterns.lock_rota(tx, org)
        town, at = await towns.town(tx, org), await now(tx)
        people = await staff.carers_of(tx, org)
        it = next((each for each in people if each.carer_id == before.carer_id), None)
        if it is None or (it.name, it.phone, it.next_phone) != (before.name, before.phone, before.next_phone):
            raise ChangedMeanwhile
        _refuse_taken(wanted, [each for each in people if each.carer_id != it.carer_id])
        waits = later and wanted.phone != it.phone
        await carers.keep_former(tx, org, it, at)
        await carers.rename(tx, it.carer_id, wanted.name)
        from_at = night_over(town, at) if waits else at
        if waits:
            await carers.set_next_phone(tx, it.carer_id, wanted.phone, from_at)
        elif wanted.phone != it.phone or it.next_phone is not None:
            moves = bool(await open_cases.of_phone(tx, org, it.phone))
            await carers.set_phone(tx, it.carer_id, wanted.phone)
            if wanted.phone != it.phone and not moves:
                await carers.want_test(tx, it.carer_id, at)
            elif wanted.phone != it.phone:
                await _move_cases(tx, town, it.phone, wanted.phone, at)
        said = {"carer": it.name, "phone": it.phone, "next_phone": it.next_phone}
        after = {"carer": wanted.name, "phone": wanted.phone}
        await changes.add(tx, NewChange(org, None, 0, ChangedPart.STAFF, editor.actor, at, from_at, said, after))

    await memory.attempt(work, editor.viewer)
    memory.hint()


def night_over(town: Town, at: datetime) -> datetime:
    """Return the noon at which the night that people speak of as tonight is over."""
    return calendar.night_bounds(tonight_of(at, town.zone), town.zone)[1]


def _refuse_taken(wanted: CarerEdit, others: list[CarerRow]) -> None:
    if problems := taken(wanted.name, wanted.phone, others):
        raise CarerRefused(problems)


async def _move_cases(tx: Tx, town: Town, old: str, new: str, at: datetime) -> None:
    """Let the open cases follow the number: what was asked is asked there, and what is taken gets its link there."""
    asked = await open_cases.of_phone(tx, town.org, old)
    for alarm_id in sorted({each.alarm_id for each in asked}):
        await alarms.lock(tx, alarm_id)  # the alarm before its notices, as every decision has it
    await carers.move_notices(tx, town.org, old, new)
    for case in asked:
        alarm = await alarms.lock(tx, case.alarm_id)
        if alarm is None or alarm.dispatch is None:
            continue
        notice = next(each for each in alarm.dispatch.notices if each.notice_id == case.notice_id)
        if notice.state is NoticeState.TOOK:
            await wording.queue_notice_sms(tx, wording.Sender(town), alarm, Tell(Wording.GRANTED, notice), at)
        else:
            again = Notify(notice, first=False, trouble=because_of(alarm, notice))
            await wording.queue_question(tx, wording.Sender(town), alarm, again, at)


async def apply_due_numbers(memory: Memory) -> int:
    """Give carers the numbers that were to wait until the night was over; return how many.

    Raises:
        ExceptionGroup: it failed in some towns; those of the others have theirs.
    """

    async def work(org: str, tx: Tx) -> int:
        at = await now(tx)
        due = await carers.due_numbers(tx, org, at)
        for carer in due:
            assert carer.next_phone is not None, "it is due"
            await carers.keep_former(tx, org, carer, at)
            await carers.set_phone(tx, carer.carer_id, carer.next_phone)
            await carers.want_test(tx, carer.carer_id, at)
        return len(due)

    async with memory.transaction() as tx:
        orgs = await carers.orgs_with_due_numbers(tx, await now(tx))
    changed = await do_in_towns(memory, "carer numbers", orgs, lambda org: memory.attempt(partial(work, org)))
    if changed:
        log.info("carer_numbers_changed", count=changed)
    return changed
