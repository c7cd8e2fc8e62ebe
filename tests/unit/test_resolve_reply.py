"""Resolving a reply to a case: nothing is taken, arrived at or closed in doubt, and help is always heard."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.alarm.alarm_events import Took
from alarm_center.core.plan import Wording
from alarm_center.core.replies import carer_actions as actions
from alarm_center.core.replies.carer_actions import CarerAction
from alarm_center.core.replies.parse_reply import CarerCommand, Empty, FreeText, Reply, parse_reply
from alarm_center.core.replies.reply_parts import OPEN, TAKEN, EarlierReply, NoticeRef, Resolution, Standing
from alarm_center.core.replies.resolve_reply import RECENT, resolve
from schemas.timeline import CarerStaying
from schemas.vocabulary import Heed, Priority

NOW = datetime(2026, 6, 11, 0, 30, tzinfo=UTC)


def notice(case_no: int, standing: Standing, priority: int = 2, *, sent: int = 10, ended: int = 5) -> NoticeRef:
    """A notice sent *sent* minutes ago; where it is over, since *ended* minutes."""
    closed_at = None if standing in OPEN else NOW - timedelta(minutes=ended)
    sent_at = NOW - timedelta(minutes=sent)
    return NoticeRef(UUID(int=case_no * 1000 + sent), case_no, Priority(priority), standing, sent_at, closed_at)


def replies(text: str, *notices: NoticeRef, muster: bool = False, before: EarlierReply | None = None) -> Resolution:
    return resolve(parse_reply(text), notices, NOW, muster=muster, before=before)


def said(resolution: Resolution) -> list[tuple[Wording, int | None, int | None]]:
    """The resolver's own SMS; an action's own answer is the alarm's (test_carer_replies)."""
    says = (resolution.answer, resolution.beside)
    return [(say.text, say.facts.case_no, say.facts.other_no) for say in says if say is not None]


ASKED = notice(4821, Standing.ASKED)


def test_a_bare_1_takes_the_one_case_that_seeks() -> None:
    r = replies("1", ASKED)
    assert (r.action, r.notice, r.heed) == (actions.TAKE, ASKED, Heed.NOTHING)
    assert said(r) == []


def test_a_bare_1_with_two_open_takes_the_most_urgent() -> None:
    urgent, calm = notice(4822, Standing.ASKED, 1, sent=2), notice(4821, Standing.ASKED, 3, sent=9)
    for order in ([urgent, calm], [calm, urgent]):
        r = replies("1", *order)
        assert (r.action, r.notice) == (actions.TAKE, urgent)
        assert said(r) == [(Wording.ALSO_SEEKS, 4822, 4821)]
        assert r.beside is not None and r.beside.facts.other_priority == 3
        assert r.beside is not None and r.beside.facts.priority == 1


def test_of_two_equally_urgent_the_oldest_is_taken() -> None:
    r = replies("1", notice(4823, Standing.ASKED, sent=1), notice(4824, Standing.ASKED, sent=8))
    assert r.notice and r.notice.case_no == 4824


def test_a_number_takes_that_one_however_urgent_another_is() -> None:
    r = replies("1 4822", notice(4821, Standing.ASKED, 1), notice(4822, Standing.ASKED, 3))
    assert (r.action, r.notice and r.notice.case_no) == (actions.TAKE, 4822)
    assert said(r) == []


@pytest.mark.parametrize("standing", sorted(TAKEN))
@pytest.mark.parametrize("text", ["1", "1 4821"])
def test_1_for_ones_own_case_is_answered_by_it_again(text: str, standing: Standing) -> None:
    r = replies(text, notice(4821, standing))
    assert (r.action, r.notice and r.notice.case_no, said(r)) == (actions.TAKE, 4821, [])


def test_a_bare_1_with_an_own_case_takes_no_equal_one() -> None:
    r = replies("1", notice(4821, Standing.TOOK, 1), notice(4822, Standing.ASKED, 1))
    assert (r.action, r.notice and r.notice.case_no) == (None, 4821)
    assert said(r) == [(Wording.ALSO_SEEKS, 4821, 4822)]


