"""Files that planners have uploaded: kept, claimed by one replica at a time, reviewed, confirmed, and erased."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from alarm_center.core.uploaded_file import FileKind, FileState
from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class FileImport:
    """An uploaded file as its person sees it."""

    import_id: UUID
    org: str
    file_name: str
    kind: FileKind
    uploaded_at: datetime
    state: FileState
    review: Mapping[str, Any] | None
    reviews: int
    residents_done: int
    residents_all: int
    changes: int
    ended_at: datetime | None

    @property
    def waits(self) -> bool:
        """Tell whether the service is at it, or will be in a moment."""
        return self.state in (FileState.UPLOADED, FileState.CONFIRMED)


_SEEN = tuple(FileImport.__dataclass_fields__)


async def upload(tx: Tx, org: str, file_name: str, kind: FileKind, body: bytes, person: UUID, now: datetime) -> UUID:
    """Keep a file that the carried person has uploaded for the town; return its id."""
    import_id = uuid4()
    await tx.execute(
        """
        insert into file_imports (import_id, org, file_name, kind, body, uploaded_by, uploaded_at, state)
        values ($1, $2, $3, $4, $5, $6, $7, 'uploaded')
        """,
        import_id, org, file_name, kind, body, person, now,
    )  # fmt: skip
    return import_id


async def own_files(tx: Tx, most: int) -> list[FileImport]:
    """Return the viewer's own files, the newest first, without their reviews."""
    columns = ", ".join("null::jsonb as review" if name == "review" else name for name in _SEEN)
    rows = await tx.fetch(
        f"select {columns} from file_imports where uploaded_by = fjt.who() order by uploaded_at desc limit $1",  # noqa: S608 -- our own fields
        most,
    )
    return [_seen(row) for row in rows]


async def own_file(tx: Tx, import_id: UUID) -> FileImport | None:
    """Return one of the viewer's own files with its review."""
    row = await tx.fetchrow(
        f"select {', '.join(_SEEN)} from file_imports where import_id = $1 and uploaded_by = fjt.who()",  # noqa: S608 -- our own fields
        import_id,
    )
    return _seen(row) if row else None


def _seen(row: Any) -> FileImport:
    return FileImport(**{**row, "state": FileState(row["state"]), "kind": FileKind(row["kind"])})


async def confirm(tx: Tx, import_id: UUID, reviews: int, undo: Collection[str]) -> bool:
    """Have a reviewed file brought in, with the parts that may be changed back; false where another review is there by now."""
    done = await tx.execute(
        "update file_imports set state = 'confirmed', undo = $3 where import_id = $1 and reviews = $2 and state = 'reviewed'",
        import_id, reviews, list(undo),
    )  # fmt: skip
    return done != "UPDATE 0"


async def withdraw(tx: Tx, import_id: UUID) -> bool:
    """Have a file forgotten that was not brought in."""
    done = await tx.execute(
        "update file_imports set state = 'withdrawn' where import_id = $1 and state in ('uploaded', 'reviewed', 'refused')",
        import_id,
    )
    return done != "UPDATE 0"


# ---- the service's own ----


@dataclass(frozen=True, slots=True)
class ClaimedImport:
    """A file that this replica is at, with the person and the town whose it is."""

    import_id: UUID
    org: str
    kind: FileKind
    body: bytes
    uploaded_by: UUID
    state: FileState
    undo: tuple[str, ...]


async def give_up(tx: Tx, attempts: int) -> list[UUID]:
    """Give up the files that so many *attempts* have not got through, and erase their text; return them."""
    rows = await tx.fetch(
        """
        update file_imports set state = 'failed', body = null, review = null, ended_at = clock.now(), lease_until = null
        where state in ('uploaded', 'confirmed') and attempts >= $1 and coalesce(lease_until, '-infinity') <= clock.now()
        returning import_id
        """,
        attempts,
    )
    return [row["import_id"] for row in rows]


