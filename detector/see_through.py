"""Light told from bodies by what lies behind: a body hides the room, light and what drifts before the lens let it show.

A lamp, a torch, headlights and their shadows multiply what they fall on, a speck close to the lens adds a soft brightness
to it. Under either the room's own grain stays where it was, and the change itself is as smooth as the light. A body brings its own
grain, and a limb that shifts by less than a block changes the picture by its slopes, which no smooth light does.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from detector.clip import BLOCK
from detector.movement import Movement
from detector.ranks import median
from detector.zones import Mask

_MOST = 96
"""Blocks of a figure that are looked at, those that move most: the rest weigh little."""

_CALM, _AWAY = 1 / 3, 1 / 5
"""Shares of the pictures in which a block is most as it usually is, and least so; three of them at the least."""

_ROUNDING = 0.3
"""Variance, grey levels squared, that a coder adds to each pixel beside the sensor's."""

_TOLD = 1.5
"""Times the noise that a block's grain has to be under the other light, before it can be lost."""

_LOST = 0.6
"""Share of the grain in a changed picture that is the usual one, below which the usual one is lost."""

_FEWEST = 3
"""Blocks that have a grain to lose, from which the others are believed too."""

_SMOOTH = 0.93
"""Share of the change that smooth light explains: light 0.94-1.00; people and curtains 0.57-0.95, on recorded plain floors 0.99."""

_WHOLE, _APART = 0.9, 0.25
"""Share of the grain that is kept, weighted by the change, from which nothing was hidden (people 0.02-0.87), and how much of it has to
brighten or darken together: a speck 0.37 and more; folds and limbs do either at once."""

_ONE_WAY = 0.42
"""Grain kept, times how much all blocks brighten or darken together: light 0.46-1.00, people on such floors 0.02-0.33."""

_PLAINLY, _ONE = 0.97, 0.85
"""Share of the change that smooth light explains, and of the blocks' change that is to one side, where there is no grain to lose."""

_SHADE = 0.15
"""Share of what moves in bed that is shade, from which it may be light: sleepers 0-0.12, a large speck over an empty bed 0.27 and more."""

_FIT: Final = 6
"""Numbers of a smooth light over one block: what it adds and what it multiplies with, each a plane."""

Pixels = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Transparency:
    """Measures of a change in the picture, each 0 to 1; where it is too little ``together`` for a light the others are not taken, and 0.

    ``smooth`` is the share of it that smooth light explains, ``kept`` how much of the grain behind is still there, ``together`` whether
    all of it brightens or darkens at once; ``told`` in how many blocks there is a grain that could be lost.
    """

    smooth: float
    kept: float
    together: float
    told: int

    @property
    def is_light(self) -> bool:
        """True where nothing behind it is hidden."""
        if self.told < _FEWEST or self.smooth < _SMOOTH:
            return False
        return (self.hides_nothing and self.together >= _APART) or self.kept * self.together >= _ONE_WAY

    @property
    def hides_nothing(self) -> bool:
        """True where the grain behind it is kept whole."""
        return self.kept >= _WHOLE

    @property
    def may_be_light(self) -> bool:
        """True where nothing tells: plain surfaces that brighten or darken smoothly together, as they do under a light told elsewhere."""
        return self.told == 0 and self.smooth >= _PLAINLY and self.together >= _ONE


