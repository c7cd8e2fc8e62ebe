"""Finding of one session: whether it is whole, the order of the camera's and the sensors' steps, and what they say, filled in.

The rules are the steps' own (`verdict`, `known_room`, `sensors`, `together`, limits in `thresholds`); only the rule of an
old picture is here.
"""

import time
from collections.abc import Iterable
from dataclasses import replace

from detector import known_room, movement, quality, restless, sensors, takes, thresholds, together, verdict, zones
from detector.calibrate import NoTake, calibrate
from detector.clip import Clip, decode
from detector.version import NAME
from schemas import limits
from schemas.messages import Evidence, Finding, Frame, Session
from schemas.vocabulary import Answer, Reason


def judge(session: Session) -> Finding:
    """Return what *session* shows.

    The same session always gives the same finding (its ``timings_ms`` excepted, which :func:`judge_timed` adds). Total:
    whatever the frames or samples hold, there is an answer; doubt is ``cannot_tell``.
    """
    if session.purpose == "empty":
        return _empty_room(session)
    missing = _missing(session)
    if session.fault and not session.frames and not session.channels:
        return _fault(session, missing)
    said = _all_of_it(session)
    # What the other half saw stands; that a half is missing is a doubt beside it, and no doubt is green.
    return together.combine(said, _fault(session, missing)) if missing else said


def judge_timed(session: Session) -> Finding:
    """Return :func:`judge`'s finding with how long it took."""
    before = time.perf_counter()
    made = judge(session)
    return made.model_copy(update={"timings_ms": {"judge": round((time.perf_counter() - before) * 1000, 2)}})


def make_finding(
    session: Session,
    answer: Answer,
    reasons: Iterable[Reason | None] = (),
    *,
    people: int | None = None,
    evidence: tuple[Evidence, ...] = (),
    measures: dict[str, float] | None = None,
    detail: str = "",
) -> Finding:
    """Return a finding for *session* with its ids filled in; of what there is too much of, what a finding holds."""
    return Finding(
        session_id=session.session_id,
        org=session.org,
        device=session.device,
        check_id=session.check_id,
        attempt=session.attempt,
        command_id=session.command_id,
        answer=answer,
        reasons=tuple(reason for reason in reasons if reason is not None),
        people=None if people is None else min(people, limits.PEOPLE),
        evidence=evidence[: limits.EVIDENCE],
        measures=dict([*(measures or {}).items()][: limits.MEASURES]),
        started_at=session.started_at,
        detail=detail[:200],
        profile_version=session.profile.version,
        detector=NAME,
    )


def _empty_room(session: Session) -> Finding:
    """Return the finding on a mounting's take of the room with nobody in it: its structure, or why the take cannot serve."""
    try:
        calibrated = calibrate(session.frames, session.profile, at=session.started_at)
    except NoTake as why:
        return make_finding(session, Answer.CANNOT_TELL, [Reason.REJECTED], detail=session.fault or str(why))
    made = make_finding(session, Answer.NOT_SEEN, people=0)
    return made.model_copy(update={"signature": calibrated.signature, "restless": calibrated.restless})


def _missing(session: Session) -> str:
    """Return what *session* lacks of what its home has to send, in words; nothing when it is whole."""
    held = {channel.quantity for channel in session.channels if channel.ms} | ({"camera"} if session.frames else set())
    lacking = [sense for sense in session.profile.senses if sense not in held]
    return session.fault or (f"nothing came of {', '.join(lacking)}" if lacking else "")


def _fault(session: Session, missing: str) -> Finding:
    return make_finding(session, Answer.CANNOT_TELL, [Reason.FAULT], detail=missing)


def _all_of_it(session: Session) -> Finding:
    if not session.channels:
        return _from_frames(session)
    sensed = _from_sensors(session)
    if not session.frames:
        return sensed
    seen = _from_frames(session)
    return together.combine(seen, sensed) if together.sees_sleepers(session.channels) else seen


def _from_frames(session: Session) -> Finding:
    if not session.frames:
        return make_finding(session, Answer.CANNOT_TELL, [Reason.TOO_SHORT], detail="no frames and no samples")
    clip = decode(session.frames)
    if clip is None:
        return make_finding(
            session, Answer.CANNOT_TELL, [Reason.REJECTED], detail="no frame is a picture of a usable size"
        )
    whole = takes.without_spoilt(session.frames, clip)
    left = clip if whole is None else decode(whole)
    if left is None or left.seconds < takes.LEAST_S <= clip.seconds:
        return make_finding(session, Answer.CANNOT_TELL, [Reason.REJECTED], detail="hardly a picture came whole")
    parts = takes.split_at_switches(whole or session.frames, left)
    if len(parts) == 1:
        return _from_clip(session, replace(left, sent=clip.sent, broken=clip.broken, odd_sizes=clip.odd_sizes))
    return _from_takes(session, parts)


