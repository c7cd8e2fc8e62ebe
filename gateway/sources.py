"""Sources of a session (camera, stream, recording, sensor series, serial port), and the setting that names them.

Sources that are only drawn are not in here. A distribution that has some says so by entry points (:data:`DRAWN_SOURCES`).
"""

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from itertools import takewhile
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qs

import cv2

from gateway import fit, sensors, serial_port
from gateway.taken import CannotCapture, Stopped, Taken, encode_picture, taken_of
from schemas.messages import Capture, Frame, SensorChannel
from schemas.vocabulary import DeviceKind

WARM_UP_S: Final = 0.7
"""A camera that has just opened still measures the light; its first pictures are let go."""
OPEN_MS, READ_MS = 8_000, 4_000
SILENT_S: Final = 1.0
"""Seconds without a picture after which a camera has stopped. A broken picture among others is left out, and counted."""
_ASK_AGAIN_S: Final = 0.02
_BROKEN_IN_A_ROW: Final = 5
"""Broken pictures of a film, one after the other, that are not its end."""
PICTURES: Final = (".jpg", ".jpeg")
BESIDE: Final = " + "
"""Between a camera and the sensors beside it, in a setting."""

DRAWN: Final = ("scene", "sensor")
"""Kinds of sources that are drawn and never of a real home: pictures, and a sensor array."""
DRAWN_SOURCES: Final = "fjarrtillsyn.drawn_sources"
"""The group of entry points that draw: each is named as its kind, and is called with what follows the kind and the seed."""


class BadSource(ValueError):
    """The setting names no source; the message says what was given and what there is."""


class Source(Protocol):
    """Something that can be looked through. Every call may block; nothing stays open between calls."""

    @property
    def kind(self) -> DeviceKind: ...

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        """Return *seconds* of frames or samples, within the limits of a session; less once *stopped* says so.

        Raises:
            CannotCapture: it could not be opened, or gave nothing that can be sent.
        """

    def fault(self) -> str | None:
        """Return why it cannot be opened now, None when it can; no picture is taken."""

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        """Yield frames one at a time; a source without pictures yields none."""


@dataclass(slots=True)
class Camera:
    """A camera of this machine by its number, or a stream by its address. Released, and so dark, after each look."""

    target: int | str
    monotonic: Callable[[], float] = time.monotonic
    kind: DeviceKind = DeviceKind.CAMERA
    _broken: int = field(default=0, init=False)

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        self._broken = 0
        fps = fit.allowed_fps(capture.fps, seconds)
        frames = list(takewhile(lambda _: not stopped(), self._frames(seconds, capture, fps)))
        if not frames:
            raise CannotCapture("camera gave no picture")
        taken = taken_of(frames, seconds)
        return replace(taken, broken=taken.broken + self._broken)

    def fault(self) -> str | None:
        try:
            self._open().release()
        except CannotCapture as error:
            return str(error)
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return self._frames(seconds, capture, capture.fps)

    def _open(self) -> cv2.VideoCapture:
        try:
            if isinstance(self.target, int):
                device = cv2.VideoCapture(self.target)
            else:
                wait = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
                device = cv2.VideoCapture(self.target, cv2.CAP_FFMPEG, wait)
        except cv2.error:
            raise CannotCapture("camera does not open") from None
        if not device.isOpened():
            device.release()
            raise CannotCapture("camera does not open")
        return device

    def _frames(self, seconds: int, capture: Capture, fps: float) -> Iterator[Frame]:
        device = self._open()
        try:
            device.set(cv2.CAP_PROP_FRAME_WIDTH, capture.width)
            device.set(cv2.CAP_PROP_FRAME_HEIGHT, capture.height)
            opened = self.monotonic()
            start = opened + (WARM_UP_S if isinstance(self.target, int) else 0.0)
            number = missed = 0
            newest = self.monotonic()
            while (now := self.monotonic()) < start + seconds:
                # A picture that cannot be opened and the end of the stream look the same: only the first is followed by another.
                if not device.grab():
                    missed += 1
                    if self.monotonic() - newest > SILENT_S:
                        break
                    time.sleep(_ASK_AGAIN_S)
                    continue
                self._broken, missed, newest = self._broken + missed, 0, now
                if now < start + number / fps:
                    continue
                good, picture = device.retrieve()
                if good and picture is not None:
                    number = int((now - start) * fps) + 1
                    yield Frame(ms=int((now - start) * 1000), jpeg=encode_picture(picture, capture))
            if not number:
                raise CannotCapture("camera gave no picture")
        finally:
            device.release()


