"""Sentences of an alarm that staff raise: what the form lacks, and what will happen when it is sent."""

from collections.abc import Mapping
from typing import Final

from alarm_center.core.alarm.manual_alarm import Course, Forecast, MissingField
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

_MINUTES_FROM: Final = 120
"""Seconds from which a wait is said in minutes."""

MISSING: Final[Mapping[MissingField, str]] = {
    MissingField.REASON: _("Välj vad som har hänt"),
    MissingField.PRIORITY: _("Välj hur bråttom det är"),
    MissingField.NOTE: _("Skriv vad som har hänt"),
}

COMING: Final[Mapping[Course, str]] = {
    Course.AT_ONCE: _(
        "Ett larm med prio %(prio)s öppnas för %(name)s i område %(area)s, och patrullen får SMS direkt."
    ),
    Course.WAITS: _(
        "Ett larm med prio %(prio)s öppnas för %(name)s i område %(area)s, och patrullen får SMS om %(wait)s om ingen "
        "skickar den innan dess."
    ),
    Course.JOINS: _("%(name)s har redan larm %(number)s med prio %(had)s, och det här läggs till i det larmet."),
    Course.RISES: _("%(name)s har redan larm %(number)s, och det höjs från prio %(had)s till prio %(prio)s."),
    Course.OUT_OF_SCOPE: _(
        "%(name)s har redan larm %(number)s i område %(area)s, som du inte ser. Det här läggs till i det larmet, som får "
        "minst prio %(prio)s."
    ),
}


def coming_sentence(coming: Forecast, name: str, area: str, speech: Speech) -> str:
    """Return what will happen to the resident *name* of *area*, in one sentence."""
    minutes, seconds = divmod(coming.seconds, 60)
    long = coming.seconds >= _MINUTES_FROM and not seconds
    wait = speech("%(count)s minuter", count=minutes) if long else speech("%(count)s sekunder", count=coming.seconds)
    return speech(
        COMING[coming.course],
        prio=int(coming.priority),
        name=name,
        area=coming.area or area,
        wait=wait,
        number=coming.case_no,
        had=int(coming.priority_before or coming.priority),
    )
