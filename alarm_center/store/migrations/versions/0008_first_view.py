"""Whether a town's pictures are first shown blurred or clear."""

from alarm_center.store.migrations.sql import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql(__file__)
