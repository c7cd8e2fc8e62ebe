"""A device is up while its newest connection is, in whatever order its statuses and wills are handled (ADR 0015)."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from alarm_center.core.device_connections import BOOTS, REMEMBERED, Connections, is_repeated, with_status
from schemas.messages import Status
from schemas.vocabulary import LinkState

NIGHT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def up(boot: str | None, connection: int = 0, sequence: int = 0) -> Status:
    return Status(link=LinkState.UP, boot=boot, connection=connection, sequence=sequence)


def gone(boot: str | None, connection: int = 0, sequence: int = 0) -> Status:
    """The will of a connection; it was left with the broker before anything of the connection was counted."""
    return Status(link=LinkState.GONE, boot=boot, connection=connection, sequence=sequence)


def heard(*said: Status, known: Connections = (), at: datetime = NIGHT) -> Connections:
    """Return what is known after *said*, handled in this order."""
    for one in said:
        after = with_status(known, one, at)
        known = known if after is None else after
    return known


def believed(known: Connections) -> tuple[str | None, int, bool]:
    return known[0].boot, known[0].number, not known[0].ended


@st.composite
def lives(draw: st.DrawFn) -> list[Status]:
    """Connections one after the other, of one boot or of several; each but the last has ended with its will."""
    said: list[Status] = []
    sequence = 0
    for boot in range(draw(st.integers(1, 3))):
        for number in range(1, draw(st.integers(1, 3)) + 1):
            will = gone(f"boot{boot}", number, sequence)
            for _ in range(draw(st.integers(1, 3))):
                sequence += 1
                said.append(up(f"boot{boot}", number, sequence))
            said.append(will)
    return said[:-1]


def dealt(data: st.DataObject, said: list[Status]) -> list[Status]:
    """Return *said* as two consumers handle it: each gets some, in order, and they take turns as it happens."""
    queues: tuple[list[Status], list[Status]] = ([], [])
    for one in said:
        queues[data.draw(st.integers(0, 1))].append(one)
    handled = []
    while queues[0] or queues[1]:
        turn = data.draw(st.integers(0, 1))
        queue = queues[turn] or queues[1 - turn]
        handled.append(queue.pop(0))
    return handled


@given(lives(), st.data())
def test_two_consumers_end_at_up_when_the_newest_is_up(said: list[Status], data: st.DataObject) -> None:
    known = heard(*dealt(data, said))
    assert believed(known) == (said[-1].boot, said[-1].connection, True)
    assert known[0].sequence == said[-1].sequence


@given(lives(), st.data())
def test_two_consumers_end_at_gone_when_the_newest_is_gone(said: list[Status], data: st.DataObject) -> None:
    known = heard(*dealt(data, [*said, gone(said[-1].boot, said[-1].connection)]))
    assert known[0].ended


def test_an_older_connections_will_changes_nothing() -> None:
    assert believed(heard(up("a", 1, 1), up("a", 2, 2), gone("a", 1, 0))) == ("a", 2, True)
    assert believed(heard(up("a", 2, 2), gone("a", 2, 1))) == ("a", 2, False)


def test_an_older_status_does_not_overwrite_a_newer() -> None:
    known = heard(up("a", 1, 5))
    for older in (up("a", 1, 4), up("a", 1, 5), gone("a", 0, 9)):
        assert with_status(known, older, NIGHT) is None
    assert with_status(heard(gone("a", 1, 0), known=known), up("a", 1, 6), NIGHT) is None, "nothing follows the end"


def test_a_boot_that_started_over_needs_no_order() -> None:
    """No clock says which boot is the newer: that the other has ended does, also when it is heard first or last."""
    for said in permutations([up("a", 1, 1), gone("a", 1, 0), up("b", 1, 1)]):
        assert believed(heard(*said)) == ("b", 1, True)


def test_a_boot_without_a_will_is_forgotten() -> None:
    """Its will died with the broker: it must not keep the device up once the one after it has ended."""
    known = heard(up("b", 1, 1), known=heard(up("a", 1, 1)))
    assert believed(heard(gone("b", 1, 0), known=known)) == ("a", 1, True)
    later = NIGHT + REMEMBERED
    known = heard(up("b", 1, 2), known=known, at=later)
    assert believed(heard(gone("b", 1, 0), known=known, at=later)) == ("b", 1, False)


def test_an_unnumbered_will_ends_only_what_is_unnumbered() -> None:
    assert believed(heard(up("a", 1, 1), gone(None))) == ("a", 1, True)
    assert believed(heard(up(None), gone(None))) == (None, 0, False)
    assert believed(heard(up(None), gone(None), up(None))) == (None, 0, True)


def test_a_gateway_that_numbers_replaces_one_that_did_not() -> None:
    assert believed(heard(up(None), up("a", 1, 1), gone("a", 1, 0))) == ("a", 1, False)


def test_a_gateway_that_starts_over_and_over_fills_no_row() -> None:
    known = heard(*(one for n in range(50) for one in (up(f"b{n}", 1, 1), gone(f"b{n}", 1, 0))), up("last", 1, 1))
    assert len(known) == BOOTS
    assert believed(known) == ("last", 1, True)


def test_a_clock_that_is_set_back_does_not_hide_the_newest() -> None:
    known = heard(up("a", 1, 1))
    earlier = NIGHT - timedelta(hours=1)
    assert believed(heard(up("b", 1, 1), known=known, at=earlier)) == ("b", 1, True)


def test_the_newest_status_of_its_boot_once_more_is_repeated() -> None:
    known = heard(up("a", 1, 5), up("b", 1, 5), up(None, 1, 5))
    assert is_repeated(known, up("a", 1, 5)) and is_repeated(known, up("b", 1, 5))
    others = [up("a", 1, 4), up("a", 1, 6), up("a", 2, 5), gone("a", 1, 5), up("c", 1, 5), up(None, 1, 5)]
    assert not any(is_repeated(known, other) for other in others)
    assert not is_repeated((), up("a", 1, 5))


def test_a_boot_is_over_once_it_was_not_heard_for_three_minutes() -> None:
    known = heard(up("a", 1, 1))
    for late, remembered in ((-1e-6, True), (0, False)):
        at = NIGHT + REMEMBERED + timedelta(seconds=late)
        assert any(one.boot == "a" for one in heard(up("b", 1, 1), known=known, at=at)) is remembered
    gone_at = NIGHT + REMEMBERED
    assert any(one.boot == "a" for one in heard(gone("b", 1, 0), known=known, at=gone_at)), "an end forgets nobody"
