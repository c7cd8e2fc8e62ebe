"""Answer from a thermal array's readings: a person lies in bed, sits at its edge or is out of it, or left it warm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from detector.thresholds import SENSORS, sensor_thresholds
from detector.zones import Mask, extent, rasterise_zones
from schemas.messages import Profile, SensorChannel
from schemas.vocabulary import Answer, Reason

Cells = npt.NDArray[np.float64]

_STUCK_C: Final = 1e-9

COOLS: Final = "warm, and cooling as a bed that was just left"
BESIDE: Final = "warm in bed, and warm outside it"
NOT_TO_THE_END: Final = "lay in bed, and not to the end of the look"
_SLOW_MEASURES: Final = ("cooling", "cooling_sure", "cooling_share", "stuck_share", "unsteady_c", "restless_bed_c")
FAINT: Final = "faintly warm outside the bed"
_FAINT_C: Final = -0.05
"""Above the array's own temperature, °C, from which a bed counts as no warmer than it: half a step of the array's scale."""
_AT_END: Final = 0.25
"""Share of the bed's length, from either end, in which a head lies."""
_COVERED: Final = 0.75
"""Share of the bed's length, from the head's end, along which a body is warm beneath its blanket; feet are not."""


@dataclass(frozen=True, slots=True)
class ThermalAnswer:
    """Answer from one array alone, with the measures behind it; ``reason`` is ``None`` where the answer takes none."""

    answer: Answer
    reason: Reason | None
    measures: dict[str, float]
    detail: str = ""
    people: int = 1


def read_array(array: SensorChannel, ambient: SensorChannel | None, profile: Profile) -> ThermalAnswer:
    """Return the answer from *array* (°C, rows × columns) over its window; *ambient* is the array's own temperature, °C."""
    measures = measures_of(array, ambient, profile)
    if measures is None:
        return ThermalAnswer(Answer.CANNOT_TELL, Reason.OUT_OF_RANGE, {}, "the profile has no bed zone over the array")
    return judge_look(measures, late_measures(array, ambient, profile) or {}, sensor_thresholds(profile))


def late_measures(array: SensorChannel, ambient: SensorChannel | None, profile: Profile) -> dict[str, float] | None:
    """Return :func:`measures_of` the last third of the window."""
    since = len(array.ms) * 2 // 3
    return measures_of(
        array.model_copy(update={"ms": array.ms[since:], "values": array.values[since:]}), ambient, profile
    )


def judge_look(measures: Mapping[str, float], late: Mapping[str, float], limit: Mapping[str, float]) -> ThermalAnswer:
    """Return the answer that a whole look's *measures* give, where green asks the same of its last third's, *late*."""
    said = judge_array(measures, limit)
    if said.answer is not Answer.IN_BED:
        return said
    # Three seconds are too few to see a bed cool, or a head stir.
    whole = {name: measures[name] for name in _SLOW_MEASURES}
    return _to_the_end(said, judge_array({**late, **whole}, limit))


def _to_the_end(said: ThermalAnswer, late: ThermalAnswer) -> ThermalAnswer:
    """Return *said*, a green, if the last third of the look by itself is one too: somebody may have sat up or left."""
    if late.answer is Answer.IN_BED:
        return said
    if late.answer is Answer.SOMETHING_WRONG:
        return ThermalAnswer(Answer.SOMETHING_WRONG, late.reason, said.measures, f"lay in bed, then {late.detail}")
    return ThermalAnswer(Answer.CANNOT_TELL, Reason.STILL, said.measures, NOT_TO_THE_END)


def measures_of(array: SensorChannel, ambient: SensorChannel | None, profile: Profile) -> dict[str, float] | None:
    """Return the measures of a window, °C and ratios; ``None`` where the profile has no bed over the array.

    A person is the warmest thing in a bedroom at night. A person who sits on the bed is hot in few cells and reaches into
    the rows behind it; one who lies is warm along the bed. Temperatures are taken relative to the array's own coolest
    quarter, and to the ambient reading where there is one.
    """
    values = np.asarray(array.values, float).reshape(-1, array.rows, array.columns)
    zones = rasterise_zones(profile, (array.rows, array.columns))
    if not zones.rest:
        return None
    usual = np.median(values, axis=0)
    warm: Cells = usual - np.quantile(usual[zones.looked_at], 0.25)
    bed, elsewhere = zones.at_rest, zones.outside
    hot = float(warm[bed].max())
    beside = float(warm[elsewhere].max()) if elsewhere.any() else 0.0
    line = _along(warm, bed)
    restless = values.std(axis=0)
    measures = {
        "warm_bed_c": hot,
        "warm_elsewhere_c": beside,
        "elsewhere_ratio": beside / max(hot, 0.1),
        "end_ratio": max(float(line[0]), float(line[-1])) / max(hot, 0.1),
        "spread_cells": _spread(line),
        "peaks": float(_peaks(line)),
        "unevenness": (hot - float(warm[bed].mean())) / max(hot, 0.1),
        "trail_c": _trail(line),
        "warm_over_edge_c": _over_edge(warm, bed, elsewhere),
        "restless_c": float(restless.max()),
        "restless_bed_c": float(restless[bed].max()),
        "restless_elsewhere_c": float(restless[elsewhere].max()) if elsewhere.any() else 0.0,
        **_cooling(values, np.asarray(array.ms, float) / 60_000, warm, bed, zones.looked_at),
    }
    if ambient is not None and ambient.values:
        measures["above_ambient_c"] = float(usual[bed].max()) - float(np.mean(ambient.values))
    return measures


