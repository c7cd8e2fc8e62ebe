"""Sign-ins by a provider: requests under way, identities with their people, and the assignments that they may choose."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from alarm_center.store.memory import Tx
from schemas.vocabulary import Role


@dataclass(frozen=True, slots=True)
class OidcRequest:
    """A sign-in that a browser began at a provider."""

    provider: str
    goal: str


@dataclass(frozen=True, slots=True)
class ClaimedRoles:
    """The roles in a town that a claim stands for; ``area_codes`` and ``performers`` are ``None`` for all of them."""

    org: str
    roles: Collection[Role]
    area_codes: Collection[str] | None
    title: str
    performers: Collection[str] | None = None

    @property
    def role_names(self) -> list[str]:
        """The roles as rows keep them."""
        return sorted(role.value for role in self.roles)

    @property
    def codes(self) -> list[str] | None:
        """The areas as the functions take them."""
        return None if self.area_codes is None else sorted(self.area_codes)

    @property
    def performer_codes(self) -> list[str] | None:
        """The performers as the functions take them."""
        return None if self.performers is None else sorted(self.performers)


@dataclass(frozen=True, slots=True)
class OfferedAssignment:
    """An assignment that somebody who is verified may choose."""

    number: int
    town: str
    roles: tuple[Role, ...]
    title: str


@dataclass(frozen=True, slots=True)
class OidcSession:
    """A session as a proved identity begins it: the hash of its token, its life by the service's clock, its forms' token."""

    token_hash: bytes
    begins: datetime
    ends: datetime
    csrf: str = field(repr=False)
    brought: bytes | None
    """The hash of the session's token that the browser brought: that session ends."""


async def begin_request(tx: Tx, state: str, browser: str, request: OidcRequest) -> None:
    """Note that the browser goes to the provider with *state*."""
    await tx.execute("select begin_oidc($1, $2, $3, $4)", state, browser, request.provider, request.goal)


async def take_request(tx: Tx, state: str, browser: str) -> OidcRequest | None:
    """Use up the request that *browser* began with *state*; ``None``: there is none, or it is older than ten minutes."""
    row = await tx.fetchrow("select provider, goal from take_oidc($1, $2)", state, browser)
    return OidcRequest(row["provider"], row["goal"]) if row else None


async def keep_claimed_person(
    tx: Tx, issuer: str, subject_hash: bytes, name: str, claimed: Sequence[ClaimedRoles]
) -> None:
    """Make the person of an identity if there is none, and let their memberships by claims be exactly *claimed*, one a town."""
    await tx.execute("select make_identity($1, $2, $3)", issuer, subject_hash, name)
    for given in claimed:
        await tx.execute(
            "select keep_claimed_membership($1, $2, $3, $4, $5, $6)",
            issuer, subject_hash, given.org, given.role_names, given.codes, given.performer_codes,
        )  # fmt: skip
    await end_claimed_memberships(tx, issuer, subject_hash, [given.org for given in claimed])


async def end_claimed_memberships(tx: Tx, issuer: str, subject_hash: bytes, kept: Sequence[str]) -> None:
    """End the memberships that claims gave before, but those in the towns *kept*; an unknown identity has none."""
    await tx.execute("select end_claimed_memberships($1, $2, $3)", issuer, subject_hash, list(kept))


@dataclass(frozen=True, slots=True)
class ProvedIdentity:
    """An identity that a provider's token has just proved, and the page that its person asked for."""

    issuer: str
    subject_hash: bytes
    provider: str
    acr: str | None
    verified_ago: timedelta
    """Since the provider verified the person; a session of its own may be hours old."""
    goal: str
    provider_subject: bytes
    """The hash of the provider's own name of the person, by which it ends their sessions."""
    provider_session: bytes | None
    """The hash of the provider's own session with them, where it says one."""
    sealed_hint: bytes | None
    """The ID token under the browser's key (identity/oidc_logout.py)."""


@dataclass(frozen=True, slots=True)
class BegunBy:
    """The provider that a session began by, and the sealed hint that goes along to its sign-out."""

    provider: str
    sealed_hint: bytes | None


async def prove(tx: Tx, proof: str, identity: ProvedIdentity) -> bool:
    """Note the proof under its raw token; false if nobody has that identity, or who has it is disabled."""
    proved: bool = await tx.fetchval(
        "select prove_identity($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        proof, identity.issuer, identity.subject_hash, identity.provider, identity.acr,
        identity.verified_ago, identity.goal, identity.provider_subject, identity.provider_session, identity.sealed_hint,
    )  # fmt: skip
    return proved


async def offer(tx: Tx, proof: str, number: int, claimed: ClaimedRoles) -> bool:
    """Offer an assignment to the person of a proof; false if none of it is theirs."""
    offered: bool = await tx.fetchval(
        "select offer_assignment($1, $2, $3, $4, $5, $6, $7)",
        proof, number, claimed.org, claimed.role_names, claimed.codes, claimed.performer_codes, claimed.title,
    )  # fmt: skip
    return offered


async def offered(tx: Tx, proof: str) -> list[OfferedAssignment]:
    """Return the assignments that the person of a proof may choose; none for an unknown or old proof."""
    rows = await tx.fetch("select number, town, roles, title from offered($1)", proof)
    return [
        OfferedAssignment(row["number"], row["town"], tuple(Role(role) for role in row["roles"]), row["title"])
        for row in rows
    ]


async def begin_session(tx: Tx, proof: str, number: int | None, session: OidcSession) -> str | None:
    """Begin the session of a proof under the assignment *number*; return the page asked for, ``None`` if there is no such.

    Without a number the person's own memberships count: that is for a provider which gives no assignments.
    """
    goal: str | None = await tx.fetchval(
        "select begin_oidc_session($1, $2, $3, $4, $5, $6, $7)",
        session.token_hash, proof, number, session.begins, session.ends, session.csrf, session.brought,
    )  # fmt: skip
    return goal


async def session_provider(tx: Tx) -> BegunBy | None:
    """Return the provider by which the person of the carried session signed in, if it was one."""
    row = await tx.fetchrow("select provider, hint from session_provider()")
    return BegunBy(row["provider"], row["hint"]) if row else None


async def end_provider_sessions(
    tx: Tx, issuer: str, notice: bytes, subject: bytes | None, session: bytes | None
) -> int | None:
    """End the sessions that a provider began for its *subject*, or for one *session* of theirs with it, by the hashes of both.

    Returns how many; ``None`` where the *notice*, the hash of its id, was heard before.
    """
    ended: int | None = await tx.fetchval(
        "select end_provider_sessions($1, $2, $3, $4)", issuer, notice, subject, session
    )
    return ended


async def link_identity(tx: Tx, issuer: str, subject_hash: bytes, login: str) -> UUID | None:
    """Link an identity to the user of *login*, in place of the person who had it; ``None`` if there is no such user."""
    await tx.execute("delete from identities where issuer = $1 and subject_hash = $2", issuer, subject_hash)
    user_id: UUID | None = await tx.fetchval(
        """
        insert into identities (issuer, subject_hash, user_id)
        select $1, $2, user_id from users where login = lower($3)
        returning user_id
        """,
        issuer,
        subject_hash,
        login,
    )
    return user_id
