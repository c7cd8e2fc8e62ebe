"""Measurements against a bare baseline; run by ``make bench``."""

import detector  # noqa: F401  # before numpy is loaded: a judging is measured on one thread, as the service has it
