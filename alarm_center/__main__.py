"""``python -m alarm_center``: one replica of the alarm centre with the settings of its environment."""

import asyncio
import sys

from pydantic import ValidationError

from alarm_center.service import run
from alarm_center.settings import Settings, problems


def main() -> int:
    """Run; return 2 and say all that is wrong when the settings are."""
    try:
        settings = Settings()
    except ValidationError as errors:
        print("\n".join(problems(errors)), file=sys.stderr)
        return 2
    asyncio.run(run(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
