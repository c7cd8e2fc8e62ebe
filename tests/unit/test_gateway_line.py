"""The measured line: how large a session may be, and when it begins again; one copy on its way at a time."""

from datetime import timedelta

import pytest

from gateway.line import HOLD_S, MEASURE_S, USE, Line
from gateway.pending import Copy
from schemas import limits
from tests.unit.test_gateway_core import NIGHT, at_home, attempt, looked

LARGE = 1_430_000


def test_a_line_that_was_never_measured_takes_all() -> None:
    assert Line().room(600) is None
    assert not Line().is_too_slow(LARGE, 60, 600)


def test_a_moment_measures_no_line() -> None:
    assert Line().after(500_000, MEASURE_S - 0.1) == Line()
    assert Line().after(1_000, 0.2, whole=True) == Line()


def test_room_is_what_the_line_carries_in_time() -> None:
    slow = Line().after(112_500, 10)
    assert slow.room(600) == int(11_250 * USE * HOLD_S)
    assert slow.room(30) == int(11_250 * USE * 30)
    assert slow.room(-5) == 0
    assert Line().after(LARGE, 0.1, whole=True).room(600) == limits.SESSION_BYTES


@pytest.mark.parametrize(("kbit", "smaller"), [(30, True), (80, True), (100, False), (400, False)])
def test_only_a_line_that_is_held_too_long_is_given_up(kbit: int, smaller: bool) -> None:
    moved = kbit * 125 * 12
    line = Line().after(moved, 12)
    assert line.is_too_slow(LARGE - moved, 12, 600) == smaller


def test_what_is_nearly_there_is_waited_for() -> None:
    line = Line().after(1_000_000, 99)
    assert not line.is_too_slow(150_000, 99, 600)


def test_a_line_that_stands_still_is_given_up() -> None:
    assert Line().after(0, 10).is_too_slow(LARGE, 12, 600)


def test_one_copy_is_on_its_way_at_a_time() -> None:
    first, second = attempt(), attempt()
    home = at_home(first, second)
    looked(home, 0.0, "s1")
    looked(home, 1.0, "s2")
    home.mark_sent("s1")
    assert home.claim_copy(2.0) is None
    home.mark_acknowledged("s1", 3.0, 0.5)
    kept = home.claim_copy(3.0)
    assert kept is not None and kept.session_id == "s2"


def test_a_status_goes_before_a_session() -> None:
    home = at_home(attempt())
    said = {"camera_ok": True, "fault": None, "software": "", "wall": NIGHT}
    assert home.make_status(0.0, **said) is not None  # type: ignore[arg-type]  # one of each
    looked(home, 1.0)
    assert home.make_status(5.0, **said) is None  # type: ignore[arg-type]
    assert home.make_status(12.0, **said) is not None  # type: ignore[arg-type]
    home.mark_sent("s1")
    assert home.make_status(30.0, **said) is None  # type: ignore[arg-type]


def test_a_shrunk_session_stays_small_over_a_loss() -> None:
    home = at_home(attempt())
    looked(home, 0.0)
    home.mark_sent("s1")
    home.measure_line(20_000, 10)
    assert home.room(home.pending[0], 10) == int(2_000 * USE * HOLD_S)
    home.shrink("s1", b"less", smallest=True)
    home.mark_disconnected()
    home.mark_connected()
    kept = home.claim_copy(20.0)
    assert kept is not None and (kept.payload, kept.copy) == (b"less", Copy.HERE)
    assert home.room(home.pending[0], 20.0) is None and not home.is_too_slow(home.pending[0], 0, 60, 80.0)


def test_what_is_left_until_its_end_bounds_a_session() -> None:
    home = at_home(attempt(NIGHT - timedelta(minutes=10)))
    looked(home, 0.0)
    home.measure_line(112_500, 10)
    assert home.room(home.pending[0], 30.0) == int(11_250 * USE * 30)
