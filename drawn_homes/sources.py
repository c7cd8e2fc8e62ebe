"""Drawn sources as the gateway asks for them: ``scene:NAME[,NAME…]`` and ``sensor:NAME[,NAME…]``, one name a look in turn."""

from collections.abc import Iterator
from dataclasses import dataclass

from drawn_homes.night import SCENES, UnknownScene, draw, pictures, to_jpeg
from drawn_homes.thermal import POSTURES, draw_array
from gateway import fit
from gateway.sources import BadSource, NamesInTurn, SensorSeries
from gateway.taken import Stopped, Taken, taken_of
from schemas.messages import Capture, Frame
from schemas.vocabulary import DeviceKind


@dataclass(slots=True)
class DrawnCamera:
    """A camera that sees drawn scenes, one a look in turn."""

    turns: NamesInTurn
    seed: int = 0
    kind: DeviceKind = DeviceKind.CAMERA

    def take(self, seconds: int, capture: Capture, stopped: Stopped) -> Taken:
        name, number = self.turns.next()
        fps = fit.allowed_fps(capture.fps, seconds)
        size, quality = (capture.width, capture.height), min(capture.jpeg_quality, 72)
        shown = draw(name, self.seed, seconds, fps, size, quality, take=number)
        return taken_of([Frame(ms=int(n * 1000 / fps), jpeg=data) for n, data in enumerate(shown)], seconds)

    def fault(self) -> str | None:
        return None

    def live(self, seconds: int, capture: Capture) -> Iterator[Frame]:
        size, name = (capture.width, capture.height), self.turns.latest
        shown = pictures(name, self.seed, seconds, capture.fps, size, take=self.turns.looks)
        for number, picture in enumerate(shown):
            yield Frame(ms=int(number * 1000 / capture.fps), jpeg=to_jpeg(picture, capture.jpeg_quality))


def open_scenes(names: str, seed: int) -> DrawnCamera:
    """Return a camera that sees the scenes *names*, with commas between them; *seed* tells homes apart.

    Raises:
        BadSource: one is no scene.
    """
    wanted = tuple(names.split(","))
    for name in wanted:
        if name not in SCENES:
            raise BadSource(str(UnknownScene(name)))
    return DrawnCamera(NamesInTurn(wanted), seed)


def open_arrays(names: str, seed: int) -> SensorSeries:
    """Return a thermal array that sees the postures *names*, with commas between them; *seed* tells homes apart.

    Raises:
        BadSource: one is no posture.
    """
    wanted = tuple(names.split(","))
    if not set(wanted) <= set(POSTURES):
        raise BadSource(f"use one of {', '.join(POSTURES)}")
    return SensorSeries(lambda name, number, seconds: draw_array(name, seed, seconds, take=number), NamesInTurn(wanted))
