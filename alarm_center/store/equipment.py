"""The register of equipment: pieces with what their device reports, where each is as far as the viewer sees it, and its history.

Residents are joined in Python, as on the other pages of the day: under the policies the server joins thousands of rows in loops.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from alarm_center.core.equipment import EquipmentEvent, EquipmentKind, EquipmentPiece, EquipmentState, NumberTaken
from alarm_center.store.changes import ChangedPart
from alarm_center.store.memory import Row, Tx

_FIELDS: Final = """
    equipment_id, org, number, kind, serial, model, state, sim_iccid, sim_number, warranty_until, phone, note, device_id, revision
"""


async def pieces(tx: Tx, orgs: Collection[str], asked: str = "", state: str = "") -> list[EquipmentPiece]:
    """Return the towns' pieces by number: those of a *state*, and where *asked* is in a number, a name or a home. Three questions in all."""
    rows = await tx.fetch(
        f"select {_FIELDS} from equipment where org = any ($1::text[]) and ($2 = '' or state = $2) order by org, number_order(number), lower(number)",  # noqa: S608
        list(orgs), state,
    )  # fmt: skip
    found = await _placed(tx, orgs, rows)
    wanted = asked.casefold().split()
    return [each for each in found if all(word in _searched(each) for word in wanted)]


def _searched(piece: EquipmentPiece) -> str:
    phones = [f"0{number[3:]}" for number in (piece.phone, piece.sim_number) if number and number.startswith("+46")]
    parts = (
        piece.number, piece.serial, piece.model, piece.sim_iccid, piece.sim_number, piece.phone, piece.device_id, piece.home, piece.address,
        piece.note, *phones,
    )  # fmt: skip
    return " ".join(part.casefold() for part in parts if part)


async def piece(tx: Tx, equipment_id: UUID) -> EquipmentPiece | None:
    """Return the piece; ``None``: the viewer's towns have none of that id."""
    row = await tx.fetchrow(f"select {_FIELDS} from equipment where equipment_id = $1", equipment_id)  # noqa: S608
    return (await _placed(tx, [row["org"]], [row]))[0] if row else None


async def of_device(tx: Tx, org: str, device_id: str) -> EquipmentPiece | None:
    """Return the piece that the device is; ``None``: nobody has registered it."""
    row = await tx.fetchrow(f"select {_FIELDS} from equipment where org = $1 and device_id = $2", org, device_id)  # noqa: S608
    return (await _placed(tx, [org], [row]))[0] if row else None


async def _placed(tx: Tx, orgs: Collection[str], rows: Sequence[Row]) -> list[EquipmentPiece]:
    """Return the rows with what their devices report, and where they are."""
    devices = {
        (row["org"], row["device_id"]): row
        for row in await tx.fetch(
            "select org, device_id, software, last_heard_at, resident_id from devices where org = any ($1::text[])",
            list(orgs),
        )
    }
    ids = [row["resident_id"] for row in devices.values() if row["resident_id"] is not None]
    homes = {
        row["resident_id"]: row
        for row in await tx.fetch(
            """
            select r.resident_id, case when not r.protected then r.name end as home, case when not r.protected then r.address end as address,
                e.code as area
            from residents r join areas e using (area_id)
            where r.resident_id = any ($1::uuid[])
            """,
            ids,
        )
    }
    found = []
    for row in rows:
        device = devices.get((row["org"], row["device_id"]))
        home = homes.get(device["resident_id"]) if device else None
        reported = {name: device[name] for name in ("software", "last_heard_at")} if device else {}
        fields = dict(row) | {"kind": EquipmentKind(row["kind"]), "state": EquipmentState(row["state"])}
        found.append(EquipmentPiece(**fields, **reported, **(dict(home) if home else {})))
    return found


async def ids_by_number(tx: Tx, org: str) -> dict[str, tuple[UUID, EquipmentKind]]:
    """Return each piece of the town by its number in small letters."""
    rows = await tx.fetch("select lower(number) as number, equipment_id, kind from equipment where org = $1", org)
    return {row["number"]: (row["equipment_id"], EquipmentKind(row["kind"])) for row in rows}


async def lock_register(tx: Tx, org: str) -> None:
    """Let only one transaction at a time add pieces to the town's register."""
    await tx.execute("select pg_advisory_xact_lock(hashtext('equipment'), hashtext($1))", org)


async def add(
    tx: Tx, org: str, kind: EquipmentKind, state: EquipmentState, values: Mapping[str, str | date | None]
) -> UUID:
    """Insert a piece; return its id.

    Raises:
        NumberTaken: the number is another's.
    """
    try:
        equipment_id: UUID = await tx.fetchval(
            """
            insert into equipment (org, kind, state, number, serial, model, sim_iccid, sim_number, warranty_until, phone, note)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning equipment_id
            """,
            org, kind, state, *_columns(values),
        )  # fmt: skip
    except asyncpg.UniqueViolationError as taken:
        raise NumberTaken from taken
    return equipment_id


def _columns(values: Mapping[str, str | date | None]) -> list[str | date | None]:
    names = ("number", "serial", "model", "sim_iccid", "sim_number", "warranty_until", "phone", "note")
    return [values[name] for name in names]


async def edit(tx: Tx, equipment_id: UUID, revision: int, values: Mapping[str, str | date | None]) -> bool:
    """Write what a person says of the piece; false if somebody else has changed it since *revision*.

    Raises:
        NumberTaken: the number is another's.
    """
    try:
        done = await tx.execute(
            """
            update equipment set revision = revision + 1, number = $3, serial = $4, model = $5, sim_iccid = $6, sim_number = $7,
                warranty_until = $8, phone = $9, note = $10
            where equipment_id = $1 and revision = $2
            """,
            equipment_id, revision, *_columns(values),
        )  # fmt: skip
    except asyncpg.UniqueViolationError as taken:
        raise NumberTaken from taken
    return bool(done != "UPDATE 0")


async def move(tx: Tx, equipment_id: UUID, was: EquipmentState, goal: EquipmentState) -> bool:
    """Write the piece's next state; false if it is not in *was* any more."""
    done = await tx.execute(
        "update equipment set state = $3, revision = revision + 1 where equipment_id = $1 and state = $2",
        equipment_id, was, goal,
    )  # fmt: skip
    return bool(done != "UPDATE 0")


async def add_change(
    tx: Tx,
    piece_of: tuple[str, UUID],
    by: str,
    at: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    """Keep an edit of a piece (its town and id) as a change."""
    org, equipment_id = piece_of
    await tx.execute(
        """
        insert into changes (org, resident_id, revision, part, made_by, made_at, from_at, before, after, equipment_id)
        values ($1, null, 0, $7, $2, $3, $3, $4, $5, $6)
        """,
        org, by, at, before, after, equipment_id, ChangedPart.EQUIPMENT,
    )  # fmt: skip


async def history(tx: Tx, equipment_id: UUID) -> list[EquipmentEvent]:
    """Return what has happened to the piece, the newest first."""
    rows = await tx.fetch(
        """
        select x.at, u.name as by, x.from_state, x.to_state, x.before, x.after from (
            (select moved_at as at, moved_by as by, from_state, to_state, null::jsonb as before, null::jsonb as after from equipment_moves
            where equipment_id = $1 order by moved_at desc limit 100)
            union all
            (select made_at, made_by, null, null, before, after from changes where equipment_id = $1 and part = 'equipment'
            order by made_at desc limit 100)
        ) x left join users u on u.user_id::text = x.by order by x.at desc
        """,
        equipment_id,
    )
    return [EquipmentEvent(**row) for row in rows]
