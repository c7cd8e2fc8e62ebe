"""Sentences of a resident's page: status, times, plan, the last nights and devices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from alarm_center.core.plan import Plan
from alarm_center.core.resident_record import ConsentPaper, DecisionRow, DeviceRow, NightRow, TimeRow
from alarm_center.core.supervision import SupervisionFacts, SupervisionKind, SupervisionStatus
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import CANCELLED
from alarm_center.words.pause_words import INSTEAD
from alarm_center.words.supervision_words import fault_words, pause_words_of
from schemas.vocabulary import Instead

_RUNNING: Final[Mapping[SupervisionKind, str]] = {
    SupervisionKind.CAMERA: _("Tillsyn med kamera"),
    SupervisionKind.SENSORS: _("Tillsyn med sensor"),
    SupervisionKind.VISITS: _("Tillsyn genom besök"),
}

_AFTER_TRIAL: Final[Mapping[str | None, str]] = {
    "goes_on": _("efter provet: fortsätter"),
    "visits": _("efter provet: besök"),
}
_HOW: Final[Mapping[str | None, str]] = {"spoken": _("muntligt"), "written": _("skriftligt"), "shown": _("visat")}
_AUTOMATIC: Final[Mapping[str | None, str]] = {"yes": _("ja"), "no": _("nej")}

OTHER_THERE: Final = _("den som bor med")

WEEKDAYS: Final = (_("mån"), _("tis"), _("ons"), _("tors"), _("fre"), _("lör"), _("sön"))
"""Days on which a night begins, Monday first."""


def status_sentence(
    status: SupervisionStatus, facts: SupervisionFacts, names: tuple[str, str | None], tonight: Sequence[datetime] | None,
    now: datetime, zone: str, speech: Speech,
) -> str:  # fmt: skip
    """Return the sentence that the page begins with; *names* are the resident's and the cohabitant's.

    *tonight* are looks and visits to come; ``None`` while they are being planned.
    """
    why = fault_words(status, facts, *names, speech)
    if status.kind is SupervisionKind.NOT_RUNNING:
        return speech(_("Inte igång: %(why)s."), why=why)
    if status.kind is SupervisionKind.PAUSED:
        return speech(_("Pausad %(until)s."), until=pause_words_of(facts, now, zone, speech))
    clocks = speech.listed([speech.clock(at, zone) for at in tonight or ()])
    when = speech(_("i natt %(times)s"), times=clocks) if clocks else speech(_("inget mer i natt"))
    if tonight is None:
        when = speech(_("natten planeras just nu"))
    if why:
        return speech(_("Kameran är inte igång: %(why)s. Besök i stället, %(when)s."), why=why, when=when)
    return f"{speech(_RUNNING[status.kind])}, {when}."


def decision_words(row: DecisionRow, speech: Speech) -> str:
    """Return a decision in a line: reference, days, trial and follow-up."""
    first = speech.short_day(row.starts_on)
    if row.ends_on is None:
        said = [speech(_("%(reference)s: från %(first)s, tills vidare"), reference=row.reference, first=first)]
    else:
        last = speech.short_day(row.ends_on)
        said = [speech(_("%(reference)s: %(first)s till %(last)s"), reference=row.reference, first=first, last=last)]
    if row.kind == "offer_without_test":
        said.append(speech(_("erbjudande utan individuell prövning")))
    if row.purpose:
        said.append(row.purpose)
    if row.trial_ends_on is not None:
        said.append(speech(_("provperiod till %(day)s"), day=speech.short_day(row.trial_ends_on)))
    if row.after_trial in _AFTER_TRIAL:
        said.append(speech(_AFTER_TRIAL[row.after_trial]))
    if row.follow_up_on is not None:
        said.append(speech(_("uppföljning %(day)s"), day=speech.short_day(row.follow_up_on)))
    return " · ".join(said)


def consent_words(paper: ConsentPaper, names: tuple[str, str | None], zone: str, speech: Speech) -> str:
    """Return one person's consent in a line: who, when, on what grounds, to what."""
    name = names[0] if paper.who == "resident" else names[1] or speech(_("den som bor med"))
    if paper.revoked_at is not None:
        instead = speech(INSTEAD[paper.revoked_instead or Instead.NOTHING]).lower()
        return speech(
            _("%(name)s tog tillbaka sitt ja %(day)s. I stället: %(instead)s."),
            name=name, day=_day(paper.revoked_at, zone, speech), instead=instead,
        )  # fmt: skip
    answers = (
        (_("Kamera: %(answer)s"), _yes_or_no(paper.camera)),
        (_("Sensorer: %(answer)s"), _yes_or_no(paper.sensors)),
        (_("Personal ser bilderna: %(answer)s"), _yes_or_no(paper.shown_to_people)),
        (_("Automatisk bedömning: %(answer)s"), _AUTOMATIC.get(paper.automatic, _("inte tillfrågad"))),
    )
    said = [speech(text, answer=speech(answer)) for text, answer in answers]
    if paper.capacity == "in_doubt":
        said.append(_doubt_words(paper, speech))
    if paper.second_talk_on is not None:
        said.append(speech(_("Andra samtalet %(day)s"), day=speech.short_day(paper.second_talk_on)))
    if paper.representative:
        said.append(speech(_("Företrädaren säger: %(what)s"), what=paper.representative))
    how = speech(_HOW[paper.given_how]) if paper.given_how in _HOW else ""
    present = speech(_("närvarande: %(who)s"), who=paper.present) if paper.present else ""
    day = _day(paper.given_at, zone, speech)
    head = [name, day, how, paper.language, present, paper.basis, paper.recorder or ""]
    return f"{', '.join(part for part in head if part)}. {'. '.join(said)}."


