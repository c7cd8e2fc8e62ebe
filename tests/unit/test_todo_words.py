"""Words of the planner's first page: each code of reconciliation has a sentence, an owner and a button."""

import ast
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from alarm_center.core.day_matters import IDLES, AreaTonight, OpenMatter, SilentDevice, grouped
from alarm_center.store.reconciliation import QUESTIONS
from alarm_center.store.todo import COMPANY, DEVIATION, MISMATCHES, RETIRING
from alarm_center.words import todo_words
from alarm_center.words.catalogues import SPEECHES

SV = SPEECHES["sv"]
ZONE = "Europe/Stockholm"
AT = datetime(2026, 11, 25, 10, 20, tzinfo=UTC)
MATTER = OpenMatter(
    UUID(int=1), "vik", "decision_ended", True, {"days": 3}, date(2026, 11, 25), AT, UUID(int=2), "Karin Mård", "Karl Mård",
    None, "3", "cam1", "Vera",
)  # fmt: skip
SILENT = SilentDevice(
    UUID(int=2), "vik", "Elsa Gran", None, "camera", False, AT, datetime(2026, 11, 25, 23, 15, tzinfo=UTC)
)


def codes() -> set[str]:
    """Return every code that reconciliation can find: those of its questions, and those that it finds itself."""
    source = (Path(__file__).parents[2] / "alarm_center/preparation/reconciliation.py").read_text(encoding="utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    own = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "NewDiscrepancy"
        and isinstance(call.args[0], ast.Constant)
    }
    assert own, "it makes some itself"
    return set(QUESTIONS) | {str(code) for code in own}


def test_every_code_has_its_sentence() -> None:
    assert codes() | {COMPANY, RETIRING, IDLES, DEVIATION, *MISMATCHES.values()} == set(todo_words.SENTENCES)


@pytest.mark.parametrize("language", SPEECHES)
def test_every_sentence_is_filled_in(language: str) -> None:
    data = {"days": 3, "who": "resident", "from_at": AT.isoformat(), "until": AT.isoformat()}
    for code in todo_words.SENTENCES:
        said = todo_words.matter_sentence(replace(MATTER, code=code, data=data), ZONE, SPEECHES[language])
        assert said.endswith((".", "?")) and "%" not in said and "  " not in said, code


def test_carers_without_shifts_are_one_line_a_town() -> None:
    idle = [
        replace(MATTER, code="carer_without_shift", endangers=False, data={}, carer=name, org=org)
        for name, org in (("Ada", "vik"), ("Bo", "vik"), ("Cy", "vik"), ("Di", "granby"))
    ]
    between = replace(MATTER, code="carer_untested", carer="Bo")
    found = grouped([idle[0], between, *idle[1:]])
    said = [todo_words.matter_sentence(each, ZONE, SV) for each in found]
    assert said[0] == "3 personer har inga kommande pass: Ada, Bo och Cy."
    assert said[1].startswith("Bo har inte svarat") and said[2:] == ["Di har inga kommande pass."]


def test_days_become_dates() -> None:
    assert (
        todo_words.matter_sentence(MATTER, ZONE, SV)
        == "Beslutet för Karin Mård slutade 22 november 2026, och inget nytt finns. Det blir besök tills någon bestämmer."
    )
    ending = replace(MATTER, code="trial_ending")
    assert todo_words.matter_sentence(ending, ZONE, SV) == "Provperioden för Karin Mård slutar 28 november 2026."


def test_the_one_who_has_not_agreed_is_named() -> None:
    missing = replace(MATTER, code="consent_missing", endangers=False, data={"who": "cohabitant"})
    assert todo_words.matter_sentence(missing, ZONE, SV) == "Karl Mård har inte sagt ja."


def test_a_code_of_a_newer_release_is_told_all_the_same() -> None:
    assert todo_words.matter_sentence(replace(MATTER, code="new_one"), ZONE, SV) == "Något stämmer inte: new_one."


def test_a_silent_camera_says_since_when_and_what_is_next() -> None:
    assert (
        todo_words.silent_sentence(SILENT, ZONE, SV) == "Elsa Gran: kameran har inte hörts sedan 11:20. Tillsyn 00:15."
    )
    assert "trasig" in todo_words.silent_sentence(replace(SILENT, faulty=True), ZONE, SV)
    assert "aldrig" in todo_words.silent_sentence(replace(SILENT, last_heard_at=None), ZONE, SV)
    assert "Elsa Gran: sensorn" in todo_words.silent_sentence(replace(SILENT, kind="sensors"), ZONE, SV)


def test_an_area_tells_of_its_reserve_list() -> None:
    area = AreaTonight("vik", UUID(int=3), "1", 12, 2, None, None, None)
    assert todo_words.area_sentence(area, (), ZONE, SV) == (
        "12 tillsyner, 2 besök. Ingen patrull är inlagd. Reservlistan skrivs 20:00."
    )
    fetched = replace(area, list_made_at=AT, list_fetched_at=AT, list_fetched_by="Anna")
    assert "Reservlistan hämtad av Anna 11:20." in todo_words.area_sentence(fetched, (), ZONE, SV)


@pytest.mark.parametrize(("hour", "said"), [(6, "God morgon, Petra"), (13, "Hej, Petra"), (19, "God kväll, Petra")])
def test_the_greeting_goes_by_the_hour(hour: int, said: str) -> None:
    assert todo_words.greeting(datetime(2026, 7, 1, hour - 2, tzinfo=UTC), ZONE, "Petra Planerare", SV) == said
