"""A trouble is acknowledged by a person or gets louder; its ladder is one table, and each has words of its own."""

from datetime import timedelta

import pytest

from alarm_center.core.alarm.alarm_effects import CalmBoard, RedBoard
from alarm_center.core.alarm.alarm_events import AddressLost, NeedsHelp, Took
from alarm_center.core.alarm.state import AlarmState, DispatchPurpose, DispatchState, NoticeState
from alarm_center.core.alarm.trouble import SAID_AGAIN, of_kind
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.plan import Plan, Wording
from schemas.vocabulary import AlarmKind, Channel, Outcome, Priority, TroubleKind, Who
from tests.support.alarm_story import FIRST, FIXED, LEAD, NEAR, OPERATORS, SECOND, START, Story, accepted, on_site, town

HELP, LOCKED_OUT = TroubleKind.HELP, TroubleKind.CANNOT_GET_IN
FALL = AlarmKind.SOMETHING_WRONG


def kinds(story: Story) -> list[TroubleKind]:
    return [trouble.kind for trouble in story.alarm.troubles]


def loud(story: Story) -> int:
    return sum(isinstance(effect, RedBoard) for effect in story.effects)


def test_each_kind_has_one_ladder_that_ends_loud() -> None:
    assert set(LADDERS) == set(TroubleKind)
    for kind, ladder in LADDERS.items():
        times = [rung.after for rung in ladder.rungs]
        assert times == sorted(times), kind
        assert [rung.loud for rung in ladder.rungs] == [False] * (len(times) - 1) + [True], kind
        assert (ladder.rungs[-1].who, ladder.rungs[-1].channel) == (Who.FIXED, Channel.CALL), kind
        assert ladder.loud_after <= timedelta(minutes=5), kind


def test_the_ladder_is_no_shorter_than_its_search() -> None:
    """Both searches of one purpose have the same times: a chain is stored once, and a release before reads it."""
    for purpose in DispatchPurpose:
        assert len({ladder.steps for ladder in LADDERS.values() if ladder.purpose is purpose}) <= 1


# ---- louder, until a person acknowledges it ----


def test_locked_out_climbs_to_the_fixed_number_and_red() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    assert kinds(story) == [LOCKED_OUT]
    story.carer(LEAD).receives(Wording.TROUBLE_CANNOT_GET_IN)
    story.passes(seconds=90)
    story.carer(LEAD).receives(Wording.VOICE_TROUBLE_CANNOT_GET_IN, Channel.CALL)
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.TROUBLE_CANNOT_GET_IN)
    assert loud(story) == 0
    story.passes(seconds=120)
    assert loud(story) == 1
    story.carer(FIXED).receives(Wording.VOICE_TROUBLE_CANNOT_GET_IN, Channel.CALL)
    for _ in range(12):
        story.carer(FIXED).inbox.clear()
        story.passes(minutes=5)
        assert (Channel.CALL) in [channel for _, channel in story.carer(FIXED).inbox]


@pytest.mark.parametrize(("minutes", "help_s", "locked_s"), [(5, 180, 300), (2, 120, 120)])
def test_vi_ringer_dig_is_loud_after_the_towns_minutes(minutes: int, help_s: int, locked_s: int) -> None:
    for kind, seconds in ((HELP, help_s), (LOCKED_OUT, locked_s)):
        story = on_site(plan=Plan.from_settings({"ring_back_within_minutes": minutes}))
        (story.carer(FIRST).needs_help if kind is HELP else story.carer(FIRST).cannot_get_in)()
        story.passes(seconds=seconds - 1)
        assert loud(story) == 0
        story.passes(seconds=1)
        assert loud(story) == 1
        assert story.carer(FIXED).inbox, "the town's number is called"


def test_a_lead_who_gives_it_back_leaves_the_towns_minutes() -> None:
    story = on_site(plan=Plan.from_settings({"ring_back_within_minutes": 2}))
    story.carer(FIRST).cannot_get_in()
    story.carer(LEAD).takes()
    story.passes(minutes=4)
    story.carer(LEAD).declines()
    story.passes(seconds=119)
    assert loud(story) == 0
    story.passes(seconds=1)
    assert loud(story) == 1


