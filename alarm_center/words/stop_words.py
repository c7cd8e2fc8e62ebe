"""Sentences of a town's stop: what will follow, who has said what, and why a word changes nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from alarm_center.core.town_stop import (
    CONFIRM_WITHIN,
    VISIT,
    DeviceCount,
    ForeseenVisit,
    StopFault,
    StopState,
    TownStop,
)
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.pause_words import time_words
from alarm_center.words.supervision_words import RISKS

FAULTS: Final[Mapping[StopFault, str]] = {
    StopFault.OTHERWISE_NOW: _("Det hann ändras. Så här är det nu."),
    StopFault.SAME_PERSON: _("Du föreslog det själv. Någon annan bekräftar."),
}

_MINUTES: Final = int(VISIT.total_seconds()) // 60
_SOMEBODY: Final = _("Någon")


def name_of(user: str | None, names: Mapping[str, str], speech: Speech) -> str:
    """Return the name of whoever that is; somebody, where the viewer does not see them."""
    return names.get(user or "") or speech(_SOMEBODY)


def follows(foreseen: Sequence[ForeseenVisit], to_at: datetime, at: datetime, zone: str, speech: Speech) -> list[str]:
    """Return what a stop means from now: dark devices, the number of visits, and how many the patrols on duty have time for."""
    looks = sum(not each.round.visit for each in foreseen)
    made = sum(each.begins_at is not None for each in foreseen)
    sentences = [
        speech(
            _("Alla kameror och sensorer släcks direkt, till %(until)s som längst."),
            until=time_words(to_at, at, zone, speech),
        ),
        speech(_("Tillsyner som blir besök: %(looks)s."), looks=looks),
        speech(_("Patrullerna i tjänst hinner %(made)s av %(all)s besök."), made=made, all=len(foreseen)),
    ]
    if made < len(foreseen):
        areas = sorted({each.round.area for each in foreseen if each.begins_at is None})
        sentences.append(
            speech(
                _("%(beyond)s hinns inte och blir en störning: omr %(areas)s. Kalla in fler."),
                beyond=len(foreseen) - made,
                areas=", ".join(areas),
            )
        )
    return sentences


def basis(speech: Speech) -> str:
    """Return what the numbers rest on."""
    return speech(
        _("Räknat med %(minutes)s minuter per besök med resan, i tidsordning och hög risk först."), minutes=_MINUTES
    )


def by_area(foreseen: Sequence[ForeseenVisit], zone: str, speech: Speech) -> list[dict[str, Any]]:
    """Return a row an area: its visits, how many are made, when the last one begins, and how many are not."""
    rows = []
    for area in sorted({each.round.area for each in foreseen}):
        here = [each for each in foreseen if each.round.area == area]
        begun = [each.begins_at for each in here if each.begins_at is not None]
        rows.append(
            {
                "area": area,
                "visits": len(here),
                "made": len(begun),
                "beyond": len(here) - len(begun),
                "last": speech.clock(max(begun), zone) if begun else "–",
            }
        )
    return rows


def in_order(foreseen: Sequence[ForeseenVisit], zone: str, most: int, speech: Speech) -> list[dict[str, Any]]:
    """Return the first visits in the order in which they would be begun, those that nobody has time for last."""
    return [
        {
            "due": speech.clock(each.round.due_at, zone),
            "area": each.round.area,
            "risk": speech(RISKS[each.round.risk]),
            "begins": _begins(each, zone, speech),
        }
        for each in foreseen[:most]
    ]


def _begins(visit: ForeseenVisit, zone: str, speech: Speech) -> str:
    if visit.begins_at is None:
        return speech(_("hinns inte"))
    return speech(_("%(patrol)s, börjar %(time)s"), patrol=visit.patrol or "", time=speech.clock(visit.begins_at, zone))


def status(
    stop: TownStop | None, state: StopState, names: Mapping[str, str], at: datetime, zone: str, speech: Speech
) -> str:
    """Return how it stands with the town's stop, in a sentence; empty where there is none."""
    if stop is None or state is StopState.NONE:
        return ""
    if state is StopState.PROPOSED:
        return speech(
            _("%(name)s föreslog %(time)s att stoppa. Väntar på en andra person till %(until)s."),
            name=name_of(stop.proposed_by, names, speech), time=speech.clock(stop.proposed_at, zone),
            until=speech.clock(stop.proposed_at + CONFIRM_WITHIN, zone),
        )  # fmt: skip
    if state is StopState.RETURN_PROPOSED and stop.back_at is not None:
        return speech(
            _("%(name)s föreslog %(time)s att börja titta igen. Väntar på en andra person till %(until)s."),
            name=name_of(stop.back_by, names, speech), time=speech.clock(stop.back_at, zone),
            until=speech.clock(stop.back_at + CONFIRM_WITHIN, zone),
        )  # fmt: skip
    assert stop.to_at is not None, "a stop that holds has its last hour"
    return speech(
        _("Stoppad %(time)s av %(first)s och %(second)s, till %(until)s som längst."),
        time=time_words(stop.confirmed_at or at, at, zone, speech), first=name_of(stop.proposed_by, names, speech),
        second=name_of(stop.confirmed_by, names, speech), until=time_words(stop.to_at, at, zone, speech),
    )  # fmt: skip


def devices_answer(count: DeviceCount, stop: TownStop, speech: Speech) -> str:
    """Return how many devices have said that they are dark; none has before it has been told."""
    confirmed = count.confirmed if stop.dark_at is not None else 0
    if confirmed < count.devices:
        return speech(
            _("%(left)s av %(all)s kameror och sensorer har inte bekräftat ännu."),
            left=count.devices - confirmed, all=count.devices,
        )  # fmt: skip
    return speech(_("Alla %(all)s kameror och sensorer har bekräftat att de är släckta."), all=count.devices)
