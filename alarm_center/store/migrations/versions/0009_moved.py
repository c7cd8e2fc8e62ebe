"""A resident who moves to another area while a case of theirs is open: seen by who handles it, and one case still."""

from alarm_center.store.migrations.sql import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql(__file__)
