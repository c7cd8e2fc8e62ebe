"""What a small thermal array over a room sees: who is warm, where, and in what shape."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.zones import lay
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
    columns = np.where(bed, warm, -np.inf).max(axis=0)
    far_end = max(float(columns[bed.any(axis=0)][0]), float(columns[bed.any(axis=0)][-1]))
    measures = {
        "warm_bed_c": hot,
        "warm_elsewhere_c": beside,
        "elsewhere_ratio": beside / max(hot, 0.1),
        "end_ratio": far_end / max(hot, 0.1),
        "unevenness_c": hot - float(warm[bed].mean()),
        "restless_c": float(values.std(axis=0).max()),
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
        return Warmth(Answer.SOMETHING_WRONG, Reason.UP, measures, "warmest outside the bed")
    lies = (
        measures["end_ratio"] >= limit.get("end_ratio", 0.7)
        and measures["elsewhere_ratio"] <= limit.get("elsewhere_at_rest", 0.45)
        and measures["unevenness_c"] <= limit.get("unevenness_c", 3.0)
    )
    if lies and hot >= person and above >= limit.get("above_ambient_c", -0.7):
        return Warmth(Answer.IN_BED, None, measures)
    if hot >= limit.get("warm_sitting_c", 3.2) and measures["end_ratio"] < limit.get("end_ratio_sitting", 0.55):
        return Warmth(Answer.SOMETHING_WRONG, Reason.AT_EDGE, measures, "warm in few cells of the bed")
    return Warmth(Answer.CANNOT_TELL, Reason.STILL, measures, "warm, but not as somebody who lies is")
