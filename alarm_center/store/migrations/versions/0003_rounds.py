"""What the rounds find and tell: discrepancies, musters that nobody answered, incidents that were told of."""

from alarm_center.store.migrations.sql import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql(__file__)
