"""A stored alarm reads in the version before and after: unknown fields are left out, missing ones take their defaults."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from alarm_center.core.alarm.state import Alarm
from alarm_center.store import alarms
from tests.support.alarm_story import Story
from tests.unit.test_alarm_table import stories

STORIES = [pytest.param(story, id=f"{n}-{story.state()}") for n, story in enumerate(stories())]


def stored(story: Story) -> tuple[Alarm, Any]:
    """Return the alarm as its row has it, without notices, and its body."""
    alarm = story.alarm
    if alarm.dispatch is not None:
        alarm = replace(alarm, dispatch=replace(alarm.dispatch, notices=()))
    return alarm, alarms.COLUMNS["body"](story.alarm)


def parts(body: Any) -> Iterator[dict[str, Any]]:
    """Yield each object in *body*, itself first."""
    if isinstance(body, dict):
        yield body
        for inner in body.values():
            yield from parts(inner)
    elif isinstance(body, list):
        for inner in body:
            yield from parts(inner)


@pytest.mark.parametrize("story", STORIES)
def test_what_is_written_is_what_is_read(story: Story) -> None:
    alarm, body = stored(story)
    assert alarms.from_body(body) == alarm


@pytest.mark.parametrize("story", STORIES)
def test_what_a_newer_version_adds_is_left_out(story: Story) -> None:
    alarm, body = stored(story)
    for part in list(parts(body)):
        part["of_tomorrow"] = {"anything": 1}
    assert alarms.from_body(body) == alarm


def test_what_an_older_version_had_not_takes_its_default() -> None:
    """A stored alarm needs its identity; every other field may be missing, one or all."""
    needed = (
        "alarm_id",
        "org",
        "area_id",
        "resident_id",
        "device_id",
        "case_no",
        "kind",
        "priority",
        "reason",
        "opened_at",
    )
    for param in STORIES:
        (story,) = param.values
        _, body = stored(story)  # type: ignore[arg-type]
        for name in body.keys() - set(needed):
            assert alarms.from_body({key: said for key, said in body.items() if key != name})
        assert alarms.from_body({key: body[key] for key in needed}).claim.lease.holder is None
        for group in ("claim", "limits"):
            for name in body[group]:
                smaller = {key: said for key, said in body[group].items() if key != name}
                assert alarms.from_body({**body, group: smaller})


def test_nobody_has_accepted_reads_as_no_acceptance() -> None:
    alarm, body = stored(Story())
    assert alarm.acceptance is None and body["acceptance"] is None
    assert not alarm.staff_inside and alarm.done_at is None and alarm.accepted_at is None
