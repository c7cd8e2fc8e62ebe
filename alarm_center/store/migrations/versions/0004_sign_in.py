"""Sign-in: limits, sessions, second factors, invitations."""

from alarm_center.store.migrations.sql import run_folder

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_folder(__file__)