def _day(at: datetime, zone: str, speech: Speech) -> str:
    return speech.short_day(at.astimezone(ZoneInfo(zone)).date())


def _yes_or_no(yes: bool) -> str:
    return _("ja") if yes else _("nej")


def _doubt_words(paper: ConsentPaper, speech: Speech) -> str:
    if paper.legal_position is None:
        return speech(_("Beslutsförmågan är osäker: ingen tittar"))
    return speech(_("Beslutsförmågan är osäker; gäller enligt %(position)s"), position=paper.legal_position)


ROOM_UNKNOWN: Final = _(
    "Kameran känner inte rummet som det är nu: en person tittar på varje tillsyn tills en ny bild av det tomma rummet är tagen."
)


NOBODY_JUDGES: Final = _(
    "Ingen människa får se bilden, och ingen maskin får svara ensam. Då slutar varje tillsyn med kameran i ett larm. "
    "Lägg in besök i stället, eller fråga om automatisk bedömning."
)


def rule_words(
    green_by: str, signed_by: str | None, signed_on: date | None, speech: Speech, *, room_known: bool = True
) -> str:
    """Return whether a machine alone may answer a check, and who has signed for it; it does not in a room that it does not know."""
    if green_by != "detector" or signed_on is None:
        return speech(_("En person tittar på varje tillsyn."))
    day = speech.short_day(signed_on)
    signed = speech(
        _("Planen tillåter automatisk bedömning, undertecknat av %(name)s %(day)s."), name=signed_by or "", day=day
    )
    return signed if room_known else f"{signed} {speech(ROOM_UNKNOWN)}"


def time_lines(rows: Sequence[TimeRow], night: date, device: str, speech: Speech) -> list[str]:
    """Return the times in lines, those of the same nights and the same kind in one; *device* is the kind that looks."""
    return [_time_line(some, night, device, speech) for some in time_groups(rows, night)]


def time_groups(rows: Sequence[TimeRow], night: date) -> list[list[TimeRow]]:
    """Return the times in groups of the same nights, the same kind, and the same first and last night as seen on *night*."""
    groups: dict[tuple[object, ...], list[TimeRow]] = {}
    for row in rows:
        groups.setdefault((row.weekdays, row.by_visit, max(row.valid_from, night), row.valid_until), []).append(row)
    return list(groups.values())