@dataclass(slots=True)
class Recording:
    """A video file, or a folder of JPEGs in order of their names: played to and fro until the seconds are full.

    ``fps`` is the recording's own; a folder without one is taken to have been filmed at the setting's.
    """

    path: Path
    fps: float | None = None
    kind: DeviceKind = DeviceKind.CAMERA

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        taken = taken_of(list(self._frames(seconds, capture, fit.allowed_fps(capture.fps, seconds))), seconds)
        return replace(taken, replayed=len({frame.jpeg for frame in taken.frames}) < len(taken.frames))

    def fault(self) -> str | None:
        if self.path.is_dir():
            return None if self._names() else "folder has no JPEG"
        return None if self.path.is_file() else "recording not found"

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return self._frames(seconds, capture, capture.fps)

    def _names(self) -> list[Path]:
        return sorted(p for p in self.path.iterdir() if p.suffix.lower() in PICTURES)

    def _frames(self, seconds: int, capture: Capture, fps: float) -> Iterator[Frame]:
        fault = self.fault()
        if fault:
            raise CannotCapture(fault)
        if self.path.is_dir():
            own = self.fps or capture.fps
            shown = [name.read_bytes() for name in self._names()[: round(seconds * own) + 1]]
        else:
            own, shown = self._film(seconds, capture)
        if not shown:
            raise CannotCapture("recording has no picture")
        step = max(own / fps, 1.0)
        for number in range(int(seconds * own / step)):
            at = round(number * step)
            yield Frame(ms=int(at * 1000 / own), jpeg=shown[bouncing_index(at, len(shown))])

    def _film(self, seconds: int, capture: Capture) -> tuple[float, list[bytes]]:
        film = cv2.VideoCapture(str(self.path))
        try:
            own = self.fps or film.get(cv2.CAP_PROP_FPS) or capture.fps
            step = max(own / capture.fps, 1.0)
            shown: list[bytes] = []
            missed = 0
            for number in range(int(seconds * own)):
                if not film.grab():
                    # The film's end, or a picture in it that cannot be opened.
                    missed += 1
                    if missed > _BROKEN_IN_A_ROW:
                        break
                    continue
                missed = 0
                if number >= len(shown) * step:
                    good, picture = film.retrieve()
                    if good and picture is not None:
                        shown.append(encode_picture(picture, capture))
            return own / step, shown
        finally:
            film.release()


@dataclass(slots=True)
class NamesInTurn:
    """Names that take turns: the first look gets the first, and so on; the last one stays."""

    names: tuple[str, ...]
    looks: int = field(default=0)

    def next(self) -> tuple[str, int]:
        """Return the name of this look and how many looks there were before it."""
        number, self.looks = self.looks, self.looks + 1
        return self.names[min(number, len(self.names) - 1)], number

    @property
    def latest(self) -> str:
        """The name of the look that was last, for a live look that follows it."""
        return self.names[min(max(self.looks - 1, 0), len(self.names) - 1)]


@dataclass(slots=True)
class SensorSeries:
    """Sensor series by their names, one a look in turn: *series* gives a name's, for the number of the look and its seconds."""

    series: Callable[[str, int, int], tuple[SensorChannel, ...]]
    turns: NamesInTurn
    kind: DeviceKind = DeviceKind.SENSORS

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        name, number = self.turns.next()
        try:
            return Taken(channels=sensors.cut_channels(self.series(name, number, seconds), seconds))
        except sensors.NoSeries as error:
            raise CannotCapture(str(error)) from None

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return iter(())


@dataclass(slots=True)
class SerialSensors:
    """Sensors on a serial port of this machine. Open, and so heard, only while somebody looks."""

    path: Path
    baud: int
    kind: DeviceKind = DeviceKind.SENSORS

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        try:
            return Taken(
                channels=sensors.cut_channels(serial_port.listen(self.path, self.baud, seconds, stopped), seconds)
            )
        except sensors.NoSeries as error:
            raise CannotCapture(str(error)) from None

    def fault(self) -> str | None:
        return serial_port.fault(self.path, self.baud)

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        return iter(())


