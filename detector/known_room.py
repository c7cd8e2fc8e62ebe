"""A clip against the empty room's signature: another view is ``moved``; a still shape or an empty bed is a doubt."""

from dataclasses import replace

from detector import zones
from detector.clip import Clip
from detector.signature import COLUMNS, ROWS, Difference, compare_structures, from_rows, structure_of
from detector.thresholds import Thresholds
from detector.verdict import Verdict
from detector.zones import Zones
from schemas.messages import Evidence, Profile
from schemas.vocabulary import Answer, Reason

_TOLD = 8
"""Cells of a bed that have to have structure before its sameness says anything."""


def check_against_room(said: Verdict, clip: Clip, profile: Profile, t: Thresholds) -> Verdict:
    """Return *said* held against the structure of the empty room; *said* itself when the room was never calibrated.

    Structure alone never makes a green and never takes an alarm away: it turns ``not_seen`` into doubt where there is a
    shape that was not, ``in_bed`` into doubt where there is one outside the bed or the bed looks as it does empty, and anything into ``moved`` where
    the view is another. Only a view that no person could have changed so much silences ``something_wrong``.
    """
    usual = from_rows(profile.signature)
    if usual is None:
        return said
    where = zones.rasterise_zones(profile, (ROWS, COLUMNS))
    difference = compare_structures(usual, structure_of(clip.pictures), where)
    shapes = {place.name: difference.share(place.mask) for place in where.rest}
    elsewhere = difference.patch(where.outside)
    measures = said.measures | {
        "view_changed": difference.turned,
        "shape_in_bed": max(shapes.values(), default=0.0),
        "shape_elsewhere": float(elsewhere),
    }
    in_bed = tuple(Evidence(what="shape", zone=n, value=round(v, 2)) for n, v in shapes.items() if v >= t.shape)
    outside = (Evidence(what="shape_outside", value=float(elsewhere)),) if elsewhere >= t.shape_elsewhere else ()
    said = replace(said, measures=measures, evidence=said.evidence + in_bed + outside)
    alarm = said.answer is Answer.SOMETHING_WRONG
    if difference.turned >= (t.view_gone if alarm else t.view_changed):
        return _doubt(said, Reason.MOVED, "the camera shows another view than when the room was calibrated")
    if said.answer is Answer.NOT_SEEN:
        if in_bed:
            return _doubt(said, Reason.STILL, "a shape in the bed that does not move")
        if outside:
            return _doubt(said, Reason.STILL, "a shape outside the bed that was not there, and does not move")
    if said.answer is Answer.IN_BED and outside:
        detail = "somebody in bed, and a shape outside it that was not there, and does not move"
        return _doubt(said, Reason.COUNT, detail)
    if said.answer is Answer.IN_BED or said.reason is Reason.STILL:
        empty = _as_empty(said, difference, where, t)
        said = replace(said, evidence=said.evidence + empty)
        if empty and said.answer is Answer.IN_BED:
            return _doubt(said, Reason.STILL, "something moves in the bed, and the bed looks as it does empty")
    return said


def _as_empty(said: Verdict, difference: Difference, where: Zones, t: Thresholds) -> tuple[Evidence, ...]:
    """Return the zones that look just as when the room is empty: those in which somebody was seen, else all or none."""
    alike = [
        place.name
        for place in where.rest
        if int((difference.told & place.mask).sum()) >= _TOLD and difference.share(place.mask) < t.shape_least
    ]
    seen = {e.zone for e in said.evidence if e.zone and not e.what.startswith("shape")}
    if not seen and len(alike) < len(where.rest):
        return ()
    return tuple(Evidence(what="looks_empty", zone=name) for name in alike if name in seen or not seen)


def _doubt(said: Verdict, reason: Reason, detail: str) -> Verdict:
    return replace(said, answer=Answer.CANNOT_TELL, reason=reason, people=None, detail=detail)
