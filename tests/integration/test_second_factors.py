"""Second factors in the database: what injected SQL as the sign-in's role cannot do, and the reset by an admin or a command.

docs/adr/0028-second-factors.md
"""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import asyncpg
import pytest

from alarm_center.core.roles import Right
from alarm_center.identity import one_time_codes, recovery_codes
from alarm_center.identity.tokens import token_hash
from alarm_center.store import second_factors
from alarm_center.store.memory import Viewer
from alarm_center.store.second_factors import OwnFactors
from schemas.vocabulary import Role
from tests.support.night_town import NightTown, town
from tests.support.postgres import Database
from tests.support.sessions import begin_hour, secret_of
from tests.support.viewers import viewer_in


@dataclass
class Desk:
    """A town, and the sign-in of its people."""

    here: NightTown

    async def waits(self, login: str = "olle") -> Viewer:
        """Let a sign-in of *login* wait for its second factor; return the scope that carries its token."""
        token = secrets.token_urlsafe(32)
        async with self.here.sign_in.transaction() as tx:
            secret = await secret_of(tx, login)
            assert secret is not None
            await second_factors.begin_pending(tx, secret.proof, token_hash(token), known_browser=False)
        return second_factors.asked(token)

    async def enrols(self, viewer: Viewer, step: int = 1) -> None:
        """Add an app."""
        async with self.here.sign_in.transaction(viewer) as tx:
            await second_factors.offer_secret(tx, one_time_codes.new_secret())
            assert await second_factors.confirm_secret(tx, step)
            codes = [recovery_codes.code_hash(code) for code in recovery_codes.new_codes()]
            await second_factors.keep_recovery_codes(tx, codes)

    async def factors(self, viewer: Viewer) -> OwnFactors | None:
        async with self.here.sign_in.transaction(viewer) as tx:
            return await second_factors.own_factors(tx)

    async def begins(self, proof: UUID) -> Viewer:
        """Begin a session; return the scope of its pages."""
        token = secrets.token_urlsafe(32)
        async with self.here.sign_in.transaction() as tx:
            await begin_hour(tx, proof, token)
        return Viewer(token, Right.WATCH)


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """Storstad's sign-in."""
    async with town(database, residents=1, operator_sees=()) as here:
        yield Desk(here)


async def test_no_session_begins_without_the_factor_that_there_is(desk: Desk) -> None:
    await desk.enrols(await desk.waits())
    async with desk.here.sign_in.transaction() as tx:
        secret = await secret_of(tx, "olle")
    assert secret is not None
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="second factor"):
        await desk.begins(secret.proof)
    waiting = await desk.waits()
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="second factor"):
        async with desk.here.sign_in.transaction(waiting) as tx:
            await second_factors.finish_pending(tx)


async def test_a_factor_that_was_shown_begins_one_session(desk: Desk) -> None:
    await desk.enrols(await desk.waits())
    waiting = await desk.waits()
    async with desk.here.sign_in.transaction(waiting) as tx:
        assert await second_factors.use_code(tx, 2)
        proof = await second_factors.finish_pending(tx)
    page = await desk.begins(proof)
    async with desk.here.web.transaction(page) as tx:
        assert await second_factors.is_fresh(tx)
    for again in (desk.begins(proof), desk.begins(uuid4())):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await again
    assert await desk.factors(waiting) is None


@pytest.mark.parametrize("step", [2, 3])
async def test_a_step_is_used_once_by_whoever_comes_first(desk: Desk, step: int) -> None:
    await desk.enrols(await desk.waits(), step=2)
    async with desk.here.sign_in.transaction(await desk.waits()) as tx:
        assert await second_factors.use_code(tx, step) is (step != 2)
    async with desk.here.sign_in.transaction(await desk.waits()) as tx:
        assert not await second_factors.use_code(tx, step)


async def test_a_waiting_sign_in_changes_no_factors_that_there_are(desk: Desk) -> None:
    await desk.enrols(await desk.waits())
    waiting = await desk.waits()
    for change in (
        "select offer_secret('JBSWY3DPEHPK3PXP')",
        "select * from offered_secret()",
        "select confirm_secret(5)",
        r"select add_passkey('\x01', '\x02', 0)",
        "select keep_recovery_codes(array[sha256('x')])",
        "select remove_factor(null, false)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="has to be shown first"):
            async with desk.here.sign_in.transaction(waiting) as tx:
                await tx.execute(change)


async def test_nobody_is_asked_by_a_token_that_is_not_there(desk: Desk) -> None:
    await desk.enrols(await desk.waits())
    kept = await desk.waits()
    for token in ("", "x", token_hash(kept.token).hex()):
        viewer = second_factors.asked(token)
        assert await desk.factors(viewer) is None
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with desk.here.sign_in.transaction(viewer) as tx:
                await second_factors.try_code(tx)
        with pytest.raises(asyncpg.PostgresError):
            async with desk.here.sign_in.transaction(viewer) as tx:
                await second_factors.use_code(tx, 9)


async def test_a_sealed_account_gets_no_factor_and_reads_its_papers(desk: Desk) -> None:
    viewer = await viewer_in(desk.here.memory, "storstad")
    await desk.here.execute(
        "update web_sessions set method = 'sealed', factor_at = clock.now() - interval '5 hours' where token_hash = $1",
        token_hash(viewer.token),
    )
    found = await desk.factors(viewer)
    assert found is not None and found.fresh and not found.may_change
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="has to be shown first"):
        async with desk.here.sign_in.transaction(viewer) as tx:
            await second_factors.add_passkey(tx, b"credential", b"key", 0)


