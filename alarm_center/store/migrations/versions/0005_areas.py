"""Areas in row-level security, and no more rights to the pages than they use."""

from alarm_center.store.migrations.sql import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql(__file__)
