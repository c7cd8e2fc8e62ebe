"""Rows of a town as its file has them: everything that an import keeps, of those who live there, columns by name."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from alarm_center.store.consents import StoredConsent, papers_in
from alarm_center.store.memory import Row, Tx

Columns = dict[str, Any]
"""The columns of one row by name."""


@dataclass(frozen=True, slots=True)
class StoredResident:
    """A resident's rows: their own, and those of each part."""

    resident_id: UUID
    own: Columns
    contacts: list[Columns]
    consents: list[StoredConsent]
    """For each person the consent in force, or else the one withdrawn last."""
    decision: Columns | None
    """The decision that holds, or else the last one."""
    plan: Columns | None
    devices: list[Columns]
    slots: list[Columns]


@dataclass(frozen=True, slots=True)
class StoredTown:
    """The rows of a town."""

    organisation: Columns
    areas: list[Columns]
    performers: list[Columns]
    legal_positions: list[Columns]
    carers: list[Columns]
    residents: list[StoredResident]


async def stored_town(tx: Tx, org: str, night: date, columns: Collection[str]) -> StoredTown:
    """Return the town's rows as they hold on *night*; *columns* are those of a resident's own row, our own names.

    Raises:
        LookupError: there is no such town.
    """
    organisation = await tx.fetchrow(
        """
        select name, zone, language, handled_by, spread_seconds, first_view, sending_number, provider, second_number, link_host, fixed_number, data_number,
            sms_price, call_price, visit_km, visit_km_set, course_months, plan
        from organisations where org = $1
        """,
        org,
    )
    if organisation is None:
        raise LookupError(f"there is no town {org}")
    residents = await stored_residents(tx, org, night, columns)
    return StoredTown(
        dict(organisation),
        await _rows(
            tx, "select code, plan from areas where org = $1 and closed_at is null and not training order by code", org
        ),
        await _rows(tx, "select code, name from performers where org = $1 order by code", org),
        await _rows(tx, _LEGAL_POSITIONS, org),
        await _rows(
            tx,
            "select name, phone, login, protected from carers where org = $1 and in_place_of is null order by name, phone",
            org,
        ),
        residents,
    )


async def stored_residents(
    tx: Tx, org: str, night: date, columns: Collection[str], only: UUID | None = None
) -> list[StoredResident]:
    """Return the town's residents who live there, or *only* one, as their rows hold on *night*, in order of their numbers."""
    residents = await tx.fetch(
        f"""
        select r.resident_id, a.code as area, r.number, r.performer,
            case when r.bed_id is not null then (select o.number from residents o where o.resident_id = (bed_of(r.resident_id))[2]) end
                as shares_bed_with, {", ".join(f"r.{name}" for name in columns)}
        from residents r join areas a using (area_id)
        where r.org = $1 and r.moved_at is null and r.died_at is null and not r.training and ($2::uuid is null or r.resident_id = $2) order by r.number
        """,  # noqa: S608 -- our own names
        org, only,
    )  # fmt: skip
    contacts = await _by_resident(tx, _CONTACTS, org, only)
    consents = await papers_in(tx, org, only)
    decisions = await _by_resident(
        tx,
        """
        select distinct on (resident_id) resident_id, reference, kind, purpose, less_intrusive, alternative, starts_on, ends_on,
            trial_ends_on, after_trial, follow_up_on
        from decisions where org = $1 and ($2::uuid is null or resident_id = $2)
        order by resident_id, (starts_on <= $3 and (ends_on is null or ends_on >= $3)) desc, starts_on desc, reference
        """,
        org, only, night,
    )  # fmt: skip
    plans = await _by_resident(
        tx,
        """
        select resident_id, answers, green_by, show, signed_by, signed_at from plans
        where org = $1 and ($2::uuid is null or resident_id = $2)
        """,
        org, only,
    )  # fmt: skip
    devices = await _by_resident(
        tx,
        """
        select resident_id, device_id as id, kind, label, profile, capture from devices
        where org = $1 and resident_id is not null and ($2::uuid is null or resident_id = $2) order by device_id
        """,
        org, only,
    )  # fmt: skip
    slots = await _by_resident(
        tx,
        """
        select resident_id, local_time as time, weekdays, window_minutes, seconds, by_visit, valid_from, valid_until
        from slots where org = $1 and ($2::uuid is null or resident_id = $2)
            and (valid_until is null or (valid_until > $3 and valid_until > valid_from))
        order by local_time < '12:00', local_time, valid_from, slot_id
        """,
        org, only, night,
    )  # fmt: skip
    return [
        StoredResident(
            row["resident_id"],
            _without_id(row),
            contacts.get(row["resident_id"], []),
            consents.get(row["resident_id"], []),
            next(iter(decisions.get(row["resident_id"], [])), None),
            next(iter(plans.get(row["resident_id"], [])), None),
            devices.get(row["resident_id"], []),
            slots.get(row["resident_id"], []),
        )
        for row in residents
    ]


_CONTACTS: Final = """
    select resident_id, name, relation, phone, hours, may_be_told, has_key, ring_first from contacts
    where org = $1 and ($2::uuid is null or resident_id = $2) order by resident_id, phone
"""
_LEGAL_POSITIONS: Final = """
    select code, reference, decided_by, decided_on, review_on from legal_positions where org = $1 order by code
"""

_PEOPLE: Final = """
    select u.login, u.name from users u join memberships m using (user_id)
    where m.org = $1 and m.accepted_at is not null order by name_order(u.name), u.login
"""


async def _rows(tx: Tx, question: str, *values: object) -> list[Columns]:
    return [dict(row) for row in await tx.fetch(question, *values)]


async def _by_resident(tx: Tx, question: str, *values: object) -> dict[UUID, list[Columns]]:
    found: dict[UUID, list[Columns]] = {}
    for row in await tx.fetch(question, *values):
        found.setdefault(row["resident_id"], []).append(_without_id(row))
    return found


def _without_id(row: Row) -> Columns:
    return {name: value for name, value in dict(row).items() if name != "resident_id"}


async def town_names(tx: Tx, org: str) -> dict[str, list[Columns]]:
    """Return the names that a resident's table may refer to: areas, performers and legal positions by code, people by login."""
    return {
        "areas": await _rows(
            tx, "select code from areas where org = $1 and closed_at is null and not training order by code", org
        ),
        "performers": await _rows(tx, "select code, name from performers where org = $1 order by code", org),
        "legal_positions": await _rows(
            tx, "select code, reference from legal_positions where org = $1 order by code", org
        ),
        "users": await _rows(tx, _PEOPLE, org),
    }
