"""Words of what was said at a follow-up, and of the task that missing company makes."""

from collections.abc import Mapping
from typing import Final

from alarm_center.core.resident_forms import FollowUpAnswers
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

QUESTIONS: Final[Mapping[str, str]] = {
    "sleeps_better": _("Sover personen bättre?"),
    "wants_it": _("Vill personen ha kvar tillsynen?"),
    "understands_it": _("Förstår personen vad tillsynen är?"),
    "misses_company": _("Är det sällskap som saknas?"),
}
"""The questions of a follow-up, by their fields."""
ANSWERS: Final[Mapping[str, str]] = {"yes": _("Ja"), "no": _("Nej"), "unsure": _("Vet inte")}
_SHORT: Final[Mapping[str, str]] = {
    "sleeps_better": _("sover bättre: %(answer)s"),
    "wants_it": _("vill ha kvar tillsynen: %(answer)s"),
    "understands_it": _("förstår vad den är: %(answer)s"),
    "misses_company": _("saknar sällskap: %(answer)s"),
}


HELD: Final = _("Följde upp tillsynen")
TASK_DONE: Final = _("Uppgiften om sällskap är klar")


def answers_sentence(answers: FollowUpAnswers, day: str, speech: Speech) -> str:
    """Return what was said at a follow-up of *day*, in a line; a question without an answer is left out."""
    return speech(_("Uppföljd %(day)s: %(said)s."), day=day, said=_said(answers, speech))


def history_details(answers: FollowUpAnswers, owner: str | None, speech: Speech) -> tuple[str, ...]:
    """Return what was said at a follow-up, and the task that came of it, as lines of the resident's history."""
    said = _said(answers, speech)
    lines = [said[:1].upper() + said[1:]]
    if owner is not None and answers.task_due_on is not None:
        day = speech.short_day(answers.task_due_on)
        lines.append(speech(_("Uppgift om sällskap till %(name)s, senast %(day)s"), name=owner, day=day))
    return tuple(lines)


def _said(answers: FollowUpAnswers, speech: Speech) -> str:
    return ", ".join(
        speech(text, answer=speech(ANSWERS[answer]).lower())
        for name, text in _SHORT.items()
        if (answer := getattr(answers, name)) is not None
    )


def task_sentence(owner: str, day: str, speech: Speech) -> str:
    """Return whose task the missing company is, and by when."""
    return speech(_("Saknar sällskap. %(name)s tar det vidare, senast %(day)s."), name=owner, day=day)