def _from_takes(session: Session, parts: list[tuple[Frame, ...]]) -> Finding:
    """Return the finding on a look whose exposure switched: each take that is long enough is judged by itself.

    Something wrong in either stands. Green takes the longest, the last, and nothing wrong or another number in any.
    """
    clips = [clip for part in parts if (clip := decode(part)) is not None and clip.seconds >= takes.LEAST_S - 0.5]
    if not clips:
        return make_finding(session, Answer.CANNOT_TELL, [Reason.TOO_SHORT], detail="the camera's exposure switched")
    found = [_from_clip(session, clip) for clip in clips]
    wrong = next((f for f in found if f.answer is Answer.SOMETHING_WRONG), None)
    if wrong is not None:
        return wrong
    longest = found[max(range(len(clips)), key=lambda n: (clips[n].seconds, n))]
    if longest.answer is not Answer.IN_BED:
        return longest
    doubts = [f for f in found if f.answer is not Answer.IN_BED and (f is found[-1] or Reason.COUNT in f.reasons)]
    if not doubts:
        return longest
    detail = f"the camera's exposure switched, and {doubts[0].detail or 'nobody is seen'} in one of its takes"
    reasons = doubts[0].reasons or (Reason.STILL,)
    return doubts[0].model_copy(update={"answer": Answer.CANNOT_TELL, "reasons": reasons, "detail": detail[:200]})


def _from_clip(session: Session, clip: Clip) -> Finding:
    t = thresholds.camera_thresholds(session.profile)
    where = zones.rasterise_zones(session.profile, (clip.blocks.shape[1], clip.blocks.shape[2]))
    if not where.looked_at.any():
        return make_finding(session, Answer.CANNOT_TELL, [Reason.OUT_OF_RANGE], detail="the whole picture is masked")
    picture = quality.assess(clip, where, t)
    if picture.reason is not None:
        return make_finding(session, Answer.CANNOT_TELL, [picture.reason], measures=_round(picture.measures))
    again = takes.comes_again(clip)
    if again > takes.MOST_AGAIN and not session.replayed:
        measures = _round(picture.measures | {"again": float(again)})
        detail = "the same pictures come again and again"
        return make_finding(session, Answer.CANNOT_TELL, [Reason.FROZEN], measures=measures, detail=detail)
    moved = movement.find_movement(clip, where, t)
    usual = restless.restless_blocks(session.profile.restless, moved.alive.shape, session.started_at)
    said = verdict.decide(moved, where, session.profile, t, usual)
    said = known_room.check_against_room(said, clip, session.profile, t)
    if said.answer is Answer.NOT_SEEN or said.reason is Reason.STILL:
        said = _unless_old(said, picture.measures["fresh"], t)
    return make_finding(
        session,
        said.answer,
        [said.reason],
        people=said.people,
        evidence=said.evidence,
        measures=_round(picture.measures | said.measures),
        detail=said.detail,
    )


def _unless_old(said: verdict.Verdict, fresh: float, t: thresholds.Thresholds) -> verdict.Verdict:
    """Return *said* of a picture in which nobody moves, or that it is an old one, or may be.

    A coarse coder takes the grain of a live picture away, and then somebody may lie there: not a fault of the camera.
    """
    if fresh >= t.fresh:
        return said
    if fresh < t.frozen:
        return replace(
            said, answer=Answer.CANNOT_TELL, reason=Reason.FROZEN, people=None, detail="the same grain again"
        )
    detail = said.detail or "nobody is seen"
    return replace(
        said,
        answer=Answer.CANNOT_TELL,
        reason=Reason.STILL,
        people=None,
        evidence=(*said.evidence, Evidence(what="same_grain", value=round(fresh, 2))),
        detail=f"{detail}, and the grain is so coarse that it may be an old picture",
    )


def _from_sensors(session: Session) -> Finding:
    profile = session.profile.for_sensors(beside_camera=bool(session.frames))
    said = sensors.decide(session.model_copy(update={"profile": profile}))
    return make_finding(
        session,
        said.answer,
        [said.reason],
        people=said.people,
        evidence=said.evidence,
        measures=_round(said.measures),
        detail=said.detail,
    )


def _round(measures: dict[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in measures.items()}
