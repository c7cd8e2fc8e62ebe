"""A town's file written from the database: the same town gives the same bytes, and the import finds nothing to change in it."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.casework import shift_laying
from alarm_center.core import calendar
from alarm_center.core.people import PersonState
from alarm_center.store import memberships, town_export, town_rows, towns
from alarm_center.store.changes import ChangedPart
from alarm_center.store.consents import StoredConsent
from alarm_center.store.memory import Tx
from alarm_center.store.town_export import Columns, StoredResident
from alarm_center.town import model
from alarm_center.town.residents import KEPT_ELSEWHERE
from alarm_center.town.rota import NamedPattern, ShiftOfNight, nights_of
from alarm_center.town.times import DAYS, EVERY_DAY
from alarm_center.town.toml_text import Table, table_lines, toml_key, toml_value
from alarm_center.words import town_words
from alarm_center.words.catalogues import SPEECHES
from schemas.messages import Capture, Profile
from schemas.vocabulary import AfterTrial, ConsentState, ConsentTo, GreenBy

OWN_COLUMNS: Final = tuple(sorted(set(model.ResidentEntry.model_fields) - KEPT_ELSEWHERE))
"""Columns of a resident's own row that the file has, each named as its field."""


@dataclass(frozen=True, slots=True)
class ExportedTown:
    """A town as its file has it: the tables, and a digest of each part by its name."""

    tables: Table
    digests: Mapping[str, str]
    nights: frozenset[ShiftOfNight]
    """The shifts of the patterns that have not ended, for the nights that are laid."""
    resident_ids: Mapping[int, UUID]

    def digest(self, part: str) -> str | None:
        """Return the digest of a part, as :func:`resident_part` names those of residents; ``None`` where there is none."""
        return self.digests.get(part)


def resident_part(number: int, part: ChangedPart) -> str:
    """Return the name of a resident's part: ``1 times``."""
    return f"{number} {part}"


async def export_town(tx: Tx, org: str, now: datetime, *, protected: bool = False) -> ExportedTown:
    """Return the town as it is at *now*, residents and carers of *protected* identity included only if asked for.

    Whoever has moved or died is left out, and so is each shift where a carer is: the import ends the shifts that a file lacks.

    Raises:
        LookupError: there is no such town.
    """
    town = await towns.town(tx, org)
    tonight = calendar.night_of(now, town.zone)
    stored = await town_export.stored_town(tx, org, tonight, OWN_COLUMNS)
    residents = [one for one in stored.residents if protected or not one.own["protected"]]
    numbers = {one.own["number"] for one in residents}
    for one in residents:
        if one.own["shares_bed_with"] not in numbers:
            # The one of protected identity is not in the file; an import leaves such a bed alone.
            one.own["shares_bed_with"] = None
    carers = [one for one in stored.carers if protected or not one["protected"]]
    rota = await _rota(tx, town, now)
    laid = nights_of(rota, shift_laying.nights_to_lay(town.zone, now), now, town.zone)
    whole_rota = len(carers) == len(stored.carers)
    tables: dict[str, Any] = {
        "organisation": {"id": org, **stored.organisation},
        "areas": stored.areas,
        "performers": stored.performers,
        "legal_positions": stored.legal_positions,
        "users": await _users(tx, org, now),
        "carers": carers,
        "shifts": [_shift_table(each, tonight) for each in rota] if whole_rota else [],
        "residents": [_resident_table(one, tonight, town.zone) for one in residents],
    }
    ids = {one.own["number"]: one.resident_id for one in residents}
    return ExportedTown(tables, dict(_digests(tables)), frozenset(laid), ids)


async def resident_table(tx: Tx, org: str, resident_id: UUID, tonight: date, zone: ZoneInfo) -> dict[str, Any]:
    """Return one resident's table, as an export would write it, without the keys that say nothing.

    Raises:
        LookupError: there is no such resident who lives there and whom *tx* sees.
    """
    found = await town_export.stored_residents(tx, org, tonight, OWN_COLUMNS, resident_id)
    if not found:
        raise LookupError(f"no resident {resident_id}")
    said: dict[str, Any] = without_silence(_resident_table(found[0], tonight, zone))
    return said


