"""The command that makes a room's profile from a take of it empty, or updates it by a confirmed take."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from detector import evaluate
from detector.calibrate import NoTake, calibrate, update
from detector.judge import judge
from detector.restless import COLUMNS, ROWS
from runtime.process import BAD_SETTINGS
from schemas.messages import Profile, Session
from schemas.vocabulary import Answer
from schemas.wire import Refused


def write_profile(
    take: Path,
    zones: Path,
    out: Path | None,
    *,
    fps: float,
    confirmed: Answer | None = None,
    moves_by_itself: bool = False,
) -> None:
    """Write the profile of the room in *take* to *out*, or print it; the take itself is not kept.

    With *confirmed*, *take* is a session of which people said so, and the profile in *zones* learns from it. With *moves_by_itself* nobody was
    there, whatever moves in it.
    """
    try:
        session, known = evaluate.session_of(take, fps=fps), read_zones(zones)
        if confirmed is None:
            filmed = session.started_at if take.is_file() else _newest(take)
            profile = calibrate(session.frames, known, at=filmed, moves_by_itself=moves_by_itself)
        else:
            profile = _learn(session, known, confirmed)
    except (evaluate.BadFolder, NoTake, Refused, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    text = profile.model_dump_json()
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    names = ", ".join(f"{zone.name} ({zone.kind})" for zone in profile.zones)
    typer.echo(f"{out}: version {profile.version}, zones {names}, {len(text)} bytes; no picture is kept")
    if profile.restless is not None:
        moving = sum(level > 0 for row in profile.restless.cells for level in row)
        typer.echo(
            f"{moving} of {ROWS * COLUMNS} cells moved with nobody there: somebody who falls there is seen by people, not told"
        )


def _newest(folder: Path) -> datetime:
    """Return when the newest of a folder's frames was written."""
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in folder.iterdir()), UTC)


def _learn(session: Session, known: Profile, confirmed: Answer) -> Profile:
    asked = session.model_copy(update={"profile": known})
    learnt = update(known, asked, judge(asked).model_copy(update={"answer": confirmed}))
    if learnt is known:
        raise NoTake(
            "it teaches nothing: the room is not calibrated, or the picture is not good, or shows another view"
        )
    return learnt


def read_zones(path: Path) -> Profile:
    """Return the profile in *path*, or the one of the bare zones there: ``{"bed": [[x, y], …], …}``, or with ``polygon`` and ``head``.

    Raises:
        NoTake: it is neither; the message says where it fails.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        bare = isinstance(data, dict) and bool(data) and all(_is_zone(value) for value in data.values())
        return Profile.model_validate({"zones": data} if bare and "zones" not in data else data)
    except ValidationError as errors:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'it'}: {e['msg']}" for e in errors.errors())
        raise NoTake(f"{path}: {wrong}") from None
    except ValueError as error:
        raise NoTake(f"{path}: not JSON: {error}") from None


def _is_zone(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and "polygon" in value)
