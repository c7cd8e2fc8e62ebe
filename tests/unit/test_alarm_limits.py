"""The limits of an alarm, each at its instant: when it goes out, who is late, who is silent, and how long a round lasts."""

from datetime import timedelta
from types import MappingProxyType

import pytest

from alarm_center.core.alarm.alarm_effects import RedBoard
from alarm_center.core.alarm.alarm_events import Undelivered
from alarm_center.core.alarm.state import AlarmState, NoticeState
from alarm_center.core.plan import Plan, Step, Wording
from schemas.vocabulary import AlarmKind, Channel, Outcome, Priority, Who
from tests.support.alarm_story import FIRST, LEAD, ON_DUTY, SECOND, Story, accepted, on_site, town

FALL = AlarmKind.SOMETHING_WRONG
MOMENT = 1e-6
"""Seconds: the least by which two instants differ."""
TWO_CARERS = Plan(two_carers=True)


def chain(*steps: Step) -> Plan:
    return Plan(chains=MappingProxyType(dict.fromkeys(Priority, steps)))


def after(seconds: float, who: Who, channel: Channel = Channel.SMS) -> Step:
    return Step(timedelta(seconds=seconds), who, channel)


# ---- alarms of a device or of the service wait for their likes ----


@pytest.mark.parametrize("kind", [AlarmKind.TECHNICAL, AlarmKind.SERVICE])
@pytest.mark.parametrize("priority", [Priority.FIRST, Priority.THIRD])
def test_what_has_likes_waits_for_them_with_nobody_signed_in(kind: AlarmKind, priority: Priority) -> None:
    story = Story(kind, priority, signed_in=False)
    story.passes(seconds=120 - MOMENT)
    story.nobody_hears_more()
    story.passes(seconds=MOMENT)
    story.carer(FIRST).receives(Wording.CALL_OUT)


@pytest.mark.parametrize("kind", [AlarmKind.TECHNICAL, AlarmKind.SERVICE])
def test_what_has_likes_waits_for_them_when_everybody_signs_out(kind: AlarmKind) -> None:
    story = Story(kind, plan=Plan(self_dispatch=timedelta(minutes=5)))
    story.passes(seconds=10)
    story.signed_in = False
    story.ticks()
    story.passes(seconds=110 - MOMENT)
    story.nobody_hears_more()
    story.ticks()
    story.passes(seconds=MOMENT)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT)


# ---- on the way ----


@pytest.mark.parametrize(("eta", "minutes"), [(0, 1), (1, 1), (2, 2), (239, 239), (240, 240), (241, 240), (9999, 240)])
def test_a_carer_is_believed_for_a_minute_to_four_hours(eta: int, minutes: int) -> None:
    story = accepted(eta_minutes=eta)
    assert story.alarm.limits.limit_at == story.now + timedelta(minutes=minutes)


def test_a_carer_is_late_at_the_time_that_was_said() -> None:
    story = accepted(eta_minutes=20)
    story.passes(minutes=20, seconds=-MOMENT)
    story.nobody_hears_more()
    story.passes(seconds=MOMENT)
    story.carer(LEAD).receives(Wording.ESCALATION_LATE)


def test_a_lead_who_drives_instead_can_be_late_too() -> None:
    story = accepted(eta_minutes=20)
    story.passes(minutes=20)
    story.carer(LEAD).takes(eta_minutes=15)
    story.carer(LEAD).inbox.clear()
    story.passes(minutes=15, seconds=-MOMENT)
    story.nobody_hears_more()
    assert story.lines("arrival_late") == 1
    story.passes(seconds=MOMENT)
    assert story.lines("arrival_late") == 2
    story.carer(SECOND).receives(Wording.ESCALATION_LATE)


def test_a_second_carer_does_not_move_the_firsts_limit() -> None:
    story = accepted(eta_minutes=20, plan=TWO_CARERS)
    limit = story.alarm.limits.limit_at
    story.passes(minutes=1)
    story.carer(SECOND).takes(eta_minutes=60)
    assert story.alarm.limits.limit_at == limit


# ---- on site ----


