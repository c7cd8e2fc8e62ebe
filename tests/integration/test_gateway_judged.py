"""The drawn homes before the detector: a demo or a test that shows a sleeper is judged to show a sleeper."""

from datetime import UTC, datetime

import pytest

import drawn_homes
from detector.judge import judge
from drawn_homes import thermal
from gateway.sources import open_source
from schemas.messages import Capture, Finding, Profile, Session
from schemas.vocabulary import Answer, Reason

ANSWERS: dict[str, tuple[Answer, Reason | None]] = {
    "scene:asleep": (Answer.IN_BED, None),
    "scene:asleep_couple": (Answer.IN_BED, None),
    "scene:empty": (Answer.NOT_SEEN, None),
    "scene:fallen": (Answer.SOMETHING_WRONG, Reason.ON_FLOOR),
    "scene:up": (Answer.SOMETHING_WRONG, Reason.UP),
    "scene:covered": (Answer.CANNOT_TELL, Reason.COVERED),
    "scene:dark": (Answer.CANNOT_TELL, Reason.DARK),
    "scene:two": (Answer.CANNOT_TELL, Reason.COUNT),
    "scene:couple_one_missing": (Answer.CANNOT_TELL, Reason.COUNT),
    "sensor:asleep": (Answer.IN_BED, None),
    "sensor:empty": (Answer.NOT_SEEN, None),
}
NEVER_GREEN = ["scene:still_duvet", "scene:sitting_up", "sensor:just_left", "sensor:up", "sensor:fallen"]


def judged(text: str, seed: int) -> Finding:
    kind, _, name = text.partition(":")
    source = open_source(text, seed)
    taken = source.take(10, Capture(), lambda: False)
    session = Session(
        session_id="drawn",
        org="ekby",
        device="b27",
        kind=source.kind,
        started_at=datetime(2026, 11, 22, 1, tzinfo=UTC),
        seconds=10,
        profile=Profile.model_validate(thermal.array_profile() if kind == "sensor" else drawn_homes.profile(name)),
        frames=taken.frames,
        channels=taken.channels,
    )
    return judge(session)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("text", ANSWERS)
def test_a_drawn_home_is_judged_as_it_is_named(text: str, seed: int) -> None:
    finding = judged(text, seed)
    assert (finding.answer, *finding.reasons[:1]) == tuple(word for word in ANSWERS[text] if word is not None)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("text", NEVER_GREEN)
def test_a_drawn_home_without_a_sleeper_is_never_green(text: str, seed: int) -> None:
    assert judged(text, seed).answer is not Answer.IN_BED
