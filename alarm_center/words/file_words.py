"""Sentences of a file that a planner brings in: its mistakes, its changes a resident, what it would undo, and how far it has come."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alarm_center.core.uploaded_file import FileLimit, FileState
from alarm_center.words import times_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.csv_words import RESIDENT_COLUMNS, TIME_COLUMNS
from alarm_center.words.resident_page_words import nights_within
from alarm_center.words.town_words import ACTIONS, CHANGE, CHANGE_WITH_DETAIL, THINGS
from schemas.vocabulary import ImportAction

OTHER_TOWN: Final = _("filen gäller %(other)s, inte %(own)s; välj rätt kommun eller rätt fil")

LIMITS: Final[Mapping[FileLimit, str]] = {
    FileLimit.BY_COMMAND: _(
        "kommunens egna inställningar ändras inte här; låt dem stå som de är, eller be den som driver tjänsten"
    ),
    FileLimit.PEOPLE: _("inloggningar och roller ändras på sidan Personal; låt %(name)s stå som förut i filen"),
    FileLimit.WHOLE_TOWN: _("%(name)s gäller hela kommunen, och du har en del av den; be en samordnare för hela kommunen"),
    FileLimit.COORDINATOR: _("tider, plan, utrustning och bemanning är samordnarens; ta bort dem, eller låt samordnaren föra in filen"),
    FileLimit.OTHERS_RESIDENT: _("brukaren hör till ett annat område eller en annan utförare än dina; ta bort raden"),
}  # fmt: skip
"""The reason why a change of the file is not the person's, and the remedy."""

RECORD_OF_WHOLE_TOWN: Final = _(
    "filen gäller hela kommunen, och du har en del av den; be en handläggare för hela kommunen"
)
NO_FILE: Final = _("Välj en fil först.")
TOO_LARGE: Final = _("Filen är större än 8 MB. Dela den, eller spara den som CSV utan bilder.")
EMPTY: Final = _("Filen är tom. Spara den igen från Excel och prova på nytt.")
TICK_ALL: Final = _("Kryssa för varje ändring som filen får ta tillbaka, eller rätta filen. Inget är ändrat.")
CHANGED_SINCE: Final = _("Granskningen är gjord om sedan du öppnade sidan. Läs den igen.")

STATES: Final[Mapping[FileState, str]] = {
    FileState.UPLOADED: _("läses"),
    FileState.REFUSED: _("har fel"),
    FileState.REVIEWED: _("väntar på dig"),
    FileState.CONFIRMED: _("förs in"),
    FileState.DONE: _("införd"),
    FileState.WITHDRAWN: _("togs bort"),
    FileState.FAILED: _("gick inte att läsa"),
}

COLUMNS: Final[Mapping[str, str]] = {
    "name": _("namn"),
    "area_id": _("område"),
    "address": _("adress"),
    "phone": _("telefon"),
    "performer": _("utförare"),
    "risk": _("risk"),
    "pets": _("husdjur"),
    "protected": _("skyddade uppgifter"),
    "cohabitant": _("den som bor med"),
    "cohabitant_sleeps": _("var den som bor med sover"),
    "shares_bed_with": _("vem som delar säng"),
    "access": _("vägen in"),
    "port_code": _("portkoden"),
    "key_place": _("nyckelns plats"),
    "second_way": _("annan väg in"),
    "door_tried_on": _("dagen då dörren provades"),
    "marks": _("bra att veta"),
    "notes": _("anteckningar"),
    "closed_to": _("spärrad för"),
    "contacts": _("kontakter"),
    "moved_at": _("har flyttat"),
    "died_at": _("har avlidit"),
}  # fmt: skip

PARTS: Final[Mapping[str, str]] = {
    "resident": _("uppgifterna"),
    "consent": _("samtycket"),
    "decision": _("beslutet"),
    "plan": _("planen"),
    "slot": _("tiderna"),
    "times": _("tiderna"),
    "device": _("utrustningen"),
    "organisation": _("kommunens inställningar"),
    "areas": _("området"),
    "performers": _("utföraren"),
    "legal_positions": _("ställningstagandet"),
    "users": _("användaren"),
    "carers": _("personalen"),
    "shifts": _("passet"),
}
"""A part of a town in the definite form, for what is changed and for what would be undone."""

_HEADS: Final = {
    **{column: head for heads in (TIME_COLUMNS, RESIDENT_COLUMNS) for head, column in heads.items()},
    "id": "utrustning",
}


# ---- mistakes ----


def place_words(path: str) -> str:
    """Return the heading of the column that a mistake is in, as the table has it; a town's file has the place itself."""
    return _HEADS.get(path, path)


def said_words(said: Mapping[str, Any], speech: Speech) -> str:
    """Return a kept sentence in words, with a capital letter and a stop."""
    text = _kept(said, speech)
    # A word of the person's own stays as it was written.
    text = text if said["text"].startswith("%(") else text[:1].upper() + text[1:]
    return text + ("" if text.endswith((".", "?", "!")) else ".")


def _kept(said: Mapping[str, Any] | str, speech: Speech) -> str:
    """Return a sentence that was kept without a language; plain text stays as it is."""
    if not isinstance(said, Mapping):
        return said
    text: str = said["text"]
    return speech(text, **said["values"])


# ---- what would change ----


