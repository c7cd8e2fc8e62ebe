"""Calls to a town's number: the towns that have it, the carer of a code, the cases that are theirs, and the codes that were wrong.

Each code that is given is a reply, without its digits: nobody reads a code in a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.replies.ring_in import CodeAnswer
from alarm_center.core.resident_card import ResidentCard
from alarm_center.store.lost_phones import IS_LOST
from alarm_center.store.memory import Row, Tx
from alarm_center.store.residents import CARD_COLUMNS, card_of
from alarm_center.store.sms_stops import TAKES_NO_SMS

_WRONG: Final = f"meaning in ('{CodeAnswer.WRONG}', '{CodeAnswer.LAST_WRONG}')"
"""As the index ``replies_wrong_codes`` says it."""


@dataclass(frozen=True, slots=True)
class RungTown:
    """A town that has the number that was called."""

    org: str
    language: str
    numbers: tuple[str, ...]
    """All numbers of the town that can be called: wrong codes to any of them count together."""
    knows_caller: bool
    """The caller's number is that of a carer of the town, and not lost."""


async def towns_of_number(tx: Tx, number: str, caller: str) -> list[RungTown]:
    """Return the towns that send from *number*, or name it as what a carer without data calls; those that know *caller* first."""
    rows = await tx.fetch(
        f"""
        select o.org, o.language, array_remove(array[o.sending_number, o.second_number, o.data_number], null) as numbers,
            exists (select from carers c where c.org = o.org and c.phone = $2)
            and not {IS_LOST.format(org="o.org", phone="$2")} as knows_caller
        from organisations o where $1 in (o.sending_number, o.second_number, o.data_number) order by knows_caller desc, o.org
        """,  # noqa: S608 -- our own constant
        number, caller,
    )  # fmt: skip
    return [RungTown(**{**row, "numbers": tuple(row["numbers"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class CarerOfCode:
    """The carer who has a personal code."""

    org: str
    carer_id: UUID


async def carer_of_code(tx: Tx, orgs: Sequence[str], code: str, caller: str | None) -> CarerOfCode | None:
    """Return who has *code* in one of *orgs* and has not left; ``None`` for nobody, and where two towns' carers have it.

    From the phone of a carer, *caller*, it is that carer's own, or one that was said for a shift of that phone.
    """
    rows = await tx.fetch(
        """
        select c.org, c.carer_id from carers c
        where c.org = any ($1::text[]) and c.code = $2 and (c.ends_on is null or c.ends_on >= (clock.now() - interval '1 day')::date)
            and ($3::text is null or c.phone = $3 or exists (
                select from shift_people p join shifts s using (shift_id) join carers h on h.carer_id = s.carer_id
                where p.carer_id = c.carer_id and h.org = c.org and h.phone = $3
                    and s.starts_at < clock.now() + interval '12 hours' and s.ends_at > clock.now() - interval '12 hours'))
        """,
        list(orgs), code, caller,
    )  # fmt: skip
    return CarerOfCode(**rows[0]) if len(rows) == 1 else None


async def lock_codes(tx: Tx, rung: Sequence[RungTown]) -> None:
    """Let no other code be judged in these towns until the transaction ends."""
    for org in sorted(town.org for town in rung):
        await tx.execute("select pg_advisory_xact_lock(hashtext('ring_in'), hashtext($1))", org)


async def count_wrong(tx: Tx, rung: Sequence[RungTown], phone: str, within: timedelta) -> int:
    """Return how many wrong codes were given lately to any number of the towns from *phone* (empty: from strangers)."""
    count: int = await tx.fetchval(
        f"""
        select count(*) from replies
        where sender = any ($1::text[]) and {_WRONG} and received_at > clock.now() - $3::interval and phone = $2
        """,  # noqa: S608 -- our own constant
        sorted({number for town in rung for number in town.numbers}), phone, within,
    )  # fmt: skip
    return count


async def answer_before(tx: Tx, provider: str, provider_id: str) -> CodeAnswer | None:
    """Return the answer that a code had, whose request comes again."""
    meaning: str | None = await tx.fetchval(
        "select meaning from replies where provider = $1 and provider_id = $2", provider, provider_id
    )
    return CodeAnswer(meaning) if meaning in set(CodeAnswer) else None


@dataclass(frozen=True, slots=True)
class OwnCase:
    """An open case that its carer has accepted."""

    notice_id: UUID
    alarm_id: UUID
    area_id: UUID
    case_no: int
    card: ResidentCard | None
    """``None`` where the case is about no resident."""


_CASE: Final = f"""
    select n.notice_id, a.alarm_id, a.area_id, a.case_no, a.resident_id as about, o.language, {CARD_COLUMNS}
    from notices n join alarms a using (alarm_id) join organisations o on o.org = n.org
        left join residents r on r.resident_id = a.resident_id
    where n.state = 'took' and a.state <> 'closed' and n.done_at is null
"""  # noqa: S608 -- our own constant


async def own_cases(tx: Tx, carer: CarerOfCode, caller: str | None) -> list[OwnCase]:
    """Return the open cases that the carer has accepted and is not done with, the gravest first.

    Theirs is what the phone of a shift of theirs has taken, as its carer or as one who said their code at its muster, and what
    *caller* has, the known number that they call from.
    """
    rows = await tx.fetch(
        f"""
        {_CASE} and n.org = $1 and (n.phone = $3 or exists (
            select from shifts s where s.shift_id = n.shift_id and (s.carer_id = $2
                or exists (select from shift_people p where p.shift_id = s.shift_id and p.carer_id = $2))))
        order by a.priority, n.answered_at
        """,  # noqa: S608 -- our own constant
        carer.org, carer.carer_id, caller,
    )  # fmt: skip
    return [_own_case(row) for row in rows]


async def case_heard(tx: Tx, notice_id: UUID, within: timedelta) -> tuple[OwnCase, str] | None:
    """Return the case of a notice with its town's language, if the code of its phone's carer was right *within*, and it is theirs still."""
    row = await tx.fetchrow(
        f"""
        {_CASE} and n.notice_id = $1 and exists (
            select from notices m join replies r on r.alarm_id = m.alarm_id and r.notice_id = m.notice_id
            where m.phone = n.phone and m.org = n.org and m.state = 'took' and r.meaning = $3
                and r.received_at > clock.now() - $2::interval)
        """,
        notice_id, within, CodeAnswer.RIGHT,
    )  # fmt: skip
    return (_own_case(row), row["language"]) if row else None


def _own_case(row: Row) -> OwnCase:
    card = card_of(row) if row["about"] else None
    return OwnCase(row["notice_id"], row["alarm_id"], row["area_id"], row["case_no"], card)


async def leads_on_duty(tx: Tx, org: str) -> list[str]:
    """Return the phones of the town's leads on duty that take SMS, else its fixed number."""
    rows = await tx.fetch(
        f"""
        select distinct c.phone from shifts s join carers c using (carer_id)
        where s.org = $1 and s.role = 'lead' and s.starts_at <= clock.now() and s.ends_at > clock.now()
            and not {IS_LOST.format(org="s.org", phone="c.phone")} and not {TAKES_NO_SMS.format(org="s.org", phone="c.phone")}
        order by 1
        """,  # noqa: S608 -- our own constants
        org,
    )
    fixed = await tx.fetchval("select fixed_number from organisations where org = $1", org)
    return [row["phone"] for row in rows] or ([fixed] if fixed else [])
