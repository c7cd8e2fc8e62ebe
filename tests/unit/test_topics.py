"""Topics: what is built can be read back, and nothing else can be either."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import topics
from schemas.messages import MESSAGES
from schemas.topics import BadTopic, Topic

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True).filter(
    lambda name: name not in ("pulse", "detector")
)
WITH_SESSION = ("session", "picture", "home_session", "home_picture")
KINDS = [kind for kind in MESSAGES if kind not in ("pulse", "detector")]


def matches(pattern: str, topic: str) -> bool:
    """Say whether a broker delivers *topic* to a subscription of *pattern* (MQTT 3.1.1 §4.7)."""
    wanted, got = pattern.split("/"), topic.split("/")
    for at, part in enumerate(wanted):
        if part == "#":
            return True
        if at >= len(got) or part not in ("+", got[at]):
            return False
    return len(wanted) == len(got)


@given(NAMES, NAMES, st.sampled_from(KINDS), NAMES)
def test_what_is_built_is_read_back(org: str, device: str, kind: str, session: str) -> None:
    session_id = session if kind in WITH_SESSION else None
    text = topics.of(org, device, kind, session_id)
    assert topics.parse(text) == Topic(org, device, kind, session_id)
    assert str(topics.parse(text)) == text
    assert [each for each in KINDS if matches(topics.every(each), text)] == [kind]


@given(st.text(max_size=80) | NAMES.map(lambda name: f"{topics.ROOT}/{name}"))
def test_any_text_is_a_topic_of_ours_or_refused(text: str) -> None:
    for topic in (text, f"{topics.ROOT}/{text}", f"{topics.ROOT}/vik/{text}"):
        try:
            assert str(topics.parse(topic)) == topic
        except BadTopic as error:
            assert len(str(error)) < 400


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "fjarrtillsyn/v1",
        "fjarrtillsyn/v2/vik/d1/status",
        "other/v1/vik/d1/status",
        "/fjarrtillsyn/v1/vik/d1/status",
        "fjarrtillsyn/v1/vik/d1/status/",
        "fjarrtillsyn/v1/vik/d1/session",
        "fjarrtillsyn/v1/vik/d1/session/",
        "fjarrtillsyn/v1/vik/d1/status/s1",
        "fjarrtillsyn/v1/vik/d1/session/s1/more",
        "fjarrtillsyn/v1/Vik/d1/status",
        "fjarrtillsyn/v1/vik/d 1/status",
        "fjarrtillsyn/v1/vik/+/status",
        "fjarrtillsyn/v1/vik/#",
        "fjarrtillsyn/v1/vik/d1/pulse",
        "fjarrtillsyn/v1/detector/d1/status",
        "fjarrtillsyn/v1/pulse/d1/status",
        "fjarrtillsyn/v1/vik/d1/status\n",
        "fjarrtillsyn/v1/vik/d1\n/status",
        "fjarrtillsyn/v1/vik/" + "d" * 64 + "/status",
        topics.PULSE,
        topics.detector("judge-1"),
    ],
)  # fmt: skip
def test_a_topic_of_nobody_is_refused(topic: str) -> None:
    with pytest.raises(BadTopic):
        topics.parse(topic)


@pytest.mark.parametrize(
    ("org", "device", "kind", "session_id", "why"),
    [
        ("Vik", "d1", "status", None, "org 'Vik'"),
        ("vik", "", "status", None, "device ''"),
        ("detector", "d1", "status", None, "use another"),
        ("vik", "d1", "mood", None, "kind 'mood'"),
        ("vik", "d1", "session", None, "session id belongs"),
        ("vik", "d1", "status", "s1", "session id belongs"),
        ("vik", "d1", "session", "a/b", "session 'a/b'"),
    ],
)
def test_a_bad_topic_says_which_part(org: str, device: str, kind: str, session_id: str | None, why: str) -> None:
    with pytest.raises(BadTopic, match=why):
        topics.of(org, device, kind, session_id)


def test_only_what_replicas_may_take_turns_at_is_shared() -> None:
    assert topics.every("session", share="judges") == "$share/judges/fjarrtillsyn/v1/+/+/session/+"
    assert {kind for kind, route in topics.TABLE.items() if route.shared} == {
        "session", "finding", "home_finding", "status",
    }  # fmt: skip
    for kind in ("picture", "home_picture", "home_session", "live", "receipt", "config", "command"):
        with pytest.raises(BadTopic, match="hide it"):
            topics.every(kind, share="centre")
    with pytest.raises(BadTopic, match="share"):
        topics.every("session", share="a/#")
    with pytest.raises(BadTopic, match="kind"):
        topics.every("pulse")


def test_the_wide_topics_reach_no_device() -> None:
    device_topic = topics.of("vik", "d1", "status")
    assert not matches(topics.DETECTOR_STATUS_FILTER, device_topic)
    assert matches(topics.DETECTOR_STATUS_FILTER, topics.detector("judge-1"))
    assert not any(matches(topics.every(kind), topics.PULSE) for kind in KINDS)
    assert not any(matches(topics.every(kind), topics.detector("judge-1")) for kind in KINDS)
    with pytest.raises(BadTopic, match="detector id"):
        topics.detector("a/b")


def test_pictures_are_sent_once_and_never_kept() -> None:
    assert {kind for kind, route in topics.TABLE.items() if route.retained} == {"config"}
    assert {kind for kind, route in topics.TABLE.items() if route.qos == 0} == {"pulse", "picture", "live"}
    assert set(topics.TABLE) == set(MESSAGES)
