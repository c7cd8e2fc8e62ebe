"""Words of the register of equipment: kinds, states, where a piece is, what is wrong with a form or a table, and what has happened."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from alarm_center.core.equipment import (
    EquipmentEvent,
    EquipmentFault,
    EquipmentKind,
    EquipmentPiece,
    EquipmentState,
    moves_of,
)
from alarm_center.core.equipment_table import COLUMNS, EquipmentProblem
from alarm_center.words.catalogues import SPEECHES, Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.supervision_words import PROTECTED

KINDS: Final[Mapping[EquipmentKind, str]] = {
    EquipmentKind.CAMERA: _("Kamera"),
    EquipmentKind.SENSORS: _("Sensorer"),
    EquipmentKind.PHONE: _("Telefon"),
}
STATES: Final[Mapping[EquipmentState, str]] = {
    EquipmentState.ORDERED: _("Beställd"),
    EquipmentState.STOCK: _("I lager"),
    EquipmentState.MOUNTED: _("Monterad"),
    EquipmentState.REPAIR: _("På reparation"),
    EquipmentState.LOST: _("Borta"),
    EquipmentState.WIPED: _("Rensad"),
    EquipmentState.SCRAPPED: _("Kasserad"),
}
IN_USE: Final = _("I bruk")
"""A phone that is mounted."""
MOVES: Final[Mapping[EquipmentState, str]] = {
    EquipmentState.ORDERED: _("Beställd"),
    EquipmentState.STOCK: _("Ställ i lager"),
    EquipmentState.MOUNTED: _("Ta i bruk"),
    EquipmentState.REPAIR: _("Skicka på reparation"),
    EquipmentState.LOST: _("Den är borta"),
    EquipmentState.WIPED: _("Rensad, eller förstörd"),
    EquipmentState.SCRAPPED: _("Kassera"),
}
HEADINGS: Final[Mapping[str, str]] = {
    "number": _("Inventarienummer"),
    "kind": _("Sort"),
    "state": _("Läge"),
    "serial": _("Serienummer"),
    "model": _("Modell"),
    "sim_iccid": _("SIM-kort (ICCID)"),
    "sim_number": _("SIM-kortets nummer"),
    "warranty_until": _("Garanti till"),
    "phone": _("Telefonnummer"),
    "note": _("Anteckning"),
}
REPORTED: Final = (_("Sitter hos"), _("Område"), _("Enhet"), _("Program"), _("Hörd"))
"""Headings of the columns that only go out: the service knows them by itself."""

FAULTS: Final[Mapping[EquipmentFault, str]] = {
    EquipmentFault.NO_NUMBER: _("Skriv inventarienumret som står på etiketten."),
    EquipmentFault.NUMBER_LONG: _("Inventarienumret är längre än 40 tecken. Skriv bara numret."),
    EquipmentFault.KNOWN: _("Numret finns redan i registret. Sök på det."),
    EquipmentFault.TWICE: _("Numret finns på en rad till. Ta bort den ena."),
    EquipmentFault.NO_KIND: _("Skriv kamera, sensorer eller telefon."),
    EquipmentFault.OTHER_KIND: _("Numret är en annan sort i registret. Rätta numret eller sorten."),
    EquipmentFault.NO_STATE: _("Skriv beställd, i lager, monterad, på reparation, borta, rensad eller kasserad."),
    EquipmentFault.NO_MOVE: _("Så kan läget inte ändras här. Hos en brukare byts eller tas utrustning ner på brukarens sida; annat rensas före kassering."),
    EquipmentFault.NO_DATE: _("Skriv ett datum, som 2028-11-30."),
    EquipmentFault.NO_ICCID: _("Skriv SIM-kortets 18–22 siffror."),
    EquipmentFault.NO_PHONE: _("Skriv ett telefonnummer, som 070-174 06 05."),
    EquipmentFault.NOT_A_PHONE: _("Bara en telefon har ett nummer. Lämna det tomt, eller välj telefon."),
}  # fmt: skip
CHANGED: Final = _("Någon annan har ändrat medan du höll på. Så här är det nu.")
EMPTY_TABLE: Final = _("Det finns ingen rad. En rad var, med inventarienummer och sort först.")
LONG_TABLE: Final = _("Det är för många rader på en gång. Dela filen: högst 2000 rader.")
NO_FILE: Final = _("Filen gick inte att läsa. Spara den som CSV, eller klistra in raderna.")
NOTHING_NEW: Final = _("Allt i tabellen står redan i registret. Inget ändras.")

_LINE: Final = _("rad %(line)s, %(column)s ”%(said)s”: %(fault)s")


def state_words(kind: EquipmentKind, state: str, speech: Speech) -> str:
    """Return a state in words; a phone that is mounted is in use."""
    if kind is EquipmentKind.PHONE and state == EquipmentState.MOUNTED:
        return speech(IN_USE)
    return speech(STATES[EquipmentState(state)]) if state in set(EquipmentState) else state


def place_words(piece: EquipmentPiece, speech: Speech) -> str:
    """Return whose home the piece is in; empty where it is in none."""
    return "" if piece.resident_id is None else piece.home or speech(PROTECTED)


def heard_words(piece: EquipmentPiece, zone: str, speech: Speech) -> str:
    """Return when the device was last heard; empty where nobody can know."""
    if piece.last_heard_at is not None:
        return f"{speech.dated(piece.last_heard_at, zone)} {speech.clock(piece.last_heard_at, zone)}"
    return speech(_("har aldrig hörts")) if piece.resident_id is not None else ""


def move_choices(piece: EquipmentPiece, speech: Speech) -> list[tuple[str, str]]:
    """Return the states that a person may move the piece to, with what each button says."""
    return [(goal.value, speech(MOVES[goal])) for goal in moves_of(piece.kind, piece.state)]


def move_sentence(piece: EquipmentPiece, goal: EquipmentState, speech: Speech) -> str:
    """Return what a move means, with the piece's own number, so that nobody moves another."""
    was, becomes = state_words(piece.kind, piece.state, speech), state_words(piece.kind, goal, speech)
    return speech(
        _("%(kind)s %(number)s: från %(was)s till %(becomes)s."),
        kind=speech(KINDS[piece.kind]), number=piece.number, was=was.lower(), becomes=becomes.lower(),
    )  # fmt: skip


