"""Review of the log of who looked, and agreements between alarm centres and towns."""

from alarm_center.store.migrations.sql import run_folder

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_folder(__file__)
