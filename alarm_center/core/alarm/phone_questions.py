"""Question that an open alarm has put to one phone, as it stands now: an SMS asks it by digits, a lead's page by buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_parts import Trouble
from alarm_center.core.alarm.state import Alarm, AlarmState, Notice, NoticeState
from alarm_center.core.plan import Wording


class Ask(StrEnum):
    """The matter of a question, or the answer that it has got."""

    GO = "go"
    """Go there."""
    SEE_TO = "see_to"
    """See to a trouble: "jag ordnar"."""
    OUTCOME = "outcome"
    """Say how it ended."""
    OWN = "own"
    """The phone has the case."""
    SEES_TO = "sees_to"
    """The phone's carer has said "jag ordnar"."""
    DECLINED = "declined"
    """The phone's carer has said that they cannot, and somebody is still sought."""

    @property
    def waits(self) -> bool:
        """True while the phone's answer is awaited."""
        return self in (Ask.GO, Ask.SEE_TO, Ask.OUTCOME)


@dataclass(frozen=True, slots=True)
class PhoneQuestion:
    """The question, the notice that puts it, and the trouble that it is about where it is about one."""

    ask: Ask
    notice: Notice
    trouble: Trouble | None = None


def phone_question(alarm: Alarm, notices: Sequence[Notice]) -> PhoneQuestion | None:
    """Return what *notices*, all of one phone, ask in *alarm*; ``None``: nothing, and nothing was answered that still counts.

    Of several the newest that waits is the question. What the phone has comes before all: whoever has the case is asked no more.
    """
    if alarm.state is AlarmState.CLOSED:
        return None
    newest = sorted(notices, key=lambda each: each.asked_at, reverse=True)
    for notice in newest:
        if notice.state is NoticeState.TOOK:
            return PhoneQuestion(Ask.OWN, notice)
    for notice in newest:
        if notice.state in (NoticeState.ASKED, NoticeState.EXPIRED) and (found := _waiting(alarm, notice)) is not None:
            return found
    for notice in newest:
        if alarm.is_seen_to_by(notice.notice_id):
            seen_to = next(each for each in alarm.troubles if each.acknowledged_by == str(notice.notice_id))
            return PhoneQuestion(Ask.SEES_TO, notice, seen_to)
    declined = next((each for each in newest if each.state is NoticeState.DECLINED), None)
    return PhoneQuestion(Ask.DECLINED, declined) if declined is not None and alarm.seeks else None


def _waiting(alarm: Alarm, notice: Notice) -> PhoneQuestion | None:
    """Return the question that *notice* still puts; ``None`` where somebody else has seen to its trouble, or nobody is sought."""
    asked = trouble.asked_of(alarm, notice)
    if asked is not None:
        return None if asked.acknowledged else PhoneQuestion(Ask.SEE_TO, notice, asked)
    if notice.wording is Wording.OUTCOME:
        return PhoneQuestion(Ask.OUTCOME, notice)
    if not alarm.seeks:
        return None
    told = trouble.because_of(alarm, notice)
    return PhoneQuestion(Ask.GO, notice, None if told is None else trouble.of_kind(alarm.troubles, told))
