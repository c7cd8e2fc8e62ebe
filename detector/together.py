"""A session that carries both a camera's frames and sensors' channels: two findings made one, by a table."""

from collections.abc import Iterable

from detector.whereabouts import OUT_OF_BED
from schemas import limits
from schemas.messages import Finding, SensorChannel
from schemas.vocabulary import Answer, Reason

_GRAVEST = (Reason.ON_FLOOR, Reason.HALF_OUT, Reason.VIOLENT, Reason.AT_EDGE, Reason.UP)
_SEES_SLEEPERS = frozenset({"thermal_c", "bed_load_kg", "bed_pressure", "presence"})
AGAINST = frozenset(
    {
        *OUT_OF_BED,
        "shape_outside",
        "warm_outside",
        "bed_cools",
        "bed_unsteady",
        "looks_empty",
        "stopped",
        "same_grain",
    }
)
"""Evidence that somebody is elsewhere or in bed no more, or that it is an old picture: more than that nothing moves."""

_HIDES = 8
"""Blocks of moving light or shade from which a camera that sees nobody move is not believed."""


def sees_sleepers(channels: Iterable[SensorChannel]) -> bool:
    """Return whether *channels* can say anything of somebody who sleeps; a door contact and a movement sensor cannot."""
    return any(channel.quantity in _SEES_SLEEPERS for channel in channels)


def combine(camera: Finding, sensors: Finding) -> Finding:
    """Return the one finding on a session that *camera* and *sensors* each made theirs of.

    Green takes both: the same number of people in bed, or one that sees them and one that cannot say that what it sees
    there lives (``still``), and sees nothing elsewhere. ``something_wrong`` stands unless the other sees the resident in bed. That, and in bed
    against nobody seen, is a contradiction: ``cannot_tell`` with both reasons. Doubt beats ``not_seen``. Evidence and
    measures of both are kept.
    """
    answer, reasons, detail = _say(camera, sensors)
    green = answer is Answer.IN_BED
    people = max(camera.people or 0, sensors.people or 0) or None
    if answer is Answer.NOT_SEEN:
        people = 0
    elif answer is Answer.CANNOT_TELL and reasons[0] is not Reason.COUNT:
        people = None
    measures = dict([*camera.measures.items(), *sensors.measures.items()][: limits.MEASURES])
    said = "; ".join(part for part in (detail, camera.detail, sensors.detail) if part) if not green else ""
    return Finding.model_validate(
        {
            **dict(camera),
            "answer": answer,
            "reasons": tuple(dict.fromkeys(reasons))[: limits.REASONS],
            "people": people,
            "evidence": (camera.evidence + sensors.evidence)[: limits.EVIDENCE],
            "measures": measures,
            "detail": said[:200],
        }
    )


def _say(camera: Finding, sensors: Finding) -> tuple[Answer, tuple[Reason, ...], str]:
    answers = {camera.answer, sensors.answer}
    both = camera.reasons + sensors.reasons
    if answers == {Answer.IN_BED}:
        if camera.people != sensors.people:
            return Answer.CANNOT_TELL, (Reason.COUNT,), f"camera sees {camera.people}, sensors {sensors.people}"
        return Answer.IN_BED, (), ""
    if Answer.IN_BED in answers:
        other = sensors if camera.answer is Answer.IN_BED else camera
        if other.answer is Answer.CANNOT_TELL:
            if _only_still(other):
                return Answer.IN_BED, (), ""
            return Answer.CANNOT_TELL, both, ""
        where = "nobody" if other.answer is Answer.NOT_SEEN else "something wrong"
        who = ("the camera", "sensors") if other is sensors else ("sensors", "the camera")
        return Answer.CANNOT_TELL, (Reason.CONTRADICTORY, *both), f"{who[0]} says in bed, {who[1]} {where}"
    if Answer.SOMETHING_WRONG in answers:
        wrong = [f.reasons[0] for f in (camera, sensors) if f.answer is Answer.SOMETHING_WRONG]
        doubt = [f.reasons[0] for f in (camera, sensors) if f.answer is Answer.CANNOT_TELL]
        return Answer.SOMETHING_WRONG, (*sorted(wrong, key=_GRAVEST.index), *doubt), ""
    if Answer.CANNOT_TELL in answers:
        return Answer.CANNOT_TELL, both, ""
    return Answer.NOT_SEEN, (), ""


def _only_still(finding: Finding) -> bool:
    """Return whether its whole doubt is that nothing moves: nothing speaks against it, and no light hides what would."""
    against = any(evidence.what in AGAINST for evidence in finding.evidence)
    elsewhere = finding.measures.get("strength_outside", 0.0) > 0.0
    hidden = finding.measures.get("shaded_blocks", 0.0) >= _HIDES
    return finding.reasons[0] is Reason.STILL and not against and not elsewhere and not hidden
