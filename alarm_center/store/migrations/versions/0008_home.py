"""The home, and what is agreed before any look: door, contacts, marks, words of decision and consent, and the gate of a night."""

from alarm_center.store.migrations.sql import run_folder

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_folder(__file__)
