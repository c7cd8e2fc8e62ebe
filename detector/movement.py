"""Movement in a clip: blocks that stand out from the picture's own noise, and the bodies they form."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from detector.artefacts import Artefacts, find_artefacts
from detector.clip import Blocks, Clip, Grey, block_deviations
from detector.life import end_of
from detector.light import remove_light, roughness
from detector.ranks import median, median_of, quantile, quantiles
from detector.thresholds import Thresholds
from detector.zones import Mask, Zones

_CONNECTED = 8
_LEAST_NOISE = 0.12
"""Grey levels. Rounding to 8 bits leaves at least this much in the mean of a block; a coarse coder says how much more."""

_POOLED = 1.5
_CONTROL = 0.99
"""Pooled slowness that is more than chance, and the share of the picture where nobody rests that it has to exceed."""

_AFTER_A_JUMP = 30.0
"""Blocks that somebody asleep leaves at the end of a look with a jump at the least: drawn and recorded ones 50-90. Gain that drifts by 1
to 5 % moves a bright bed through a coder's steps, and leaves up to 22 where nobody is."""

_FEWEST = 4
"""Pictures at the end of a look below which nothing is said of life in them."""

_DEEP_SHADOW = 12.0
"""Grey levels. Below it the steps of 8 bits and of the coder are coarse beside what is there: noise counts twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """Blocks in which something moved, over the picture (h, w) and over time (t, h, w).

    ``amplitude`` is each block's deviation over time in units of the noise of blocks with as much texture;
    ``slowness`` its variance over that of white noise with the same frame-to-frame change (von Neumann's ratio
    turned over: 1 for noise, larger for what moves slowly); ``alive`` the blocks that stand out, ``solid`` those of
    them that no moving light or shadow explains; ``slow`` those, however faint, whose rough part is slow too.
    ``pooled`` is slowness over a block and the eight around it, as a factor of what is more than chance; ``stirs`` what
    counts when people are counted, solid or slow so pooled; ``sustained`` what is slow so pooled in both halves of the
    session. ``when`` are the times at which a living block is away from its usual grey, ``residual`` how far each block
    is, light taken out, and ``noise`` the usual noise, both in grey levels. ``gain_spread`` is how much the light
    changed, as a factor; ``distinct`` how many different pictures this rests on, and ``rate`` how often they change, a
    second; ``shaken`` whether the camera shook; ``texture`` the deviation inside each block, grey levels. ``artefacts`` is
    what moved and is no body: it is in none of the others. ``late`` is what lives at the end of the look by itself, ``least_late``
    of how many blocks somebody asleep leaves there at the least. ``pictures``
    are those that ``residual`` is of, ``means`` their blocks' mean grey.
    """

    amplitude: Blocks
    slowness: Blocks
    alive: Mask
    solid: Mask
    slow: Mask
    stirs: Mask
    pooled: Blocks
    when: npt.NDArray[np.bool_]
    residual: Blocks
    noise: float
    gain_spread: float
    distinct: int
    rate: float
    sustained: Mask
    shaken: bool
    texture: Blocks
    artefacts: Artefacts
    late: Mask
    least_late: float
    pictures: tuple[Grey, ...]
    means: Blocks


def find_movement(clip: Clip, where: Zones, thresholds: Thresholds) -> Movement:
    """Return what moved in *clip*.

    The measure is that of the footage's README (deviation of a block over the picture's median deviation), with two
    things added: light is taken out first, and the noise is that of frame-to-frame differences, so that slow
    movement cannot raise it. von Neumann (1941), "Distribution of the ratio of the mean square successive difference
    to the variance".
    """
    looked_at, control = where.looked_at, where.outside
    kept = [t for t in range(len(clip.order)) if t == 0 or clip.order[t] != clip.order[t - 1]]
    shown = np.array(clip.order)[kept]
    middle = clip.pictures[len(clip.pictures) // 2]
    means = clip.blocks[kept]
    unlit = remove_light(means, middle)
    spread = float(np.ptp(unlit.gain))
    steady, places = _steady(unlit.gain), np.arange(len(shown))
    if not steady.all() and len(set(shown[steady].tolist())) >= 5:
        shown, places = shown[steady], places[steady]
        means = means[steady]
        unlit = remove_light(means, middle)
    residual = unlit.residual
    over_time = _over_time(residual)
    deviation = np.sqrt(over_time.variance)
    texture = block_deviations(middle)
    least = max(_LEAST_NOISE, clip.rounding)
    noise = _noise(over_time.white, deviation, texture, looked_at, least)
    noise = np.where(unlit.still < _DEEP_SHADOW, 2.0 * noise, noise).astype(np.float32)
    # A recording that is played to and fro comes back to its levels as text does: each picture counts once.
    first_shown = np.unique(shown, return_index=True)[1]
    artefacts = find_artefacts(residual, np.sort(first_shown), noise, where.at_rest)
    looked_at, control = looked_at & ~artefacts.written, control & ~artefacts.written
    if artefacts.drifting.any():
        residual = np.where(artefacts.drifting, np.float32(0.0), residual)
        over_time = _over_time(residual)
        deviation = np.sqrt(over_time.variance)
    amplitude = np.where(looked_at, deviation / noise, 0.0).astype(np.float32)
    slowness = over_time.slowness(least)
    away = np.abs(residual) > 3.0 * noise
    # What is seen in one picture alone is a coder's key frame or a spark, not a body.
    twice = away[first_shown].sum(axis=0, dtype=np.uint16) >= 2
    strong = (amplitude >= thresholds.strong) | ((amplitude >= thresholds.moving) & (slowness >= thresholds.slow))
    alive = looked_at & strong & twice
    rough = roughness(residual, unlit.still)
    rough_over_time = _over_time(rough)
    share = np.sqrt(rough_over_time.variance) / np.maximum(deviation, 1e-3)
    slow = looked_at & (slowness >= thresholds.slow) & (amplitude >= thresholds.slow_amplitude)
    slow &= (rough_over_time.slowness(least) >= thresholds.slow) & (share >= thresholds.solid)
    solid = alive & (share >= thresholds.solid)
    pooled = _beyond(over_time.pooled(least), control)
    shiver = median_of(np.abs(unlit.shift).max(axis=1))
    first, jumped = end_of(residual, noise, [place.mask for place in where.rest], places.tolist(), len(kept))
    end = residual[first:]
    if jumped:
        # What lies there now is not what the look's median picture shows, and gain that drifts would move the difference between them.
        end = np.where(artefacts.drifting[first:], np.float32(0.0), remove_light(means[first:], middle).residual)
    half = len(residual) // 2
    halves = [_over_time(part).pooled(least) for part in (residual[:half], residual[half:])] if half >= 4 else []
    both = np.minimum(*halves) if halves else np.zeros_like(slowness)
    return Movement(
        amplitude=amplitude,
        slowness=slowness,
        alive=alive,
        solid=solid,
        slow=slow,
        stirs=solid | (looked_at & (share >= thresholds.solid) & (pooled >= 1.0)),
        pooled=pooled,
        when=away & alive,
        residual=residual,
        noise=median_of(noise),
        gain_spread=spread,
        distinct=len(first_shown),
        rate=(len(kept) - 1) / max(clip.seconds, 0.001),
        sustained=looked_at & (share >= thresholds.solid) & (_beyond(both, control) >= 1.0),
        shaken=shiver >= thresholds.shiver,
        texture=texture,
        artefacts=artefacts,
        late=looked_at & (share >= thresholds.solid) & _living(end, noise, control, least, thresholds),
        least_late=_AFTER_A_JUMP if jumped else thresholds.least_in_bed,
        pictures=tuple(clip.every[n] for n in shown.tolist()),
        means=means,
    )


def _living(residual: Blocks, noise: Blocks, control: Mask, least: float, t: Thresholds) -> Mask:
    """Return the blocks that live in *residual* by itself, some of a look's pictures: that stand out, or stir slowly."""
    if len(residual) < _FEWEST:
        return np.zeros(noise.shape, bool)
    own = np.asarray(residual - median(residual), np.float32)
    over_time = _over_time(own)
    amplitude = np.sqrt(over_time.variance) / noise
    alive = (amplitude >= t.strong) | ((amplitude >= t.moving) & (over_time.slowness(least) >= t.slow))
    return np.asarray(alive | (_beyond(over_time.pooled(least), control) >= 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class _OverTime:
    """Each block's ``variance`` over time, and ``white``, the deviation of noise with the same frame-to-frame change; (h, w)."""

    variance: Blocks
    white: Blocks

    def slowness(self, least: float) -> Blocks:
        """Return the variance over that of white noise, of *least* grey levels halved or more."""
        return np.asarray(self.variance / np.maximum(self.white**2, (0.5 * least) ** 2), np.float32)

    def pooled(self, least: float) -> Blocks:
        """Return slowness over each block and the eight around it: chance reaches little of it even in ten pictures."""
        white = cv2.blur(self.white**2, (3, 3))
        return np.asarray(cv2.blur(self.variance, (3, 3)) / np.maximum(white, (0.5 * least) ** 2), np.float32)


def _over_time(residual: Blocks) -> _OverTime:
    return _OverTime(residual.var(axis=0), _white(residual))


def _white(residual: Blocks) -> Blocks:
    """Return the deviation that white noise with the same frame-to-frame change would have."""
    if len(residual) < 2:
        return np.zeros(residual.shape[1:], np.float32)
    return np.asarray(np.sqrt((np.diff(residual, axis=0) ** 2).mean(axis=0) / 2), np.float32)


def _beyond(pooled: Blocks, control: Mask) -> Blocks:
    """Return *pooled* as a factor of what is more than chance, and more than all but the strangest of *control*."""
    least = max(_POOLED, quantile(pooled[control], _CONTROL)) if control.any() else _POOLED
    return np.asarray(pooled / least, np.float32)


def _steady(gain: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return which frames are lit as most of the session is, within 20 %: exposure that still settles is left out."""
    usual = median_of(gain)
    return np.asarray(np.abs(gain - usual) <= 0.2 * abs(usual))


def _noise(white: Blocks, deviation: Blocks, texture: Blocks, looked_at: Mask, least: float) -> Blocks:
    """Return the noise expected in each block: the median over blocks with about as much texture.

    JPEG leaves more noise where there is texture. A busy quarter of the picture cannot raise its own noise beyond
    twice the whole picture's.
    """
    if not looked_at.any():
        return np.full_like(white, np.inf)
    overall = max(least, min(median_of(white[looked_at]), median_of(deviation[looked_at])))
    noise = np.full_like(white, overall)
    edges = quantiles(texture[looked_at], 0.25, 0.5, 0.75)
    quarter = np.digitize(texture, edges)
    for number in range(4):
        members = looked_at & (quarter == number)
        if members.any():
            noise[quarter == number] = min(max(overall, median_of(white[members])), 2.0 * overall)
    return noise


@dataclass(frozen=True, slots=True, eq=False)
class MovingBody:
    """One connected thing that moved. Sizes are fractions of the picture; ``strength`` the sum of amplitudes."""

    mask: Mask
    blocks: int
    strength: float


def bodies(alive: Mask, amplitude: Blocks, least: int) -> list[MovingBody]:
    """Return the connected things in *alive* of at least *least* blocks, strongest first; gaps of a block are closed."""
    if not alive.any():
        return []
    closed = cv2.morphologyEx(alive.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(closed, connectivity=_CONNECTED)
    found = []
    for label in range(1, count):
        mask = (labels == label) & alive
        blocks = int(mask.sum())
        if blocks >= least:
            found.append(MovingBody(mask, blocks, float(amplitude[mask].sum())))
    return sorted(found, key=lambda body: -body.strength)
