"""Residents by the thousand: rows of one resident that came through the import, copied. An import of ten thousand takes an hour."""

from collections.abc import Sequence
from typing import Final

from alarm_center.store.memory import Memory

_AT_ONCE: Final = 1000
_OF_RESIDENT: Final = ("consents", "decisions", "plans", "devices", "slots")


async def copy_resident(memory: Memory, org: str, number: int, numbers: Sequence[int]) -> None:
    """Give the town residents with these *numbers*, each like the one with that *number*, with a device ``cam<number>``."""
    for first in range(0, len(numbers), _AT_ONCE):
        some = list(numbers[first : first + _AT_ONCE])
        async with memory.transaction() as tx:
            await tx.execute(
                f"""
                insert into residents ({await _columns(memory, "residents", "resident_id", "number", "name", "address")},
                    resident_id, number, name, address)
                select {await _columns(memory, "residents", "resident_id", "number", "name", "address")},
                    gen_random_uuid(), n, 'Brukare ' || n, 'Storgatan ' || n || ' A'
                from residents cross join unnest($3::int[]) as n where org = $1 and number = $2
                """,
                org, number, some,
            )  # fmt: skip
            for table in _OF_RESIDENT:
                key = {
                    "consents": "consent_id",
                    "decisions": "decision_id",
                    "slots": "slot_id",
                    "devices": "device_id",
                }.get(table)
                own = {"devices": ", device_id", "decisions": ", reference"}.get(table, "")
                value = {"devices": ", 'cam' || r.number", "decisions": ", 'B' || r.number"}.get(table, "")
                left = ["resident_id", *([key] if key else []), *(["reference"] if table == "decisions" else [])]
                columns = await _columns(memory, table, *left)
                await tx.execute(
                    f"""
                    insert into {table} ({columns}, resident_id{own})
                    select {", ".join("t." + each for each in columns.split(", "))}, r.resident_id{value}
                    from {table} t join residents o on o.resident_id = t.resident_id
                        join residents r on r.org = o.org and r.number = any ($3)
                    where o.org = $1 and o.number = $2
                    """,
                    org, number, some,
                )  # fmt: skip


async def copy_alarm(memory: Memory, count: int) -> None:
    """Open the one alarm that there is for *count* copied residents too, with case numbers from 5100 on."""
    columns = await _columns(memory, "alarms", "alarm_id", "resident_id", "case_no", "body")
    async with memory.transaction() as tx:
        await tx.execute(
            f"""
            insert into alarms ({columns}, alarm_id, resident_id, case_no, body)
            select {", ".join("a." + each for each in columns.split(", "))}, n.alarm_id, n.resident_id, n.case_no,
                a.body || jsonb_build_object('alarm_id', n.alarm_id, 'resident_id', n.resident_id, 'case_no', n.case_no)
            from alarms a cross join (
                select gen_random_uuid() as alarm_id, resident_id, number + 5000 as case_no
                from residents where number >= 100 order by number limit {count}) n
            """
        )


async def _columns(memory: Memory, table: str, *without: str) -> str:
    async with memory.transaction() as tx:
        rows = await tx.fetch(
            """
            select column_name from information_schema.columns
            where table_schema = 'fjt' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position
            """,
            table,
        )
    return ", ".join(row["column_name"] for row in rows if row["column_name"] not in without)
