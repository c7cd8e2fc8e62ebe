"""A new resident before they are one: what follows tonight, as the gate would say, and when the first time is owed."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.new_resident import (
    STEPS,
    first_instant,
    foreseen_facts,
    form_lines,
    lines_form,
    read_draft,
    slot_tables,
)
from alarm_center.core.resident_forms import TownChoices
from alarm_center.core.slot_changes import SlotPattern, WantedSlot
from alarm_center.core.supervision import SupervisionFault, SupervisionKind, supervision_of
from alarm_center.core.times_form import EVERY_DAY, TimesLine
from schemas.limits import SECONDS_MIN

TONIGHT = date(2026, 11, 26)
ZONE = ZoneInfo("Europe/Stockholm")
TOWN = TownChoices(areas=["3"], performers=[], positions=[], country="SE", today=TONIGHT)
YES = {"state": "given", "allows": None, "capacity": "able"}
TABLE = {
    "consent": YES, "decision": {"starts_on": TONIGHT}, "devices": [{"kind": "camera"}], "slots": [{"by_visit": False}],
}  # fmt: skip


def test_with_everything_said_a_camera_looks() -> None:
    status = supervision_of(foreseen_facts(TABLE, TONIGHT))
    assert (status.kind, status.fault) == (SupervisionKind.CAMERA, None)


@pytest.mark.parametrize(
    ("lacking", "kind", "fault"),
    [
        ({"consent": None}, SupervisionKind.VISITS, SupervisionFault.CONSENT_MISSING),
        ({"consent": {**YES, "capacity": "in_doubt"}}, SupervisionKind.VISITS, SupervisionFault.CONSENT_MISSING),
        ({"cohabitant": "Karl"}, SupervisionKind.VISITS, SupervisionFault.CONSENT_MISSING),
        ({"consent": {"state": "revoked", "instead": "nothing"}}, SupervisionKind.NOT_RUNNING, SupervisionFault.SAID_NO),
        ({"consent": {"state": "limited", "allows": ["sensors"]}}, SupervisionKind.VISITS, SupervisionFault.CONSENT_LIMITED),
        ({"decision": {"starts_on": date(2026, 12, 1)}}, SupervisionKind.NOT_RUNNING, SupervisionFault.NOT_BEGUN),
        ({"slots": []}, SupervisionKind.NOT_RUNNING, SupervisionFault.NO_TIMES),
        ({"slots": [{"by_visit": True}]}, SupervisionKind.VISITS, None),
    ],
)  # fmt: skip
def test_what_is_lacking_is_told_first(lacking: dict, kind: SupervisionKind, fault: SupervisionFault | None) -> None:  # type: ignore[type-arg]
    status = supervision_of(foreseen_facts({**TABLE, **lacking}, TONIGHT))
    assert (status.kind, status.fault) == (kind, fault)


def test_the_first_time_is_not_before_the_decision() -> None:
    slot = WantedSlot(SlotPattern(time(23), 0, EVERY_DAY, False, 10))
    at = datetime(2026, 11, 26, 18, tzinfo=ZONE)
    assert first_instant([slot], None, at, ZONE) == datetime(2026, 11, 26, 23, tzinfo=ZONE)
    assert first_instant([slot], date(2026, 12, 1), at, ZONE) == datetime(2026, 12, 1, 23, tzinfo=ZONE)
    late = datetime(2026, 11, 26, 23, 5, tzinfo=ZONE)
    assert first_instant([slot], None, late, ZONE) == datetime(2026, 11, 27, 23, tzinfo=ZONE)


def test_a_draft_is_read_step_by_step() -> None:
    home = {
        "name": "K",
        "area": "3",
        "address": "A",
        "risk": "2",
        "cohabitant": "Karl",
        "cohabitant_sleeps": "same_bed",
    }
    filled = {
        "home": home,
        "times": lines_form([TimesLine("2300")]),
        "device": {"device": "c1", "kind": "camera"},
        "decision": {},
    }
    read = read_draft(filled, TOWN)
    assert read.is_done("home", filled) and read.is_done("times", filled)
    assert not read.is_done("decision", filled) and not read.is_done("door", filled)
    assert read.table["devices"][0]["profile"] == {"expected_people": 2}, "two sleep where it sees"
    assert read.table["slots"][0]["time"] == "23:00"


def test_lines_of_times_are_kept_as_they_were() -> None:
    lines = [TimesLine("2300", "23:30", True, (0, 4), SECONDS_MIN * 2), TimesLine("x", nights=())]
    assert form_lines(lines_form(lines)) == [lines[0], TimesLine("x", nights=(), seconds=SECONDS_MIN * 2)]
    ending = TimesLine("0200", "", False, EVERY_DAY, SECONDS_MIN * 2, "2026-12-01", "2026-12-24", ends=True)
    assert form_lines(lines_form([ending])) == [ending]
    assert lines_form([ending]) == {
        "lines": "1", "at-0": "0200", "between-0": "", "by-0": "camera", "nights-0": "0123456", "from-0": "2026-12-01",
        "until-0": "2026-12-24", "ends-0": "on",
    }  # fmt: skip
    assert form_lines({"lines": "1"}) == [TimesLine("", "", False, (), SECONDS_MIN * 2)]
    assert form_lines({"lines": "x"}) == form_lines({}) == []


def test_the_steps_are_filled_in_by_their_rights() -> None:
    assert {step: right.value for step, right in STEPS.items()} == {
        "home": "enrol", "door": "enrol", "decision": "decide", "consents": "decide", "times": "arrange",
        "plan": "arrange", "device": "arrange",
    }  # fmt: skip
    assert list(STEPS) == ["home", "door", "decision", "consents", "times", "plan", "device"]


def test_a_time_is_a_table_of_the_file() -> None:
    slot = WantedSlot(SlotPattern(time(3), 30, (0, 6), True, 20), date(2026, 12, 1), date(2026, 12, 24))
    assert slot_tables([slot]) == [
        {
            "time": "03:00", "weekdays": ["mon", "sun"], "window_minutes": 30, "seconds": 20, "by_visit": True,
            "from_night": date(2026, 12, 1), "until_night": date(2026, 12, 24),
        }
    ]  # fmt: skip


@pytest.mark.parametrize("cohabitant", ["", "Karl"])
def test_whoever_lives_there_is_asked(cohabitant: str) -> None:
    home = {"name": "K", "area": "3", "address": "A", "risk": "2", "cohabitant": cohabitant}
    said = {"said": "no", "given_on": "2026-11-26", "given_how": "spoken", "instead": "visit"}
    consents = {f"{who}-{name}": text for who in ("resident", "cohabitant") for name, text in said.items()}
    read = read_draft({"home": home, "consents": consents}, TOWN)
    assert read.table["consent"]["state"] == "revoked"
    assert ("cohabitant_consent" in read.table) is bool(cohabitant)
    assert read.faults["consents"] == {}
