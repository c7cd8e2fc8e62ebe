"""Quality of a clip: the camera sees, its picture is sharp and new, and it did not turn during the session."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import cv2
import numpy as np
import numpy.typing as npt

from detector.clip import Blocks, Clip, Grey, block_deviations, block_means
from detector.ranks import median_of, quantile, quantiles
from detector.thresholds import Thresholds
from detector.zones import Mask, Zones
from schemas.vocabulary import Reason

_MORE_THAN_NOISE = 2.5
_LEAST_RESTLESS = 4.0
"""Variance inside a block beside the noise's, and in grey levels squared, from which more than noise is in it."""

_NOISY = 1.2
"""Grey levels of noise from which a single picture's edges are not believed."""

_REACH = 6
"""Pixels over which an edge's rise is measured; a lens out of focus spreads it over more."""


@dataclass(frozen=True, slots=True)
class Quality:
    """``reason`` is why the picture cannot be trusted, or None; ``measures`` the numbers behind it."""

    reason: Reason | None
    measures: dict[str, float]


def assess(clip: Clip, zones: Zones, thresholds: Thresholds) -> Quality:
    """Return whether *clip*'s pictures are good. The first failing test, gravest first, gives the reason."""
    pictures = clip.pictures
    grey = clip.blocks.mean(axis=0)
    found = _detail(pictures)
    detail = found.shared
    seen = zones.looked_at if zones.looked_at.any() else np.ones_like(zones.looked_at)
    ground, top, finest = quantiles(detail[seen], 0.3, 0.9, 0.98)
    bright = quantile(grey[seen], 0.98)
    structure = min(top / max(ground, 0.5), top)
    saturated = float((grey[seen] >= 248).mean())
    lost, bed_lost = _lost(grey, np.where(found.restless, np.inf, detail), ground, zones)
    black = float((grey[seen] <= 2.0).mean())
    # Noise makes steps of its own: where there is much, the pictures' mean says how wide an edge is.
    sharpness = _sharpness(pictures[::3] if found.noise < _NOISY else (found.mean,))
    turned = _turned(clip, seen)
    measures = {
        "bright": bright,
        "structure": structure,
        "finest": finest,
        "saturated": saturated,
        "smooth": lost,
        "smooth_bed": bed_lost,
        "black": black,
        "sharpness": sharpness,
        "distinct": float(clip.distinct),
        "turned": turned,
        "fresh": _fresh(pictures),
        "flicker": _flicker(clip),
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
        return Reason.PARTLY_COVERED if m["smooth"] > t.smooth and m["finest"] >= t.finest else Reason.COVERED
    if m["distinct"] <= 1.0:
        return Reason.FROZEN
    if m["flicker"] > t.flicker:
        return Reason.CONTRADICTORY
    if m["turned"] > t.turned:
        return Reason.MOVED
    if m["black"] > t.black or m["smooth"] > t.smooth or m["smooth_bed"] > t.smooth_bed:
        return Reason.PARTLY_COVERED
    if m["sharpness"] < t.sharpness:
        return Reason.DEFOCUSED
    return None


@dataclass(frozen=True, slots=True, eq=False)
class _Detail:
    """``shared`` is each block's detail that all pictures have, grey levels; ``restless`` where each has more than noise.

    ``mean`` is the mean of the pictures, ``noise`` what is new in each of them, grey levels, median over blocks.
    """

    shared: Blocks
    restless: Mask
    mean: Blocks
    noise: float


def _detail(pictures: tuple[Grey, ...]) -> _Detail:
    """Return what detail the pictures share.

    What is in front of the lens stays from picture to picture, a sensor's noise does not: the covariance over all
    pairs of pictures, from the variance of their mean. Noise on a covered lens is no detail. What moves is not shared
    either, but is far above the noise in each picture.
    """
    count = len(pictures)
    mean = np.zeros(pictures[0].shape, np.float32)
    for picture in pictures:
        cv2.accumulate(picture, mean)
    mean /= count
    whole = block_deviations(mean) ** 2
    if count < 2:
        return _Detail(np.sqrt(whole), np.zeros(whole.shape, bool), mean, 0.0)
    each = np.mean(np.stack([block_deviations(picture) for picture in pictures]) ** 2, axis=0)
    shared = (count * whole - each) / (count - 1)
    noise = max(median_of(each - shared), 0.0)
    restless = np.asarray(each > max(_MORE_THAN_NOISE * noise, _LEAST_RESTLESS))
    return _Detail(np.sqrt(np.maximum(shared, 0.0)), restless, mean, noise**0.5)


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


def _sharpness(pictures: Sequence[Grey | Blocks]) -> float:
    """Return how much of a strong edge's rise happens within one pixel, 0-1, median over strong edges and pictures.

    After the idea of Crete et al. (2007), "The blur effect": blurring again hardly changes a blurred picture. A sharp
    edge gives 0.4-0.6 at this size, one blurred by more than three pixels 0.25 or less; brightness cancels out.
    """
    return statistics.median(_edge_share(picture) for picture in pictures)


def _edge_share(picture: Grey | Blocks) -> float:
    steps: list[npt.NDArray[np.int16]] = []
    rises: list[npt.NDArray[np.int16]] = []
    for lines in (picture[::6], np.ascontiguousarray(picture[:, ::6].T)):
        image = lines.astype(np.int16)
        step = np.abs(image[:, 1:] - image[:, :-1])
        rise = np.abs(image[:, _REACH:] - image[:, :-_REACH])
        steps.append(cv2.dilate(step, np.ones((1, _REACH), np.uint8), anchor=(0, 0))[:, : rise.shape[1]].ravel())  # type: ignore[arg-type]
        rises.append(rise.ravel())
    step, rise = np.concatenate(steps), np.concatenate(rises)
    # The 97 % quantile, by sorting 16-bit numbers: an eighth of the time of numpy's.
    strong = rise >= max(int(np.sort(rise)[round(0.97 * (len(rise) - 1))]), 4)
    if int(strong.sum()) < 20:
        return 1.0
    return median_of(step[strong] / rise[strong])


def _fresh(pictures: tuple[Grey, ...]) -> float:
    """Return how much of the finest grain is new from one picture to the next, 0-1, in the freshest tenth of blocks.

    A sensor's noise is new in every picture; one picture sent again and again, even coded anew each time, brings the
    same grain back. 1 where there is but one picture to look at.
    """
    if len(pictures) < 2:
        return 1.0
    grain = [p - cv2.blur(p, (3, 3)) for p in (picture.astype(np.float32) for picture in pictures[:3])]
    there = np.mean([block_means(g * g) for g in grain], axis=0)
    news = np.mean([block_means((a - b) ** 2) for a, b in pairwise(grain)], axis=0) / 2
    return quantile(np.sqrt(news / np.maximum(there, 0.04)), 0.9)


def _flicker(clip: Clip) -> float:
    """Return the usual change of brightness from frame to frame, as a share of the brightness."""
    bright = clip.blocks.mean(axis=(1, 2)).astype(float)
    if len(bright) < 3:
        return 0.0
    return median_of(np.abs(np.diff(bright))) / max(float(bright.mean()), 1.0)


def _turned(clip: Clip, seen: Mask) -> float:
    """Return the share of tiles whose structure is another at some other time of the session, 0-1.

    A person changes some tiles, a turned camera nearly all. Structure is the blocks less their surroundings, compared
    by correlation, so that light does not count.
    """
    looks = [part.mean(axis=0) for part in np.array_split(clip.blocks, 4) if len(part)]
    edges = [(look - cv2.blur(look, (5, 5))) * seen for look in looks]
    size = _in_tiles(seen.astype(np.float32))
    power = _in_tiles(np.stack([edge * edge for edge in edges]))
    pairs = list(combinations(range(len(edges)), 2))
    if not pairs:
        return 0.0
    both = _in_tiles(np.stack([edges[i] * edges[j] for i, j in pairs]))
    one, other = (power[list(of)] for of in zip(*pairs, strict=True))
    structured = (size >= 8) & (np.maximum(one, other) >= size)
    changed = structured & (both < 0.5 * np.maximum(np.sqrt(one * other), 1e-6))
    count = structured.sum(axis=(1, 2))
    return float((changed.sum(axis=(1, 2)) / np.maximum(count, 1))[count >= 4].max(initial=0.0))


def _in_tiles(blocks: Blocks) -> Blocks:
    """Return the sums over 4 x 5 tiles of each picture (…, h, w)."""
    height, width = blocks.shape[-2:]
    rows, columns = (np.arange(4) * height) // 4, (np.arange(5) * width) // 5
    return np.asarray(np.add.reduceat(np.add.reduceat(blocks, rows, axis=-2), columns, axis=-1), np.float32)
