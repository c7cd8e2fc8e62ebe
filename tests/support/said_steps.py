"""Steps of a document, done in a browser in the order in which it says them."""

import re
from collections.abc import Awaitable, Callable, Mapping

Verbs = Mapping[str, Callable[..., Awaitable[None]]]
"""The step that a pattern of the document's words asks for; its groups are the arguments. Of two that begin at one place the earlier counts."""


async def do_as_said(text: str, verbs: Verbs) -> int:
    """Do each thing that *text* says, in its order; return how many there were."""
    found: dict[int, tuple[Callable[..., Awaitable[None]], tuple[str, ...]]] = {}
    for pattern, verb in verbs.items():
        for said in re.finditer(pattern, text):
            found.setdefault(said.start(), (verb, said.groups()))
    for _, (verb, words) in sorted(found.items()):
        await verb(*words)
    return len(found)
