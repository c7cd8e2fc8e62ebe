"""The database's tables of roles, rights and idle limits say the same as core/roles.py."""

from alarm_center.core.roles import IDLE_LIMITS, rights_of
from alarm_center.store.memory import Memory
from schemas.vocabulary import HandledBy, Role
from tests.support.postgres import Database


async def test_the_database_has_the_same_rights(database: Database) -> None:
    memory = await Memory.open(database.worker, size=1)
    try:
        async with memory.transaction() as tx:
            rows = await tx.fetch("select role, allows, handled_by from role_rights")
    finally:
        await memory.close()
    there = {tuple(row.values()) for row in rows}
    ours = {
        (role.value, right.value, handled_by.value)
        for role in Role
        for handled_by in HandledBy
        for right in rights_of({role}, handled_by)
    }
    assert there == ours


async def test_the_database_has_the_same_idle_limits(database: Database) -> None:
    memory = await Memory.open(database.worker, size=1)
    try:
        async with memory.transaction() as tx:
            rows = await tx.fetch("select role, unused from idle_limits")
    finally:
        await memory.close()
    there = {(Role(row["role"]), row["unused"]) for row in rows}
    assert there == {(role, unused) for role, unused in IDLE_LIMITS.items() if unused is not None}
    assert {row["role"] for row in rows} >= {"planner", "engineer"}, "as release 0.2.0 writes two of them"
