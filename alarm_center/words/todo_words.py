"""Sentences of the planner's first page: each discrepancy with its owner and its one button, and the lines of tonight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core.day_matters import IDLES, AreaTonight, OpenMatter, SilentDevice
from alarm_center.core.roster import DutyShift
from alarm_center.core.staffing import StaffedNight
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import ROLES
from schemas.vocabulary import Duty, Role


class TodoGoal(StrEnum):
    """A page on which a discrepancy is mended, or the person who mends it is found."""

    RESIDENT = "resident"
    TIMES = "times"
    DECISION = "decision"
    FOLLOW_UP = "follow-up"
    CONSENT = "consent"
    """The consent of whoever the discrepancy is about."""
    PLAN = "plan"
    STAFF = "staff"
    CARERS = "carers"
    OMBUDSMEN = "ombudsmen"
    NIGHT = "night"
    END = "end"
    """The page that ends the supervision of somebody who has moved or died."""
    DEVICE = "device"
    RETIRE = "retire"
    AUTOMATIC = "automatic"
    """The resident's nights beside the detector."""
    FILES = "files"
    FILE = "file"
    """No page mends it yet: the town's file does."""


@dataclass(frozen=True, slots=True)
class TodoText:
    """A discrepancy in plain words: the sentence, whose task it is, where its button leads, and what the button says."""

    sentence: str
    owner: Role
    goal: TodoGoal
    button: str


OPEN: Final = _("Öppna brukaren")
_RESIDENT: Final = TodoGoal.RESIDENT
_TO_DECIDE: Final = _("Bestäm vad som ska gälla")
_NEW_DECISION: Final = _("Lägg in beslut")
_END_IT: Final = _("Avsluta tillsynen")
_TO_ASK: Final = _("Registrera svaret")