def judge_array(measures: Mapping[str, float], limit: Mapping[str, float]) -> ThermalAnswer:
    """Return the answer that *measures* give; *limit* overrides thresholds of docs/detector.md by name."""
    found, limit = dict(measures), {**SENSORS, **limit}
    hot, beside = found["warm_bed_c"], found["warm_elsewhere_c"]
    if _passes_by(found, limit):
        return ThermalAnswer(Answer.SOMETHING_WRONG, Reason.UP, found, "something warm moves outside the bed")
    if max(hot, beside) < limit["warm_anybody_c"]:
        return _nobody_lasting(found, limit)
    if found["elsewhere_ratio"] >= limit["elsewhere_ratio"]:
        # A person who stands sways and walks; one who lies on the floor stays in the same cells.
        lying = found["restless_elsewhere_c"] < limit["restless_elsewhere_c"]
        reason = Reason.ON_FLOOR if lying else Reason.UP
        return ThermalAnswer(Answer.SOMETHING_WRONG, reason, found, "warmest outside the bed")
    alone = _is_alone(found, limit)
    lies = alone and (_lies_along(found, limit) or _head_alone(found, limit)) and _is_warm(found, limit)
    if lies and found["stuck_share"] >= 0.5:
        return ThermalAnswer(
            Answer.CANNOT_TELL, Reason.FROZEN, found, "the warm cells of the bed show not the least change"
        )
    if lies and is_cooling(found, limit):
        return ThermalAnswer(Answer.CANNOT_TELL, Reason.STILL, found, COOLS)
    if lies:
        return ThermalAnswer(Answer.IN_BED, None, found, people=round(found["peaks"]))
    if hot >= limit["warm_sitting_c"] and (
        found["end_ratio"] < limit["end_ratio_sitting"] or _reaches_out(found, limit)
    ):
        return ThermalAnswer(Answer.SOMETHING_WRONG, Reason.AT_EDGE, found, "warm in few cells, or over the bed's edge")
    return ThermalAnswer(
        Answer.CANNOT_TELL, Reason.STILL, found, "warm, but not as somebody who lies is" if alone else BESIDE
    )


