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


def answers_sentence(answers: FollowUpAnswers, day: str, speech: Speech) -> str:
    """Return what was said at a follow-up of *day*, in a line; a question without an answer is left out."""
    said = [
        speech(text, answer=speech(ANSWERS[answer]).lower())
        for name, text in _SHORT.items()
        if (answer := getattr(answers, name)) is not None
    ]
    return speech(_("Uppföljd %(day)s: %(said)s."), day=day, said=", ".join(said))


def task_sentence(owner: str, day: str, speech: Speech) -> str:
    """Return whose task the missing company is, and by when."""
    return speech(_("Saknar sällskap. %(name)s tar det vidare, senast %(day)s."), name=owner, day=day)
