"""Statements that end what only replicas of the release before use; see store/migrate.py."""

from alarm_center.store.migrations.sql import run_folder

revision = "0009"
down_revision = "0008"

after_rollout = True


def upgrade() -> None:
    run_folder(__file__)
