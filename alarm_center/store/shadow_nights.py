"""Looks with a person's answer beside the detector's, and what the offer of green by the detector, and its end, stand on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from alarm_center.core.check import Check, CheckState, PersonSaid
from alarm_center.core.shadow_nights import FORGETS, ComparedLook, GreenEnd, GreenFacts, ShadowFacts, ShadowState
from alarm_center.store import towns
from alarm_center.store.memory import Row, Tx
from alarm_center.store.residents import SHOWN_NAME
from schemas.drift import Drift
from schemas.vocabulary import Answer, Reason

JUDGED_BLIND: Final = """exists (
    select from checks b where b.state = 'to_look' and b.blind and (b.check_id = s.check_id or b.org = s.org and b.device_id = s.device_id
        and b.check_id in (select t.check_id from attempts t where t.session_id = s.session_id)))"""
"""Condition on a session (*s*): a person is to answer for a check that it was made for, and has not; also that of the one who shares the bed."""

OPEN_WORD: Final = """case when h.hidden then null else c.answer end as answer, case when h.hidden then null else c.reason end as reason, h.hidden"""
"""Columns of a check's newest answer, without the detector's while a person is to answer blind; beside :data:`HIDDEN_WORD`."""
HIDDEN_WORD: Final = "cross join lateral (select c.state = 'to_look' and c.blind and c.answer is not null as hidden) h"


async def state_of(tx: Tx, resident_id: UUID) -> ShadowState:
    """Return the resident's standing beside the detector."""
    row = await tx.fetchrow(
        """
        select agrees_to_machine($1, '{yes}') as agreed,
            knows_room($1) and exists (select from devices d where d.resident_id = any (bed_of($1))) as room_known
        """,
        resident_id,
    )
    assert row is not None, "a row of functions alone"
    return ShadowState(**row)


async def mark_blind(tx: Tx, check_id: UUID, *, blind: bool) -> None:
    """Keep whether the look that the check waits for is judged without the detector's word."""
    await tx.execute("update checks set blind = $2 where check_id = $1 and blind <> $2", check_id, blind)


