"""Words of the courses: their names, their steps, how long one counts, and who in a town lacks theirs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from alarm_center.core.courses import CourseProgress, CourseState, TrainingCourse
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

NAMES: Final[Mapping[TrainingCourse, str]] = {
    TrainingCourse.OPERATOR: _("Vid tavlan"),
    TrainingCourse.CARE: _("Patrull och nattledare"),
    TrainingCourse.PLANNER: _("Planering"),
}


class StepWords(NamedTuple):
    """A step's title, what to do or know, and the link to where it is done."""

    title: str
    text: str
    link: str


_RESERVE: Final = _("Öppna reservlistorna")

STEPS: Final[Mapping[TrainingCourse, Mapping[str, StepWords]]] = {
    TrainingCourse.OPERATOR: {
        "take": StepWords(
            _("Ta ett larm"),
            _("Öppna det från tavlan och tryck Jag tar larmet. Det är ditt så länge du gör något. Efter 90 sekunder utan aktivitet släpps det."),
            _("Öppna tavlan"),
        ),
        "dispatch": StepWords(
            _("Följ patrullen"),
            _("På ärendet står vem som har fått SMS, vem som tillfrågas sedan och när. Levererat är inte taget, taget är inte framme."),
            _("Öppna tavlan"),
        ),
        "doubt": StepWords(
            _("När du inte kan se"),
            _("Går inte att bedöma är alltid ett rätt svar. Grönt kräver att rätt antal personer syns i sängen."),
            _("Öppna tavlan"),
        ),
        "close": StepWords(
            _("Avsluta"),
            _("När någon är hos personen eller har sagt klart väljer du utfallet. De allvarliga står under Mer och frågas två gånger."),
            _("Öppna tavlan"),
        ),
        "reserve": StepWords(
            _("Om systemet ligger nere"),
            _("Reservlistan säger vem som ska få tillsyn, när och hur. Den skrivs 20:00 och ska vara hämtad före natten."),
            _RESERVE,
        ),
    },
    TrainingCourse.CARE: {
        "answer": StepWords(
            _("Svara på ett larm"),
            _("Svara 1=tar, 3=framme och 4=klar på SMS:et. Larmet är ditt först när svaret har kommit tillbaka."),
            "",
        ),
        "door": StepWords(
            _("Kommer inte in, ingen hemma"),
            _("Svara 5, eller tryck på sidan. Nattledaren får SMS, och larmet är öppet tills någon har ordnat det."),
            "",
        ),
        "help": StepWords(
            _("Behöver hjälp"),
            _("Svara 9, eller håll in den röda knappen i en sekund. Någon ringer dig, och en kollega tillfrågas."),
            "",
        ),
        "reserve": StepWords(
            _("Om nätet är borta"),
            _("Ring numret i SMS:et. Reservlistan i bilen säger vem som ska få tillsyn, när och hur."),
            _RESERVE,
        ),
    },
    TrainingCourse.PLANNER: {
        "agreement": StepWords(
            _("Överenskommelsen"),
            _("Utan beslut och samtycke tittar ingen. Öppna en brukare och se vad som är överenskommet, av vem och hur länge."),
            _("Öppna alla brukare"),
        ),
        "pause": StepWords(
            _("Pausa"),
            _("En paus har alltid ett slut, och någon som sa det. Den stoppar inte en patrull som är på väg."),
            _("Öppna Pausa tillsyn"),
        ),
        "refusal": StepWords(
            _("Vill inte ha kameran"),
            _("Stäng kameran nu. Inget behöver förklaras. Nattens övriga tillsyner blir besök, om personen inte säger nej till dem."),
            _("Öppna Pausa tillsyn"),
        ),
        "threats": StepWords(
            _("Hotar i natt"),
            _("Det röda överst på Att göra är tillsyner som inte kan göras i natt. Gör om dem till besök i tid."),
            _("Öppna Att göra"),
        ),
    },
}  # fmt: skip

STATES: Final[Mapping[CourseState, str]] = {
    CourseState.NEVER: _("inte gjord"),
    CourseState.EXPIRED: _("har gått ut"),
    CourseState.VALID: _("gäller"),
}
_VALID: Final = _("Gjord %(done)s. Gäller till och med %(until)s.")
_EXPIRED: Final = _("Gick ut %(until)s. Gå stegen igen.")
_NEVER: Final = _("Inte gjord. Gå stegen, i vilken ordning du vill.")
_LACKING: Final = _("Kursen är inte gjord: %(names)s.")
_RUN_OUT: Final = _("Kursen har gått ut: %(names)s.")
_MORE: Final = _("%(count)s till")
_NAMED: Final = 4


def standing_words(found: CourseProgress, speech: Speech) -> str:
    """Return until when the course counts, or what there is to do."""
    if found.finished_on is None or found.valid_until is None:
        return speech(_NEVER)
    until = speech.short_day(found.valid_until)
    if found.state is CourseState.EXPIRED:
        return speech(_EXPIRED, until=until)
    return speech(_VALID, done=speech.short_day(found.finished_on), until=until)


def lacking_sentences(lacking: Iterable[tuple[str, CourseState]], speech: Speech) -> list[str]:
    """Return a sentence for the courses that have run out, and one for those that nobody has walked: of names with states."""
    found = list(lacking)
    by_state = [
        (text, [name for name, each in found if each is state])
        for state, text in ((CourseState.EXPIRED, _RUN_OUT), (CourseState.NEVER, _LACKING))
    ]
    return [speech(text, names=_few(names, speech)) for text, names in by_state if names]


def _few(names: Sequence[str], speech: Speech) -> str:
    unlike = list(dict.fromkeys(names))
    if len(unlike) <= _NAMED:
        return speech.listed(unlike)
    return speech.listed([*unlike[: _NAMED - 1], speech(_MORE, count=len(unlike) - _NAMED + 1)])
