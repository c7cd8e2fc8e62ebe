"""Pauses and withdrawn consents, which hold at once: the device's list is emptied, coming checks end, and a change is kept.

A pause that has ended lets its checks come back (`planning.restore_checks`). What is open goes on: a case that somebody drives to
is not stopped by a pause.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.casework import configs, steps
from alarm_center.casework.editing import Editor, take_turn
from alarm_center.casework.withdrawals import NoneInForce, lock_coming, withdraw_consent
from alarm_center.core import pausing
from alarm_center.core.check import Cancel
from alarm_center.core.decision import IllegalMove
from alarm_center.core.pausing import PauseWish, Word
from alarm_center.core.shared_bed import DARKENS_BOTH
from alarm_center.preparation.planning import restore_checks
from alarm_center.store import cancelled_checks, changes, commands, events, plans, residents, towns
from alarm_center.store.changes import ChangedPart, NewChange
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.plans import Pause
from schemas import timeline
from schemas.vocabulary import CancelReason, Instead


async def revoke_consent(
    memory: Memory, resident_id: UUID, who: str, *, instead: Instead, editor: Editor, word: Word | None = None
) -> int:
    """Withdraw a consent now: empty the lists, end commands, drop pictures; return the number of cancelled checks.

    An open alarm's dispatch goes on. The night's other checks become visits, or nothing, as the resident says: another's no leaves
    them visits. A withdrawal has no undo, and waits for no second reading of a form: *editor*'s revision is not asked for.

    Raises:
        LookupError: the editor does not see the resident.
    """
    if who != "resident":
        instead = Instead.VISIT

    async def work(tx: Tx) -> int:
        return await withdraw_consent(tx, resident_id, who, instead=instead, actor=editor.actor, word=word)

    try:
        cancelled = await memory.attempt(work, editor.viewer)
    except NoneInForce:
        return 0
    memory.hint()
    return cancelled


async def pause_checks(
    memory: Memory,
    resident_id: UUID,
    pause: Pause,
    *,
    editor: Editor,
    word: Word | None = None,
    stops: bool = False,
) -> int:
    """Pause a resident's checks; return the number of cancelled checks.

    Checks that already wait for a second look are left alone: that takes a person's word for the very check. One that *stops* the
    camera is that word: every look under way or still to come ends, and what the device was asked for.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> int:
        number = await take_turn(tx, resident_id, editor)
        return await begin_pause(tx, resident_id, pause, number, actor=editor.actor, word=word, stops=stops)

    cancelled = await memory.attempt(work, editor.viewer)
    memory.hint()
    return cancelled


async def pause_while_away(memory: Memory, resident_id: UUID, wish: PauseWish, *, editor: Editor) -> None:
    """Pause a resident of whom somebody on a case says that they are not at home: also looks under way, from now.

    One whom a pause keeps from being looked at until then is left alone: the form may have been sent twice.

    Raises:
        ChangedMeanwhile, LookupError: as for :func:`pause_checks`.
    """
    async with memory.transaction(editor.viewer) as tx:
        at = await now(tx)
        holding = [each for each in await plans.pauses(tx, resident_id) if each.from_at <= at]
    if any(each.reason is wish.reason and each.to_at >= wish.to_at for each in holding):
        return
    pause = Pause(wish.reason, at, wish.to_at, wish.word.said_by, wish.instead)
    await pause_checks(memory, resident_id, pause, editor=editor, word=wish.word, stops=True)