@pytest.mark.parametrize(("kept", "signs_in"), [("$argon2id$", True), ("!", False)])
async def test_a_passkey_signs_in_alone_where_a_password_does(desk: Desk, kept: str, signs_in: bool) -> None:
    """Somebody without a password here is their provider's: it decides whether they still sign in."""
    async with desk.here.sign_in.transaction(await desk.waits()) as tx:
        assert await second_factors.add_passkey(tx, b"credential", b"key", 0)
    await desk.here.execute("update users set password_hash = $1 where login = 'olle'", kept)
    async with desk.here.sign_in.transaction() as tx:
        assert (await second_factors.sign_in_by_passkey(tx, b"credential", 1) is not None) is signs_in


async def test_a_challenge_is_taken_once_by_its_own_browser(desk: Desk) -> None:
    one, other = second_factors.asked("one"), second_factors.asked("other")
    async with desk.here.sign_in.transaction(one) as tx:
        await second_factors.make_challenge(tx, "sign_in", b"c" * 32)
    taken = []
    for viewer, purpose in ((other, "sign_in"), (one, "prove"), (one, "sign_in"), (one, "sign_in")):
        async with desk.here.sign_in.transaction(viewer) as tx:
            taken.append(await second_factors.take_challenge(tx, purpose))  # type: ignore[arg-type]  # one of a parameter's
    assert taken == [None, None, b"c" * 32, None]


async def test_a_passkey_alone_counts_as_a_second_factor(desk: Desk) -> None:
    """The admin's list, the doctor and a session's beginning ask the same question."""
    async with desk.here.sign_in.transaction(await desk.waits()) as tx:
        assert await second_factors.add_passkey(tx, b"credential", b"key", 0)
    olle = desk.here.users["olle"]
    alone = await desk.here.value("select array_agg(login) from people_by_password_alone()")
    listed = await desk.here.value("select has_factor from people('storstad') where user_id = $1", olle)
    assert "olle" not in alone and "siv" in alone and listed is True


# ---- a reset ----


async def admin_of(desk: Desk, org: str, *, role: Role = Role.ADMIN) -> Viewer:
    return await viewer_in(desk.here.memory, org, right=Right.USERS, role=role)


async def reset(desk: Desk, viewer: Viewer, login: str = "olle") -> bool:
    async with desk.here.web.transaction(viewer) as tx:
        return await second_factors.reset_factors(tx, desk.here.users[login], "somebody else")


async def test_an_admin_resets_and_every_session_ends(desk: Desk) -> None:
    await desk.enrols(await desk.waits())
    assert await reset(desk, await admin_of(desk, "storstad"))
    found = await desk.factors(await desk.waits())
    assert found is not None and not found.any and not found.codes_left and found.may_change
    row = await desk.here.value(
        "select actor <> 'somebody else' and data ->> 'user_id' = $1 from events where kind = 'second_factors_reset'",
        str(desk.here.users["olle"]),
    )
    assert row is True


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.LEAD])
async def test_no_other_role_resets(desk: Desk, role: Role) -> None:
    await desk.enrols(await desk.waits())
    assert not await reset(desk, await admin_of(desk, "storstad", role=role))
    found = await desk.factors(await desk.waits())
    assert found is not None and found.totp


async def test_another_towns_admin_resets_nobody_here(desk: Desk, database: Database) -> None:
    await desk.enrols(await desk.waits())
    async with town(database, org="granby", residents=1, operator_sees=()):
        assert not await reset(desk, await admin_of(desk, "granby"))


async def test_an_admin_shows_their_own_factor_first(desk: Desk) -> None:
    viewer = await admin_of(desk, "storstad")
    await desk.enrols(viewer)
    await desk.here.execute(
        "update web_sessions set factor_at = clock.now() - interval '11 minutes' where token_hash = $1",
        token_hash(viewer.token),
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="has to be shown first"):
        await reset(desk, viewer)


async def test_the_command_resets_as_well(desk: Desk) -> None:
    await desk.enrols(await desk.waits())
    async with desk.here.memory.transaction() as tx:
        assert await second_factors.reset_factors(tx, desk.here.users["olle"], "command")
        assert not await second_factors.reset_factors(tx, uuid4(), "command")
    found = await desk.factors(await desk.waits())
    assert found is not None and not found.any