def test_silence_is_half_an_hour_from_the_last_word() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    for word in (patrol.stays, patrol.arrives):
        story.passes(minutes=20)
        word()
        patrol.inbox.clear()
    story.passes(minutes=30, seconds=-MOMENT)
    story.nobody_hears_more()
    story.passes(seconds=MOMENT)
    patrol.receives(Wording.ON_SITE_CHECK)
    assert story.lines("silent") == 1


def test_who_is_silent_when_asked_is_called_after_five_minutes() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    story.passes(minutes=30)
    patrol.receives(Wording.ON_SITE_CHECK)
    story.passes(minutes=5, seconds=-MOMENT)
    story.nobody_hears_more()
    story.passes(seconds=MOMENT)
    patrol.receives(Wording.ON_SITE_CHECK, Channel.CALL)
    called = patrol.notice
    assert (called.state, called.answered_at) == (NoticeState.TOOK, story.now)
    assert (called.who, called.patrol, called.shift_id) == (Who.PATROL, "Patrull 1", ON_DUTY[0].shift_id)
    story.carer(LEAD).receives(Wording.TROUBLE_SILENT)


def test_silence_goes_on_to_be_called_about_each_half_hour() -> None:
    story = on_site()
    patrol = story.carer(FIRST)
    story.passes(minutes=35)
    patrol.receives(Wording.ON_SITE_CHECK).receives(Wording.ON_SITE_CHECK, Channel.CALL)
    story.passes(minutes=30, seconds=-MOMENT)
    assert patrol.inbox == []
    story.passes(seconds=MOMENT)
    patrol.receives(Wording.ON_SITE_CHECK, Channel.CALL)


# ---- two carers ----


def both_there() -> Story:
    """A story in which two carers were agreed on, and both are on site."""
    story = accepted(plan=TWO_CARERS)
    story.carer(SECOND).takes()
    for phone in (FIRST, SECOND):
        story.carer(phone).arrives()
        story.carer(phone).inbox.clear()
    return story


def test_no_outcome_is_asked_for_while_the_case_is_held() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    story.carer(FIRST).receives(Wording.DONE)
    story.passes(minutes=9)
    story.operator().claims()
    story.passes(minutes=1)
    story.nobody_hears_more()
    assert (story.lines("outcome_missing"), story.alarm.limits.limit_at) == (0, story.now + timedelta(minutes=10))
    story.passes(minutes=10)
    story.carer(LEAD).receives(Wording.OUTCOME)


def test_one_of_two_is_done_and_no_second_is_sought_any_more() -> None:
    story = accepted(plan=TWO_CARERS)
    story.carer(FIRST).arrives()
    story.carer(FIRST).is_done()
    story.carer(SECOND).receives(Wording.CALL_OUT).receives(Wording.TAKEN)
    assert (story.state(), story.alarm.seeks) == (AlarmState.ON_SITE, False)
    assert story.alarm.limits.limit_at == story.now + timedelta(minutes=10)


def test_the_other_of_two_speaks_after_one_was_done() -> None:
    story = both_there()
    story.carer(FIRST).is_done()
    assert (story.alarm.done_at, story.alarm.staff_inside) == (story.now, False)
    story.passes(minutes=5)
    story.carer(SECOND).stays()
    assert (story.alarm.done_at, story.alarm.staff_inside) == (None, True)
    assert story.alarm.limits.limit_at == story.now + timedelta(minutes=30)


def test_who_ends_it_tells_the_other_of_two() -> None:
    story = both_there()
    story.carer(FIRST).is_done(Outcome.WELL_IN_BED)
    story.carer(SECOND).receives(Wording.CASE_CLOSED)
    story.nobody_hears_more()


def test_the_other_of_two_owns_it_when_the_first_cannot() -> None:
    story = accepted(plan=TWO_CARERS)
    story.carer(SECOND).takes()
    story.carer(FIRST).declines()
    assert (story.state(), story.owner) == (AlarmState.ACCEPTED, story.carer(SECOND).notice.notice_id)
    assert story.alarm.seeks


# ---- rounds ----