def open_source(text: str, seed: int = 0) -> Source:
    """Return the source that a setting names; *seed* tells drawn homes apart.

    ``camera:0`` · ``rtsp://…`` or ``http://…`` · ``file:PATH[?fps=5]`` · ``scene:NAME[,NAME…]`` ·
    ``serial:PATH[?baud=115200]`` · ``samples:PATH[#SERIES]`` · ``sensor:NAME[,NAME…]``

    Raises:
        BadSource: it is none of these.
    """
    kind, _, rest = text.partition(":")
    if kind in ("rtsp", "rtsps", "http", "https") and rest.startswith("//"):
        return Camera(text)
    if kind == "camera" and rest.isdigit():
        return Camera(int(rest))
    if kind == "file" and rest:
        path, fps = _option(text, rest, "fps")
        try:
            return Recording(Path(path), None if fps is None else _positive(fps))
        except ValueError:
            raise BadSource(f"source {text!r}: fps={fps} is no number above 0") from None
    if kind in DRAWN and rest:
        return _open_drawn(kind, rest, seed, text)
    if kind == "serial" and rest:
        path, said = _option(text, rest, "baud")
        baud = said or "115200"
        if baud not in map(str, serial_port.BAUD):
            raise BadSource(f"source {text!r}: baud={baud} is none of {', '.join(map(str, serial_port.BAUD))}")
        return SerialSensors(Path(path), int(baud))
    if kind == "samples" and rest:
        path, _, name = rest.partition("#")
        recorded = sensors.SampleFile(Path(path))
        return SensorSeries(lambda wanted, number, seconds: recorded.series(wanted, number), NamesInTurn((name,)))
    raise BadSource(
        f"source {_shown(text)}: use camera:N, rtsp://…, http://…, file:PATH, scene:NAME, serial:PATH, samples:PATH "
        f"or sensor:NAME, or a camera and sensors with {BESIDE!r} between them"
    )


def _open_drawn(kind: str, names: str, seed: int, text: str) -> Source:
    """Return the drawn source that an installed distribution makes of *names*.

    Raises:
        BadSource: none is installed, or it draws nothing of that name.
    """
    found = _drawn_openers().get(kind)
    if found is None:
        raise BadSource(
            f"source {text!r}: no drawn homes are installed; from the repository: pip install ./drawn_homes"
        )
    try:
        source: Source = found.load()(names, seed)
    except BadSource as error:
        raise BadSource(f"source {text!r}: {error}") from None
    return source


@cache
def _drawn_openers() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=DRAWN_SOURCES)}


def open_sources(text: str, seed: int = 0) -> tuple[Source, ...]:
    """Return all that a setting names: one source, or a camera and sensors with `` + `` between them.

    Raises:
        BadSource: one of them is no source, or there are two cameras, or sensors twice.
    """
    sources = tuple(open_source(part.strip(), seed) for part in text.split(BESIDE))
    if len({source.kind for source in sources}) < len(sources):
        raise BadSource(f"source {_shown(text)}: one camera and one set of sensors at most")
    return sources


def _option(text: str, rest: str, name: str) -> tuple[str, str | None]:
    """Return the path in *rest*, and what ``?name=`` behind it says, if anything.

    Raises:
        BadSource: there is no path, or something else behind it; *text* is the whole setting.
    """
    path, asked, query = rest.partition("?")
    said = parse_qs(query, keep_blank_values=True)
    if not path:
        raise BadSource(f"source {text!r}: no path before '?'")
    if asked and (set(said) != {name} or len(said[name]) != 1 or not said[name][0]):
        raise BadSource(f"source {text!r}: behind '?' only {name}=NUMBER, once")
    return path, said[name][0] if said else None


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError(text)
    return number


def _shown(text: str) -> str:
    """Return *text* as an error may show it: short, and without the password of a camera on the network."""
    return repr(re.sub(r"[^\s/@]*:[^\s/@]*@", "…@", text)[:80])


def joined_faults(faults: Iterable[str]) -> str | None:
    """Return *faults* as one, short enough to be sent; None when there are none."""
    return "; ".join(faults)[:200] or None


def bouncing_index(number: int, length: int) -> int:
    """Return the place of step *number* when *length* frames are played forwards and backwards for ever."""
    if length == 1:
        return 0
    at = number % (2 * length - 2)
    return at if at < length else 2 * length - 2 - at