def resident_sentence(changes: Sequence[Mapping[str, Any]], tonight: date, speech: Speech) -> str:
    """Return what the file would change for one resident: "02:00 blir 03:00, gäller från i natt"."""
    said = []
    added = any(each["what"] == "resident" and each["action"] == ImportAction.ADDED for each in changes)
    if added:
        said.append(speech(_("ny brukare")))
    said += _times(changes, tonight, speech)
    for each in changes:
        if each["what"] == "slot" or (added and each["action"] == ImportAction.ADDED):
            continue
        said.append(_change(each, speech))
    return "; ".join(said)


def _change(each: Mapping[str, Any], speech: Speech) -> str:
    thing, action, detail = each["what"], ImportAction(each["action"]), each["detail"]
    if thing == "device":
        text = {
            ImportAction.ADDED: _("utrustningen %(name)s kopplas"),
            ImportAction.ENDED: _("utrustningen %(name)s %(how)s"),
        }
        how = _kept(detail, speech)
        if action in text:
            return speech(text[action], name=each["name"], how=how)
        return speech(_("utrustningen %(name)s ändras"), name=each["name"])
    part = speech(PARTS.get(thing, thing))
    if isinstance(detail, Mapping):
        return speech(_("%(part)s: %(how)s"), part=part, how=_kept(detail, speech))
    if thing == "resident" and detail:
        columns = [speech(COLUMNS.get(name, name)) for name in detail.split(", ")]
        return speech(_("%(columns)s ändras"), columns=speech.listed(columns))
    return speech(_("%(part)s läggs in") if action is ImportAction.ADDED else _("%(part)s ändras"), part=part)


def _times(changes: Sequence[Mapping[str, Any]], tonight: date, speech: Speech) -> list[str]:
    slots = [each for each in changes if each["what"] == "slot"]
    if not slots:
        return []
    slots.sort(key=lambda each: _night_order(each["name"]))
    old = [_slot(each["name"], speech) for each in slots if each["action"] == ImportAction.ENDED]
    new = [_slot(each["name"], speech) for each in slots if each["action"] == ImportAction.ADDED]
    said = {"old": speech.listed(old), "new": speech.listed(new)}
    if old and new:
        text = speech(_("%(old)s blir %(new)s"), **said)
    else:
        text = speech(_("tillsyn %(new)s läggs till") if new else _("tillsyn %(old)s slutar"), **said)
    night = min(date.fromisoformat(each["detail"]["values"]["night"]) for each in slots)
    if night <= tonight:
        return [speech(_("%(times)s, gäller från i natt"), times=text)]
    nights = times_words.night_words(night, speech)
    return [speech(_("%(times)s, gäller från natten %(night)s"), times=text, night=nights)]


def _night_order(name: str) -> tuple[bool, str]:
    """Return the place of a time in its night, which begins at noon."""
    clock = name.split(" ")[1]
    return (clock < "12", clock)


def _slot(name: str, speech: Speech) -> str:
    """Return a time as people say it, from the import's own ``1 02:00+60 mon,tue``."""
    _number, clock, *days = name.split(" ")
    start, plus, window = clock.partition("+")
    if plus:
        ends = datetime.strptime(start, "%H:%M") + timedelta(minutes=int(window))  # noqa: DTZ007 -- a wall time
        start = speech(_("%(start)s–%(end)s"), start=start, end=f"{ends:%H:%M}")
    if not days:
        return start
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    nights = nights_within([week.index(day) for day in days[0].split(",")], speech)
    return speech(_("%(start)s (%(nights)s)"), start=start, nights=nights)


def town_sentence(each: Mapping[str, Any], speech: Speech) -> str:
    """Return one change that is not a resident's: an area, a shift, somebody of the staff."""
    how, what, did = _kept(each["detail"], speech), THINGS[each["what"]], ACTIONS[ImportAction(each["action"])]
    text = CHANGE_WITH_DETAIL if how else CHANGE
    text = speech(text, thing=speech(what), name=each["name"], action=speech(did), detail=how)
    return text[:1].upper() + text[1:]


# ---- what would be undone ----


def undone_sentence(each: Mapping[str, Any], zone: str, speech: Speech) -> str:
    """Return whose later change the file would take back: "Elsa Gran, tiderna: Petra P. ändrade mån 23 nov 14:10"."""
    known = PARTS.get(each["part"])
    part = speech(known) if known else each["part"]
    subject = (
        speech(_("%(name)s, %(part)s"), name=each["name"], part=part) if each["name"] else f"{part} {each['thing']}"
    )
    if each["at"] is None:
        return speech(_("%(subject)s: ändrat sedan filen skrevs."), subject=subject.strip().capitalize())
    at = datetime.fromisoformat(each["at"])
    return speech(
        _("%(subject)s: %(who)s ändrade %(day)s %(time)s."),
        subject=subject, who=each["who"], day=speech.near_day(_day(at, zone)), time=speech.clock(at, zone),
    )  # fmt: skip


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def state_sentence(state: FileState, done: int, everybody: int, speech: Speech) -> str:
    """Return how far the file has come, while its person waits."""
    if state is FileState.UPLOADED:
        return speech(_("Filen läses. Det tar några sekunder, för tusentals brukare upp till en minut."))
    if not done or not everybody:
        return speech(_("Filen kontrolleras en gång till innan något ändras."))
    counts = {"done": _thousands(done, speech), "everybody": _thousands(everybody, speech)}
    return speech(_("%(done)s av %(everybody)s"), **counts)


def _thousands(number: int, speech: Speech) -> str:
    return f"{number:,}".replace(",", "\u00a0" if speech.language == "sv" else ",")
