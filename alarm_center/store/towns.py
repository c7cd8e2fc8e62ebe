"""Towns and whom they look after: what a decision and a text have to know of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from alarm_center.core.plan import Plan
from alarm_center.store.memory import Tx
from schemas.vocabulary import HandledBy

log = structlog.get_logger()


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

    def plan_of_area(self, area: Mapping[str, Any], resident: Mapping[str, Any] | None = None) -> Plan:
        """Lay the area's answers, then the resident's, over the town's.

        Answers that cannot be read are left out, and logged: a check or an alarm with the defaults is better than none.
        """
        layers: list[Mapping[str, Any]] = [{"handled_by": self.handled_by}]
        for whose, layer in (("town", self.plan), ("area", area), ("resident", resident or {})):
            try:
                Plan.from_settings(layer)
            except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
                log.error("plan_unreadable", org=self.org, whose=whose, error=str(error)[:200])
            else:
                layers.append(layer)
        return Plan.from_settings(*layers)


_TOWN = """
    select org, name, zone, language, handled_by, spread_seconds, plan, sending_number, link_host, fixed_number, data_number
    from organisations
"""


def _town(row: Mapping[str, Any]) -> Town:
    return Town(**{**row, "zone": ZoneInfo(row["zone"]), "handled_by": HandledBy(row["handled_by"])})


async def town(tx: "Tx[Any]", org: str) -> Town:
    """Return the town.

    Raises:
        LookupError: there is none that this role may see.
    """
    row = await tx.fetchrow(f"{_TOWN} where org = $1", org)
    if row is None:
        raise LookupError(f"no town {org!r} that this connection may see")
    return _town(row)


async def towns(tx: "Tx[Any]") -> list[Town]:
    """Return every town that this role may see."""
    return [_town(row) for row in await tx.fetch(f"{_TOWN} order by org")]


@dataclass(frozen=True, slots=True)
class Home:
    """One resident, or an area at large, with the town and the plan that hold there."""

    town: Town
    resident_id: UUID | None
    area_id: UUID
    area_code: str
    plan: Plan


async def home(tx: "Tx[Any]", resident_id: UUID) -> Home:
    """Return where a resident lives, in the service's sense.

    Raises:
        LookupError: there is no such resident that this role may see.
    """
    row = await tx.fetchrow(
        """
        select r.org, r.area_id, a.code, a.plan as area_plan, coalesce(p.answers, '{}') as answers
        from residents r join areas a using (area_id) left join plans p using (resident_id)
        where r.resident_id = $1
        """,
        resident_id,
    )
    if row is None:
        raise LookupError(f"no resident {resident_id} that this connection may see")
    there = await town(tx, row["org"])
    return Home(there, resident_id, row["area_id"], row["code"], there.plan_of_area(row["area_plan"], row["answers"]))


async def at_large(tx: "Tx[Any]", org: str, area_id: UUID) -> Home:
    """Return an area as a place where nobody in particular lives: for what is about no resident."""
    there = await town(tx, org)
    code, answers = await area(tx, area_id)
    return Home(there, None, area_id, code, there.plan_of_area(answers))


async def area(tx: "Tx[Any]", area_id: UUID) -> tuple[str, Mapping[str, Any]]:
    """Return an area's code and its answers."""
    row = await tx.fetchrow("select code, plan from areas where area_id = $1", area_id)
    if row is None:
        raise LookupError(f"no area {area_id} that this connection may see")
    return row["code"], row["plan"]


async def somebody_signed_in(tx: "Tx[Any]", org: str) -> bool:
    """Whether an operator has been active for the town within three minutes."""
    found: bool = await tx.fetchval("select somebody_signed_in($1, clock.now())", org)
    return found
