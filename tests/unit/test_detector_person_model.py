"""A second look forbids a green or makes an alarm of not_seen, and no more; its silence is nothing."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from detector.judge import judge
from detector.person_model import BadModel, PersonBox, PersonModel, second_look, with_model
from detector.service import Detector
from detector.settings import DetectorSettings
from schemas.messages import Finding, Frame, Profile, Session
from schemas.vocabulary import REASONS, Answer, LinkState, Reason
from tests.unit.detector_sessions import BED, NIGHT, night, session
from tests.unit.tiny_onnx import red_is_a_person

SIDE = 320


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "red.onnx"
    path.write_bytes(red_is_a_person(SIDE, 1.5, 3.0))
    return path


@pytest.fixture(scope="module")
def model(file: Path) -> PersonModel:
    return PersonModel.load(file, SIDE)


def red(frame: Frame, left: int, top: int) -> Frame:
    """Return *frame*, 640 × 480, with a red square of 96 pixels."""
    picture = cv2.imdecode(np.frombuffer(frame.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    picture[top : top + 96, left : left + 96] = (0, 0, 255)
    return Frame(ms=frame.ms, jpeg=to_jpeg(np.asarray(picture, np.uint8)))


def to_jpeg(picture: npt.NDArray[np.uint8]) -> bytes:
    return cv2.imencode(".jpg", picture)[1].tobytes()


def with_red(asked: Session, left: int, top: int) -> Session:
    return asked.model_copy(update={"frames": tuple(red(frame, left, top) for frame in asked.frames)})


@pytest.mark.parametrize(("left", "top"), [(128, 64), (370, 300), (500, 10)])
def test_a_person_is_found_where_they_are_and_once(model: PersonModel, left: int, top: int) -> None:
    people = model.people((red(night("empty").frames[0], left, top),))
    assert len(people) == 1
    middle = ((people[0].left + people[0].right) * 320, (people[0].top + people[0].bottom) * 240)
    assert abs(middle[0] - left - 48) < 60 and abs(middle[1] - top - 48) < 60


def test_turned_copies_find_who_lies(file: Path, model: PersonModel) -> None:
    """The box is upright on the copy that was turned, so it lies in the picture."""
    picture = np.full((480, 640, 3), 90, np.uint8)
    picture[128:256, 256:384] = (90, 0, 255)
    for turn, lies in ((None, False), (cv2.ROTATE_90_CLOCKWISE, True), (cv2.ROTATE_90_COUNTERCLOCKWISE, True)):
        found = model._look(picture, turn)
        assert found and all((person.long > 1.2) is lies for person in found)
        assert all(0.3 < (p.left + p.right) / 2 < 0.7 and 0.2 < (p.top + p.bottom) / 2 < 0.6 for p in found)


@pytest.mark.parametrize("jpeg", [b"", b"no picture", b"\xff\xd8\xff\xd9", b"\xff\xd8" + bytes(99)])
def test_what_is_no_picture_shows_nobody(model: PersonModel, jpeg: bytes) -> None:
    assert model.people((Frame(ms=0, jpeg=jpeg),)) == ()
    assert model.people(()) == ()


@pytest.mark.parametrize("content", [b"", b"no network", red_is_a_person(64)])
def test_a_file_that_is_no_such_network_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(BadModel, match=r"bad\.onnx.*YOLOX"):
        PersonModel.load(tmp_path / "bad.onnx", SIDE)


def test_silence_changes_nothing(model: PersonModel) -> None:
    for scene in ("asleep", "empty", "fallen", "dark"):
        assert with_model(judge, model)(night(scene)) == judge(night(scene))


def test_it_raises_where_the_detector_saw_nobody(model: PersonModel) -> None:
    found = with_model(judge, model)(with_red(night("empty"), 40, 340))
    assert found.answer is Answer.SOMETHING_WRONG
    assert [e.what for e in found.evidence][-1:] == ["person"]


IN_BED = PersonBox(0.4, 0.4, 0.6, 0.6, 0.9, 1.3)
LIES = PersonBox(0.0, 0.85, 0.4, 1.0, 0.9, 3.5)
STANDS = PersonBox(0.85, 0.1, 1.0, 0.9, 0.9, 0.25)


def said(answer: Answer, *reasons: Reason) -> Finding:
    green = judge(night("asleep"))
    if answer is Answer.IN_BED:
        return green
    return green.model_copy(update={"answer": answer, "reasons": reasons, "people": None, "evidence": ()})


@pytest.mark.parametrize(
    ("first", "people", "answer", "reasons"),
    [
        ((Answer.NOT_SEEN,), (LIES,), Answer.SOMETHING_WRONG, (Reason.ON_FLOOR,)),
        ((Answer.NOT_SEEN,), (STANDS,), Answer.SOMETHING_WRONG, (Reason.UP,)),
        ((Answer.NOT_SEEN,), (IN_BED,), Answer.NOT_SEEN, ()),
        ((Answer.CANNOT_TELL, Reason.STILL), (LIES,), Answer.CANNOT_TELL, (Reason.STILL,)),
        ((Answer.CANNOT_TELL, Reason.STILL), (IN_BED,), Answer.CANNOT_TELL, (Reason.STILL,)),
        ((Answer.CANNOT_TELL, Reason.COVERED), (LIES,), Answer.CANNOT_TELL, (Reason.COVERED,)),
        ((Answer.SOMETHING_WRONG, Reason.UP), (IN_BED,), Answer.SOMETHING_WRONG, (Reason.UP,)),
        ((Answer.IN_BED,), (IN_BED,), Answer.IN_BED, ()),
        ((Answer.IN_BED,), (STANDS,), Answer.CANNOT_TELL, (Reason.COUNT,)),
        ((Answer.IN_BED,), (IN_BED, LIES), Answer.CANNOT_TELL, (Reason.COUNT,)),
        ((Answer.IN_BED,), (IN_BED, IN_BED), Answer.CANNOT_TELL, (Reason.COUNT,)),
    ],
)
def test_what_it_does_to_a_finding(
    first: tuple[Answer] | tuple[Answer, Reason],
    people: tuple[PersonBox, ...],
    answer: Answer,
    reasons: tuple[Reason, ...],
) -> None:
    found = second_look(said(*first), people, BED)
    assert (found.answer, found.reasons) == (answer, reasons)
    assert sum(e.what == "person" for e in found.evidence) == len(people)


def test_it_forbids_a_green_or_raises_not_seen_and_no_more() -> None:
    allowed = {(Answer.IN_BED, Answer.CANNOT_TELL), (Answer.NOT_SEEN, Answer.SOMETHING_WRONG)}
    changed = set()
    for answer in Answer:
        for reason in REASONS[answer] or (None,):
            first = said(answer, *((reason,) if reason else ()))
            for people in ((), (IN_BED,), (IN_BED, IN_BED), (LIES,), (STANDS, IN_BED)):
                for in_bed_too in (False, True):
                    found = second_look(first, people, BED, in_bed_too=in_bed_too)
                    assert Finding.model_validate(found.model_dump()) == found
                    if found.answer is answer:
                        assert found.reasons == first.reasons
                    else:
                        changed.add((answer, found.answer))
    assert changed == allowed


def test_a_network_that_sees_no_beds_counts_nobody_in_one() -> None:
    assert second_look(said(Answer.IN_BED), (IN_BED, IN_BED), BED, in_bed_too=False) == said(Answer.IN_BED)


def test_a_mask_is_not_looked_at(model: PersonModel) -> None:
    frame = red(night("empty").frames[0], 40, 340)
    corner = [[0.0, 0.6], [0.3, 0.6], [0.3, 1.0], [0.0, 1.0]]
    assert len(model.people((frame,))) == 1
    assert model.people((frame,), Profile.model_validate({"zones": {"mask": corner}})) == ()


def test_only_findings_that_it_may_change_cost_a_look() -> None:
    class Never:
        sees_beds = True

        def people(self, frames: object, profile: object) -> tuple[PersonBox, ...]:
            raise AssertionError("looked at")

    assert with_model(judge, Never())(night("fallen")) == judge(night("fallen"))
    assert with_model(judge, Never())(night("dark")) == judge(night("dark"))


def test_the_service_has_one_only_where_it_is_set(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = with_red(night("empty"), 40, 340)
    without = Detector(DetectorSettings())
    assert without._decide(asked) == judge(asked)
    assert without._status(LinkState.UP).version.endswith(", no person network")
    monkeypatch.setenv("FJT_PERSON_MODEL", str(file))
    monkeypatch.setenv("FJT_PERSON_MODEL_SIDE", str(SIDE))
    detector = Detector(DetectorSettings())
    assert detector._decide(asked).answer is Answer.SOMETHING_WRONG
    assert detector._status(LinkState.UP).version.endswith(f", person network {file.name}")
    monkeypatch.setenv("FJT_PERSON_MODEL", str(file.parent / "none.onnx"))
    with pytest.raises(ValueError, match=r"FJT_PERSON_MODEL: no file"):
        DetectorSettings()


def test_a_session_of_sensors_is_not_looked_at(model: PersonModel) -> None:
    bare = session([]).model_copy(update={"started_at": NIGHT})
    assert with_model(judge, model)(bare) == judge(bare)
