"""Forms of a resident's parts: each fault beside its field, values as the town's file has them, and the form of what is kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from alarm_center.core import filled_forms, resident_forms
from alarm_center.core.plan import Plan
from alarm_center.core.resident_forms import FollowUpAnswers, FormFault, TownChoices
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
    signed = TODAY - timedelta(days=9)
    assert resident_forms.read_plan({"alone": "on"}, TOWN, kept={}, signed_on=signed).faults == {
        "signed_by": FormFault.MISSING
    }
    begun = resident_forms.read_plan({"alone": "on", "signed_by": "Petra"}, TOWN, kept={})
    assert begun.faults == {"alone": FormFault.NOT_OFFERED}, "it begins from its offer alone"
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


EVERY_DOOR = {
    "access": "Nyckel 4", "port_code": "1234", "key_place": "Tub", "second_way": "Altan", "door_tried_on": "2026-11-26",
    "pets": "on", "mark-dog": "on", "mark-threat": "on", "notes": "Ring på.", "contacts": "2",
    "who-0": "Eva", "relation-0": "dotter", "phone-0": "070-174 06 06", "hours-0": "day", "told-0": "allt", "key-0": "on",
    "first-0": "on", "who-1": "Bo", "phone-1": "070-174 06 07", "hours-1": "any",
}  # fmt: skip
EVERY_DECISION = {
    "reference": "2026-1", "kind": "offer_without_test", "purpose": "Sova ostört", "less_intrusive": "Larm", "alternative": "Besök",
    "starts_on": "2026-11-26", "ends_on": "2027-11-26", "trial_ends_on": "2026-12-26", "after_trial": "visits",
    "follow_up_on": "2027-05-26",
}  # fmt: skip
EVERY_CONSENT = {
    "said": "yes", "given_on": "2026-11-20", "basis": "Vid köksbordet", "automatic": "yes", "given_how": "written",
    "language": "finska", "present": "Dottern", "second_talk_on": "2026-11-25", "capacity": "in_doubt",
    "legal_position": "rs", "representative": "God man: ja", "instead": "visit",
}  # fmt: skip


def test_each_field_of_a_door_has_its_place() -> None:
    read = resident_forms.read_door(EVERY_DOOR, TOWN)
    eva = {
        "name": "Eva", "relation": "dotter", "phone": "+46701740606", "hours": "day", "may_be_told": "allt",
        "has_key": True, "ring_first": True,
    }  # fmt: skip
    bo = {
        "name": "Bo", "relation": "", "phone": "+46701740607", "hours": "any", "may_be_told": "", "has_key": False,
        "ring_first": False,
    }  # fmt: skip
    assert read.faults == {}
    assert read.values == {
        "access": "Nyckel 4", "port_code": "1234", "key_place": "Tub", "second_way": "Altan", "door_tried_on": TODAY,
        "pets": True, "marks": ["dog", "threat"], "notes": "Ring på.", "contacts": [eva, bo],
    }  # fmt: skip
    assert filled_forms.door_form(read.values) == EVERY_DOOR


def test_each_field_of_a_decision_has_its_place() -> None:
    read = resident_forms.read_decision(EVERY_DECISION, TOWN)
    assert read.faults == {}
    kept = {name: None if value is None else str(value) for name, value in read.values["decision"].items()}
    assert kept == EVERY_DECISION
    assert filled_forms.decision_form(read.values["decision"], TODAY) == EVERY_DECISION
    assert resident_forms.read_decision({"after_trial": "visits"}, TOWN).faults == {
        "starts_on": FormFault.MISSING, "reference": FormFault.MISSING, "kind": FormFault.UNCHOSEN,
    }  # fmt: skip
    assert filled_forms.decision_form(None, TODAY) == {"kind": "decision", "starts_on": "2026-11-26"}


def test_each_field_of_a_consent_has_its_place() -> None:
    read = resident_forms.read_consent({f"cohabitant-{k}": v for k, v in EVERY_CONSENT.items()}, "cohabitant", TOWN)
    assert read.faults == {}
    consent = read.values["cohabitant_consent"]
    assert consent == {
        "state": "given", "allows": None, "instead": None, "given_on": date(2026, 11, 20), "basis": "Vid köksbordet",
        "automatic": True, "given_how": "written", "language": "finska", "present": "Dottern",
        "second_talk_on": date(2026, 11, 25), "capacity": "in_doubt", "legal_position": "rs",
        "representative": "God man: ja",
    }  # fmt: skip
    form = filled_forms.consent_form(consent, "cohabitant", TODAY)
    assert form == {f"cohabitant-{name}": said for name, said in EVERY_CONSENT.items()}
    no = filled_forms.consent_form({**consent, "automatic": False}, "cohabitant", TODAY)
    assert no["cohabitant-automatic"] == "no"


def test_a_consent_that_is_new_begins_with_what_is_usual() -> None:
    usual = {"given_on": "2026-11-26", "given_how": "spoken", "capacity": "able", "instead": "visit"}
    for kept in (None, {"state": "revoked"}):
        assert filled_forms.consent_form(kept, "resident", TODAY) == {f"resident-{k}": v for k, v in usual.items()}


def test_a_second_talk_is_not_before_the_first() -> None:
    form = {f"resident-{k}": v for k, v in (EVERY_CONSENT | {"second_talk_on": "2026-11-19"}).items()}
    assert resident_forms.read_consent(form, "resident", TOWN).faults == {
        "resident-second_talk_on": FormFault.BEFORE_START
    }
    unread = resident_forms.read_consent(form | {"resident-automatic": "perhaps"}, "resident", TOWN)
    assert unread.faults["resident-automatic"] is FormFault.UNCHOSEN


def test_each_field_of_a_home_has_its_place() -> None:
    form = {
        "name": "Karin Mård", "area": "3", "address": "Ågatan 3", "phone": "070-174 06 06", "risk": "1",
        "cohabitant": "Karl", "cohabitant_sleeps": "same_bed", "performer": "alfa", "protected": "on",
        "closed-olle": "on", "closed-anna.e": "on",
    }  # fmt: skip
    values = resident_forms.read_home(form, TOWN).values
    assert values == {
        "name": "Karin Mård", "area": "3", "address": "Ågatan 3", "phone": "+46701740606", "risk": 1, "protected": True,
        "cohabitant": "Karl", "cohabitant_sleeps": "same_bed", "performer": "alfa",
        "shares_bed_with": None, "closed_to": ["anna.e", "olle"],
    }  # fmt: skip
    assert filled_forms.home_form(values) == form
    assert resident_forms.read_home({}, TOWN).faults == {
        "name": FormFault.MISSING, "area": FormFault.UNCHOSEN, "address": FormFault.MISSING, "risk": FormFault.UNCHOSEN,
    }  # fmt: skip


@pytest.mark.parametrize(("said", "fault"), [("120", None), ("121", FormFault.NO_NUMBER), ("0", FormFault.NO_NUMBER)])
def test_a_number_of_minutes_has_a_least_and_a_most(said: str, fault: FormFault | None) -> None:
    assert resident_forms.read_plan({"recheck": said}, TOWN, kept={}).faults.get("recheck") is fault


def test_a_contact_needs_a_name_and_a_phone() -> None:
    assert resident_forms.read_door({"contacts": "2", "who-0": "Eva", "phone-1": "070-174 06 06"}, TOWN).faults == {
        "phone-0": FormFault.MISSING, "who-1": FormFault.MISSING,
    }  # fmt: skip


def test_texts_end_somewhere() -> None:
    assert resident_forms.read_door({"port_code": "1" * 41, "access": "x" * 201}, TOWN).faults == {
        "port_code": FormFault.TOO_LONG, "access": FormFault.TOO_LONG,
    }  # fmt: skip


def test_a_plan_of_ones_own_is_filled_in_whole() -> None:
    own = Plan.from_settings({"recheck_minutes": 20, "two_carers": True})
    table = {"green_by": "detector", "signed_by": "Petra"}
    assert filled_forms.plan_form(own, Plan(), table) == {
        "recheck": "20", "two_carers": "yes", "alone": "on", "signed_by": "Petra",
    }  # fmt: skip
    assert filled_forms.plan_form(Plan(), Plan(), {"green_by": "operator", "signed_by": "Petra"}) == {}


def test_a_device_is_named_as_it_is_marked() -> None:
    read = resident_forms.read_device({"device": "Cam-4", "kind": "camera"}, TOWN, people=2)
    assert read.values == {"devices": [{"id": "cam-4", "kind": "camera", "profile": {"expected_people": 2}}]}
    assert resident_forms.read_device({"device": "å", "kind": "x"}, TOWN, people=1).faults == {
        "device": FormFault.NO_DEVICE_NAME,
        "kind": FormFault.UNCHOSEN,
    }


def test_a_follow_up_keeps_what_was_answered() -> None:
    assert resident_forms.read_follow_up({}, TOWN).values == {}, "a day alone is no follow-up"
    town = replace(TOWN, people={"petra": "Petra"})
    said = {"wants_it": "yes", "misses_company": "no", "task_owner": "petra", "task_due_on": "2026-12-24"}
    assert resident_forms.read_follow_up(said, town).values["follow_up"] == FollowUpAnswers(None, "yes", None, "no")
    lonely = resident_forms.read_follow_up({**said, "misses_company": "yes"}, town)
    assert lonely.values["follow_up"].task_owner == "petra" and lonely.faults == {}
    assert resident_forms.read_follow_up({"misses_company": "yes"}, town).faults == {
        "task_owner": FormFault.UNCHOSEN,
        "task_due_on": FormFault.MISSING,
    }
    assert resident_forms.read_follow_up({"wants_it": "maybe"}, town).faults == {"wants_it": FormFault.UNCHOSEN}
