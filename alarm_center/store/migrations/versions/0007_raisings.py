"""Why somebody raised an alarm by hand."""

from alarm_center.store.migrations.sql import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql(__file__)
