"""Alarm events: what the clock, people at a screen, carers and facts can do to an alarm (its states: `alarm_table`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from uuid import UUID

from alarm_center.core.decision import Colleague
from schemas.vocabulary import AlarmKind, Condition, Outcome, Priority, Reason, TroubleKind


@dataclass(frozen=True, slots=True)
class AlarmTick:
    """Time has passed: do whatever is due. ``signed_in`` says whether anybody sits at a screen for the town."""

    signed_in: bool


# ---- what a person at a screen does ----


@dataclass(frozen=True, slots=True)
class ClaimCase:
    """*user* claims the case, with a lease that activity renews."""

    user: UUID


@dataclass(frozen=True, slots=True)
class TakeOver:
    """*user* takes the case from whoever holds it, for the reason in *reason_code*."""

    user: UUID
    reason_code: str


@dataclass(frozen=True, slots=True)
class Renew:
    """The holder is still at it."""

    user: UUID


@dataclass(frozen=True, slots=True)
class InCall:
    """The holder begins (*on*) or ends a call with the resident: that may hold the dispatch up a little longer."""

    user: UUID
    on: bool


@dataclass(frozen=True, slots=True)
class ReleaseCase:
    """The holder lets go of the case."""

    user: UUID


@dataclass(frozen=True, slots=True)
class SendPatrol:
    """*user* wants somebody sent now."""

    user: UUID


@dataclass(frozen=True, slots=True)
class ReplaceCarer:
    """*user* wants somebody else in the stead of the carer of the notice, who was asked or has it."""

    user: UUID
    notice_id: UUID


@dataclass(frozen=True, slots=True)
class AskCarersAgain:
    """*user* wants the carers asked again now, from the beginning of the chain."""

    user: UUID


@dataclass(frozen=True, slots=True)
class CancelDispatch:
    """*user* calls the carers back: nobody has to go. A person still says how it ended."""

    user: UUID


@dataclass(frozen=True, slots=True)
class Close:
    """*user* says how it ended. ``note`` says that a note was written, which `other` needs; the store keeps its words."""

    user: UUID
    outcome: Outcome
    note: bool = False


@dataclass(frozen=True, slots=True)
class AcknowledgeTrouble:
    """*user* sees to the trouble of *kind*. Only to that one: another may have begun since their page was drawn."""

    user: UUID
    kind: TroubleKind


# ---- what a carer says: a reply to a notice, by SMS, by phone key or on the page (each has its row in `carer_actions`) ----


@dataclass(frozen=True, slots=True)
class CarerReply:
    """A carer's reply to a notice. It is believed or answered in every state, and never refused."""

    notice_id: UUID
    on_page: bool = field(default=False, kw_only=True)
    """It was said on the link's page, which has shown what comes of it."""


@dataclass(frozen=True, slots=True)
class SiteReply(CarerReply):
    """A word from the address. Its row says who is inside after it, which troubles it ends or begins."""


@dataclass(frozen=True, slots=True)
class Took(CarerReply):
    """1: I take it, and am there in *eta_minutes* if that was said."""

    eta_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Declined(CarerReply):
    """2: I cannot; also from somebody who had taken it."""


@dataclass(frozen=True, slots=True)
class Arrived(SiteReply):
    """3: I am on site."""


@dataclass(frozen=True, slots=True)
class Done(SiteReply):
    """4: I am done. Without an outcome the alarm stays open until a person gives one."""

    outcome: Outcome | None = None
    note: bool = False


@dataclass(frozen=True, slots=True)
class CannotGetIn(SiteReply):
    """5: I am at the door and cannot get in."""


@dataclass(frozen=True, slots=True)
class NobodyHome(SiteReply):
    """I am in, and nobody is here."""


@dataclass(frozen=True, slots=True)
class AtHospital(SiteReply):
    """Nobody is home, and the person is in hospital."""


@dataclass(frozen=True, slots=True)
class WithRelative(SiteReply):
    """Nobody is home, and the person is with a relative, or away."""


@dataclass(frozen=True, slots=True)
class WhereUnknown(SiteReply):
    """Nobody is home, and I do not know where the person is."""


@dataclass(frozen=True, slots=True)
class Found(SiteReply):
    """The person who was not at home is found."""


@dataclass(frozen=True, slots=True)
class Staying(SiteReply):
    """6: I am still here, and all is as it should be."""


@dataclass(frozen=True, slots=True)
class RunsLate(CarerReply):
    """I am *minutes* later than I was to be there. It moves the arrival once."""

    minutes: int = 0


@dataclass(frozen=True, slots=True)
class NoCamera(SiteReply):
    """The resident says that they do not want to be looked at. The caller withdraws the consent in the same transaction."""


@dataclass(frozen=True, slots=True)
class NeedsHelp(CarerReply):
    """9: I need help. Counts from anybody who was ever asked, also after the alarm was closed."""


# ---- facts ----


@dataclass(frozen=True, slots=True)
class AddressLost:
    """The SMS with the address did not reach the carer who took it."""

    notice_id: UUID


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A notice failed, or was not delivered within its step's wait."""

    notice_id: UUID


STORED_REPLIES: Final[Mapping[type, str]] = MappingProxyType(
    {
        Took: "took",
        Declined: "declined",
        Arrived: "arrived",
        Done: "done",
        CannotGetIn: "cannotgetin",
        NobodyHome: "nobodyhome",
        Staying: "staying",
        NeedsHelp: "needshelp",
        Undelivered: "undelivered",
    }
)
"""The codes of replies in a line about a closed case. A release has written them: they stay, whatever the class is called."""


@dataclass(frozen=True, slots=True)
class ConditionReported:
    """A later session says that the person is in bed (`cleared`), or that something is wrong after all (`active`)."""

    condition: Condition
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Another raise for the same resident joins this alarm; its priority can only rise."""

    kind: AlarmKind
    priority: Priority
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class IntoIncident:
    """It has one cause with many others, and is handled with them for as long as the area's target allows."""

    incident_id: UUID


@dataclass(frozen=True, slots=True)
class ColleagueInNeed:
    """A carer who was asked nothing in this case cries for help: without a case, or after another's end."""

    colleague: Colleague


@dataclass(frozen=True, slots=True)
class CalledOff:
    """The check that a visit stood in for is owed again: nobody has to go. ``by`` is the rule's name or a user's id."""

    by: str


AlarmEvent = (
    AlarmTick
    | ClaimCase
    | TakeOver
    | Renew
    | InCall
    | ReleaseCase
    | SendPatrol
    | ReplaceCarer
    | AskCarersAgain
    | CancelDispatch
    | AcknowledgeTrouble
    | Close
    | CarerReply
    | Undelivered
    | AddressLost
    | ConditionReported
    | Joined
    | IntoIncident
    | ColleagueInNeed
    | CalledOff
)

CARER_REPLIES: Final = (
    Took, Declined, Arrived, Done, CannotGetIn, NobodyHome, AtHospital, WithRelative, WhereUnknown, Found, Staying, RunsLate, NoCamera,
    NeedsHelp,
)  # fmt: skip
