"""Pieces of a town's file for tests, and its import: read and checked as a real town's file is.

A file is a plain table with the keys of ``docs/town.example.toml``. A new column of a town's row is said here once, or
in the model's default.
"""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store import invitations, memberships, overlong
from alarm_center.store.memory import Tx
from alarm_center.store.users import KeptUser, keep_user
from alarm_center.town import apply, model, reader

Table = dict[str, Any]

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
LONG_AGO: Final = date(2020, 1, 1)
"""The day on which papers were signed: before every night that is played."""
NO_PASSWORD: Final = "!"
"""A hash of no password: nobody signs in by it."""


def organisation(org: str, *, sending_number: str = "+46701740605", **answers: Any) -> Table:
    """Return a town that spreads no times, and lets people look at none of the looks that turn green by themselves.

    *answers* are further keys, or other values.
    """
    return {
        "id": org,
        "name": org.capitalize(),
        "spread_seconds": 0,
        "sending_number": sending_number,
        "link_host": "natt.kommun.se",
        **answers,
        "plan": {"people_of_ten": 0, **answers.get("plan", {})},
    }


KNOWN_ROOM: Final = [[1, 12, 16, 4, 0, 0], *([0] * 64 for _ in range(12))]
"""Signature of a calibrated room in which no cell counts: a camera that knows its room, and any picture is as it was."""

CONSENT: Final[Table] = {"state": "given", "given_on": LONG_AGO, "automatic": True}
"""A yes to everything, of long ago."""


def home(
    number: int, *, area: str = "3", device: str | Table | None = None, times: Iterable[str] = (), **answers: Any
) -> Table:
    """Return a resident in order: with a *device* a consent, with *times* a decision, and green by the detector.

    *device* is a camera's id or a device's table; a camera knows its room. *answers* are further keys, or other values.
    """
    camera: Table | None = {"id": device, "kind": "camera"} if isinstance(device, str) else device
    if camera and camera["kind"] == "camera":
        profile: Table = camera.get("profile", {})
        camera = {**camera, "profile": {"signature": KNOWN_ROOM, **profile}}
    return {
        "number": number,
        "name": f"Person {number}",
        "area": area,
        "address": f"Gatan {number}",
        "green_by": "detector",
        "signed_by": "Petra",
        "signed_on": LONG_AGO,
        **({"consent": CONSENT, "devices": [camera]} if camera else {}),
        **({"decision": {"reference": f"B{number}", "starts_on": LONG_AGO}} if times else {}),
        "slots": [{"time": each} for each in times],
        **answers,
    }


def shift(
    carer: str,
    *,
    area: str = "3",
    starts: str = "21:30",
    ends: str = "07:00",
    role: str = "patrol",
    patrol: str | None = None,
    night: date | None = None,
) -> Table:
    """Return a shift of *carer*, whose patrol has the same name unless said; every night, or only that *night*."""
    only = {"from_night": night, "until_night": night + timedelta(days=1)} if night else {}
    return {
        "area": area, "carer": carer, "patrol": patrol or carer, "role": role, "starts": starts, "ends": ends, **only,
    }  # fmt: skip


def shift_between(carer: str, starts_at: datetime, ends_at: datetime, **answers: Any) -> Table:
    """Return a shift of *carer* that is on once, from and to whole minutes; *answers* as for :func:`shift`.

    Raises:
        ValueError: it lasts a day or longer, which no shift of a file does.
    """
    if not timedelta(0) < ends_at - starts_at < timedelta(days=1):
        raise ValueError(f"a shift of {ends_at - starts_at} is none")
    starts, ends = (f"{each.astimezone(STOCKHOLM):%H:%M}" for each in (starts_at, ends_at))
    night = calendar.night_of(starts_at, STOCKHOLM)
    return shift(carer, starts=starts, ends=ends, night=night, **answers)


def wall_time(at: datetime) -> str:
    """Return the minute that a clock on the wall shows at *at*, as a slot's time is written."""
    return f"{at.astimezone(STOCKHOLM):%H:%M}"


