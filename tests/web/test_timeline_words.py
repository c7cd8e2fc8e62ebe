"""Each kind of line has its words, its tone, and the parts of the pages that it changes; no page's script knows a kind."""

import re
from uuid import UUID

import pytest

from alarm_center.web.app import STATIC
from alarm_center.web.page import TEMPLATES
from alarm_center.words.timeline_words import LINES, PagePart, Tone, row_of
from alarm_center.words.update_catalogues import TRANSLATED, catalogue_of, source_texts
from schemas import timeline
from schemas.timeline import EventKind, Payload, Unknown
from schemas.vocabulary import AlarmKind, CancelReason, Heed, Instead, Outcome, Priority, Reason
from tests.support.timeline_lines import sample

USER = UUID(int=1)


def test_every_kind_has_a_row() -> None:
    assert [kind for kind in EventKind if kind not in LINES] == [], "give it words in words/timeline_words.py"


def test_what_a_line_says_is_in_the_catalogues() -> None:
    said = {text for kind in EventKind for text in (LINES[kind].words, LINES[kind].detail(sample(kind)))}
    said -= {"", "code"}  # a provider's own name is not translated
    assert said - {message.id for message in source_texts()} == set()
    for language in TRANSLATED:
        assert said - {message.id for message in catalogue_of(language)} == set(), language


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        (timeline.AlarmClosed(Outcome.HELPED_UP, "x"), "Fick hjälp upp"),
        (timeline.AlarmOpened(AlarmKind.TECHNICAL, Priority.THIRD, 4801), ""),
        (timeline.CheckCancelled(CancelReason.DIED, Instead.NOTHING), "avliden"),
        (timeline.FaultAlarmed(Reason.FAULT), "Går inte att bedöma: fel på utrustningen"),
        (timeline.FindingTaken("s1", 1), ""),
        (timeline.CallNoted(USER, on=True), ""),
        (timeline.CallNoted(USER, on=False), "slut"),
    ],
)
def test_a_line_adds_what_its_own_fields_say(line: Payload, detail: str) -> None:
    assert row_of(line).detail(line) == detail


@pytest.mark.parametrize(
    ("line", "tone"),
    [
        (timeline.AlarmOpened(AlarmKind.SOMETHING_WRONG, Priority.FIRST, 4801), Tone.URGENT),
        (timeline.AlarmOpened(AlarmKind.NOT_SEEN, Priority.SECOND, 4801), None),
        (timeline.CaseReleased(USER), Tone.URGENT),
        (timeline.CaseClaimed(USER), None),
        (timeline.ReplyTaken("take", Heed.NOTHING, "1"), None),
        (timeline.ReplyTaken("help", Heed.SOUND, "9"), Tone.WORDS),
        (timeline.ReplyUnread("free_text", Heed.SHOW), Tone.WORDS),
    ],
)
def test_a_line_calls_for_a_tone_only_where_there_may_be_cause(line: Payload, tone: Tone | None) -> None:
    assert row_of(line).tone(line) == tone


def test_each_part_is_on_a_page_and_each_page_names_its_parts() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.rglob("*.html")))
    assert set(re.findall(r'data-part="(\w+)"', pages)) == set(PagePart)
    assert not re.findall(r"<[^>]*data-fragment=(?![^>]*data-(?:part|every))[^>]*>", pages), (
        "it would never be drawn anew"
    )


def test_no_script_decides_by_the_kind_of_a_line() -> None:
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.js")))
    assert [kind for kind in EventKind if "_" in kind and re.search(rf"\b{kind}\b", scripts)] == []
    assert not re.search(r"\.kind\b", scripts)


def test_a_line_of_a_newer_version_is_shown_by_its_kind() -> None:
    row = row_of(Unknown("tomorrow", {}))
    assert (row.detail(Unknown("tomorrow", {})), row.redraws) == ("tomorrow", frozenset(PagePart))
