"""Entry points of the demo: a night in the browser for the newcomer, and a headless one that is judged at its end."""

import asyncio
import json
import logging
import signal
import sys
import time
import webbrowser
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import typer

from fjarrtillsyn.demo import verdict
from fjarrtillsyn.demo.carers import CarerDelays, SimulatedCarers
from fjarrtillsyn.demo.driver import Driver
from fjarrtillsyn.demo.homes import HOMES, seen_by_eye
from fjarrtillsyn.demo.lines import Line, Lines
from fjarrtillsyn.demo.newcomer import Newcomer
from fjarrtillsyn.demo.operator import Habits, SimulatedOperator
from fjarrtillsyn.demo.pacing import Pacing
from fjarrtillsyn.demo.stage import COLLEAGUE, DemoStage, stage
from gateway.sources import BadSource, open_sources
from runtime.logs import set_up_logging
from runtime.process import BAD_SETTINGS
from schemas.vocabulary import Answer, JudgePlace

_CARERS: Final = CarerDelays(answer=timedelta(seconds=20), drive=timedelta(minutes=8), help=timedelta(minutes=6))
_OPERATOR: Final = Habits(look=timedelta(seconds=20), close=timedelta(seconds=30), take=timedelta(seconds=15))
# Beside somebody who watches, once a case is no longer left to them: a carer who drives keeps them no longer than three
# minutes even where time is real.
_CARERS_BESIDE: Final = CarerDelays(answer=timedelta(seconds=45), drive=timedelta(minutes=2), help=timedelta(minutes=1))
_OPERATOR_BESIDE: Final = Habits(look=timedelta(seconds=60), close=timedelta(seconds=45), take=timedelta(seconds=30))


def run(
    *, headless: bool, as_json: bool, port: int, browser: bool, alone: bool, night: date | None, judge: JudgePlace
) -> int:
    """Play; return 0 when all went well, 1 when the night did not come out right, 2 when it could not begin."""
    set_up_logging(level=logging.WARNING, loud=("amqtt", "transitions"))
    try:
        for home in HOMES:
            open_sources(home.source)
    except BadSource as error:
        typer.echo(str(error), err=True)
        return BAD_SETTINGS
    night_of = partial(stage, night=night, judge=judge)
    work = _headless(as_json, night_of()) if headless else _watched(browser, alone, night_of(port))
    try:
        # A night that was broken off has not come out right.
        return asyncio.run(_stoppable(work, stopped=1 if headless else 0))
    except OSError as error:
        typer.echo(f"the demo cannot go on: {error}" + (f"; try --port 0 in place of {port}" if port else ""), err=True)
        return 2


async def _stoppable(work: Coroutine[Any, Any, int], stopped: int) -> int:
    """Run *work* until it ends, or until Ctrl-C or SIGTERM: then all that it has opened is closed, and *stopped* returned."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return stopped


async def _headless(as_json: bool, night: AbstractAsyncContextManager[DemoStage]) -> int:
    def write(line: Line) -> None:
        print(json.dumps(line) if as_json else _words(line), flush=True)

    async with night as on:
        lines = _listen(on, write)
        driver = Driver(on)
        operator = _operator(on, driver, "operator", _OPERATOR)
        await operator.sign_in()
        driver.people = (SimulatedCarers(on.phones, _CARERS), operator)
        played = await driver.play_night()
        await on.centre.timeline.read_new()
        lines.hand_on()
        found = await verdict.read_night(on.memory, on.org, played)
        wrong = verdict.mismatches(found, lines.told, on.users.values())
        print(json.dumps({"ledger": found.ledger}) if as_json else _sum(found.ledger), flush=True)
    for words in wrong:
        print(words, file=sys.stderr)
    return 1 if wrong else 0


async def _watched(browser: bool, alone: bool, night: AbstractAsyncContextManager[DemoStage]) -> int:
    async with night as on:
        _listen(on, lambda line: typer.echo(_words(line)))
        driver = await watched_driver(on, alone=alone)
        typer.echo(_welcome(on, alone))
        if browser:
            await asyncio.to_thread(webbrowser.open, f"{on.url}/login?login=operator")
        await driver.wait_for_newcomer()
        played = await driver.play_night()
        found = await verdict.read_night(on.memory, on.org, played)
        typer.echo(f"The night is over: {_sum(found.ledger)}. The pages stay up, in real time now. Ctrl-C ends.")
        await asyncio.Event().wait()
    return 0


async def watched_driver(on: DemoStage, *, alone: bool, real: Callable[[], float] = time.monotonic) -> Driver:
    """Stop the clock, and return the driver of a night that somebody takes part in: ``wait_for_newcomer`` first, then ``play_night``.

    *alone*: nobody answers but they. *real* counts real seconds.
    """
    await on.clock.stop()
    people = frozenset(user for login, user in on.users.items() if login != COLLEAGUE)
    newcomer = Newcomer(on.memory, people, real)
    on.centre.timeline.listeners.append(newcomer.note_event)
    driver = Driver(on, pacing=Pacing(newcomer, real=real))
    if not alone:
        driver.people = (
            SimulatedCarers(on.phones, _CARERS_BESIDE, newcomer),
            _operator(on, driver, COLLEAGUE, _OPERATOR_BESIDE, newcomer),
        )
    return driver


def _listen(on: DemoStage, write: Callable[[Line], None]) -> Lines:
    lines = Lines(on.numbers, on.zone, write)
    on.centre.timeline.listeners.append(lines.add_event)
    return lines


def _operator(
    on: DemoStage, driver: Driver, login: str, habits: Habits, newcomer: Newcomer | None = None
) -> SimulatedOperator:
    def sees(resident: UUID) -> Answer:
        return seen_by_eye(driver.source(resident))

    return SimulatedOperator(
        on.memory, on.centre.web_memory, on.centre.sign_in_memory, on.users[login], habits, sees, newcomer
    )


def _sum(ledger: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in ledger.items())


def _words(line: Line) -> str:
    """Return a line of the story for a terminal."""
    told = [
        str(line[key])
        for key in ("kind", "priority", "answer", "reason", "wording", "meaning", "outcome")
        if key in line
    ]
    return f"{line['clock']}  resident {line['resident']:>2}  {line['event']:<17} {' '.join(told)}".rstrip()


def _welcome(on: DemoStage, alone: bool) -> str:
    who = (
        "Nobody answers but you."
        if alone
        else "Leave it alone, and after a few minutes a simulated colleague and two simulated patrols see it through."
    )
    return f"""
  {on.url}/login?login=operator

  Password {on.password}, also for planner, patrull1, patrull2 and ledare.
  A camera waits in its box, to be mounted at somebody's whom you add as planner; its code stands on the mounting's page.
  The phones, where the SMS arrive and can be answered: {on.url}/phone
  {who}
  The night begins when you sign in; about a minute later somebody falls. Time is real while you have a case, and quick
  otherwise. Ctrl-C ends it, and nothing is left.
"""
