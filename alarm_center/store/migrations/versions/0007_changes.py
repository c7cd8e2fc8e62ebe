"""Changes that people make by day: the role of their pages, the log of changes, and what a pause and a withdrawal say."""

from alarm_center.store.migrations.sql import run_folder

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_folder(__file__)
