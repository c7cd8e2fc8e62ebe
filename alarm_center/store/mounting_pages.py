"""Mountings as their installer's pages read and change them: by functions of the database alone, which know the carried session.

What they refuse is another's, of another day, over, or further than the mounting has come (revision 0008_home, 19_mounting.sql).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import asyncpg

from alarm_center.core.decision import IllegalMove
from alarm_center.core.mounting import MountingStep, StopReason
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class MountingJob:
    """One of today's mountings, as the list shows it."""

    mounting_id: UUID
    org: str
    zone: str
    due_time: time | None
    name: str
    address: str
    phone: str | None
    step: MountingStep
    stopped_for: str | None
    halted: bool
    """A planner has ended it."""
    area: str
    exchange: str | None
    """The reason for a camera in the place of another."""


async def jobs(tx: Tx) -> list[MountingJob]:
    """Return today's mountings of the person whose session is carried."""
    rows = await tx.fetch(f"select {', '.join(MountingJob.__dataclass_fields__)} from mounting_jobs()")  # noqa: S608
    return [MountingJob(**{**row, "step": MountingStep(row["step"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class HeldMounting:
    """A mounting that a colleague has in hand: nothing of the home is known of it."""

    mounting_id: UUID
    installer: str
    area: str
    zone: str
    ends_at: datetime


async def held(tx: Tx) -> list[HeldMounting]:
    """Return the mountings that colleagues have in hand in the person's areas."""
    rows = await tx.fetch("select mounting_id, installer, area, zone, ends_at from mountings_held()")
    return [HeldMounting(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class MountingRow:
    """One mounting, with all that its pages show."""

    mounting_id: UUID
    org: str
    zone: str
    due_on: date
    due_time: time | None
    name: str
    address: str
    phone: str | None
    cohabitant: str | None
    cohabitant_sleeps: str | None
    given_by: str
    town_phone: str | None
    agreed_on: date | None
    agreed: bool
    """The papers let a camera look, and the town has not stopped."""
    shown: bool
    """People may see its picture."""
    machine: bool
    """Everybody who has to has said yes to a machine that answers alone."""
    step: MountingStep
    stopped_for: str | None
    mine: bool
    in_hand: bool
    """It is mine, and its half hour is not over."""
    ends_at: datetime | None
    code_until: datetime | None
    device_id: str | None
    connected: bool | None
    confirmed: bool | None
    """The device has the config that it should have."""
    signal_dbm: int | None
    expected_people: int
    said: Mapping[str, Any]
    asked_command: UUID | None
    asked_kind: str | None
    asked_at: datetime | None
    first_look: datetime | None
    weekend_name: str | None
    weekend_phone: str | None
    run_in_nights: int
    """Nights from the receipt on, on which a patrol goes too."""
    on_call_name: str
    on_call_phone: str | None
    """The town's own number, which is called when no round of a dispatch was taken; ``None``: it has none."""
    exchange: str | None
    """The reason for a camera in the place of another."""
    halted_by: str | None
    """The planner who ended it while an installer was there."""
    halted_for: str | None


async def mounting(tx: Tx, mounting_id: UUID) -> MountingRow | None:
    """Return the mounting; ``None``: it is not one of the person's today."""
    fields = ", ".join(MountingRow.__dataclass_fields__)
    row = await tx.fetchrow(f"select {fields} from mounting_page($1)", mounting_id)  # noqa: S608
    return MountingRow(**{**row, "step": MountingStep(row["step"])}) if row else None


async def begin(tx: Tx, mounting_id: UUID) -> bool:
    """Begin the mounting, or its half hour anew; false where it is another's, or over."""
    begun: bool = await tx.fetchval("select begin_mounting($1)", mounting_id)
    return begun


async def stop(tx: Tx, mounting_id: UUID, why: StopReason) -> bool:
    """End the mounting before its end; its camera is nobody's. False where it is over, or a colleague's."""
    stopped: bool = await tx.fetchval("select stop_mounting($1, $2)", mounting_id, why.value)
    return stopped


async def move(tx: Tx, mounting_id: UUID, goal: MountingStep, said: Mapping[str, Any]) -> None:
    """Go to the step *goal*, and keep what was *said*.

    Raises:
        IllegalMove: the mounting is not in hand, or has not come so far.
    """
    await _in_hand(tx, "select move_mounting($1, $2, $3)", mounting_id, goal.value, dict(said))


async def draw_bed(tx: Tx, mounting_id: UUID, zones: Sequence[Mapping[str, Any]]) -> None:
    """Write the room's zones into the device's profile. Raises :class:`IllegalMove` as :func:`move`."""
    await _in_hand(tx, "select draw_mounted_bed($1, $2)", mounting_id, list(zones))


async def offer_code(tx: Tx, mounting_id: UUID, code_hash: bytes) -> bool:
    """Let the camera that shows the code ask with it, for ten minutes; false after ten codes, or without consent.

    Raises:
        IllegalMove: the mounting is not in hand.
    """
    offered: bool = await _in_hand(tx, "select offer_code($1, $2)", mounting_id, code_hash)
    return offered


async def name_piece(tx: Tx, mounting_id: UUID, number: str) -> str:
    """Say by its inventory number which piece is put up, or by none that nobody knows; return ``ok``, ``unknown``, or ``elsewhere`` where the register has it as no spare.

    Raises:
        IllegalMove: the mounting is not in hand.
    """
    answer: str = await _in_hand(tx, "select name_mounted_piece($1, $2)", mounting_id, number)
    return answer


async def ask(tx: Tx, mounting_id: UUID, kind: str, seconds: int) -> UUID:
    """Wake the camera; return the command's id. A look is in the log with it.

    Raises:
        IllegalMove: the mounting is not in hand, or nobody may look.
    """
    command: UUID = await _in_hand(tx, "select ask_mounted($1, $2, $3)", mounting_id, kind, seconds)
    return command


async def town_of_look(tx: Tx, command_id: UUID) -> str | None:
    """Return the town of a test look that the person asked for and may see now; ``None``: there is none."""
    town: str | None = await tx.fetchval("select mounted_look($1)", command_id)
    return town


async def end_look(tx: Tx, mounting_id: UUID) -> None:
    """Write that the person sees no picture of the mounting any more."""
    await tx.execute("select end_mounted_look($1)", mounting_id)


async def release_wrong_camera(tx: Tx, mounting_id: UUID) -> None:
    """Let the camera of another room go. Raises :class:`IllegalMove` as :func:`move`."""
    await _in_hand(tx, "select release_wrong_camera($1)", mounting_id)


async def _in_hand(tx: Tx, statement: str, mounting_id: UUID, *said: Any) -> Any:
    try:
        return await tx.fetchval(statement, mounting_id, *said)
    except asyncpg.InsufficientPrivilegeError as refused:
        raise IllegalMove(f"mounting {mounting_id}: {refused}") from refused
