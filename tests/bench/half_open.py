"""``python -m tests.bench.half_open --runs 20``: one replica's link to the database becomes half open while alarms come.

Each run raises an alarm every quarter of a second for four seconds and freezes the link of replica ``a``: its sessions stay,
with all that they hold. The runs take turns in when it freezes: while ``a`` hands an SMS to the provider, which does not take it
(``posting``); while the answer to a claim of its own is on the way (``answer``); or some milliseconds after an alarm, while both
replicas reach for it (``chance``). Every alarm is a priority 1. Exit status 1 where an SMS came later than 15 s after its alarm,
went twice, or never came, or where no freeze caught an SMS.
"""

import argparse
import asyncio
import logging
import random
import sys
import time
from contextlib import suppress
from typing import Final

import structlog

from alarm_center.core.alarm.state import Alarm
from tests.bench.two_replicas import TwoReplicas, two_replicas
from tests.support.waiting import eventually

LIMIT_SECONDS: Final = 15.0
_ALARMS: Final = 16
_EVERY_SECONDS: Final = 0.25
_FREEZES_AT: Final = 8
_FREEZES_WITHIN: Final = {"answer": 0.006, "chance": 0.03}
"""Seconds from an alarm to the freeze, at most: about as long as it takes to claim its SMS, and to claim and send it."""
_MODES: Final = ("posting", "answer", "chance")
_CAUGHT_SECONDS: Final = 1.0
"""An SMS that is later than this was held by the frozen replica."""
_WAITS: Final = 60.0


async def one_run(town: TwoReplicas, mode: str, chance: random.Random) -> tuple[list[float], list[float], int, int]:
    """Return how late each SMS of the healthy replica was and of the lost one, how many went twice, and how many never."""
    raised: list[tuple[Alarm, float]] = []
    freezes_at, after = chance.randrange(_FREEZES_AT), chance.uniform(0.0, _FREEZES_WITHIN.get(mode, 0.0))
    freeze = town.link.freeze_answers if mode == "answer" else town.link.freeze
    held: asyncio.Task[None] | None = None
    if mode == "posting":
        held = asyncio.create_task(_freeze_when_held(town))
    began = time.monotonic()
    for number in range(_ALARMS):
        raised.append(await town.raise_alarm())
        await town.tell()
        if held is None and number == freezes_at:
            asyncio.get_running_loop().call_later(after, freeze)
        due = began + (number + 1) * _EVERY_SECONDS
        await eventually(lambda due=due: time.monotonic() >= due)  # type: ignore[misc]

    def all_out() -> bool:
        return all(town.provider.of_case(alarm) for alarm, _ in raised)

    with suppress(AssertionError):  # those that never came are counted below
        await eventually(all_out, _WAITS)
    healthy: list[float] = []
    lost: list[float] = []
    for alarm, at in raised:
        for sms in town.provider.of_case(alarm)[:1]:
            sender = healthy if sms.form["StatusCallback"].startswith(town.b.url) else lost
            sender.append(town.provider.taken_at[sms.sid] - at)
    doubled = sum(len(town.provider.of_case(alarm)) > 1 for alarm, _ in raised)
    never = sum(not town.provider.of_case(alarm) for alarm, _ in raised)
    if held is not None:
        held.cancel()
    town.provider.hold = None
    town.link.thaw()
    await eventually(town.a.is_ready, _WAITS)
    await town.close_all()
    return healthy, lost, doubled, never


async def _freeze_when_held(town: TwoReplicas) -> None:
    """Freeze the link as soon as the provider holds an SMS of replica ``a``."""
    town.provider.reached.clear()
    town.provider.hold, town.provider.hold_of = "before", town.a.url
    await town.provider.reached.wait()
    town.link.freeze()


async def measure(runs: int, seed: int) -> int:
    """Run and print; return the exit status."""
    chance = random.Random(seed)
    missed = caught = 0
    worst = 0.0
    async with two_replicas(runs * _ALARMS) as town:
        for number in range(1, runs + 1):
            mode = _MODES[(number - 1) % len(_MODES)]
            healthy, lost, doubled, never = await one_run(town, mode, chance)
            latest = max(healthy + lost, default=0.0)
            worst = max(worst, latest)
            caught += latest > _CAUGHT_SECONDS
            missed += latest > LIMIT_SECONDS or doubled > 0 or never > 0
            print(
                f"run {number:2} {mode:7} healthy {len(healthy):2} SMS, latest {max(healthy, default=0.0):5.2f} s; "
                f"lost {len(lost):2} SMS, latest {max(lost, default=0.0):5.2f} s; doubled {doubled}, never {never}",
                flush=True,
            )
    print(f"{runs - missed} of {runs} runs within {LIMIT_SECONDS:.0f} s; {caught} caught an SMS; latest {worst:.2f} s")
    return int(missed > 0 or caught == 0)


def main(argv: list[str]) -> int:
    """Return 1 where a limit was missed."""
    parser = argparse.ArgumentParser(prog="half_open", description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    asked = parser.parse_args(argv)
    return asyncio.run(measure(asked.runs, asked.seed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
