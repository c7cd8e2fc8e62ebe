"""Editor of a change by day, and the turn that one change of a resident takes after another."""

from dataclasses import dataclass
from uuid import UUID

from alarm_center.store import changes
from alarm_center.store.memory import Tx, Viewer

_NO_FORM = -1
"""A revision that no resident has: the form has lost its own, and is never the newest."""


class ChangedMeanwhile(Exception):
    """Somebody else has changed the same resident since the form was drawn; nothing has changed by this one."""


@dataclass(frozen=True, slots=True)
class Editor:
    """The person who changes something: the name in the timeline, their scope, and the revision that their form was drawn from.

    Without a ``revision`` no form was drawn: the rule or tool takes the resident as they are.
    """

    actor: str
    viewer: Viewer | None = None
    revision: int | None = None


def parse_revision(said: str) -> int:
    """Return the revision that a form says it was drawn from; one that says none was drawn from none."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else _NO_FORM


async def take_turn(tx: Tx, resident_id: UUID, editor: Editor) -> int:
    """Take the resident's turn, and return the number of this change.

    Raises:
        ChangedMeanwhile: the form was drawn from an older state.
        LookupError: the editor does not see the resident.
    """
    number = await changes.next_revision(tx, resident_id)
    if editor.revision is not None and number != editor.revision + 1:
        raise ChangedMeanwhile
    return number
