"""Words of the staff's pages: what a substitute means, how a shift stands, and what is wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar, phone_numbers
from alarm_center.core.pattern_form import PatternFault
from alarm_center.core.roster import DutyShift
from alarm_center.core.shift_patterns import ShiftPattern, ShiftRow
from alarm_center.core.staffing import StaffedNight
from alarm_center.core.substitutes import StandIn, SubstituteFault
from alarm_center.core.temps import CarerRow
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.resident_page_words import nights_within
from alarm_center.words.todo_words import night_sentences
from schemas.vocabulary import Duty, SubstituteReason

Names = Mapping[UUID, str]

DUTIES: Final[Mapping[Duty, str]] = {Duty.PATROL: _("Patrull"), Duty.LEAD: _("Nattledare")}

TITLES: Final[Mapping[SubstituteReason, str]] = {
    SubstituteReason.SWAP: _("Byt pass"),
    SubstituteReason.SICK: _("Sjuk: byt hela passet"),
    SubstituteReason.PHONE: _("Annan telefon i natt"),
}

FAULTS: Final[Mapping[SubstituteFault, str]] = {
    SubstituteFault.OVER: _("Passet är slut, eller någon annan har ändrat det. Öppna natten igen."),
    SubstituteFault.LEFT: _("Den sista natten är före passet. Välj någon annan."),
    SubstituteFault.LOST: _("Den telefonen är också borta. Skriv numret till en som någon har i handen."),
    SubstituteFault.SAME: _("Det är samma person som har passet. Välj någon annan."),
}

CHOOSE: Final = _("Välj vem som tar passet.")


def muster_words(
    shift: DutyShift,
    now: datetime,
    zone: str,
    speech: Speech,
    people: Sequence[str] = (),
    *,
    unknown_code: bool = False,
    answered_at: datetime | None = None,
) -> str:
    """Return whether the shift's phone has answered, when, and by whose code."""
    said = _muster(shift, now, zone, speech)
    if people:
        said += ": " + speech.listed(list(people))
    if unknown_code:
        said += ", " + speech(_("och en okänd kod"))
    if answered_at is None or shift.mustered is None or shift.ends_at <= now:
        return said
    return said + (", " if people or unknown_code else " ") + speech.clock(answered_at, zone)


def _muster(shift: DutyShift, now: datetime, zone: str, speech: Speech) -> str:
    if shift.ends_at <= now:
        return speech(_("slutade %(time)s"), time=speech.clock(shift.ends_at, zone))
    if shift.mustered is True:
        return speech(_("har bekräftat"))
    if shift.mustered is False:
        return speech(_("har svarat nej"))
    if shift.muster_asked_at is not None:
        return speech(_("har inte svarat"))
    return speech(_("frågas %(time)s"), time=speech.clock(shift.starts_at, zone))


def night_of_shift(shift: DutyShift, zone: str, speech: Speech) -> str:
    """Return the night of a shift with both its days."""
    night = calendar.night_of(shift.starts_at, ZoneInfo(zone))
    return speech(
        _("natten mellan %(first)s och %(last)s"), first=speech.day(night), last=speech.day(night + timedelta(days=1))
    )


@dataclass(frozen=True, slots=True)
class HandedCases:
    """Numbers of the open cases of a carer whose shift another has."""

    taken: Sequence[str]
    asked: Sequence[str]
    """The carer was asked, and has not answered."""
    kept: Sequence[str]
    """Taken on another shift, and stay there."""


