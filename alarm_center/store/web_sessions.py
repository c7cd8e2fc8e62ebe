"""Sessions of people who are signed in: the person behind a token, with each role's viewer scope, and the session's life."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from alarm_center.core.roles import Right, rights_of
from alarm_center.store.memory import Row, Tx, Viewer
from schemas.vocabulary import HandledBy, Role


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's roles in one town; ``areas`` and ``performers`` are ``None`` for all of them."""

    org: str
    roles: frozenset[Role]
    areas: tuple[UUID, ...] | None
    handled_by: HandledBy
    performers: tuple[str, ...] | None = None
    stopped: str | None = field(default=None, compare=False)
    """The town's name, while its looks are stopped; no part of what the person may see."""

    @property
    def is_whole(self) -> bool:
        """Tell whether the roles are for all of the town."""
        return self.areas is None and self.performers is None

    @property
    def rights(self) -> frozenset[Right]:
        """The rights that the roles give in this town."""
        return rights_of(self.roles, self.handled_by)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session, whose raw token their pages' transactions carry."""

    user_id: UUID
    login: str
    name: str
    language: str | None
    csrf: str
    unused_for: timedelta
    """Since the session's last use was written."""
    covered: bool
    """The desk was left: no name and no picture is shown until its person's PIN."""
    keeps_centre: bool
    """The person is an admin of an alarm centre, and accepts or ends its agreements."""
    memberships: tuple[Membership, ...]
    token: str = field(repr=False)

    @property
    def memberships_key(self) -> frozenset[Membership]:
        """The memberships as one value: two people with the same see the same rows, but for those that name a person."""
        return frozenset(self.memberships)

    def may(self, right: Right, org: str | None = None) -> bool:
        """Return whether the person has the right in *org*; by default in any town."""
        return any(right in m.rights and org in (None, m.org) for m in self.memberships)

    def performers_in(self, org: str, right: Right) -> tuple[str, ...] | None:
        """Return the codes of the performers that the person is limited to in *org* for pages of that right; ``None``: all."""
        named = [m.performers for m in self._granted(right) if m.org == org and m.performers is not None]
        return tuple(dict.fromkeys(code for part in named for code in part)) if named else None

    def viewer(self, right: Right) -> Viewer:
        """Return the person's scope for pages of that right: no town at all where they have it nowhere.

        A person with some areas in one town and all of another sees, of both, only the areas named: the scope is one list.
        Nobody sees more because of that. `fjt.grants` in the database says the same, and decides.
        """
        granted = self._granted(right)
        named = [m.areas for m in granted if m.areas is not None]
        areas = tuple(dict.fromkeys(area for part in named for area in part)) if named else None
        is_limited = any(m.performers is not None for m in granted)
        # No area at all must not be read as every area: then there is no town either.
        return Viewer(self.token, right, () if areas == () else tuple(m.org for m in granted), areas, is_limited)

    def _granted(self, right: Right) -> list[Membership]:
        """Return the memberships that give the right; one with no performer at all gives nothing."""
        return [m for m in self.memberships if right in m.rights and m.performers != ()]

    @property
    def stopped(self) -> tuple[str, ...]:
        """The names of the person's towns whose looks are stopped."""
        return tuple(sorted(m.stopped for m in self.memberships if m.stopped is not None))

    @property
    def board_viewer(self) -> Viewer:
        """The scope of this person at the board."""
        return self.viewer(Right.WATCH)

    @property
    def paper_viewer(self) -> Viewer:
        """The scope of this person's printed lists."""
        return self.viewer(Right.PAPERS)

    @property
    def raising_viewer(self) -> Viewer:
        """The scope in which this person may raise an alarm by hand."""
        return self.viewer(Right.RAISE)


async def person_of(tx: Tx, token: str) -> SignedIn | None:
    """Return the person behind the session of that raw *token*, in one statement that needs no transaction around it.

    Nothing is written.
    """
    return (await people_of_tokens(tx, (token,))).get(token)


async def people_of_tokens(tx: Tx, tokens: Collection[str]) -> dict[str, SignedIn]:
    """Return, by raw token, the people behind those of the *tokens* that have a session; in one statement, as :func:`person_of`.

    The statement carries one token after the other, and what follows it in a transaction carries any of them.
    """
    rows = await tx.fetch(
        """
        select brought.token, s.user_id, s.login, s.name, s.language, s.csrf, clock.now() - s.seen_at as unused_for, s.org, s.roles,
            s.areas, s.performers, s.handled_by, s.covered, s.keeps_centre, s.stopped
        from unnest($1::text[]) as brought(token) cross join lateral session_of_token(brought.token) s
        """,
        list(tokens),
    )
    by_token: dict[str, list[Row]] = {}
    for row in rows:
        by_token.setdefault(row["token"], []).append(row)
    return {token: _signed_in(token, of_token) for token, of_token in by_token.items()}


def _signed_in(token: str, rows: Sequence[Row]) -> SignedIn:
    """Return the person of a session, which has a row for each membership, or one."""
    first = rows[0]
    return SignedIn(
        user_id=first["user_id"],
        login=first["login"],
        name=first["name"],
        language=first["language"],
        csrf=first["csrf"],
        unused_for=first["unused_for"],
        covered=first["covered"],
        keeps_centre=first["keeps_centre"],
        memberships=tuple(_membership(row) for row in rows if row["org"] is not None),
        token=token,
    )


def nobody_yet(token: str) -> Viewer:
    """Return the scope in which a session is looked up: it sees no row."""
    return Viewer(token, "")


async def touch_session(tx: Tx) -> None:
    """Write that the session which the transaction carries is in use now."""
    await tx.execute("select touch_session()")


async def end_session(tx: Tx) -> None:
    """End the session which the transaction carries; an unknown one is no error."""
    await tx.execute("select end_my_session()")


async def end_all(tx: Tx) -> None:
    """End every session of the person whose session the transaction carries."""
    await tx.execute("select end_my_sessions()")


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's own sessions, as their account shows it."""

    created_at: datetime
    seen_at: datetime
    is_this: bool


async def own_sessions(tx: Tx) -> list[OwnSession]:
    """Return the sessions of the person whose session the transaction carries, the newest first."""
    rows = await tx.fetch("select created_at, seen_at, is_this from my_sessions()")
    return [OwnSession(row["created_at"], row["seen_at"], row["is_this"]) for row in rows]


async def has_password(tx: Tx) -> bool:
    """Return whether the person of the carried session has a password; whom a provider lets in may have none."""
    has: bool = await tx.fetchval("select have_i_password()")
    return has


def _membership(row: Row) -> Membership:
    return Membership(
        org=row["org"],
        roles=frozenset(Role(role) for role in row["roles"]),
        areas=None if row["areas"] is None else tuple(sorted(row["areas"])),
        handled_by=HandledBy(row["handled_by"]),
        performers=None if row["performers"] is None else tuple(row["performers"]),
        stopped=row["stopped"],
    )