def town_text(town: ExportedTown) -> str:
    """Return the file."""
    organisation = town.tables["organisation"]
    speech = SPEECHES[organisation["language"]]
    lines = [f"# {speech(town_words.EXPORT_HEAD)}"]
    lines += table_lines("organisation", organisation, model.OrganisationEntry)
    for name, entry in _MANY.items():
        for table in town.tables[name]:
            lines += table_lines(name, table, entry, many=True)
    lines += ["", f"# {speech(town_words.EXPORT_STATE)}", "[exported]"]
    if town.tables["shifts"] and town.nights:
        lines.append(f"shifts_until = {(max(one.night for one in town.nights)).isoformat()}")
        lines += ["shifts = [", *(f"  {toml_value(shift_words(table))}," for table in town.tables["shifts"]), "]"]
    lines += ["", "[exported.parts]"]
    lines += [f"{toml_key(name)} = {toml_value(digest)}" for name, digest in town.digests.items()]
    return "\n".join(lines) + "\n"


_MANY: Final[Mapping[str, type[model.FilePart]]] = {
    "areas": model.AreaEntry,
    "performers": model.PerformerEntry,
    "legal_positions": model.LegalPositionEntry,
    "users": model.UserEntry,
    "carers": model.CarerEntry,
    "shifts": model.ShiftEntry,
    "residents": model.ResidentEntry,
}


# ---- digests ----

_NAMED: Final = {"areas": "code", "performers": "code", "legal_positions": "code", "users": "login", "carers": "name"}
_PART_OF: Final = {
    "consent": ChangedPart.CONSENT,
    "cohabitant_consent": ChangedPart.CONSENT,
    "decision": ChangedPart.DECISION,
    "plan": ChangedPart.PLAN,
    "green_by": ChangedPart.PLAN,
    "show": ChangedPart.PLAN,
    "signed_by": ChangedPart.PLAN,
    "signed_on": ChangedPart.PLAN,
    "devices": ChangedPart.DEVICE,
    "slots": ChangedPart.TIMES,
}
"""The part that a field of a resident belongs to; every other is the resident's own."""


def _digests(tables: Table) -> Iterator[tuple[str, str]]:
    yield "organisation", _digest(tables["organisation"])
    for name, key in _NAMED.items():
        for table in tables[name]:
            yield f"{name} {table[key]}", _digest(table)
    for table in tables["residents"]:
        parts: dict[ChangedPart, dict[str, Any]] = {ChangedPart.RESIDENT: {}}
        for field, value in table.items():
            parts.setdefault(_PART_OF.get(field, ChangedPart.RESIDENT), {})[field] = value
        # A time's first night passes by itself, and so does a time that ends.
        lasting = [each for each in table["slots"] if each.get("until_night") is None]
        parts[ChangedPart.TIMES] = {"slots": [{**each, "from_night": None} for each in lasting]}
        for part, values in parts.items():
            yield resident_part(table["number"], part), _digest(values)


