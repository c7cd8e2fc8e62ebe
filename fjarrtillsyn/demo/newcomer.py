"""The newcomer, who tries the demo: the cases that they hold at a screen or a phone, and those that wait for their click.

Everybody signed in but the simulated colleague is the newcomer, and so is each answer of a phone that the simulated
patrols did not give.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from alarm_center.store import simulated_night
from alarm_center.store.events import Event
from alarm_center.store.looks import AFTER_FIRST_VIEW
from alarm_center.store.memory import Memory
from schemas import timeline

PATIENCE_S: Final = 180.0
"""Real seconds that a case waits for the newcomer's next click. A slow reader takes a minute a click, and two clicks lie
between sending the patrol and answering its SMS: going to the phones, and the answer."""

GLANCE_S: Final = 45.0
"""Real seconds that a new case waits for somebody who has not clicked for :data:`PATIENCE_S`, and may only be watching."""

READING: Final = timedelta(seconds=75)
"""Time for which a planner who has clicked is taken to read: a slow reader takes a minute a form. Then the night goes on."""


@dataclass(slots=True)
class Newcomer:
    """Follows what *users* do, from the timeline and the database. *real* counts real seconds."""

    memory: Memory
    users: frozenset[UUID]
    real: Callable[[], float] = time.monotonic
    waiting: frozenset[UUID] = frozenset()
    """The checks and alarms that somebody has to act on, as :meth:`read_cases` found them."""
    held: frozenset[UUID] = frozenset()
    """Those in the newcomer's hands at a screen: leased, or being looked at."""
    plans: bool = False
    """Somebody is at the planner's or the installer's pages, and fills in forms."""
    _acted_at: float = -math.inf
    _since: dict[UUID, float] = field(default_factory=dict)
    _numbers: dict[int, UUID] = field(default_factory=dict)
    _simulated: set[UUID] = field(default_factory=set)
    _on_phone: set[UUID] = field(default_factory=set)

    async def note_sign_in(self) -> bool:
        """Return whether the newcomer has signed in, and count it as a click."""
        async with self.memory.transaction() as tx:
            found = await simulated_night.has_any_signed_in(tx, self.users)
        if found:
            self._acted_at = self.real()
        return found

    async def read_cases(self) -> None:
        """Read what waits for somebody and what the newcomer holds."""
        async with self.memory.transaction() as tx:
            self.held = await simulated_night.held_cases(tx, self.users, AFTER_FIRST_VIEW)
            self.waiting = await simulated_night.waiting_cases(tx)
            self.plans = await simulated_night.is_planning(tx, self.users, READING)

    def note_event(self, event: Event) -> None:
        """Take one line of the timeline: a case begins to wait, the newcomer acts on one, or it is over."""
        alarm_id = event.alarm_id
        match event.payload:
            case timeline.AlarmOpened(case_no=number) if alarm_id is not None:
                self._numbers[number] = alarm_id
                self._since[alarm_id] = self.real()
            case timeline.CheckToLook() if event.check_id is not None:
                self._since[event.check_id] = self.real()
            case timeline.CarerAccepted() if alarm_id is not None and alarm_id not in self._simulated:
                self._on_phone.add(alarm_id)
                self._act(alarm_id)
            case timeline.CarerOnSite() | timeline.CarerDone() if alarm_id in self._on_phone and alarm_id is not None:
                self._act(alarm_id)
            case timeline.AlarmClosed() if alarm_id is not None:
                self._on_phone.discard(alarm_id)
        if event.actor in {str(user) for user in self.users}:
            self._act(*(case_id for case_id in (alarm_id, event.check_id) if case_id is not None))

    def is_awaited(self, case_id: UUID) -> bool:
        """Tell whether a case waits for the newcomer's next click: the last one, or its beginning, is not long ago."""
        now = self.real()
        patience = PATIENCE_S if now - self._acted_at < PATIENCE_S else GLANCE_S
        return now - self._since.get(case_id, -math.inf) < patience

    def has_hands_on(self, case_id: UUID) -> bool:
        """Tell whether the simulated colleague has to leave a case alone."""
        return case_id in self.held or self.is_awaited(case_id)

    def is_to_answer(self, case_no: int, *, takes: bool) -> bool:
        """Tell whether a phone is left to the newcomer: to take the case, or to go on with one that they took there."""
        alarm_id = self._numbers.get(case_no)
        return alarm_id is not None and self.is_awaited(alarm_id) and (takes or alarm_id in self._on_phone)

    def is_busy(self) -> bool:
        """Tell whether the newcomer is in the middle of anything."""
        return self.plans or bool(self.held) or any(map(self.is_awaited, self.waiting | self._on_phone))

    def leave_to_simulated(self, case_no: int) -> None:
        """Note that a simulated carer answers about a case from now on."""
        alarm_id = self._numbers.get(case_no)
        if alarm_id is not None:
            self._simulated.add(alarm_id)
            self._on_phone.discard(alarm_id)

    def _act(self, *case_ids: UUID) -> None:
        self._acted_at = self.real()
        self._since.update(dict.fromkeys(case_ids, self._acted_at))