def transparency_of(movement: Movement, mask: Mask) -> Transparency:
    """Return how transparent what changed in *mask* is, a few blocks at the least."""
    rows, columns = _strongest(movement, mask)
    if not len(rows):
        return Transparency(0.0, 0.0, 0.0, 0)
    together = _together(movement.means[:, rows, columns].T)
    if together < _APART:
        # Whatever brightens and darkens at once is no light; the pixels need not be asked.
        return Transparency(0.0, 0.0, together, 0)
    shown = _pixels(movement, rows, columns)
    # A speck has been taken out of the residual, but it is in the picture.
    off = np.where(movement.artefacts.drifting, np.inf, np.abs(movement.residual))[:, rows, columns]
    away = np.argsort(off.T, axis=1, kind="stable")
    count = shown.shape[1]
    calm = np.take_along_axis(shown, away[:, : max(3, round(count * _CALM)), None], axis=1).astype(np.float64)
    changed = np.take_along_axis(shown, away[:, -max(3, round(count * _AWAY)) :, None], axis=1).astype(np.float64)
    usual = calm.mean(axis=1)
    noise = calm.var(axis=1, ddof=1).mean(axis=1) + _ROUNDING
    free = shown.shape[2] - _FIT

    plane = _plane()
    light = np.concatenate([np.broadcast_to(plane, (len(usual), *plane.shape)), plane * usual[..., None]], axis=2)
    base = np.linalg.qr(light)[0]
    change = changed - usual[:, None]
    rough = change - (change @ base) @ base.transpose(0, 2, 1)
    energy = np.maximum((change**2).sum(axis=2) - shown.shape[2] * noise[:, None], 0.0).sum(axis=1)
    unexplained = np.maximum((rough**2).sum(axis=2) - free * noise[:, None], 0.0).sum(axis=1)

    told, kept = _grain_kept(usual, changed, noise, calm.shape[1])
    weight = energy[told]
    return Transparency(
        smooth=1.0 - float(unexplained.sum()) / max(float(energy.sum()), 1e-6),
        kept=float(weight[kept[told]].sum()) / max(float(weight.sum()), 1e-6),
        together=together,
        told=int(told.sum()),
    )


def is_shade(movement: Movement, place: Mask) -> bool:
    """Return whether what moves in *place* hides nothing of it; a sleeper leaves next to no shade, and is asked no more."""
    moving = movement.alive & place
    shaded = float((moving & ~movement.solid).sum()) >= _SHADE * float(moving.sum())
    return shaded and transparency_of(movement, moving).is_light


def _strongest(movement: Movement, mask: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return rows and columns of the blocks of *mask* that move most."""
    rows, columns = np.nonzero(mask)
    order = np.argsort(movement.amplitude[rows, columns])[::-1][:_MOST]
    return rows[order], columns[order]


def _pixels(movement: Movement, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> npt.NDArray[np.uint8]:
    """Return the blocks' pixels in each picture, (block, picture, pixel)."""
    within = np.arange(BLOCK)
    y = (rows[:, None] * BLOCK + within)[:, :, None]
    x = (columns[:, None] * BLOCK + within)[:, None, :]
    each = [picture[y, x].reshape(len(rows), -1) for picture in movement.pictures]
    return np.stack(each, axis=1)


def _plane() -> Pixels:
    """Return what is constant, rises to the right and rises downwards over one block, (pixel, 3)."""
    y, x = np.mgrid[-1 : 1 : BLOCK * 1j, -1 : 1 : BLOCK * 1j].reshape(2, -1)
    return np.stack([np.ones_like(x), x, y], axis=1)


def _grain_kept(
    usual: Pixels, changed: Pixels, noise: npt.NDArray[np.float64], calm: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return in which blocks there is grain enough to be lost in the changed pictures, and in which of them it is still there."""
    flat = np.linalg.qr(_plane())[0]
    free = usual.shape[1] - 3
    grain = usual - (usual @ flat) @ flat.T
    other = changed - (changed @ flat) @ flat.T
    strength = (grain**2).sum(axis=1)
    gain = np.clip(changed.mean(axis=2) / np.maximum(usual.mean(axis=1), 1.0)[:, None], 0.05, 20.0)
    least = _TOLD * free * noise[:, None]
    enough = gain**2 * np.maximum(strength - free * noise / calm, 0.0)[:, None] > least
    share = (other * grain[:, None]).sum(axis=2) / np.maximum(strength, 1e-6)[:, None]
    new = np.maximum(((other - share[..., None] * grain[:, None]) ** 2).sum(axis=2) - free * noise[:, None], 0.0)
    same = 1.0 - new / np.maximum((other**2).sum(axis=2) - free * noise[:, None], 1e-3)
    told = enough.mean(axis=1) >= 0.5
    mostly = ((same >= _LOST) & enough).sum(axis=1) >= 0.5 * enough.sum(axis=1)
    return told, np.asarray(told & mostly)


def _together(means: npt.NDArray[np.floating]) -> float:
    """Return how much the blocks of *means* (block, picture) change to one side, in the pictures in which they change most."""
    change = means - median(means.T)[:, None]
    much = np.abs(change).sum(axis=0)
    most = np.argsort(much)[::-1][: max(3, round(len(much) * _AWAY))]
    return float((np.abs(change[:, most].sum(axis=0)) / np.maximum(much[most], 1e-6)).mean())
