"""The demo's operator: looks at what has to be looked at, sends a patrol, and says how an alarm ended."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from alarm_center.casework import cases
from alarm_center.core import alarm_events
from alarm_center.core.case import AlarmState, IllegalMove
from alarm_center.core.happenings import PersonSaid
from alarm_center.store import looks, users
from alarm_center.store.memory import Memory, now
from alarm_center.web.auth import token_hash
from fjarrtillsyn.demo.homes import OUTCOMES
from schemas.vocabulary import AlarmKind, Answer, Condition, Outcome

log = structlog.get_logger()

_ATTENDED = (AlarmKind.SOMETHING_WRONG, AlarmKind.CANNOT_TELL, AlarmKind.NOT_SEEN, AlarmKind.NOBODY_LOOKED)
"""What an operator who sits there takes and sends a patrol to; a technical fault sends for help itself."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How long the operator takes, of service time: to look, to say how it ended, and to take an alarm.

    ``take`` of ``None``: alarms are left to whoever sits at the screen, and to the service itself.
    """

    look: timedelta
    close: timedelta
    take: timedelta | None = None


@dataclass(slots=True)
class Operator:
    """One person at a screen. *sees* tells what the resident's room looks like to a person's eye."""

    memory: Memory
    web_memory: Memory
    user: UUID
    habits: Habits
    sees: Callable[[UUID], Answer]
    _signed_in: bytes | None = field(default=None)

    async def sign_in(self) -> None:
        """Sit down at the screen: from now on somebody is signed in for the town."""
        hashed = token_hash(secrets.token_urlsafe(32))
        async with self.memory.transaction() as tx:
            login = await tx.fetchval("select login from users where user_id = $1", self.user)
        async with self.web_memory.transaction() as tx:
            at = await now(tx)
            secret = await users.secret_of(tx, login)
            if secret is None:
                raise LookupError(f"no user {login!r} who may sign in")
            await users.begin(tx, hashed, secret.proof, at, at + timedelta(hours=14), secrets.token_urlsafe(24))
        self._signed_in = hashed

    async def act(self, at: datetime) -> datetime | None:
        """Do what is due, and return when there is something to do next."""
        if self._signed_in is not None:
            async with self.web_memory.transaction() as tx:
                await users.of_session(tx, self._signed_in, at)
        async with self.memory.transaction() as tx:
            to_look = await tx.fetch(
                """
                select c.check_id, c.resident_id, s.session_id, s.received_at from checks c cross join lateral (
                    select session_id, received_at from sessions
                    where check_id = c.check_id and receipt = 'committed' order by received_at desc limit 1) s
                where c.state = 'to_look'
                """
            )
            open_alarms = await tx.fetch(
                """
                select alarm_id, kind, state, condition, holder, opened_at, done_at
                from alarms where state <> 'closed' and not visit
                """
            )
        next_at: list[datetime] = []
        for row in to_look:
            due = row["received_at"] + self.habits.look
            next_at.append(due) if due > at else await self._look(row)
        for row in open_alarms:
            due, event = self._about(row)
            if event is not None and due is not None:
                next_at.append(due) if due > at else await self._tell(row["alarm_id"], event)
        return min(next_at, default=None)

    async def _look(self, row: Mapping[str, Any]) -> None:
        """Look at the session, and say what it shows; the look is written before."""
        async with self.memory.transaction() as tx:
            looked = await looks.session(tx, row["session_id"])
            at = await now(tx)
            if looked is None or await looks.hold_check(tx, row["check_id"], self.user, at) is not None:
                return
            await looks.begin(tx, looked, self.user, at)
        said = PersonSaid(self.sees(row["resident_id"]), str(self.user), row["session_id"])
        try:
            await cases.on_check(self.memory, row["check_id"], said, actor=str(self.user))
        except IllegalMove as illegal:
            log.info("operator_was_late", why=str(illegal))
        async with self.memory.transaction() as tx:
            await looks.end(tx, row["session_id"], self.user, await now(tx))

    def _about(self, row: Mapping[str, Any]) -> tuple[datetime | None, alarm_events.Event | None]:
        """Return what to do about an open alarm, and when."""
        if row["holder"] not in (None, self.user):
            return None, None
        kind, opened_at = AlarmKind(row["kind"]), row["opened_at"]
        if row["done_at"] is not None:
            outcome = OUTCOMES.get(kind, Outcome.WELL_IN_BED)
            return row["done_at"] + self.habits.close, alarm_events.Close(self.user, outcome)
        waiting = row["state"] in (AlarmState.OPEN, AlarmState.CLAIMED)
        if waiting and row["condition"] == Condition.CLEARED:
            return opened_at + self.habits.close, alarm_events.Close(self.user, Outcome.WELL_IN_BED)
        if waiting and self.habits.take is not None and kind in _ATTENDED:
            if row["state"] == AlarmState.OPEN:
                return opened_at + self.habits.take, alarm_events.Claim(self.user)
            return opened_at + 2 * self.habits.take, alarm_events.SendPatrol(self.user)
        return None, None

    async def _tell(self, alarm_id: UUID, event: alarm_events.Event) -> None:
        try:
            await cases.on_alarm(self.memory, alarm_id, event, actor=str(self.user))
        except IllegalMove as illegal:
            log.info("operator_was_late", why=str(illegal))
