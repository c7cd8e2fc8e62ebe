"""The town of the night that two releases share: a home for each state that an alarm or a check can be in."""

from datetime import date, timedelta
from typing import Final

from tests.support import town_file
from tests.support.night_town import PASSWORD_HASH

ORG: Final = "tva"
NUMBER: Final = "+46701740605"
"""The number that the town's SMS come from."""

RAISED: Final = {state: n for n, state in enumerate(("open", "claimed", "dispatched", "accepted", "on_site", "done", "red", "closed"), 1)}  # fmt: skip
"""The residents for whom an alarm is raised, by how far it is brought. Each lives in an area, with a patrol, of its own."""
VISITED: Final = 9
"""Is not looked after by a camera: somebody comes."""
SILENT: Final = (11, 12, 13, 14, 15)
"""Their devices never say a word: so many at once are an incident."""
SEEN_BY_CAMERA: Final = {state: n for n, state in enumerate(("planned", "open", "waiting", "to_look", "seen", "alarmed"), 21)}  # fmt: skip
"""The residents with a camera, by the state that their check is brought to."""

FIRST, SECOND = ("23:00", "04:00"), ("23:30", "04:30")
"""Opening times of checks in the night's two halves: all but the one that stays planned."""


def device(number: int) -> str:
    """Return the name of a resident's camera."""
    return f"cam{number}"


def area(number: int) -> str:
    """Return the area that a resident lives in."""
    return str(number) if number <= VISITED else str(number // 10 * 10)


def phone(code: str) -> str:
    """Return the phone of an area's patrol."""
    return f"+467000001{int(code):02}"


def file(night: date) -> town_file.Table:
    """Return the town's file, with checks owed on one *night*.

    No alarm sends anybody by itself within it, so that each stays where it is put.
    """
    homes = [town_file.home(number, area=area(number)) for number in RAISED.values()]
    slots = [{"time": time, "by_visit": True} for time in FIRST]
    decided = {"reference": f"B{VISITED}", "starts_on": town_file.LONG_AGO}
    homes.append(town_file.home(VISITED, area=area(VISITED), slots=slots, decision=decided))
    homes += [town_file.home(number, area=area(number), device=device(number), times=FIRST) for number in SILENT]
    for state, number in SEEN_BY_CAMERA.items():
        times = SECOND if state == "planned" else FIRST
        green_by = "operator" if state == "to_look" else "detector"
        homes.append(town_file.home(number, area=area(number), device=device(number), times=times, green_by=green_by))
    for slot in [slot for home in homes for slot in home["slots"]]:
        slot["until_night"] = night + timedelta(days=1)
    # The last release knows no word of it: what its town does goes on (revision 0008_home).
    for home in homes:
        home.get("consent", {}).pop("automatic", None)
    # The one that is to be asked for in vain has a chain of a single step.
    homes[RAISED["red"] - 1]["plan"] = {"rounds": 1, "chains": {"2": [{"after_seconds": 0, "who": "patrol"}]}}
    codes = list(dict.fromkeys(home["area"] for home in homes))
    return {
        "organisation": town_file.organisation(
            ORG,
            sending_number=NUMBER,
            plan={"self_dispatch_minutes": 600, "self_dispatch_first_minutes": 600, "claim_lease_minutes": 600},
        ),
        "areas": [{"code": code} for code in codes],
        "users": [{"login": "olle", "name": "Olle Operatör", "roles": ["operator"], "password_hash": PASSWORD_HASH}],
        "carers": [{"name": f"Patrull {code}", "phone": phone(code)} for code in codes],
        "shifts": [town_file.shift(f"Patrull {code}", area=code, starts="15:00", ends="14:00") for code in codes],
        "residents": homes,
    }
