"""Takes within a look: pictures that did not come whole are left out, and a look is cut where the camera's exposure switches."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from detector.clip import Clip
from detector.ranks import median, median_of
from schemas.messages import Frame

LEAST_S = 4.0
"""Seconds of a take below which it says nothing by itself."""

MOST_AGAIN = 2
"""Pictures that may come again, as a link that stutters sends them."""

_BLANK = 0.35
"""Share of the look's usual structure below which a picture shows nothing yet: before a stream's first key frame it is grey."""

_TORN_ROWS = 3
"""Rows of blocks at the bottom, a tenth of the picture, from which it is torn."""

_TORN_SHARE, _WHOLE_SHARE = 0.35, 0.1
"""Shares of blocks that are another than usual: in the torn part at the least, in the rest at the most."""

_OTHER, _LEAST_OTHER = 6.0, 2.0
"""Times the usual difference of a block, over the whole look, from which it is another, and grey levels that it takes at the least."""

_MOST_TORN = 0.4
"""Share of pictures that may be torn; where more are, the link is broken."""

_SWITCH = 0.16
"""Median change of the logarithm of brightness between two pictures that is an exposure's switch: a sixth."""

_SAME_ROOM = 0.4
"""Correlation of the room's edges before and after a switch; a camera that is turned shows others."""

_STAYS = 0.75
"""Share of a switch that is still there a second later; a lamp that flickers goes back."""


def comes_again(clip: Clip) -> int:
    """Return how many of *clip*'s pictures come again, to the last bit, with others between: no sensor gives one twice."""
    seen: set[int] = set()
    again = 0
    for before, now in pairwise((-1, *clip.order)):
        again += now != before and now in seen
        seen.add(now)
    return again


def spoilt_pictures(clip: Clip) -> npt.NDArray[np.bool_]:
    """Return which of *clip*'s pictures are no picture of the room: grey before the first key frame, or torn."""
    structure = np.array([cv2.meanStdDev(picture - cv2.blur(picture, (5, 5)))[1].item() for picture in clip.blocks])
    blank = np.logical_and.accumulate(structure < _BLANK * median_of(structure))
    seen = clip.blocks[~blank]
    if len(seen) < 5:
        return blank
    usual = median(seen)
    top = slice(0, usual.shape[0] // 3)  # what is never torn here, so that a torn part does not pass for light
    ratio = (clip.blocks[:, top] / np.maximum(usual[top], 1.0)).reshape(len(clip.blocks), -1)
    light = median(ratio.T)
    off = np.abs(clip.blocks - usual * light[:, None, None])
    # Where most differences are so small that the least decides, they need not be sorted.
    many_off = 2 * np.count_nonzero(off < _LEAST_OTHER / _OTHER) <= off.size
    limit = max(_LEAST_OTHER, _OTHER * median_of(off)) if many_off else _LEAST_OTHER
    other = (off > limit).sum(axis=2, dtype=np.uint16) / clip.blocks.shape[2]
    rows = other.shape[1]
    cuts = np.arange(max(rows // 3, 1), rows - _TORN_ROWS + 1)
    above = np.cumsum(other, axis=1)
    whole_share = above[:, cuts - 1] / cuts
    torn_share = (above[:, -1:] - above[:, cuts - 1]) / (rows - cuts)
    torn = ~blank & ((torn_share >= _TORN_SHARE) & (whole_share <= _WHOLE_SHARE)).any(axis=1)
    # A tear is of one picture; somebody close to the lens stays for several.
    lasting = torn.copy()
    lasting[1:] &= torn[:-1]
    for n in np.flatnonzero(lasting).tolist():
        torn[n - 1 : n + 1] = False
    if torn.sum() > _MOST_TORN * len(torn):
        torn[:] = False
    return np.asarray(blank | torn)


def without_spoilt(frames: Sequence[Frame], clip: Clip) -> tuple[Frame, ...] | None:
    """Return those of *frames* that *clip* holds whole; None when all are."""
    spoilt = spoilt_pictures(clip)
    if not spoilt.any():
        return None
    whole = {ms for ms, bad in zip(clip.ms, spoilt, strict=True) if not bad}
    return tuple(frame for frame in frames if frame.ms in whole)


def split_at_switches(frames: Sequence[Frame], clip: Clip) -> list[tuple[Frame, ...]]:
    """Return *frames* cut where the exposure of *clip* switches, one part where it does not."""
    after = max(2, round(len(clip.ms) / max(clip.seconds, 1.0)))
    cuts = []
    level = np.log(clip.blocks + 4.0)
    changes = np.abs(np.diff(level, axis=0)).reshape(len(level) - 1, level[0].size)
    switched = (changes >= _SWITCH).sum(axis=1) >= changes.shape[1] / 2  # their median is
    for n in (np.flatnonzero(switched) + 1).tolist():
        step = median_of(changes[n - 1])
        before, now = median(level[max(0, n - after) : n]), median(level[n : n + after])
        stays = median_of(np.abs(now - before)) >= _STAYS * step
        looks = [(look - cv2.blur(look, (5, 5))).ravel() for look in (before, now)]
        seen = all(float(look.std()) > 0.0 for look in looks)  # a picture without an edge is of no room
        if stays and seen and float(np.corrcoef(looks[0], looks[1])[0, 1]) >= _SAME_ROOM:
            cuts.append(clip.ms[n])
    if not cuts or len(cuts) > 2:
        return [tuple(frames)]
    edges = [-1, *cuts, clip.ms[-1] + 1]
    return [tuple(f for f in frames if max(first, 0) <= f.ms < last) for first, last in pairwise(edges)]
