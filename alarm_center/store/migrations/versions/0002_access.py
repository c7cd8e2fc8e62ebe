"""Access: whose rows a page sees follows from the token that its transaction carries; the rights of each role."""

from alarm_center.store.migrations.sql import run_folder

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_folder(__file__)