def test_a_bare_1_with_an_own_case_takes_a_more_urgent_one() -> None:
    r = replies("1", notice(4821, Standing.TOOK, 3), notice(4822, Standing.ASKED, 1))
    assert (r.action, r.notice and r.notice.case_no) == (actions.TAKE, 4822)
    assert said(r) == [(Wording.HAVE_BOTH, 4822, 4821)]


def test_1_after_2_takes_a_case_that_still_seeks() -> None:
    assert replies("1", notice(4821, Standing.DECLINED)).action is actions.TAKE
    assert replies("1 4821", notice(4821, Standing.DECLINED)).action is actions.TAKE


@pytest.mark.parametrize(
    ("standing", "text"),
    [
        (Standing.TAKEN, Wording.TAKEN),
        (Standing.STOOD_DOWN, Wording.STOOD_DOWN),
        (Standing.DONE, Wording.CASE_CLOSED),
    ],
)
@pytest.mark.parametrize("reply", ["1", "1 4821"])
def test_1_after_it_was_over_says_how(reply: str, standing: Standing, text: Wording) -> None:
    r = replies(reply, notice(4821, standing, ended=30))
    assert r.action is None
    assert said(r) == [(text, 4821, None)]


def test_a_bare_digit_reaches_back_30_min_a_number_all_night() -> None:
    old = notice(4821, Standing.TAKEN, ended=31)
    assert timedelta(minutes=30) == RECENT
    assert said(replies("1", old)) == [(Wording.NO_CASE, None, None)]
    assert said(replies("1 4821", old)) == [(Wording.TAKEN, 4821, None)]


def test_a_bare_1_after_one_taken_by_another_takes_the_open() -> None:
    r = replies("1", notice(4820, Standing.TAKEN, 1), notice(4821, Standing.ASKED, 3))
    assert (r.action, r.notice and r.notice.case_no) == (actions.TAKE, 4821)
    assert said(r) == [(Wording.TAKEN, 4820, None)]


def test_a_case_asked_about_twice_is_one_case() -> None:
    r = replies("1", notice(4821, Standing.ASKED, sent=9), notice(4821, Standing.ASKED, sent=4))
    assert said(r) == []
    assert r.notice and r.notice.sent_at == NOW - timedelta(minutes=4)


def test_a_case_accepted_by_any_notice_is_the_phones_own() -> None:
    r = replies("3", notice(4821, Standing.TOOK, sent=9), notice(4821, Standing.STOOD_DOWN, sent=4))
    assert (r.action, r.notice and r.notice.sent_at) == (actions.ON_SITE, NOW - timedelta(minutes=9))


def test_2_declines_and_declining_again_is_of_the_same_case() -> None:
    assert replies("2", ASKED).action is actions.CANNOT
    again = replies("2", notice(4821, Standing.DECLINED))
    assert (again.action, again.notice and again.notice.case_no) == (actions.CANNOT, 4821)


def test_2_with_two_open_declines_the_most_urgent() -> None:
    r = replies("2", notice(4821, Standing.ASKED, 1), notice(4822, Standing.ASKED, 3))
    assert (r.action, r.notice and r.notice.case_no) == (actions.CANNOT, 4821)
    assert said(r) == [(Wording.DECLINED_ONE, 4821, 4822)]


def test_2_after_1_hands_the_case_back_and_is_heard() -> None:
    for text in ("2", "2 4821"):
        r = replies(text, notice(4821, Standing.TOOK))
        assert (r.action, r.heed) == (actions.CANNOT, Heed.SOUND)


def test_a_bare_2_declines_an_open_case_before_the_own() -> None:
    r = replies("2", notice(4821, Standing.TOOK, 1), notice(4822, Standing.ASKED, 3))
    assert r.notice and r.notice.case_no == 4822


