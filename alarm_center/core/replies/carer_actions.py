"""The table of a carer's actions on a case: one row for each, from its digit to its line in the timeline.

The parser of replies, the resolver, the alarm, the menus in SMS and calls, and the buttons of the link page are made from
`TABLE`. To add a thing that a carer can do: an event in `alarm_events`, and a row here (docs/contributing.md). Everybody reads `TABLE` by its
module, at each use, so that a test can put a table with one row more in its place.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from alarm_center.core.alarm.alarm_events import (
    Arrived,
    AtHospital,
    CannotGetIn,
    CarerReply,
    Declined,
    Done,
    Found,
    NeedsHelp,
    NobodyHome,
    NoCamera,
    RunsLate,
    Staying,
    Took,
    WhereUnknown,
    WithRelative,
)
from alarm_center.core.plan import Wording
from schemas import timeline
from schemas.vocabulary import TroubleKind


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A few words in Swedish and in English."""

    sv: str
    en: str

    def said(self, language: str) -> str:
        """Return the words in *language*, ``sv`` or ``en``."""
        return {"sv": self.sv, "en": self.en}[language]


class ButtonPlace(StrEnum):
    """The place of a button on the link page, which decides when it is shown."""

    ON_THE_WAY = "on_the_way"
    """The one large button, until the carer is on site."""
    ON_SITE = "on_site"
    """Below the form that closes the case, once the carer is on site."""
    AT_THE_DOOR = "at_the_door"
    """Side by side, all the time."""
    WHERE = "where"
    """Below "Vet du var?", while nobody is home and it is not known where the person is."""
    DANGER = "danger"
    """The red one, all the time."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button of the link page; *label* is Swedish, and its translation stands in the catalogues."""

    label: str
    place: ButtonPlace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CarerAction:
    """One thing that a carer can do about a case."""

    name: str
    """Kept on the reply and in the timeline, and what the link page's button sends."""
    event: type[CarerReply]
    line: type[timeline.CarerLine]
    """The alarm's line in the timeline."""
    answer: Wording | None = None
    """The SMS that acknowledges it, where it succeeds; ``None``: the page that it was said on has shown it."""

    digit: str | None = None
    """The digit written in an SMS, or pressed in a call; ``None``: only the link page has it."""
    digit_after: str | None = None
    """The digit that means it as the answer to "Vet du var?" (:data:`Wording.NOBODY_HOME`), and elsewhere another row."""
    label: Bilingual | None = None
    """The words beside the digit in an SMS: 1=tar."""
    phrases: tuple[str, ...] = ()
    """Swedish, then English: each is read as the digit is, also without its dots and rings."""
    offered_in: frozenset[Wording] = frozenset()
    """The texts that offer it, in their menu or in words of their own."""
    spoken: Bilingual | None = None
    """The words after the digit in a call's menu: 1 om du tar det."""
    counts_in: frozenset[Wording] = frozenset()
    """The calls in which its key is taken, whether or not the menu names it."""
    button: Button | None = None
    """``None``: the page has a form of its own for it."""

    from_the_site: bool = False
    """Said at the address, and so only about a case of the carer's own."""
    sounds: bool = False
    """Heard with sound wherever it comes from: somebody stands at a door, or is in need."""
    shown: bool = False
    """On the screen until a person has seen it, also where the alarm does all that it asks for."""

    # What a word from the site does to the alarm.
    staff_inside: bool | None = None
    """Somebody is with the resident now, or is not: the device stays dark, or may look. ``None``: as it was."""
    ends: tuple[TroubleKind, ...] = ()
    """The troubles that are over with it."""
    begins: TroubleKind | None = None
    """The trouble that begins with it."""

    @property
    def asked_by(self) -> frozenset[Wording]:
        """The questions that its bare digit answers. Not those that want a number with it, as "which one?" does."""
        return (self.offered_in | self.counts_in) & QUESTIONS


