"""Words of an exercise: its area's code, its simulated homes, its patrols, and how its alarms stand."""

from collections.abc import Mapping, Sequence
from typing import Final

from alarm_center.core.alarm import AlarmState
from alarm_center.core.exercises import ExerciseCase, ExerciseTally, SimulatedHome
from alarm_center.words.catalogues import SPEECHES, Speech
from alarm_center.words.catalogues import mark as _

AREA: Final = "ÖVN"
"""Code of a town's training area: it stands on the board, and in each SMS."""

_PATROL: Final = _("Övning")
_HOMES: Final = (
    (_("Övning: Elsa Fall"), _("Övningsgatan 1 (finns inte)")),
    (_("Övning: Karl Tom"), _("Övningsgatan 2 (finns inte)")),
)
_ACCESS: Final = _("Övning: ingen dörr finns. Åk inte någonstans.")

_STATES: Final[Mapping[AlarmState, str]] = {
    AlarmState.OPEN: _("ingen har tagit det"),
    AlarmState.CLAIMED: _("hos en operatör"),
    AlarmState.DISPATCHED: _("SMS har gått ut"),
    AlarmState.ACCEPTED: _("%(patrol)s har tagit det"),
    AlarmState.ON_SITE: _("%(patrol)s är framme"),
    AlarmState.CLOSED: _("avslutat"),
}
_OVER: Final = _("Övningen är slut.")
_TALLY: Final = _("Övningar: %(exercises)s, med %(alarms)s larm och %(messages)s SMS. De räknas inte i siffrorna ovan.")


def homes(language: str) -> Sequence[SimulatedHome]:
    """Return the simulated homes as they are kept, in the town's language."""
    speech = SPEECHES[language]
    return [SimulatedHome(speech(name), speech(address), speech(_ACCESS)) for name, address in _HOMES]


def patrol(language: str) -> str:
    """Return the label of those who take part, without their number."""
    return SPEECHES[language](_PATROL)


def end_note(language: str) -> str:
    """Return the note with which an exercise's alarm is closed."""
    return SPEECHES[language](_OVER)


def case_words(case: ExerciseCase, speech: Speech) -> str:
    """Return how an alarm of the exercise stands."""
    return speech(_STATES[AlarmState(case.state)], patrol=case.patrol or "–")


def tally_words(told: ExerciseTally, speech: Speech) -> str:
    """Return the exercises of a span apart from what is counted; empty where there were none."""
    if not told.exercises:
        return ""
    return speech(_TALLY, exercises=told.exercises, alarms=told.alarms, messages=told.messages)
