"""Answers to "Vet du var?": a digit that also answers a later question ends no search, and nobody arrives by them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alarm_center.core.alarm.alarm_events import AtHospital, SiteReply, WhereUnknown, WithRelative
from alarm_center.core.alarm.state import AlarmState
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions as actions
from alarm_center.core.replies.parse_reply import parse_reply
from alarm_center.core.replies.reply_parts import EarlierReply, NoticeRef, Resolution, Standing
from alarm_center.core.replies.resolve_reply import resolve
from schemas.vocabulary import Heed
from tests.support.alarm_story import FIRST, accepted, on_site
from tests.unit.test_hand_over import near_the_end
from tests.unit.test_resolve_reply import NOW, notice, replies

ASKING = replace(notice(4821, Standing.ON_SITE), asks_where=True, nobody_home=True)


def mustered(text: str, about: NoticeRef) -> Resolution:
    return resolve(parse_reply(text), [about], NOW, muster=True)


def test_the_shifts_end_asked_after_it_leaves_a_2_to_a_person() -> None:
    story = near_the_end(on_site())
    story.carer(FIRST).finds_nobody()
    taker = story.alarm.takers[0].notice_id
    assert (story.alarm.where_asked_at(taker), story.alarm.asks_staying(taker)) == (story.now, False)
    story.passes(minutes=6)
    assert story.alarm.asks_staying(taker)
    for text in ("2", "nej", "2 4821"):
        r = replies(text, replace(ASKING, asks_staying=True))
        assert (r.action, r.heed) == (None, Heed.SOUND), text
    assert replies("1", replace(ASKING, asks_staying=True)).action is actions.AT_HOSPITAL
    assert replies("hos anhörig", replace(ASKING, asks_staying=True)).action is actions.WITH_RELATIVE
    story.carer(FIRST).stays()
    assert not story.alarm.asks_staying(taker)


@pytest.mark.parametrize("text", ["1", "2", "nej"])
def test_a_muster_sent_after_it_leaves_a_digit_to_a_person(text: str) -> None:
    r = mustered(text, replace(ASKING, muster_since=True))
    assert (r.action, r.heed, r.holds_phone) == (None, Heed.SOUND, None)
    assert mustered(text, ASKING).action in actions.SAY_WHERE, "one from before it is another matter"
    assert mustered(f"{text} 4821", replace(ASKING, muster_since=True)).action in actions.SAY_WHERE


@pytest.mark.parametrize("text", ["vet inte", "på sjukhus", "hos anhörig", "vet inte 4821"])
def test_where_one_is_said_unasked_is_read_by_a_person(text: str) -> None:
    for own in (notice(4821, Standing.TOOK), notice(4821, Standing.ON_SITE)):
        r = replies(text, own)
        assert (r.action, r.heed) == (None, Heed.SOUND)
    assert replies(text, replace(ASKING, asks_where=False)).action in actions.SAY_WHERE, "asked, and answered before"
    again = replies(text, notice(4821, Standing.ON_SITE), before=EarlierReply(4821))
    assert again.action in actions.SAY_WHERE, "the network's second one"


@pytest.mark.parametrize("word", [WhereUnknown, AtHospital, WithRelative])
def test_where_one_is_said_on_the_way_is_no_arrival(word: type[SiteReply]) -> None:
    story = accepted()
    before = story.alarm.limits
    story.happens(word(story.carer(FIRST).notice.notice_id))
    story.carer(FIRST).receives(Wording.NOT_UNDERSTOOD)
    assert (story.state(), story.alarm.limits) == (AlarmState.ACCEPTED, before)
    story.passes(minutes=60)
    story.carer(FIRST).inbox.clear()
    assert story.alarm.acceptance is not None
    assert story.alarm.acceptance.on_site_at is None
    assert any(each.began_at > story.now - timedelta(hours=1) for each in story.alarm.troubles), "late is told"


def test_what_was_meant_is_asked_in_the_words_of_both() -> None:
    other = notice(4822, Standing.ASKED)
    for text, where, means in (("1", "1", "1"), ("3", "3", "3"), ("nej", "3", "2")):
        r = replies(text, ASKING, other)
        assert r.answer is not None and (r.action, r.answer.text) == (None, Wording.WHICH_ANSWER)
        facts = r.answer.facts
        assert (facts.case_no, facts.digit, facts.other_no, facts.other_digit) == (4821, where, 4822, means), text


@pytest.mark.parametrize("text", ["ja", "kanske"])
def test_an_answer_that_is_none_is_asked_for_again(text: str) -> None:
    r = replies(text, ASKING)
    assert r.answer is not None and (r.action, r.heed, r.answer.text) == (None, Heed.SOUND, Wording.WHERE_AGAIN)