SENTENCES: Final[Mapping[str, TodoText]] = {
    # ---- decision ----
    "decision_missing": TodoText(
        _("%(name)s har tider men inget beslut eller erbjudande."), Role.CASE_OFFICER, TodoGoal.DECISION, _NEW_DECISION
    ),
    "decision_ended": TodoText(
        _("Beslutet för %(name)s slutade %(past)s, och inget nytt finns."), Role.CASE_OFFICER, TodoGoal.DECISION, _NEW_DECISION
    ),
    "decision_ending": TodoText(
        _("Beslutet för %(name)s slutar %(coming)s, och inget nytt finns."), Role.CASE_OFFICER, TodoGoal.DECISION, _NEW_DECISION
    ),
    "trial_ending": TodoText(
        _("Provperioden för %(name)s slutar %(coming)s."), Role.CASE_OFFICER, TodoGoal.FOLLOW_UP, _TO_DECIDE
    ),
    "trial_ended": TodoText(
        _("Provperioden för %(name)s slutade %(past)s. Vad ska gälla nu?"), Role.CASE_OFFICER, TodoGoal.FOLLOW_UP, _TO_DECIDE
    ),
    "follow_up_passed": TodoText(
        _("Uppföljningen av %(name)s skulle ha gjorts %(past)s."), Role.CASE_OFFICER, TodoGoal.FOLLOW_UP, _("Boka uppföljning")
    ),
    "decision_without_times": TodoText(
        _("%(name)s har ett beslut men inga tider."), Role.COORDINATOR, TodoGoal.TIMES, _("Lägg in tider")
    ),
    # ---- the care record ----
    "decision_only_in_record": TodoText(
        _("Verksamhetssystemet har ett beslut för %(name)s som inte finns här."), Role.CASE_OFFICER, _RESIDENT, OPEN
    ),
    "record_resident_unknown": TodoText(
        _("Verksamhetssystemet har ett beslut för brukare nummer %(number)s, som inte finns här."),
        Role.CASE_OFFICER, TodoGoal.FILES, _("Ta in en fil"),
    ),
    "decision_not_in_record": TodoText(
        _("Beslutet för %(name)s finns inte i verksamhetssystemet."), Role.CASE_OFFICER, _RESIDENT, OPEN
    ),
    "decision_differs_from_record": TodoText(
        _("Beslutet för %(name)s har andra datum eller annan sort i verksamhetssystemet."), Role.CASE_OFFICER, _RESIDENT, OPEN
    ),
    "record_file_old": TodoText(
        _("Besluten jämfördes senast med verksamhetssystemets fil %(past)s."), Role.CASE_OFFICER, TodoGoal.FILES,
        _("Ta in en fil"),
    ),
    "file_failed": TodoText(
        _("En fil gick inte att läsa, efter tre försök. Den som tog in den ser vilken."), Role.COORDINATOR, TodoGoal.FILES,
        _("Ta in en fil"),
    ),
    "company_missing": TodoText(_("%(name)s saknar sällskap, sa uppföljningen."), Role.COORDINATOR, _RESIDENT, OPEN),
    # ---- from the homes ----
    "carer_deviation": TodoText(
        _("Avvikelse hos %(name)s, larm %(number)s, enligt %(carer)s."), Role.LEAD, _RESIDENT, OPEN
    ),
    "carer_key_mismatch": TodoText(
        _("Nyckeln till %(name)s stämmer inte, enligt %(carer)s i larm %(number)s."), Role.COORDINATOR, _RESIDENT, OPEN
    ),
    "carer_door_code_mismatch": TodoText(
        _("Portkoden till %(name)s stämmer inte, enligt %(carer)s i larm %(number)s."), Role.COORDINATOR, _RESIDENT, OPEN
    ),
    "carer_address_mismatch": TodoText(
        _("Adressen till %(name)s stämmer inte, enligt %(carer)s i larm %(number)s."), Role.COORDINATOR, _RESIDENT, OPEN
    ),
    "carer_phone_mismatch": TodoText(
        _("Telefonnumret till %(name)s stämmer inte, enligt %(carer)s i larm %(number)s."), Role.COORDINATOR, _RESIDENT, OPEN
    ),
    # ---- consent ----
    "consent_missing": TodoText(_("%(who)s har inte sagt ja."), Role.CASE_OFFICER, TodoGoal.CONSENT, _TO_ASK),
    "consent_withdrawn": TodoText(
        _("%(who)s har tagit tillbaka sitt ja. Hur ska nätterna vara?"), Role.CASE_OFFICER, TodoGoal.CONSENT, _TO_ASK
    ),
    "capacity_in_doubt": TodoText(
        _("Beslutsförmågan hos %(who)s är osäker, och ingen rättslig grund är vald. Kameran är släckt."),
        Role.CASE_OFFICER, TodoGoal.CONSENT, _TO_ASK,
    ),
    "second_talk_missing": TodoText(
        _("Andra samtalet om samtycke med %(who)s har inte hållits."), Role.CASE_OFFICER, TodoGoal.CONSENT, _("Registrera samtalet")
    ),
    "automatic_not_agreed": TodoText(
        _("%(who)s har inte fått frågan om automatisk bedömning."), Role.CASE_OFFICER, TodoGoal.CONSENT, _TO_ASK
    ),
    "legal_position_review_passed": TodoText(
        _("Kommunens ställningstagande om beslutsförmåga skulle ha setts över %(past)s."),
        Role.CASE_OFFICER, TodoGoal.FILE, _("Rättas i kommunens fil"),
    ),
    "signed_by_nobody": TodoText(
        _("Automatisk bedömning för %(name)s är inte undertecknad av någon som arbetar här."),
        Role.COORDINATOR, TodoGoal.PLAN, _("Ändra planen"),
    ),
    "automatic_offered": TodoText(
        _("Automatisk bedömning kan slås på för %(name)s: 14 nätter bredvid en person."),
        Role.COORDINATOR, TodoGoal.AUTOMATIC, _("Se nätterna"),
    ),
    "green_taken_back": TodoText(
        _("Automatisk bedömning för %(name)s togs tillbaka av sig själv. En person tittar på varje tillsyn."),
        Role.COORDINATOR, TodoGoal.AUTOMATIC, _("Se varför"),
    ),
    "room_not_known": TodoText(
        _("Kameran hos %(name)s känner inte rummet som det är nu. En person tittar på varje tillsyn, fast planen tillåter automatisk bedömning."),
        Role.INSTALLER, _RESIDENT, OPEN,
    ),
    # ---- device ----
    "device_missing": TodoText(
        _("%(name)s ska ha tillsyn med kamera men ingen kamera är kopplad."), Role.COORDINATOR, TodoGoal.DEVICE, _("Koppla utrustning"),
    ),
    "mounting_stopped": TodoText(
        _("Monteringen hos %(name)s avbröts %(past)s, och ingen kamera är kopplad. Prata med %(name)s, och boka på nytt."),
        Role.COORDINATOR, _RESIDENT, OPEN,
    ),
    "mounting_missed": TodoText(
        _("Monteringen hos %(name)s skulle ha gjorts %(past)s."), Role.COORDINATOR, _RESIDENT, OPEN
    ),
    "device_without_decision": TodoText(
        _("%(name)s har kvar utrustning men inget beslut som gäller."), Role.INSTALLER, _RESIDENT, OPEN
    ),
    "device_without_consent": TodoText(
        _("%(name)s har utrustning som samtycket inte gäller. Den tittar inte."), Role.CASE_OFFICER, _RESIDENT, OPEN
    ),
    "device_left_behind": TodoText(
        _("Utrustningen %(device)s är kvar hos någon som har flyttat eller avlidit. Hämta den."),
        Role.CASE_OFFICER, TodoGoal.END, _END_IT,
    ),
    "supervision_to_end": TodoText(
        _("%(name)s har avlidit, och det är bekräftat. Avsluta tillsynen."), Role.CASE_OFFICER, TodoGoal.END, _END_IT
    ),
    "device_silent": TodoText(
        _("Utrustningen hos %(name)s har inte hörts på ett dygn."), Role.INSTALLER, _RESIDENT, OPEN
    ),
    "handed_to_installer": TodoText(
        _("Utrustningen hos %(name)s svarar inte och är lämnad till installatören."), Role.INSTALLER, _RESIDENT, OPEN
    ),
    "device_faulty": TodoText(_("Utrustningen hos %(name)s är felanmäld."), Role.INSTALLER, _RESIDENT, OPEN),
    "judge_at_home_down": TodoText(
        _("Utrustningen hos %(name)s tolkar inte sina egna bilder. En person tittar på varje tillsyn."), Role.INSTALLER, _RESIDENT, OPEN
    ),
    "camera_perhaps_unwanted": TodoText(
        _("Kameran hos %(name)s har varit täckt, vriden eller utan ström %(days)s av de senaste 14 nätterna. Vill %(name)s ha den?"),
        Role.CASE_OFFICER, _RESIDENT, OPEN,
    ),
    "retirement_waits": TodoText(
        _("Kameran %(device)s ska tas ner hos %(name)s. En andra person bekräftar eller låter den sitta."),
        Role.COORDINATOR, TodoGoal.RETIRE, _("Läs och bekräfta"),
    ),
    "camera_covered": TodoText(
        _("Kameran hos %(name)s var täckt %(days)s av 14 nätter. Fråga %(name)s, eller flytta den."), Role.COORDINATOR, _RESIDENT, OPEN
    ),
    "config_unconfirmed": TodoText(
        _("Utrustningen hos %(name)s har inte bekräftat de senaste tiderna."), Role.INSTALLER, _RESIDENT, OPEN
    ),
    # ---- times and checks ----
    "slot_without_check": TodoText(
        _("En tid för %(name)s i natt har ingen tillsyn planerad."), Role.COORDINATOR, TodoGoal.TIMES, _("Se tiderna")
    ),
    "check_without_slot": TodoText(
        _("En tillsyn hos %(name)s i natt har ingen tid i planen."), Role.COORDINATOR, TodoGoal.TIMES, _("Se tiderna")
    ),
    "check_of_other_device": TodoText(
        _("En tillsyn hos %(name)s i natt hör till en annan brukares utrustning."), Role.INSTALLER, _RESIDENT, OPEN
    ),
    # ---- staff ----
    "carer_without_shift": TodoText(
        _("%(carer)s har inga kommande pass."), Role.COORDINATOR, TodoGoal.STAFF, _("Se bemanningen")
    ),
    IDLES: TodoText(
        _("%(count)s personer har inga kommande pass: %(carers)s."), Role.COORDINATOR, TodoGoal.CARERS, _("Se personalen")
    ),
    "carer_untested": TodoText(
        _("%(carer)s har inte svarat på test-SMS:et. Ring före första passet."), Role.COORDINATOR, TodoGoal.CARERS, _("Se personalen")
    ),
    "ombudsmen_lacking": TodoText(
        _("Område %(area)s har inte två larmombud."), Role.COORDINATOR, TodoGoal.OMBUDSMEN, _("Se larmombuden")
    ),
    "ombudsman_ending": TodoText(
        _("%(carer)s slutar som larmombud i område %(area)s %(coming)s."), Role.COORDINATOR, TodoGoal.OMBUDSMEN,
        _("Se larmombuden"),
    ),
    "rota_ending": TodoText(
        _("Bemanningen i område %(area)s är inlagd bara till %(coming)s."), Role.COORDINATOR, TodoGoal.STAFF,
        _("Se bemanningen"),
    ),
    "area_uncovered": TodoText(
        _("Ingen patrull i område %(area)s i natt %(from)s–%(until)s."), Role.COORDINATOR, TodoGoal.STAFF,
        _("Se bemanningen"),
    ),
    "nobody_behind_the_patrols": TodoText(
        _("Ingen nattledare i natt, och inget fast nummer."), Role.COORDINATOR, TodoGoal.STAFF, _("Se bemanningen")
    ),
    "reserve_list_missing": TodoText(
        _("Reservlistan för område %(area)s är inte skriven."), Role.LEAD, TodoGoal.NIGHT, _("Se natten")
    ),
}  # fmt: skip
"""The words of each code of reconciliation (store/reconciliation.py, preparation/reconciliation.py), and of follow-ups' tasks."""

