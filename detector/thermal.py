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
    return judge_array(measures, sensor_thresholds(profile))


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
        "restless_c": float(restless.max()),
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
    if max(hot, beside) < limit["warm_anybody_c"]:
        return ThermalAnswer(Answer.NOT_SEEN, None, found)
    if found["elsewhere_ratio"] >= limit["elsewhere_ratio"]:
        # A person who stands sways and walks; one who lies on the floor stays in the same cells.
        lying = found["restless_elsewhere_c"] < limit["restless_elsewhere_c"]
        reason = Reason.ON_FLOOR if lying else Reason.UP
        return ThermalAnswer(Answer.SOMETHING_WRONG, reason, found, "warmest outside the bed")
    above = found.get("above_ambient_c", 0.0)
    alone = found["elsewhere_ratio"] <= limit["elsewhere_at_rest"] and beside <= limit["warm_elsewhere_at_rest_c"]
    lies = (
        alone
        and found["end_ratio"] >= limit["end_ratio"]
        and found["unevenness"] <= limit["unevenness"]
        and found["spread_cells"] >= limit["spread_cells"]
        and hot >= limit["warm_person_c"]
        and above >= limit["above_ambient_c"]
    )
    if lies and found["stuck_share"] >= 0.5:
        return ThermalAnswer(
            Answer.CANNOT_TELL, Reason.FROZEN, found, "the warm cells of the bed show not the least change"
        )
    if lies and is_cooling(found, limit):
        return ThermalAnswer(Answer.CANNOT_TELL, Reason.STILL, found, COOLS)
    if lies:
        return ThermalAnswer(Answer.IN_BED, None, found, people=round(found["peaks"]))
    if hot >= limit["warm_sitting_c"] and found["end_ratio"] < limit["end_ratio_sitting"]:
        return ThermalAnswer(Answer.SOMETHING_WRONG, Reason.AT_EDGE, found, "warm in few cells of the bed")
    return ThermalAnswer(
        Answer.CANNOT_TELL, Reason.STILL, found, "warm, but not as somebody who lies is" if alone else BESIDE
    )


def is_cooling(measures: Mapping[str, float], limit: Mapping[str, float]) -> bool:
    """Return whether the bed cools as an empty bed that was just left does: evenly, quietly, all over.

    The nearer the bed is to the room's temperature, the slower it cools, and the lower the rate that counts.
    """
    quiet = measures["unsteady_c"] <= limit["unsteady_c"] and measures["cooling_share"] >= 0.8
    faint = measures.get("above_ambient_c", 0.0) < 0.0
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
