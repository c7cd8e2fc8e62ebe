"""The demo's night patrols: they read the SMS on their phones and answer with one digit, unless somebody was quicker."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from alarm_center.core.carer_actions import DONE, ON_SITE, STAYING, TAKE, CarerAction
from alarm_center.core.plan import Wording
from alarm_center.core.replies import Command, parse_reply
from alarm_center.core.sms_text import Language, template
from alarm_center.providers.phone import PhoneMessage, Phones

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
    """Return what recognises an SMS that was made of *words*; the group ``case`` is its case number."""
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


def read(body: str) -> tuple[Wording | None, int | None]:
    """Return which of our texts *body* is, and its case number."""
    for text, pattern in _PATTERNS.items():
        match = pattern.fullmatch(body)
        if match:
            case = match.groupdict().get("case")
            return text, int(case) if case else None
    return None, None


@dataclass(frozen=True, slots=True)
class Pause:
    """How long a carer takes, of service time: to answer, to drive, and to help."""

    answer: timedelta
    drive: timedelta
    help: timedelta


@dataclass(frozen=True, slots=True)
class _Plan:
    at: datetime
    phone: str
    sender: str
    action: CarerAction
    case: int | None


@dataclass(slots=True)
class Carers:
    """Everybody with a phone. Somebody at the simulator who answers first is let do it."""

    phones: Phones
    pause: Pause
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
                    self._read(phone, message)
        due = [plan for plan in self._plans if plan.at <= now]
        self._plans = [plan for plan in self._plans if plan.at > now]
        for plan in due:
            several = len(self._cases.get(plan.phone, ())) > 1 and plan.case is not None
            digit = plan.action.digit or ""
            text = f"{digit} {plan.case}" if several else digit
            self._said.append((plan.phone, text))
            await self.phones.reply(plan.phone, plan.sender, text)
        return min((plan.at for plan in self._plans), default=None)

    def _read(self, phone: str, message: PhoneMessage) -> None:
        if message.outgoing:
            if (phone, message.body) in self._said:
                self._said.remove((phone, message.body))
            else:
                self._heed(phone, message.body)
            return
        if message.channel == "call":
            if message.ringing:
                self._plan(message, TAKE, self.pause.answer / 4, None)
            return
        text, case = read(message.body)
        mine = self._cases.setdefault(phone, set())
        if text is Wording.MUSTER:
            self._plan(message, TAKE, self.pause.answer, None)
        elif text in _OVER:
            mine.discard(case or 0)
            self._plans = [plan for plan in self._plans if plan.phone != phone or plan.case != case]
        elif text in _ASKS and case is not None:
            mine.add(case)
            self._plan(message, TAKE, self.pause.answer, case)
        elif text is Wording.GRANTED and case is not None:
            mine.add(case)
            self._plan(message, ON_SITE, self.pause.drive, case)
        elif text is Wording.ARRIVED:
            self._plan(message, DONE, self.pause.help, case)
        elif text is Wording.ON_SITE_CHECK:
            self._plan(message, STAYING, self.pause.answer, case)

    def _heed(self, phone: str, body: str) -> None:
        """Somebody else has answered from this phone: what comes no later than that is not said again."""
        reply = parse_reply(body)
        if isinstance(reply, Command):
            said = reply.action.digit or ""
            self._plans = [
                plan
                for plan in self._plans
                if plan.phone != phone or (plan.action.digit or "") > said or reply.case_no not in (None, plan.case)
            ]

    def _plan(self, message: PhoneMessage, action: CarerAction, wait: timedelta, case: int | None) -> None:
        self._plans.append(_Plan(message.at + wait, message.phone, message.sender, action, case))
