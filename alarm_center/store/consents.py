"""Consents of each person in a home as they are given and withdrawn; a withdrawn one stays written down.

The function ``may_look`` of the schema says what they allow; `devices.lock_consent` asks it for a decision.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final
from uuid import UUID

from alarm_center.core.resident_record import ConsentPaper
from alarm_center.core.supervision import LackingConsent
from alarm_center.store.memory import Tx
from schemas.vocabulary import Capacity, ConsentState, ConsentTo, GivenHow, Instead


@dataclass(frozen=True, slots=True)
class ConsentWords:
    """The words of a consent: whether a machine alone may answer, how it was given and before whom, and the person's capacity."""

    automatic: str | None = None
    """``yes``, ``no``, or ``None``: not asked."""
    given_how: GivenHow | None = None
    language: str = ""
    present: str = ""
    second_talk_on: date | None = None
    capacity: Capacity | None = None
    legal_position: str | None = None
    representative: str = ""


WORDS: Final = tuple(field.name for field in fields(ConsentWords))
"""The columns of ``consents`` that hold its words, each named as its field."""


@dataclass(frozen=True, slots=True)
class NewConsent:
    """A consent as it is given, by ``who``: ``resident`` or ``cohabitant``."""

    org: str
    resident_id: UUID
    who: str
    state: ConsentState
    basis: str
    given_at: datetime
    recorded_by: str
    agreed: Collection[ConsentTo]
    words: ConsentWords


_IN_FORCE: Final = "select consent_id from consents where resident_id = $1 and who = $2 and revoked_at is null"


async def in_force(tx: Tx, resident_id: UUID, who: str, *, lock: bool) -> UUID | None:
    """Return the id of the consent of *who* that is not withdrawn, and *lock* it; ``None`` if there is none."""
    consent_id: UUID | None = await tx.fetchval(_IN_FORCE + (" for update" if lock else ""), resident_id, who)
    return consent_id


async def last_revoked_at(tx: Tx, resident_id: UUID, who: str) -> datetime | None:
    """Return when *who* last withdrew a consent; ``None`` if they never did."""
    at: datetime | None = await tx.fetchval(
        "select max(revoked_at) from consents where resident_id = $1 and who = $2", resident_id, who
    )
    return at


