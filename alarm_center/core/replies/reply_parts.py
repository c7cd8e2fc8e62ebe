"""Values that a reply is resolved by, and what it is resolved to: a phone's notices, its earlier word, an action or an answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.replies.carer_actions import CarerAction
from schemas.vocabulary import Heed, Priority


class Standing(StrEnum):
    """The standing of a case, as seen from one phone."""

    ASKED = "asked"
    """Seeks somebody; this phone has not answered."""
    DECLINED = "declined"
    """Still seeks somebody; this phone said no."""
    TOOK = "took"
    """This phone's; not on site yet."""
    ON_SITE = "on_site"
    """This phone's, and on site."""
    SEES_TO = "sees_to"
    """Somebody else's or nobody's; this phone has said "jag ordnar" to a trouble of it that is not over."""
    TAKEN = "taken"
    """Somebody else's."""
    STOOD_DOWN = "stood_down"
    """Nobody is needed any more."""
    DONE = "done"
    """This phone's, and finished."""


OPEN: Final = frozenset({Standing.ASKED, Standing.DECLINED, Standing.TOOK, Standing.ON_SITE, Standing.SEES_TO})
TAKEN: Final = frozenset({Standing.TOOK, Standing.ON_SITE})


@dataclass(frozen=True, slots=True)
class NoticeRef:
    """One notice to this phone. ``closed_at`` is when the case ended for this phone, where it has."""

    notice_id: UUID
    case_no: int
    priority: Priority
    standing: Standing
    sent_at: datetime
    closed_at: datetime | None = None
    asks_where: bool = False
    """The carer was asked "Vet du var?", and has not answered."""
    asks_staying: bool = False
    """The carer was asked since then whether they stay after their shift, and has not answered."""
    muster_since: bool = False
    """The muster was sent after "Vet du var?"."""
    nobody_home: bool = False
    """A carer has found nobody at home, and nobody knows where the person is."""


@dataclass(frozen=True, slots=True)
class EarlierReply:
    """An earlier reply of the phone, minutes ago: the same word, and nothing has been sent since that the word answers."""

    case_no: int | None
    """The case that it was about; ``None``: it answered the muster."""
    moved_on: bool = False
    """Since then the phone has said something else of a case: it may be at the next one by now."""


@dataclass(frozen=True, slots=True)
class ReplyText:
    """One SMS back: its text, the notice it is about, and the numbers that it names.

    The caller adds what only it knows: token, area, patrol, the shift's end.
    """

    text: Wording
    about: NoticeRef | None = None
    facts: TextFacts = TextFacts()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Resolution:
    """The outcome of a reply: an ``action`` on ``notice``, or an ``answer``; never both, and never neither.

    The alarm answers for its action, and ``beside`` is said after it where the action succeeded. A cry for help without
    a case is an action without a notice, and has its answer here. ``holds_phone`` answers the muster: yes, no, or not
    answered.
    """

    action: CarerAction | None = None
    notice: NoticeRef | None = None
    answer: ReplyText | None = None
    beside: ReplyText | None = None
    heed: Heed = Heed.NOTHING
    holds_phone: bool | None = None
