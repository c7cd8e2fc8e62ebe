"""``python -m detector``: one detector with the settings of its environment, until it is told to stop."""

import sys

from detector.service import run
from detector.settings import DetectorSettings
from runtime.process import run_part


def main() -> int:
    """Run; return 2 and say all that is wrong when the settings are."""
    return run_part(DetectorSettings, run)


if __name__ == "__main__":
    sys.exit(main())
