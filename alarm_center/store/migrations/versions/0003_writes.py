"""Writes of the pages: what the database sets and refuses by itself, whatever a page says."""

from alarm_center.store.migrations.sql import run_folder

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_folder(__file__)
