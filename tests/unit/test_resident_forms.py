"""Forms of a resident's parts: each fault beside its field, values as the town's file has them, and the form of what is kept."""

from datetime import date, timedelta

import pytest

from alarm_center.core import filled_forms, resident_forms
from alarm_center.core.plan import Plan
from alarm_center.core.resident_forms import FormFault, TownChoices
from alarm_center.town.model import ResidentEntry

TODAY = date(2026, 11, 26)
TOWN = TownChoices(areas=["3"], performers=["alfa"], positions=["rs"], country="SE", today=TODAY)
HOME = {
    "name": " Karin  Mård ",
    "area": "3",
    "address": "Ågatan 3",
    "risk": "1",
    "phone": "070-174 06 06",
    "protected": "on",
}


def test_who_and_where_is_read_as_the_file_has_it() -> None:
    read = resident_forms.read_home(HOME, TOWN)
    assert read.faults == {}
    entry = ResidentEntry.model_validate({"number": 1, **read.values})
    assert (entry.name, entry.phone, entry.risk, entry.protected) == ("Karin Mård", "+46701740606", 1, True)


def test_every_fault_is_told_beside_its_field() -> None:
    form = {"risk": "4", "phone": "12", "area": "9", "cohabitant": "Karl", "performer": "beta"}
    assert resident_forms.read_home(form, TOWN).faults == {
        "name": FormFault.MISSING, "address": FormFault.MISSING, "risk": FormFault.UNCHOSEN, "phone": FormFault.IMPOSSIBLE_PHONE,
        "area": FormFault.UNCHOSEN, "cohabitant_sleeps": FormFault.UNCHOSEN, "performer": FormFault.UNCHOSEN,
    }  # fmt: skip


def test_a_contact_without_words_is_passed_over() -> None:
    form = {
        "contacts": "3",
        "who-0": "Eva",
        "phone-0": "070-174 06 06",
        "first-0": "on",
        "who-2": "Bo",
        "phone-2": "0701740606",
    }
    read = resident_forms.read_door(form, TOWN)
    assert [each["name"] for each in read.values["contacts"]] == ["Eva", "Bo"]
    assert read.faults == {"phone-2": FormFault.PHONE_TWICE}
    assert resident_forms.read_door({"door_tried_on": "2026-11-27"}, TOWN).faults == {"door_tried_on": FormFault.COMING}


def test_a_decision_ends_after_it_begins() -> None:
    form = {
        "reference": "1",
        "kind": "decision",
        "starts_on": "2026-11-26",
        "ends_on": "2026-11-25",
        "trial_ends_on": "x",
    }
    assert resident_forms.read_decision(form, TOWN).faults == {
        "ends_on": FormFault.BEFORE_START,
        "trial_ends_on": FormFault.NO_DATE,
    }


@pytest.mark.parametrize(
    ("said", "state", "agreed"),
    [
        ("yes", "given", {"camera", "sensors", "shown_to_people"}),
        ("unseen", "limited", {"camera", "sensors"}),
        ("sensors", "limited", {"sensors"}),
        ("no", "revoked", set()),
    ],
)
def test_an_answer_is_a_consent_and_back(said: str, state: str, agreed: set[str]) -> None:
    form = {
        "said": said,
        "given_on": "2026-11-26",
        "automatic": "no",
        "given_how": "spoken",
        "capacity": "able",
        "instead": "visit",
    }
    read = resident_forms.read_consent({f"resident-{name}": text for name, text in form.items()}, "resident", TOWN)
    assert read.faults == {}
    entry = ResidentEntry.model_validate({"number": 1, **resident_forms.read_home(HOME, TOWN).values, **read.values})
    assert entry.consent is not None
    assert entry.consent.state.value == state
    assert {each.value for each in entry.consent.agreed} == agreed
    if said != "no":
        kept = entry.consent.model_dump(mode="json")
        assert filled_forms.consent_form(kept, "resident", TODAY)["resident-said"] == said


def test_nobody_is_asked_about_a_machine_unsaid() -> None:
    form = {"cohabitant-said": "yes", "cohabitant-given_on": "2026-11-27"}
    assert resident_forms.read_consent(form, "cohabitant", TOWN).faults == {
        "cohabitant-automatic": FormFault.UNCHOSEN, "cohabitant-given_how": FormFault.UNCHOSEN,
        "cohabitant-capacity": FormFault.UNCHOSEN, "cohabitant-given_on": FormFault.COMING,
    }  # fmt: skip
    assert resident_forms.read_consent({"cohabitant-said": "later"}, "cohabitant", TOWN).values == {}


def test_only_what_differs_from_the_town_is_kept() -> None:
    of_town = Plan.from_settings({"recheck_minutes": 15, "phone_first": True})
    form = {"recheck": "15", "rechecks": "2", "phone_first": "no", "two_carers": "no", "arrive_within": ""}
    read = resident_forms.read_plan(form, TOWN, kept={"rules": {}, "recheck_seconds": 60})
    assert filled_forms.own_answers(read.values["plan"], of_town) == {"rules": {}, "rechecks": 2, "phone_first": False}
    own = Plan.from_settings({"phone_first": True}, {"rechecks": 2, "phone_first": False})
    assert filled_forms.plan_form(own, of_town, {}) == {"rechecks": "2", "phone_first": "no"}


def test_a_machine_alone_takes_a_signature() -> None:
    assert resident_forms.read_plan({"alone": "on"}, TOWN, kept={}).faults == {"signed_by": FormFault.MISSING}
    read = resident_forms.read_plan(
        {"alone": "on", "signed_by": "Petra"}, TOWN, kept={}, signed_on=TODAY - timedelta(days=9)
    )
    assert read.values["signed_on"] == TODAY - timedelta(days=9), "a signature that stands keeps its day"


def test_a_kept_resident_gives_the_same_values_again() -> None:
    door = {
        "contacts": "1",
        "who-0": "Eva",
        "phone-0": "070-174 06 06",
        "told-0": "allt",
        "key-0": "on",
        "mark-dog": "on",
        "notes": "a\nb",
    }
    table = resident_forms.read_door(door, TOWN).values
    assert resident_forms.read_door(filled_forms.door_form(table), TOWN).values == table
    home = resident_forms.read_home(HOME, TOWN).values
    assert resident_forms.read_home(filled_forms.home_form(home), TOWN).values == home
    decision = resident_forms.read_decision(
        {"reference": "1", "kind": "decision", "starts_on": "2026-11-26"}, TOWN
    ).values
    assert (
        resident_forms.read_decision(filled_forms.decision_form(decision["decision"], TODAY), TOWN).values == decision
    )


def test_a_device_is_named_as_it_is_marked() -> None:
    read = resident_forms.read_device({"device": "Cam-4", "kind": "camera"}, TOWN, people=2)
    assert read.values == {"devices": [{"id": "cam-4", "kind": "camera", "profile": {"expected_people": 2}}]}
    assert resident_forms.read_device({"device": "å", "kind": "x"}, TOWN, people=1).faults == {
        "device": FormFault.NO_DEVICE_NAME,
        "kind": FormFault.UNCHOSEN,
    }
