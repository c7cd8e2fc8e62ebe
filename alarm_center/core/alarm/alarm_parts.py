"""Parts of an alarm that change as one: the claim at a screen, a carer's acceptance, and the time limits.

Each is a sub-machine of the alarm, and a frozen value:

- `ScreenClaim`: the person at a screen who has it, and whether that has moved the self-dispatch.
- `Acceptance`: the carers' side, from taken to done. Nobody has accepted: there is none.
- `ShiftHandOver`: the end of the shift of the carer who has it.
- `Limits`: the instants by which something must have happened.
- `Trouble`: what keeps the case from ending, until a person acknowledges it (its ladder: `trouble`).

Two more stand elsewhere: `state.Dispatch`, the carers that it seeks and has asked, and the vocabulary's `Condition`, the
evidence so far in one word, which is kept apart from people's response. The state says how far all of them together have
come; `alarm_table` draws where it can go.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.alarm.lease import Lease
from schemas.vocabulary import TroubleKind


@dataclass(frozen=True, slots=True)
class ScreenClaim:
    """The hold of one person at a screen on the alarm. ``in_call`` is theirs, and ends with their hold."""

    lease: Lease = Lease()  # noqa: RUF009 - frozen
    in_call: bool = False
    moved: bool = False
    """A claim moves the self-dispatch once, whoever claims again."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A carer has taken the alarm: since when, and how far they have come. ``notice_id`` is the owner's notice."""

    notice_id: UUID
    accepted_at: datetime
    on_site_at: datetime | None = None
    on_site_word_at: datetime | None = None
    """The last word from the address."""
    on_site_asked: bool = False
    """On site, silent, and asked by SMS."""
    staff_inside: bool = False
    """Somebody is with the resident, and the device makes nothing. Not so of who cannot get in, or is done."""
    done_at: datetime | None = None
    """The carer has said done; how it ended is still owed."""
    late_until: datetime | None = None
    """The carer has moved the arrival, which they may do once; a release before leaves it out when it writes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """By when something must have happened."""

    self_dispatch_at: datetime | None = None
    """Staff are sent by then, whoever holds it."""
    arrive_by: datetime | None = None
    """The area's target, or the visit's time."""
    limit_at: datetime | None = None
    """By then whoever has it must have arrived, said a word from the site, or said how it ended."""


@dataclass(frozen=True, slots=True)
class ShiftHandOver:
    """The end of the shift of whoever has the alarm (`hand_over`)."""

    notice_id: UUID
    """The owner's notice."""
    at: datetime | None
    """Instant at which the owner is asked, then at which somebody else is sought; ``None``: the owner stays."""
    ends_at: datetime | None = None
    """The end of the shift, as the owner was told."""
    asked: bool = False
    searching: bool = False
    """The shift is over, and the owner has not said that they stay: whoever says 1 has it in their stead."""


@dataclass(frozen=True, slots=True)
class TroubleWord:
    """The last word of one carer about a trouble: the notice that they answered, and when."""

    notice_id: UUID
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """A trouble of the case: acknowledged by a person, or getting louder at ``louder_at``."""

    kind: TroubleKind
    began_at: datetime
    louder_at: datetime
    """The next time at which it gets louder if nobody has acknowledged it, or stops being acknowledged."""
    notice_id: UUID | None = None
    """The notice of the carer in trouble, of the last one where several are; ``None``: it is no carer's."""
    told: tuple[UUID, ...] = ()
    """The notices that were asked because of it."""
    loud: bool = False
    """It has reached the red board, and the outside heartbeat fails."""
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    """A user's id, or that of the notice that a carer answered."""
    words: tuple[TroubleWord, ...] = ()
    """One for each carer in this trouble, the last said last. Two may cry for help in one case."""

    search_at: datetime | None = None
    """Nobody home: by then 112 is rung, unless the person is found or somebody knows where they are."""
    where_asked: bool = False
    """Nobody home: the carer was asked where the person is, and has not answered."""

    @property
    def carers(self) -> tuple[UUID, ...]:
        """One notice of each carer in it, the last who said so first; none where it is no carer's."""
        said = [word.notice_id for word in reversed(self.words)]
        return tuple(dict.fromkeys([*([] if self.notice_id is None else [self.notice_id]), *said]))

    @property
    def acknowledged(self) -> bool:
        """True once a person has said that they see to it."""
        return self.acknowledged_at is not None
