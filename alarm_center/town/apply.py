"""Brings a town's file into the database: in one transaction, and a second time without a change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from alarm_center.core import calendar
from alarm_center.store import plans
from alarm_center.store.memory import Tx
from alarm_center.town import homes, reader, rota, times
from alarm_center.town.changes import Change, Run
from alarm_center.town.model import Organisation, Town
from schemas import timeline
from schemas.vocabulary import ImportAction

_NO_PASSWORD: Final = "!"  # noqa: S105 -- what no password's hash is: it lets nobody in
ACTOR: Final = "import"


class _Undo(Exception):
    """Ends the transaction of a dry run."""


async def apply(
    connection: "Tx[Any]", town: Town, now: datetime, dry_run: bool = False, *, actor: str = ACTOR
) -> list[Change]:
    """Make the database say what *town* says, and return what that changed, or would change with *dry_run*.

    *connection* is one of :class:`alarm_center.store.memory.Memory`, as ``fjt_worker``. Nothing is ended because the file
    lacks it, but for what stands inside something that it has: a resident's slots and devices, and the town's shifts.
    A slot is never edited: it ends, its coming checks are cancelled as ``replanned``, and another begins on the same
    night. A consent that the file revokes stops the resident's coming checks at once.

    The checks that new slots owe are made by the clockwork's next round, as for every slot.

    Raises:
        TownErrors: a decision has ended by *now*; nothing has changed.
        asyncpg.PostgresError: of class 40, when another writer was in the way: try again, whole.
    """
    zone = ZoneInfo(town.organisation.zone)
    reader.ended(town, calendar.night_of(now, zone))
    run = Run(connection, town.organisation.id, zone, now, actor, town.organisation.spread_seconds)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock(hashtext('import'), hashtext($1))", run.org)
            await plans.planned_until(connection, run.org)  # held: no check is made of a slot that is just ending
            await _everything(run, town)
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return run.changes


async def _everything(run: Run, town: Town) -> None:
    await _organisation(run, town.organisation)
    await _areas(run, town)
    await _users(run, town)
    await _carers(run, town)
    await rota.keep(run, town)
    if town.residents is None:
        return
    ids = {resident.number: await homes.keep_row(run, resident) for resident in town.residents}
    await homes.keep_devices(run, town.residents, ids)
    for resident in town.residents:
        await times.keep(run, resident, ids[resident.number])
        await homes.keep_paperwork(run, resident, ids[resident.number])
    rows = await run.tx.fetch(
        "select number, resident_id from residents where org = $1 and moved_at is null and died_at is null order by number",
        run.org,
    )
    for row in rows:
        if row["number"] not in ids:
            await run.note("resident", str(row["number"]), ImportAction.LEFT, "not in the file")


async def _organisation(run: Run, wanted: Organisation) -> None:
    values = wanted.model_dump(exclude={"id", "country"})
    _, action, detail = await run.keep("organisations", {"org": run.org}, values)
    if action:
        await run.note("organisation", run.org, action, detail, payload=timeline.OrganisationImported(action))


async def _areas(run: Run, town: Town) -> None:
    for area in town.areas:
        row, action, detail = await run.keep(
            "areas", {"org": run.org, "code": area.code}, {"plan": area.plan}, returns=("area_id",)
        )
        run.areas[area.code] = row["area_id"]
        if action:
            await run.note(
                "area", area.code, action, detail, payload=timeline.AreaImported(action), area_id=row["area_id"]
            )
    for row in await run.tx.fetch("select code from areas where org = $1 order by code", run.org):
        if row["code"] not in run.areas:
            await run.note("area", row["code"], ImportAction.LEFT, "not in the file")


async def _users(run: Run, town: Town) -> None:
    """Keep names, roles and areas. A password that somebody has chosen since is theirs."""
    for user in town.users or ():
        known = await run.tx.fetchval("select true from users where login = $1", user.login)
        values: Mapping[str, Any] = {"name": user.name}
        if not known:
            values = {**values, "password_hash": user.password_hash or _NO_PASSWORD}
        row, action, detail = await run.keep("users", {"login": user.login}, values, returns=("user_id",))
        roles = sorted(role.value for role in user.roles)
        areas = sorted((run.areas[code] for code in user.areas), key=str) if user.areas is not None else None
        _, member, what = await run.keep(
            "memberships", {"user_id": row["user_id"], "org": run.org}, {"roles": roles, "areas": areas}
        )
        done = action or member
        if done:
            told = ", ".join(filter(None, (detail, what)))
            await run.note("user", user.login, done, told, payload=timeline.UserImported(done))


async def _carers(run: Run, town: Town) -> None:
    logins: dict[str, UUID] = {
        row["login"]: row["user_id"]
        for row in await run.tx.fetch(
            "select login, user_id from users join memberships using (user_id) where org = $1", run.org
        )
    }
    for carer in town.carers or ():
        values = {"name": carer.name, "user_id": logins[carer.login] if carer.login else None}
        row, action, detail = await run.keep(
            "carers", {"org": run.org, "phone": carer.phone}, values, returns=("carer_id",)
        )
        run.carers[carer.name] = row["carer_id"]
        if action:
            await run.note("carer", carer.name, action, detail, payload=timeline.CarerImported(action))
