"""A home with a camera and sensors, from its gateway through Debian's Mosquitto to the detector: one session, one finding."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from detector.service import running as judging
from drawn_homes import profile
from drawn_homes.thermal import array_profile as array
from gateway.service import Gateway
from schemas.messages import Config, Finding, Profile
from schemas.vocabulary import Answer, DeviceKind, Reason
from tests.integration.test_detector import CentreListener, hearing
from tests.integration.test_detector import settings as detector_settings
from tests.integration.test_gateway import SMALL, CentreSide, attempt, centre, running, settings
from tests.support.mosquitto import Mosquitto
from tests.support.waiting import eventually

__all__ = ["centre"]

_WARM = [{**zone, "name": "bed_warm", "seen_by": "sensors"} for zone in array()["zones"]]


def room(scene: str) -> Profile:
    """Return the profile of a drawn home: the camera's zones, the array's, and that both have to come."""
    zones = [zone.model_dump() for zone in Profile.model_validate(profile(scene)).zones]
    return Profile.model_validate(
        {"version": 4, "zones": [*zones, *_WARM], "senses": ["camera", "thermal_c", "ambient_c"]}
    )


@asynccontextmanager
async def home(broker: Mosquitto, source: str) -> AsyncIterator[tuple[Gateway, CentreListener]]:
    """Yield a gateway that looks through *source*, and who hears the detector that judges what it sends."""
    async with hearing(broker) as heard, judging(detector_settings(broker)):
        await eventually(lambda: heard.statuses)
        async with running(Gateway(settings(broker, source), tick_s=0.02)) as gateway:
            yield gateway, heard


async def looks(centre: CentreSide, scene: str) -> UUID:
    """Let the centre ask for one check, and wait for its session; return the check's id."""
    wanted = attempt()
    await eventually(lambda: centre.statuses)
    await centre.pulses()
    capture = SMALL.model_copy(update={"fps": 5, "width": 640, "height": 480})
    config = Config(version=1, attempts=(wanted,), capture=capture, profile=room(scene))
    await centre.says("config", config, retain=True)
    await eventually(lambda: centre.sessions)
    return wanted.check_id


def one_finding(heard: CentreListener) -> Callable[[], Finding]:
    def look() -> Finding:
        assert len(heard.findings) == 1, f"{len(heard.findings)} findings"
        return heard.findings[0]

    return look


@pytest.mark.parametrize(
    ("scene", "posture", "answer", "reasons"),
    [
        ("asleep", "asleep", Answer.IN_BED, ()),
        ("empty", "asleep", Answer.CANNOT_TELL, (Reason.CONTRADICTORY,)),
        ("fallen", "asleep", Answer.CANNOT_TELL, (Reason.CONTRADICTORY, Reason.ON_FLOOR)),
        ("fallen", "empty", Answer.SOMETHING_WRONG, (Reason.ON_FLOOR,)),
    ],
)
async def test_both_come_in_one_session_and_get_one_finding(
    mosquitto: Mosquitto, centre: CentreSide, scene: str, posture: str, answer: Answer, reasons: tuple[Reason, ...]
) -> None:
    async with home(mosquitto, f"scene:{scene} + sensor:{posture}") as (gateway, heard):
        check_id = await looks(centre, scene)
        found = await eventually(one_finding(heard))
        assert (found.answer, found.reasons, found.check_id) == (answer, reasons, check_id)
        session = centre.sessions[0]
        assert session.kind is DeviceKind.CAMERA and session.fault is None
        assert len(session.frames) >= 20 and [c.quantity for c in session.channels] == ["thermal_c", "ambient_c"]
        assert {"strength_in_bed", "warm_bed_c"} <= found.measures.keys()
        await centre.receipts(session)
        await eventually(lambda: not gateway.state.pending)
        assert (len(centre.sessions), len(heard.findings)) == (1, 1)


@pytest.mark.parametrize(
    ("source", "scene", "answer", "reasons", "says"),
    [
        ("camera:97 + sensor:asleep", "asleep", Answer.CANNOT_TELL, (Reason.FAULT,), "camera does not open"),
        ("scene:asleep + samples:nowhere.csv", "asleep", Answer.CANNOT_TELL, (Reason.FAULT,), "sensors: samples not"),
        (
            "scene:fallen + samples:nowhere.csv", "fallen", Answer.SOMETHING_WRONG, (Reason.ON_FLOOR, Reason.FAULT),
            "sensors: samples not",
        ),
    ],
)  # fmt: skip
async def test_half_of_it_is_sent_and_is_never_green(
    mosquitto: Mosquitto,
    centre: CentreSide,
    source: str,
    scene: str,
    answer: Answer,
    reasons: tuple[Reason, ...],
    says: str,
) -> None:
    async with home(mosquitto, source) as (_, heard):
        await looks(centre, scene)
        found = await eventually(one_finding(heard))
        assert (found.answer, found.reasons) == (answer, reasons)
        session = centre.sessions[0]
        assert session.fault is not None and session.fault.startswith(says)
        assert bool(session.frames) is not bool(session.channels)
        if session.frames:
            shown = await eventually(lambda: [picture.frames for picture in heard.pictures])
            assert shown == [session.frames], "a person can see what the camera saw"
        await eventually(lambda: centre.statuses[-1].fault == session.fault)
        assert centre.statuses[-1].camera_ok is bool(session.frames)


async def test_a_home_with_both_is_never_green_on_sensors_alone(mosquitto: Mosquitto, centre: CentreSide) -> None:
    async with home(mosquitto, "sensor:asleep") as (_, heard):
        await looks(centre, "asleep")
        found = await eventually(one_finding(heard))
        assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.FAULT,))
        assert found.detail == "nothing came of camera" and centre.sessions[0].fault is None
