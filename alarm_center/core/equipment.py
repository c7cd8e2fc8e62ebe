"""Equipment of a town, a piece each: its life cycle as a table, and a form that describes one, read with every fault at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from alarm_center.core import phone_numbers
from alarm_center.core.decision import IllegalMove


class EquipmentKind(StrEnum):
    """A kind of equipment."""

    CAMERA = "camera"
    SENSORS = "sensors"
    PHONE = "phone"
    """A phone that carers carry."""


class EquipmentState(StrEnum):
    """A state of a piece in its life."""

    ORDERED = "ordered"
    STOCK = "stock"
    MOUNTED = "mounted"
    """In a home; of a phone: in somebody's hands."""
    REPAIR = "repair"
    LOST = "lost"
    WIPED = "wiped"
    """Nothing of a home, and no password, is left on it; or it is destroyed."""
    SCRAPPED = "scrapped"


NEXT: Final[Mapping[EquipmentState, frozenset[EquipmentState]]] = MappingProxyType(
    {
        # An order that never came is scrapped. Otherwise nothing is, before it is wiped.
        EquipmentState.ORDERED: frozenset({EquipmentState.STOCK, EquipmentState.SCRAPPED}),
        EquipmentState.STOCK: frozenset(
            {EquipmentState.MOUNTED, EquipmentState.REPAIR, EquipmentState.LOST, EquipmentState.WIPED}
        ),
        EquipmentState.MOUNTED: frozenset({EquipmentState.STOCK, EquipmentState.REPAIR, EquipmentState.LOST}),
        EquipmentState.REPAIR: frozenset({EquipmentState.STOCK, EquipmentState.LOST, EquipmentState.WIPED}),
        EquipmentState.LOST: frozenset({EquipmentState.STOCK, EquipmentState.WIPED}),
        EquipmentState.WIPED: frozenset({EquipmentState.STOCK, EquipmentState.SCRAPPED}),
        EquipmentState.SCRAPPED: frozenset(),
    }
)
"""States that may follow each."""


def moves_of(kind: EquipmentKind, state: EquipmentState) -> tuple[EquipmentState, ...]:
    """Return the states that a person may move a piece to, in the order of its life.

    What is put up in a home is mounted by being bound to it, and leaves by being taken down: no form of the register moves it.
    """
    bound = kind is not EquipmentKind.PHONE and EquipmentState.MOUNTED
    if bound and state is bound:
        return ()
    return tuple(each for each in EquipmentState if each in NEXT[state] and each is not bound)


def check_move(kind: EquipmentKind, state: EquipmentState, goal: EquipmentState) -> None:
    """Let the move pass if a person may make it.

    Raises:
        IllegalMove: *goal* does not follow *state*, or the home decides.
    """
    if goal not in moves_of(kind, state):
        raise IllegalMove(f"a {kind} goes from {state} to {goal}")


@dataclass(frozen=True, slots=True)
class EquipmentPiece:
    """A piece; ``home`` is the resident whose home it is in, where the viewer sees them."""

    equipment_id: UUID
    org: str
    number: str
    kind: EquipmentKind
    serial: str
    model: str
    state: EquipmentState
    sim_iccid: str | None
    sim_number: str | None
    warranty_until: date | None
    phone: str | None
    note: str
    device_id: str | None
    revision: int
    software: str | None = None
    """The device's last word; of a device that is nobody's none is shown."""
    last_heard_at: datetime | None = None
    resident_id: UUID | None = None
    home: str | None = None
    """The name; of a protected identity none is told."""
    address: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class EquipmentEvent:
    """Something that has happened to a piece: a state with the one before, or an edit with what it changed."""

    at: datetime
    by: str | None
    """The person's name; ``None``: the service, a file, or an installer by a mounting whose name the viewer does not see."""
    from_state: str | None = None
    to_state: str | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