async def note_answer(tx: Tx, check: Check, said: PersonSaid, now: datetime) -> None:
    """Keep a person's answer beside the detector's to the session that they have seen; nothing where no detector judged it.

    *check* is as it was before the answer: one that was an alarm by then had shown the detector's word.
    """
    await tx.execute(
        """
        insert into compared_looks (check_id, session_id, org, resident_id, night, looked_at, found, said, said_by, said_at, blind)
        select c.check_id, s.session_id, c.org, c.resident_id, c.night, coalesce(s.started_at, s.received_at), s.answer, $3, $4, $5, $6 and c.blind
        from checks c join attempts a using (check_id)
            join sessions s on s.org = c.org and s.device_id = c.device_id and s.session_id = a.session_id
        where c.check_id = $1 and s.session_id = $2 and s.receipt = 'committed' and s.answer is not null and s.detector <> ''
            and exists (select from looks l where l.org = s.org and l.session_id = s.session_id and l.user_id::text = $4)
        on conflict (check_id, session_id) do nothing
        """,
        check.check_id, said.session_id, said.answer, said.user, now, check.state is CheckState.TO_LOOK,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class BlindAnswer:
    """A person's answer that was given blind, beside what the detector found in the same session."""

    check_id: UUID
    resident: str
    """Empty for a protected identity that the viewer may not read."""
    area: str
    opens_at: datetime
    zone: str
    said: Answer
    found: Answer
    reason: str | None

    @property
    def alike(self) -> bool:
        """Both saw the same."""
        return self.found is self.said


async def blind_answers(tx: Tx, check_id: UUID, user_id: UUID) -> list[BlindAnswer]:
    """Return the user's newest blind answer to the check, and their answers to the same session for the one who shares the bed.

    None while one of those checks still waits for a person to answer blind.
    """
    rows = await tx.fetch(
        f"""
        with newest as (
            select l.org, l.session_id from compared_looks l
            where l.check_id = $1 and l.said_by = $2 and l.blind order by l.said_at desc limit 1
        )
        select c.check_id, {SHOWN_NAME} as resident, e.code as area, c.opens_at, o.zone, l.said, l.found, s.reasons[1] as reason
        from newest join compared_looks l using (org, session_id) join checks c using (check_id)
            join residents r on r.resident_id = l.resident_id join areas e on e.area_id = r.area_id join organisations o on o.org = l.org
            join sessions s on s.org = l.org and s.device_id = c.device_id and s.session_id = l.session_id
        where l.said_by = $2 and l.blind and not {JUDGED_BLIND}
        order by l.said_at, c.check_id
        """,  # noqa: S608 -- our own words
        check_id, str(user_id),
    )  # fmt: skip
    return [BlindAnswer(**{**row, "said": Answer(row["said"]), "found": Answer(row["found"])}) for row in rows]


@dataclass(frozen=True, slots=True)
class Shadow:
    """One resident beside the detector: whose green it is, and the facts of the offer."""

    resident_id: UUID
    area_id: UUID
    by_detector: bool
    facts: ShadowFacts
    ended: GreenEnd | None
    """The newest end by itself."""


_SHADOWS: Final = """
    select r.resident_id, r.area_id, coalesce(p.green_by, 'operator') = 'detector' as by_detector, agrees_to_machine(r.resident_id, '{yes}') as agreed,
        knows_room(r.resident_id) and exists (select from devices d where d.resident_id = any (bed_of(r.resident_id))) as room_known,
        (select max(d.room_known_at) from devices d where d.resident_id = any (bed_of(r.resident_id))) as known_at, e.ended_at, e.why
    from residents r left join plans p using (resident_id) left join lateral (
        select g.ended_at, g.why from green_ends g where g.resident_id = r.resident_id order by g.ended_at desc limit 1
    ) e on true
"""


async def shadow(tx: Tx, resident_id: UUID, now: datetime) -> Shadow | None:
    """Return what stands beside the detector for one resident who lives there; ``None`` where the viewer sees none."""
    rows = await tx.fetch(
        _SHADOWS + "where r.resident_id = $1 and r.moved_at is null and r.died_at is null", resident_id
    )
    found = await _with_looks(tx, rows, now)
    return found[0] if found else None


async def shadows(tx: Tx, org: str, now: datetime) -> list[Shadow]:
    """Return the same of each resident of the town of whom everybody lets a machine answer, and whose green is a person's."""
    rows = await tx.fetch(
        _SHADOWS
        + """
        where r.org = $1 and r.moved_at is null and r.died_at is null and coalesce(p.green_by, 'operator') = 'operator'
            and agrees_to_machine(r.resident_id, '{yes}') and exists (select from compared_looks c where c.resident_id = r.resident_id)
        order by r.resident_id
        """,
        org,
    )
    return await _with_looks(tx, rows, now)


async def _with_looks(tx: Tx, rows: Sequence[Row], now: datetime) -> list[Shadow]:
    looks = await _looks(tx, [row["resident_id"] for row in rows], now - FORGETS)
    found = []
    for row in rows:
        home = await towns.of_resident(tx, row["resident_id"])
        since = max((each for each in (row["known_at"], row["ended_at"]) if each is not None), default=None)
        facts = ShadowFacts(
            row["agreed"], row["room_known"], home.plan.people_of_ten, since, looks.get(row["resident_id"], [])
        )
        ended = GreenEnd(row["ended_at"], Drift(row["why"])) if row["ended_at"] is not None else None
        found.append(Shadow(row["resident_id"], row["area_id"], row["by_detector"], facts, ended))
    return found


async def _looks(tx: Tx, residents: Sequence[UUID], since: datetime) -> Mapping[UUID, list[ComparedLook]]:
    rows = await tx.fetch(
        """
        select resident_id, night, looked_at, found, said, blind from compared_looks
        where resident_id = any ($1::uuid[]) and looked_at > $2 order by looked_at
        """,
        list(residents), since,
    )  # fmt: skip
    found: dict[UUID, list[ComparedLook]] = {}
    for row in rows:
        look = ComparedLook(row["night"], row["looked_at"], Answer(row["found"]), Answer(row["said"]), row["blind"])
        found.setdefault(row["resident_id"], []).append(look)
    return found


@dataclass(frozen=True, slots=True)
class Green:
    """A resident whose checks turn green by themselves, with what has come of it."""

    resident_id: UUID
    org: str
    area_id: UUID
    facts: GreenFacts


_MOVED_SINCE: Final = timedelta(days=1)
"""A view that is another is told in the same look; an older one was before this was asked."""


async def greens(tx: Tx, now: datetime, only: UUID | None = None) -> list[Green]:
    """Return each resident of all towns, or *only* that one, whose checks turn green by themselves, with what has come of it since."""
    rows = await tx.fetch(
        """
        select r.resident_id, r.org, r.area_id, since.since, agrees_to_machine(r.resident_id, '{yes,carried_over}') as agreed,
            knows_room(r.resident_id) as room_known, exists (
                select from sessions s where s.resident_id = r.resident_id and s.received_at > greatest(since.since, $2)
                    and s.receipt = 'committed' and s.reasons[1] = $3) as moved
        from plans p join residents r using (resident_id) cross join lateral (
            select greatest(p.signed_at, (select max(d.room_known_at) from devices d where d.resident_id = any (bed_of(r.resident_id))),
                (select max(g.ended_at) from green_ends g where g.resident_id = r.resident_id)) as since
        ) since
        where p.green_by = 'detector' and r.moved_at is null and r.died_at is null and ($1::uuid is null or r.resident_id = $1)
        order by r.resident_id
        """,
        only, now - _MOVED_SINCE, Reason.MOVED,
    )  # fmt: skip
    looks = await _looks(tx, [row["resident_id"] for row in rows], now - FORGETS)
    return [
        Green(
            row["resident_id"],
            row["org"],
            row["area_id"],
            GreenFacts(
                row["agreed"],
                row["room_known"],
                row["moved"],
                [look for look in looks.get(row["resident_id"], []) if look.looked_at > row["since"]],
            ),
        )
        for row in rows
    ]


async def add_end(tx: Tx, org: str, resident_id: UUID, end: GreenEnd) -> None:
    """Keep that green by the detector was taken back by itself."""
    await tx.execute(
        "insert into green_ends (org, resident_id, ended_at, why) values ($1, $2, $3, $4)",
        org, resident_id, end.ended_at, end.why,
    )  # fmt: skip
