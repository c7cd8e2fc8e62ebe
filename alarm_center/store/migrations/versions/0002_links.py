"""The carer's link finds its town."""

from alarm_center.store.migrations.sql import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