async def claim(tx: Tx, lease: timedelta) -> ClaimedImport | None:
    """Claim the file that has waited longest, of a town at whose files no replica is; ``None``: none waits. It is one more attempt."""
    row = await tx.fetchrow(
        """
        update file_imports set lease_until = clock.now() + $1::interval, attempts = attempts + 1 where import_id = (
            select f.import_id from file_imports f
            where f.state in ('uploaded', 'confirmed') and coalesce(f.lease_until, '-infinity') <= clock.now() and not exists (
                select from file_imports o where o.org = f.org and o.import_id <> f.import_id and o.state = 'confirmed'
                    and o.lease_until > clock.now())
            order by f.uploaded_at limit 1 for update skip locked)
        returning import_id, org, kind, body, uploaded_by, state, undo
        """,
        lease,
    )
    if row is None:
        return None
    return ClaimedImport(
        row["import_id"], row["org"], FileKind(row["kind"]), row["body"], row["uploaded_by"], FileState(row["state"]),
        tuple(row["undo"]),
    )  # fmt: skip


async def keep_review(tx: Tx, import_id: UUID, review: Mapping[str, Any], *, refused: bool) -> None:
    """Keep what the file would do; a *refused* one has something wrong, and its text is not needed again."""
    await tx.execute(
        """
        update file_imports set review = $2, reviews = reviews + 1, state = $3, body = case when $4 then null else body end,
            ended_at = case when $4 then clock.now() end, lease_until = null, attempts = 0
        where import_id = $1 and state in ('uploaded', 'confirmed')
        """,
        import_id, dict(review), FileState.REFUSED if refused else FileState.REVIEWED, refused,
    )  # fmt: skip


async def keep_progress(tx: Tx, import_id: UUID, done: int, everybody: int, lease: timedelta) -> None:
    """Keep how many residents are as in the file, and go on having the claim."""
    await tx.execute(
        """
        update file_imports set residents_done = $2, residents_all = $3, lease_until = clock.now() + $4::interval
        where import_id = $1 and state in ('uploaded', 'confirmed')
        """,
        import_id, done, everybody, lease,
    )  # fmt: skip


async def finish(tx: Tx, import_id: UUID, changes: int) -> None:
    """Keep that the file is brought in, and erase its text."""
    await tx.execute(
        """
        update file_imports set state = 'done', changes = changes + $2, body = null, review = null, residents_done = residents_all,
            ended_at = clock.now(), lease_until = null
        where import_id = $1 and (state = 'confirmed' or state = 'uploaded' and kind = 'decisions')
        """,
        import_id, changes,
    )  # fmt: skip


async def erase_old(tx: Tx, before: datetime) -> int:
    """Erase the text and the review of files uploaded *before*, which nobody brought in; return how many there were."""
    done = await tx.execute(
        """
        update file_imports set body = null, review = null, ended_at = coalesce(ended_at, clock.now()),
            state = case when state in ('refused', 'done', 'failed') then state else 'withdrawn' end
        where uploaded_at < $1 and (body is not null or review is not null)
            and (state <> 'confirmed' or coalesce(lease_until, '-infinity') <= clock.now())
        """,
        before,
    )
    return int(done.split()[-1])


@dataclass(frozen=True, slots=True)
class FilePerson:
    """The roles that a person has in a town now; areas by code, and performers, are ``None`` for all of them."""

    roles: frozenset[Role]
    areas: frozenset[str] | None
    performers: frozenset[str] | None

    @property
    def is_whole(self) -> bool:
        """Tell whether the roles are for all of the town."""
        return self.areas is None and self.performers is None


async def person_in(tx: Tx, org: str, user_id: UUID) -> FilePerson:
    """Return the person's roles in the town; none where the membership is over."""
    row = await tx.fetchrow(
        """
        select m.roles, m.performers, case when m.areas is not null then array(
            select code from areas a where a.area_id = any (m.areas)) end as areas
        from memberships m join users u using (user_id)
        where m.org = $1 and m.user_id = $2 and m.accepted_at is not null and (m.ended_at is null or m.ended_at > clock.now())
            and u.disabled_at is null
        """,
        org, user_id,
    )  # fmt: skip
    if row is None:
        return FilePerson(frozenset(), frozenset(), frozenset())
    return FilePerson(
        frozenset(Role(each) for each in row["roles"]),
        None if row["areas"] is None else frozenset(row["areas"]),
        None if row["performers"] is None else frozenset(row["performers"]),
    )