@pytest.mark.parametrize(
    ("steps", "seconds"),
    [
        ((after(0, Who.PATROL),), 600),
        ((after(0, Who.PATROL), after(59, Who.LEAD)), 59 + 60),
        ((after(0, Who.PATROL), after(61, Who.LEAD)), 61 + 61),
        ((after(0, Who.PATROL), after(599, Who.LEAD)), 599 + 599),
        ((after(0, Who.PATROL), after(601, Who.LEAD)), 601 + 600),
        ((after(0, Who.PATROL), after(100, Who.PATROL), after(170, Who.LEAD)), 170 + 70),
    ],
)
def test_a_round_ends_one_to_ten_minutes_after_its_last_step(steps: tuple[Step, ...], seconds: int) -> None:
    story = Story(signed_in=False, plan=chain(*steps))
    story.passes(seconds=seconds - MOMENT)
    dispatch = story.alarm.dispatch
    assert dispatch is not None and (dispatch.round, dispatch.step) == (1, len(steps))
    story.passes(seconds=MOMENT)
    assert story.alarm.dispatch is not None and story.alarm.dispatch.round == 2


@pytest.mark.parametrize(("rounds", "made"), [(0, 1), (1, 1), (2, 2), (4, 4)])
def test_a_dispatch_makes_its_rounds_and_at_least_one(rounds: int, made: int) -> None:
    story = Story(FALL, signed_in=False, plan=Plan(rounds=rounds))
    story.passes(seconds=420 * made - MOMENT)
    assert not story.has(RedBoard)
    story.passes(seconds=MOMENT)
    assert story.has(RedBoard)


# ---- a busy patrol ----

FIRST_IS_BUSY = town(FIRST, LEAD, busy=frozenset({ON_DUTY[0].shift_id}))


def test_a_busy_patrol_is_not_called() -> None:
    plan = chain(after(0, Who.PATROL, Channel.CALL), after(90, Who.LEAD))
    story = Story(signed_in=False, plan=plan, roster=FIRST_IS_BUSY)
    story.ticks()
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.nobody_hears_more()


def test_a_busy_patrol_is_never_called_with_priority_1() -> None:
    story = Story(FALL, signed_in=False, roster=FIRST_IS_BUSY)
    story.ticks()
    story.carer(FIRST).receives(Wording.ALSO_SEEKS)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.passes(seconds=119)
    story.nobody_hears_more()


def test_a_free_patrol_is_called_where_the_chain_calls() -> None:
    plan = chain(after(0, Who.PATROL, Channel.CALL), after(90, Who.LEAD))
    story = Story(signed_in=False, plan=plan)
    story.ticks()
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)
    story.nobody_hears_more()


def test_a_busy_lead_is_called_all_the_same() -> None:
    plan = chain(after(0, Who.LEAD, Channel.CALL))
    story = Story(signed_in=False, plan=plan, roster=town(LEAD, busy=frozenset({ON_DUTY[3].shift_id})))
    story.ticks()
    story.carer(LEAD).receives(Wording.CALL_OUT, Channel.CALL)


def test_a_busy_patrol_with_priority_2_is_called_once_waited_for() -> None:
    story = Story(signed_in=False, roster=FIRST_IS_BUSY)
    story.ticks()
    story.carer(FIRST).receives(Wording.ALSO_SEEKS)
    story.passes(minutes=5)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)


# ---- undelivered ----


def test_what_is_undelivered_of_an_earlier_round_hastens_nothing() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(seconds=420)
    second = story.carer(SECOND).notice
    assert (second.round, second.state) == (1, NoticeState.ASKED)
    for phone in (FIRST, SECOND, LEAD):
        story.carer(phone).inbox.clear()
    due = story.alarm.next_step_at
    story.happens(Undelivered(second.notice_id))
    assert story.carer(SECOND).notice.state is NoticeState.EXPIRED
    assert (story.lines("undelivered"), story.alarm.next_step_at) == (1, due)
    story.nobody_hears_more()


def test_undelivered_after_an_answer_changes_nothing() -> None:
    story = accepted()
    before = story.alarm
    story.carer(FIRST).is_not_reached()
    assert story.alarm == before