_ASKS: Final = frozenset(
    {
        Wording.CALL_OUT,
        Wording.VISIT,
        Wording.REMINDER,
        Wording.ESCALATION,
        Wording.ESCALATION_LATE,
        Wording.TROUBLE_HELP,
        Wording.TROUBLE_CANNOT_GET_IN,
        Wording.TROUBLE_NOBODY_HOME,
        Wording.TROUBLE_SILENT,
        Wording.TROUBLE_UNDELIVERED,
    }
)
_CALLS_OUT: Final = frozenset(
    {
        Wording.VOICE_CALL_OUT,
        Wording.VOICE_TROUBLE_HELP,
        Wording.VOICE_TROUBLE_CANNOT_GET_IN,
        Wording.VOICE_TROUBLE_NOBODY_HOME,
        Wording.VOICE_TROUBLE_SILENT,
        Wording.VOICE_TROUBLE_UNDELIVERED,
        Wording.VOICE_TROUBLE_LATE,
        Wording.VOICE_TROUBLE_OUTCOME,
    }
)
VOICE: Final = _CALLS_OUT | {Wording.VOICE_ON_SITE_CHECK, Wording.VOICE_CONNECT, Wording.VOICE_INCIDENT_LATE}
"""Read out in a call: digits become words, and no segment limits them."""

QUESTIONS: Final = (
    _ASKS
    | (VOICE - {Wording.VOICE_CONNECT, Wording.VOICE_INCIDENT_LATE})
    | {Wording.MUSTER, Wording.MUSTER_WHO, Wording.ON_SITE_CHECK, Wording.NOBODY_HOME, Wording.SHIFT_ENDS}
)
"""The texts that a bare digit answers; the others tell something, or ask for a case number."""

SHOWN_ON_PAGE: Final = frozenset({Wording.DONE, Wording.NOBODY_HOME, Wording.WHERE_NOTED, Wording.WHERE_UNKNOWN})
"""The answers that say no more than the link's page shows once the word was said there: no SMS follows.

The others carry the digits of what comes next, which a phone without data needs."""

_ON_SITE: Final = Wording.VOICE_ON_SITE_CHECK
_HEARD_OF: Final = (TroubleKind.LATE, TroubleKind.SILENT, TroubleKind.UNDELIVERED)
"""Over with any word from the address."""

