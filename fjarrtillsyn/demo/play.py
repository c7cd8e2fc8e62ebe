"""Plays the demo: in a browser for as long as somebody watches, or one night alone, judged at its end."""

import asyncio
import json
import logging
import signal
import sys
import webbrowser
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from typing import Any, Final

import typer

from fjarrtillsyn import logs
from fjarrtillsyn.demo import verdict
from fjarrtillsyn.demo.carers import Carers, Pause
from fjarrtillsyn.demo.driver import Driver, Paces
from fjarrtillsyn.demo.homes import seen_by_eye
from fjarrtillsyn.demo.lines import Line, Lines
from fjarrtillsyn.demo.operator import Habits, Operator
from fjarrtillsyn.demo.stage import COLLEAGUE, Stage, stage

_CARERS: Final = Pause(answer=timedelta(seconds=20), drive=timedelta(minutes=8), help=timedelta(minutes=6))
_OPERATOR: Final = Habits(look=timedelta(seconds=20), close=timedelta(seconds=30), take=timedelta(seconds=15))
# Beside somebody who watches: slow enough to be forestalled, quick enough that nothing is left lying.
_CARERS_BESIDE: Final = Pause(answer=timedelta(seconds=45), drive=timedelta(minutes=6), help=timedelta(minutes=3))
_OPERATOR_BESIDE: Final = Habits(look=timedelta(seconds=90), close=timedelta(seconds=45))


def run(*, headless: bool, as_json: bool, port: int, browser: bool, alone: bool, night: date | None) -> int:
    """Play; return 0 when all went well, 1 when the night did not come out right, 2 when it could not begin."""
    logs.set_up(level=logging.WARNING)
    work = _headless(as_json, night) if headless else _watched(port, browser, alone, night)
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


async def _headless(as_json: bool, night: date | None) -> int:
    def write(line: Line) -> None:
        print(json.dumps(line) if as_json else _words(line), flush=True)

    async with stage(night=night) as on:
        lines = _listen(on, write)
        driver = Driver(on)
        operator = _operator(on, driver, "operator", _OPERATOR)
        await operator.sign_in()
        driver.people = (Carers(on.phones, _CARERS), operator)
        played = await driver.night()
        await on.centre.timeline.read()
        lines.tell()
        found = await verdict.read(on.memory, on.org, played)
        wrong = verdict.mismatches(found, lines.told, on.users.values())
        print(json.dumps({"ledger": found.ledger}) if as_json else _sum(found.ledger), flush=True)
    for words in wrong:
        print(words, file=sys.stderr)
    return 1 if wrong else 0


async def _watched(port: int, browser: bool, alone: bool, night: date | None) -> int:
    async with stage(port, night) as on:
        _listen(on, lambda line: typer.echo(_words(line)))
        driver = Driver(on, paces=Paces())
        if not alone:
            driver.people = (
                Carers(on.phones, _CARERS_BESIDE),
                _operator(on, driver, COLLEAGUE, _OPERATOR_BESIDE),
            )
        typer.echo(_welcome(on, alone))
        if browser:
            await asyncio.to_thread(webbrowser.open, f"{on.url}/login?login=operator")
        played = await driver.night()
        found = await verdict.read(on.memory, on.org, played)
        typer.echo(f"The night is over: {_sum(found.ledger)}. The pages stay up, in real time now. Ctrl-C ends.")
        await asyncio.Event().wait()
    return 0


def _listen(on: Stage, write: Callable[[Line], None]) -> Lines:
    lines = Lines(on.numbers, on.zone, write)
    on.centre.timeline.listeners.append(lines.hear)
    return lines


def _operator(on: Stage, driver: Driver, login: str, habits: Habits) -> Operator:
    return Operator(
        on.memory, on.centre.web_memory, on.users[login], habits, lambda resident: seen_by_eye(driver.source(resident))
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


def _welcome(on: Stage, alone: bool) -> str:
    who = (
        "Nobody answers but you."
        if alone
        else "Carers answer after a while, and a colleague ends what is left lying: be quicker."
    )
    return f"""
  {on.url}/login?login=operator

  Password {on.password}, also for planner, patrull1, patrull2 and ledare.
  The phones, where the SMS arrive and can be answered: {on.url}/phone
  {who}
  The night begins; somebody falls within a minute. Ctrl-C ends it, and nothing is left.
"""
