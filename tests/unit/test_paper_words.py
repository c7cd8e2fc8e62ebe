"""Papers in words: "Din tillsyn" for the resident's wall, and the letter about a month."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from alarm_center.core.logged_looks import ListedLook, LookCause
from alarm_center.core.look_letter import LookSums, look_sums
from alarm_center.core.resident_record import TimeRow
from alarm_center.words.catalogues import SPEECHES
from alarm_center.words.leaflet_words import leaflet_parts
from alarm_center.words.letter_words import letter, letter_language

SV, EN = SPEECHES["sv"], SPEECHES["en"]
NIGHT = date(2026, 11, 22)
EVERY = tuple(range(7))
CHECK = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)
PERSON = ListedLook(
    at=CHECK + timedelta(minutes=4), ended_at=None, who="Olle Operatör", live=False, blurred=False, reason=None,
    cause=LookCause.CHECK, check_at=CHECK, raised_for=None, seconds=None, device=None, judged=None,
)  # fmt: skip
DEVICE = replace(PERSON, at=CHECK, who=None, cause=None, seconds=10, device="camera", judged=True)


def row(at: str, **changed: object) -> TimeRow:
    return replace(TimeRow(time.fromisoformat(at), 0, EVERY, False, NIGHT, None), **changed)  # type: ignore[arg-type]


def test_the_leaflet_says_when_and_how() -> None:
    rows = [row("23:00"), row("03:00"), row("05:00", by_visit=True, valid_from=NIGHT + timedelta(days=3))]
    when, lamp = leaflet_parts(rows, NIGHT, "camera", SV)
    assert when.sentences == (
        "Alla nätter kl 23:00 och 03:00: vi tittar till dig med kameran.",
        "Alla nätter kl 05:00: någon kommer hem till dig, från 25 november 2026.",
    )
    assert "Är lampan släckt är kameran av. Då kan ingen se dig." in lamp.sentences


def test_without_a_device_there_is_no_lamp() -> None:
    (when,) = leaflet_parts([], NIGHT, None, SV)
    assert when.sentences == ("Inga tider är bestämda ännu.",)
    assert leaflet_parts([row("23:00")], NIGHT, "sensors", EN)[0].sentences == (
        "Every night at 23:00: the sensor measures.",
    )


def test_a_check_counts_once_by_who_looked_at_it() -> None:
    later = CHECK + timedelta(days=1)
    listed = [
        DEVICE,
        PERSON,
        replace(PERSON, at=CHECK + timedelta(minutes=9)),
        replace(DEVICE, at=later, check_at=later),
        replace(DEVICE, at=later + timedelta(hours=1), check_at=None, judged=False),
        replace(PERSON, who="Siv Operatör", at=later + timedelta(hours=2), check_at=None),
    ]
    assert look_sums(listed) == LookSums(4, 1, 2, 1, (("Olle Operatör", 1), ("Siv Operatör", 1)))


def test_the_letter_says_how_often_and_who() -> None:
    sums = LookSums(60, 58, 2, 0, (("Olle Operatör", 2),))
    made = letter(sums, date(2026, 11, 1), SV, over=True)
    assert made.heading == "Så har vi tittat i november 2026"
    assert made.sentences[0] == "Vi tittade till dig 60 gånger." and made.people == ("Olle O.: 2 gånger",)
    assert letter(LookSums(0, 0, 0, 0, ()), date(2026, 11, 1), EN, over=False).sentences == (
        "We have not looked in on you at all.",
    )
    assert [letter_language(each) for each in (["Engelska"], ["finska"], [])] == ["en", "sv", "sv"]
