"""The lines of sealed accounts (break-glass): made, opened for a shift by two people, or tried."""

from schemas.timeline.base import Payload, payload
from schemas.timeline.kinds import EventKind


@payload(EventKind.SEALED_ACCOUNT_MADE)
class SealedAccountMade(Payload):
    """An account was sealed; *number* stands on its envelopes."""

    number: int


@payload(EventKind.SEALED_ACCOUNT_OPENED)
class SealedAccountOpened(Payload):
    """Two people opened an account for a shift. The actor is the user that it became, who bears both names."""

    number: int


@payload(EventKind.SEALED_ACCOUNT_TRIED)
class SealedAccountTried(Payload):
    """Two people tried an account, which is used up by it."""

    number: int