def stand_in_sentences(
    found: StandIn,
    shift: DutyShift,
    area: str,
    names: tuple[str, str | None],
    cases: HandedCases,
    zone: str,
    speech: Speech,
    *,
    borrowed: bool = False,
) -> list[str]:
    """Return what it means that another has the shift: *names* are of who has it and of who stands in.

    *borrowed*: who stands in is a phone for that night, by its number.
    """
    old, new = names
    said = {
        "until": speech.clock(found.until, zone), "old": old, "new": new or "", "area": area, "patrol": shift.patrol,
        "from": speech.clock(found.from_at, zone), "night": night_of_shift(shift, zone, speech),
    }  # fmt: skip
    if new is None and found.begun:
        first = _("Från nu till %(until)s har ingen område %(area)s, %(patrol)s. %(old)s går hem.")
    elif new is None:
        first = _("Ingen har område %(area)s, %(patrol)s, %(night)s kl %(from)s–%(until)s.")
    elif found.begun:
        first = _("Från nu till %(until)s har %(new)s område %(area)s, %(patrol)s, i stället för %(old)s.")
    else:
        first = _("%(new)s har område %(area)s, %(patrol)s, i stället för %(old)s %(night)s kl %(from)s–%(until)s.")
    sentences = [_capital(speech(first, **said))]
    if cases.taken:
        numbers = speech.listed(list(cases.taken))
        sentences.append(
            speech(_("Ärende %(numbers)s som %(old)s har tagit söker ny patrull genast."), numbers=numbers, old=old)
        )
    if cases.asked:
        numbers = speech.listed(list(cases.asked))
        sentences.append(
            speech(
                _("Ärende %(numbers)s som %(old)s är tillfrågad om går vidare till nästa genast."),
                numbers=numbers,
                old=old,
            )
        )
    if cases.kept:
        numbers = speech.listed(list(cases.kept))
        sentences.append(
            speech(
                _("%(old)s har också tagit ärende %(numbers)s, på ett annat pass. Byt det passet också."),
                numbers=numbers,
                old=old,
            )
        )
    if new is not None and found.begun:
        asked = (
            _("Telefonen frågas genast om den är med.")
            if borrowed
            else _("Telefonen hos %(new)s frågas genast om den är med.")
        )
        sentences.append(speech(asked, new=new))
    if borrowed:
        sentences.append(speech(_("Telefonen lånas bara den natten och står inte kvar bland nattpersonalen efteråt.")))
    for each in found.also:
        sentences.append(
            speech(
                _("%(new)s har redan %(patrol)s kl %(from)s–%(until)s, och får båda."), new=new or "", patrol=each.patrol,
                until=speech.clock(each.ends_at, zone), **{"from": speech.clock(each.starts_at, zone)},
            )
        )  # fmt: skip
    return sentences


def case_numbers(cases: Iterable[tuple[int, str, bool]], speech: Speech) -> list[str]:
    """Return each case's number; where its area is not the viewer's, with that: nothing else of it is theirs to see."""
    said = [
        str(number) if seen else speech(_("%(number)s (område %(area)s)"), number=number, area=area)
        for number, area, seen in cases
    ]
    return list(dict.fromkeys(said))


def lost_sentences(
    carer: CarerRow,
    tonight: Sequence[ShiftRow],
    new: str | None,
    taken: Sequence[str],
    codes: Names,
    zone: str,
    speech: Speech,
) -> list[str]:
    """Return what it means that a carer's phone is lost; *new* is the name of the phone that takes over, *taken* the numbers of the cases that it has."""
    said = [
        speech(
            _("%(phone)s är ur tjänst från nu: inga fler SMS går dit, dess länkar slutar gälla och svar därifrån räknas inte."),
            phone=phone_numbers.national(carer.phone),
        )
    ]  # fmt: skip
    for row in tonight:
        where = {"area": codes.get(row.post.area_id, "?"), "patrol": row.post.patrol, "new": new or ""}
        times = {"from": speech.clock(row.starts_at, zone), "until": speech.clock(row.ends_at, zone)}
        text = (
            _("%(new)s tar över område %(area)s, %(patrol)s, passet %(from)s–%(until)s.")
            if new is not None
            else _("Ingen har område %(area)s, %(patrol)s, resten av passet %(from)s–%(until)s.")
        )
        said.append(speech(text, **where, **times))
    if taken:
        said.append(
            speech(
                _("Öppna ärenden som telefonen har tagit söker ny patrull genast: %(numbers)s."),
                numbers=speech.listed(list(taken)),
            )
        )
    if tonight:
        said.append(
            speech(_("Från nästa natt står passen tomma tills telefonen är tillbaka eller har fått ett nytt nummer."))
        )
    return said


def lost_words(since: datetime, now: datetime, zone: str, speech: Speech) -> str:
    """Return since when a phone is lost."""
    clock, day = speech.clock(since, zone), since.astimezone(ZoneInfo(zone)).date()
    if day == now.astimezone(ZoneInfo(zone)).date():
        return speech(_("Telefonen är borta sedan %(time)s."), time=clock)
    return speech(_("Telefonen är borta sedan %(day)s %(time)s."), day=speech.short_day(day), time=clock)


