"""Exercises carried out: the training area, its homes, shifts and first alarms are made; at the end every alarm of it is closed.

Pages write that one begins or ends; the worker does the rest, as with the SMS to many.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from alarm_center.casework import cases, steps
from alarm_center.core import exercises as rules
from alarm_center.core.alarm import AlarmState, alarm_events
from alarm_center.store import checks, exercises, towns
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.words import exercise_words
from schemas.vocabulary import Outcome

log = structlog.get_logger()

_AFTER: Final = timedelta(minutes=30)
"""Time for which those who take part are on duty after it: nobody is asked to hand a case over before it is closed."""
_NOBODY: Final = UUID(int=0)
"""By whom an alarm is closed that the exercise ended with: it is no step of anybody's course."""


async def carry_out(memory: Memory) -> int:
    """Make the exercises that begin, and end those whose time is out; return how many."""
    done = 0
    async with memory.transaction() as tx:
        due = await exercises.due_to_end(tx)
    for each in due:
        try:
            await _end(memory, each)
            done += 1
        except Exception:  # another town's exercise ends all the same; this one is tried again
            log.exception("exercise_failed", org=each.org)
    while await memory.attempt(_make_one):
        done += 1
    if done:
        memory.hint()
    return done


async def _make_one(tx: Tx) -> bool:
    """Make one exercise, all of it in this transaction; false where there is none to make."""
    new = await exercises.lock_new(tx)
    if new is None:
        return False
    at, language = await now(tx), new.language
    homes = await exercises.keep_homes(
        tx, new.org, exercise_words.AREA, rules.FIRST_NUMBER, exercise_words.homes(language)
    )
    await exercises.add_shifts(tx, new, exercise_words.patrol(language), at, new.ends_at + _AFTER)
    for resident_id, alarm in zip(homes, rules.ALARMS, strict=True):
        home = await towns.of_resident(tx, resident_id)
        await checks.lock_open(tx, resident_id)
        await steps.raise_or_join(
            tx, home, steps.AlarmToRaise(alarm.kind, alarm.priority, alarm.reason, str(new.begun_by), at)
        )
    await exercises.mark_made(tx, new.exercise_id, at)
    return True


async def _end(memory: Memory, ended: exercises.EndedExercise) -> None:
    """Close every alarm of the exercise, and take those who took part off duty."""
    async with memory.transaction() as tx:
        left = await exercises.open_alarms(tx, ended.org)
    for alarm_id in left:
        await _close(memory, alarm_id)
    async with memory.transaction() as tx:
        await exercises.mark_ended(tx, ended, await now(tx))


async def _close(memory: Memory, alarm_id: UUID) -> None:
    async def work(tx: Tx) -> None:
        alarm = await cases.lock_alarm(tx, alarm_id)
        if alarm.state is not AlarmState.CLOSED:
            note = exercise_words.end_note((await towns.town(tx, alarm.org)).language)
            if alarm.state is AlarmState.CLAIMED and alarm.lease.holder is not None:
                # Whoever practises may have the case on their screen: that keeps no exercise going.
                alarm = await steps.step_alarm(tx, alarm, alarm_events.ReleaseCase(alarm.lease.holder), "clockwork")
            over = alarm_events.Close(_NOBODY, Outcome.OTHER, note=True)
            await steps.step_alarm(tx, alarm, over, "clockwork", note=note)

    await memory.attempt(work)