def _passes_by(found: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether somebody walks outside the bed and nobody lies in it.

    Who walks warms each cell for a moment: its median over the look may be as cold as an empty room's, its deviation is
    many times the noise.
    """
    most = max(limit["restless_elsewhere_c"], found["restless_bed_c"])
    return found["restless_elsewhere_c"] >= most and not (_lies_along(found, limit) and _is_warm(found, limit))


def _nobody_lasting(found: dict[str, float], limit: Mapping[str, float]) -> ThermalAnswer:
    """Return the answer where nothing is as warm as a person for most of the look."""
    if found["restless_c"] >= limit["stirs_c"]:
        return ThermalAnswer(Answer.CANNOT_TELL, Reason.STILL, found, "something warm came or went during the look")
    if found["warm_elsewhere_c"] >= limit["warm_faint_elsewhere_c"]:
        return ThermalAnswer(Answer.CANNOT_TELL, Reason.STILL, found, FAINT)
    return ThermalAnswer(Answer.NOT_SEEN, None, found)


def _is_alone(found: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether nothing outside the bed is warm beside it, or was for a moment."""
    return (
        found["elsewhere_ratio"] <= limit["elsewhere_at_rest"]
        and found["warm_elsewhere_c"] <= limit["warm_elsewhere_at_rest_c"]
        and found["restless_elsewhere_c"] < limit["restless_elsewhere_c"]
    )


def _is_warm(found: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether the bed is as warm as a person."""
    return (
        found["warm_bed_c"] >= limit["warm_person_c"] and found.get("above_ambient_c", 0.0) >= limit["above_ambient_c"]
    )


def _lies_along(found: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether warmth reaches along the bed as a body does."""
    return (
        found["end_ratio"] >= limit["end_ratio"]
        and found["unevenness"] <= limit["unevenness"]
        and found["spread_cells"] >= limit["spread_cells"]
    )


def _head_alone(found: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether a head that moves lies at the bed's end, with a body's faint warmth behind it: a thick blanket.

    A bottle does not move, and who sits on the bed is hottest in its middle or warm outside it.
    """
    return (
        found["elsewhere_ratio"] <= limit["elsewhere_at_rest"] / 2
        and found["trail_c"] >= limit["trail_c"]
        and found["restless_bed_c"] >= limit["stirs_c"]
    )


def _reaches_out(found: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether the warmth outside the bed is the same body's: it touches a warmer cell of the bed."""
    return found["warm_over_edge_c"] > limit["warm_elsewhere_at_rest_c"]


def is_cooling(measures: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether the bed cools as an empty bed that was just left does: evenly, quietly, all over.

    The nearer the bed is to the room's temperature, the slower it cools, and the lower the rate that counts.
    """
    quiet = measures["unsteady_c"] <= limit["unsteady_c"] and measures["cooling_share"] >= 0.8
    faint = measures.get("above_ambient_c", 0.0) < _FAINT_C
    rate, sure = (limit["cooling_faint"], 2.0) if faint else (limit["cooling"], limit["cooling_sure"])
    return quiet and measures["cooling"] >= rate and measures["cooling_sure"] >= sure


def _cooling(values: Cells, minutes: Cells, warm: Cells, bed: Mask, looked_at: Mask) -> dict[str, float]:
    """Return the bed's rate of cooling, as a share of its warmth a minute (Newton's law of cooling), and its certainty.

    Each cell's slope over time is fitted by least squares, the coolest cells' taken out, and the slopes fitted to the
    cells' warmth; ``cooling_sure`` is that fit over its own error, ``cooling_share`` the share of warm cells that
    cool, ``stuck_share`` of those that do not change at all, ``unsteady_c`` the largest deviation of a cell from its
    own line.
    """
    since = minutes - minutes.mean()
    slopes = np.tensordot(since, values, axes=1) / max(float(since @ since), 1e-9)
    left = values - values.mean(axis=0) - since[:, None, None] * slopes
    cold = looked_at & (warm <= 0.15)
    slopes = slopes - (np.median(slopes[cold]) if cold.any() else 0.0)
    here, there = warm[bed], slopes[bed]
    weight = max(float(here @ here), 1e-9)
    rate = -float(here @ there) / weight
    error = float(np.sqrt(((there + rate * here) ** 2).sum() / max(len(here) - 1, 1) / weight))
    most = here > 0.4 * here.max()
    return {
        "cooling": rate,
        "cooling_sure": rate / max(error, 1e-6),
        "cooling_share": float((there[most] < 0).mean()) if most.any() else 0.0,
        "stuck_share": float((np.ptp(values, axis=0)[bed][most] <= _STUCK_C).mean()) if most.any() else 0.0,
        "unsteady_c": float(left.std(axis=0)[bed].max()),
    }


def _along(warm: Cells, bed: Mask) -> Cells:
    """Return the warmest of each step along the bed's longer side."""
    top, left, bottom, right = extent(bed)
    across = 0 if right - left >= bottom - top else 1
    inside = np.where(bed, warm, -np.inf)[top:bottom, left:right]
    return np.asarray(inside.max(axis=across))


def _trail(line: Cells) -> float:
    """Return the least warmth along the bed beside its hottest step, °C, where that is at an end; else 0."""
    hottest, steps = int(line.argmax()), len(line)
    at_end = max(1, round(_AT_END * steps))
    from_end = line if hottest < at_end else line[::-1]
    if min(hottest, steps - 1 - hottest) >= at_end:
        return 0.0
    behind = from_end[at_end : max(at_end + 1, round(_COVERED * steps))]
    return max(float(behind.min()), 0.0) if behind.size else 0.0


def _over_edge(warm: Cells, bed: Mask, elsewhere: Mask) -> float:
    """Return the warmest cell outside the bed that touches a warmer one of the bed, °C; 0 where there is none."""
    padded = np.pad(np.where(bed, warm, -np.inf), 1, constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    touching = elsewhere & (windows.max(axis=(2, 3)) > warm)
    return max(float(warm[touching].max()), 0.0) if touching.any() else 0.0


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
