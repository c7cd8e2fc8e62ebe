"""Two residents in one bed: who is expected, which looks are one, and which check a look answers too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from alarm_center.core.check import Attempt, AttemptState, Check, CheckState
from alarm_center.core.shared_bed import OwedLook, SharedLook, attempt_answered, one_look_each, profile_now
from alarm_center.town.bed_checks import bed_errors, pairs_of
from alarm_center.words import town_words
from schemas.messages import ScheduledAttempt
from schemas.vocabulary import Cause, Show
from tests.unit.one_check import planned

TWO = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(("at_home", "people"), [(2, 2), (1, 1), (0, 1)])
def test_so_many_are_expected_as_are_at_home(at_home: int, people: int) -> None:
    assert profile_now({"version": 4, "pets": True}, at_home)["expected_people"] == people


def test_a_profile_for_two_is_another_version_than_for_one() -> None:
    versions = {profile_now({}, at_home)["version"] for at_home in (1, 2)} | {profile_now({"version": 2}, 2)["version"]}
    assert len(versions) == 3


def test_the_profile_of_a_bed_that_nobody_shares_is_its_own() -> None:
    assert profile_now({"expected_people": 2, "version": 7}, None) == {"expected_people": 2, "version": 7}


def look(
    *, at: datetime = TWO, minutes: int = 10, seconds: int = 10, show: Show = Show.DEVIATION, others: bool = False
) -> OwedLook:
    scheduled = ScheduledAttempt(
        check_id=uuid4(), attempt=1, opens_at=at, closes_at=at + timedelta(minutes=minutes), seconds=seconds, show=show
    )
    return OwedLook(scheduled, others)


def test_the_same_time_is_one_look_of_the_own_resident() -> None:
    bertils, annas = look(others=True), look()
    assert one_look_each([bertils, annas]) == [annas.scheduled]


def test_the_longer_look_is_made_for_both() -> None:
    annas, bertils = look(), look(seconds=15, others=True)
    assert one_look_each([annas, bertils]) == [bertils.scheduled]


def test_pictures_are_sent_where_one_of_the_two_wants_them() -> None:
    annas, bertils = look(), look(show=Show.ALWAYS, others=True)
    assert one_look_each([annas, bertils]) == [annas.scheduled.model_copy(update={"show": Show.ALWAYS})]


def test_other_times_are_looks_of_their_own() -> None:
    owed = [look(), look(), look(at=TWO + timedelta(seconds=3), others=True)]
    assert one_look_each(owed) == [each.scheduled for each in owed]


def bertils_check(**attempt: Any) -> Check:
    own = replace(Attempt(1, Cause.SCHEDULED, TWO, TWO + timedelta(minutes=10), 10), **attempt)
    return replace(planned(), state=CheckState.OPEN, attempts=(own,))


LOOK = SharedLook("s1", TWO + timedelta(minutes=1), 10)


def test_a_look_answers_the_attempt_that_is_owed_then() -> None:
    assert attempt_answered(bertils_check(), LOOK) is not None


@pytest.mark.parametrize(
    "attempt",
    [
        {"opens_at": TWO + timedelta(minutes=2)},
        {"closes_at": TWO + timedelta(minutes=1)},
        {"seconds": 15},
        {"state": AttemptState.ANSWERED, "session_id": "s0"},
        {"state": AttemptState.MISSED},
    ],
)
def test_it_answers_none_at_another_time_or_longer_or_answered(attempt: dict[str, Any]) -> None:
    assert attempt_answered(bertils_check(**attempt), LOOK) is None


def test_a_cancelled_check_is_not_answered() -> None:
    assert attempt_answered(replace(bertils_check(), state=CheckState.CANCELLED), LOOK) is None


def test_a_look_that_answered_once_is_found_again() -> None:
    seen = replace(bertils_check(state=AttemptState.ANSWERED, session_id="s1"), state=CheckState.SEEN)
    assert attempt_answered(seen, LOOK) is not None


# ---- the file ----


def home(number: int, **answers: object) -> dict[str, object]:
    return {"number": number, "area": "3", **answers}


def test_a_bed_is_shared_by_the_word_of_one_or_of_both() -> None:
    assert pairs_of([(1, 2), (2, None), (3, None)]) == pairs_of([(1, 2), (2, 1)]) == {1: 2, 2: 1}


CAMERA = {"id": "cam1", "kind": "camera"}


@pytest.mark.parametrize(
    ("residents", "said"),
    [
        ([home(1, shares_bed_with=2), home(2)], []),
        ([home(1, shares_bed_with=2), home(2, shares_bed_with=1)], []),
        ([home(1, shares_bed_with=1)], [town_words.BED_OWN]),
        ([home(1, shares_bed_with=9)], [town_words.BED_UNKNOWN]),
        ([home(1, shares_bed_with=2), home(2, shares_bed_with=3), home(3)], [town_words.BED_OF_THREE] * 2),
        ([home(1, shares_bed_with=3), home(2, shares_bed_with=3), home(3)], [town_words.BED_OF_THREE] * 2),
        ([home(1, shares_bed_with=2), home(2, area="4")], [town_words.BED_APART]),
        ([home(1, shares_bed_with=2), home(2, performer="alfa")], [town_words.BED_APART]),
        ([home(1, shares_bed_with=2, cohabitant="Bertil"), home(2)], [town_words.BED_COHABITANT]),
        ([home(1, shares_bed_with=2, devices=[CAMERA]), home(2, devices=[CAMERA])], [town_words.BED_TWO_DEVICES]),
        ([home(1, shares_bed_with=2, devices=[{**CAMERA, "profile": {"expected_people": 2}}]), home(2)], [town_words.BED_EXPECTED]),
    ],
)  # fmt: skip
def test_a_bed_that_cannot_be_shared_so_is_told_once(residents: list[dict[str, object]], said: list[str]) -> None:
    assert [error.text for _, error in bed_errors({"residents": residents})] == said


def test_a_number_that_is_no_number_is_another_errors() -> None:
    assert list(bed_errors({"residents": [{"number": "1", "shares_bed_with": UUID(int=1)}, "x"]})) == []
