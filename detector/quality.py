"""Whether a picture can be trusted: can the camera see, is it sharp, is it new, does it still point where it did."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.clip import Blocks, Clip, Grey, block_deviations
from detector.thresholds import Thresholds
from detector.zones import Mask, Zones
from schemas.vocabulary import Reason

_LOOKS = 6
"""Pictures looked at for structure and sharpness, spread over the session."""

_REACH = 6
"""Pixels over which an edge's rise is measured; a lens out of focus spreads it over more."""


@dataclass(frozen=True, slots=True)
class Quality:
    """``reason`` is why the picture cannot be trusted, or None; ``measures`` the numbers behind it."""

    reason: Reason | None
    measures: dict[str, float]


def look(clip: Clip, zones: Zones, thresholds: Thresholds) -> Quality:
    """Return whether *clip*'s pictures are good. The first failing test, gravest first, gives the reason."""
    picked = _spread(len(clip.pictures), _LOOKS)
    pictures = [clip.pictures[i] for i in picked]
    grey = np.median(clip.blocks, axis=0)
    detail = np.median(np.stack([block_deviations(p) for p in pictures]), axis=0)
    seen = zones.looked_at if zones.looked_at.any() else np.ones_like(zones.looked_at)
    ground, top = float(np.quantile(detail[seen], 0.3)), float(np.quantile(detail[seen], 0.9))
    bright = float(np.quantile(grey[seen], 0.98))
    structure = top / max(ground, 0.5)
    saturated = float((grey[seen] >= 248).mean())
    lost, bed_lost = _lost(grey, detail, ground, zones)
    black = float((grey[seen] <= 2.0).mean())
    sharpness = _sharpness(pictures)
    repeated, distinct = _repeated(clip)
    turned = _turned(clip, seen)
    measures = {
        "bright": bright,
        "structure": structure,
        "saturated": saturated,
        "smooth": lost,
        "smooth_bed": bed_lost,
        "black": black,
        "sharpness": sharpness,
        "repeated": repeated,
        "distinct": float(distinct),
        "turned": turned,
        "broken": clip.broken / max(clip.sent, 1),
        "odd_sizes": clip.odd_sizes / max(clip.sent, 1),
        "seconds": clip.seconds,
        "frames": float(len(clip.order)),
    }
    return Quality(_reason(measures, thresholds), measures)


def _reason(m: dict[str, float], t: Thresholds) -> Reason | None:
    if m["broken"] > t.broken:
        return Reason.REJECTED
    if m["odd_sizes"] > t.broken:
        return Reason.CONTRADICTORY
    if m["frames"] < t.least_frames or m["seconds"] < t.least_seconds:
        return Reason.TOO_SHORT
    if m["bright"] < t.dark:
        return Reason.DARK
    if m["saturated"] > t.saturated:
        return Reason.OVEREXPOSED
    if m["structure"] < t.structure:
        return Reason.COVERED
    if m["repeated"] >= 1.0:
        return Reason.FROZEN
    if m["turned"] > t.turned:
        return Reason.MOVED
    if m["black"] > t.black or m["smooth"] > t.smooth or m["smooth_bed"] > t.smooth_bed:
        return Reason.PARTLY_COVERED
    if m["sharpness"] < t.sharpness:
        return Reason.DEFOCUSED
    return None


def _spread(count: int, most: int) -> list[int]:
    """Return up to *most* indices spread evenly over *count*."""
    return sorted({round(i * (count - 1) / max(most - 1, 1)) for i in range(most)}) if count else []


def _lost(grey: Blocks, detail: Blocks, ground: float, zones: Zones) -> tuple[float, float]:
    """Return the largest smooth, lit patch as a share of the picture, and how much of the worst bed zone it hides.

    Something close to the lens is out of focus: a patch without detail. Unlit corners of a near-infrared night have
    none either and are left out.
    """
    smooth = (detail < max(0.6, min(ground, 1.0))) & (grey >= 12.0) & (grey < 248.0) & zones.looked_at
    count, labels, stats, _ = cv2.connectedComponentsWithStats(smooth.astype(np.uint8), connectivity=4)
    if count < 2:
        return 0.0, 0.0
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    patch = labels == largest
    share = float(patch.mean())
    beds = [float(patch[place.mask].mean()) for place in zones.rest]
    return share, max(beds, default=0.0) if share > 0.25 else 0.0


def _sharpness(pictures: list[Grey]) -> float:
    """Return how much of a strong edge's rise happens within one pixel, 0-1, median over strong edges and pictures.

    After the idea of Crete et al. (2007), "The blur effect": blurring again hardly changes a blurred picture. A sharp
    edge gives 0.4-0.6 at this size, one blurred by more than three pixels 0.25 or less; brightness cancels out.
    """
    return float(np.median([_edge_share(picture) for picture in pictures[::2]]))


def _edge_share(picture: Grey) -> float:
    signed = picture.astype(np.int16)
    steps: list[npt.NDArray[np.int16]] = []
    rises: list[npt.NDArray[np.int16]] = []
    for image in (signed[::2], np.ascontiguousarray(signed[:, ::2].T)):
        step = np.abs(image[:, 1:] - image[:, :-1])
        rise = np.abs(image[:, _REACH:] - image[:, :-_REACH])
        steps.append(cv2.dilate(step, np.ones((1, _REACH), np.uint8), anchor=(0, 0))[:, : rise.shape[1]].ravel())  # type: ignore[arg-type]
        rises.append(rise.ravel())
    step, rise = np.concatenate(steps), np.concatenate(rises)
    strong = rise >= max(float(np.quantile(rise, 0.97)), 4.0)
    if int(strong.sum()) < 20:
        return 1.0
    return float(np.median(step[strong] / rise[strong]))


def _repeated(clip: Clip) -> tuple[float, int]:
    """Return 1 when all pictures are one picture (sent again, perhaps coded anew), and how many differ."""
    distinct = len(clip.pictures)
    if distinct == 1:
        return (1.0 if len(clip.order) > 1 else 0.0), 1
    return 0.0, distinct


def _turned(clip: Clip, seen: Mask) -> float:
    """Return the share of tiles whose structure is another at some other time of the session, 0-1.

    A person changes some tiles, a turned camera nearly all. Structure is the blocks less their surroundings, compared
    by correlation, so that light does not count.
    """
    thirds = np.array_split(np.arange(len(clip.order)), 4)
    looks = [np.median(clip.blocks[part], axis=0) for part in thirds if len(part)]
    edges = [look - cv2.blur(look, (5, 5)) for look in looks]
    height, width = seen.shape
    rows, columns = np.array_split(np.arange(height), 4), np.array_split(np.arange(width), 5)
    tiles = [np.ix_(r, c) for r in rows for c in columns if len(r) and len(c)]
    worst = 0.0
    for i in range(len(edges)):
        for j in range(i + 1, len(edges)):
            changed = structured = 0
            for tile in tiles:
                a, b = edges[i][tile][seen[tile]], edges[j][tile][seen[tile]]
                power_a, power_b = float((a * a).sum()), float((b * b).sum())
                if len(a) < 8 or max(power_a, power_b) < 1.0 * len(a):
                    continue
                structured += 1
                changed += float((a * b).sum()) < 0.5 * max((power_a * power_b) ** 0.5, 1e-6)
            if structured >= 4:
                worst = max(worst, changed / structured)
    return worst