TAKE: Final = CarerAction(
    name="take", event=Took, line=timeline.CarerAccepted, answer=Wording.GRANTED,
    digit="1", label=Bilingual("tar", "take"), spoken=Bilingual("om du tar det", "to take it"),
    offered_in=_ASKS | _CALLS_OUT | {Wording.MUSTER, Wording.MUSTER_WHO, Wording.NOT_UNDERSTOOD}, counts_in=_CALLS_OUT,
    phrases=(
        "ja", "japp", "tar", "ta", "jag tar", "tar det", "jag tar det", "tar den", "jag tar den", "tar larmet",
        "jag tar larmet", "åker", "jag åker", "kommer", "jag kommer", "på väg", "jag är på väg",
        "yes", "take", "taking", "take it", "i take", "i take it", "taking it", "i'll take it", "accept", "going", "coming",
        "on my way",
    ),
)  # fmt: skip
CANNOT: Final = CarerAction(
    name="cannot", event=Declined, line=timeline.CarerDeclined, answer=Wording.DECLINED,
    digit="2", label=Bilingual("kan inte", "cannot"), spoken=Bilingual("om du inte kan", "if you cannot"),
    offered_in=_ASKS | _CALLS_OUT | {Wording.MUSTER, Wording.MUSTER_WHO, Wording.SHIFT_ENDS, Wording.NOT_UNDERSTOOD}, counts_in=_CALLS_OUT,
    phrases=(
        "nej", "kan inte", "kan ej", "jag kan inte", "tar inte", "tar ej", "upptagen", "jag är upptagen",
        "no", "cannot", "can not", "can't", "i cannot", "i can't", "busy",
    ),
)  # fmt: skip
ON_SITE: Final = CarerAction(
    name="on_site", event=Arrived, line=timeline.CarerOnSite, answer=Wording.ARRIVED,
    digit="3", label=Bilingual("framme", "on site"),
    offered_in=frozenset({Wording.GRANTED, Wording.NOT_UNDERSTOOD}), counts_in=frozenset({_ON_SITE}),
    phrases=(
        "framme", "jag är framme", "på plats", "jag är på plats", "on site", "onsite", "i am on site", "arrived",
    ),
    button=Button("Jag är framme", ButtonPlace.ON_THE_WAY),
    from_the_site=True, staff_inside=True, ends=(*_HEARD_OF, TroubleKind.CANNOT_GET_IN),
)  # fmt: skip
DONE: Final = CarerAction(
    name="done", event=Done, line=timeline.CarerDone, answer=Wording.DONE,
    digit="4", label=Bilingual("klar", "done"), spoken=Bilingual("om du är klar", "if you are done"),
    offered_in=frozenset(
        {
            Wording.FOUND, Wording.GRANTED, Wording.ARRIVED, Wording.STAYING, Wording.NO_MORE_LOOKS, Wording.ON_SITE_CHECK, Wording.NOT_UNDERSTOOD,
            _ON_SITE,
        }
    ),
    counts_in=frozenset({_ON_SITE}),
    phrases=("klar", "klart", "jag är klar", "färdig", "done", "i am done", "finished"),
    from_the_site=True,
)  # fmt: skip
CANNOT_GET_IN: Final = CarerAction(
    name="cannot_get_in", event=CannotGetIn, line=timeline.CarerLockedOut, answer=Wording.CANNOT_GET_IN,
    digit="5", label=Bilingual("kommer inte in", "cannot get in"),
    offered_in=frozenset({Wording.GRANTED, Wording.ARRIVED, Wording.NOT_UNDERSTOOD}), counts_in=frozenset({_ON_SITE}),
    phrases=(
        "kommer inte in", "kan inte komma in", "kommer ej in", "jag kommer inte in", "inte in",
        "cannot get in", "can't get in", "can not get in", "no access",
    ),
    button=Button("Kommer inte in", ButtonPlace.AT_THE_DOOR),
    # Nobody is with the person: the device may look.
    from_the_site=True, sounds=True, staff_inside=False, begins=TroubleKind.CANNOT_GET_IN, ends=_HEARD_OF,
)  # fmt: skip
NOBODY_HOME: Final = CarerAction(
    name="nobody_home", event=NobodyHome, line=timeline.CarerFoundNobody, answer=Wording.NOBODY_HOME,
    label=Bilingual("ingen hemma", "nobody home"), sounds=True,
    phrases=(
        "ingen hemma", "ingen är hemma", "ingen där", "inte hemma", "är inte hemma", "ej hemma", "hittar ingen", "tomt i lägenheten",
        "nobody home", "nobody is home", "no one home", "not home", "not at home",
    ),
    button=Button("Ingen hemma", ButtonPlace.AT_THE_DOOR),
    from_the_site=True, staff_inside=True, begins=TroubleKind.NOBODY_HOME, ends=(*_HEARD_OF, TroubleKind.CANNOT_GET_IN),
)  # fmt: skip
AT_HOSPITAL: Final = CarerAction(
    name="at_hospital", event=AtHospital, line=timeline.CarerSaidHospital, answer=Wording.WHERE_NOTED,
    digit_after="1", label=Bilingual("sjukhus", "hospital"), offered_in=frozenset({Wording.NOBODY_HOME}),
    phrases=("sjukhus", "på sjukhus", "på sjukhuset", "hospital", "in hospital", "at the hospital"),
    button=Button("Sjukhus", ButtonPlace.WHERE),
    from_the_site=True, shown=True, ends=(*_HEARD_OF, TroubleKind.NOBODY_HOME),
)  # fmt: skip
WITH_RELATIVE: Final = CarerAction(
    name="with_relative", event=WithRelative, line=timeline.CarerSaidRelative, answer=Wording.WHERE_NOTED,
    digit_after="2", label=Bilingual("hos anhörig", "with a relative"), offered_in=frozenset({Wording.NOBODY_HOME}),
    phrases=("hos anhörig", "hos anhöriga", "bortrest", "with a relative", "with relatives", "away"),
    button=Button("Hos anhörig, bortrest", ButtonPlace.WHERE),
    from_the_site=True, shown=True, ends=(*_HEARD_OF, TroubleKind.NOBODY_HOME),
)  # fmt: skip
WHERE_UNKNOWN: Final = CarerAction(
    name="where_unknown", event=WhereUnknown, line=timeline.CarerKnowsNot, answer=Wording.WHERE_UNKNOWN,
    digit_after="3", label=Bilingual("nej", "no"), offered_in=frozenset({Wording.NOBODY_HOME}),
    phrases=("vet inte", "vet ej", "jag vet inte", "vet inte var", "do not know", "don't know", "i don't know"),
    button=Button("Nej, vet inte", ButtonPlace.WHERE),
    from_the_site=True, shown=True, ends=_HEARD_OF,
)  # fmt: skip
FOUND: Final = CarerAction(
    name="found", event=Found, line=timeline.CarerFoundPerson, answer=Wording.FOUND,
    label=Bilingual("hittad", "found"),
    phrases=(
        "hittad", "hittat", "hittade", "hittad nu", "hittade henne", "hittade honom", "har hittat henne", "har hittat honom", "hemma nu",
        "found", "found her", "found him", "is home now",
    ),
    button=Button("Hittad", ButtonPlace.WHERE),
    from_the_site=True, shown=True, staff_inside=True, ends=(*_HEARD_OF, TroubleKind.NOBODY_HOME),
)  # fmt: skip
STAYING: Final = CarerAction(
    name="staying", event=Staying, line=timeline.CarerStaying, answer=Wording.STAYING,
    digit="6", label=Bilingual("stannar", "staying"), spoken=Bilingual("om du stannar", "if you are staying"),
    offered_in=frozenset({Wording.ARRIVED, Wording.ON_SITE_CHECK, Wording.SHIFT_ENDS, Wording.NOT_UNDERSTOOD, _ON_SITE}),
    counts_in=frozenset({_ON_SITE}),
    phrases=("stannar", "stannar kvar", "jag stannar", "jag stannar kvar", "staying", "stay", "i stay"),
    button=Button("Jag stannar kvar", ButtonPlace.ON_SITE),
    from_the_site=True, staff_inside=True, ends=_HEARD_OF,
)  # fmt: skip
RUNS_LATE: Final = CarerAction(
    name="runs_late", event=RunsLate, line=timeline.EtaChanged, answer=Wording.LATE_NOTED,
    label=Bilingual("sen 15", "late 15"), shown=True,
)  # fmt: skip
"""Said with its minutes, which the parser reads: "sen 15", "försenad 20 min"."""
NO_CAMERA: Final = CarerAction(
    name="no_camera", event=NoCamera, line=timeline.CarerHeardNo, answer=Wording.NO_MORE_LOOKS,
    phrases=(
        "vill inte ha kameran", "vill inte ha kamera", "hon vill inte ha kameran", "han vill inte ha kameran",
        "hon vill inte ha kamera", "han vill inte ha kamera", "brukaren vill inte ha kameran", "brukaren vill inte ha kamera",
        "kunden vill inte ha kameran", "vill ej ha kameran", "vill ej ha kamera", "vill inte ha kameran längre", "ingen kamera",
        "stäng kameran", "stäng av kameran",
        "does not want the camera", "doesn't want the camera", "she doesn't want the camera", "he doesn't want the camera",
        "stop the camera", "no camera",
    ),
    from_the_site=True, sounds=True, staff_inside=True, ends=_HEARD_OF,
)  # fmt: skip
"""The link's page has a form of its own for it. Whoever acts on the word ends the consent in the same transaction."""
HELP: Final = CarerAction(
    name="help", event=NeedsHelp, line=timeline.CarerNeedsHelp, answer=Wording.HELP_COMING,
    digit="9", label=Bilingual("hjälp", "help"), spoken=Bilingual("om du behöver hjälp", "if you need help"),
    offered_in=frozenset(
        {
            Wording.FOUND, Wording.GRANTED, Wording.ARRIVED, Wording.STAYING, Wording.NO_MORE_LOOKS, Wording.ON_SITE_CHECK, Wording.NOT_UNDERSTOOD,
            _ON_SITE,
        }
    ),
    counts_in=_CALLS_OUT | {_ON_SITE},
    phrases=(
        "hjälp", "hjälp mig", "hjälp nu", "behöver hjälp", "jag behöver hjälp", "behöver hjälp nu", "jag behöver hjälp nu",
        "help", "help me", "help now", "need help", "i need help", "i need help now", "sos",
    ),
    button=Button("Behöver hjälp", ButtonPlace.DANGER),
    sounds=True, begins=TroubleKind.HELP,
)  # fmt: skip