def edit_sentences(before: Mapping[str, Any], after: Mapping[str, Any], speech: Speech) -> list[str]:
    """Return what an edit changes, a sentence a field."""
    text = _("%(field)s: från ”%(was)s” till ”%(becomes)s”.")
    return [
        speech(text, field=speech(HEADINGS[name]), was=before.get(name) or "–", becomes=after.get(name) or "–")
        for name in COLUMNS
        if name in after and (before.get(name) or None) != (after.get(name) or None)
    ]


def event_words(event: EquipmentEvent, kind: EquipmentKind, zone: str, speech: Speech) -> tuple[str, str]:
    """Return when and by whom something happened to the piece, and what it was."""
    when = f"{speech.dated(event.at, zone)} {speech.clock(event.at, zone)}"
    by = event.by or speech(_("tjänsten"))
    if event.to_state is not None:
        becomes = state_words(kind, event.to_state, speech)
        if event.from_state is None:
            return f"{when}, {by}", speech(_("Lades in: %(state)s."), state=becomes.lower())
        was = state_words(kind, event.from_state, speech)
        return f"{when}, {by}", speech(_("Från %(was)s till %(becomes)s."), was=was.lower(), becomes=becomes.lower())
    said = edit_sentences(event.before or {}, event.after or {}, speech)
    return f"{when}, {by}", " ".join(said) or speech(_("Uppgifterna är raderade."))


def fault_texts(faults: Mapping[str, EquipmentFault], speech: Speech) -> dict[str, str]:
    """Return what is wrong, by field."""
    return {name: speech(FAULTS[fault]) for name, fault in faults.items()}


def table_problems(problems: Sequence[EquipmentProblem], speech: Speech) -> list[str]:
    """Return what is wrong with a table, a line each."""
    return [
        speech(
            _LINE, line=each.line, column=speech(HEADINGS[each.column]).lower(), said=f"{each.said:.30}", fault=speech(FAULTS[each.fault])
        )
        for each in problems
    ]  # fmt: skip


def table_sentence(added: int, edited: int, moved: int, speech: Speech) -> str:
    """Return what a table means for the register."""
    return speech(
        _("Nya i registret: %(added)s. Uppgifter som ändras: %(edited)s. Lägen som ändras: %(moved)s."),
        added=added, edited=edited, moved=moved,
    )  # fmt: skip


def heading_names() -> dict[str, str]:
    """Return the column that each heading means, in small letters, in every language and by the name of the column."""
    names = {name: name for name in COLUMNS}
    return names | {speech(text).casefold(): name for speech in SPEECHES.values() for name, text in HEADINGS.items()}


def kind_names() -> dict[str, str]:
    """Return the kind that each word means, in small letters and in every language."""
    return {speech(text).casefold(): kind.value for speech in SPEECHES.values() for kind, text in KINDS.items()}


def state_names() -> dict[str, str]:
    """Return the state that each word means, in small letters and in every language."""
    words = {speech(text).casefold(): state.value for speech in SPEECHES.values() for state, text in STATES.items()}
    in_use = {speech(IN_USE).casefold(): EquipmentState.MOUNTED.value for speech in SPEECHES.values()}
    return words | in_use


def row_of(piece: EquipmentPiece, zone: str, speech: Speech) -> list[str]:
    """Return the piece as a line of the file that goes out: what also comes in, then what the service knows."""
    cells = [
        piece.number, speech(KINDS[piece.kind]), state_words(piece.kind, piece.state, speech), piece.serial, piece.model,
        piece.sim_iccid or "", piece.sim_number or "", str(piece.warranty_until or ""), piece.phone or "", piece.note,
    ]  # fmt: skip
    heard = piece.last_heard_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if piece.last_heard_at else ""
    return [*cells, place_words(piece, speech), piece.area or "", piece.device_id or "", piece.software or "", heard]