async def bring_in(tx: Tx, file: Table, at: datetime) -> None:
    """Import *file*, all its checks included, as it would be at *at*.

    What is near to *at* begins the night after: a town that has slots within minutes is brought in the day before.
    The people whom it invites have said yes, each with the ``password_hash`` that their table has beside the file's keys.

    Raises:
        TownErrors: *file* says what no town's file may say.
    """
    hashes = {user["login"]: user.get("password_hash") for user in file.get("users", [])}
    users = [{name: value for name, value in user.items() if name != "password_hash"} for user in file.get("users", [])]
    town = reader.read_town(text_of({**file, "users": users} if users else file))
    await overlong.lift_limit(tx)
    await apply.apply(tx, town, at)
    for user in town.users or ():
        await let_in(tx, town.organisation.id, user, hashes[user.login])


async def let_in(tx: Tx, org: str, user: model.UserEntry, password_hash: str | None) -> None:
    """Say yes to the town's invitation for the person, who is new, or known to other towns."""
    asked = next(
        (one for one in await memberships.people_of(tx, org) if one.login == user.login and one.invitation_id), None
    )
    if asked is None or asked.invitation_id is None:
        return
    if not await tx.fetchval("select true from users where login = $1", user.login):
        kept = KeptUser(user.login, user.name, password_hash or NO_PASSWORD, org, user.roles)
        await keep_user(tx, kept)
        return
    await tx.execute(
        """
        insert into memberships (user_id, org, roles, areas, accepted_at)
        select user_id, $2, $3, $4, clock.now() from users where login = $1
        """,
        user.login, org, [role.value for role in asked.assignment.roles], asked.assignment.areas,
    )  # fmt: skip
    await invitations.withdraw_invitation(tx, asked.invitation_id, seen=asked.version, actor="test")


async def extend(tx: Tx, org: str, at: datetime, **parts: list[Table]) -> None:
    """Import *parts* of a file (``areas``, ``residents``, ``shifts`` …) into a town that is there; what it has stays.

    Shifts are those of the file and no others, so that the ones that are there go into it, with their carers.
    """
    town = await tx.fetchrow("select * from organisations where org = $1", org)
    assert town is not None, f"there is no town {org} to extend"
    kept = {
        name: town[name] for name in model.OrganisationEntry.model_fields if name in town and town[name] is not None
    }
    known = await tx.fetch("select code, plan from areas where org = $1 order by code", org)
    areas = {row["code"]: {"code": row["code"], "plan": row["plan"]} for row in known}
    areas |= {area["code"]: area for area in parts.get("areas", [])}
    file: Table = {**parts, "organisation": {"id": org, **kept}, "areas": list(areas.values())}
    if "shifts" in parts:
        carers = await tx.fetch("select name, phone from carers where org = $1", org)
        file["carers"] = [*(dict(row) for row in carers), *parts.get("carers", [])]
        file["shifts"] = [*await _coming_shifts(tx, org, at), *parts["shifts"]]
    await bring_in(tx, file, at)


async def _coming_shifts(tx: Tx, org: str, at: datetime) -> list[Table]:
    rows = await tx.fetch(
        """
        select c.name, a.code, s.patrol, s.role, s.starts_at, s.ends_at
        from shifts s join areas a using (area_id) join carers c using (carer_id) where s.org = $1 and s.ends_at > $2
        """,
        org,
        at,
    )
    return [
        shift_between(
            row["name"], row["starts_at"], row["ends_at"], area=row["code"], patrol=row["patrol"], role=row["role"]
        )
        for row in rows
    ]


async def answer_musters(tx: Tx, org: str) -> None:
    """Every phone on the town's list has said that somebody holds it: nobody is asked at the shift's beginning."""
    await tx.execute("update shifts set mustered = true where org = $1", org)


def text_of(file: Table) -> str:
    """Return *file* as TOML, a key a line, so that an error's line says where it is."""
    return "".join(f"{name} = {_toml(value)}\n" for name, value in file.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items() if each is not None)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
