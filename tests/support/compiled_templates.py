"""Templates that are compiled once for all the applications of a test process: each costs milliseconds, and each test has its own."""

from collections import defaultdict
from types import CodeType
from typing import Final

import jinja2
from aiohttp import web
from jinja2.bccache import Bucket, BytecodeCache


class CompiledTemplates(BytecodeCache):
    """The templates of one language, as they were compiled when one of its applications first showed them."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None, "it was just compiled"
        self._code[bucket.key] = bucket.code


# By language: a filter of constant words is applied while a template is compiled.
_COMPILED: Final[defaultdict[str, CompiledTemplates]] = defaultdict(CompiledTemplates)


def share_templates(app: web.Application) -> None:
    """Let *app* take the templates that an application before it has compiled."""
    for value in app.values():
        if isinstance(value, jinja2.Environment):
            value.bytecode_cache = _COMPILED[str(value.globals["language"])]