@pytest.mark.parametrize("by", ["operator", "lead"])
def test_who_sees_to_it_ends_the_climb(by: str) -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.passes(seconds=60)
    if by == "operator":
        story.operator().acknowledges(LOCKED_OUT)
        story.carer(LEAD).receives(Wording.TROUBLE_CANNOT_GET_IN).receives(Wording.SEEN_TO)
        who = str(OPERATORS[0])
    else:
        story.carer(LEAD).receives(Wording.TROUBLE_CANNOT_GET_IN).takes()
        story.carer(LEAD).receives(Wording.YOU_SEE_TO_IT)
        who = str(story.carer(LEAD).notice.notice_id)
    assert [(t.acknowledged_by, t.acknowledged_at) for t in story.alarm.troubles] == [(who, story.now)]
    assert story.lines("trouble_acknowledged") == 1
    story.carer(FIRST).inbox.clear()
    story.passes(minutes=14)
    assert loud(story) == 0
    story.nobody_hears_more()


@pytest.mark.parametrize("kind", [HELP, LOCKED_OUT])
def test_what_somebody_sees_to_comes_back_if_nothing_happens(kind: TroubleKind) -> None:
    story = on_site()
    (story.carer(FIRST).needs_help if kind is HELP else story.carer(FIRST).cannot_get_in)()
    story.operator().acknowledges(kind)
    story.passes(minutes=10)
    story.carer(FIRST).stays()
    story.passes(minutes=14)
    assert (kinds(story), loud(story)) == ([kind], 0), "a word from the address is something that happens"
    story.carer(FIXED).inbox.clear()
    story.passes(minutes=1)
    assert [t.kind for t in story.alarm.unacknowledged] == [kind]
    assert loud(story) == 1 and story.has(RedBoard)
    assert story.carer(FIXED).inbox, "the town's number is called"


@pytest.mark.parametrize("kind", [HELP, LOCKED_OUT])
def test_what_comes_back_asks_the_areas_patrols_anew(kind: TroubleKind) -> None:
    story = on_site()
    (story.carer(FIRST).needs_help if kind is HELP else story.carer(FIRST).cannot_get_in)()
    story.operator().acknowledges(kind)
    for phone in (SECOND, NEAR):
        if story.carer(phone).inbox:
            story.carer(phone).declines()
    story.passes(minutes=14, seconds=59)
    for carer in story.carers.values():
        carer.inbox.clear()
    story.passes(seconds=1)
    said = LADDERS[kind].text(Channel.SMS)
    story.carer(SECOND).receives(said)
    assert not story.carer(FIRST).inbox, "whoever is in trouble is not asked to come"
    story.carer(SECOND).declines()
    story.carer(SECOND).receives(Wording.DECLINED)
    story.passes(minutes=10)
    assert not story.carer(SECOND).inbox, "once"
    assert [t.kind for t in story.alarm.unacknowledged] == [kind]


def test_what_comes_back_calls_the_fixed_number_once() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.operator().acknowledges(HELP)
    story.roster = town(FIRST)
    story.passes(minutes=14, seconds=59)
    story.carer(FIXED).inbox.clear()
    story.passes(seconds=1)
    assert story.carer(FIXED).inbox == [(Wording.VOICE_TROUBLE_HELP, Channel.CALL)]


def test_the_lead_who_sees_to_it_does_not_get_the_case() -> None:
    story = on_site()
    story.carer(FIRST).finds_nobody()
    story.carer(LEAD).takes()
    assert [n.phone for n in story.alarm.takers] == [FIRST]
    story.carer(LEAD).takes()
    assert [n.phone for n in story.alarm.takers] == [FIRST]
    assert story.lines("trouble_acknowledged") == 1


def test_a_lead_who_cannot_after_all_leaves_it_open() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.carer(LEAD).takes()
    story.carer(LEAD).declines()
    assert [t.kind for t in story.alarm.unacknowledged] == [LOCKED_OUT]
    story.passes(minutes=5)
    assert loud(story) == 1


def test_red_is_calm_once_acknowledged_and_not_before() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.passes(seconds=180)
    assert loud(story) == 1 and not story.has(CalmBoard)
    story.operator().acknowledges(HELP)
    assert story.has(CalmBoard)
    story.operator(0x52).acknowledges(HELP)
    assert story.lines("trouble_acknowledged") == 1, "two who tap: one has it"
    assert [t.acknowledged_by for t in story.alarm.troubles] == [str(OPERATORS[0])]


def test_a_tap_acknowledges_what_the_page_showed() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.carer(FIRST).needs_help()
    story.operator().acknowledges(LOCKED_OUT)
    assert [t.kind for t in story.alarm.unacknowledged] == [HELP]


def test_help_is_sought_on_although_somebody_has_heard_it() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.operator().acknowledges(HELP)
    assert story.alarm.seeks
    story.passes(seconds=90)
    story.carer(SECOND).receives(Wording.TROUBLE_HELP).receives(Wording.VOICE_TROUBLE_HELP, Channel.CALL)
    story.passes(minutes=13)
    assert loud(story) == 0
    assert not story.alarm.seeks, "its rounds are over, and a person sees to it"


