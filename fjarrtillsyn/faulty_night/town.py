"""The town of a faulty night: areas with two patrols and a lead each, homes without devices, and chains that are soon through."""

from typing import Any, Final

from alarm_center.town.model import TownFile

ORG: Final = "granby"
_AREAS: Final = 8
_HOMES_AN_AREA: Final = 12
_CHAIN: Final = (
    {"after_seconds": 0, "who": "patrol"},
    {"after_seconds": 4, "who": "patrol", "channel": "call"},
    {"after_seconds": 8, "who": "second_patrol"},
    {"after_seconds": 12, "who": "lead"},
)
"""A chain in seconds, not minutes: the night has many alarms, and each of its steps is to be reached."""


def read_town() -> TownFile:
    """Return the town, checked as every town's file is. Its numbers are those that are kept for fiction."""
    return TownFile.model_validate(_table())


def _table() -> dict[str, Any]:
    areas = [str(number) for number in range(1, _AREAS + 1)]
    phones = (f"070-174 06 {number:02}" for number in range(6, 99))
    carers, shifts = [], []
    for area in areas:
        for name, role in ((f"Patrull {area}1", "patrol"), (f"Patrull {area}2", "patrol"), (f"Ledare {area}", "lead")):
            carers.append({"name": name, "phone": next(phones)})
            on = {"area": area, "carer": name, "patrol": name, "role": role}
            shifts.append({**on, "starts": "21:00", "ends": "07:00"})
    return {
        "organisation": {
            "id": ORG,
            "name": "Granby kommun",
            "sending_number": "+46 70 174 06 05",
            "link_host": "natt.granby.example",
            "fixed_number": "+46 8 465 004 01",
            "data_number": "+46 8 465 004 02",
            # A calm alarm asks the lead only at its latest time, which is then within the night's few minutes.
            "plan": {
                "chains": {str(priority): list(_CHAIN) for priority in (1, 2, 3)},
                "arrive_within_minutes": 6,
            },
        },
        "areas": [{"code": area} for area in areas],
        "carers": carers,
        "shifts": shifts,
        "residents": [
            {"number": number, "name": f"Person {number}", "area": areas[number % _AREAS], "address": f"Gatan {number}"}
            for number in range(1, _AREAS * _HOMES_AN_AREA + 1)
        ],
    }
