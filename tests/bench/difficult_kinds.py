"""Kinds of difficulty, each a scene, a change to its pictures, and the answers that are right; and the stages they are drawn on."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from detector.calibrate import NoTake, calibrate
from detector.evaluate import camera_rows
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import Answer, DeviceKind
from tests.bench import drawn_bedrooms as rooms
from tests.bench.drawn_bedrooms import Picture
from tests.unit.detector_sessions import night

Rng = np.random.Generator
Answers = frozenset[Answer]
SINGLE_CM, DOUBLE_CM = 95.0, 170.0


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A take before the difficulty: pictures (480, 640), their rate and their room."""

    name: str
    pictures: list[Picture]
    fps: float
    profile: Profile
    quality: int = 85

    def bed(self) -> tuple[float, float, float, float]:
        """Return the left, top, right and bottom of the beds together, in pixels."""
        corners = np.array([p for z in self.profile.zones if z.kind == "bed" for p in z.polygon])
        height, width = self.pictures[0].shape
        (x0, y0), (x1, y1) = corners.min(axis=0), corners.max(axis=0)
        return float(x0 * width), float(y0 * height), float(x1 * width), float(y1 * height)

    def changed(self, change: Callable[[Picture, float], Any]) -> "Stage":
        """Return this with *change* made to a copy of each picture, which it gets with its time in seconds."""
        shown = []
        for number, picture in enumerate(self.pictures):
            own = picture.copy()
            made = change(own, number / self.fps)
            shown.append(own if made is None else np.asarray(made, np.float32))
        return replace(self, pictures=shown)

    def fainter(self, contrast: float, noise: float) -> "Stage":
        """Return this with *contrast* of what it had about its mean, and as much of the sensor's *noise*, grey levels, as before."""
        if contrast == 1.0:
            return self
        mean, lost = float(np.mean(self.pictures[0])), noise * (1 - contrast**2) ** 0.5
        return self.changed(lambda picture, _: mean + contrast * (_noisy(picture, lost / contrast) - mean))

    def session(self) -> Session:
        """Return it as a session; the same picture twice is the same JPEG twice."""
        coded: dict[int, bytes] = {}
        frames = []
        for number, picture in enumerate(self.pictures):
            if id(picture) not in coded:
                flat = np.clip(np.round(picture), 0, 255).astype(np.uint8)
                coded[id(picture)] = cv2.imencode(".jpg", flat, [cv2.IMWRITE_JPEG_QUALITY, self.quality])[1].tobytes()
            frames.append(Frame(ms=round(number * 1000 / self.fps), jpeg=coded[id(picture)]))
        return Session(
            session_id="drawn", org="bench", device="camera", kind=DeviceKind.CAMERA, profile=self.profile,
            started_at=datetime(2026, 11, 27, 1, tzinfo=UTC), seconds=10, frames=tuple(frames),
        )  # fmt: skip