@pytest.mark.parametrize(
    ("text", "action", "heed"),
    [
        ("3", actions.ON_SITE, Heed.NOTHING),
        ("4", actions.DONE, Heed.NOTHING),
        ("5", actions.CANNOT_GET_IN, Heed.SOUND),
        ("6", actions.STAYING, Heed.NOTHING),
    ],
)
def test_3_4_5_6_are_about_ones_own_case(text: str, action: CarerAction, heed: Heed) -> None:
    own = notice(4821, Standing.ON_SITE)
    for spelt in (text, f"{text} 4821"):
        r = replies(spelt, own, notice(4822, Standing.ASKED, 1))
        assert (r.action, r.notice, r.heed, said(r)) == (action, own, heed, [])


def test_4_without_3_counts_and_is_shown() -> None:
    r = replies("4", notice(4821, Standing.TOOK))
    assert (r.action, r.heed) == (actions.DONE, Heed.SHOW)


@pytest.mark.parametrize("text", ["3", "4", "5", "6", "3 4821", "4 4821"])
@pytest.mark.parametrize("standing", [Standing.ASKED, Standing.DECLINED])
def test_without_a_1_no_digit_counts_but_it_is_passed_on(text: str, standing: Standing) -> None:
    r = replies(text, notice(4821, standing))
    assert (r.action, r.heed) == (None, Heed.SOUND)
    assert said(r) == [(Wording.NOT_YOURS, 4821, None)]


def test_with_two_own_cases_3_and_4_follow_the_arrival() -> None:
    there, driving = notice(4821, Standing.ON_SITE, 3), notice(4822, Standing.TOOK, 1)
    assert replies("3", there, driving).notice == driving
    assert replies("4", there, driving).notice == there


def test_with_two_own_cases_that_fit_equally_we_ask_which() -> None:
    pair = notice(4821, Standing.TOOK, 1), notice(4822, Standing.TOOK, 2)
    r = replies("3", *pair)
    assert (r.action, r.notice, r.heed) == (None, None, Heed.SHOW)
    assert said(r) == [(Wording.WHICH_CASE, 4821, 4822)]
    assert r.answer is not None and r.answer.facts.digit == "3"
    assert replies("5", *pair).heed is Heed.SOUND
    assert replies("3 4822", *pair).action is actions.ON_SITE


@pytest.mark.parametrize("text", ["4", "6"])
def test_done_where_no_arrival_was_told_may_be_of_one_just_ended(text: str) -> None:
    """On site at A, on the way to B; somebody closes A while the carer's 4 is under way: nobody is done at B."""
    driving, over = notice(4822, Standing.TOOK), notice(4821, Standing.DONE, ended=5)
    r = replies(text, driving, over)
    assert (r.action, said(r)) == (None, [(Wording.WHICH_CASE, 4822, 4821)])
    assert replies(f"{text} 4822", driving, over).notice == driving
    assert replies(text, driving, notice(4821, Standing.DONE, ended=6)).notice == driving
    assert replies(text, driving, notice(4821, Standing.TAKEN, ended=1)).notice == driving
    assert replies(text, notice(4822, Standing.ON_SITE), over).notice == notice(4822, Standing.ON_SITE)
    for moving in ("3", "5"):
        assert replies(moving, driving, over).notice == driving


@pytest.mark.parametrize(("text", "heed"), [("4", Heed.NOTHING), ("5", Heed.SOUND), ("6", Heed.SHOW)])
def test_a_word_from_the_site_after_done_is_the_alarms_to_answer(text: str, heed: Heed) -> None:
    for spelt in (text, f"{text} 4821"):
        r = replies(spelt, notice(4821, Standing.DONE))
        assert (r.notice and r.notice.case_no, r.heed, said(r)) == (4821, heed, [])
        assert r.action is actions.TABLE.by_digit[text]


def test_arriving_at_a_case_that_another_took_is_shown() -> None:
    r = replies("3", notice(4821, Standing.TAKEN))
    assert (r.action, r.heed) == (None, Heed.SHOW)
    assert said(r) == [(Wording.TAKEN, 4821, None)]


