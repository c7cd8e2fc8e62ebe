"""Golden payloads: one message of each kind and version, as it was when its version was released.

``python -m tests.unit.golden_messages`` writes the payloads that are missing, and the names of the timeline's new kinds and
fields into ``timeline.json``; what is there is never touched, since it is the promise that it can still be read.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from schemas import messages as m
from schemas import wire
from schemas.timeline import EventKind
from schemas.vocabulary import Answer, DeviceKind, JudgePlace, LinkState, Reason, ReceiptState, Show
from tests.support.timeline_lines import fields_of

GOLDEN = Path(__file__).parent / "golden"

_BOOT = "5f3a0c1e9b7d4e62a8c4d1f07b6e2933"
_CHECK = UUID("0190f3a1-7c00-7000-8000-000000000001")
_COMMAND = UUID("0190f3a1-7c00-7000-8000-000000000002")
_SESSION = "0190f3a1-7c00-7000-8000-000000000003"
_OPENS = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
_CLOSES = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)

_PROFILE = m.Profile(
    version=3,
    zones=(
        m.Zone(name="bed_left", kind="bed", polygon=((0.1, 0.25), (0.5, 0.25), (0.5, 0.875), (0.1, 0.875))),
        m.Zone(name="bed_right", kind="bed", polygon=((0.5, 0.25), (0.9, 0.25), (0.9, 0.875))),
        m.Zone(name="window", kind="mask", polygon=((0.0, 0.0), (0.125, 0.0), (0.125, 0.25))),
    ),
    expected_people=2,
    pets=True,
    thresholds={"still_ratio": 2.5},
    signature=((0, 3, -2), (7, 1, 0)),
)

_BOTH = m.Profile(
    version=4,
    zones=(
        m.Zone(name="bed", kind="bed", polygon=((0.1, 0.25), (0.5, 0.25), (0.5, 0.875))),
        m.Zone(name="bed_warm", kind="bed", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0)), seen_by=DeviceKind.SENSORS),
    ),
    senses=("camera", "bed_load_kg"),
)

_HEADED = m.Profile(
    zones=(m.Zone(name="bed", kind="bed", polygon=((0.2, 0.3), (0.8, 0.3), (0.8, 0.9), (0.2, 0.9)), head=(0.5, 0.375)),)
)

_RESTLESS = m.Profile(restless=m.RestlessMap(taken_at=_OPENS, cells=((0, 3, 9), (0, 0, 0))))


def _frames(*names: str) -> tuple[m.Frame, ...]:
    """Return drawn frames, 200 ms apart."""
    folder = GOLDEN / "frames"
    return tuple(m.Frame(ms=200 * at, jpeg=(folder / name).read_bytes()) for at, name in enumerate(names))


def _session(**fields: object) -> m.Session:
    header = {
        "session_id": _SESSION,
        "org": "vik",
        "device": "d1",
        "check_id": _CHECK,
        "attempt": 1,
        "started_at": _OPENS,
        "seconds": 10,
        "software": "1.0.0",
    }
    return m.Session.model_validate({**header, **fields})


def _v1() -> dict[str, m.Message]:
    return {
        "pulse.json": m.Pulse(now=_OPENS),
        "config.json": m.Config(
            version=14,
            attempts=(
                m.ScheduledAttempt(
                    check_id=_CHECK,
                    attempt=1,
                    opens_at=_OPENS,
                    closes_at=_CLOSES,
                    seconds=10,
                    show=Show.DEVIATION,
                ),
            ),
            capture=m.Capture(fps=6, width=1280, height=720, jpeg_quality=70),
            profile=_PROFILE,
        ),
        "config_withdrawn.json": m.Config(version=15, withdrawn=True),
        "command_attempt.json": m.Command(
            command_id=_COMMAND,
            kind="attempt",
            case=_CHECK,
            check_id=_CHECK,
            attempt=2,
            seconds=10,
            show=Show.ALWAYS,
            expires_at=_CLOSES,
        ),
        "command_live.json": m.Command(command_id=_COMMAND, kind="live", case=_CHECK, seconds=30, expires_at=_CLOSES),
        "status.json": m.Status(
            link=LinkState.UP,
            config_version=14,
            software="1.0.0",
            camera_ok=False,
            fault="the camera does not open",
            wall_offset_s=-1.5,
            pending_sessions=1,
            preflight=(m.Preflight(check_id=_CHECK, attempt=1, fault="the camera does not open"),),
            sequence=7,
        ),
        "status_gone.json": m.Status(link=LinkState.GONE),
        "status_of_a_connection.json": m.Status(link=LinkState.UP, boot=_BOOT, connection=3, sequence=8),
        "status_gone_of_a_connection.json": m.Status(link=LinkState.GONE, boot=_BOOT, connection=3, sequence=7),
        "session_camera.cbor": _session(
            kind=DeviceKind.CAMERA, profile=_PROFILE, frames=_frames("a.jpg", "b.jpg", "c.jpg")
        ),
        "session_sensors.cbor": _session(
            kind=DeviceKind.SENSORS,
            show=Show.ALWAYS,
            command_id=_COMMAND,
            channels=(
                m.SensorChannel(
                    name="over_bed",
                    quantity="thermal_c",
                    rows=2,
                    columns=2,
                    ms=(0, 100),
                    values=((21.5, 30.25, 21.0, 22.0), (21.5, 30.5, 21.0, 22.0)),
                ),
                m.SensorChannel(name="door", quantity="door_open", ms=(0,), values=((0.0,),)),
            ),
        ),
        "session_both.cbor": _session(
            kind=DeviceKind.CAMERA,
            profile=_BOTH,
            frames=_frames("a.jpg", "b.jpg"),
            channels=(m.SensorChannel(name="bed", quantity="bed_load_kg", ms=(0, 200), values=((71.5,), (71.25,))),),
        ),
        "session_half.cbor": _session(
            kind=DeviceKind.CAMERA, profile=_BOTH, frames=_frames("a.jpg"), fault="sensors gave nothing"
        ),
        "session_fault.cbor": _session(kind=DeviceKind.CAMERA, fault="the camera does not open"),
        "finding_in_bed.json": m.Finding(
            session_id=_SESSION,
            org="vik",
            device="d1",
            check_id=_CHECK,
            attempt=1,
            answer=Answer.IN_BED,
            people=2,
            evidence=(m.Evidence(what="small_movement", zone="bed_left", value=35.5),),
            measures={"control_noise": 1.25},
            started_at=_OPENS,
            timings_ms={"judge": 24.5},
            profile_version=3,
            detector="1.0.0",
        ),
        "finding_cannot_tell.json": m.Finding(
            session_id=_SESSION,
            org="vik",
            device="d1",
            command_id=_COMMAND,
            answer=Answer.CANNOT_TELL,
            reasons=(Reason.COUNT, Reason.CONTRADICTORY),
            people=3,
            pictures=50,
            detail="three people",
        ),
        "picture.cbor": m.Picture(session_id=_SESSION, org="vik", device="d1", frames=_frames("a.jpg")),
        "live.cbor": m.LiveFrame(command_id=_COMMAND, org="vik", device="d1", sequence=4, frame=_frames("b.jpg")[0]),
        "live_last.cbor": m.LiveFrame(command_id=_COMMAND, org="vik", device="d1", sequence=5, last=True),
        "receipt_committed.json": m.Receipt(session_id=_SESSION, state=ReceiptState.COMMITTED),
        "receipt_refused.json": m.Receipt(session_id=_SESSION, state=ReceiptState.REFUSED, reason="consent_revoked"),
        "config_judged_at_home.json": m.Config(version=16, judge=JudgePlace.HOME),
        "config_head_end.json": m.Config(version=17, profile=_HEADED),
        "config_restless.json": m.Config(version=18, profile=_RESTLESS),
        "status_judge.json": m.Status(link=LinkState.UP, boot=_BOOT, connection=3, sequence=9, judge_ok=True),
        "receipt_frames_wanted.json": m.Receipt(session_id=_SESSION, state=ReceiptState.COMMITTED, frames_wanted=True),
        "home_finding.json": m.HomeFinding(
            session_id=_SESSION,
            org="vik",
            device="d1",
            check_id=_CHECK,
            attempt=1,
            answer=Answer.NOT_SEEN,
            started_at=_OPENS,
            pictures=50,
            profile_version=3,
            detector="1.0.0",
        ),
        "home_session.cbor": m.HomeSession.model_validate(
            _session(kind=DeviceKind.CAMERA, frames=_frames("a.jpg", "b.jpg")).model_dump()
        ),
        "home_picture.cbor": m.HomePicture(session_id=_SESSION, org="vik", device="d1", frames=_frames("a.jpg")),
        "detector.json": m.DetectorStatus(detector_id="judge-1", version="1.0.0", link=LinkState.UP),
    }


def expected() -> dict[str, dict[str, m.Message]]:
    """Return what each payload says: by version, by file."""
    return {"v1": _v1()}


def with_new_names(stored: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the names of the timeline's kinds and fields: those that are *stored*, then the new ones."""
    now = {kind.value: list(fields_of(kind)) for kind in EventKind}
    return {kind: list(dict.fromkeys([*stored.get(kind, ()), *now.get(kind, ())])) for kind in {**stored, **now}}


if __name__ == "__main__":
    names = GOLDEN / "timeline.json"
    kept = with_new_names(json.loads(names.read_text(encoding="utf-8")))
    lines = ",\n".join(f" {json.dumps(kind)}: {json.dumps(fields)}" for kind, fields in kept.items())
    names.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    for version, files in expected().items():
        for name, message in files.items():
            path = GOLDEN / version / name
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(wire.encode(message))
