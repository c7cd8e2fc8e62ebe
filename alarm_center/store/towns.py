"""Towns and areas as settings, the plan that holds for a resident or area, and whether anybody is at the board."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from alarm_center.core.plan import Plan
from alarm_center.store.claims import ProviderNames
from alarm_center.store.memory import Row, Tx
from schemas.vocabulary import HandledBy, Mark

log = structlog.get_logger()

_UNREADABLE: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""Errors of answers that are no plan's."""


@dataclass(frozen=True, slots=True)
class Town:
    """One organisation's own settings."""

    org: str
    name: str
    zone: ZoneInfo
    language: str
    handled_by: HandledBy
    spread_seconds: int
    plan: Mapping[str, Any]
    sending_number: str
    link_host: str
    fixed_number: str | None
    data_number: str | None
    training: bool = False
    """It is the town as its training area knows it: those who take part are on duty, nobody else is asked, each text says so."""

    def plan_of_area(self, area: Mapping[str, Any], resident: Mapping[str, Any] | None = None) -> Plan:
        """Lay the area's answers, then the resident's, over the town's.

        Answers that cannot be read are left out, and logged: a check or an alarm with the defaults is better than none.
        """
        layers: list[Mapping[str, Any]] = [{"handled_by": self.handled_by}]
        for whose, layer in (("town", self.plan), ("area", area), ("resident", resident or {})):
            if layer == {}:
                continue  # as most residents and areas have it
            try:
                Plan.from_settings(layer)
            except _UNREADABLE:
                log.error("plan_refused", org=self.org, whose=whose, names=_unreadable_names(layer))
            else:
                layers.append(layer)
        return Plan.from_settings(*layers)


def _unreadable_names(layer: Mapping[str, Any]) -> list[str]:
    """Return the names of the answers that cannot be read; what somebody wrote there is not for a log."""
    found: list[str] = []
    # A stored value may be of any shape.
    for name, value in layer.items() if isinstance(layer, Mapping) else ():
        try:
            Plan.from_settings({name: value})
        except _UNREADABLE:
            found.append(str(name)[:64])
    return found


_TOWN_FIELDS: Final = tuple(name for name in Town.__dataclass_fields__ if name != "training")
_TOWN: Final = f"select {', '.join(_TOWN_FIELDS)} from organisations"  # noqa: S608 -- our own names


def _town(row: Row) -> Town:
    fields = {name: row[name] for name in _TOWN_FIELDS}
    return Town(**{**fields, "zone": ZoneInfo(row["zone"]), "handled_by": HandledBy(row["handled_by"])})


def _town_of_area(row: Row) -> Town:
    """Return the town as one of its areas knows it: from the training area no real number is called."""
    there = _town(row)
    return replace(there, training=True, fixed_number=None) if row["training"] else there


async def town(tx: Tx, org: str) -> Town:
    """Return the town.

    Raises:
        LookupError: there is none that this role may see.
    """
    row = await tx.fetchrow(f"{_TOWN} where org = $1", org)
    if row is None:
        raise LookupError(f"no town {org!r} that this connection may see")
    return _town(row)


async def orgs(tx: Tx) -> list[str]:
    """Return every town that this role may see, by its short name: also one whose settings cannot be read."""
    return [row["org"] for row in await tx.fetch("select org from organisations order by org")]


async def towns(tx: Tx) -> list[Town]:
    """Return every town that this role may see."""
    return [_town(row) for row in await tx.fetch(f"{_TOWN} order by org")]


@dataclass(frozen=True, slots=True)
class TownAndPlan:
    """One resident, or an area at large, with the town and the plan that hold there."""

    town: Town
    resident_id: UUID | None
    area_id: UUID
    area_code: str
    plan: Plan


async def of_resident(tx: Tx, resident_id: UUID) -> TownAndPlan:
    """Return the town, the area and the plan that hold for a resident.

    Raises:
        LookupError: there is no such resident that this role may see.
    """
    row = await tx.fetchrow(f"select {HOME} {FROM_HOME} where r.resident_id = $1", resident_id)
    if row is None:
        raise LookupError(f"no resident {resident_id} that this connection may see")
    return home_of(row)


HOME: Final = f"""
    {", ".join("o." + name for name in _TOWN_FIELDS)}, r.resident_id, r.area_id, e.code as area_code, e.plan as area_plan, e.training,
    coalesce(p.answers, '{{}}') as answers, '{Mark.MAY_GO_OUT}' = any (r.marks) as may_go_out
"""
FROM_HOME: Final = """
    from residents r join areas e using (area_id) join organisations o on o.org = r.org left join plans p using (resident_id)
"""


def home_of(row: Row) -> TownAndPlan:
    """Return the town, the area and the plan of a resident, of a row that has :data:`HOME`."""
    there = _town_of_area(row)
    plan = replace(there.plan_of_area(row["area_plan"], row["answers"]), may_go_out=row["may_go_out"])
    return TownAndPlan(there, row["resident_id"], row["area_id"], row["area_code"], plan)