@pytest.mark.parametrize(
    ("text", "notices", "case_no"),
    [
        ("9", [], None),
        ("9 9999", [], None),
        ("9 9999", [ASKED], 4821),
        ("9", [notice(4821, Standing.ASKED, 1), notice(4822, Standing.ON_SITE, 3)], 4822),
        ("9", [notice(4821, Standing.DONE)], 4821),
        ("hjälp", [notice(4821, Standing.TOOK)], 4821),
    ],
)
def test_9_is_always_heard(text: str, notices: list[NoticeRef], case_no: int | None) -> None:
    r = replies(text, *notices)
    assert (r.action, r.heed) == (actions.HELP, Heed.SOUND)
    assert (r.notice and r.notice.case_no) == case_no
    assert said(r) == ([] if case_no else [(Wording.HELP_COMING, None, None)])


def test_an_unknown_number_is_said_and_nothing_is_guessed() -> None:
    r = replies("1 4812", ASKED)
    assert (r.action, r.notice) == (None, None)
    assert said(r) == [(Wording.UNKNOWN_CASE, 4812, 4821)]
    assert said(replies("1 4812")) == [(Wording.UNKNOWN_CASE, 4812, None)]
    assert replies("5 4812", ASKED).heed is Heed.SOUND


@pytest.mark.parametrize("digit", ["1", "2", "4"])
def test_a_slip_in_a_number_that_reads_as_a_time_is_no_time(digit: str) -> None:
    r = replies(f"{digit} 1532", notice(1523, Standing.ON_SITE), notice(1531, Standing.ASKED))
    assert (r.action, said(r)) == (None, [(Wording.UNKNOWN_CASE, 1532, 1523)])


def test_a_number_that_is_no_case_and_reads_as_a_time_is_one() -> None:
    own = notice(4821, Standing.ON_SITE)
    assert replies("klar 2230", own).action is actions.DONE
    assert said(replies("klar 2275", own)) == [(Wording.UNKNOWN_CASE, 2275, 4821)]
    pair = notice(2230, Standing.TOOK), own
    assert replies("framme 2230", *pair).notice == pair[0], "a case of the phone is the case"
    assert said(replies("4 2245", *[notice(n, Standing.ON_SITE) for n in (4821, 4822)])) == [
        (Wording.WHICH_CASE, 4821, 4822)
    ]


# ---- the same word again ----

A, B = 4801, 4802


@pytest.mark.parametrize(
    ("text", "a", "b"),
    [
        ("4", Standing.DONE, Standing.TOOK),
        ("4", Standing.DONE, Standing.ON_SITE),
        ("3", Standing.ON_SITE, Standing.TOOK),
        ("2", Standing.DECLINED, Standing.TOOK),
        ("2", Standing.DECLINED, Standing.ON_SITE),
        ("2", Standing.DECLINED, Standing.ASKED),
        ("1", Standing.TOOK, Standing.ASKED),
        ("5", Standing.ON_SITE, Standing.TOOK),
        ("6", Standing.ON_SITE, Standing.TOOK),
    ],
)
def test_the_same_word_again_is_about_the_same_case(text: str, a: Standing, b: Standing) -> None:
    cases = notice(A, a, 2), notice(B, b, 1)
    r = replies(text, *cases, before=EarlierReply(A))
    assert (r.action, r.notice) == (actions.TABLE.by_digit[text], cases[0])


@pytest.mark.parametrize("text", ["1", "2", "3", "4", "5", "6"])
def test_only_a_number_acts_on_the_other_case(text: str) -> None:
    cases = notice(A, Standing.DONE), notice(B, Standing.ON_SITE)
    assert replies(f"{text} {B}", *cases, before=EarlierReply(A)).notice == cases[1]


def test_1_or_2_again_says_again_that_the_other_still_seeks() -> None:
    other = notice(B, Standing.ASKED, 1)
    assert said(replies("1", notice(A, Standing.TOOK), other, before=EarlierReply(A))) == [(Wording.ALSO_SEEKS, A, B)]
    assert said(replies("2", notice(A, Standing.DECLINED), other, before=EarlierReply(A))) == [
        (Wording.DECLINED_ONE, A, B)
    ]


