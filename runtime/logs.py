"""Logging of a process: structlog and the libraries' own logging in one stream on stderr, without values of variables."""

import logging
import sys
from collections.abc import Iterable
from typing import Literal

import structlog

from runtime.errors import replace_exception

Form = Literal["json", "console"]

_LOUD = ("aiohttp.access",)
"""Libraries that tell of every request."""


def set_up_logging(form: Form = "console", level: int = logging.INFO, loud: Iterable[str] = ()) -> None:
    """Send every line to stderr from *level* up; stdout belongs to a command's own answer.

    Of the libraries *loud* only errors are told.
    A traceback shows neither what variables hold nor what an exception quotes: that may be a picture, a name or a password.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    trace: list[structlog.typing.Processor] = [replace_exception]
    structlog.configure(
        processors=[*shared, *trace, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *trace, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
    for name in (*_LOUD, *loud):
        logging.getLogger(name).setLevel(logging.ERROR)
