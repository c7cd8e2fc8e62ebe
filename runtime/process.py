"""Life of a part's process: its settings, logs and core-dump limit, then its work, until a signal tells it to stop."""

import asyncio
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import structlog

from runtime.logs import set_up_logging
from runtime.settings import BadSettings, PartSettings, read_settings

log = structlog.get_logger()

P = TypeVar("P", bound=PartSettings)

BAD_SETTINGS: Final = 2
"""The exit status of a process whose settings are wrong."""


class CannotGoOn(Exception):
    """A part has lost something that it cannot work without; whoever runs it starts a new process."""


def forbid_core_dumps() -> None:
    """Let this process and its children never write their memory to a disk: it holds pictures."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run_part(settings_of: type[P], run: Callable[[P], Coroutine[Any, Any, None]]) -> int:
    """Run a part with the settings of its environment; return its exit status.

    It is 0 when the part was told to stop, 1 when it cannot go on, and 2 when its settings are wrong; stderr says why.
    """
    forbid_core_dumps()
    try:
        settings = read_settings(settings_of)
        set_up_logging(settings.log)
        asyncio.run(run_until_told(run(settings)))
    except BadSettings as bad:
        print(bad, file=sys.stderr)
        return BAD_SETTINGS
    except CannotGoOn as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


def _log_lost_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error that nobody waits for. The loop's own way would show what the error quotes, beside it."""
    error = context.get("exception")
    log.error("lost_error_reported", what=context.get("message"), exc_info=error)


async def run_until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run *work* until it ends by itself, or cancel it at the first SIGTERM or SIGINT and wait until it has ended.

    Raises:
        Exception: whatever *work* raised, before it was told to stop or after.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_lost_error)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)  # a second signal does not interrupt a stop that is under way
    working, waiting = asyncio.create_task(work), asyncio.create_task(told.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for task in (working, waiting):
        task.cancel()
    await asyncio.wait({working, waiting})
    if not working.cancelled():
        working.result()