UNKNOWN: Final = TodoText(_("Något stämmer inte: %(code)s."), Role.COORDINATOR, TodoGoal.NIGHT, _("Se natten"))
"""The words of a code that this release does not know: a newer replica has found it."""


GATED: Final = frozenset({"decision_missing", "decision_ended", "trial_ended", "consent_missing", "capacity_in_doubt"})
"""Codes of which the gate makes visits, until a person has said what comes next (docs/planning-data.md#the-gate)."""

_VISITS_MEANWHILE: Final = _("Det blir besök tills någon bestämmer.")


def text_of(code: str) -> TodoText:
    """Return the words of a code."""
    return SENTENCES.get(code, UNKNOWN)


def owner_of(matter: OpenMatter) -> Role:
    """Return the role whose task the matter is: to whom it was handed on, or else by its code."""
    return Role(matter.owner) if matter.owner in set(Role) else text_of(matter.code).owner


def owner_words(matter: OpenMatter, speech: Speech) -> str:
    """Return whose task it is, and by which day where somebody has said one."""
    role = matter.person or speech(ROLES[owner_of(matter)])
    if matter.due_on is None:
        return role
    return speech(_("%(role)s, senast %(day)s"), role=role, day=speech.near_day(matter.due_on))


def matter_sentence(matter: OpenMatter, zone: str, speech: Speech) -> str:
    """Return what is wrong, in a sentence with its names and days."""
    days = timedelta(days=int(matter.data.get("days", 0)))
    name = matter.resident or ""
    who = matter.cohabitant if matter.data.get("who") == "cohabitant" else name
    said = speech(
        text_of(matter.code).sentence,
        name=name, days=days.days, who=who or speech(_("Den som bor med")), area=matter.area or "", carer=matter.carer or "",
        count=len(matter.data.get("carers", ())),
        carers=speech.listed([str(each) for each in matter.data.get("carers", ())]), device=matter.device_id or "", code=matter.code, number=matter.data.get("wanted", ""), past=speech.short_day(matter.night - days),
        coming=speech.short_day(matter.night + days), until=_clock(matter.data.get("until"), zone, speech),
        **{"from": _clock(matter.data.get("from_at"), zone, speech)},
    )  # fmt: skip
    if matter.data.get("note"):
        return f"{said} ”{matter.data['note']}”"
    return f"{said} {speech(_VISITS_MEANWHILE)}" if matter.endangers and matter.code in GATED else said


