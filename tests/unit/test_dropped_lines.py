"""Lines that are gone of a chain, held against the facts of drops: rubbish accounts for nothing."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from alarm_center.store.dropped_lines import DroppedLines
from alarm_center.store.events import Cursor

_PAST = datetime(2021, 2, 1, tzinfo=UTC)
_PLACES = (Cursor(7, 1), Cursor(9, 2))
_DIGEST = hashlib.sha256(hashlib.sha256(b"7-1").digest() + b"9-2").hexdigest()
_FACT = {"lines": 2, "until": "9", "gone": _DIGEST}


def _gone(clock: datetime = _PAST) -> DroppedLines:
    dropped = DroppedLines()
    for place in _PLACES:
        dropped.add(place, clock.timestamp())
    return dropped


def test_what_a_fact_says_is_what_is_gone() -> None:
    dropped = _gone()
    dropped.account(json.dumps(_FACT), _PAST)
    assert (dropped.count, dropped.missing(), dropped.contradiction()) == (2, [], None)


@pytest.mark.parametrize(
    ("change", "clock"),
    [
        ({"lines": 1}, _PAST),
        ({"lines": "all"}, _PAST),
        ({"lines": None}, _PAST),
        ({"gone": None}, _PAST),
        ({"gone": hashlib.sha256(b"9-27-1").hexdigest()}, _PAST),
        ({}, _PAST + timedelta(minutes=46)),
    ],
)
def test_another_number_place_or_age_contradicts(change: dict[str, object], clock: datetime) -> None:
    dropped = _gone(clock)
    dropped.account(json.dumps({**_FACT, **change}), _PAST)
    assert dropped.missing() == [] and dropped.contradiction()


@pytest.mark.parametrize("until", ["8", None, [], "-9", "9e9"])
def test_a_line_past_the_last_that_was_dropped_misses(until: object) -> None:
    dropped = _gone()
    dropped.account(json.dumps({**_FACT, "until": until}), _PAST)
    assert Cursor(9, 2) in dropped.missing()


def test_a_fact_that_is_no_object_says_nothing() -> None:
    dropped = _gone()
    dropped.account("[2, 9]", None)
    assert dropped.missing() == list(_PLACES)
