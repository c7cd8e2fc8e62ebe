"""Question of an alarm to one phone, as it stands now: the newest question that waits, or the answer that still counts."""

from alarm_center.core.alarm.phone_questions import Ask, PhoneQuestion, phone_question
from schemas.vocabulary import AlarmKind, Outcome, TroubleKind
from tests.support.alarm_story import FIRST, LEAD, Story, accepted, on_site


def asked(story: Story, phone: str = LEAD) -> PhoneQuestion | None:
    notices = () if story.alarm.dispatch is None else story.alarm.dispatch.notices
    return phone_question(story.alarm, [each for each in notices if each.phone == phone])


def ask(story: Story, phone: str = LEAD) -> Ask | None:
    found = asked(story, phone)
    return None if found is None else found.ask


def sought() -> Story:
    """Return a story in which nobody has answered, and the lead has been asked too."""
    story = Story(AlarmKind.SOMETHING_WRONG, signed_in=False)
    story.passes(minutes=6)
    return story


def test_nobody_who_was_not_asked_has_a_question() -> None:
    assert ask(accepted()) is None


def test_a_lead_is_asked_to_go_until_somebody_takes_it() -> None:
    story = sought()
    assert ask(story) is Ask.GO
    story.carer(FIRST).takes()
    assert ask(story) is None, "it is taken"


def test_what_the_lead_has_taken_is_their_own() -> None:
    story = sought()
    story.carer(LEAD).takes()
    assert ask(story) is Ask.OWN


def test_a_no_stands_while_somebody_is_sought() -> None:
    story = sought()
    story.carer(LEAD).declines()
    assert ask(story) is Ask.DECLINED


def test_a_trouble_is_seen_to_and_given_back() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    found = asked(story)
    assert found is not None and found.trouble is not None
    assert (found.ask, found.trouble.kind) == (Ask.SEE_TO, TroubleKind.CANNOT_GET_IN)
    story.carer(LEAD).takes()
    assert ask(story) is Ask.SEES_TO
    story.carer(LEAD).declines()
    assert ask(story) is not Ask.SEES_TO


def test_a_trouble_that_an_operator_sees_to_is_asked_no_more() -> None:
    story = on_site()
    story.carer(FIRST).cannot_get_in()
    story.operator().acknowledges(TroubleKind.CANNOT_GET_IN)
    assert ask(story) is None


def test_how_it_ended_is_asked_until_it_is_closed() -> None:
    story = on_site()
    story.carer(FIRST).is_done()
    story.passes(minutes=11)
    assert ask(story) is Ask.OUTCOME
    story.operator().closes(Outcome.WELL_IN_BED)
    assert ask(story) is None