def test_a_helper_who_cannot_leaves_it_open() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(SECOND).takes()
    assert not story.alarm.unacknowledged
    story.carer(SECOND).declines()
    assert [t.kind for t in story.alarm.unacknowledged] == [HELP]
    assert story.alarm.dispatch is not None
    assert (story.alarm.dispatch.seeking, story.alarm.seeks) == (DispatchPurpose.HELP, True)
    story.passes(minutes=5)
    assert loud(story) == 1


# ---- who cries ----


def test_who_cries_is_asked_by_no_round() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).inbox.clear()
    story.passes(minutes=60)
    assert story.carer(FIRST).inbox == []


def test_a_second_cry_is_louder_and_asks_the_others() -> None:
    story = on_site()
    cry = story.carer(FIRST).notice.notice_id
    story.carer(FIRST).needs_help()
    story.carer(SECOND).takes()
    story.passes(seconds=SAID_AGAIN.total_seconds() + 1)
    for carer in story.carers.values():
        carer.inbox.clear()
    story.happens(NeedsHelp(cry))
    assert [t.kind for t in story.alarm.unacknowledged] == [HELP]
    story.carer(FIRST).receives(Wording.HELP_COMING)
    story.carer(LEAD).receives(Wording.TROUBLE_HELP)
    story.passes(minutes=40)
    assert loud(story) >= 1
    assert {wording for wording, _ in story.carer(FIRST).inbox} == {Wording.ON_SITE_CHECK}


def test_the_same_cry_from_the_network_is_one() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.operator().acknowledges(HELP)
    story.passes(seconds=20)
    story.carer(FIRST).needs_help()
    assert not story.alarm.unacknowledged


def test_who_cries_does_not_come_to_their_own_help() -> None:
    story = Story(FALL, signed_in=False)
    story.ticks()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).takes()
    assert story.alarm.seeks
    assert [t.kind for t in story.alarm.unacknowledged] == [HELP]


# ---- one after another ----


def test_a_lesser_trouble_is_sought_for_when_the_graver_is_over() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.carer(FIRST).cannot_get_in()
    story.carer(SECOND).takes()
    assert [t.kind for t in story.alarm.unacknowledged] == [LOCKED_OUT]
    assert story.alarm.dispatch is not None
    assert (story.alarm.dispatch.seeking, story.alarm.seeks) == (DispatchPurpose.ACCESS, True)


def test_nobody_home_is_told_also_to_who_heard_of_the_door() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.carer(LEAD).receives(Wording.TROUBLE_CANNOT_GET_IN)
    story.passes(seconds=30)
    story.carer(FIRST).finds_nobody()
    assert kinds(story) == [TroubleKind.NOBODY_HOME]
    story.carer(LEAD).receives(Wording.TROUBLE_NOBODY_HOME)
    story.carer(FIRST).arrives()
    assert kinds(story) == [TroubleKind.NOBODY_HOME], "being there finds nobody"
    story.carer(FIRST).is_done()
    assert kinds(story) == [TroubleKind.NOBODY_HOME], "nor does being done"
    story.carer(FIRST).is_done(Outcome.FALSE_ALARM)
    assert story.state() is AlarmState.ON_SITE, "an outcome that says where nobody is closes nothing"
    story.carer(FIRST).is_done(Outcome.WELL_ELSEWHERE)
    assert kinds(story) == [] and story.state() is AlarmState.CLOSED


def test_closed_has_no_trouble() -> None:
    story = on_site()
    story.carer(FIRST).needs_help()
    story.passes(minutes=4)
    story.operator().closes(Outcome.HELPED_UP)
    assert (story.state(), story.alarm.troubles) == (AlarmState.CLOSED, ())


# ---- not taken, not delivered ----


def test_not_taken_is_red_until_a_person_sees_it_and_comes_back() -> None:
    story = Story(FALL, signed_in=False)
    story.passes(minutes=21)
    assert kinds(story) == [TroubleKind.NOT_TAKEN]
    assert story.alarm.dispatch is not None and story.alarm.dispatch.state is DispatchState.EXHAUSTED
    story.operator().acknowledges(TroubleKind.NOT_TAKEN)
    assert story.has(CalmBoard) and story.alarm.seeks
    told = story.lines("trouble_loud")
    story.passes(minutes=15)
    assert story.lines("trouble_loud") == told + 1, "still nobody has it"
    story.carer(LEAD).takes()
    assert kinds(story) == [] and story.state() is AlarmState.ACCEPTED