@pytest.mark.parametrize("text", ["1", "2", "3", "4"])
def test_again_after_the_case_was_closed_says_so_of_that_case(text: str) -> None:
    cases = notice(A, Standing.STOOD_DOWN), notice(B, Standing.ON_SITE)
    assert said(replies(text, *cases, before=EarlierReply(A))) == [(Wording.STOOD_DOWN, A, None)]


def test_after_another_word_the_same_one_asks_which() -> None:
    """4 for A, 3 for B, and 4 within minutes: A's reply come twice, or B done already?"""
    cases = notice(A, Standing.DONE), notice(B, Standing.ON_SITE)
    r = replies("4", *cases, before=EarlierReply(A, moved_on=True))
    assert (r.action, said(r)) == (None, [(Wording.WHICH_CASE, B, A)])
    assert (
        replies("3", notice(A, Standing.TOOK), cases[0], before=EarlierReply(A, moved_on=True)).action
        is actions.ON_SITE
    )


def test_after_another_word_one_that_fits_no_case_is_answered() -> None:
    cases = notice(A, Standing.DONE), notice(B, Standing.ASKED)
    r = replies("3", *cases, before=EarlierReply(A, moved_on=True))
    assert (r.action, r.notice, said(r)) == (None, cases[1], [(Wording.NOT_YOURS, B, None)])


def test_help_again_is_never_a_repeat() -> None:
    cases = notice(A, Standing.DONE), notice(B, Standing.ON_SITE)
    r = replies("9", *cases, before=EarlierReply(A))
    assert (r.action, r.notice, r.heed) == (actions.HELP, cases[1], Heed.SOUND)


@pytest.mark.parametrize(("text", "answer"), [("1", Wording.MUSTER_YES), ("2", Wording.MUSTER_NO)])
def test_the_muster_answered_again_is_answered_again(text: str, answer: Wording) -> None:
    r = replies(text, notice(A, Standing.TOOK), before=EarlierReply(None))
    assert (r.action, said(r)) == (None, [(answer, None, None)])


# ---- words for a person ----


@pytest.mark.parametrize("text", ["jag kommer om 10 min", "", "5 min kvar"])
def test_free_text_in_an_open_case_is_heard_and_never_a_yes(text: str) -> None:
    r = replies(text, ASKED)
    assert (r.action, r.notice, r.heed) == (None, ASKED, Heed.SOUND)
    assert said(r) == [(Wording.NOT_UNDERSTOOD, 4821, None)]


def test_free_text_without_an_open_case_is_heard() -> None:
    assert replies("tack för i natt").heed is Heed.SOUND
    assert replies("tack för i natt", notice(4821, Standing.DONE)).heed is Heed.SOUND
    assert replies(" ").heed is Heed.SHOW


@pytest.mark.parametrize(("text", "says"), [("sen 15", "sen 15"), ("stäng kameran", "vill inte ha kameran")])
def test_a_word_without_a_digit_asks_which_by_its_words(text: str, says: str) -> None:
    r = replies(text, notice(4821, Standing.TOOK), notice(4822, Standing.TOOK))
    assert (r.action, said(r)) == (None, [(Wording.WHICH_CASE, 4821, 4822)])
    assert r.answer is not None and r.answer.facts.digit == says


def test_a_digit_without_any_case_says_so() -> None:
    for text in ("1", "2", "3", "4", "5", "6"):
        assert said(replies(text)) == [(Wording.NO_CASE, None, None)]


def test_1_and_2_answer_the_muster_when_no_case_asks() -> None:
    yes, no = replies("1", muster=True), replies("2", muster=True)
    assert (yes.action, yes.holds_phone, said(yes)) == (None, True, [(Wording.MUSTER_YES, None, None)])
    assert (no.action, no.holds_phone, no.heed, said(no)) == (None, False, Heed.SHOW, [(Wording.MUSTER_NO, None, None)])
    assert replies("1", notice(4821, Standing.TAKEN), muster=True).holds_phone is True


