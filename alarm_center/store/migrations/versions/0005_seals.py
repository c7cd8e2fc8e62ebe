"""Seals over the timeline and over the facts that the law asks about."""

from alarm_center.store.migrations.sql import run_folder

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_folder(__file__)
