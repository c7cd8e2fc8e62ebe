"""Turns at work of which only a little is done at once."""

import asyncio

import pytest

from alarm_center.identity.turns import TooBusy, Turns


async def in_line(turns: Turns, name: str, had: list[str], *, ahead: bool = False) -> "asyncio.Task[None]":
    """Return the task that waits for a turn and notes it, waiting already."""

    async def wait() -> None:
        async with turns.turn(ahead=ahead):
            had.append(name)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


async def test_those_ahead_come_first() -> None:
    turns, had = Turns(1, 5), list[str]()
    async with turns.turn():
        tasks = [await in_line(turns, name, had, ahead=name == "known") for name in ("first", "known")]
    await asyncio.gather(*tasks)
    assert had == ["known", "first"]


async def test_the_newest_and_the_oldest_come_in_turn() -> None:
    turns, had = Turns(1, 5), list[str]()
    async with turns.turn():
        tasks = [await in_line(turns, name, had) for name in "abcd"]
    await asyncio.gather(*tasks)
    assert had == ["d", "a", "c", "b"]


async def test_a_full_queue_refuses_at_once_but_those_ahead() -> None:
    turns, had = Turns(1, 1), list[str]()
    async with turns.turn():
        assert not turns.is_full
        tasks = [await in_line(turns, "waits", had)]
        assert turns.is_full
        with pytest.raises(TooBusy):
            async with turns.turn():
                raise AssertionError("there is no turn")
        tasks.append(await in_line(turns, "known", had, ahead=True))
    await asyncio.gather(*tasks)
    assert had == ["known", "waits"]


@pytest.mark.parametrize("given", [False, True])
async def test_a_turn_of_somebody_who_left_is_not_lost(given: bool) -> None:
    turns, had = Turns(1, 5), list[str]()
    async with turns.turn():
        gone = await in_line(turns, "gone", had)
        if not given:
            gone.cancel()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    async with asyncio.timeout(5), turns.turn():
        assert had == []
