"""The demo's parts alone: its town, its carers who read SMS, its story in order, and its verdict on a night."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from alarm_center.core.messages.sms_text import Texts
from alarm_center.core.messages.sms_words import Language
from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.providers.simulated_phones import SimulatedMessage, SimulatedPhones
from alarm_center.store.events import Cursor, Event
from alarm_center.store.simulated_night import PlayedAlarm, PlayedCheck, PlayedMessage
from alarm_center.town import reader
from detector.judge import judge
from fjarrtillsyn.demo import verdict
from fjarrtillsyn.demo.carers import CarerDelays, SimulatedCarers, recognise
from fjarrtillsyn.demo.clock import coming_evening, evening_of
from fjarrtillsyn.demo.homes import HOMES
from fjarrtillsyn.demo.lines import Line, Lines
from fjarrtillsyn.demo.newcomer import Newcomer
from fjarrtillsyn.demo.verdict import PlayedNight
from gateway.sources import open_sources
from schemas.vocabulary import Answer
from tests.support import demo_rooms

ZONE = ZoneInfo("Europe/Stockholm")
NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
TEXTS = Texts(Language.SV, ZONE, "natt.granby.example", "08-465 004 02")
FACTS = TextFacts(
    case_no=4821, priority=1, area="3", by=NOW, token="k7Q2xM1a", patrol="Patrull 2", other_no=4822, minutes=30,
    starts_at=NOW, ends_at=NOW + timedelta(hours=9),
)  # fmt: skip
DELAYS = CarerDelays(answer=timedelta(seconds=20), drive=timedelta(minutes=8), help=timedelta(minutes=6))


# ---- the town ----


def test_every_home_of_the_file_has_its_night_and_no_other() -> None:
    town = reader.read_town(files("fjarrtillsyn.demo").joinpath("town.toml").read_text(encoding="utf-8"))
    residents = {resident.number: resident for resident in town.residents or ()}
    assert set(residents) == {home.number for home in HOMES}
    assert len(residents) == 12
    for home in HOMES:
        resident = residents[home.number]
        assert len(resident.slots) == len(home.ends)
        assert resident.green_by == ("operator" if home.by_person else "detector")
        assert open_sources(home.source)[0].kind == resident.devices[0].kind


def test_each_camera_of_the_demo_knows_its_room() -> None:
    """Each was calibrated with its room empty (``python -m tests.support.demo_rooms``), and sees it as it was."""
    for number, device in demo_rooms.cameras().items():
        seen = judge(demo_rooms.empty_take(number, device.profile))
        assert seen.answer is Answer.NOT_SEEN and seen.measures["view_changed"] < 0.1, (number, seen)


def test_the_demo_begins_on_the_evening_that_comes() -> None:
    before = datetime(2026, 11, 22, 20, 44, tzinfo=UTC)
    assert coming_evening(before, ZONE) == datetime(2026, 11, 22, 20, 45, tzinfo=UTC)
    assert coming_evening(before + timedelta(minutes=2), ZONE) == datetime(2026, 11, 23, 20, 45, tzinfo=UTC)


@pytest.mark.parametrize(("night", "utc_hour"), [(date(2026, 10, 24), 19), (date(2027, 3, 27), 20)])
def test_an_evening_before_a_clock_change_is_its_wall_time(night: date, utc_hour: int) -> None:
    assert evening_of(night, ZONE) == datetime(night.year, night.month, night.day, utc_hour, 45, tzinfo=UTC)


# ---- carers ----


@pytest.mark.parametrize(
    ("text", "case"),
    [
        (Wording.CALL_OUT, 4821),
        (Wording.VISIT, 4821),
        (Wording.REMINDER, 4821),
        (Wording.ESCALATION, 4821),
        (Wording.GRANTED, 4821),
        (Wording.ARRIVED, 4821),
        (Wording.DONE, 4821),
        (Wording.TAKEN, 4821),
        (Wording.STOOD_DOWN, 4821),
        (Wording.CASE_CLOSED, 4821),
        (Wording.MUSTER, None),
    ],
)
def test_a_carer_reads_what_the_service_writes(text: Wording, case: int | None) -> None:
    assert recognise(TEXTS.say(text, FACTS)) == (text, case)


def test_what_is_no_sms_of_ours_is_read_as_nothing() -> None:
    assert recognise("Hej, hur är läget?") == (None, None)


class FakePhones:
    """SimulatedPhones in memory that only keep what is put on them and said from them."""

    def __init__(self) -> None:
        self.put: dict[str, list[SimulatedMessage]] = {}
        self.said: list[tuple[str, str]] = []

    def receives(self, phone: str, body: str, at: datetime = NOW, *, outgoing: bool = False) -> None:
        number = f"m{len(self.said)}-{sum(map(len, self.put.values()))}"
        message = SimulatedMessage(number, phone, "+46701740605", body, at, "sms", outgoing=outgoing)
        self.put.setdefault(phone, []).append(message)

    def rings(self, phone: str) -> SimulatedMessage:
        call = SimulatedMessage(f"c{len(self.put)}", phone, "+46701740605", "Larm", NOW, "call", ringing=True)
        self.put.setdefault(phone, []).append(call)
        return call

    def phones(self) -> list[str]:
        return list(self.put)

    def messages(self, phone: str) -> list[SimulatedMessage]:
        return list(self.put[phone])

    async def reply(self, phone: str, sender: str, text: str) -> None:
        self.said.append((phone, text))
        self.receives(phone, text, outgoing=True)


@pytest.fixture
def phones() -> FakePhones:
    return FakePhones()


@pytest.fixture
def carers(phones: FakePhones) -> SimulatedCarers:
    return SimulatedCarers(cast("SimulatedPhones", phones), DELAYS)


async def test_a_carer_takes_a_case_after_a_while_drives_and_helps(phones: FakePhones, carers: SimulatedCarers) -> None:
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, FACTS))
    assert await carers.act(NOW) == NOW + DELAYS.answer
    assert phones.said == []
    await carers.act(NOW + DELAYS.answer)
    phones.receives("A", TEXTS.say(Wording.GRANTED, FACTS), NOW + DELAYS.answer)
    there = await carers.act(NOW + DELAYS.answer)
    assert there == NOW + DELAYS.answer + DELAYS.drive
    await carers.act(there)
    phones.receives("A", TEXTS.say(Wording.ARRIVED, FACTS), there)
    done = await carers.act(there)
    assert done == there + DELAYS.help
    await carers.act(done)
    assert phones.said == [("A", "1"), ("A", "3"), ("A", "4")]


async def test_with_two_cases_a_carer_writes_which(phones: FakePhones, carers: SimulatedCarers) -> None:
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, FACTS))
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, replace(FACTS, case_no=4822)))
    await carers.act(NOW + DELAYS.answer)
    assert phones.said == [("A", "1 4821"), ("A", "1 4822")]


async def test_somebody_who_answers_first_is_not_spoken_over(phones: FakePhones, carers: SimulatedCarers) -> None:
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, FACTS))
    await carers.act(NOW)
    phones.receives("A", "kan inte", outgoing=True)
    assert await carers.act(NOW + DELAYS.answer) is None
    assert phones.said == []


async def test_a_case_that_is_over_is_let_be(phones: FakePhones, carers: SimulatedCarers) -> None:
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, FACTS))
    await carers.act(NOW)
    phones.receives("A", TEXTS.say(Wording.STOOD_DOWN, FACTS))
    assert await carers.act(NOW + DELAYS.answer) is None
    assert phones.said == []


class Hands:
    """A newcomer whose hands are on the case, or not."""

    def __init__(self) -> None:
        self.on, self.left = True, list[int]()

    def is_to_answer(self, case_no: int, *, takes: bool) -> bool:
        return self.on and case_no == 4821

    def leave_to_simulated(self, case_no: int) -> None:
        self.left.append(case_no)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def beside(phones: FakePhones, hands: Hands) -> SimulatedCarers:
    return SimulatedCarers(cast("SimulatedPhones", phones), DELAYS, cast("Newcomer", hands))


async def test_a_phone_in_the_newcomers_hands_is_left_alone(
    phones: FakePhones, beside: SimulatedCarers, hands: Hands
) -> None:
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, FACTS))
    late = NOW + 10 * DELAYS.answer
    assert await beside.act(late) is None
    assert phones.said == []
    hands.on = False
    await beside.act(late)
    assert phones.said == [("A", "1")]
    assert hands.left == [4821]


async def test_a_muster_waits_for_no_newcomer(phones: FakePhones, beside: SimulatedCarers) -> None:
    phones.receives("A", TEXTS.say(Wording.MUSTER, FACTS))
    await beside.act(NOW)
    await beside.act(NOW + DELAYS.answer)
    assert phones.said == [("A", "1")]


async def test_a_call_is_left_to_the_newcomer_as_its_sms_was(
    phones: FakePhones, beside: SimulatedCarers, hands: Hands
) -> None:
    phones.receives("A", TEXTS.say(Wording.CALL_OUT, FACTS))
    call = phones.rings("A")
    await beside.act(NOW)
    await beside.act(NOW + DELAYS.answer)
    assert phones.said == []
    call.ringing, hands.on = False, False
    await beside.act(NOW + DELAYS.answer)
    assert phones.said == [("A", "1")], "the SMS is answered, and a call that is over is not"


# ---- the story ----


def event(line: str, tx: int, id_: int, resident: UUID | None, /, **data: Any) -> Event:
    return Event(
        Cursor(tx, id_), NOW, "granby", line, None, data.pop("check_id", None), data.pop("alarm_id", None), resident,
        None, None, None, data,
    )  # fmt: skip


async def test_of_one_decision_what_came_is_told_before_what_it_led_to() -> None:
    told: list[Line] = []
    resident, check, alarm = uuid4(), uuid4(), uuid4()
    lines = Lines({resident: 7}, ZONE, told.append)
    ids = {"check_id": check, "alarm_id": alarm}
    for each in (
        event("finding", 1, 1, resident, check_id=check, answer="something_wrong", reason="on_floor"),
        event("alarm_opened", 1, 2, resident, **ids, kind="something_wrong", priority=1),
        event("session_committed", 1, 3, resident, **ids),
        event("accepted", 2, 4, resident, alarm_id=alarm),
        event("reply", 2, 5, resident, alarm_id=alarm, meaning="take"),
        event("sms_sent", 3, 6, None, wording="muster"),
    ):
        lines.add_event(each)
    await asyncio.sleep(0)
    assert [line["event"] for line in told] == ["session_received", "finding", "alarm_opened", "reply", "accepted"]
    assert {line["resident"] for line in told} == {7}
    assert {line["check_id"] for line in told} == {str(check)}, "an alarm's lines name the check that it came of"


# ---- the verdict ----


def told_of(alarm: PlayedAlarm) -> Iterator[Line]:
    for name, meaning in (
        ("alarm_opened", None), ("sms_sent", None), ("reply", "take"), ("accepted", None), ("reply", "on_site"),
        ("on_site", None), ("reply", "done"), ("closed", None),
    ):  # fmt: skip
        yield {"event": name, "resident": alarm.number, "alarm_id": alarm.alarm_id, "meaning": meaning}


OPERATOR = uuid4()


def good() -> tuple[PlayedNight, list[Line]]:
    """Return a night in which all came out right."""
    checks: list[PlayedCheck] = []
    alarms: list[PlayedAlarm] = []
    messages: list[PlayedMessage] = []
    lines: list[Line] = []
    for home in HOMES:
        for number, state in enumerate(home.ends):
            by = str(OPERATOR) if home.by_person else "detector"
            opens = NOW + timedelta(hours=number)
            checks.append(PlayedCheck(home.number, opens, state, "in_bed", by if state == "seen" else None, late=False))
        if home.alarm is not None:
            right = home.alarm
            alarm = PlayedAlarm(home.number, f"a{home.number}", right.kind, right.priority, "closed", right.outcome)
            alarms.append(alarm)
            lines += told_of(alarm)
            messages += [PlayedMessage(home.number, "sms", words, "delivered") for words in ("call_out", "granted")]
        looks = len(home.ends) + home.looked_again
        for name, count in (("check_opened", len(home.ends)), ("session_received", looks), ("finding", looks)):
            lines += [{"event": name, "resident": home.number, "alarm_id": None}] * count
    return PlayedNight(checks, alarms, messages, None), lines


def test_a_good_night_is_found_good_and_its_ledger_adds_up() -> None:
    night, lines = good()
    assert verdict.mismatches(night, lines, [OPERATOR]) == []
    assert night.ledger == {"owed": 24, "seen": 21, "alarmed": 3, "cancelled": 0, "open": 0}


def changed(field: str, of: int, /, **values: Any) -> PlayedNight:
    """Return the good night with the first of *field* that is about resident *of* changed."""
    night, _ = good()
    rows = list(getattr(night, field))
    at = next(i for i, row in enumerate(rows) if row.number == of)
    rows[at] = replace(rows[at], **values)
    return replace(night, **cast("Any", {field: rows}))


@pytest.mark.parametrize(
    ("night", "words"),
    [
        pytest.param(changed("checks", 7, state="seen", seen_by="detector"), "resident 7 (fallen)", id="false-green"),
        pytest.param(changed("checks", 1, state="alarmed", seen_by=None), "resident 1 (asleep)", id="false-alarm"),
        pytest.param(changed("checks", 1, state="open", seen_by=None), "the ledger", id="open-check"),
        pytest.param(changed("checks", 1, late=True), "was late", id="late"),
        pytest.param(changed("checks", 6, seen_by="detector"), "expected a person", id="nobody-looked"),
        pytest.param(changed("checks", 1, seen_by=str(OPERATOR)), "expected the detector", id="somebody-looked"),
        pytest.param(changed("alarms", 11, state="open", outcome=None), "still open", id="open-alarm"),
        pytest.param(changed("alarms", 7, priority=3), "the alarm was", id="wrong-priority"),
        pytest.param(changed("alarms", 7, number=1), "nobody expected: something_wrong", id="wrong-home"),
        pytest.param(changed("alarms", 7, number=None), "an alarm of nobody", id="nobodys-alarm"),
        pytest.param(changed("messages", 7, wording="reminder"), "nobody expected this sms", id="reminder"),
        pytest.param(changed("messages", 7, channel="call"), "nobody expected this call", id="call"),
        pytest.param(changed("messages", 7, state="failed"), "not delivered", id="lost-sms"),
        pytest.param(changed("messages", 7, number=None), "nobody expected this sms", id="sms-about-nobody"),
        pytest.param(replace(good()[0], broken_seal="12-3"), "seal", id="seal"),
    ],
)  # fmt: skip
def test_whatever_is_not_right_is_said(night: PlayedNight, words: str) -> None:
    found = verdict.mismatches(night, good()[1], [OPERATOR])
    assert any(words in each for each in found), found


@pytest.mark.parametrize("missing", ["check_opened", "session_received", "finding", "sms_sent", "reply", "on_site"])
def test_a_story_with_a_hole_is_said(missing: str) -> None:
    night, lines = good()
    hole = next(i for i, line in enumerate(lines) if line["event"] == missing)
    assert verdict.mismatches(night, lines[:hole] + lines[hole + 1 :], [OPERATOR])


def test_a_story_out_of_order_is_said() -> None:
    night, lines = good()
    about = [i for i, line in enumerate(lines) if line["alarm_id"] == "a7" and line["event"] in ("accepted", "on_site")]
    lines[about[0]], lines[about[1]] = lines[about[1]], lines[about[0]]
    assert any("story" in words for words in verdict.mismatches(night, lines, [OPERATOR]))