def _clock(said: object, zone: str, speech: Speech) -> str:
    return speech.clock(datetime.fromisoformat(said), zone) if isinstance(said, str) else ""


def silent_sentence(device: SilentDevice, zone: str, speech: Speech) -> str:
    """Return which device cannot look, since when, and which look is next by it."""
    look = speech.clock(device.opens_at, zone)
    if device.faulty:
        text = _("%(name)s: kameran är trasig. Tillsyn %(look)s.")
    elif device.last_heard_at is None:
        text = _("%(name)s: kameran har aldrig hörts. Tillsyn %(look)s.")
    else:
        text = _("%(name)s: kameran har inte hörts sedan %(heard)s. Tillsyn %(look)s.")
    if device.kind != "camera":
        text = _("%(name)s: sensorn svarar inte. Tillsyn %(look)s.")
    heard = "" if device.last_heard_at is None else _heard(device.last_heard_at, device.opens_at, zone, speech)
    return speech(text, name=device.resident, look=look, heard=heard)


def _heard(at: datetime, look: datetime, zone: str, speech: Speech) -> str:
    clock = speech.clock(at, zone)
    same = look - at < timedelta(hours=18)
    return clock if same else f"{speech.short_day(at.astimezone(ZoneInfo(zone)).date())} {clock}"


