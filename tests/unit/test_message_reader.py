"""The message reader: a body that does not agree with its topic is refused, since the broker's rights are by topic."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from alarm_center import message_reader
from alarm_center.pictures import CommittedSession, Pictures
from schemas import topics, wire
from schemas.messages import DetectorStatus, Finding, Frame, LiveFrame, Message, Picture, Session, Status
from schemas.vocabulary import Answer, DeviceKind, LinkState
from tests.unit.payloads import JPEG

ORG, DEVICE, COMMAND = "ost", "cam1", uuid4()
FRAMES = (Frame(ms=0, jpeg=JPEG),)


def finding(org: str = ORG, device: str = DEVICE) -> Message:
    return Finding(session_id="s1", org=org, device=device, answer=Answer.NOT_SEEN)


def session(org: str = ORG, device: str = DEVICE, session_id: str = "s1") -> Message:
    return Session(
        session_id=session_id, org=org, device=device, kind=DeviceKind.CAMERA, started_at=datetime(2026, 10, 25, tzinfo=UTC), seconds=10, frames=FRAMES
    )  # fmt: skip


def picture(org: str = ORG, device: str = DEVICE, session_id: str = "s1") -> Message:
    return Picture(session_id=session_id, org=org, device=device, frames=FRAMES)


def live(org: str = ORG, device: str = DEVICE, command: UUID = COMMAND, sequence: int = 0) -> LiveFrame:
    return LiveFrame(command_id=command, org=org, device=device, sequence=sequence, frame=FRAMES[0])


FORGED = [
    ("finding", None, finding("vast")),
    ("finding", None, finding(device="cam2")),
    ("session", "s1", session("vast")),
    ("session", "s1", session(device="cam2")),
    ("session", "s1", session(session_id="s2")),
    ("picture", "s1", picture("vast")),
    ("picture", "s1", picture(device="cam2")),
    ("picture", "s1", picture(session_id="s2")),
    ("live", None, live("vast")),
    ("live", None, live(device="cam2")),
]


def refused(word: str, refusal: str = "topic_mismatch") -> float:
    return REGISTRY.get_sample_value("fjt_refused_total", {"kind": word, "refusal": refusal}) or 0.0


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    made = Pictures(10_000_000, lambda: 1000.0)
    made.note_timeline_read()
    yield made


@pytest.mark.parametrize(("word", "session_id", "forged"), FORGED)
def test_a_body_that_names_another_than_its_topic_is_refused(
    word: str, session_id: str | None, forged: Message
) -> None:
    before = refused(word)
    with capture_logs() as lines:
        taken = message_reader.read_message(type(forged), topics.of(ORG, DEVICE, word, session_id), wire.encode(forged))
    assert taken is None
    assert refused(word) == before + 1
    assert [(line["event"], line["of"], line["refusal"]) for line in lines] == [
        ("message_refused", word, "topic_mismatch")
    ]


def test_a_body_that_agrees_with_its_topic_is_read() -> None:
    for word, session_id, message in (
        ("finding", None, finding()),
        ("session", "s1", session()),
        ("picture", "s1", picture()),
        ("live", None, live()),
        ("status", None, Status(link=LinkState.UP)),
    ):
        assert (
            message_reader.read_message(type(message), topics.of(ORG, DEVICE, word, session_id), wire.encode(message))
            == message
        )


def test_a_message_on_the_topic_of_another_kind_is_refused() -> None:
    before = refused("finding")
    assert message_reader.read_message(Finding, topics.of(ORG, DEVICE, "status"), wire.encode(finding())) is None
    assert message_reader.read_message(Finding, "somebody/elses", wire.encode(finding())) is None
    assert refused("finding") == before + 2


def test_a_detector_speaks_only_for_itself() -> None:
    alive = DetectorStatus(detector_id="d1", version="1", link=LinkState.UP)
    assert message_reader.read_detector_status(topics.detector("d1"), wire.encode(alive)) == alive
    before = refused("detector")
    assert message_reader.read_detector_status(topics.detector("d2"), wire.encode(alive)) is None
    assert refused("detector") == before + 1


async def test_a_live_frame_of_another_town_is_not_shown(pictures: Pictures) -> None:
    pictures.expect_live("vast", "cam1", COMMAND)
    await pictures.on_live(topics.of(ORG, DEVICE, "live"), wire.encode(live("vast")))
    assert pictures.live_frame("vast", COMMAND) is None


async def test_a_live_frame_for_another_devices_command_is_refused(pictures: Pictures) -> None:
    pictures.expect_live(ORG, "cam2", COMMAND)
    before = refused("live")
    await pictures.on_live(topics.of(ORG, DEVICE, "live"), wire.encode(live()))
    assert (pictures.live_frame(ORG, COMMAND), refused("live")) == (None, before + 1)
    right = live(device="cam2", sequence=1)
    await pictures.on_live(topics.of(ORG, "cam2", "live"), wire.encode(right))
    assert pictures.live_frame(ORG, COMMAND) == right


async def test_a_sessions_frames_are_kept_only_from_its_own_topic(pictures: Pictures) -> None:
    await pictures.on_session(topics.of(ORG, "cam2", "session", "s1"), wire.encode(session()))
    await pictures.on_picture(topics.of(ORG, "cam2", "picture", "s1"), wire.encode(picture()))
    pictures.apply_commit(CommittedSession(ORG, "s1", needed=True, priority=2))
    assert pictures.fetch_picture(ORG, "s1") is None