def when_words(rows: Sequence[TimeRow], speech: Speech) -> str:
    """Return the nights and times of one of :func:`time_groups`: "Alla nätter kl 23:00 och 03:00"."""
    exact = [f"{row.local_time:%H:%M}" for row in rows if not row.window_minutes]
    said = [speech(_("kl %(time)s"), time=speech.listed(exact))] if exact else []
    said += [_window_words(row, speech) for row in rows if row.window_minutes]
    return f"{nights_words(rows[0].weekdays, speech)} {', '.join(said)}"


def _time_line(rows: Sequence[TimeRow], night: date, device: str, speech: Speech) -> str:
    one = rows[0]
    how = _("besök") if one.by_visit else _("sensor") if device == "sensors" else _("kamera")
    line = f"{when_words(rows, speech)}: {speech(how)}"
    return f"{line}{period_words(one, night, speech)}"


def period_words(row: TimeRow, night: date, speech: Speech) -> str:
    """Return from and until when a time holds, as it ends a line; empty for one that holds on *night* and further on."""
    said = ""
    if row.valid_from > night:
        said += speech(_(", från %(day)s"), day=speech.short_day(row.valid_from))
    if row.valid_until is not None:
        said += speech(_(", slutar före natten %(day)s"), day=speech.short_day(row.valid_until))
    return said


def _window_words(row: TimeRow, speech: Speech) -> str:
    end = row.local_time.hour * 60 + row.local_time.minute + row.window_minutes
    last = f"{end // 60 % 24:02}:{end % 60:02}"
    return speech(_("mellan %(first)s och %(last)s"), first=f"{row.local_time:%H:%M}", last=last)


def nights_words(weekdays: Sequence[int], speech: Speech) -> str:
    """Return the nights of a week in words: all, those before working days, or each by name."""
    match tuple(weekdays):
        case (0, 1, 2, 3, 4, 5, 6):
            return speech(_("Alla nätter"))
        case (0, 1, 2, 3, 4):
            return speech(_("Måndag–fredag"))
        case (5, 6):
            return speech(_("Lördag och söndag"))
        case some:
            said = ", ".join(speech(WEEKDAYS[day]) for day in some)
            return said[:1].upper() + said[1:]


def nights_within(weekdays: Sequence[int], speech: Speech) -> str:
    """Return the same as it stands within a sentence: English keeps the capital of a weekday."""
    said = nights_words(weekdays, speech)
    return said if speech.language == "en" and len(weekdays) < len(WEEKDAYS) else said[:1].lower() + said[1:]


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One sentence of a plan; ``own`` where the resident's answer is not the town's."""

    text: str
    own: bool


def plan_parts(plan: Plan, of_town: Plan, speech: Speech) -> list[PlanPart]:
    """Return what happens when the resident is not seen, a sentence each; *of_town* is the plan without the resident's answers."""
    parts = [
        PlanPart(_recheck_words(plan, speech), (plan.recheck, plan.rechecks) != (of_town.recheck, of_town.rechecks))
    ]
    if plan.phone_first or of_town.phone_first:
        text = _("Vi ringer hem först.") if plan.phone_first else _("Vi ringer inte hem först.")
        parts.append(PlanPart(speech(text), plan.phone_first != of_town.phone_first))
    if plan.phone_rings != of_town.phone_rings:
        parts.append(PlanPart(rings_words(plan, speech), own=True))
    if plan.two_carers or of_town.two_carers:
        text = _("Två åker.") if plan.two_carers else _("En åker.")
        parts.append(PlanPart(speech(text), plan.two_carers != of_town.two_carers))
    arrive = speech(_("Någon är framme inom %(minutes)s min."), minutes=_minutes(plan.arrive_within.total_seconds()))
    parts.append(PlanPart(arrive, plan.arrive_within != of_town.arrive_within))
    fault = (
        _("Går kameran sönder blir det besök.")
        if plan.visit_on_fault
        else _("Går kameran sönder blir det inget besök.")
    )
    parts.append(PlanPart(speech(fault), plan.visit_on_fault != of_town.visit_on_fault))
    return parts