def test_taking_a_case_answers_the_muster_declining_does_not() -> None:
    assert (replies("1", ASKED, muster=True).action, replies("1", ASKED, muster=True).holds_phone) == (
        actions.TAKE,
        True,
    )
    assert (replies("2", ASKED, muster=True).action, replies("2", ASKED, muster=True).holds_phone) == (
        actions.CANNOT,
        None,
    )
    assert replies("1", ASKED).holds_phone is None


def test_taking_a_case_by_its_number_answers_the_muster_too() -> None:
    r = replies("1 4821", ASKED, muster=True)
    assert (r.action, r.notice, r.holds_phone) == (actions.TAKE, ASKED, True)
    assert replies("1 4821", ASKED).holds_phone is None


def test_free_text_before_the_muster_is_read_by_a_person() -> None:
    assert said(replies("Kalle har den", muster=True)) == [(Wording.READ_BY_OPERATOR, None, None)]


# ---- for any reply and any notices ----

REPLIES: st.SearchStrategy[Reply] = st.one_of(
    st.builds(
        CarerCommand, st.sampled_from(tuple(actions.TABLE.by_digit.values())), st.none() | st.integers(4818, 4826)
    ),
    st.builds(FreeText, st.text(max_size=20)),
    st.just(Empty()),
)
NOTICES = st.lists(
    st.builds(
        lambda case_no, standing, priority, sent, ended: notice(case_no, standing, priority, sent=sent, ended=ended),
        st.integers(4819, 4824), st.sampled_from(Standing), st.integers(1, 3), st.integers(0, 600),
        st.integers(0, 60),
    ),
    max_size=6,
)  # fmt: skip


BEFORE = st.none() | st.builds(EarlierReply, st.none() | st.integers(4819, 4824), st.booleans())


@given(REPLIES, NOTICES, st.booleans(), BEFORE)
def test_no_reply_takes_arrives_or_closes_in_doubt(
    reply: Reply, notices: list[NoticeRef], muster: bool, before: EarlierReply | None
) -> None:
    r = resolve(reply, notices, NOW, muster=muster, before=before)
    assert (r.answer is None) == (r.action is not None and r.notice is not None), "answered once, here or by the alarm"
    assert r.beside is None or r.action is not None
    assert r.notice is None or r.notice in notices
    if r.action is None:
        return
    assert isinstance(reply, CarerCommand) and r.action is reply.action
    if r.action is actions.HELP:
        assert r.heed is Heed.SOUND
        return
    assert r.notice is not None
    assert r.notice.standing in OPEN or (r.action.from_the_site and r.notice.standing is Standing.DONE)
    assert reply.case_no in (None, r.notice.case_no)
    if r.action not in (actions.TAKE, actions.CANNOT):
        assert r.notice.standing in TAKEN | {Standing.DONE}


@given(REPLIES, NOTICES, st.booleans())
def test_the_order_of_the_notices_does_not_matter(reply: Reply, notices: list[NoticeRef], muster: bool) -> None:
    unique = list({n.sent_at: n for n in notices}.values())
    turned = list(reversed(unique))
    assert resolve(reply, unique, NOW, muster=muster) == resolve(reply, turned, NOW, muster=muster)


def test_a_word_from_elsewhere_is_about_the_case_one_drives_to() -> None:
    """A row that is not said at the address, as "I am delayed" would be: it needs no arrival before it."""
    delayed = CarerAction(name="delayed", event=Took, line=CarerStaying, digit="8")
    here, there = notice(4821, Standing.ON_SITE), notice(4822, Standing.TOOK)
    r = resolve(CarerCommand(delayed), [here, there], NOW)
    assert (r.action, r.notice, r.heed) == (delayed, there, Heed.NOTHING)


@pytest.mark.parametrize("standing", [Standing.TAKEN, Standing.STOOD_DOWN])
def test_an_answer_about_an_ended_case_names_its_notice(standing: Standing) -> None:
    ended = notice(4821, standing)
    for text in ("1", "2", "1 4821", "3 4821"):
        r = replies(text, ended)
        assert (r.action, r.notice) == (None, ended)
        assert r.answer is not None and (r.answer.about, r.answer.facts.case_no) == (ended, 4821)


