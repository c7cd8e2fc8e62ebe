"""Words of the lead's page: each question that an SMS has put to their phone, as the SMS says it, and its answers."""

from collections.abc import Mapping
from typing import Final

from alarm_center.core.alarm import Alarm, AlarmState
from alarm_center.core.alarm.phone_questions import Ask, PhoneQuestion
from alarm_center.core.messages import neutral_patrol
from alarm_center.words import link_words, trouble_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import Outcome, TroubleKind

YES: Final[Mapping[Ask, str]] = {
    Ask.GO: _("Jag åker"),
    Ask.SEE_TO: _("Jag ordnar"),
}
"""Buttons that say what a 1 says in an SMS."""
NO: Final[Mapping[Ask, str]] = {
    Ask.GO: _("Kan inte"),
    Ask.SEE_TO: _("Kan inte"),
    Ask.SEES_TO: _("Kan inte längre"),
}
"""Buttons that say what a 2 says."""

OUTCOMES: Final[tuple[tuple[Outcome, str], ...]] = (*link_words.OUTCOMES, *link_words.MORE_OUTCOMES)
"""The outcomes that a lead may give in one press; ``other`` asks for a note."""

ANSWERED_BEFORE: Final = _("Det är inte frågan längre: den är besvarad, eller någon annan hann före. Så här är det nu.")
NOT_YOUR_SHIFT: Final = _("Passet är slut, eller är inte ditt.")

_TROUBLE: Final = _("%(number)s: %(what)s")
_SEES_TO: Final = _("%(number)s: du ordnar. %(what)s")
_LATE: Final = _("Larm %(number)s PRIO %(priority)s omr %(area)s är taget men ingen är framme.")
_NO_PATROL: Final = _("Larm %(number)s PRIO %(priority)s omr %(area)s har ingen patrull.")
_ONE_MORE: Final = _("Larm %(number)s PRIO %(priority)s omr %(area)s behöver en till.")
_VISIT: Final = _("Besök %(number)s omr %(area)s har ingen patrull. Det är inget larm.")
_OUTCOME: Final = _("%(number)s omr %(area)s: ingen behöver åka, men ingen har skrivit hur det gick.")
_OWN: Final = _("%(number)s omr %(area)s är ditt.")
_DECLINED: Final = _("%(number)s omr %(area)s: du har sagt nej. Vi frågar någon annan.")


def question_sentence(alarm: Alarm, asked: PhoneQuestion, area: str, patrol: str | None, speech: Speech) -> str:
    """Return the question in a sentence; *patrol* is in the trouble that it is about."""
    said = {"number": alarm.case_no, "priority": int(alarm.priority), "area": area}
    if asked.ask in (Ask.SEE_TO, Ask.SEES_TO):
        text = _TROUBLE if asked.ask is Ask.SEE_TO else _SEES_TO
        return speech(text, number=alarm.case_no, what=_trouble(asked, patrol, speech))
    if asked.ask is Ask.GO:
        return speech(_go(alarm, asked), **said)
    return speech({Ask.OUTCOME: _OUTCOME, Ask.OWN: _OWN, Ask.DECLINED: _DECLINED}[asked.ask], **said)


def _trouble(asked: PhoneQuestion, patrol: str | None, speech: Speech) -> str:
    assert asked.trouble is not None, "a trouble is what is seen to"
    who = neutral_patrol(patrol) or speech(trouble_words.COLLEAGUE)
    return speech(trouble_words.SENTENCES[asked.trouble.kind], who=who)


def _go(alarm: Alarm, asked: PhoneQuestion) -> str:
    if asked.trouble is not None and asked.trouble.kind is TroubleKind.LATE:
        return _LATE
    if alarm.is_calm:
        return _VISIT
    return _ONE_MORE if alarm.state in (AlarmState.ACCEPTED, AlarmState.ON_SITE) else _NO_PATROL