async def add(tx: Tx, consent: NewConsent) -> None:
    """Insert a consent."""
    marks = ", ".join(f"${n}" for n in range(11, 11 + len(WORDS)))
    await tx.execute(
        f"""
        insert into consents (org, resident_id, who, state, basis, given_at, recorded_by, camera, sensors, shown_to_people,
            {", ".join(WORDS)})
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, {marks})
        """,  # noqa: S608 -- the names are our own fields
        consent.org, consent.resident_id, consent.who, consent.state, consent.basis, consent.given_at, consent.recorded_by,
        ConsentTo.CAMERA in consent.agreed, ConsentTo.SENSORS in consent.agreed,
        ConsentTo.SHOWN_TO_PEOPLE in consent.agreed,
        *(getattr(consent.words, name) for name in WORDS),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewRefusal:
    """A no to supervision from afar that was never a yes, and what comes in its stead."""

    org: str
    resident_id: UUID
    who: str
    basis: str
    said_at: datetime
    instead: Instead
    recorded_by: str
    words: ConsentWords


async def add_refusal(tx: Tx, refusal: NewRefusal) -> None:
    """Insert a no: a consent that was withdrawn as it was asked for."""
    marks = ", ".join(f"${n}" for n in range(8, 8 + len(WORDS)))
    await tx.execute(
        f"""
        insert into consents (org, resident_id, who, state, basis, given_at, revoked_at, revoked_instead, recorded_by,
            camera, sensors, shown_to_people, {", ".join(WORDS)})
        values ($1, $2, $3, 'revoked', $4, $5, $5, $6, $7, false, false, false, {marks})
        """,  # noqa: S608 -- the names are our own fields
        refusal.org, refusal.resident_id, refusal.who, refusal.basis, refusal.said_at, refusal.instead, refusal.recorded_by,
        *(getattr(refusal.words, name) for name in WORDS),
    )  # fmt: skip


async def revoke(tx: Tx, resident_id: UUID, who: str, instead: str, recorded_by: str, now: datetime) -> bool:
    """Write that a consent is withdrawn; false where none was in force."""
    done: str = await tx.execute(
        """
        update consents set state = 'revoked', revoked_at = $4, revoked_instead = $3, recorded_by = $5
        where resident_id = $1 and who = $2 and revoked_at is null
        """,
        resident_id, who, instead, now, recorded_by,
    )  # fmt: skip
    return done != "UPDATE 0"


async def states(tx: Tx, resident_id: UUID) -> dict[str, str]:
    """Return the newest state of each person's consent in the resident's home."""
    rows = await tx.fetch(
        "select distinct on (who) who, state from consents where resident_id = $1 order by who, given_at desc",
        resident_id,
    )
    return {row["who"]: row["state"] for row in rows}


@dataclass(frozen=True, slots=True)
class StoredConsent:
    """A consent as it is kept, in force or withdrawn."""

    who: str
    state: str
    basis: str
    given_at: datetime
    revoked_instead: str | None
    agreed: frozenset[ConsentTo]
    words: ConsentWords


async def papers_in(tx: Tx, org: str, only: UUID | None = None) -> dict[UUID, list[StoredConsent]]:
    """Return by resident what each person in the home has said: the consent in force, or else the one withdrawn last."""
    rows = await tx.fetch(
        f"""
        select distinct on (resident_id, who) resident_id, who, state, basis, given_at, revoked_instead, camera, sensors,
            shown_to_people, {", ".join(WORDS)}
        from consents where org = $1 and ($2::uuid is null or resident_id = $2)
        order by resident_id, who, (revoked_at is null) desc, revoked_at desc
        """,  # noqa: S608 -- the names are our own fields
        org, only,
    )  # fmt: skip
    found: dict[UUID, list[StoredConsent]] = {}
    for row in rows:
        agreed = frozenset(to for to in ConsentTo if row[to.value])
        words = ConsentWords(**{name: row[name] for name in WORDS})
        consent = StoredConsent(
            row["who"], row["state"], row["basis"], row["given_at"], row["revoked_instead"], agreed, words
        )
        found.setdefault(row["resident_id"], []).append(consent)
    return found


async def withdrawn_at(tx: Tx, resident_id: UUID) -> datetime | None:
    """Return when somebody in the home last withdrew a consent that they have not given anew; ``None`` if nobody did."""
    at: datetime | None = await tx.fetchval(
        """
        select max(gone.revoked_at) from consents gone
        where gone.resident_id = $1 and gone.state = 'revoked' and not exists (
            select from consents given where given.resident_id = $1 and given.who = gone.who and given.revoked_at is null)
        """,
        resident_id,
    )
    return at


async def papers(tx: Tx, resident_id: UUID) -> list[ConsentPaper]:
    """Return every consent and no in the resident's home, the resident's own first, the newest of each person first."""
    rows = await tx.fetch(
        """
        select c.who, c.given_at, c.basis, u.name as recorder, c.camera, c.sensors, c.shown_to_people, c.automatic, c.given_how, c.language,
            c.present, c.second_talk_on, c.capacity, c.legal_position, c.representative, c.revoked_at, c.revoked_instead
        from consents c left join users u on u.user_id::text = c.recorded_by
        where c.resident_id = $1 order by c.who desc, c.revoked_at is not null, c.given_at desc
        """,
        resident_id,
    )
    return [
        ConsentPaper(**{**row, "revoked_instead": Instead(row["revoked_instead"]) if row["revoked_instead"] else None})
        for row in rows
    ]


async def lacking(tx: Tx, among: Collection[UUID] | None) -> list[tuple[UUID, LackingConsent]]:
    """Return the people without a consent in force in the homes of *among*; ``None``: in all that the viewer sees."""
    rows = await tx.fetch(
        """
        select r.resident_id, needed.who, gone.revoked_at, gone.revoked_instead
        from residents r left join residents o on o.bed_id = r.bed_id and o.resident_id <> r.resident_id and o.moved_at is null and o.died_at is null
        cross join lateral (values ('resident', r.resident_id, 'resident', true),
            ('cohabitant', r.resident_id, 'cohabitant', r.cohabitant is not null),
            ('companion', o.resident_id, 'resident', o.resident_id is not null)) needed (who, whose, as_who, asked)
        left join lateral (
            select c.revoked_at, c.revoked_instead from consents c
            where c.resident_id = needed.whose and c.who = needed.as_who and c.revoked_at is not null
            order by c.revoked_at desc limit 1
        ) gone on true
        where needed.asked and r.moved_at is null and r.died_at is null and ($1::uuid[] is null or r.resident_id = any ($1)) and not exists (
            select from consents c where c.resident_id = needed.whose and c.who = needed.as_who and c.revoked_at is null)
        order by r.resident_id, needed.who desc
        """,
        None if among is None else list(among),
    )
    return [
        (
            row["resident_id"],
            LackingConsent(
                row["who"],
                row["revoked_at"],
                None if row["revoked_instead"] is None else Instead(row["revoked_instead"]),
            ),
        )
        for row in rows
    ]


async def agreed_devices(tx: Tx, among: Collection[UUID] | None) -> dict[UUID, frozenset[str]]:
    """Return the kinds of device that everybody in the home has agreed to, as ``may_look`` would say of each; of many at once.

    For lists: asked of thousands one by one, the function takes half a second. Nothing is decided by it.
    """
    beds = await _beds(tx, among)
    among = None if among is None else {*among, *beds.values()}
    rows = await tx.fetch(
        """
        select r.resident_id, bool_and(c.camera) as camera, bool_and(c.sensors) as sensors
        from residents r join consents c on c.resident_id = r.resident_id and c.revoked_at is null
            and (c.capacity is distinct from 'in_doubt' or c.legal_position is not null)
            and (c.who = 'resident' or c.who = 'cohabitant' and r.cohabitant is not null)
        where $1::uuid[] is null or r.resident_id = any ($1)
        group by r.resident_id, r.cohabitant
        having count(*) = case when r.cohabitant is null then 1 else 2 end
        """,
        None if among is None else list(among),
    )
    own = {row["resident_id"]: frozenset(kind for kind in ("camera", "sensors") if row[kind]) for row in rows}
    return own | {one: own.get(one, frozenset()) & own.get(other, frozenset()) for one, other in beds.items()}


async def _beds(tx: Tx, among: Collection[UUID] | None) -> dict[UUID, UUID]:
    """Return the one who shares the bed, for those of *among* who share one."""
    rows = await tx.fetch(
        """
        select resident_id, (bed_of(resident_id))[2] as other from residents
        where bed_id is not null and cardinality(bed_of(resident_id)) = 2 and ($1::uuid[] is null or resident_id = any ($1))
        """,
        None if among is None else list(among),
    )
    return {row["resident_id"]: row["other"] for row in rows}


async def empty_basis(tx: Tx, org: str, consent_id: str) -> bool:
    """Take the free words out of a consent; false if the town has no such consent."""
    done = await tx.execute(
        "update consents set basis = '', present = '', representative = '' where org = $1 and consent_id::text = $2",
        org, consent_id,
    )  # fmt: skip
    return done != "UPDATE 0"
