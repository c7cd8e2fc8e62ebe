"""From shadow to green: what an offer takes, what ends it by itself, and that no order of nights gets past either."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.shadow_nights import (
    DOUBTS,
    FORGETS,
    NIGHTS,
    ComparedLook,
    GreenFacts,
    Lack,
    ShadowFacts,
    ShadowState,
    drift,
    is_judged_blind,
    shadow_nights,
    sun_height,
    without_word,
)
from schemas import timeline
from schemas.drift import Drift
from schemas.vocabulary import Answer, Reason

NOW: Final = datetime(2026, 11, 27, 11, 0, tzinfo=UTC)
IN_BED, NOT_SEEN, WRONG, UNSURE = Answer.IN_BED, Answer.NOT_SEEN, Answer.SOMETHING_WRONG, Answer.CANNOT_TELL


def look(nights_ago: int, found: Answer = IN_BED, said: Answer = IN_BED, hour: int = 1) -> ComparedLook:
    """Return a look of a night so many nights before the last."""
    night = date(2026, 11, 26) - timedelta(days=nights_ago)
    return ComparedLook(
        night, datetime(night.year, night.month, night.day, hour, tzinfo=UTC) + timedelta(days=1), found, said
    )


def facts(*looks: ComparedLook) -> ShadowFacts:
    return ShadowFacts(agreed=True, room_known=True, people_of_ten=1, since=None, looks=looks)


FOURTEEN: Final = facts(*(look(n) for n in range(NIGHTS)))
GREEN: Final = GreenFacts(agreed=True, room_known=True, moved=False, looks=())


def test_fourteen_nights_with_everything_are_offered() -> None:
    found = shadow_nights(FOURTEEN, NOW)
    assert found.offered and len(found.nights) == NIGHTS == found.alike


@pytest.mark.parametrize(
    ("without", "lack"),
    [
        (replace(FOURTEEN, agreed=False), Lack.NOT_ASKED),
        (replace(FOURTEEN, room_known=False), Lack.ROOM_UNKNOWN),
        (replace(FOURTEEN, people_of_ten=0), Lack.NO_SHARE),
        (facts(*(look(n, hour=11) for n in range(NIGHTS + 1))), Lack.NOT_IN_THE_DARK),
        (facts(*(look(n) for n in range(NIGHTS - 1)), look(3, hour=2)), Lack.TOO_FEW_NIGHTS),
        (replace(FOURTEEN, since=NOW - timedelta(days=3)), Lack.TOO_FEW_NIGHTS),
        (facts(*(look(n) for n in range(NIGHTS - 1)), look(FORGETS.days + 1)), Lack.TOO_FEW_NIGHTS),
    ],
)
def test_each_thing_that_is_missing_keeps_it_back(without: ShadowFacts, lack: Lack) -> None:
    assert shadow_nights(without, NOW).lacks == (lack,)


def test_nights_with_the_word_seen_first_are_told() -> None:
    seen = [replace(look(n), blind=False) for n in range(5, 5 + NIGHTS)]
    mixed = replace(look(4, hour=3), blind=False)
    found = shadow_nights(facts(*seen, mixed, *(look(n) for n in range(5))), NOW)
    assert len(found.nights) == 5 and found.seen_first == NIGHTS and found.lacks == (Lack.TOO_FEW_NIGHTS,)
    assert shadow_nights(FOURTEEN, NOW).seen_first == 0


@pytest.mark.parametrize("said", [NOT_SEEN, WRONG])
def test_nights_begin_anew_after_a_false_green(said: Answer) -> None:
    found = shadow_nights(facts(*FOURTEEN.looks, look(5, IN_BED, said, hour=4)), NOW)
    assert found.lacks == (Lack.TOO_FEW_NIGHTS,) and min(found.nights) == date(2026, 11, 22)
    doubt = shadow_nights(
        facts(*FOURTEEN.looks, look(5, NOT_SEEN, IN_BED, hour=4), look(5, IN_BED, UNSURE, hour=5)), NOW
    )
    assert doubt.offered and doubt.alike == NIGHTS, "a doubt of either is no false green, and is told"


@pytest.mark.parametrize(("agreed", "known", "blind"), [(True, True, True), (True, False, False), (False, True, False)])
def test_a_look_is_blind_where_its_night_may_count(agreed: bool, known: bool, blind: bool) -> None:
    assert is_judged_blind(ShadowState(agreed=agreed, room_known=known)) is blind


def test_an_answer_after_the_detectors_makes_no_night() -> None:
    """One that was kept before anybody asked does; and a false green is one, however it was seen."""
    told = [replace(each, blind=False) for each in FOURTEEN.looks]
    assert shadow_nights(facts(*told), NOW).nights == ()
    blind = [replace(each, blind=True) for each in FOURTEEN.looks[:7]]
    assert shadow_nights(facts(*blind, *FOURTEEN.looks[7:]), NOW).offered
    wrong = replace(look(5, IN_BED, NOT_SEEN, hour=4), blind=False)
    assert min(shadow_nights(facts(*FOURTEEN.looks, wrong), NOW).nights) == date(2026, 11, 22)
    assert drift(replace(GREEN, looks=[wrong])) is Drift.CONTRADICTED


def test_a_line_without_its_word_says_no_answer() -> None:
    found = timeline.FindingTaken("s1", 1, IN_BED, None)
    late = timeline.EvidenceTaken("too_late", "s1", 1, UNSURE, Reason.COVERED)
    came = timeline.SessionCommitted(True, 3, NOT_SEEN, None)
    assert without_word(found) == timeline.FindingTaken("s1", 1)
    assert without_word(late) == timeline.EvidenceTaken("too_late", "s1", 1)
    assert without_word(came) == timeline.SessionCommitted(True, 3, None, None)
    said = timeline.PersonAnswered(IN_BED, "u", "s1")
    assert without_word(said) is said, "a person's own word is theirs"


ANSWERS = st.sampled_from(list(Answer))
LOOKS = st.lists(st.builds(look, st.integers(0, 70), ANSWERS, ANSWERS, st.integers(0, 23)), max_size=60)


@given(st.builds(ShadowFacts, st.booleans(), st.booleans(), st.integers(0, 10), st.none(), LOOKS))
def test_no_nights_get_past_what_is_asked(known: ShadowFacts) -> None:
    found = shadow_nights(known, NOW)
    if found.offered:
        assert known.agreed and known.room_known and known.people_of_ten
        assert len(found.nights) >= NIGHTS and any(each.in_the_dark for each in found.looks)
    assert not any(each.contradicted for each in found.looks)
    assert all(NOW - FORGETS < each.looked_at <= NOW for each in found.looks)
    wrong = [each.night for each in known.looks if each.contradicted and NOW - FORGETS < each.looked_at <= NOW]
    assert all(night > max(wrong) for night in found.nights if wrong)


@given(LOOKS, st.permutations(range(60)))
def test_the_order_in_which_answers_come_is_nothing(looks: list[ComparedLook], order: list[int]) -> None:
    shuffled = [looks[n] for n in order if n < len(looks)]
    assert shadow_nights(facts(*shuffled), NOW).nights == shadow_nights(facts(*looks), NOW).nights


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (GREEN, None),
        (replace(GREEN, looks=[look(0), look(1, NOT_SEEN, IN_BED), look(2, UNSURE, UNSURE)]), None),
        (replace(GREEN, looks=[look(0, IN_BED, NOT_SEEN)]), Drift.CONTRADICTED),
        (replace(GREEN, looks=[look(0, IN_BED, WRONG)], moved=True), Drift.CONTRADICTED),
        (replace(GREEN, looks=[look(0, IN_BED, UNSURE)]), None),
        (replace(GREEN, looks=[look(n, IN_BED, UNSURE) for n in range(DOUBTS)]), Drift.DOUBTED),
        (replace(GREEN, moved=True), Drift.CAMERA_MOVED),
        (replace(GREEN, room_known=False), Drift.ROOM_UNKNOWN),
        (replace(GREEN, agreed=False), Drift.NOT_AGREED),
    ],
)
def test_each_drift_takes_it_back(known: GreenFacts, why: Drift | None) -> None:
    assert drift(known) is why


@given(st.builds(GreenFacts, st.booleans(), st.booleans(), st.booleans(), LOOKS), LOOKS)
def test_a_drift_never_mends_by_more_looks(known: GreenFacts, more: list[ComparedLook]) -> None:
    if drift(known) is not None:
        assert drift(replace(known, looks=[*known.looks, *more])) is not None


def test_the_sun_says_when_a_room_is_dark() -> None:
    """In the middle of Sweden: never at midsummer, at four in the afternoon at midwinter."""
    midsummer = [sun_height(datetime(2026, 6, 21, hour, tzinfo=UTC)) for hour in range(24)]
    assert min(midsummer) > -6 and 50 < max(midsummer) < 53
    winter = {hour: sun_height(datetime(2026, 12, 21, hour, tzinfo=UTC)) for hour in range(24)}
    assert winter[16] < -6 < winter[13] and 3 < winter[11] < 6
