"""One reserve list and one incident's list, with each thing that such a paper can say."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.incident_list import IncidentList, IncidentPlace
from alarm_center.core.reserve_list import Entry, OnDuty, ReserveList, Stop
from alarm_center.core.resident_card import ResidentCard
from schemas.vocabulary import CohabitantSleeps

_EVENING = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
"""The evening before summer time ends: 02:30 comes twice in the night."""


def _card(number: int, sleeps: str | None, **known: object) -> ResidentCard:
    plain: dict[str, object] = {
        "phone": None, "access": "", "notes": "", "risk": min(number, 3), "pets": False,
        "cohabitant": None, "cohabitant_sleeps": sleeps,
    }  # fmt: skip
    place = {
        "resident_id": UUID(int=number),
        "number": number,
        "name": f"Person {number}",
        "address": f"Gatan {number}",
    }
    return ResidentCard(**plain | place | known)  # type: ignore[arg-type]  # one dict of every field


def _entries() -> tuple[Entry, ...]:
    first, again = _EVENING + timedelta(hours=4, minutes=30), _EVENING + timedelta(hours=5, minutes=30)
    known = {"phone": "+46701740601", "access": "Nyckel i låda 4 " * 9, "notes": "Hör dåligt.", "pets": True}
    return (
        Entry(
            _card(1, CohabitantSleeps.SAME_BED, cohabitant="Berit", **known), True, True,
            (Stop(first, first), Stop(again, again + timedelta(minutes=30))),
        ),
        Entry(_card(2, CohabitantSleeps.SAME_ROOM), True, False, (Stop(again, again, visit=True),)),
        Entry(_card(3, CohabitantSleeps.ELSEWHERE), False, True, (Stop(first, first, done=True),)),
        Entry(_card(4, None), False, False, ()),
    )  # fmt: skip


def reserve_list(language: str, *, empty: bool = False) -> ReserveList:
    """Return a list in *language*; *empty*: nobody is looked after, and nobody is on duty."""
    duty = [
        OnDuty("Patrull 3", "patrol", "+46701740603", _EVENING, _EVENING + timedelta(hours=5, minutes=15)),
        OnDuty("Ledning", "lead", "+46701740699", _EVENING, _EVENING + timedelta(hours=9)),
    ]
    return ReserveList(
        org="vik", town="Vik kommun", area_id=UUID(int=9), area="3", night=date(2026, 10, 24), zone="Europe/Stockholm",
        language=language, made_at=_EVENING, people=() if empty else _entries(), on_duty=() if empty else tuple(duty),
        fixed_number=None if empty else "+4684650040",
    )  # fmt: skip


def incident_list(language: str) -> IncidentList:
    """Return an incident of two areas in *language*; one of its places is closed."""
    entries = _entries()
    again = _EVENING + timedelta(hours=5, minutes=30)
    places = [
        IncidentPlace(
            UUID(int=n), 4800 + n, "technical", None, AlarmState.CLOSED if n == 0 else AlarmState.OPEN, None, "3" if n < 2 else "4",
            entry, (again,) if n else (),
        )
        for n, entry in enumerate(entries)
    ]  # fmt: skip
    return IncidentList(
        UUID(int=8),
        17,
        "technical",
        "Vik kommun",
        "Europe/Stockholm",
        language,
        _EVENING,
        None,
        "",
        "",
        again,
        tuple(places),
    )