def rings_words(plan: Plan, speech: Speech) -> str:
    """Return how long the resident's phone is left to ring, or that it is not called."""
    if plan.phone_rings == 0:
        return speech(_("Hör inte telefonen: ring inte hem."))
    return speech(_("Låt telefonen ringa %(count)s signaler."), count=plan.phone_rings)


def _recheck_words(plan: Plan, speech: Speech) -> str:
    minutes = _minutes(plan.recheck.total_seconds())
    if plan.rechecks == 0:
        return speech(_("Syns personen inte larmar vi direkt."))
    if plan.rechecks == 1:
        return speech(_("Syns personen inte tittar vi igen efter %(minutes)s min, och larmar sedan."), minutes=minutes)
    return speech(
        _("Syns personen inte tittar vi igen %(count)s gånger med %(minutes)s min emellan, och larmar sedan."),
        count=plan.rechecks, minutes=minutes,
    )  # fmt: skip


def _minutes(seconds: float) -> int:
    return round(seconds / 60)


@dataclass(frozen=True, slots=True)
class NightCell:
    """One night of the strip: its day, a shape's name, and words."""

    night: date
    shape: str
    text: str


SHAPES: Final[Mapping[str, str]] = {"alarm": "▲", "visit": "→", "off": "–", "seen": "✓", "none": "·"}


def night_cells(rows: Sequence[NightRow], nights: Sequence[date], speech: Speech) -> list[NightCell]:
    """Return each of *nights* with what came of its checks."""
    by_night = {night: list(group) for night, group in groupby(rows, key=lambda row: row.night)}
    return [_cell(night, by_night.get(night, []), speech) for night in nights]


def _cell(night: date, rows: Sequence[NightRow], speech: Speech) -> NightCell:
    seen = sum(row.state == "seen" for row in rows)
    alarms = [row for row in rows if row.state == "alarmed"]
    visits = sum(row.state == "cancelled" and row.instead == "visit" for row in rows)
    off = {row.cancel_reason for row in rows if row.state == "cancelled" and row.instead != "visit"}
    cases = dict.fromkeys(row.case_no for row in alarms)
    said = [speech(_("larm %(number)s"), number=number) if number else speech(_("larm")) for number in cases]
    if visits:
        said.append(speech(_("%(count)s besök"), count=visits))
    said += [
        speech(CANCELLED[reason]) for reason in sorted(each for each in off if each is not None and each in CANCELLED)
    ]
    if seen:
        said.append(speech(_("%(count)s sedda"), count=seen))
    shape = "alarm" if alarms else "visit" if visits else "off" if off else "seen" if seen else "none"
    return NightCell(night, shape, ", ".join(said) or speech(_("ingen tillsyn")))


def device_words(row: DeviceRow, zone: str, speech: Speech) -> str:
    """Return a device in a line: what it is, whether it is there, and what is wrong."""
    kind = speech(_("Kamera")) if row.kind == "camera" else speech(_("Sensor"))
    said = [f"{kind} {row.label or row.device_id}"]
    if row.fault is not None or row.camera_ok is False:
        said.append(speech(_("felanmäld")))
    if row.last_heard_at is None:
        said.append(speech(_("har aldrig hörts")))
    else:
        heard = f"{speech.dated(row.last_heard_at, zone)} {speech.clock(row.last_heard_at, zone)}"
        text = _("ansluten, hörd %(time)s") if row.connected else _("inte ansluten, hörd %(time)s")
        said.append(speech(text, time=heard))
    if not row.confirmed:
        said.append(speech(_("har inte bekräftat de senaste tiderna")))
    if row.unseen_in_dark:
        said.append(speech(_("inte sett i mörker: en person bedömer")))
    return " · ".join(said)
