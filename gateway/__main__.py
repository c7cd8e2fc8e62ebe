"""``python -m gateway``: one gateway with the settings of its environment, until it is told to stop."""

import sys

from gateway.service import run
from gateway.settings import GatewaySettings
from runtime.process import run_part


def main() -> int:
    """Run; return 2 and say all that is wrong when the settings are."""
    return run_part(GatewaySettings, run)


if __name__ == "__main__":
    sys.exit(main())
