"""Planned checks that open together: in a minute in which thousands are due, a transaction opens many and not one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from alarm_center.casework import steps
from alarm_center.core import check as check_core
from alarm_center.core.check import Check, CheckDecision, CheckState, CheckTick
from alarm_center.core.decision import Write
from alarm_center.store import check_facts, events, openings
from alarm_center.store.check_facts import TickFacts
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class OpenedTogether:
    """Due checks that one transaction has locked, and what came of them."""

    late: Mapping[UUID, timedelta]
    """By each that it opened, how long after its time."""
    left: Sequence[UUID]
    """Those of which more follows than lines, or that cannot be read; they are due as before."""


async def open_together(
    tx: Tx, limit: int, without: Collection[UUID], tick_of: Callable[[TickFacts], CheckTick]
) -> OpenedTogether:
    """Open the planned checks that have waited longest, at most *limit* and *without* these, where that is all that follows.

    No lock is waited for: the checks that others have locked are skipped, and nothing else is locked. So nobody's order of locks
    (docs/database.md#one-lock-a-case) is against it, though it holds checks of many residents.
    """
    locked = await openings.lock_due_planned(tx, limit, without)
    late, left, opened = dict[UUID, timedelta](), list[UUID](), list[Check]()
    async with events.gathered(tx) as tx:
        for check_id, facts in await check_facts.of_ticks(tx, locked) if locked else ():
            decision = (
                None if facts is None else check_core.decide(facts.check, tick_of(facts), facts.home.plan, facts.at)
            )
            if facts is None or decision is None or not only_opens(facts.check, decision):
                left.append(check_id)
                continue
            opened.append(decision.check)
            due_at = facts.check.next_step_at
            late[check_id] = facts.at - due_at if due_at is not None else timedelta(0)
            await steps.write_lines(tx, facts.home, facts.at, decision, "clockwork")
        await openings.save_opened(tx, opened)
    return OpenedTogether(late, left)


def only_opens(before: Check, decision: CheckDecision) -> bool:
    """Return whether *decision* opens the check and asks for nothing else than lines: no alarm, no command, no config."""
    after = decision.check
    return (
        before.state is CheckState.PLANNED
        and after.state is CheckState.OPEN
        and after.attempts == before.attempts
        and all(isinstance(effect, Write) for effect in decision.effects)
    )