def test_an_address_that_is_lost_is_read_out_by_somebody() -> None:
    story = accepted()
    granted = story.carer(FIRST).notice.notice_id
    story.happens(AddressLost(granted))
    assert kinds(story) == [TroubleKind.UNDELIVERED]
    story.carer(LEAD).receives(Wording.TROUBLE_UNDELIVERED)
    story.happens(AddressLost(granted))
    story.carer(FIRST).arrives()
    assert kinds(story) == [] and not story.alarm.seeks
    story.happens(AddressLost(granted))
    assert kinds(story) == [], "whoever is there has the address"


def test_late_asks_the_lead_to_go() -> None:
    story = accepted(eta_minutes=20)
    story.passes(minutes=20)
    assert kinds(story) == [TroubleKind.LATE]
    story.carer(LEAD).receives(Wording.ESCALATION_LATE).takes(eta_minutes=15)
    assert [n.phone for n in story.alarm.takers] == [FIRST, LEAD]
    late = of_kind(story.alarm.troubles, TroubleKind.LATE)
    assert late is not None and late.acknowledged_by == str(story.carer(LEAD).notice.notice_id)
    story.carer(LEAD).arrives()
    assert kinds(story) == []


# ---- a visit that nobody accepts ----


def test_a_visit_that_nobody_accepts_is_an_alarm_in_time() -> None:
    story = Story(visit=True, arrive_by=START + timedelta(hours=2), signed_in=False)
    story.passes(minutes=119)
    assert story.alarm.is_calm and story.alarm.priority is Priority.THIRD
    story.carer(FIRST).receives(Wording.VISIT)
    for carer in story.carers.values():
        carer.inbox.clear()
    story.passes(minutes=1)
    assert (story.alarm.is_calm, story.alarm.visit, story.alarm.priority) == (False, True, Priority.SECOND)
    story.carer(LEAD).receives(Wording.ESCALATION)
    story.carer(FIRST).receives(Wording.CALL_OUT)
    story.passes(minutes=5)
    story.carer(FIRST).receives(Wording.CALL_OUT, Channel.CALL)
    assert story.lines("worsened") == 1
    story.passes(minutes=120)
    assert kinds(story) == [TroubleKind.NOT_TAKEN]


@pytest.mark.parametrize("said", ["takes", "arrives"])
def test_a_visit_that_somebody_has_stays_a_visit(said: str) -> None:
    story = Story(visit=True, arrive_by=START + timedelta(hours=2), signed_in=False)
    story.passes(minutes=119)
    getattr(story.carer(FIRST), said)()
    story.passes(minutes=2)
    assert story.alarm.is_calm


def test_an_overdue_visit_is_made_an_alarm_once_after_a_pause() -> None:
    story = Story(visit=True, arrive_by=START + timedelta(hours=2), signed_in=False)
    story.now += timedelta(hours=5)
    story.ticks()
    story.ticks()
    assert not story.alarm.is_calm and story.lines("worsened") == 1
    story.carer(FIRST).receives(Wording.CALL_OUT)


def test_a_visit_wanted_at_once_is_asked_as_a_visit_first() -> None:
    story = Story(visit=True, arrive_by=START, signed_in=False)
    story.ticks()
    story.carer(FIRST).receives(Wording.VISIT)
    story.passes(minutes=5)
    assert not story.alarm.is_calm


def test_who_took_it_by_sms_and_cries_while_called_keeps_it() -> None:
    """Two carers are sought: the call to the phone that has taken it is still open."""
    story = Story(AlarmKind.SOMETHING_WRONG, plan=Plan(two_carers=True), roster=town(FIRST), signed_in=False)
    story.ticks()
    by_sms = story.carer(FIRST).notice
    story.passes(seconds=90)
    assert story.carer(FIRST).notice.notice_id != by_sms.notice_id
    story.happens(Took(by_sms.notice_id))
    story.carer(FIRST).needs_help()
    assert [taker.notice_id for taker in story.alarm.takers] == [by_sms.notice_id]
    assert story.owner == by_sms.notice_id


def test_who_was_called_about_it_is_told_when_the_case_closes() -> None:
    story = on_site()
    story.carer(FIRST).finds_nobody()
    story.operator().acknowledges(TroubleKind.NOBODY_HOME)
    story.passes(minutes=15)
    assert loud(story) and not story.alarm.seeks
    story.carer(FIXED).receives(Wording.VOICE_TROUBLE_NOBODY_HOME, Channel.CALL)
    story.operator().closes(Outcome.HELPED_UP)
    dispatch = story.alarm.dispatch
    assert dispatch is not None and not [n for n in dispatch.notices if n.state is NoticeState.ASKED]
    assert story.carer(FIXED).inbox[-1] == (Wording.STOOD_DOWN, Channel.SMS)