def area_sentence(area: AreaTonight, shifts: Sequence[DutyShift], zone: str, speech: Speech) -> str:
    """Return an area's night in a line: looks and visits, whether its patrols have answered, and the reserve list."""
    said = [speech(_("%(looks)s tillsyner, %(visits)s besök."), looks=area.looks, visits=area.visits)]
    patrols = sorted((s for s in shifts if s.duty is Duty.PATROL), key=lambda s: (s.starts_at, s.patrol))
    said += [speech(_patrol_text(s), patrol=s.patrol, time=speech.clock(s.starts_at, zone)) for s in patrols]
    if not patrols and area.looks + area.visits:
        said.append(speech(_("Ingen patrull är inlagd.")))
    if area.list_made_at is None:
        said.append(speech(_("Reservlistan skrivs 20:00.")))
    elif area.list_fetched_at is None:
        said.append(speech(_("Reservlistan är inte hämtad.")))
    else:
        at = speech.clock(area.list_fetched_at, zone)
        said.append(speech(_("Reservlistan hämtad av %(who)s %(time)s."), who=area.list_fetched_by or "–", time=at))
    return " ".join(said)


def _patrol_text(shift: DutyShift) -> str:
    if shift.mustered is True:
        return _("%(patrol)s har bekräftat.")
    if shift.mustered is False:
        return _("%(patrol)s har svarat nej.")
    return _("%(patrol)s frågas %(time)s.") if shift.muster_asked_at is None else _("%(patrol)s har inte svarat.")


def night_sentences(night: StaffedNight, codes: Mapping[UUID, str], zone: str, speech: Speech) -> list[str]:
    """Return who is missing on a night ahead, a sentence each; *codes* are the areas'."""
    said = [
        speech(
            _("Område %(area)s: ingen patrull %(from)s–%(until)s."),
            area=codes.get(hole.area_id, "?"), until=speech.clock(hole.until, zone), **{"from": speech.clock(hole.from_at, zone)},
        )
        for hole in sorted(night.holes, key=lambda each: (codes.get(each.area_id, "?"), each.from_at))
    ]  # fmt: skip
    if night.leaderless:
        said.append(speech(_("Ingen nattledare.")))
    return said


def greeting(now: datetime, zone: str, name: str, speech: Speech) -> str:
    """Return a greeting by the hour, with the person's first name."""
    hour = now.astimezone(ZoneInfo(zone)).hour
    text = (
        _("God morgon, %(name)s") if 5 <= hour < 10 else _("God kväll, %(name)s") if hour >= 18 else _("Hej, %(name)s")
    )
    return speech(text, name=name.split()[0] if name.split() else name)


NO_MOBILE: Final = _("Skriv ett mobilnummer, som 070-174 06 05.")
SAY_WHY: Final = _("Skriv varför, så att nattens personal förstår.")


def visits_sentence(looks: Sequence[datetime], zone: str, speech: Speech) -> str:
    """Return what making tonight's looks into visits means."""
    if not looks:
        return speech(_("Ingen tillsyn med kamera eller sensor är kvar i natt."))
    clocks = speech.listed([speech.clock(at, zone) for at in looks])
    return speech(
        _("I natt %(times)s blir det besök av patrullen i stället för kameran. Från nästa natt är det som vanligt."),
        times=clocks,
    )
