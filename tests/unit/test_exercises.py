"""An exercise makes no sound on the night's board, but for a cry for help: that one may be real."""

from alarm_center.core import exercises
from schemas.vocabulary import TroubleKind
from tests.support.alarm_story import FIRST, on_site


def test_an_exercise_is_heard_while_a_cry_stands() -> None:
    story = on_site()
    assert not exercises.is_heard(story.alarm, training=True)
    story.carer(FIRST).needs_help()
    assert exercises.is_heard(story.alarm, training=True)
    story.operator().acknowledges(TroubleKind.HELP)
    assert not exercises.is_heard(story.alarm, training=True)


def test_a_real_alarm_is_always_heard() -> None:
    assert exercises.is_heard(on_site().alarm, training=False)


def test_an_exercise_begins_with_a_home_for_each_alarm() -> None:
    assert [alarm.priority for alarm in exercises.ALARMS] == sorted(alarm.priority for alarm in exercises.ALARMS)
    assert exercises.FIRST_NUMBER > 10_000 * 99, "no resident's neutral number is so high"
