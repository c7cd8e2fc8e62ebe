"""The lines of sign-in: second factors that a person has added, used or lost, for those who review."""

from uuid import UUID

from schemas.timeline.base import Code, Payload, payload
from schemas.timeline.kinds import EventKind


@payload(EventKind.SECOND_FACTOR_ADDED)
class SecondFactorAdded(Payload):
    """A person has added a second factor, *factor* being ``passkey`` or ``totp``."""

    user_id: UUID
    factor: Code


@payload(EventKind.SECOND_FACTOR_REMOVED)
class SecondFactorRemoved(Payload):
    """A person has removed a second factor of theirs."""

    user_id: UUID
    factor: Code


@payload(EventKind.SECOND_FACTOR_REFUSED)
class SecondFactorRefused(Payload):
    """Five codes of a person's were tried within five minutes, and the sixth was not: in a *new* or a *known* browser, or a *session*."""

    user_id: UUID
    place: Code


@payload(EventKind.SECOND_FACTORS_RESET)
class SecondFactorsReset(Payload):
    """The actor has taken every second factor from a person who has lost theirs."""

    user_id: UUID


@payload(EventKind.RECOVERY_CODES_MADE)
class RecoveryCodesMade(Payload):
    """A person has new recovery codes; the earlier ones are void."""

    user_id: UUID


@payload(EventKind.RECOVERY_CODE_USED)
class RecoveryCodeUsed(Payload):
    """A person has used one of their recovery codes, with so many left."""

    user_id: UUID
    left: int
