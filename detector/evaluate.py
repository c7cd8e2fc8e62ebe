"""The detector measured on a folder of labelled sessions; one folder of frames judged, and its finding as text."""

import csv
import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detector.judge import judge, judge_timed
from schemas import limits, wire
from schemas.messages import Finding, Frame, Profile, SensorChannel, Session
from schemas.vocabulary import Answer, DeviceKind

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_THERMAL_ROOM = Profile.model_validate({"zones": {"bed": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}})
"""The bed under the array of the footage: its lower two rows."""
_SHORT_S = 8.0
_LONG_S = 10.0

Judge = Callable[[Session], Finding]


class BadFolder(ValueError):
    """The folder is not in the footage's form; the message says what is missing and where."""


@dataclass(frozen=True, slots=True)
class LabelledSession:
    """One labelled session: what is right, and whether ``in_bed`` is ``required``, ``allowed`` or ``forbidden``."""

    session: Session
    label: str
    expected: tuple[str, ...]
    reason: str
    green: str


def evaluate_folder(path: Path, decide: Judge = judge) -> dict[str, Any]:
    """Return the report on a footage folder, as design and README of the footage have it.

    One object: ``sessions``, ``false_green``, ``by_label: {label: {n, right, false_green, in_bed, not_seen,
    something_wrong, cannot_tell}}``, ``ms_per_frame``, and under ``thermal`` the same of the thermal windows.

    Raises:
        BadFolder: there is no ``sessions.csv``, or a session or profile that it names is missing.
    """
    frames = 0
    spent = 0.0

    def clocked(session: Session) -> Finding:
        nonlocal frames, spent
        before = time.perf_counter()
        made = decide(session)
        spent += time.perf_counter() - before
        frames += len(session.frames)
        return made

    report = _report(camera_rows(path), clocked)
    report["ms_per_frame"] = round(spent * 1000 / max(frames, 1), 3)
    if (path / "thermal" / "sessions.csv").is_file():
        report["thermal"] = _report(thermal_rows(path / "thermal"), decide)
    return report


def judge_path(path: Path, profile_path: Path | None = None, *, fps: float = 5.0) -> Finding:
    """Return the finding on what :func:`session_of` reads; it raises the same."""
    return judge_timed(session_of(path, profile_path, fps=fps))


def session_of(path: Path, profile_path: Path | None = None, *, fps: float = 5.0) -> Session:
    """Return a folder of JPEG frames (in the order of their names), or a session as it was on the wire, as a session.

    Raises:
        BadFolder: *path* holds no frames, or the profile cannot be read.
        schemas.wire.Refused: *path* is a file that is no session.
    """
    profile = _profile(profile_path) if profile_path else None
    if path.is_file():
        session = wire.decode(Session, path.read_bytes())
        return session if profile is None else session.model_copy(update={"profile": profile})
    return _session("judged", profile or Profile(), _played(_pictures(path), fps, as_it_is=True), fps)


def explain(finding: Finding) -> str:
    """Return *finding* as text for a developer: the answer, why, and every measure by its name."""
    reasons = ", ".join(finding.reasons) or "-"
    lines = [f"{finding.answer}  reason: {reasons}  people: {'-' if finding.people is None else finding.people}"]
    if finding.detail:
        lines.append(f"  {finding.detail}")
    lines += [f"  saw {e.what} in {e.zone or 'no zone'}: {e.value}" for e in finding.evidence]
    width = max((len(name) for name in finding.measures), default=0)
    lines += [f"  {name:<{width}}  {value:g}" for name, value in sorted(finding.measures.items())]
    lines += [f"  {name} took {value:g} ms" for name, value in finding.timings_ms.items()]
    return "\n".join(lines)


def camera_rows(path: Path) -> Iterator[LabelledSession]:
    """Yield the folder's camera sessions; one shorter than 8 s is played forwards and backwards until 10 s, and says so.

    Raises:
        BadFolder: something that ``sessions.csv`` names is missing.
    """
    profiles: dict[str, Profile] = {}
    for row in _table(path / "sessions.csv"):
        scene, fps = row["scene"], float(row["fps"])
        if scene not in profiles:
            profiles[scene] = _profile(path / "scenes" / scene / "profile.json")
        pictures = _pictures(path / "sessions" / row["session"])
        frames = _played(pictures, fps, as_it_is="frozen" in row["label"])
        replayed = len(frames) > len(pictures) or "loop" in row.get("derived", "")
        yield _row(row, _session(row["session"], profiles[scene], frames, fps, replayed=replayed))