ROWS: Final = (
    TAKE, CANNOT, ON_SITE, DONE, CANNOT_GET_IN, NOBODY_HOME, AT_HOSPITAL, WITH_RELATIVE, WHERE_UNKNOWN, FOUND, STAYING, RUNS_LATE, NO_CAMERA,
    HELP,
)  # fmt: skip


SAY_WHERE: Final = frozenset({AT_HOSPITAL, WITH_RELATIVE, WHERE_UNKNOWN})
"""The answers to "Vet du var?". Said of a home where nobody has said "ingen hemma" they are no arrival."""


class CarerActions:
    """A table of rows, and its ways in.

    Raises:
        ValueError: two rows share a name, an event, a digit or a phrase; the message says which.
    """

    def __init__(self, rows: tuple[CarerAction, ...]) -> None:
        self.rows: Final = rows
        self.by_name: Final = _index("name", [(row.name, row) for row in rows])
        self.by_digit_after: Final = _index(
            "digit after", [(row.digit_after, row) for row in rows if row.digit_after is not None]
        )
        self.by_digit: Final = _index("digit", [(row.digit, row) for row in rows if row.digit is not None])
        self.by_phrase: Final = _index("phrase", [(phrase, row) for row in rows for phrase in row.phrases])
        self._by_event: Final = _index("event", [(row.event.__name__, row) for row in rows])

    def __iter__(self) -> Iterator[CarerAction]:
        return iter(self.rows)

    def of(self, word: CarerReply) -> CarerAction:
        """Return the row of an event."""
        return self._by_event[type(word).__name__]

    def menu(self, wording: Wording, language: str) -> str:
        """Return what *wording* offers, by digit: ``1=tar 2=kan inte``; of a call ``1 om du tar det, 2 om du inte kan``."""
        offered = sorted((row for row in self.rows if wording in row.offered_in), key=lambda row: row.digit or "")
        if wording in VOICE:
            return ", ".join(f"{row.digit} {row.spoken.said(language)}" for row in offered if row.spoken)
        return " ".join(f"{row.digit or row.digit_after}={row.label.said(language)}" for row in offered if row.label)


def _index(of: str, pairs: list[tuple[str, CarerAction]]) -> Mapping[str, CarerAction]:
    found: dict[str, CarerAction] = {}
    for key, row in pairs:
        if key in found:
            raise ValueError(
                f"carer actions: {of} {key!r} stands on {found[key].name} and on {row.name}: give it one row"
            )
        found[key] = row
    return MappingProxyType(found)


TABLE = CarerActions(ROWS)
