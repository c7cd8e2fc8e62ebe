"""What a small thermal array over a room sees: who is warm, where, and in what shape."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.zones import Mask, extent, lay
from schemas.messages import Channel, Profile
from schemas.vocabulary import Answer, Reason

Cells = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Warmth:
    """What an array says by itself, with the numbers behind it; ``reason`` is None where the answer takes none."""

    answer: Answer
    reason: Reason | None
    measures: dict[str, float]
    detail: str = ""
    people: int = 1


def read(array: Channel, ambient: Channel | None, profile: Profile) -> Warmth:
    """Return what *array* (°C, rows × columns) shows over its window.

    A person is the warmest thing in a bedroom at night; a bed just left is warm too, but evenly and less so; who
    sits on the bed is hot in few cells and reaches into the rows behind it, who lies is warm along the bed.
    Temperatures are taken relative to the array's own coolest quarter, and to the ambient reading where there is one.
    """
    values = np.asarray(array.values, float).reshape(-1, array.rows, array.columns)
    zones = lay(profile, (array.rows, array.columns))
    if not zones.rest:
        return Warmth(Answer.CANNOT_TELL, Reason.OUT_OF_RANGE, {}, "the profile has no bed zone over the array")
    usual = np.median(values, axis=0)
    warm: Cells = usual - np.quantile(usual[zones.looked_at], 0.25)
    bed, elsewhere = zones.at_rest, zones.outside
    hot = float(warm[bed].max())
    beside = float(warm[elsewhere].max()) if elsewhere.any() else 0.0
    line = _along(warm, bed)
    spread, peaks = _spread(line), _peaks(line)
    measures = {
        "warm_bed_c": hot,
        "warm_elsewhere_c": beside,
        "elsewhere_ratio": beside / max(hot, 0.1),
        "end_ratio": max(float(line[0]), float(line[-1])) / max(hot, 0.1),
        "spread_cells": spread,
        "peaks": float(peaks),
        "unevenness_c": hot - float(warm[bed].mean()),
        "restless_c": float(values.std(axis=0).max()),
        "restless_elsewhere_c": float(values.std(axis=0)[elsewhere].max()) if elsewhere.any() else 0.0,
    }
    above = 0.0
    if ambient is not None and ambient.values:
        above = float(usual[bed].max()) - float(np.mean(ambient.values))
        measures["above_ambient_c"] = above
    limit = profile.thresholds
    person = limit.get("warm_person_c", 1.5)
    if max(hot, beside) < limit.get("warm_anybody_c", 1.5):
        return Warmth(Answer.NOT_SEEN, None, measures)
    if measures["elsewhere_ratio"] >= limit.get("elsewhere_ratio", 0.9):
        # Who stands sways and walks; who lies on the floor keeps to their cells.
        lying = measures["restless_elsewhere_c"] < limit.get("restless_elsewhere_c", 0.5)
        reason = Reason.ON_FLOOR if lying else Reason.UP
        return Warmth(Answer.SOMETHING_WRONG, reason, measures, "warmest outside the bed")
    lies = (
        measures["end_ratio"] >= limit.get("end_ratio", 0.7)
        and measures["elsewhere_ratio"] <= limit.get("elsewhere_at_rest", 0.45)
        and measures["unevenness_c"] <= limit.get("unevenness_c", 3.0)
        and spread >= limit.get("spread_cells", 0.6)
    )
    if lies and hot >= person and above >= limit.get("above_ambient_c", -0.7):
        return Warmth(Answer.IN_BED, None, measures, people=peaks)
    if hot >= limit.get("warm_sitting_c", 3.2) and measures["end_ratio"] < limit.get("end_ratio_sitting", 0.55):
        return Warmth(Answer.SOMETHING_WRONG, Reason.AT_EDGE, measures, "warm in few cells of the bed")
    return Warmth(Answer.CANNOT_TELL, Reason.STILL, measures, "warm, but not as somebody who lies is")


def _along(warm: Cells, bed: Mask) -> Cells:
    """Return the warmest of each step along the bed's longer side."""
    top, left, bottom, right = extent(bed)
    across = 0 if right - left >= bottom - top else 1
    inside = np.where(bed, warm, -np.inf)[top:bottom, left:right]
    return np.asarray(inside.max(axis=across))


def _spread(line: Cells) -> float:
    """Return how far warmth reaches along the bed, as a standard deviation in cells."""
    weight = np.clip(line - 0.3 * float(line.max()), 0.0, None)
    if not weight.any():
        return 0.0
    steps = np.arange(len(line))
    middle = float((weight * steps).sum() / weight.sum())
    return float(np.sqrt((weight * (steps - middle) ** 2).sum() / weight.sum()))


def _peaks(line: Cells) -> int:
    """Return 2 where two warm places have a cooler one between them, else 1."""
    for first in range(len(line)):
        for second in range(first + 2, len(line)):
            lower = min(float(line[first]), float(line[second]))
            if lower >= 0.6 * float(line.max()) and float(line[first : second + 1].min()) < 0.8 * lower:
                return 2
    return 1
