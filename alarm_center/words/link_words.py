"""Words for the carer's page: outcomes as buttons, receipts of trouble, and what a first-timer does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import HandledBy, Outcome, TroubleKind

OUTCOMES: Final[tuple[tuple[Outcome, str], ...]] = (
    (Outcome.HELPED_UP, _("Uppe igen")),
    (Outcome.WELL_IN_BED, _("Låg i sängen")),
    (Outcome.WELL_ELSEWHERE, _("Var på toaletten")),
    (Outcome.MOVED_TO_HOSPITAL, _("Till sjukhus")),
)
"""Outcomes of most visits, as a carer says them in one tap."""

MORE_OUTCOMES: Final[tuple[tuple[Outcome, str], ...]] = (
    (Outcome.WELL_ELSEWHERE, _("Var uppe eller i annat rum")),
    (Outcome.EMERGENCY_CALLED, _("112 larmat")),
    (Outcome.FALSE_ALARM, _("Obefogat larm")),
    (Outcome.TECHNICAL_FIXED, _("Tekniskt fel åtgärdat")),
)
"""The others but ``other`` and ``died``, which ask for more, and the absence, which has a button of its own."""

STEPS: Final = (
    _("Kör. Tryck Jag är framme när du står vid dörren."),
    _("Ring på, säg vem du är och gå in. Fara för liv: ring 112."),
    _("Hjälp till. Tryck Klar när du går, och säg hur det gick."),
)
"""Steps of a carer who has never had a case."""

_WHO: Final[Mapping[HandledBy, str]] = {
    HandledBy.ALARM_CENTRE: _("Larmcentralen"),
    HandledBy.HOME_CARE: _("Nattledaren"),
}
_SAID: Final[Mapping[TroubleKind, str]] = {
    TroubleKind.HELP: _("Behöver hjälp"),
    TroubleKind.CANNOT_GET_IN: _("Kommer inte in"),
    TroubleKind.NOBODY_HOME: _("Ingen hemma"),
}


def receipt(
    kind: TroubleKind, said_at: datetime, number: str, handled_by: HandledBy, zone: str, speech: Speech
) -> dict[str, Any] | None:
    """Return what a carer who has said a trouble may count on; ``None`` for one that no carer says.

    *number* is as people write it. ``words`` is the sentence, and ``to_112`` says that 112 may be nearer than we are.
    """
    if kind not in _SAID:
        return None
    said, time = speech(_SAID[kind]), speech.clock(said_at, zone)
    who = speech(_WHO[handled_by])
    words = speech(
        _("%(said)s: skickat %(time)s. %(who)s ringer dig från %(number)s."),
        said=said,
        time=time,
        who=who,
        number=number,
    )
    return {"words": words, "to_112": kind is TroubleKind.HELP}


def minutes_left(until: datetime, now: datetime, speech: Speech) -> str:
    """Return the minutes until *until*, or since, in words: 9 min."""
    minutes = int((until - now).total_seconds() // 60)
    return (
        speech(_("%(minutes)s min"), minutes=minutes)
        if minutes >= 0
        else speech(_("%(minutes)s min sen"), minutes=-minutes)
    )
