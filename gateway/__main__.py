"""``python -m gateway``: one gateway with the settings of its environment, until it is told to stop."""

import asyncio
import resource
import signal
import sys

import structlog
from pydantic import ValidationError

from gateway.service import run
from gateway.settings import Settings


async def _until_stopped(settings: Settings) -> None:
    work = asyncio.create_task(run(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    await asyncio.wait({work})
    if not work.cancelled():
        work.result()


def main() -> int:
    """Run; return 2 and say all that is wrong when the settings are."""
    if resource.getrlimit(resource.RLIMIT_CORE) != (0, 0):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would be a picture on disk
    try:
        settings = Settings()
    except ValidationError as errors:
        for error in errors.errors():
            name = "_".join(["FJT", *map(str, error["loc"])]).upper() if error["loc"] else "settings"
            print(f"{name}: {error['msg']}", file=sys.stderr)
        return 2
    last = structlog.processors.JSONRenderer() if settings.log == "json" else structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,  # as text: with its variables a traceback could print a picture
            last,
        ]
    )
    asyncio.run(_until_stopped(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
