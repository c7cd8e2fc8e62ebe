"""What the link in a carer's SMS leads to, and which browser it belongs to once somebody has opened it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alarm_center.core.case import Alarm
from alarm_center.store import alarms, events
from alarm_center.store.memory import Tx, Viewer
from schemas.timeline import LinkUsed


@dataclass(frozen=True, slots=True)
class Link:
    """One notice, its alarm, and whom to ring when there is no data. ``alarm.dispatch`` has no notices here."""

    notice_id: UUID
    state: str
    patrol: str
    alarm: Alarm
    area: str
    zone: str
    number: str
    """The phone number of those who know more."""
    others: tuple[str, ...]
    """Whoever else has taken it and has not said no since, by patrol."""
    user_id: UUID | None
    """The carer's own sign-in, where they have one."""
    browser: str | None
    """The mark of the browser that first showed the address; ``None`` while none has."""


async def eyes_of(tx: "Tx[Any]", token: str) -> Viewer | None:
    """Return whose eyes a link gives: the town and the area of its alarm, and no other; ``None`` for an unknown one."""
    row = await tx.fetchrow("select org, areas from eyes_of_link($1)", token)
    return Viewer((row["org"],), tuple(row["areas"])) if row else None


async def link(tx: "Tx[Any]", token: str) -> Link | None:
    """Return what a link leads to that :func:`eyes_of` gave the eyes for."""
    row = await tx.fetchrow(
        """
        select n.notice_id, n.state, n.patrol, n.browser, a.body, e.code as area, o.zone,
            coalesce(o.data_number, o.fixed_number, o.sending_number) as number,
            (select c.user_id from carers c where c.org = n.org and c.phone = n.phone) as user_id,
            array(
                select distinct other.patrol from notices other
                where other.dispatch_id = n.dispatch_id and other.phone <> n.phone and other.state = 'took' order by 1
            ) as others
        from notices n
        join alarms a using (alarm_id)
        join areas e using (area_id)
        join organisations o on o.org = n.org
        where n.token = $1
        """,
        token,
    )
    return _link(row) if row else None


def _link(row: Mapping[str, Any]) -> Link:
    fields = dict(row)
    return Link(alarm=alarms.value(fields.pop("body")), others=tuple(fields.pop("others")), **fields)


async def bind(tx: "Tx[Any]", found: Link, browser: str, now: datetime) -> bool:
    """Give the link to *browser*, the mark of one, unless another has it; return whether it is theirs.

    Two that open it at once take turns by the alarm's row, which every decision holds before the notice's.
    """
    await tx.execute("select from alarms where alarm_id = $1 for update", found.alarm.alarm_id)
    has_it: str = await tx.fetchval(
        """
        update notices set browser = coalesce(browser, $2), opened_at = coalesce(opened_at, $3) where notice_id = $1
        returning browser
        """,
        found.notice_id, browser, now,
    )  # fmt: skip
    if found.browser is None and has_it == browser:
        await events.write(tx, now, events.about_alarm(found.alarm, LinkUsed(found.notice_id), None))
    return has_it == browser
