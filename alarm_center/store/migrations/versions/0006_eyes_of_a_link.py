"""A carer's link sees the area of its alarm, and no other."""

from alarm_center.store.migrations.sql import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql(__file__)
