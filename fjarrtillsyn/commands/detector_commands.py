"""Commands on the detector alone: explain one session, and measure it on a folder of labelled ones."""

import json
from pathlib import Path
from typing import Any

import cv2
import typer

from detector import evaluate
from detector.judge import judge
from detector.networks import load_network
from detector.person_model import BadModel, with_model
from runtime.process import BAD_SETTINGS
from schemas.messages import Session
from schemas.wire import Refused


def explain_session(
    path: Path, profile: Path | None, *, fps: float, as_json: bool, drawing: Path | None = None
) -> None:
    """Say what the detector makes of a folder of frames, or of a session as it was on the wire, and why; draw it too."""
    try:
        finding = evaluate.judge_path(path, profile, fps=fps)
        if drawing is not None:
            _draw(evaluate.session_of(path, profile, fps=fps), drawing)
    except (evaluate.BadFolder, Refused, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    typer.echo(finding.model_dump_json(indent=2) if as_json else evaluate.explain(finding))


def _draw(session: Session, drawing: Path) -> None:
    """Write what the detector saw as a picture that its owner alone may read: it shows people."""
    from detector.explain import draw

    png = cv2.imencode(".png", draw(session))[1].tobytes()
    drawing.touch(mode=0o600)
    drawing.write_bytes(png)


def measure_folder(folder: Path, network: Path | None, *, as_json: bool) -> None:
    """Report how good the detector is on *folder*, with the second look of *network*; the exit status is 1 on any false green."""
    try:
        decide = judge if network is None else with_model(judge, load_network(network))
        report = evaluate.evaluate_folder(folder, decide)
    except (evaluate.BadFolder, BadModel, OSError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    typer.echo(json.dumps(report, indent=2) if as_json else "\n".join(_table(report)))
    if report["false_green"] or report.get("thermal", {}).get("false_green"):
        raise typer.Exit(1)


def _table(report: dict[str, Any], title: str = "camera") -> list[str]:
    columns = ("n", "right", "false_green", "in_bed", "not_seen", "something_wrong", "cannot_tell")
    width = max(map(len, report["by_label"]), default=8)
    lines = [f"{title}: {report['sessions']} sessions, {report['false_green']} false green"]
    if "ms_per_frame" in report:
        lines[0] += f", {report['ms_per_frame']} ms a frame"
    lines.append(" ".join([" " * width, *(f"{name:>11}" for name in columns)]))
    for label, counts in report["by_label"].items():
        lines.append(" ".join([f"{label:<{width}}", *(f"{counts[name]:>11}" for name in columns)]))
    if "thermal" in report:
        lines += ["", *_table(report["thermal"], "thermal")]
    return lines
