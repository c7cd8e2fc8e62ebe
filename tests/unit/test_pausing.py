"""The rules of a pause: it always ends, hospital is renewed by name, and nobody is left without a look and without a visit unsaid."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.pausing import (
    Home,
    HowSaid,
    PauseFault,
    PauseWish,
    SaidBy,
    StillAway,
    Word,
    away_after,
    ends_to_ask,
    is_withdrawal,
    parse_home,
    parse_pause,
    parse_stop,
    tomorrow_end,
    until_spoken_with,
)
from schemas.vocabulary import CancelReason, Instead, Outcome

ZONE = ZoneInfo("Europe/Stockholm")
ELEVEN = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
"""23:00 on a Thursday evening."""
FORM = {"reason": "pause_hospital", "until": "tomorrow", "said_by": "staff", "instead": "nothing"}


def wish(at: datetime = ELEVEN, **said: str) -> PauseWish:
    found = parse_pause(FORM | said, at, ZONE)
    assert isinstance(found, PauseWish), found
    return found


def faults(at: datetime = ELEVEN, **said: str) -> tuple[PauseFault, ...]:
    found = parse_pause(FORM | said, at, ZONE)
    assert not isinstance(found, PauseWish), found
    return found


def local(day: int, hour: int, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE)


def test_a_pause_as_it_is_most_often_filled_in() -> None:
    assert wish() == PauseWish(CancelReason.PAUSE_HOSPITAL, local(27, 16), Instead.NOTHING, Word(SaidBy.STAFF))


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (local(26, 23), local(27, 16)),
        (local(27, 3), local(27, 16)),
        (local(27, 11), local(27, 16)),
        (local(27, 12), local(28, 16)),
    ],
    ids=["evening", "night", "morning", "noon"],
)
def test_tomorrow_is_the_day_that_the_night_ends(at: datetime, ends: datetime) -> None:
    assert wish(at).to_at == tomorrow_end(at, ZONE) == ends


def test_tonight_ends_with_the_night() -> None:
    assert wish(until="tonight").to_at == local(27, 12)
    assert wish(local(27, 12), until="tonight").to_at == local(28, 12), (
        "at noon by the town's clock the next night begins"
    )


def test_a_date_ends_at_four_in_the_afternoon() -> None:
    assert wish(reason="pause_away", until="date", date="2026-11-30").to_at == local(30, 16)


@pytest.mark.parametrize("date", ["", "30/11", "2026-11-31", "i morgon"])
def test_a_date_that_is_none_is_told(date: str) -> None:
    assert faults(reason="pause_away", until="date", date=date) == (PauseFault.DATE_UNREADABLE,)


def test_a_date_that_has_been_is_told() -> None:
    assert faults(reason="pause_away", until="date", date="2026-11-26") == (PauseFault.DATE_PAST,)
    assert wish(local(26, 15), reason="pause_away", until="date", date="2026-11-26").to_at == local(26, 16)
    assert faults(local(26, 16), reason="pause_away", until="date", date="2026-11-26") == (PauseFault.DATE_PAST,)


def test_a_pause_lasts_fourteen_days_at_most() -> None:
    assert wish(reason="pause_away", until="date", date="2026-12-10").to_at == local(10, 16, 12)
    assert faults(reason="pause_away", until="date", date="2026-12-11") == (PauseFault.TOO_LONG,)
    assert wish(local(26, 16), reason="pause_away", until="date", date="2026-12-10").to_at == local(10, 16, 12)


def test_hospital_is_renewed_each_day() -> None:
    assert faults(until="date", date="2026-11-28") == (PauseFault.HOSPITAL_TOO_LONG,)
    assert wish(until="date", date="2026-11-27").to_at == local(27, 16)


@pytest.mark.parametrize("reason", ["pause_guests", "pause_own_wish"])
def test_nobody_comes_only_by_the_residents_own_word(reason: str) -> None:
    assert faults(reason=reason, said_by="staff") == (PauseFault.NOTHING_UNSAID,)
    assert wish(reason=reason, said_by="resident").instead is Instead.NOTHING
    assert wish(reason=reason, said_by="staff", instead="visit").instead is Instead.VISIT


@pytest.mark.parametrize("reason", ["pause_hospital", "pause_away"])
def test_nobody_comes_to_an_empty_home(reason: str) -> None:
    assert wish(reason=reason, said_by="staff").instead is Instead.NOTHING


@pytest.mark.parametrize("said_by", ["relative", "hospital"])
def test_whom_to_ask_again_has_a_name(said_by: str) -> None:
    assert faults(said_by=said_by, name="  ") == (PauseFault.NAME,)
    word = wish(said_by=said_by, name=" Lena ", phone=" 070-1 ").word
    assert word == Word(SaidBy(said_by), "Lena", "070-1")
    assert word.as_said() == {"said_by": said_by, "name": "Lena", "phone": "070-1"}


def test_every_fault_is_told_at_once() -> None:
    assert faults(reason="", until="", said_by="", instead="") == (
        PauseFault.REASON, PauseFault.UNTIL, PauseFault.SAID_BY, PauseFault.INSTEAD,
    )  # fmt: skip
    assert faults(reason="died", until="always", said_by="cat", instead="maybe") == (
        PauseFault.REASON, PauseFault.UNTIL, PauseFault.SAID_BY, PauseFault.INSTEAD,
    )  # fmt: skip


def test_names_are_cut_to_their_length() -> None:
    word = wish(name="x" * 99, phone="1" * 99).word
    assert (len(word.name), len(word.phone)) == (80, 30)


def test_a_stopped_camera_asks_who_and_how_and_never_why() -> None:
    assert parse_stop({"said_by": "resident", "how": "phone"}) == Word(SaidBy.RESIDENT, how=HowSaid.PHONE)
    assert parse_stop({"said_by": "resident", "how": ""}) is None
    assert parse_stop({"said_by": "", "how": "phone"}) is None
    word = parse_stop({"said_by": "staff", "how": "on_site", "note": f" {'x' * 600}", "name": "y" * 99})
    assert word is not None
    assert (len(word.note), len(word.name)) == (500, 80)
    assert word.as_said() == {"said_by": "staff", "how": "on_site", "note": word.note, "name": word.name}


def test_consent_is_withdrawn_by_who_gave_it() -> None:
    assert [each.value for each in SaidBy if is_withdrawal(each)] == ["resident", "cohabitant"], (
        "the words of a consent's row"
    )


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (local(26, 23), local(27, 16)),
        (local(27, 2), local(27, 16)),
        (local(27, 23), local(30, 16)),
        (local(28, 2), local(30, 16)),
        (local(29, 23), local(30, 16)),
        (local(30, 1), local(30, 16)),
        (datetime(2026, 11, 27, 11, 30, tzinfo=UTC), local(30, 16)),
    ],
    ids=["thursday", "thursday night", "friday", "saturday", "sunday", "monday", "friday noon"],
)
def test_a_planner_speaks_with_them_on_the_next_working_day(at: datetime, ends: datetime) -> None:
    assert until_spoken_with(at, ZONE) == ends


# ---- asked before it ends ----


@pytest.mark.parametrize(
    ("at", "between"),
    [
        (local(26, 14), None),
        (local(26, 15), (local(26, 12), local(27, 12))),
        (local(27, 3), (local(26, 12), local(27, 12))),
        (local(27, 13), None),
    ],
    ids=["two", "three", "in the night", "the day after"],
)
def test_from_three_it_is_asked_about_pauses_that_end_that_night(
    at: datetime, between: tuple[datetime, datetime] | None
) -> None:
    assert ends_to_ask(at, ZONE) == between


def test_a_stay_is_renewed_by_name_only() -> None:
    assert parse_home({"answer": "home"}) is Home.HOME
    assert parse_home({"answer": "away", "name": " Avdelning 3 ", "phone": "090-1"}) == StillAway(
        "Avdelning 3", "090-1"
    )
    assert parse_home({"answer": "away", "name": " "}) is None
    assert parse_home({"name": "Avdelning 3"}) is None
    assert parse_home({"answer": "away", "name": "Avdelning 3"}) == StillAway("Avdelning 3", "")


# ---- after an outcome ----


def test_after_hospital_nobody_comes_until_it_is_asked_tomorrow() -> None:
    away = away_after(Outcome.MOVED_TO_HOSPITAL, CancelReason.PAUSE_HOSPITAL, ELEVEN, ZONE)
    staff = Word(SaidBy.STAFF, how=HowSaid.ON_SITE)
    assert away == PauseWish(CancelReason.PAUSE_HOSPITAL, local(27, 16), Instead.NOTHING, staff)


@pytest.mark.parametrize("reason", [CancelReason.PAUSE_AWAY, CancelReason.PAUSE_GUESTS])
def test_after_hospital_the_pause_has_no_other_reason(reason: CancelReason) -> None:
    with pytest.raises(ValueError, match="no pause by"):
        away_after(Outcome.MOVED_TO_HOSPITAL, reason, ELEVEN, ZONE)
