"""A part's process: wrong settings, a loss that it cannot work without, signals."""

import asyncio
import os
import signal

import pytest

from runtime.process import CannotGoOn, run_part, run_until_told
from runtime.settings import BadSettings, PartSettings


class OnePart(PartSettings):
    """A part with a setting that has to be set."""

    one_part_name: str


@pytest.fixture(autouse=True)
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FJT_ONE_PART_NAME", "one")


async def works(settings: OnePart) -> None:
    assert settings.one_part_name == "one"


async def cannot(settings: OnePart) -> None:
    raise CannotGoOn("the loop outbox has ended")


async def finds_a_bad_file(settings: OnePart) -> None:
    raise BadSettings("FJT_ONE_PART_NAME: no such network")


@pytest.fixture(autouse=True)
def same_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test's process changes how the others log."""
    monkeypatch.setattr("runtime.process.set_up_logging", lambda form: None)


@pytest.mark.parametrize(
    ("run", "status", "said"),
    [
        (works, 0, ""),
        (cannot, 1, "the loop outbox has ended"),
        (finds_a_bad_file, 2, "FJT_ONE_PART_NAME: no such network"),
    ],
)
def test_the_status_says_how_it_ended(run: object, status: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_part(OnePart, run) == status  # type: ignore[arg-type]
    assert capsys.readouterr().err.strip() == said


def test_every_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("FJT_ONE_PART_NAME")
    monkeypatch.setenv("FJT_MQTT_PORT", "0")
    assert run_part(OnePart, works) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said] == ["FJT_MQTT_PORT", "FJT_ONE_PART_NAME"]
    assert "no file fjt_one_part_name among the secrets" in said[1]


def test_every_conflict_is_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FJT_MQTT_CA", "/nowhere/ca.pem")
    monkeypatch.setenv("FJT_LIVE", "1")
    assert run_part(OnePart, works) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in said] == ["FJT_MQTT_CA", "FJT_MQTT_CA", "FJT_MQTT_TLS"]


async def test_a_signal_stops_the_work_once() -> None:
    begun, stopping, stopped = asyncio.Event(), asyncio.Event(), asyncio.Event()
    go_on = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopping.set()
            await go_on.wait()
            stopped.set()

    running = asyncio.create_task(run_until_told(work()))
    await begun.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await stopping.wait()
    os.kill(os.getpid(), signal.SIGINT)  # somebody is impatient
    for _ in range(3):
        await asyncio.sleep(0)
    go_on.set()
    await running
    assert stopped.is_set()


async def test_an_error_of_the_work_is_told() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run_until_told(work())
