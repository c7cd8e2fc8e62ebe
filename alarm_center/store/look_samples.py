"""Monthly samples of looks: drawn by the periodic job, judged and signed by an auditor through the database's functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from alarm_center.core.logged_looks import LoggedLook, LookCause
from alarm_center.core.look_review import LookOfMonth, LookVerdict, is_overdue
from alarm_center.store.memory import Tx


@dataclass(frozen=True, slots=True)
class NewSample:
    """A sample to be kept: the looks in the order of their lots, the seed of these, and how many looks the month had."""

    org: str
    month: date
    seed: str
    looks: int
    chosen: Sequence[UUID]


async def is_drawn(tx: Tx, org: str, month: date) -> bool:
    """Tell whether the town has its sample of *month*."""
    return bool(await tx.fetchval("select exists (select from look_samples where org = $1 and month = $2)", org, month))


async def looks_between(tx: Tx, org: str, since: datetime, until: datetime) -> list[LookOfMonth]:
    """Return the town's looks between two instants; no trial, which is nobody's home."""
    rows = await tx.fetch(
        """
        select l.look_id, l.user_id from looks l left join alarms a using (alarm_id)
        where l.org = $1 and l.began_at >= $2 and l.began_at < $3 and coalesce(a.lane, 'real') = 'real'
        order by l.look_id
        """,
        org, since, until,
    )  # fmt: skip
    return [LookOfMonth(**row) for row in rows]


async def keep(tx: Tx, sample: NewSample, now: datetime) -> bool:
    """Keep a sample; false if another replica has kept one of that month already."""
    sample_id = await tx.fetchval(
        """
        insert into look_samples (org, month, seed, looks, drawn_at) values ($1, $2, $3, $4, $5)
        on conflict (org, month) do nothing returning sample_id
        """,
        sample.org, sample.month, sample.seed, sample.looks, now,
    )  # fmt: skip
    if sample_id is None:
        return False
    await tx.execute(
        """
        insert into look_sample_items (sample_id, place, look_id)
        select $1, lot.place, lot.look_id from unnest($2::uuid[]) with ordinality lot (look_id, place)
        """,
        sample_id, list(sample.chosen),
    )  # fmt: skip
    return True


@dataclass(frozen=True, slots=True)
class OverdueSample:
    """A month's sample of a town that nobody has signed off in time."""

    org: str
    month: date
    drawn_at: datetime
    chosen: int
    judged: int


async def overdue_samples(tx: Tx, now: datetime) -> list[OverdueSample]:
    """Return the samples of every town that are overdue, the oldest first. As the worker."""
    rows = await tx.fetch(
        """
        select s.org, s.month, s.drawn_at, count(i.look_id)::int as chosen, count(i.verdict)::int as judged
        from look_samples s left join look_sample_items i using (sample_id)
        where s.signed_at is null group by s.sample_id order by s.month, s.org
        """
    )
    found = [OverdueSample(**row) for row in rows]
    return [each for each in found if is_overdue(each.drawn_at, None, now)]


# ---- for the pages ----


@dataclass(frozen=True, slots=True)
class SampleHead:
    """A month's sample, and how far it has come."""

    sample_id: UUID
    month: date
    seed: str
    looks: int
    drawn_at: datetime
    chosen: int
    judged: int
    unclear: int
    wrong: int
    signed_by: str | None
    signed_at: datetime | None

    @property
    def may_be_signed(self) -> bool:
        """Every look is judged, and nobody has signed."""
        return self.signed_at is None and self.judged == self.chosen

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether it should have been signed off by *now*."""
        return is_overdue(self.drawn_at, self.signed_at, now)


@dataclass(frozen=True, slots=True)
class SampledLook(LoggedLook):
    """A look of a sample, at its place, with the auditor's verdict."""

    place: int
    verdict: LookVerdict | None
    note: str | None
    judged_by: str | None


async def samples_of(tx: Tx, org: str) -> list[SampleHead]:
    """Return the town's samples, the newest month first."""
    rows = await tx.fetch(
        """
        select sample_id, month, seed, looks, drawn_at, chosen, judged, unclear, wrong, signed_by, signed_at from samples_of($1)
        """,
        org,
    )
    return [SampleHead(**row) for row in rows]


async def sample_looks(tx: Tx, org: str, sample_id: UUID) -> list[SampledLook]:
    """Return the looks of a sample in the order of their lots, and write that they were read."""
    rows = await tx.fetch(
        """
        select place, verdict, note, judged_by, look_id, began_at, ended_at, user_id, who, roles, resident_no, resident, area, kind,
            clear, reason, cause, due, check_at, case_no, raised_for
        from sample_looks($1, $2)
        """,
        org, sample_id,
    )  # fmt: skip
    return [
        SampledLook(
            **{
                **row,
                "cause": LookCause(row["cause"]),
                "roles": tuple(row["roles"] or ()),
                "verdict": LookVerdict(row["verdict"]) if row["verdict"] else None,
            }
        )
        for row in rows
    ]


async def judge(tx: Tx, org: str, sample_id: UUID, place: int, verdict: LookVerdict, note: str | None) -> bool:
    """Write the auditor's verdict; false if the look is their own or not there, or the sample is signed."""
    return bool(await tx.fetchval("select judge_look($1, $2, $3, $4, $5)", org, sample_id, place, verdict.value, note))


async def sign(tx: Tx, org: str, sample_id: UUID) -> bool:
    """Sign the sample off; false while a look of it is not judged, or when it is signed already."""
    return bool(await tx.fetchval("select sign_sample($1, $2)", org, sample_id))
