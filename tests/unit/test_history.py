"""A resident's history: each change in a sentence, what it changed from and to, and the values that change it back."""

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest

from alarm_center.core.earlier_values import earlier_table, earlier_times, undo_page
from alarm_center.core.plan import Plan
from alarm_center.core.resident_record import ChangeRow
from alarm_center.core.slot_changes import SlotPattern, pattern_facts
from alarm_center.words import history_words as words
from alarm_center.words.catalogues import SPEECHES

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SV = SPEECHES["sv"]
EVERY = tuple(range(7))
TIMES = [SlotPattern(time(23), 0, EVERY, False, 10), SlotPattern(time(2), 60, (4, 5), True, 15)]


def change(part: str, before: Any, after: Any) -> ChangeRow:
    return ChangeRow(part, "u", "Petra", AT, AT, before, after)


def test_a_change_of_an_unknown_part_is_told_all_the_same() -> None:
    row = change("door", None, {"lock": "14"})
    assert words.change_words(row, "Europe/Stockholm", SV) == "Ändrade: door"
    assert words.change_words(replace(row, part="pause", after={"ended_at": "x"}), "UTC", SV) == "Avslutade pausen"


@pytest.mark.parametrize(
    ("part", "before", "after", "said"),
    [
        ("death", None, {"died_at": "x"}, "Registrerade ett dödsfall"),
        ("death", {"died_at": "x"}, {"died_at": None}, "Rättade: dödsfallet var felregistrerat"),
        ("end", None, {"why": "moved"}, "Avslutade tillsynen: har flyttat"),
        ("device", {"device_id": "cam1"}, None, "Tog bort utrustningen cam1"),
        ("device", None, {"device_id": "cam1"}, "Kopplade utrustningen cam1"),
        ("device", None, {"exchange": "broken"}, "Bokade byte av kamera"),
        ("device", {"exchange": "broken"}, {"exchange": None}, "Ångrade bytet av kamera"),
        ("town_stop", None, {"stop": "began"}, "Stoppade all kameratillsyn i kommunen"),
        ("town_stop", None, {"stop": "ended"}, "Stoppet i kommunen slutade"),
    ],
)
def test_each_change_is_a_sentence(part: str, before: Any, after: Any, said: str) -> None:
    assert words.change_words(change(part, before, after), "Europe/Stockholm", SV) == said


@pytest.mark.parametrize(
    ("part", "before", "after", "told"),
    [
        ("resident", {"address": "Storgatan 4", "phone": None}, {"address": "Ågatan 3", "phone": "+46701740606"},
         ["Adress: Storgatan 4 → Ågatan 3", "Telefon: inget → 070-174 06 06"]),
        ("resident", {"risk": 2, "protected": False}, {"risk": 1, "protected": True},
         ["Risk: Mellan → Hög", "Skyddade uppgifter: nej → ja"]),
        ("resident", {"marks": ["dog"], "closed_to": []}, {"marks": [], "closed_to": ["anna"]},
         ["Bra att veta: hund → inget", "Spärrad för: inget → anna"]),
        ("resident", {"contacts": [{"name": "Eva", "phone": "1"}]}, {"contacts": [{"name": "Eva"}, {"name": "Bo"}]},
         ["Kontakter: Eva → Eva, Bo"]),
        ("resident", {"port_code": "4711", "area_id": "x"}, {"port_code": "4712", "area_id": "y"}, ["Portkoden", "Område"]),
        ("decision", {"reference": "B1", "ends_on": "2026-12-01"}, {"reference": "B1", "ends_on": None},
         ["Till och med: 1 december 2026 → inget"]),
        ("device", {"device_id": "cam1", "profile": {"zones": []}}, {"device_id": "cam1", "profile": {"zones": [1]}}, []),
        ("resident", None, {"name": "Karin"}, []),
        ("times", None, None, []),
    ],
)  # fmt: skip
def test_a_change_says_from_what_to_what(part: str, before: Any, after: Any, told: list[str]) -> None:
    assert words.change_details(change(part, before, after), Plan(), SV) == told


def test_times_and_plan_are_told_as_their_pages_say_them() -> None:
    before, after = ({"times": pattern_facts(each)} for each in (TIMES, TIMES[:1]))
    told = words.change_details(change("times", before, after), Plan(), SV)
    assert told == ["Alla nätter kl 23:00. Fre, lör kl 02:00–03:00 (besök). → Alla nätter kl 23:00."]
    told = words.change_details(change("plan", {"answers": {}}, {"answers": {"two_carers": True}}), Plan(), SV)
    assert told == ["inget → Två åker."]
    assert words.change_details(change("plan", {"green_by": "detector"}, {"green_by": "operator"}), Plan(), SV) == []


@pytest.mark.parametrize(
    ("part", "before", "page"),
    [
        ("times", {"times": []}, "times"),
        ("times", {}, None),
        ("plan", {"answers": {}}, "not-seen"),
        ("resident", {"address": "x", "notes": "y"}, "home"),
        ("resident", {"notes": "y"}, "door"),
        ("resident", {"port_code": "1"}, None),
        ("resident", {"address": "x", "died_at": None}, None),
        ("resident", None, None),
        ("consent", {"states": []}, None),
        ("decision", {"ends_on": None}, None),
        ("death", {"died_at": "x"}, None),
    ],
)
def test_what_has_a_way_back(part: str, before: Any, page: str | None) -> None:
    """Withdrawal of consent, death, a move and the end of a decision have none."""
    assert undo_page(change(part, before, {"x": 1})) == page


def test_earlier_values_are_laid_over_what_is_kept() -> None:
    kept = {"name": "Karin", "area": "3", "address": "Ågatan 3", "plan": {"rechecks": 2}, "green_by": "operator"}
    before = {"address": "Storgatan 4", "area_id": "id-4", "port_code": "4711", "created": "x"}
    assert earlier_table(kept, before, {"id-4": "4"}) == kept | {"address": "Storgatan 4", "area": "4"}
    assert earlier_table(kept, {"area_id": "gone"}, {})["area"] == "3"
    planned = {"answers": {}, "green_by": "detector", "signed_by": "Petra", "signed_at": "x"}
    assert earlier_table(kept, planned, {}) == kept | {"plan": {}, "green_by": "detector", "signed_by": "Petra"}


def test_earlier_times_are_those_that_the_history_keeps() -> None:
    assert earlier_times({"times": pattern_facts(TIMES)}) == TIMES
