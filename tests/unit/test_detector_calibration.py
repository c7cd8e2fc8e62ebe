"""The empty room as small numbers: known in other light, told from a turned camera, no picture, and never a green."""

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector import known_room, signature, zones
from detector.calibrate import NoTake, calibrate, update
from detector.clip import decode
from detector.judge import judge
from detector.thresholds import Thresholds
from detector.verdict import Verdict
from schemas.messages import Finding, Frame, Profile, Session
from schemas.vocabulary import REASONS, Answer, Reason
from tests.unit.detector_alterations import Alteration
from tests.unit.detector_sessions import grey, jpeg, night

EMPTY_ROOM = ("brightness", "gamma", "noise", "coding", "drift", "television", "shadow", "turn")


def calibrated(scene: str, seed: int = 1) -> Profile:
    """Return the profile of a drawn home, calibrated by a take of it empty."""
    return calibrate(night("empty", seed).frames, night(scene, seed).profile)


def known(scene: str, seed: int = 1) -> Session:
    """Return a drawn night in a home that was calibrated."""
    return night(scene, seed).model_copy(update={"profile": calibrated(scene, seed)})


def warped(asked: Session, degrees: float, aside: float = 0.0, zoom: float = 1.0) -> Session:
    """Return *asked* as a camera that was turned, and pushed *aside* by a share of the width, would have seen it."""
    matrix = cv2.getRotationMatrix2D((320, 240), degrees, zoom)
    matrix[0, 2] += aside * 640
    frames = tuple(
        Frame(ms=f.ms, jpeg=jpeg(cv2.warpAffine(grey(f), matrix, (640, 480), borderMode=cv2.BORDER_REFLECT)))
        for f in asked.frames
    )
    return asked.model_copy(update={"frames": frames})


def frozen_still(asked: Session, seed: int = 1) -> Session:
    """Return *asked* with its first picture held and the sensor's noise new in each frame: nothing moves."""
    rng = np.random.default_rng(seed)
    still = cv2.GaussianBlur(grey(asked.frames[0]), (0, 0), 0.8)
    frames = tuple(Frame(ms=f.ms, jpeg=jpeg(still + rng.normal(0, 2.4, still.shape))) for f in asked.frames)
    return asked.model_copy(update={"frames": frames})


def difference(asked: Session) -> signature.Difference:
    """Return how *asked*'s structure differs from its profile's."""
    usual = signature.from_rows(asked.profile.signature)
    clip = decode(asked.frames)
    assert usual is not None and clip is not None
    where = zones.rasterise_zones(asked.profile, (signature.ROWS, signature.COLUMNS))
    return signature.compare_structures(usual, signature.structure_of(clip.pictures), where)


def test_a_signature_fits_the_contract_and_comes_back() -> None:
    profile = calibrated("empty")
    again = Profile.model_validate_json(profile.model_dump_json())
    assert again == profile
    assert profile.version == night("empty").profile.version + 1
    usual = signature.from_rows(profile.signature)
    assert usual is not None and signature.to_rows(usual) == profile.signature


def test_a_signature_holds_too_little_to_be_a_picture() -> None:
    """A cell has 25 × 9 × 9 values besides its trust: 11 bits for 1600 pixels of the picture."""
    cells = np.array(calibrated("empty").signature[1:]).reshape(signature.ROWS, signature.COLUMNS, 4)
    assert cells[..., 0].min() >= 0 and cells[..., 0].max() <= 24
    assert np.abs(cells[..., 1:3]).max() <= 4
    bits = cells[..., 0].size * np.log2(25 * 9 * 9)
    assert bits / 8 < 300


def test_two_rooms_that_look_nothing_alike_may_share_a_signature() -> None:
    """Which side of an edge is the lighter, and where in its cell it runs, is not kept: the way back is not there."""
    x = np.arange(640)[None, :] + np.zeros((480, 1))
    stripes = [np.where((x + shift) % 40 < 20, 60.0, 160.0) for shift in (0, 7, 20, 31)]
    rows = [signature.to_rows(signature.structure_of((jpeg_grey(picture),) * 2))[1:] for picture in stripes]
    inner = [np.array(r).reshape(12, 16, 4)[:, 1:-1] for r in rows]
    for other in inner[1:]:
        assert np.abs(other - inner[0]).max() <= 1


