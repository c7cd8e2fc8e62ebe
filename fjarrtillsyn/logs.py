"""How the one command logs: structlog and the libraries' own logging in one stream on stderr, without values of variables."""

import logging
import sys
from typing import Literal

import structlog

Form = Literal["json", "console"]

_LOUD = ("amqtt", "transitions", "aiohttp.access")
"""Libraries that tell of every packet or request."""


def set_up(form: Form = "console", level: int = logging.INFO) -> None:
    """Send every line to stderr from *level* up; stdout belongs to a command's own answer.

    A traceback never shows what variables hold: that may be a picture, a name or a password.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    trace: list[structlog.typing.Processor] = [structlog.processors.format_exc_info] if form == "json" else []
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
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.ERROR)
