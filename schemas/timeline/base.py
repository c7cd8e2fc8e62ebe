"""Base of timeline payloads: the class, the register from kind to class, and the form of a code; no kind's own class.

The kinds' classes are in `checks`, `alarms`, `messages`, `town`, `people` and `imports`.

A name, an address, a phone number or free text never stands in a line: lines are kept for years, sealed, and read by
engineers. A field is an id, a number, an instant, one of the vocabulary's lists, or a :data:`Code`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, TypeVar, dataclass_transform

from pydantic import StringConstraints

from schemas.timeline.kinds import EventKind

Code = Annotated[str, StringConstraints(pattern=r"^\S{1,200}$")]
"""One word of a list that others keep (a provider's error, a rule's name), or an id that is no UUID. Never a sentence."""


class Payload:
    """The content of one line beside its ids. Its fields are stored under their own names.

    A field that is added later has a default, so that lines from before it can be read.
    """

    __slots__ = ()
    kind: ClassVar[EventKind]


PAYLOADS: Final[dict[EventKind, type[Payload]]] = {}
"""Each kind's payload, filled by :func:`payload`."""

P = TypeVar("P", bound=Payload)


@dataclass_transform(frozen_default=True, field_specifiers=())
def payload(kind: EventKind) -> Callable[[type[P]], type[P]]:
    """Make the class below it the frozen payload of *kind*.

    Raises:
        ValueError: *kind* has a payload already.
    """

    def register(described: type[P]) -> type[P]:
        if kind in PAYLOADS:
            raise ValueError(f"{kind} has a payload already: {PAYLOADS[kind].__name__}")
        made: Any = dataclass(frozen=True, slots=True)(described)
        made.kind = kind
        PAYLOADS[kind] = made
        registered: type[P] = made
        return registered

    return register
