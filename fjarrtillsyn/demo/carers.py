"""Simulated night patrols: they read the SMS on their phones and answer with one digit, unless the newcomer does."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from alarm_center.core.messages import Language, template
from alarm_center.core.plan import Wording
from alarm_center.core.replies import CarerAction, CarerCommand, parse_reply
from alarm_center.core.replies.carer_actions import DONE, ON_SITE, STAYING, TAKE
from alarm_center.providers.simulated_phones import SimulatedMessage, SimulatedPhones
from fjarrtillsyn.demo.newcomer import Newcomer

_ASKS: Final = (
    Wording.CALL_OUT,
    Wording.VISIT,
    Wording.REMINDER,
    Wording.ESCALATION,
    Wording.ESCALATION_LATE,
)
_OVER: Final = (Wording.DONE, Wording.TAKEN, Wording.STOOD_DOWN, Wording.CASE_CLOSED, Wording.DECLINED)
_PIECE: Final = re.compile(r"(\{\w+\}|\[|\])")


_FIELDS: Final = {
    "{by}": r"\d\d:\d\d(?: \(\w+\))?",
    "{number}": r"[+\d -]+",
    "{patrol}": r"\w+ \d+",
    "{starts}": r"\d\d:\d\d(?: \(\w+\))?",
    "{ends}": r"\d\d:\d\d(?: \(\w+\))?",
}


def _pattern(words: str) -> re.Pattern[str]:
    """Return the pattern of an SMS that was made of *words*; the group ``case`` is its case number."""
    made: list[str] = []
    for piece in _PIECE.split(words):
        if piece == "{case}" and not any("<case>" in part for part in made):
            made.append(r"(?P<case>\d+)")
        elif piece.startswith("{"):
            made.append(_FIELDS.get(piece, r"\S+"))
        else:
            made.append({"[": "(?:", "]": ")?"}.get(piece) or re.escape(piece))
    return re.compile("".join(made))


_PATTERNS: Final = {
    text: _pattern(template(text, Language.SV))
    for text in (*_ASKS, *_OVER, Wording.GRANTED, Wording.ARRIVED, Wording.MUSTER, Wording.ON_SITE_CHECK)
}


def recognise(body: str) -> tuple[Wording | None, int | None]:
    """Return the wording of an SMS and its case number, as far as they are known."""
    for text, pattern in _PATTERNS.items():
        match = pattern.fullmatch(body)
        if match:
            case = match.groupdict().get("case")
            return text, int(case) if case else None
    return None, None


@dataclass(frozen=True, slots=True)
class CarerDelays:
    """Service time that a carer takes to answer, to drive, and to help."""

    answer: timedelta
    drive: timedelta
    help: timedelta


@dataclass(frozen=True, slots=True)
class _Plan:
    at: datetime
    message: SimulatedMessage
    action: CarerAction
    case: int | None

    @property
    def phone(self) -> str:
        return self.message.phone

    @property
    def is_call(self) -> bool:
        return self.message.channel == "call"


@dataclass(slots=True)
class SimulatedCarers:
    """The carers of every phone. Each plans an answer to an SMS or call, and gives it when it is due.

    A plan is dropped when the phone has answered already, and waits while *newcomer* may still want to answer.
    """

    phones: SimulatedPhones
    delays: CarerDelays
    newcomer: Newcomer | None = None
    _seen: set[str] = field(default_factory=set)
    _plans: list[_Plan] = field(default_factory=list)
    _cases: dict[str, set[int]] = field(default_factory=dict)
    _said: list[tuple[str, str]] = field(default_factory=list)

    async def act(self, now: datetime) -> datetime | None:
        """Read what is new, answer what is due, and return when there is something to do next."""
        for phone in self.phones.phones():
            for message in self.phones.messages(phone):
                if message.message_id not in self._seen:
                    self._seen.add(message.message_id)
                    self._read_message(phone, message)
        left = [plan for plan in self._plans if self._is_left(plan)]
        due = [plan for plan in self._plans if plan.at <= now and plan not in left]
        self._plans = [plan for plan in self._plans if plan.at > now or plan in left]
        for plan in due:
            await self._answer(plan)
        return min((plan.at for plan in self._plans if plan not in left), default=None)

    def _is_left(self, plan: _Plan) -> bool:
        newcomer, takes = self.newcomer, plan.action is TAKE
        return newcomer is not None and any(newcomer.is_to_answer(case, takes=takes) for case in self._about(plan))

    def _about(self, plan: _Plan) -> set[int]:
        """Return the cases that the answer may be about: a call does not say, but its phone has had their SMS."""
        if plan.case is not None:
            return {plan.case}
        return self._cases.get(plan.phone, set()) if plan.is_call else set()

    async def _answer(self, plan: _Plan) -> None:
        if plan.is_call and not plan.message.ringing:
            return
        if self.newcomer is not None:
            for case in self._about(plan):
                self.newcomer.leave_to_simulated(case)
        several = len(self._cases.get(plan.phone, ())) > 1 and plan.case is not None
        digit = plan.action.digit or ""
        text = f"{digit} {plan.case}" if several else digit
        self._said.append((plan.phone, text))
        await self.phones.reply(plan.phone, plan.message.sender, text)

    def _read_message(self, phone: str, message: SimulatedMessage) -> None:
        if message.outgoing:
            if (phone, message.body) in self._said:
                self._said.remove((phone, message.body))
            else:
                self._drop_plans_said(phone, message.body)
            return
        if message.channel == "call":
            if message.ringing:
                self._plan(message, TAKE, self.delays.answer / 4, None)
            return
        text, case = recognise(message.body)
        mine = self._cases.setdefault(phone, set())
        if text is Wording.MUSTER:
            self._plan(message, TAKE, self.delays.answer, None)
        elif text in _OVER:
            mine.discard(case or 0)
            self._plans = [plan for plan in self._plans if plan.phone != phone or plan.case != case]
        elif text in _ASKS and case is not None:
            mine.add(case)
            self._plan(message, TAKE, self.delays.answer, case)
        elif text is Wording.GRANTED and case is not None:
            mine.add(case)
            self._plan(message, ON_SITE, self.delays.drive, case)
        elif text is Wording.ARRIVED:
            self._plan(message, DONE, self.delays.help, case)
        elif text is Wording.ON_SITE_CHECK:
            self._plan(message, STAYING, self.delays.answer, case)

    def _drop_plans_said(self, phone: str, body: str) -> None:
        """Drop the plans that an answer typed at this phone has made needless: the same step, and those before it."""
        reply = parse_reply(body)
        if isinstance(reply, CarerCommand):
            said = reply.action.digit or ""
            self._plans = [
                plan
                for plan in self._plans
                if plan.phone != phone or (plan.action.digit or "") > said or reply.case_no not in (None, plan.case)
            ]

    def _plan(self, message: SimulatedMessage, action: CarerAction, wait: timedelta, case: int | None) -> None:
        self._plans.append(_Plan(message.at + wait, message, action, case))