def _digest(values: Table) -> str:
    text = repr(sorted((name, toml_value(value)) for name, value in without_silence(values).items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def without_silence(values: Any) -> Any:
    """Return a table, or tables, without the keys that say nothing, the others sorted."""
    if isinstance(values, Mapping):
        return {
            name: without_silence(value) for name, value in sorted(values.items()) if value not in (None, "", [], {})
        }
    if isinstance(values, list | tuple):
        return [without_silence(each) for each in values]
    return values


def shift_words(table: Table) -> str:
    """Return a shift's table in one line, as ``exported.shifts`` has it."""
    days = ",".join(table.get("weekdays") or DAYS)
    span = f"{table.get('from_night') or ''}..{table.get('until_night') or ''}"
    rotation = (f"{table['every_weeks']}/{table['week_of']}",) if table.get("every_weeks") else ()
    return "|".join(
        (table["area"], table["carer"], table["patrol"], table.get("role") or "patrol",
         f"{table['starts']:%H:%M}-{table['ends']:%H:%M}", days, span, *rotation)
    )  # fmt: skip


# ---- tables ----


def _resident_table(one: StoredResident, tonight: date, zone: ZoneInfo) -> dict[str, Any]:
    plan = one.plan or {}
    signed_at = plan.get("signed_at")
    consents = {each.who: _consent_table(each, zone) for each in one.consents}
    cohabitant = consents.get("cohabitant") if one.own["cohabitant"] else None
    return {
        **one.own,
        "contacts": one.contacts,
        "green_by": plan.get("green_by", GreenBy.OPERATOR),
        "show": plan.get("show"),
        "signed_by": plan.get("signed_by"),
        "signed_on": signed_at.astimezone(zone).date() if signed_at else None,
        "plan": dict(sorted((plan.get("answers") or {}).items())),
        "consent": consents.get("resident"),
        "cohabitant_consent": cohabitant,
        "decision": _decision_table(one.decision) if one.decision else None,
        "devices": [_device_table(each) for each in one.devices],
        "slots": [_slot_table(each, tonight) for each in one.slots],
    }


def _consent_table(consent: StoredConsent, zone: ZoneInfo) -> dict[str, Any]:
    allowed = [to.value for to in ConsentTo if to in consent.agreed]
    limited = consent.state == ConsentState.LIMITED and allowed != [ConsentTo.SENSORS]
    return {
        "state": consent.state,
        "given_on": consent.given_at.astimezone(zone).date(),
        "basis": consent.basis,
        "instead": consent.revoked_instead,
        "allows": allowed if limited else None,
        **asdict(consent.words),
        "automatic": {"yes": True, "no": False}.get(consent.words.automatic or ""),
    }


def _decision_table(row: Columns) -> dict[str, Any]:
    return {**row, "after_trial": row["after_trial"] if row["after_trial"] in set(AfterTrial) else None}


def _device_table(row: Columns) -> dict[str, Any]:
    ordered = {
        name: {key: row[name][key] for key in part.model_fields if key in row[name]}
        for name, part in (("profile", Profile), ("capture", Capture))
    }
    return {**row, **ordered}


def _slot_table(row: Columns, tonight: date) -> dict[str, Any]:
    weekdays = tuple(sorted(row["weekdays"]))
    return {
        **row,
        "weekdays": [DAYS[day] for day in weekdays] if weekdays != EVERY_DAY else None,
        "from_night": row["valid_from"] if row["valid_from"] > tonight else None,
        "until_night": row["valid_until"],
        "valid_from": None,
        "valid_until": None,
    }


def _shift_table(named: NamedPattern, tonight: date) -> dict[str, Any]:
    one = named.pattern
    rotates = one.every_weeks > 1
    return {
        "area": named.area,
        "carer": named.carer,
        "patrol": one.post.patrol,
        "role": one.post.duty,
        "starts": one.starts,
        "ends": one.ends,
        "weekdays": [DAYS[day] for day in one.weekdays] if one.weekdays != EVERY_DAY else None,
        "from_night": one.from_night if one.from_night > tonight else None,
        "until_night": one.until_night,
        "every_weeks": one.every_weeks if rotates else None,
        "week_of": one.week_of if rotates else None,
    }


async def _rota(tx: Tx, town: towns.Town, now: datetime) -> list[NamedPattern]:
    """Return the patterns that are not over, by area, carer and time."""
    names = await town_rows.carer_names_by_id(tx, town.org)
    codes = {area_id: code for code, area_id in (await towns.area_ids(tx, town.org)).items()}
    found = [
        NamedPattern(codes[each.post.area_id], names[each.post.carer_id], each)
        for each in await shift_laying.stored_patterns(tx, town, now)
    ]
    return sorted(
        found,
        key=lambda each: (
            each.area, each.carer, each.pattern.post.patrol, each.pattern.post.duty, each.pattern.starts, each.pattern.ends,
            each.pattern.from_night, each.pattern.weekdays,
        ),
    )  # fmt: skip


async def _users(tx: Tx, org: str, now: datetime) -> list[dict[str, Any]]:
    """Return the town's people and those who are invited, by login; whoever has left is left out."""
    codes = {area_id: code for code, area_id in (await towns.area_ids(tx, org)).items()}
    people = [
        one
        for one in await memberships.people_of(tx, org)
        # No area is open to them any more: without areas they would have all.
        if one.state(now) is not PersonState.ENDED and _open_codes(codes, one.assignment.areas) != []
    ]
    return [
        {
            "login": one.login,
            "name": one.name,
            "roles": [role.value for role in one.assignment.roles],
            "areas": _open_codes(codes, one.assignment.areas),
            "performers": list(one.assignment.performers) if one.assignment.performers is not None else None,
        }
        for one in sorted(people, key=lambda person: person.login)
    ]


def _open_codes(codes: Mapping[UUID, str], areas: Collection[UUID] | None) -> list[str] | None:
    """Return the codes of those areas that are open; ``None``: all of the town."""
    return None if areas is None else sorted(codes[area] for area in areas if area in codes)
