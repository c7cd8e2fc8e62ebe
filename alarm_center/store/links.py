"""Links in carers' SMS: the notice and viewer scope of each, and the browser that it belongs to once it was opened.

`alarms.save` writes a notice, and the database makes its link's token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.store import alarms, events
from alarm_center.store.memory import LINK, Row, Tx, Viewer
from schemas.timeline import LinkUsed


@dataclass(frozen=True, slots=True)
class CarerLink:
    """One notice, its alarm, and whom to ring when there is no data. ``alarm.dispatch`` has no notices here."""

    notice_id: UUID
    state: str
    patrol: str
    alarm: Alarm
    area: str
    training: bool
    """It is an exercise."""
    zone: str
    number: str
    """The phone number of those who know more."""
    rings_from: str
    """The number that a person of theirs rings from: the town's own that is always answered, else the one that the service sends from."""
    others: tuple[str, ...]
    """Other patrols that have taken it and have not said no since."""
    user_id: UUID | None
    """The carer's own sign-in, where they have one."""
    browser: str | None
    """The mark of the browser that first showed the address; ``None`` while none has."""


async def viewer_of(tx: Tx, token: str) -> Viewer | None:
    """Return the viewer scope of a link: the town and the area of its alarm, and of residents its own alone; ``None`` for an unknown one.

    The transaction sees what that scope sees from then on.
    """
    await tx.execute("select enter($1, $2)", token, LINK)
    row = await tx.fetchrow("select orgs() as orgs, areas() as areas where link() is not null")
    return Viewer(token, LINK, tuple(row["orgs"]), tuple(row["areas"])) if row else None


async def carried(tx: Tx) -> CarerLink | None:
    """Return the notice of the link that this transaction carries, in the scope that :func:`viewer_of` gave."""
    row = await tx.fetchrow(
        """
        select n.notice_id, n.state, n.patrol, n.browser, a.body, e.code as area, e.training, o.zone,
            coalesce(o.data_number, o.fixed_number, o.sending_number) as number, coalesce(o.fixed_number, o.sending_number) as rings_from,
            (select c.user_id from carers c where c.org = n.org and c.phone = n.phone) as user_id,
            array(
                select distinct other.patrol from notices other
                where other.dispatch_id = n.dispatch_id and other.phone <> n.phone and other.state = 'took' order by 1
            ) as others
        from notices n
        join alarms a using (alarm_id)
        join areas e using (area_id)
        join organisations o on o.org = n.org
        where n.notice_id = link()
        """
    )
    return _link(row) if row else None


def _link(row: Row) -> CarerLink:
    fields = dict(row)
    return CarerLink(alarm=alarms.from_body(fields.pop("body")), others=tuple(fields.pop("others")), **fields)


async def bind_browser(tx: Tx, found: CarerLink, browser: str, now: datetime) -> bool:
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


class OtherCase(NamedTuple):
    """Another open case of the link's phone: its own (*took*), or one that it is asked about."""

    case_no: int
    priority: int
    visit: bool
    took: bool


async def other_cases(tx: Tx) -> list[OtherCase]:
    """Return the other open cases of the phone whose link this transaction carries, its own first."""
    rows = await tx.fetch(
        "select case_no, priority, visit, took from cases_of_phone() order by took desc, priority, case_no"
    )
    return [OtherCase(*row) for row in rows]


async def next_visit(tx: Tx) -> datetime | None:
    """Return when the next visit of the link's shift is due that nobody has taken; ``None``: none comes before its end."""
    due: datetime | None = await tx.fetchval("select next_visit_of_shift()")
    return due


async def token_of_other(tx: Tx, case_no: int) -> str | None:
    """Return the link of one of :func:`other_cases`; ``None`` where there is no such case, and where this link's own is over."""
    token: str | None = await tx.fetchval("select link_of_other($1)", case_no)
    return token


class PhoneShift(NamedTuple):
    """The shift of the link's phone: its end, the names of the people who have said that they hold the phone, and the codes that it may still try."""

    ends_at: datetime
    people: tuple[str, ...]
    tries_left: int


MOST_WRONG_CODES: Final = 3


async def shift_of_link(tx: Tx) -> PhoneShift | None:
    """Return the shift of the link that this transaction carries; ``None``: it is the town's fixed number's."""
    row = await tx.fetchrow(
        """
        select s.ends_at, $1 - n.code_tries as tries_left, array(
                select c.name from shift_people p join carers c using (carer_id) where p.shift_id = s.shift_id order by c.name) as people
        from notices n join shifts s using (shift_id) where n.notice_id = link()
        """,
        MOST_WRONG_CODES,
    )
    return PhoneShift(row["ends_at"], tuple(row["people"]), row["tries_left"]) if row else None


async def say_who(tx: Tx, codes: Sequence[str], tap: str | None) -> bool:
    """Note the people of *codes* as ones with the link's phone; false for a code that nobody has, and after three wrong ones.

    A *tap* that was wrong before is so again, and counts as no further try: the phone has not heard the answer.
    """
    known: bool = await tx.fetchval("select say_who($1, $2)", list(codes), tap)
    return known