def test_free_text_with_nothing_open_is_heard_with_the_last_case() -> None:
    older, last = notice(4821, Standing.DONE, ended=20), notice(4822, Standing.TAKEN, ended=5)
    r = replies("Hej!", older, last)
    assert (r.action, r.notice, r.heed, said(r)) == (None, last, Heed.SOUND, [(Wording.READ_BY_OPERATOR, None, None)])


def test_a_repeated_word_about_a_case_long_gone_is_a_new_one() -> None:
    r = replies("1", muster=True, before=EarlierReply(9999))
    assert (said(r), r.holds_phone) == ([(Wording.MUSTER_YES, None, None)], True)
    assert replies("1", ASKED, before=EarlierReply(9999)).notice == ASKED


def test_a_1_that_takes_nothing_more_answers_the_muster() -> None:
    r = replies("1", notice(4821, Standing.TOOK, 1), notice(4822, Standing.ASKED, 2), muster=True)
    assert (r.action, said(r), r.holds_phone) == (None, [(Wording.ALSO_SEEKS, 4821, 4822)], True)


def test_a_bare_2_with_two_own_cases_asks_which() -> None:
    r = replies("2", notice(4821, Standing.TOOK, 1), notice(4822, Standing.TOOK, 2))
    assert (r.action, r.notice, said(r)) == (None, None, [(Wording.WHICH_CASE, 4821, 4822)])
    assert r.answer is not None and r.answer.facts.digit == "2"


def test_1_again_for_ones_own_case_answers_the_muster_too() -> None:
    own = notice(4821, Standing.TOOK)
    r = replies("1", own, muster=True)
    assert (r.action, r.notice, r.holds_phone) == (actions.TAKE, own, True)


def test_the_same_1_again_answers_the_muster_too() -> None:
    own = notice(A, Standing.TOOK), notice(B, Standing.TOOK)
    assert replies("1", *own, muster=True, before=EarlierReply(A)).holds_phone is True


@pytest.mark.parametrize("text", ["2", "2 4821"])
def test_2_from_who_sees_to_a_trouble_leaves_it(text: str) -> None:
    seen_to = notice(4821, Standing.SEES_TO)
    assert (replies(text, seen_to).action, replies(text, seen_to).notice) == (actions.CANNOT, seen_to)
    again = [notice(4821, standing, sent=2) for standing in (Standing.ASKED, Standing.TAKEN, Standing.DECLINED)]
    assert [replies(text, seen_to, later).notice for later in again] == [seen_to] * 3
    own = notice(4821, Standing.ON_SITE, sent=2)
    assert replies(text, seen_to, own).notice == own


def test_1_from_who_sees_to_a_trouble_is_for_what_asks() -> None:
    seen_to, declined = notice(4821, Standing.SEES_TO, 1), notice(4822, Standing.DECLINED)
    assert (replies("1", seen_to, declined).action, replies("1", seen_to, declined).notice) == (actions.TAKE, seen_to)
    for asked in (notice(4821, Standing.ASKED, sent=2), notice(4822, Standing.ASKED, 2, sent=2)):
        assert replies("1", seen_to, asked).notice == asked


def test_a_bare_2_with_a_case_and_a_trouble_asks_which() -> None:
    own, seen_to = notice(4821, Standing.TOOK), notice(4822, Standing.SEES_TO)
    assert said(replies("2", own, seen_to)) == [(Wording.WHICH_CASE, 4821, 4822)]
    asked = notice(4823, Standing.ASKED)
    assert replies("2", seen_to, asked).notice == asked


def test_who_sees_to_a_trouble_has_not_the_case() -> None:
    r = replies("3", notice(4821, Standing.SEES_TO))
    assert (r.action, r.heed, said(r)) == (None, Heed.SOUND, [(Wording.NOT_YOURS, 4821, None)])