class NumberTaken(Exception):
    """The inventory number is another piece's, perhaps of an area that the person does not see; nothing has changed."""


class EquipmentFault(StrEnum):
    """A fault of one field."""

    NO_NUMBER = "no_number"
    NUMBER_LONG = "number_long"
    KNOWN = "known"
    """The inventory number is another piece's."""
    TWICE = "twice"
    """Two lines of the table have it."""
    NO_KIND = "no_kind"
    OTHER_KIND = "other_kind"
    """A piece stays of its kind."""
    NO_STATE = "no_state"
    NO_MOVE = "no_move"
    NO_DATE = "no_date"
    NO_ICCID = "no_iccid"
    NO_PHONE = "no_phone"
    NOT_A_PHONE = "not_a_phone"
    """Only a phone has a number by which carers are reached."""


@dataclass(frozen=True, slots=True)
class EquipmentFields:
    """A piece as a person describes it; of a phone ``phone`` is the number by which carers are reached."""

    number: str = ""
    kind: str = EquipmentKind.CAMERA.value
    serial: str = ""
    model: str = ""
    sim_iccid: str = ""
    sim_number: str = ""
    warranty_until: str = ""
    phone: str = ""
    note: str = ""


LONGEST: Final[Mapping[str, int]] = MappingProxyType(
    {
        "number": 40, "kind": 10, "serial": 60, "model": 60, "sim_iccid": 26, "sim_number": 20, "warranty_until": 10, "phone": 20,
        "note": 300,
    }
)  # fmt: skip
"""Characters that each field has room for."""


@dataclass(frozen=True, slots=True)
class ReadEquipment:
    """A form as it was read: ``values`` are ready to keep where there are no ``faults``, which stand by field."""

    number: str
    kind: EquipmentKind
    values: Mapping[str, str | date | None]
    faults: Mapping[str, EquipmentFault] = field(default_factory=dict)


def read_equipment(said: EquipmentFields, before: EquipmentKind | None = None) -> ReadEquipment:
    """Return what the form describes, with every fault; *before* is the kind of a piece that the town has already."""
    faults: dict[str, EquipmentFault] = {}
    number = " ".join(said.number.split())
    if not number:
        faults["number"] = EquipmentFault.NO_NUMBER
    elif len(number) > LONGEST["number"]:
        faults["number"] = EquipmentFault.NUMBER_LONG
    kind = EquipmentKind(said.kind) if said.kind in set(EquipmentKind) else None
    if kind is None:
        faults["kind"] = EquipmentFault.NO_KIND
    elif before is not None and kind is not before:
        faults["kind"] = EquipmentFault.OTHER_KIND
    iccid = said.sim_iccid.replace(" ", "")
    if iccid and not (iccid.isascii() and iccid.isdigit() and 18 <= len(iccid) <= 22):
        faults["sim_iccid"] = EquipmentFault.NO_ICCID
    until = _date(said.warranty_until)
    if said.warranty_until and until is None:
        faults["warranty_until"] = EquipmentFault.NO_DATE
    sim, phone = _phone(said.sim_number), _phone(said.phone)
    if said.sim_number and sim is None:
        faults["sim_number"] = EquipmentFault.NO_PHONE
    if said.phone and kind not in (EquipmentKind.PHONE, None):
        faults["phone"] = EquipmentFault.NOT_A_PHONE
    elif said.phone and phone is None:
        faults["phone"] = EquipmentFault.NO_PHONE
    values = {
        "number": number, "serial": said.serial.strip(), "model": said.model.strip(), "sim_iccid": iccid or None,
        "sim_number": sim, "warranty_until": until, "phone": phone, "note": said.note.strip(),
    }  # fmt: skip
    return ReadEquipment(number, kind or EquipmentKind.CAMERA, values, faults)


def _phone(said: str) -> str | None:
    try:
        return phone_numbers.parse_phone_number(said) if said else None
    except ValueError:
        return None


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        return None
