"""The memory: every table, its roles' rights and its row-level security, as SQL by topic in the folder beside this file."""

from alembic import context

from alarm_center.store.migrations.sql import run, run_folder

revision = "0001"
down_revision = None

REAL_CLOCK = """
create function clock.now() returns timestamptz language sql stable parallel safe
as $$ select clock_timestamp() $$
"""

TEST_CLOCK = (
    "create table clock.shift (single boolean primary key default true check (single), by_interval interval not null default '0', frozen_at timestamptz)",
    "insert into clock.shift default values",
    """
create function clock.now() returns timestamptz language sql stable
as $$ select coalesce(frozen_at, clock_timestamp() + by_interval) from clock.shift $$
""",
    "grant select on clock.shift to fjt_worker, fjt_web",
    """
create function clock.move(ahead interval) returns timestamptz language sql security definer set search_path = clock, pg_temp
as $$ update clock.shift set by_interval = by_interval + ahead, frozen_at = frozen_at + ahead; select clock.now() $$
""",
    """
create function clock.freeze(at timestamptz) returns void language sql security definer set search_path = clock, pg_temp
as $$ update clock.shift set frozen_at = at, by_interval = coalesce(at - clock_timestamp(), by_interval) $$
""",
    "revoke all on all functions in schema clock from public",
    "grant execute on all functions in schema clock to fjt_worker, fjt_web",
)


def upgrade() -> None:
    # The clock first: the service reads no other. Only a database made for tests or the demo can shift it.
    run("create schema clock")
    if context.config.attributes["test_clock"]:
        for statement in TEST_CLOCK:
            run(statement)
    else:
        run(REAL_CLOCK)
        run("grant execute on function clock.now() to fjt_worker, fjt_web")
    run_folder(__file__)
