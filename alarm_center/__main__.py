"""``python -m alarm_center``: one replica of the alarm centre with the settings of its environment, until it is told to stop."""

import sys

from alarm_center.service import run
from alarm_center.settings import ServiceSettings
from runtime.process import run_part


def main() -> int:
    """Run; return 2 and say all that is wrong when the settings are."""
    return run_part(ServiceSettings, run)


if __name__ == "__main__":
    sys.exit(main())