async def begin_pause(
    tx: Tx, resident_id: UUID, pause: Pause, number: int, *, actor: str, word: Word | None = None, stops: bool = False
) -> int:
    """Begin a pause as the resident's change *number*, whose turn is taken; return the number of cancelled checks."""
    darkens_both = pause.reason in DARKENS_BOTH
    locked = await lock_coming(tx, resident_id, both=darkens_both)
    at = await now(tx)
    home = await towns.of_resident(tx, resident_id)
    await plans.add_pause(tx, home.town.org, resident_id, pause)
    paused = timeline.Paused(pause.reason, pause.from_at, pause.to_at, pause.instead)
    await events.write(tx, at, _line_about(home, resident_id, paused, actor))
    cancelled = 0
    for check in locked:
        if check.opens_at < pause.to_at and (stops or pause.from_at <= check.opens_at):
            own = check.resident_id == resident_id
            comes = pause.instead if own else Instead.VISIT
            try:
                await steps.step_check(tx, check, Cancel(pause.reason, comes, pause.said_by, person=stops), actor)
            except IllegalMove:
                continue
            cancelled += own
    if stops:
        await commands.end_for_resident(tx, resident_id, others_too=darkens_both)
    await configs.refresh_resident_configs(tx, resident_id)
    if pause.instead is Instead.NOTHING:
        # Visits that were to come, by times, papers or a stop of the town, find nobody at home.
        await restore_coming(tx, home, resident_id, actor)
    after = _pause_facts(pause) | (word.as_said() if word else {})
    change = NewChange(home.town.org, resident_id, number, ChangedPart.PAUSE, actor, at, pause.from_at, None, after)
    await changes.add(tx, change)
    return cancelled


async def stop_camera(
    memory: Memory, resident_id: UUID, word: Word, at: datetime, zone: ZoneInfo, *, instead: Instead, editor: Editor
) -> None:
    """Stop the resident's camera at *at* on somebody's *word*: the person's own consent ends, and of anybody else's a pause begins.

    *instead* is the person's own to say; on another's word the patrol visits.
    """
    if pausing.is_withdrawal(word.said_by):
        await revoke_consent(memory, resident_id, word.said_by, instead=instead, editor=editor, word=word)
        return
    to_at = pausing.until_spoken_with(at, zone)
    pause = Pause(CancelReason.PAUSE_OWN_WISH, at, to_at, word.said_by, Instead.VISIT)
    await pause_checks(memory, resident_id, pause, editor=editor, word=word, stops=True)


async def end_pause(memory: Memory, resident_id: UUID, at: datetime, *, editor: Editor) -> int:
    """End at *at* the pauses of a resident that hold then; return the number of restored checks.

    A check comes back if it opens at *at* or later and nothing else keeps it from being made.

    Raises:
        ChangedMeanwhile: the form was drawn before somebody else's change.
        LookupError: the editor does not see the resident.
    """

    async def work(tx: Tx) -> int:
        number = await take_turn(tx, resident_id, editor)
        home = await towns.of_resident(tx, resident_id)
        before = [_pause_facts(each) for each in await plans.pauses(tx, resident_id)]
        if not await cancelled_checks.end_pauses(tx, resident_id, at):
            return 0
        is_now = await now(tx)
        await events.write(tx, is_now, _line_about(home, resident_id, timeline.PauseEnded(at), editor.actor))
        restored = await restore_coming(tx, home, resident_id, editor.actor)
        change = NewChange(
            home.town.org, resident_id, number, ChangedPart.PAUSE, editor.actor, is_now, at,
            {"pauses": before}, {"ended_at": at},
        )  # fmt: skip
        await changes.add(tx, change)
        return restored

    restored = await memory.attempt(work, editor.viewer)
    memory.hint()
    return restored


async def restore_coming(tx: Tx, home: towns.TownAndPlan, resident_id: UUID, actor: str) -> int:
    """Restore the coming checks in the resident's bed that nothing keeps from being made any longer; return how many.

    Those that something else keeps now are cancelled anew, with what comes in their stead by it.
    """
    bed = await residents.in_bed(tx, resident_id)
    restored = await restore_checks(tx, home.town.org, bed, await now(tx), actor)
    await configs.refresh_resident_configs(tx, resident_id)
    return restored


def _pause_facts(pause: Pause) -> dict[str, object]:
    return {
        "reason": pause.reason, "from_at": pause.from_at, "to_at": pause.to_at, "instead": pause.instead,
        "said_by": pause.said_by,
    }  # fmt: skip


def _line_about(home: towns.TownAndPlan, resident_id: UUID, payload: timeline.Payload, actor: str) -> events.NewEvent:
    return events.NewEvent(home.town.org, payload, area_id=home.area_id, resident_id=resident_id, actor=actor)
