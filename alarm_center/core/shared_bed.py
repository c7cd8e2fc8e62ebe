"""Two residents in one bed with one device: the people whom it expects, the looks that it owes both, and the check that a look also answers.

Each keeps their own times, checks, decisions and alarms; only the look is one (docs/adr/0045-two-residents-in-one-bed.md).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from alarm_center.core.check import ENDED, Attempt, AttemptState, Check
from schemas.messages import ScheduledAttempt
from schemas.vocabulary import CancelReason, Show

DARKENS_BOTH: Final = frozenset({CancelReason.PAUSE_OWN_WISH, CancelReason.PAUSE_GUESTS})
"""Pauses of one that make visits of the other's looks too; while one is away, the other is looked at alone."""

_TOGETHER: Final = timedelta(seconds=1)
"""Looks again of both, decided in one transaction one after the other, open as far apart at most."""


def profile_now(profile: Mapping[str, Any], at_home: int | None) -> Mapping[str, Any]:
    """Return a device's profile with the people whom it expects now; *at_home* of two who share the bed, ``None`` where nobody does.

    A profile for two is another version than one for one: a finding by the old one is not green.
    """
    if at_home is None:
        return profile
    version = profile.get("version", 1)
    both = at_home == 2
    version = 2 * version + both if isinstance(version, int) else version
    return {**profile, "expected_people": 2 if both else 1, "version": version}


@dataclass(frozen=True, slots=True)
class OwedLook:
    """A look that a device owes; *others*: to the resident who shares the bed with the device's own."""

    scheduled: ScheduledAttempt
    others: bool = False


def one_look_each(owed: Iterable[OwedLook]) -> list[ScheduledAttempt]:
    """Return the looks to make, in the order of *owed*, which is that of time; one that both are owed at the same time is one look.

    That is the longer of the two, else the own resident's. Its pictures are sent where either of the two wants them.
    """
    made = []
    for _, group in groupby(owed, lambda each: (each.scheduled.opens_at, each.scheduled.closes_at)):
        looks = list(group)
        own, others = [one for one in looks if not one.others], [one for one in looks if one.others]
        while own and others:
            pair = (own.pop(0).scheduled, others.pop(0).scheduled)
            longer = max(pair, key=lambda each: each.seconds)
            always = any(each.show is Show.ALWAYS for each in pair)
            made.append(longer.model_copy(update={"show": Show.ALWAYS if always else longer.show}))
        made += [one.scheduled for one in (*own, *others)]
    return made


@dataclass(frozen=True, slots=True)
class SharedLook:
    """A look that one of the two was owed: its session, when it began and its length."""

    session_id: str
    began_at: datetime
    seconds: int


def attempt_answered(check: Check, look: SharedLook) -> Attempt | None:
    """Return the attempt of the other one's *check* that *look* answers too; ``None`` if there is none.

    It is owed while the look is made and no longer than it, or has that look already.
    """
    for attempt in check.attempts:
        if attempt.session_id == look.session_id:
            return attempt
    if check.state in ENDED:
        return None
    for attempt in check.attempts:
        within = attempt.opens_at - _TOGETHER <= look.began_at < attempt.closes_at
        if attempt.state is AttemptState.OWED and within and attempt.seconds <= look.seconds:
            return attempt
    return None
