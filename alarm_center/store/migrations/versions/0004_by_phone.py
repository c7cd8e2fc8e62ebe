"""Indexes for what is asked of messages by phone and by notice."""

from alarm_center.store.migrations.sql import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql(__file__)
