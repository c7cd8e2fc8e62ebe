"""``python -m tests.bench.half_open --runs 20``: one replica's link to the database becomes half open while alarms come.

Each run raises an alarm every quarter of a second for four seconds, and freezes the link of replica ``a`` some milliseconds
after one of the first eight, while both replicas reach for it: the sessions stay, with all that they hold, and nothing more
comes through. Every alarm is a priority 1. Exit status
1 where an SMS came later than 15 s after its alarm, went twice, or never came.
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

from alarm_center.core.case import Alarm
from tests.bench.two_replicas import TwoReplicas, two_replicas
from tests.support.waiting import eventually

LIMIT_SECONDS: Final = 15.0
_ALARMS: Final = 16
_EVERY_SECONDS: Final = 0.25
_FREEZES_AT: Final = 8
_FREEZES_WITHIN: Final = 0.03
"""Seconds from an alarm to the freeze: about as long as it takes to claim and send its SMS."""
_WAITS: Final = 60.0


async def one_run(town: TwoReplicas, chance: random.Random) -> tuple[list[float], list[float], int, int]:
    """Return how late each SMS of the healthy replica was and of the lost one, how many went twice, and how many never."""
    raised: list[tuple[Alarm, float]] = []
    freezes_at, after = chance.randrange(_FREEZES_AT), chance.uniform(0.0, _FREEZES_WITHIN)
    began = time.monotonic()
    for number in range(_ALARMS):
        raised.append(await town.raise_alarm())
        await town.tell()
        if number == freezes_at:
            asyncio.get_running_loop().call_later(after, town.link.freeze)
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
    town.link.thaw()
    await eventually(town.a.is_ready, _WAITS)
    await town.close_all()
    return healthy, lost, doubled, never


async def measure(runs: int, seed: int) -> int:
    """Run and print; return the exit status."""
    chance = random.Random(seed)
    missed = 0
    worst = 0.0
    async with two_replicas(runs * _ALARMS) as town:
        for number in range(1, runs + 1):
            healthy, lost, doubled, never = await one_run(town, chance)
            latest = max(healthy + lost, default=0.0)
            worst = max(worst, latest)
            missed += latest > LIMIT_SECONDS or doubled > 0 or never > 0
            print(
                f"run {number:2} healthy {len(healthy):2} SMS, latest {max(healthy, default=0.0):5.2f} s; "
                f"lost {len(lost):2} SMS, latest {max(lost, default=0.0):5.2f} s; doubled {doubled}, never {never}",
                flush=True,
            )
    print(f"{runs - missed} of {runs} runs within {LIMIT_SECONDS:.0f} s; latest {worst:.2f} s")
    return int(missed > 0)


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
