"""Sensors on a serial port: what they write becomes channels, and whatever else comes is let go."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sensors import NoSeries, cut_channels
from gateway.serial_port import AHEAD_MS, BAUD, Readings, fault, listen
from gateway.sources import BadSource, open_source
from gateway.taken import CannotCapture
from schemas import limits
from schemas.messages import Capture, SensorChannel
from schemas.vocabulary import DeviceKind


def heard(*lines: bytes) -> tuple[SensorChannel, ...]:
    readings = Readings()
    for number, line in enumerate(lines):
        readings.add_line(line, number * 100)
    return readings.channels()


def test_a_line_is_a_reading_of_one_or_more_channels() -> None:
    load, array, side = heard(
        b'{"bed_load_kg": 71.25, "thermal_c": [21.5, 22.0, 30.25, 31]}',
        b'{"bed_load_kg": 71.5, "thermal_c": [21.5, 22.0, 30.5, 31], "left:bed_pressure": [0.25, 0.5]}\r',
    )
    assert (load.name, load.quantity, load.ms, load.values) == (
        "bed_load_kg",
        "bed_load_kg",
        (0, 100),
        ((71.25,), (71.5,)),
    )
    assert (array.rows, array.columns, array.values[1]) == (2, 2, (21.5, 22.0, 30.5, 31.0))
    assert (side.name, side.quantity, side.rows, side.columns, side.ms) == ("left", "bed_pressure", 1, 2, (100,))


def test_rows_may_be_said() -> None:
    (array,) = heard(b'{"thermal_c": [[21, 22, 23], [31, 32, 33]]}')
    assert (array.rows, array.columns, array.values) == (2, 3, ((21.0, 22.0, 23.0, 31.0, 32.0, 33.0),))


@pytest.mark.parametrize(
    "line",
    [
        b"", b"boot: ok", b"\xff\xfe", b"[1, 2]", b"7", b"null", b'{"bed_load_kg": null}', b'{"bed_load_kg": "71"}',
        b'{"bed_load_kg": NaN}', b'{"bed_load_kg": 1e999}', b'{"bed_load_kg": []}', b'{"thermal_c": [[1, 2], [3]]}',
        b'{"thermal_c": [[], []]}', b'{"pulse_bpm": 60}', b'{"breath:rate": 12}', b'{"Up!:bed_load_kg": 71}', b"[" * 9000,
        b'{"bed_load_kg": ' + b"9" * 6000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_reading_is_let_go(line: bytes) -> None:
    (load,) = heard(b'{"bed_load_kg": 71}', line, b'{"bed_load_kg": 72}')
    assert (load.ms, load.values) == ((0, 200), ((71.0,), (72.0,)))


def test_an_array_that_changes_its_size_keeps_its_first() -> None:
    (array,) = heard(b'{"thermal_c": [1, 2, 3, 4]}', b'{"thermal_c": [1]}')
    assert array.values == ((1.0, 2.0, 3.0, 4.0),)


def test_readings_that_come_together_keep_their_order() -> None:
    readings = Readings()
    for value in (71, 72, 73):
        readings.add_line(b'{"bed_load_kg": %d}' % value, 40)
    assert readings.channels()[0].ms == (40, 41, 42)


def test_readings_faster_than_a_millisecond_are_thinned() -> None:
    """A sensor on USB may say thousands of readings a second: who left the bed in the last of ten is in them."""
    readings = Readings()
    for ms in range(10_000):
        for _ in range(3):
            readings.add_line(b'{"bed_load_kg": %d}' % (71 if ms < 9_000 else 1), ms)
    (load,) = cut_channels(readings.channels(), 10)
    assert abs(sum(values == (1.0,) for values in load.values) - 1_000) <= 2 * AHEAD_MS
    assert load.ms[-1] < 10_000


def test_more_than_a_session_holds_is_said_and_not_cut() -> None:
    readings = Readings()
    line = b'{"thermal_c": [%s]}' % b",".join([b"1"] * 2500)
    for number in range(limits.SAMPLES // 2500):
        readings.add_line(line, number)
    assert len(readings.channels()[0].ms) == 20
    readings.add_line(line, 99)
    with pytest.raises(NoSeries, match="more than 50000"):
        readings.channels()


@given(st.lists(st.binary(max_size=60), max_size=8))
def test_whatever_comes_there_is_no_error(lines: list[bytes]) -> None:
    assert isinstance(heard(*lines), tuple)


# ---- a real port, as the kernel gives one ----


@dataclass
class Terminal:
    """A pseudo-terminal: ``path`` is what a program opens, what is written to ``far`` comes out there."""

    path: Path
    far: int


@contextmanager
def terminal() -> Iterator[Terminal]:
    far, near = os.openpty()
    path = Path(os.ttyname(near))
    try:
        yield Terminal(path, far)
    finally:
        os.close(near)
        os.close(far)


class Writes:
    """A clock for the port that lets a sensor write something before each step of a second, and after the last none."""

    def __init__(self, far: int, *texts: bytes) -> None:
        self.far, self.texts, self.asked = far, list(texts), 0

    def __call__(self) -> float:
        self.asked += 1
        if self.asked > 1 and self.texts:
            os.write(self.far, self.texts.pop(0))
            return 0.001 * self.asked
        return 0.001 * self.asked if self.asked < 40 else 99.0


def test_what_the_port_says_while_somebody_looks_is_taken() -> None:
    with terminal() as port:
        clock = Writes(
            port.far, b'{"bed_load', b'_kg": 71}\n{"bed_load_kg": 72}\n', b"noise\n", b'{"bed_load_kg": 73}\n'
        )
        (load,) = listen(port.path, 115200, 5, lambda: False, clock)
    assert load.values == ((71.0,), (72.0,), (73.0,))


def test_what_it_said_before_is_thrown_away() -> None:
    with terminal() as port:
        os.write(port.far, b'{"bed_load_kg": 1}\n')
        (load,) = listen(port.path, 9600, 5, lambda: False, Writes(port.far, b'{"bed_load_kg": 2}\n'))
    assert load.values == ((2.0,),)


def test_a_line_that_never_ends_is_let_go() -> None:
    with terminal() as port:
        clock = Writes(port.far, *[b"x" * 3000] * 12, b"\n", b'{"bed_load_kg": 3}\n')
        (load,) = listen(port.path, 115200, 5, lambda: False, clock)
    assert load.values == ((3.0,),)


def test_a_port_that_only_seems_to_have_something_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal() as port:
        monkeypatch.setattr("gateway.serial_port.select.select", lambda read, write, wrong, wait: (read, write, wrong))
        (load,) = listen(port.path, 115200, 5, lambda: False, Writes(port.far, b"", b"", b'{"bed_load_kg": 3}\n'))
    assert load.values == ((3.0,),)


def test_a_look_that_is_ended_ends() -> None:
    with terminal() as port:
        assert listen(port.path, 115200, 60, lambda: True) == ()


def test_a_port_that_goes_away_is_a_fault() -> None:
    far, near = os.openpty()
    path, stop = Path(os.ttyname(near)), threading.Event()

    def gone() -> bool:
        if not stop.is_set():
            stop.set()
            os.close(near)
            os.close(far)
        return False

    with pytest.raises(NoSeries, match="went away"):
        listen(path, 115200, 20, gone)


def test_what_is_no_port_is_a_fault_beforehand(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    assert fault(tmp_path / "nowhere", 115200) == "sensors do not open"
    assert fault(tmp_path / "file", 115200) == "sensors are on no serial port"
    with terminal() as port:
        assert [fault(port.path, baud) for baud in BAUD] == [None] * len(BAUD)


def test_a_setting_names_a_port(tmp_path: Path) -> None:
    source = open_source(f"serial:{tmp_path / 'nowhere'}?baud=9600")
    assert source.kind is DeviceKind.SENSORS and source.fault() == "sensors do not open"
    with pytest.raises(CannotCapture, match="do not open"):
        source.take(5, Capture(), lambda: False)


@pytest.mark.parametrize("query", ["?baud=300", "?baud=", "?speed=9600", "?baud", "?", "?baud=9600&baud=57600"])
def test_a_port_with_a_speed_that_is_none_is_refused(query: str) -> None:
    with pytest.raises(BadSource, match="baud"):
        open_source(f"serial:/dev/ttyACM0{query}")
