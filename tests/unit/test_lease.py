"""A lease says in one place who has a case at a screen; one that has ended stops nobody."""

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from alarm_center.core.alarm.lease import Lease

ROOT = Path(__file__).parents[2]
OLLE, SIV = UUID(int=1), UUID(int=2)
END = datetime(2026, 1, 15, 1, tzinfo=UTC)
LEASE = Lease(OLLE, END)
JUST = timedelta(microseconds=1)


def test_until_its_end_it_is_its_holders() -> None:
    before = END - JUST
    assert LEASE.is_held(before) and LEASE.is_held_by(OLLE, before) and LEASE.is_held_by_other(SIV, before)
    assert not LEASE.is_held_by(SIV, before) and not LEASE.is_held_by_other(OLLE, before)
    assert not LEASE.has_lapsed(before)


@pytest.mark.parametrize("now", [END, END + JUST])
def test_at_its_end_it_is_nobodys(now: datetime) -> None:
    assert LEASE.has_lapsed(now)
    assert not LEASE.is_held(now)
    assert not any(ask(user, now) for ask in (LEASE.is_held_by, LEASE.is_held_by_other) for user in (OLLE, SIV))


def test_nobodys_case_is_held_by_nobody_and_never_lapses() -> None:
    free = Lease()
    assert not free.is_held(END) and not free.has_lapsed(END)
    assert not free.is_held_by(OLLE, END) and not free.is_held_by_other(OLLE, END)


@pytest.mark.parametrize(("holder", "until"), [(OLLE, None), (None, END)])
def test_a_lease_has_both_a_holder_and_an_end(holder: UUID | None, until: datetime | None) -> None:
    with pytest.raises(ValueError, match="both or neither"):
        Lease(holder, until)


def test_nothing_else_compares_the_end_of_a_lease() -> None:
    in_sql = re.compile(r"lease_until\s*(<|>|=\s*clock|between)")
    found = []
    for path in sorted((ROOT / "alarm_center").rglob("*.py")):
        # The lease of a message is the outbox's own, on the real clock (health.py asks for those that have lapsed); that of a file is no person's, and has no holder.
        if path.name in ("lease.py", "claims.py", "file_imports.py", "health.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            compares = isinstance(node, ast.Compare) and "lease_until" in ast.unparse(node)
            asks = isinstance(node, ast.Constant) and isinstance(node.value, str) and in_sql.search(node.value)
            if (compares and "None" not in ast.unparse(node)) or asks:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert found == [], "ask the Lease, or is_held() in SQL"
