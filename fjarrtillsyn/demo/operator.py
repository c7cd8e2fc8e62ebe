"""The simulated operator: looks at checks, takes alarms, sends a patrol, and closes alarms with an outcome."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from alarm_center.casework import cases
from alarm_center.core.alarm import AlarmState, alarm_events
from alarm_center.core.check import PersonSaid
from alarm_center.core.decision import IllegalMove
from alarm_center.identity.tokens import token_hash
from alarm_center.store import looks, sign_ins, simulated_night, users, web_sessions
from alarm_center.store.memory import Memory, now
from alarm_center.store.sign_ins import NewSession
from alarm_center.store.simulated_night import OpenAlarm, WaitingSession
from fjarrtillsyn.demo.homes import OUTCOMES
from fjarrtillsyn.demo.newcomer import Newcomer
from schemas.vocabulary import AlarmKind, Answer, Condition, Outcome

log = structlog.get_logger()

_ATTENDED = (AlarmKind.SOMETHING_WRONG, AlarmKind.CANNOT_TELL, AlarmKind.NOT_SEEN, AlarmKind.NOBODY_LOOKED)
"""Kinds of alarms that the operator takes, and sends a patrol to; a technical fault sends for help itself."""


@dataclass(frozen=True, slots=True)
class Habits:
    """Service time that the operator takes to look, to close an alarm, and to take one."""

    look: timedelta
    close: timedelta
    take: timedelta


@dataclass(slots=True)
class SimulatedOperator:
    """One person at a screen. *sees* tells what the resident's room looks like to a person's eye.

    What *newcomer* has, or may still take, is left to them.
    """

    memory: Memory
    web_memory: Memory
    sign_in_memory: Memory
    user: UUID
    habits: Habits
    sees: Callable[[UUID], Answer]
    newcomer: Newcomer | None = None
    _signed_in: str | None = field(default=None)

    async def sign_in(self) -> None:
        """Sit down at the screen: from now on somebody is signed in for the town."""
        token = secrets.token_urlsafe(32)
        async with self.memory.transaction() as tx:
            login = await users.login_of(tx, self.user)
        async with self.sign_in_memory.transaction() as tx:
            at = await now(tx)
            tried = await sign_ins.count_try(tx, login, "demo", None)
            if tried.secret is None:
                raise LookupError(f"no user {login!r} who may sign in")
            new = NewSession(
                token_hash(token),
                at,
                at + timedelta(hours=14),
                secrets.token_urlsafe(24),
                browser_now=token_hash(secrets.token_urlsafe(32)),
                idles=False,
            )
            await sign_ins.clear_tries(tx, tried.secret.proof)
            await sign_ins.open_session(tx, tried.secret.proof, new)
        self._signed_in = token

    async def act(self, at: datetime) -> datetime | None:
        """Do what is due, and return when there is something to do next."""
        if self._signed_in is not None:
            async with self.web_memory.transaction(web_sessions.nobody_yet(self._signed_in)) as tx:
                await web_sessions.touch_session(tx)
        async with self.memory.transaction() as tx:
            to_look = await simulated_night.sessions_to_look_at(tx)
            open_alarms = await simulated_night.open_alarms(tx)
        next_at: list[datetime] = []
        for waiting in to_look:
            if self._is_left(waiting.check_id):
                continue
            look_at = waiting.received_at + self.habits.look
            next_at.append(look_at) if look_at > at else await self._look(waiting)
        for alarm in open_alarms:
            if self._is_left(alarm.alarm_id):
                continue
            due, event = self._next_step(alarm)
            if event is not None and due is not None:
                next_at.append(due) if due > at else await self._apply(alarm.alarm_id, event)
        return min(next_at, default=None)

    def _is_left(self, case_id: UUID) -> bool:
        return self.newcomer is not None and self.newcomer.has_hands_on(case_id)

    async def _look(self, waiting: WaitingSession) -> None:
        """Look at the session, and say what it shows; the look is written before."""
        async with self.memory.transaction() as tx:
            looked = await looks.session_to_look_at(tx, waiting.session_id)
            at = await now(tx)
            if looked is None or await looks.lock_check(tx, waiting.check_id, self.user, at) is not None:
                return
            await looks.begin(tx, looked, self.user, at)
        said = PersonSaid(self.sees(waiting.resident_id), str(self.user), waiting.session_id)
        try:
            await cases.apply_to_check(self.memory, waiting.check_id, said, actor=str(self.user))
        except IllegalMove as illegal:
            log.info("move_refused", why=str(illegal))
        async with self.memory.transaction() as tx:
            await looks.end(tx, waiting.session_id, self.user, await now(tx))

    def _next_step(self, alarm: OpenAlarm) -> tuple[datetime | None, alarm_events.AlarmEvent | None]:
        """Return what to do about an open alarm, and when."""
        if alarm.holder not in (None, self.user):
            return None, None
        kind, opened_at = AlarmKind(alarm.kind), alarm.opened_at
        if alarm.done_at is not None:
            outcome = OUTCOMES.get(kind, Outcome.WELL_IN_BED)
            return alarm.done_at + self.habits.close, alarm_events.Close(self.user, outcome)
        is_waiting = alarm.state in (AlarmState.OPEN, AlarmState.CLAIMED)
        if is_waiting and alarm.condition == Condition.CLEARED:
            return opened_at + self.habits.close, alarm_events.Close(self.user, Outcome.WELL_IN_BED)
        if is_waiting and kind in _ATTENDED:
            if alarm.state == AlarmState.OPEN:
                return opened_at + self.habits.take, alarm_events.ClaimCase(self.user)
            return opened_at + 2 * self.habits.take, alarm_events.SendPatrol(self.user)
        return None, None

    async def _apply(self, alarm_id: UUID, event: alarm_events.AlarmEvent) -> None:
        try:
            await cases.apply_to_alarm(self.memory, alarm_id, event, actor=str(self.user))
        except IllegalMove as illegal:
            log.info("move_refused", why=str(illegal))