Change = Callable[[Stage, Rng], Stage]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of difficulty. Of *scenes* the rows take turns; *asleep*: a sleeper who would be green without it."""

    name: str
    scenes: tuple[str, ...]
    change: Change
    right: Answers
    asleep: bool = False

    @property
    def may_be_green(self) -> bool:
        return Answer.IN_BED in self.right


# Stages


def stages_of(where: str, kind: Kind, row: int, rng: Rng) -> Stage | None:
    """Return row *row*'s stage in drawn rooms, the project's drawn nights or recorded rooms; None where there is none.

    Nor is there one in a drawn room of which the installer's take is refused: nobody would leave a camera there.
    """
    scene = kind.scenes[row % len(kind.scenes)]
    if where == "drawn":
        with suppress(NoTake):
            return drawn_stage(scene, row % rooms.ROOMS, rng)
        return None
    if where == "night":
        return _night_stage(scene, 1 + row // len(kind.scenes) % 8)
    recorded = _recorded().get(scene, [])
    if not recorded:
        return None
    stage = recorded[row // len(kind.scenes) % len(recorded)]
    # Of those played forwards and backwards noise tells the pictures apart: the row's own, not of when they were read.
    return replace(stage, pictures=[_noisy(picture, 0.5) for picture in stage.pictures])


def chances_of(tree: str, kind: str, row: int) -> Rng:
    """Return the chances of a row, by the tree's id, the kind's name and its number, and set those of the sensor's noise by them."""
    digest = hashlib.sha256(f"{tree} {kind} {row}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    cv2.setRNGSeed(int(rng.integers(2**31)))
    return rng


def drawn_stage(scene: str, number: int, rng: Rng, seconds: float = 10.0, fps: float | None = None) -> Stage:
    """Return *scene* in drawn room *number*; at a rate by chance, where none is said."""
    room = rooms.bedroom(number)
    drawn = float(rng.choice([3.0, 4.0, 5.0]))
    fps = fps or drawn
    seed = int(rng.integers(2**31))
    couple = scene.startswith("couple")
    double = couple or scene in ("restless_in_double", "pair")
    wide = DOUBLE_CM if double else SINGLE_CM
    corners = room.bed if not double else _wider(room.bed)
    places = {
        "asleep": (wide / 2,), "asleep_quiet": (wide / 2,), "asleep_fallen_still": (wide / 2,), "couple": (44.0, wide - 44.0),
        "couple_missing": (44.0,), "couple_middle": (wide / 2,), "restless": (wide / 2,), "restless_in_double": (44.0,),
        "pair": (44.0, wide - 44.0),
    }  # fmt: skip
    tossing: tuple[float, ...] = ()
    if scene in ("restless", "restless_in_double", "pair"):
        tossing = (float(rng.uniform(0.4, 1.2)), float(rng.uniform(0.0, 0.5)))
    bed = rooms.BedRelief(wide, places.get(scene, ()), seed, quiet="quiet" in scene, restless=tossing).film()
    still = room.still.copy()
    beside: Callable[[float], tuple[Picture, Picture]] | None = None
    if "fallen" in scene:
        beside = rooms.fallen(seed, still="still" in scene)
    elif scene in ("sitting_up", "up"):
        beside = rooms.upright_person(seed, sits=scene == "sitting_up")
    shown = []
    for frame in range(round(seconds * fps)):
        t = frame / fps
        picture = still.copy()
        rooms.lay_into(picture, bed(t), corners)
        if beside is not None:
            relief, outline = beside(t)
            rooms.lay_into(picture, relief, _place(room, scene, t, seed), outline)
        lit = picture * room.lit
        shown.append(_noisy(lit, room.noise))
    zones = _zones(corners, couple)
    profile = room.profile(zones, 2 if couple else 1, pets=False)
    if scene == "asleep_fallen_still":
        empty = rooms.BedRelief(wide, (), seed + 1).film()
        take = []
        for _ in range(20):
            picture = still.copy()
            rooms.lay_into(picture, empty(0.0), corners)
            take.append(_noisy(picture * room.lit, room.noise))
        profile = calibrate(Stage("take", take, 2.0, profile).session().frames, profile)
    return Stage(f"{scene} in room {number}", shown, fps, profile)


def _noisy(picture: Picture, levels: float) -> Picture:
    noise = np.empty(picture.shape, np.float32)
    cv2.randn(noise, 0.0, levels)  # type: ignore[call-overload]
    return np.asarray(picture + noise, np.float32)


def _wider(bed: rooms.Quad) -> rooms.Quad:
    """Return a bed for two, over the same length."""
    right = (bed[1] - bed[0], bed[2] - bed[3])
    return np.asarray(
        [bed[0] - 0.3 * right[0], bed[1] + 0.35 * right[0], bed[2] + 0.35 * right[1], bed[3] - 0.3 * right[1]]
    )


def _zones(bed: rooms.Quad, couple: bool) -> dict[str, rooms.Quad]:
    if not couple:
        return {"bed": bed}
    head, foot = (bed[0] + bed[1]) / 2, (bed[3] + bed[2]) / 2
    return {"bed_left": np.array([bed[0], head, foot, bed[3]]), "bed_right": np.array([head, bed[1], bed[2], foot])}


def _place(room: rooms.Bedroom, scene: str, t: float, seed: int) -> rooms.Quad:
    if "fallen" in scene:
        return room.floor
    rng = np.random.default_rng([seed, 21])
    tall = float(rng.uniform(170, 230))
    at = (
        np.asarray(room.edge)
        if scene == "sitting_up"
        else room.path[0]
        + (room.path[1] - room.path[0]) * (0.5 + 0.5 * np.sin(2 * np.pi * (t / 9.0 + float(rng.random()))))
    )
    wide = tall * 0.47
    x, y = float(at[0]), float(at[1]) + 25
    return np.array(
        [[x - wide / 2, y - tall], [x + wide / 2, y - tall], [x + wide / 2, y], [x - wide / 2, y]], np.float32
    )


_NIGHTS = {"couple": "asleep_couple", "couple_missing": "couple_one_missing"}


@lru_cache(maxsize=20)
def _night_stage(scene: str, seed: int) -> Stage | None:
    if scene == "couple_middle":
        alone = _night_stage("asleep", seed)
        assert alone is not None
        corners = np.array(alone.profile.zones[0].polygon)
        split = {name: half.tolist() for name, half in _zones(corners, couple=True).items()}
        room = Profile.model_validate({"zones": split, "expected_people": 2})
        return replace(alone, name=f"couple_middle of night {seed}", profile=room)
    if scene == "asleep_fallen_still":
        return None
    asked = night(_NIGHTS.get(scene, scene), seed, seconds=10.0, fps=4.0)
    return Stage(f"{scene} of night {seed}", [_grey(f.jpeg) for f in asked.frames], 4.0, asked.profile)


@cache
def _recorded() -> dict[str, list[Stage]]:
    """Return the recorded stages by scene, as they were filmed."""
    folder = Path(os.environ.get("FJT_FOOTAGE", Path(__file__).parents[2] / ".." / "shared" / "footage"))
    found: dict[str, list[Stage]] = {}
    scenes = {"in_bed_ok": "asleep", "restless": "asleep", "on_floor": "fallen", "bed_empty": "empty"}
    for row in camera_rows(folder) if folder.is_dir() else ():
        scene = scenes.get(row.label, "up" if row.label == "sitting_or_standing" else "")
        frames = row.session.frames
        if (
            scene
            and len({f.jpeg for f in frames}) >= 6
            and not (scene == "asleep" and len({f.jpeg for f in frames}) < 10)
        ):
            fps = 1000 / max(frames[1].ms - frames[0].ms, 1)
            shown = [_grey(f.jpeg) for f in frames]
            found.setdefault(scene, []).append(Stage(row.session.session_id, shown, fps, row.session.profile, 92))
    return found


def _grey(jpeg: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return picture.astype(np.float32)


# Changes


def as_it_is(stage: Stage, rng: Rng) -> Stage:
    return stage


def _write(picture: Picture, text: str, at: tuple[float, float], tall: float, white: bool) -> None:
    """Write *text* with its middle *at*, *tall* pixels high, as cameras do: white or black, with a thin outline or none."""
    scale = tall / 22.0
    thick = max(1, round(scale * 2))
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    flat = np.clip(picture, 0, 255).astype(np.uint8)
    place = (int(at[0] - wide / 2), int(at[1] + high / 2))
    if white:
        cv2.putText(flat, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 0, thick + 2, cv2.LINE_AA)
    cv2.putText(flat, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255 if white else 0, thick, cv2.LINE_AA)
    changed = flat != np.clip(picture, 0, 255).astype(np.uint8)
    picture[changed] = flat[changed]


def blinking_text(stage: Stage, rng: Rng) -> Stage:
    """A word in the bed, on and off at some rate."""
    height = stage.pictures[0].shape[0]
    word = str(rng.choice(["REC", "NO SIGNAL", "LIVE", "ALARM", "CAM 01", "*", "MOTION", "Sovrum"]))
    x0, y0, x1, y1 = stage.bed()
    at = x0 + (x1 - x0) * float(rng.uniform(0.3, 0.7)), y0 + (y1 - y0) * float(rng.uniform(0.3, 0.7))
    tall, white = height * float(rng.uniform(0.03, 0.07)), bool(rng.random() < 0.7)
    rate, start = float(rng.choice([0.3, 0.5, 1.0, 2.0, 3.0])), float(rng.random())

    def change(picture: Picture, t: float) -> None:
        if (t * rate + start) % 1.0 < 0.5:
            _write(picture, word, at, tall, white)

    return stage.changed(change)


def rec_in_bed(stage: Stage, rng: Rng) -> Stage:
    """The letters of the table's first row, as they stand there."""
    x0, y0, x1, y1 = stage.bed()
    height = stage.pictures[0].shape[0]

    def change(picture: Picture, t: float) -> None:
        if (2.0 * t) % 1.0 < 0.5:
            _write(picture, "REC", ((x0 + x1) / 2, (y0 + y1) / 2), 0.04 * height, white=True)

    return stage.changed(change)


def clock(stage: Stage, rng: Rng, place: str) -> Stage:
    height, width = stage.pictures[0].shape
    tall = height * float(rng.uniform(0.03, 0.05))
    second = int(rng.integers(0, 50))
    x0, y0, x1, y1 = stage.bed()
    where = {
        "bottom": (width * float(rng.uniform(0.3, 0.7)), height - tall),
        "top": (width * 0.3, tall * 1.2),
        "bed": ((x0 + x1) / 2, y0 + (y1 - y0) * float(rng.uniform(0.3, 0.7))),
    }[place]
    day = "2026-11-27 " if place != "bed" else ""
    start = float(rng.random())

    def change(picture: Picture, t: float) -> None:
        at = second + int(t + start)
        _write(picture, f"{day}01:{10 + at // 60:02}:{at % 60:02}", where, tall, white=True)

    return stage.changed(change)


def speck(stage: Stage, rng: Rng, *, exact: bool = False) -> Stage:
    """A soft speck near the lens that wanders over the bed."""
    height, width = stage.pictures[0].shape
    large = bool(rng.random() < 0.5)
    if exact:
        sigma, bright = (0.025 * width, 90.0) if large else (0.015 * width, 150.0)
        reach = 0.12 * width
    else:
        sigma, bright = float(rng.uniform(0.008, 0.035)) * width, float(rng.choice([-35.0, 60.0, 90.0, 150.0]))
        reach = float(rng.uniform(0.06, 0.15)) * width
    x0, y0, x1, y1 = stage.bed()
    turns, start = rng.uniform(0.05, 0.35, 2), rng.uniform(0, 6.3, 2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)

    def change(picture: Picture, t: float) -> None:
        at_x = (x0 + x1) / 2 + reach * float(np.sin(2 * np.pi * turns[0] * t + start[0]))
        at_y = (y0 + y1) / 2 + min(reach, (y1 - y0) / 2) * float(np.sin(2 * np.pi * turns[1] * t + start[1]))
        picture += bright * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / (2 * sigma * sigma))

    return stage.changed(change)


def grey_first(stage: Stage, rng: Rng) -> Stage:
    """Grey pictures before the first key frame, plain or with a little of the picture in them."""
    count = int(rng.choice([4, 8]))
    level, seen = float(rng.uniform(100, 140)), float(rng.choice([0.0, 0.0, 0.1]))
    shown = list(stage.pictures)
    for n in range(min(count, len(shown) // 3)):
        shown[n] = np.asarray(level + seen * (shown[n] - level), np.float32)
    return replace(stage, pictures=shown)


def torn(stage: Stage, rng: Rng) -> Stage:
    """The lower part of each fifth picture is grey, smeared, or another picture's place."""
    height = stage.pictures[0].shape[0]
    share, how = float(rng.uniform(0.15, 0.45)), str(rng.choice(["grey", "smeared", "shifted"]))
    first = height - round(share * height)
    start = int(rng.integers(0, 5))
    shown = list(stage.pictures)
    for n in range(start, len(shown), 5):
        own = shown[n].copy()
        if how == "grey":
            own[first:] = 128.0
        elif how == "smeared":
            own[first:] = own[first]
        else:
            own[first:] = np.roll(own[first:], 80, axis=1)
        shown[n] = own
    return replace(stage, pictures=shown)


def exposure_switch(stage: Stage, rng: Rng) -> Stage:
    """Another light and another exposure from a moment on, within one picture: the camera's night mode."""
    height, width = stage.pictures[0].shape
    at = float(rng.choice([0.5, 0.25, 0.75, float(rng.uniform(0.15, 0.85))])) * len(stage.pictures)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    lamp = 0.5 + np.exp(-(x * x + y * y) / 0.8)
    gain, power = float(rng.choice([0.4, 0.6, 1.8, 2.5])), float(rng.uniform(0.7, 1.3))

    def change(picture: Picture, t: float) -> Picture | None:
        if t * stage.fps < at:
            return None
        return np.asarray(255 * (np.clip(picture * lamp * gain, 0, 255) / 255) ** power, np.float32)

    return stage.changed(change)


def pet(stage: Stage, rng: Rng, where: str) -> Stage:
    """A dog or cat that walks about, with fur, legs and a tail."""
    height, width = stage.pictures[0].shape
    long = float(rng.uniform(40, 100)) * width / 640
    x0, y0, x1, y1 = stage.bed()
    middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    if where == "floor":
        left, right = x0, width - x1
        middle = np.array([x1 + right / 2 if right > left else x0 / 2, min(y1, height - long)])
        reach = np.array([max(right, left) / 2 - long / 2, 30.0])
    else:
        reach = np.array([max((x1 - x0) / 2 - long / 2, 8), max((y1 - y0) / 2 - long / 2, 8)])
    fur = rooms.cloud(rng, (height, width), 4) * 14 + float(rng.choice([20.0, 150.0]))
    light = float(np.median(stage.pictures[0])) / 110
    turns, start = rng.uniform(0.05, 0.25, 2), rng.uniform(0, 6.3, 2)

    def change(picture: Picture, t: float) -> Picture:
        at = middle + reach * np.sin(2 * np.pi * turns * t + start)
        ahead = 1 if np.cos(2 * np.pi * turns[0] * t + start[0]) > 0 else -1
        outline = np.zeros((height, width), np.uint8)
        a, b = float(at[0]), float(at[1])
        cv2.ellipse(outline, (int(a), int(b)), (int(long * 0.38), int(long * 0.2)), 0, 0, 360, 255, -1)
        cv2.circle(outline, (int(a + ahead * long * 0.42), int(b - long * 0.12)), int(long * 0.15), 255, -1)
        for leg in (-0.28, -0.15, 0.15, 0.28):
            foot = a + leg * long + 0.08 * long * np.sin(9 * t + 9 * leg)
            cv2.line(
                outline, (int(a + leg * long), int(b)), (int(foot), int(b + long * 0.38)), 255, max(2, int(long * 0.07))
            )
        alpha = cv2.GaussianBlur(outline, (3, 3), 0).astype(np.float32) / 255
        return np.asarray(picture * (1 - alpha) + alpha * light * np.roll(fur, (int(b), int(a)), (0, 1)), np.float32)

    made = stage.changed(change)
    return replace(made, profile=stage.profile.model_copy(update={"pets": True}))


def pets_beside_sleeper(stage: Stage, rng: Rng) -> Stage:
    return replace(stage, profile=stage.profile.model_copy(update={"pets": True}))


def gone_by_jump(stage: Stage, rng: Rng) -> Stage:
    """From one picture to the next the sleeper is gone: the bed without them, as their own pictures allow to make it."""
    at = round(float(rng.uniform(0.2, 0.8)) * len(stage.pictures))
    x0, y0, x1, y1 = (round(v) for v in stage.bed())
    last = stage.pictures[at - 1]
    height, width = last.shape
    # The bed that is left: thrown back, another relief in the same light.
    seen = np.asarray(cv2.GaussianBlur(last[y0:y1, x0:x1], (0, 0), 25))
    folds = rooms.cloud(rng, seen.shape, 18) * 0.12 + rooms.cloud(rng, seen.shape, 5) * 0.05
    cover = np.zeros((height, width), np.float32)
    for zone in stage.profile.zones:
        corners = (np.array(zone.polygon) * (width, height)).round().astype(np.int32)
        cv2.fillPoly(cover, [corners], 1.0)
    patch = seen * (1 + folds)
    noise = float(np.median(np.abs(stage.pictures[1] - stage.pictures[0]))) / 0.954
    shown = []
    for n, picture in enumerate(stage.pictures):
        own = picture
        if n >= at:
            own = picture.copy()
            bed = _noisy(np.asarray(patch, np.float32), noise)
            own[y0:y1, x0:x1] = own[y0:y1, x0:x1] * (1 - cover[y0:y1, x0:x1]) + bed * cover[y0:y1, x0:x1]
        shown.append(own)
    return replace(stage, pictures=shown)


def moves_then_still(stage: Stage, rng: Rng) -> Stage:
    """After some seconds nobody moves any more; the sensor's noise goes on."""
    at = round(float(rng.uniform(2.0, 6.0)) * stage.fps)
    noise = float(np.median(np.abs(stage.pictures[1] - stage.pictures[0]))) / 0.954
    held = np.asarray(cv2.bilateralFilter(stage.pictures[at], 5, 3 * noise, 2), np.float32)
    shown = [p if n < at else _noisy(held, noise) for n, p in enumerate(stage.pictures)]
    return replace(stage, pictures=shown)


def repeats(stage: Stage, rng: Rng) -> Stage:
    period = int(rng.integers(8, max(9, len(stage.pictures) // 2 + 2)))
    return replace(stage, pictures=[stage.pictures[n % period] for n in range(len(stage.pictures))])


def to_and_fro(stage: Stage, rng: Rng) -> Stage:
    """Forwards and backwards, by a device that does not say that it plays a recording."""
    period = int(rng.integers(8, max(9, len(stage.pictures) // 2 + 2)))
    there_and_back = [*range(period), *range(period - 2, 0, -1)]
    shown = [stage.pictures[there_and_back[n % len(there_and_back)]] for n in range(len(stage.pictures))]
    return replace(stage, pictures=shown)


def moving_light(stage: Stage, rng: Rng) -> Stage:
    """Headlights that sweep by, blinds that sway, a door that opens, a torch."""
    height, width = stage.pictures[0].shape
    how = str(rng.choice(["headlights", "blinds", "door", "torch"]))
    strength, start = float(rng.uniform(0.4, 2.0)), float(rng.uniform(1, 6))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slant, speed = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(150, 400))

    def change(picture: Picture, t: float) -> Picture:
        if how == "headlights":
            middle = (t - start) * speed
            lit = np.exp(-(((x + slant * y - middle) / 60) ** 2)) * (np.sin(x / 9) > -0.6)
        elif how == "blinds":
            lit = (
                0.3
                * (np.sin((y + slant * x + 6 * np.sin(1.5 * t + start)) / 7) > 0.2)
                * np.exp(-(((x - width / 2) / 200) ** 2))
            )
        elif how == "door":
            wide = np.clip((t - start) / 1.5, 0, 1) * width * 0.35
            lit = ((x + slant * y * 0.4) < wide).astype(np.float32)
        else:
            at = width / 2 + width * 0.4 * np.sin(0.9 * t + start), height / 2 + height * 0.3 * np.sin(1.3 * t)
            lit = np.exp(-((((x - at[0]) ** 2 + (y - at[1]) ** 2) / 4500) ** 2))
        return np.asarray(
            picture * (1 + strength * cv2.GaussianBlur(np.asarray(lit, np.float32), (0, 0), 2.0)), np.float32
        )

    return stage.changed(change)


def curtains(stage: Stage, rng: Rng) -> Stage:
    """A curtain in a draught, along one side of the picture where no bed is."""
    height, width = stage.pictures[0].shape
    x0, _, x1, _ = stage.bed()
    left = x0 > width - x1
    wide = int(min(max(x0, width - x1) * 0.8, float(rng.uniform(70, 140))))
    if wide < 24:
        return stage
    at = 0 if left else width - wide
    tall = int(height * float(rng.uniform(0.5, 0.95)))
    x = np.arange(wide, dtype=np.float32)[None]
    y = np.arange(tall, dtype=np.float32)[:, None]
    light, swing = float(np.median(stage.pictures[0])) / 110, float(rng.uniform(2, 8))
    rate, fold = float(rng.uniform(0.15, 0.5)), float(rng.uniform(8, 16))

    def change(picture: Picture, t: float) -> None:
        sway = swing * np.sin(2 * np.pi * rate * t + y / 120) * (y / tall)
        cloth = light * (120 + 40 * np.sin((x + sway) / fold * 2) + 12 * np.sin((x + sway) / 3.1))
        picture[:tall, at : at + wide] = cloth + _noisy(np.zeros((tall, wide), np.float32), 1.2)

    return stage.changed(change)


def cold_encoder(stage: Stage, rng: Rng) -> Stage:
    """A coder of differences that has just started, with few bits: the picture is coarse and settles, square by square."""
    height, width = stage.pictures[0].shape
    step0 = float(rng.uniform(14, 34))
    share = float(rng.uniform(0.05, 0.2))
    held = np.full((height, width), float(np.median(stage.pictures[0])), np.float32)
    squares: npt.NDArray[np.float32] = np.asarray(rng.random((height // 16, width // 16)), np.float32)
    shown = []
    for n, picture in enumerate(stage.pictures):
        step = max(4.0, step0 * float(np.exp(-n / (2.5 * stage.fps))))
        news = cv2.blur(picture - held, (3, 3)) if n else picture - held
        coarse = np.round(news / step) * step
        chosen = (squares + n * share) % 1.0 < share if n else np.ones_like(squares, bool)
        mask = cv2.resize(chosen.astype(np.float32), (width, height), interpolation=cv2.INTER_NEAREST)
        held = np.asarray(held + coarse * mask, np.float32)
        held = np.asarray(held + 0.12 * mask * cv2.GaussianBlur(picture - held, (0, 0), 5.0), np.float32)
        shown.append(held.copy())
    return replace(stage, pictures=shown)


_NOBODY = frozenset({Answer.NOT_SEEN, Answer.CANNOT_TELL})
_WRONG = frozenset({Answer.SOMETHING_WRONG, Answer.CANNOT_TELL})
_DOUBT = frozenset({Answer.CANNOT_TELL})
_ASLEEP = frozenset({Answer.IN_BED})
_ASLEEP_OR_DOUBT = frozenset({Answer.IN_BED, Answer.CANNOT_TELL})

KINDS: tuple[Kind, ...] = (
    Kind("asleep", ("asleep",), as_it_is, _ASLEEP, asleep=True),
    Kind("couple", ("couple",), as_it_is, _ASLEEP, asleep=True),
    Kind("empty", ("empty", "still_duvet"), as_it_is, _NOBODY),
    Kind("fallen", ("fallen",), as_it_is, _WRONG),
    Kind("sitting, up", ("sitting_up", "up"), as_it_is, _WRONG),
    Kind("REC over nobody", ("empty", "still_duvet"), rec_in_bed, _NOBODY),
    Kind("text over nobody", ("empty", "still_duvet"), blinking_text, _NOBODY),
    Kind("text over somebody", ("fallen", "sitting_up"), blinking_text, _WRONG),
    Kind("clock in bed", ("empty", "still_duvet"), partial(clock, place="bed"), _NOBODY),
    Kind("clock over somebody", ("fallen", "sitting_up"), partial(clock, place="bed"), _WRONG),
    Kind("clock in corner", ("empty", "still_duvet"), partial(clock, place="bottom"), _NOBODY),
    Kind("clock over sleeper", ("asleep",), partial(clock, place="top"), _ASLEEP_OR_DOUBT, asleep=True),
    Kind("table speck somebody", ("fallen", "sitting_up"), partial(speck, exact=True), _WRONG),
    Kind("table speck nobody", ("empty", "still_duvet"), partial(speck, exact=True), _NOBODY),
    Kind("speck over somebody", ("fallen", "sitting_up"), speck, _WRONG),
    Kind("speck over nobody", ("empty", "still_duvet"), speck, _NOBODY),
    Kind("speck over sleeper", ("asleep",), speck, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("repeats", ("asleep",), repeats, _DOUBT),
    Kind("to and fro", ("asleep",), to_and_fro, _DOUBT),
    Kind("gone by jump", ("asleep",), gone_by_jump, _NOBODY),
    Kind("moves, then still", ("asleep",), moves_then_still, _DOUBT),
    Kind("switch over nobody", ("still_duvet", "empty"), exposure_switch, _NOBODY),
    Kind("switch over fallen", ("fallen",), exposure_switch, _WRONG),
    Kind("switch over sleeper", ("asleep",), exposure_switch, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("grey first, nobody", ("empty", "still_duvet"), grey_first, _NOBODY),
    Kind("grey first, fallen", ("fallen",), grey_first, _WRONG),
    Kind("grey first, sleeper", ("asleep",), grey_first, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("torn over nobody", ("empty", "still_duvet"), torn, _NOBODY),
    Kind("torn over fallen", ("fallen",), torn, _WRONG),
    Kind("torn over sleeper", ("asleep",), torn, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("one in the middle", ("couple_middle",), as_it_is, _DOUBT),
    Kind("one of two missing", ("couple_missing",), as_it_is, _DOUBT),
    Kind("pet on the bed", ("empty",), partial(pet, where="bed"), _NOBODY),
    Kind("pet on the floor", ("empty", "still_duvet"), partial(pet, where="floor"), _NOBODY),
    Kind("pet beside sleeper", ("asleep",), partial(pet, where="floor"), _ASLEEP_OR_DOUBT, asleep=True),
    Kind("pets kept elsewhere", ("asleep",), pets_beside_sleeper, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("still beside sleeper", ("asleep_fallen_still",), as_it_is, _DOUBT),
    Kind("light over sleeper", ("asleep",), moving_light, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("light over nobody", ("empty", "still_duvet"), moving_light, _NOBODY),
    Kind("light over somebody", ("fallen", "up", "sitting_up"), moving_light, _WRONG),
    Kind("curtains over nobody", ("empty", "still_duvet"), curtains, _NOBODY),
    Kind("curtains, somebody", ("fallen", "up", "sitting_up"), curtains, _WRONG),
    Kind("curtains, sleeper", ("asleep",), curtains, _ASLEEP_OR_DOUBT, asleep=True),
    Kind("cold coder, nobody", ("empty", "still_duvet"), cold_encoder, _NOBODY),
    Kind("cold coder, sleeper", ("asleep",), cold_encoder, _ASLEEP_OR_DOUBT, asleep=True),
)
