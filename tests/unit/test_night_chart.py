"""The chart of the night: a line a home while there are few, those who need somebody first below bars when there are many."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from alarm_center.store.board import NightCheck
from alarm_center.web.operator.night_chart import LINES, Chart, chart
from alarm_center.words.catalogues import SPEECHES
from tests.support.night_town import TWO

ZONES = {"storstad": "Europe/Stockholm"}


def check(number: int, state: str = "planned", at: datetime = TWO, **how: Any) -> NightCheck:
    plain: dict[str, Any] = {
        "check_id": uuid4(), "org": "storstad", "resident_id": UUID(int=number), "number": number, "resident": f"Brukare {number}",
        "area": "3", "night": date(2026, 11, 21), "slot_time": time(2), "opens_at": at, "state": state, "answer": None, "reason": None,
        "late": False, "cancel_reason": None, "instead": None, "alarm_id": None, "alarm_state": None, "priority": None,
    }  # fmt: skip
    return NightCheck(**{**plain, **how})


def drawn(checks: list[NightCheck]) -> Chart:
    return chart(checks, ZONES, TWO, SPEECHES["sv"])


def alarm(number: int, priority: int, state: str = "open") -> NightCheck:
    return check(
        number,
        "alarmed",
        alarm_id=uuid4(),
        alarm_state=state,
        priority=priority,
        answer="cannot_tell",
        reason="covered",
    )


def test_forty_homes_have_a_line_each_in_their_order() -> None:
    few = drawn([check(number, "seen") for number in range(LINES)])
    assert [line.name for line in few.residents] == [f"Brukare {number}" for number in range(LINES)]
    assert (few.bars, few.everybody) == ([], LINES)


def test_of_many_homes_those_who_need_somebody_come_first() -> None:
    quiet = [check(number, "seen") for number in range(100, 1000)]
    later = [check(number, at=TWO + timedelta(hours=1)) for number in range(50, 100)]
    need = [
        alarm(1, 3),
        check(2, "waiting"),
        alarm(3, 1),
        check(4, "to_look"),
        alarm(5, 2),
        alarm(6, 1, "closed"),
        check(7, "open"),
    ]
    many = drawn([*quiet, *later, *need])
    assert [line.name for line in many.residents[:7]] == [f"Brukare {number}" for number in (3, 4, 5, 1, 2, 7, 50)]
    assert (len(many.residents), many.everybody) == (LINES, 957)
    assert many.height < 1300, "it grows with the lines alone"


def test_bars_count_every_check_by_the_hour() -> None:
    homes = range(200)
    first = [check(number, "seen") for number in homes]
    second = [check(number, at=TWO + timedelta(hours=3, minutes=20)) for number in homes[:50]]
    many = drawn([*first, *second, alarm(300, 1), alarm(301, 2, "closed")])
    assert [(bar.name, bar.count) for bar in many.bars] == [("02:00", 202), ("05:00", 50)]
    assert many.bars[0].words == "Prio 1: 1, Avslutat larm: 1, Syns i sängen: 200"
    assert [part.shape for part in many.bars[0].parts] == ["seen", "over", "p1"], "what needs somebody is on top"
    assert all(part.height >= 1 for bar in many.bars for part in bar.parts), "and is seen, one among thousands"


def test_the_line_of_now_makes_no_drawing_new() -> None:
    checks = [check(number) for number in range(3)]
    first, later = (chart(checks, ZONES, TWO + timedelta(minutes=each), SPEECHES["sv"]) for each in (0, 30))
    assert first.without_now == later.without_now
