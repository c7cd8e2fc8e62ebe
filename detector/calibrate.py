"""Calibration of a room's profile: a signature from a take of it empty, updated by sessions that people confirmed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from detector import movement, quality, restless, signature, thresholds, verdict, zones
from detector.clip import Clip, decode
from detector.signature import COLUMNS, ROWS, Structure
from schemas.messages import Finding, Frame, Profile, Session
from schemas.vocabulary import Answer, Reason

_PARTS = 3
_LEAST_PART = 4
"""Frames that a third of a take needs to be looked at by itself."""

_KNOWN = 0.3
"""A session in which more of the room's structure than this is another teaches nothing: the camera may have moved."""

_MOST_RESTLESS = 0.25
"""Share of the room that may move in a take that is vouched for: more is no curtain, and a map of it would hide everybody."""

_NOBODY = frozenset({"hangs", "moves_by_itself"})
"""Evidence of what moves in an empty room."""

_STEP = 1 / 8
"""The share by which one confirmed session changes a cell's steadiness."""


class NoTake(ValueError):
    """A take that no profile can be made from; the message says why and what to do."""


def calibrate(
    frames: Sequence[Frame], room: Profile, *, at: datetime | None = None, moves_by_itself: bool = False
) -> Profile:
    """Return *room* with the signature of its empty take *frames*, as a version of its own, and what moves in it when filmed *at*.

    *room* says where the zones are and who is expected; the take, ten seconds as a session's, shows it with nobody in
    view and the bed made. Cells that change by themselves during the take (a screen, a curtain) count less. Where it is known *at*
    which time it was filmed they are taken up in the map ``restless``, beside what is left of an earlier one. With *moves_by_itself* whoever films it
    vouches that nobody was there: else only what hangs and sways passes for nobody.

    Raises:
        NoTake: no zone is a bed or armchair, the picture is not good, or somebody moves in it.
    """
    clip = decode(frames)
    if clip is None:
        raise NoTake("not one frame of the take is a picture of a usable size")
    limits = thresholds.camera_thresholds(room)
    where = zones.rasterise_zones(room, (clip.blocks.shape[1], clip.blocks.shape[2]))
    if not where.rest:
        raise NoTake("the zones name no bed or armchair: draw one, with at least 3 points")
    picture = quality.assess(clip, where, limits)
    if picture.reason is not None and picture.reason is not Reason.FROZEN:
        raise NoTake(f"the picture is not good enough: {picture.reason}; put that right and take it again")
    moved = movement.find_movement(clip, where, limits)
    moves = None if at is None else restless.restless_blocks(room.restless, moved.alive.shape, at)
    said = verdict.decide(moved, where, room, limits, moves)
    # A twig before the window does no harm, nor does a curtain; what is told to be somebody, or stirs in a bed, does.
    nobody = bool(said.evidence) and {e.what for e in said.evidence} <= _NOBODY
    quiet = said.answer is Answer.NOT_SEEN or said.reason is Reason.STILL or nobody
    vouched = moves_by_itself and float(moved.alive[where.outside].mean()) <= _MOST_RESTLESS
    if not (quiet or vouched) or said.measures["blocks_in_bed"] >= limits.least_blocks:
        raise NoTake(f"something moves in the take ({said.reason or said.answer}): take it with the room empty")
    usual = replace(_measure(clip), steady=_steadiness(frames, clip))
    rows = signature.to_rows(usual)
    known = room.restless if at is None else restless.map_of(moved, where, limits, at, room.restless)
    return room.model_copy(update={"signature": rows, "restless": known, "version": room.version + 1})


def update(profile: Profile, session: Session, finding: Finding) -> Profile:
    """Return *profile* with what *session* teaches, once people have confirmed *finding*; itself when nothing.

    Only the steadiness of cells is learnt, an eighth at a time: a cell that is as it was counts more, one that is not
    counts less, and takes on the new structure when it has lost all trust; furniture that was moved is known again
    after a dozen confirmed sessions. ``not_seen`` teaches the whole picture, ``in_bed`` what is well clear of the rest
    zones, anything else nothing; neither does a picture that is not good or shows another view. Never a threshold,
    never what a person looks like.
    """
    usual = signature.from_rows(profile.signature)
    clip = decode(session.frames) if finding.answer in (Answer.NOT_SEEN, Answer.IN_BED) else None
    if usual is None or clip is None:
        return profile
    limits = thresholds.camera_thresholds(profile)
    over_blocks = zones.rasterise_zones(profile, (clip.blocks.shape[1], clip.blocks.shape[2]))
    if quality.assess(clip, over_blocks, limits).reason is not None:
        return profile
    where = zones.rasterise_zones(profile, (ROWS, COLUMNS))
    now = _measure(clip)
    if signature.compare_structures(usual, now, where).turned > _KNOWN:
        return profile
    learn = where.looked_at & (now.steady > 0.0)
    if finding.answer is Answer.IN_BED:
        learn &= ~zones.dilate(where.at_rest, 1)
    same = _alike(usual, now)
    anew = learn & ~same & (usual.steady <= 0.0)
    steady = usual.steady + np.where(learn, np.where(same | anew, _STEP, -_STEP), 0.0)
    learnt = Structure(
        level=np.where(anew, now.level, usual.level).astype(np.float32),
        along=np.where(anew, now.along, usual.along).astype(np.float32),
        slant=np.where(anew, now.slant, usual.slant).astype(np.float32),
        steady=np.clip(steady, 0.0, 1.0).astype(np.float32),
        floor=usual.floor,
        learnt=usual.learnt + 1,
    )
    return profile.model_copy(update={"signature": signature.to_rows(learnt), "version": profile.version + 1})


def _measure(clip: Clip) -> Structure:
    return signature.structure_of(clip.pictures)


def _alike(usual: Structure, now: Structure) -> zones.Mask:
    """Return where two structures are the same, whether the cells count or not."""
    whole = replace(usual, steady=np.ones_like(usual.steady))
    everywhere = zones.rasterise_zones(Profile(), (ROWS, COLUMNS))
    return np.asarray(~signature.compare_structures(whole, now, everywhere).other)


def _steadiness(frames: Sequence[Frame], clip: Clip) -> signature.Cells:
    """Return how much each cell counts: half of what it would, for each third of the take in which it is another."""
    whole = _measure(clip)
    steady = whole.steady.copy()
    size = len(frames) // _PARTS
    if size < _LEAST_PART:
        return steady
    for number in range(_PARTS):
        part = decode(frames[number * size : (number + 1) * size])
        if part is not None:
            steady[~_alike(whole, _measure(part))] *= 0.4
    return steady
