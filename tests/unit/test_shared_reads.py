"""Shared reads: few of them, and none that began before it was asked for."""

import asyncio
from collections.abc import Awaitable, Callable

from alarm_center.web.shared_reads import SharedReads
from tests.support.waiting import eventually


class HeldRead:
    """A read that says which one it is, and ends when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()
        self.asked = 0

    def ask(self, reads: SharedReads) -> "asyncio.Task[int]":
        """Ask for it, and count that once the question has been put."""

        async def asking() -> int:
            self.asked += 1
            return await reads.get("queue", self.read())

        return asyncio.create_task(asking())

    def read(self) -> Callable[[], Awaitable[int]]:
        async def work() -> int:
            self.begun += 1
            mine = self.begun
            await self.may_end.wait()
            return mine

        return work


async def begun(held: HeldRead, count: int) -> None:
    await eventually(lambda: held.begun >= count)


async def test_all_who_ask_while_one_runs_share_the_next() -> None:
    reads, held = SharedReads(), HeldRead()
    first = held.ask(reads)
    await begun(held, 1)
    others = [held.ask(reads) for _ in range(49)]
    await eventually(lambda: held.asked == 50)
    held.may_end.set()
    assert await first == 1
    assert await asyncio.gather(*others) == [2] * 49, "theirs began after they asked"


async def test_what_has_begun_is_shared_with_nobody_later() -> None:
    reads, held = SharedReads(), HeldRead()
    held.may_end.set()
    assert [await reads.get("queue", held.read()) for _ in range(3)] == [1, 2, 3]


async def test_scopes_do_not_wait_for_each_other() -> None:
    reads, held, free = SharedReads(), HeldRead(), HeldRead()
    free.may_end.set()
    waiting = asyncio.create_task(reads.get(("queue", "area 1"), held.read()))
    await begun(held, 1)
    assert await reads.get(("queue", "area 2"), free.read()) == 1
    held.may_end.set()
    assert await waiting == 1


async def test_who_gives_up_leaves_the_read_to_the_others() -> None:
    reads, held = SharedReads(), HeldRead()
    gone = held.ask(reads)
    await begun(held, 1)
    next_one, also_gone = held.ask(reads), held.ask(reads)
    await eventually(lambda: held.asked == 3)
    gone.cancel()
    also_gone.cancel()
    held.may_end.set()
    assert await next_one == 2


async def test_an_error_is_everybodys_and_the_next_read_is_new() -> None:
    reads = SharedReads()
    tries = iter((OSError("the held is away"), None))

    async def read() -> str:
        if (error := next(tries)) is not None:
            raise error
        return "read"

    answers = await asyncio.gather(*(reads.get("queue", read) for _ in range(3)), return_exceptions=True)
    assert {str(answer) for answer in answers} == {"the held is away"}
    assert await reads.get("queue", read) == "read"
