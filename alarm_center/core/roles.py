"""Rights of each role in a town: the one table that routes, pages, the database and the documents follow.

A right is what a page asks for, and the scope in which its transaction reads rows. The database keeps the same table as
``fjt.role_rights``, since a policy cannot read Python (docs/database.md#whose-rows-a-page-sees).
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from schemas.vocabulary import HandledBy, Role


class Right(StrEnum):
    """A permission that some pages require."""

    WATCH = "watch"
    """Sit at a town's board, hold its cases, and be shown a picture."""
    PAPERS = "papers"
    """Read lists with names and addresses: the reserve list, an incident's places."""
    RAISE = "raise"
    """Raise an alarm by hand."""
    PAUSE = "pause"
    """Pause a resident's supervision, and stop their camera."""
    STOP = "stop"
    """Propose and confirm that all of a town's looks stop, and that they begin again."""
    PLAN = "plan"
    """Read the planner's pages: what waits, the residents, and each one's agreement, times and history."""
    PROTECTED = "protected"
    """Read names and addresses of people with protected identity on lists, in searches and in files that go out."""
    REPORT = "report"
    """Read what a night and its months come to: the morning report and the figures."""
    ARRANGE = "arrange"
    """Change when and how a resident is supervised, and what those who drive there have to know."""
    BRING_IN = "bring_in"
    """Bring in a file of residents and times by a page, each role what is its own (core/uploaded_file.py)."""
    STAFF = "staff"
    """Change the rota: who is on duty when, who stands in, and which phone is carried."""
    GROUP_SMS = "group_sms"
    """Write an SMS to many of the town's carers, and see who has not got it."""
    DECIDE = "decide"
    """Record decisions and consents, and what comes after a trial."""
    ENROL = "enrol"
    """Begin and go on with a new resident; each part is written by the right that changes it later."""
    MOUNT = "mount"
    """Mount cameras: today's homes that are given to installers, and no others."""
    LEAD = "lead"
    """Lead a night: the open cases and tonight's shifts of one's areas, and the answers that SMS ask of one's own phone."""
    DRIVE = "drive"
    """Open a case behind one's own link also in another browser."""
    SUPERVISE = "supervise"
    """See how operators work: looks without a check that was due, stalled cases."""
    REVIEW = "review"
    """Review the log of who looked at whom."""
    HAND_OUT = "hand_out"
    """Hand a resident the list of who looked at them."""
    USERS = "users"
    """Invite people, give and end their roles in the town."""
    TRAIN = "train"
    """Walk the course of one's own role."""


ROLE_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {
        Role.OPERATOR: frozenset({Right.WATCH, Right.PAPERS, Right.RAISE, Right.PAUSE, Right.STOP, Right.TRAIN}),
        Role.SUPERVISOR: frozenset(
            {
                Right.WATCH,
                Right.PAPERS,
                Right.RAISE,
                Right.PAUSE,
                Right.STOP,
                Right.PROTECTED,
                Right.SUPERVISE,
                Right.TRAIN,
            }
        ),
        Role.LEAD: frozenset(
            {
                Right.PAPERS,
                Right.RAISE,
                Right.PAUSE,
                Right.STOP,
                Right.PLAN,
                Right.PROTECTED,
                Right.LEAD,
                Right.DRIVE,
                Right.STAFF,
                Right.REPORT,
                Right.GROUP_SMS,
                Right.TRAIN,
            }
        ),
        Role.CARER: frozenset({Right.PAPERS, Right.DRIVE, Right.TRAIN}),
        Role.CASE_OFFICER: frozenset(
            {
                Right.PAUSE,
                Right.STOP,
                Right.PLAN,
                Right.DECIDE,
                Right.ENROL,
                Right.PROTECTED,
                Right.BRING_IN,
                Right.REPORT,
                Right.TRAIN,
            }
        ),
        Role.COORDINATOR: frozenset(
            {
                Right.PAUSE,
                Right.STOP,
                Right.PLAN,
                Right.ARRANGE,
                Right.ENROL,
                Right.PROTECTED,
                Right.BRING_IN,
                Right.HAND_OUT,
                Right.STAFF,
                Right.REPORT,
                Right.GROUP_SMS,
                Right.TRAIN,
            }
        ),
        Role.INSTALLER: frozenset({Right.MOUNT}),
        Role.AUDITOR: frozenset({Right.REVIEW, Right.HAND_OUT}),
        Role.ADMIN: frozenset({Right.USERS, Right.REPORT, Right.GROUP_SMS}),
    }
)

HOME_CARE_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = MappingProxyType(
    {Role.LEAD: frozenset({Right.WATCH}), Role.CARER: frozenset({Right.WATCH})}
)
"""Further rights in a town where the home care answers itself: its carers and leads sit at the board."""

_DESK: Final = timedelta(minutes=20)
"""A desk by day, in a room where others pass: leads, planners, carers in the office."""
_WIDE: Final = timedelta(minutes=15)
"""People who see everybody's log or give rights."""

IDLE_LIMITS: Final[Mapping[Role, timedelta | None]] = MappingProxyType(
    {
        # A board in its shift covers itself instead, and never signs out: at night nobody is there to sign in again.
        Role.OPERATOR: None,
        Role.SUPERVISOR: None,
        Role.LEAD: _DESK,
        Role.CARER: _DESK,
        Role.CASE_OFFICER: _DESK,
        Role.COORDINATOR: _DESK,
        Role.INSTALLER: _DESK,
        Role.AUDITOR: _WIDE,
        Role.ADMIN: _WIDE,
    }
)
"""Time that a session of the role may go unused; ``None``: as long as it lives. Of several roles the shortest counts.

An open stream is use, so that a board stays signed in whoever sits at it. The database keeps the same as ``fjt.idle_limits``.
"""


ANSWERED_BY_FUNCTIONS: Final = frozenset({Right.SUPERVISE, Right.REVIEW, Right.HAND_OUT, Right.MOUNT})
"""Rights whose pages read no table: functions of the database answer them, with the columns that they show."""


def rights_of(roles: Collection[Role], handled_by: HandledBy) -> frozenset[Right]:
    """Return the rights of a person with these roles in a town that *handled_by* answers for."""
    found: set[Right] = set()
    for role in roles:
        found |= ROLE_RIGHTS[role]
        if handled_by is HandledBy.HOME_CARE:
            found |= HOME_CARE_RIGHTS.get(role, frozenset())
    return frozenset(found)
