"""The lines of a town's people and agreements: who was asked, said yes, was changed or ended. Ids and roles, no names."""

from datetime import date, datetime
from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind
from schemas.vocabulary import InvitationAnswer, Role


@payload(EventKind.MEMBERSHIP_INVITED)
class MembershipInvited(Payload):
    """A login was asked, or the open invitation was changed; *areas* and *performers* unsaid: all of the town."""

    invitation_id: UUID
    roles: tuple[Role, ...]
    areas: tuple[UUID, ...] | None = None
    ends_at: datetime | None = None
    performers: tuple[Code, ...] | None = None


@payload(EventKind.MEMBERSHIP_ACCEPTED)
class MembershipAccepted(Payload):
    """The person who was asked said yes, and has these roles from now on."""

    user_id: UUID
    invitation_id: UUID
    roles: tuple[Role, ...]
    areas: tuple[UUID, ...] | None = None
    ends_at: datetime | None = None
    performers: tuple[Code, ...] | None = None


@payload(EventKind.INVITATION_ENDED)
class InvitationEnded(Payload):
    """An invitation came to nothing: the person said no, or the town withdrew it."""

    invitation_id: UUID
    answer: InvitationAnswer


@payload(EventKind.MEMBERSHIP_CHANGED)
class MembershipChanged(Payload):
    """A member has other roles, areas or performers, or another end."""

    user_id: UUID
    roles: tuple[Role, ...]
    areas: tuple[UUID, ...] | None = None
    ends_at: datetime | None = None
    performers: tuple[Code, ...] | None = None


@payload(EventKind.MEMBERSHIP_ENDED)
class MembershipEnded(Payload):
    """A member has no role in the town any more."""

    user_id: UUID


@payload(EventKind.DEPUTY_GIVEN)
class DeputyGiven(Payload):
    """A member stands in for a colleague, with these roles of theirs; *areas* and *performers* unsaid: all of the town."""

    user_id: UUID
    stands_in_for: UUID
    roles: tuple[Role, ...]
    from_at: datetime
    ends_at: datetime
    areas: tuple[UUID, ...] | None = None
    performers: tuple[Code, ...] | None = None


@payload(EventKind.DEPUTY_ENDED)
class DeputyEnded(Payload):
    """A member no longer stands in for a colleague, before the time that was set."""

    user_id: UUID
    stands_in_for: UUID


@payload(EventKind.AGREEMENT_OFFERED)
class AgreementOffered(Payload):
    """The town offered an alarm centre to see it, from one night until another; *areas* unsaid: all of the town."""

    agreement_id: UUID
    centre: Code
    from_on: date
    until_on: date | None = None
    areas: tuple[UUID, ...] | None = None


@payload(EventKind.AGREEMENT_ACCEPTED)
class AgreementAccepted(Payload):
    """The alarm centre said yes: its people see the town on the nights of the agreement."""

    agreement_id: UUID
    centre: Code


@payload(EventKind.AGREEMENT_ENDED)
class AgreementEnded(Payload):
    """One of the two ended the agreement: the centre's people see the town no longer."""

    agreement_id: UUID
    centre: Code