def jpeg_grey(
    picture: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return picture.astype(np.uint8)[::2, ::2]


@pytest.mark.parametrize("name", EMPTY_ROOM)
def test_the_room_is_known_in_other_light(name: str) -> None:
    for seed in range(2):
        seen = difference(Alteration(seed, (name,)).of(known("empty")))
        assert seen.turned <= 0.2
        assert seen.share(zones.rasterise_zones(night("empty").profile, (12, 16)).at_rest) <= 0.1


@pytest.mark.parametrize(
    ("scene", "answer", "reason"),
    [
        ("asleep", Answer.IN_BED, None),
        ("empty", Answer.NOT_SEEN, None),
        ("fallen", Answer.SOMETHING_WRONG, Reason.ON_FLOOR),
        ("up", Answer.SOMETHING_WRONG, Reason.UP),
        ("sitting_up", Answer.SOMETHING_WRONG, Reason.AT_EDGE),
        ("still_duvet", Answer.CANNOT_TELL, Reason.STILL),
    ],
)
def test_what_a_calibrated_room_says(scene: str, answer: Answer, reason: Reason | None) -> None:
    found = judge(known(scene))
    assert (found.answer, found.reasons) == (answer, (reason,) if reason else ())
    assert found.measures["view_changed"] < 0.45


def test_a_sleeper_is_a_shape_that_the_empty_bed_has_not() -> None:
    found = judge(known("asleep"))
    assert {e.what for e in found.evidence} == {"moves", "shape"}
    assert judge(known("empty")).measures["shape_in_bed"] == 0.0


@pytest.mark.parametrize(
    ("degrees", "aside", "zoom"), [(25.0, 0.0, 1.0), (0.0, 0.12, 1.0), (0.0, -0.2, 1.0), (0.0, 0.0, 1.5)]
)
@pytest.mark.parametrize("scene", ["asleep", "empty"])
def test_a_camera_that_was_turned_since_is_told(scene: str, degrees: float, aside: float, zoom: float) -> None:
    assert judge(warped(known(scene), degrees, aside, zoom)).reasons == (Reason.MOVED,)


def test_two_degrees_are_the_same_view() -> None:
    found = judge(warped(known("asleep"), 2.0))
    assert found.reasons != (Reason.MOVED,) and found.measures["view_changed"] < 0.2


def test_a_still_body_on_the_floor_is_doubt_not_an_empty_room() -> None:
    lying = frozen_still(night("fallen"))
    assert judge(lying).answer is Answer.NOT_SEEN
    found = judge(lying.model_copy(update={"profile": calibrated("fallen")}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))
    assert "outside the bed" in found.detail


def test_structure_alone_never_makes_a_green() -> None:
    for scene in ("still_duvet", "fallen", "up", "two", "couple_one_missing", "covered", "dark"):
        assert judge(known(scene)).answer is not Answer.IN_BED
    assert judge(frozen_still(known("asleep"))).answer is not Answer.IN_BED


def test_structure_alone_is_never_green() -> None:
    clip = decode(night("up").frames)
    assert clip is not None
    turned = decode(warped(night("up"), 30.0, 0.2).frames)
    assert turned is not None
    for answer in Answer:
        for reason in REASONS[answer] or (None,):
            said = Verdict(answer, reason, 1, judge(night("asleep")).evidence, {})
            for seen in (clip, turned):
                made = known_room.check_against_room(said, seen, calibrated("up"), Thresholds())
                assert made.answer is not Answer.IN_BED or answer is Answer.IN_BED
                assert (made.answer is answer) or made.reason in {Reason.MOVED, Reason.STILL, Reason.COUNT}
                assert answer is not Answer.SOMETHING_WRONG or made.answer is answer or seen is turned


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(jpegs=st.lists(st.binary(max_size=200), max_size=8), level=st.integers(0, 255), real=st.booleans())
def test_any_take_is_refused_with_a_reason_or_makes_a_profile(jpegs: list[bytes], level: int, real: bool) -> None:
    plain = jpeg(np.full((240, 320), level))
    frames = [b"\xff\xd8" + data + b"\xff\xd9" for data in jpegs] + [plain] * 9
    frames += [f.jpeg for f in night("empty").frames] if real else []
    try:
        made = calibrate([Frame(ms=n * 200, jpeg=data) for n, data in enumerate(frames)], night("empty").profile)
    except NoTake as why:
        assert str(why)
    else:
        assert signature.from_rows(made.signature) is not None


def test_movement_in_a_bed_that_looks_empty_is_doubt() -> None:
    """Calibrated by a take with somebody's shape in the bed: then the bed looks 'as empty' with the sleeper in it."""
    asked = night("asleep")
    usual = signature.structure_of(clip.pictures) if (clip := decode(asked.frames)) else None
    assert usual is not None
    profile = asked.profile.model_copy(update={"signature": signature.to_rows(usual)})
    found = judge(asked.model_copy(update={"profile": profile}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.STILL,))


@pytest.mark.parametrize(
    "rows", [((1, 2), (3, 4)), ((1, 12, 16, 0, 0, 0),) * 13, ((9, 12, 16, 0, 0, 0), *(((1,) * 64,) * 12))]
)
def test_a_signature_of_another_form_is_passed_over(rows: tuple[tuple[int, ...], ...]) -> None:
    asked = night("asleep")
    odd = asked.model_copy(update={"profile": asked.profile.model_copy(update={"signature": rows})})
    assert judge(odd).answer is Answer.IN_BED


def test_any_numbers_in_a_signature_give_an_answer() -> None:
    rng = np.random.default_rng(3)
    asked = night("empty")
    for _ in range(20):
        rows = (
            (1, 12, 16, int(rng.integers(-99, 99)), 0, 0),
            *map(tuple, rng.integers(-32768, 32767, (12, 64)).tolist()),
        )
        profile = asked.profile.model_copy(update={"signature": rows})
        assert judge(asked.model_copy(update={"profile": profile})).answer is not Answer.IN_BED


@pytest.mark.parametrize(
    ("frames", "room", "why"),
    [
        (None, "empty", "usable size"),
        ("empty", None, "no bed"),
        ("dark", "dark", "dark"),
        ("asleep", "asleep", "moves"),
        ("up", "up", "moves"),
    ],
)
def test_a_take_that_cannot_serve_says_why(frames: str | None, room: str | None, why: str) -> None:
    with pytest.raises(NoTake, match=why):
        calibrate(night(frames).frames if frames else (), night(room).profile if room else Profile())


def confirmed(asked: Session, answer: Answer) -> Finding:
    found = judge(asked)
    more = {"people": 1, "evidence": judge(night("asleep")).evidence} if answer is Answer.IN_BED else {}
    return found.model_copy(update={"answer": answer, "reasons": (), **more})


def test_furniture_that_was_moved_becomes_the_room_again() -> None:
    """A chair where the floor was bare: doubt at first, known after a dozen sessions that people confirmed."""
    asked = known("empty")
    pictures = [grey(f) for f in asked.frames]
    for picture in pictures:
        cv2.rectangle(picture, (30, 250), (140, 420), 150.0, 10)
        cv2.line(picture, (30, 330), (140, 330), 150.0, 10)
    chair = asked.model_copy(
        update={"frames": tuple(Frame(ms=f.ms, jpeg=jpeg(p)) for f, p in zip(asked.frames, pictures, strict=True))}
    )
    first = judge(chair)
    assert first.measures["shape_elsewhere"] >= 6 and first.reasons == (Reason.STILL,)
    profile = asked.profile
    for _ in range(14):
        profile = update(profile, chair, confirmed(chair, Answer.NOT_SEEN))
    assert judge(chair.model_copy(update={"profile": profile})).answer is Answer.NOT_SEEN
    assert profile.version == asked.profile.version + 14
    turned = warped(chair, 30.0, 0.2).model_copy(update={"profile": profile})
    assert judge(turned).reasons == (Reason.MOVED,)


def test_a_sleeper_is_never_learnt_as_the_empty_bed() -> None:
    asked = known("asleep")
    profile = asked.profile
    for _ in range(30):
        profile = update(profile, asked, confirmed(asked, Answer.IN_BED))
    found = judge(asked.model_copy(update={"profile": profile}))
    assert found.answer is Answer.IN_BED
    assert found.measures["shape_in_bed"] == judge(asked).measures["shape_in_bed"]


def test_what_teaches_nothing() -> None:
    asked = known("empty")
    wrong = judge(known("fallen"))
    assert update(asked.profile, asked, wrong) is asked.profile
    turned = warped(asked, 30.0, 0.2)
    assert update(asked.profile, turned, confirmed(turned, Answer.NOT_SEEN)) is asked.profile
    dark = night("dark")
    assert update(asked.profile, dark, confirmed(dark, Answer.NOT_SEEN)) is asked.profile
    bare = night("empty").profile
    assert update(bare, asked, confirmed(asked, Answer.NOT_SEEN)) is bare


def test_somebody_still_on_the_floor_forbids_a_sleepers_green() -> None:
    """Only a calibrated room knows: nothing of them moves."""
    asked, lying = night("asleep"), grey(night("fallen").frames[0])
    outline = (np.abs(lying - grey(night("empty").frames[0])) > 12.0).astype(np.uint8)
    there = cv2.morphologyEx(outline, cv2.MORPH_CLOSE, np.ones((31, 31), np.uint8)) > 0
    there[:, :400] = False
    rng, frames = np.random.default_rng(7), []
    for frame in asked.frames:
        picture = grey(frame)
        picture[there] = (lying + rng.normal(0, 2.4, lying.shape))[there]
        frames.append(frame.model_copy(update={"jpeg": jpeg(picture)}))
    known = calibrate(night("empty").frames, asked.profile)
    found = judge(asked.model_copy(update={"frames": tuple(frames), "profile": known}))
    assert (found.answer, found.reasons) == (Answer.CANNOT_TELL, (Reason.COUNT,))
    assert "shape_outside" in {e.what for e in found.evidence}