async def of_residents(tx: Tx, residents: Sequence[UUID]) -> dict[UUID, TownAndPlan]:
    """Return the same for many residents."""
    rows = await tx.fetch(
        f"select {HOME} {FROM_HOME} where r.resident_id = any ($1::uuid[])",
        list(residents),
    )
    return {row["resident_id"]: home_of(row) for row in rows}


async def of_area(tx: Tx, org: str, area_id: UUID) -> TownAndPlan:
    """Return the town and the plan that hold in an area, for a case that is about no resident."""
    fields = ", ".join("o." + name for name in _TOWN_FIELDS)
    row = await tx.fetchrow(
        f"""
        select {fields}, e.code as area_code, e.plan as area_plan, e.training
        from areas e join organisations o using (org) where e.org = $1 and e.area_id = $2
        """,  # noqa: S608 -- our own names
        org, area_id,
    )  # fmt: skip
    if row is None:
        raise LookupError(f"no area {area_id} that this connection may see")
    there = _town_of_area(row)
    return TownAndPlan(there, None, area_id, row["area_code"], there.plan_of_area(row["area_plan"]))


class AreaAnswers(NamedTuple):
    """An area's code, and what it answers otherwise than its town."""

    code: str
    plan: Mapping[str, Any]


async def serves_several(tx: Tx, phone: str) -> bool:
    """Tell whether *phone* works for several towns, as a carer's or as a fixed number. The worker's question alone."""
    several: bool = await tx.fetchval("select serves_several($1)", phone)
    return several


async def area(tx: Tx, area_id: UUID) -> AreaAnswers:
    """Return an area's code and its answers."""
    row = await tx.fetchrow("select code, plan from areas where area_id = $1", area_id)
    if row is None:
        raise LookupError(f"no area {area_id} that this connection may see")
    return AreaAnswers(row["code"], row["plan"])


async def area_codes(tx: Tx, org: str) -> list[str]:
    """Return the codes of the town's open areas, in order."""
    return [
        row["code"]
        for row in await tx.fetch(
            "select code from areas where org = $1 and closed_at is null and not training order by code", org
        )
    ]


async def area_ids(tx: Tx, org: str) -> dict[str, UUID]:
    """Return the ids of the town's open areas by code, in order of the codes."""
    rows = await tx.fetch(
        "select code, area_id from areas where org = $1 and closed_at is null and not training order by code", org
    )
    return {row["code"]: row["area_id"] for row in rows}


async def codes_of(tx: Tx, org: str, area_ids: Collection[UUID]) -> list[str]:
    """Return the codes of those of the town's areas, each once, in order."""
    rows = await tx.fetch(
        "select code from areas where org = $1 and area_id = any ($2::uuid[]) order by code", org, list(area_ids)
    )
    return [row["code"] for row in rows]


async def closed_area_ids(tx: Tx, org: str) -> dict[str, UUID]:
    """Return the ids of the town's closed areas by code, in order of the codes."""
    rows = await tx.fetch("select code, area_id from areas where org = $1 and closed_at is not null order by code", org)
    return {row["code"]: row["area_id"] for row in rows}


async def performers(tx: Tx, org: str) -> dict[str, str]:
    """Return the names of the town's performers by code, in order of the codes; its own care is not among them."""
    rows = await tx.fetch("select code, name from performers where org = $1 order by code", org)
    return {row["code"]: row["name"] for row in rows}


async def org_of_area(tx: Tx, area_id: UUID) -> str | None:
    """Return the town that an area is of; ``None`` if there is none that the viewer may see."""
    org: str | None = await tx.fetchval("select org from areas where area_id = $1", area_id)
    return org


async def is_anybody_signed_in(tx: Tx, org: str) -> bool:
    """Tell whether an operator has been active for the town within three minutes."""
    found: bool = await tx.fetchval("select somebody_signed_in($1, clock.now())", org)
    return found


async def first_area(tx: Tx, org: str) -> UUID:
    """Return an area of the town: for a call for help from a phone that is on no shift."""
    area_id: UUID = await tx.fetchval(
        "select area_id from areas where org = $1 and closed_at is null and not training order by code limit 1", org
    )
    return area_id


async def numbers_at(tx: Tx, provider: str, names: ProviderNames) -> list[str]:
    """Return every number that towns send from through *provider*, one of *names*."""
    rows = await tx.fetch(
        """
        select distinct case when case when provider = $3 then $3 else $2 end = $1 then sending_number
            else coalesce(second_number, sending_number) end as number
        from organisations order by 1
        """,
        provider, names.first, names.second,
    )  # fmt: skip
    return [row["number"] for row in rows]


async def main_number(tx: Tx, phone: str, number: str) -> str:
    """Return the own number of the town that *number* belongs to: *number* itself, or the one that it stands in for.

    Where towns share a second number, it is the town's that has written to *phone* last.
    """
    main: str | None = await tx.fetchval(
        """
        select o.sending_number from organisations o left join lateral (
            select m.created_at from messages m where m.phone = $1 and m.sender = o.sending_number
            order by m.created_at desc limit 1
        ) last on true
        where o.second_number = $2 and not exists (select from organisations s where s.sending_number = $2)
        order by last.created_at desc nulls last, o.org limit 1
        """,
        phone, number,
    )  # fmt: skip
    return main or number