def thermal_rows(path: Path) -> Iterator[LabelledSession]:
    """Yield the folder's thermal windows as sensor sessions: a 4 × 4 array and its ambient, °C.

    Raises:
        BadFolder: ``samples.csv.gz`` is missing.
    """
    samples: dict[str, list[list[float]]] = {}
    source = path / "samples.csv.gz"
    if not source.is_file():
        raise BadFolder(f"{source}: not there")
    with gzip.open(source, "rt", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        for name, *numbers in reader:
            samples.setdefault(name, []).append([float(number) for number in numbers])
    file_profile = path / "profile.json"
    profile = _profile(file_profile) if file_profile.is_file() else _THERMAL_ROOM
    for row in _table(path / "sessions.csv"):
        series = samples.get(row["session"], [])
        ms = tuple(round(values[0] * 1000) for values in series)
        channels = (
            SensorChannel(
                name="array", quantity="thermal_c", rows=4, columns=4, ms=ms, values=tuple(tuple(v[2:]) for v in series)
            ),
            SensorChannel(name="ambient", quantity="ambient_c", ms=ms, values=tuple((v[1],) for v in series)),
        )
        session = Session(
            session_id=_name(row["session"]), org="footage", device="thermal", kind=DeviceKind.SENSORS,
            started_at=_EPOCH, seconds=10, profile=profile, channels=channels,
        )  # fmt: skip
        yield _row(row, session)


def _report(rows: Iterator[LabelledSession], decide: Judge) -> dict[str, Any]:
    labels: dict[str, dict[str, int]] = {}
    for row in rows:
        answer = str(decide(row.session).answer)
        of = labels.setdefault(row.label, {"n": 0, "right": 0, "false_green": 0} | {str(a): 0 for a in Answer})
        of["n"] += 1
        of["right"] += answer in row.expected
        of["false_green"] += answer == Answer.IN_BED and row.green == "forbidden"
        of[answer] += 1
    return {
        "sessions": sum(of["n"] for of in labels.values()),
        "false_green": sum(of["false_green"] for of in labels.values()),
        "by_label": dict(sorted(labels.items())),
    }


def _row(row: dict[str, str], session: Session) -> LabelledSession:
    return LabelledSession(
        session, row["label"], tuple(row["expected"].split("|")), row.get("reason", ""), row["green"]
    )


def _table(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise BadFolder(f"{path}: not there; expected a table of sessions")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _profile(path: Path) -> Profile:
    try:
        return Profile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadFolder(f"{path}: {error}") from None


def _pictures(path: Path) -> list[bytes]:
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in (".jpg", ".jpeg")) if path.is_dir() else []
    if not found:
        raise BadFolder(f"{path}: no .jpg frames there")
    return [p.read_bytes() for p in found]


def _played(pictures: list[bytes], fps: float, *, as_it_is: bool) -> list[bytes]:
    """Return *pictures* forwards and backwards until they last 10 s, if they last less than 8."""
    if as_it_is or len(pictures) < 2 or len(pictures) / fps >= _SHORT_S:
        return pictures
    there_and_back = pictures + pictures[-2:0:-1]
    return [there_and_back[i % len(there_and_back)] for i in range(round(_LONG_S * fps))]


def _session(name: str, profile: Profile, pictures: list[bytes], fps: float, *, replayed: bool = False) -> Session:
    shown = pictures[: limits.FRAMES]
    seconds = min(max(round(len(shown) / fps), limits.SECONDS_MIN), limits.SECONDS_MAX)
    frames = tuple(Frame(ms=round(i * 1000 / fps), jpeg=picture) for i, picture in enumerate(shown))
    return Session(
        session_id=_name(name), org="footage", device="camera", kind=DeviceKind.CAMERA,
        started_at=_EPOCH, seconds=seconds, profile=profile, frames=frames, replayed=replayed,
    )  # fmt: skip


def _name(text: str) -> str:
    return (
        "".join(c if c in "abcdefghijklmnopqrstuvwxyz0123456789_-" else "-" for c in text.lower())[:63].strip("-_")
        or "s"
    )