PATTERN_FAULTS: Final[Mapping[PatternFault, str]] = {
    PatternFault.NO_AREA: _("Välj ett område."),
    PatternFault.NO_CARER: _("Välj vem som har passet."),
    PatternFault.NO_LABEL: _("Skriv vad patrullen heter, som Patrull 3."),
    PatternFault.UNREADABLE: _("Skriv en tid, som 21:30."),
    PatternFault.EMPTY: _("Passet slutar när det börjar. Skriv en annan tid."),
    PatternFault.NO_NIGHTS: _("Välj minst en natt."),
    PatternFault.NO_DATE: _("Skriv ett datum."),
    PatternFault.PAST: _("Välj i natt eller senare. Det som har varit ändras inte."),
    PatternFault.ORDER: _("Den sista natten är före den första."),
    PatternFault.LEFT: _("Den som slutar har sin sista natt före passets första. Välj någon annan."),
    PatternFault.SAME: _("Inget är ändrat."),
    PatternFault.OVERLAPS: _("Är i tjänst då redan: %(line)s"),
}

_WEEKS: Final[Mapping[int, str]] = {2: _("varannan vecka"), 3: _("var tredje vecka"), 4: _("var fjärde vecka")}


def pattern_line(pattern: ShiftPattern, area: str, carer: str, speech: Speech) -> str:
    """Return a pattern in a line: "Omr 3 · Patrull 1 · Anna, alla nätter 21:30–07:00"."""
    nights = nights_within(pattern.weekdays, speech)
    if pattern.every_weeks > 1:
        nights += ", " + (
            speech(_WEEKS[pattern.every_weeks])
            if pattern.every_weeks in _WEEKS
            else speech(_("var %(count)s:e vecka"), count=pattern.every_weeks)
        )
    said = speech(
        _("Omr %(area)s · %(patrol)s · %(carer)s, %(nights)s %(starts)s–%(ends)s"),
        area=area, patrol=pattern.post.patrol, carer=carer, nights=nights,
        starts=f"{pattern.starts:%H:%M}", ends=f"{pattern.ends:%H:%M}",
    )  # fmt: skip
    if pattern.until_night is not None:
        last = speech.day(pattern.until_night - timedelta(days=1))
        said += speech(_(", sista natten %(day)s"), day=last)
    return said


def rota_change(
    before: ShiftPattern | None,
    after: ShiftPattern | None,
    from_night: date,
    names: tuple[Names, Names],
    speech: Speech,
) -> str:
    """Return what an edit of the rota means, in a sentence; *names* are the areas' codes and the carers' names."""
    areas, carers = names

    def line(pattern: ShiftPattern) -> str:
        return pattern_line(pattern, areas[pattern.post.area_id], carers[pattern.post.carer_id], speech)

    day = speech.day(from_night)
    if after is None and before is not None:
        return speech(
            _("Från natten som börjar %(day)s finns inte passet längre: %(line)s."), day=day, line=line(before)
        )
    assert after is not None, "an edit ends a pattern, begins one, or both"
    if before is None:
        return speech(_("Nytt pass från natten som börjar %(day)s: %(line)s."), day=day, line=line(after))
    return speech(
        _("Från natten som börjar %(day)s: %(line)s. Till dess: %(old)s."), day=day, line=line(after), old=line(before)
    )


def hole_changes(
    before: Sequence[StaffedNight], after: Sequence[StaffedNight], codes: Names, zone: str, speech: Speech
) -> list[str]:
    """Return the nights that come to lack somebody, and how many that no longer do."""
    said, mended = [], 0
    for old, new in zip(before, after, strict=True):
        lacks = [
            each
            for each in night_sentences(new, codes, zone, speech)
            if each not in night_sentences(old, codes, zone, speech)
        ]
        said += [speech(_("%(day)s: %(lack)s"), day=_capital(speech.day(new.night)), lack=each) for each in lacks]
        mended += new.is_whole and not old.is_whole
    if mended:
        said.append(speech(_("Nätter som får personal av det: %(count)s."), count=mended))
    return said or [speech(_("Ingen natt de närmaste fjorton blir utan personal av det."))]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
