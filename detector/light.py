"""What the lamps and the camera's gain do to a picture, taken out of its blocks before movement is looked for."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detector.clip import Blocks

_ROUNDS = 4
_TRIM = 2.0


@dataclass(frozen=True, slots=True)
class Unlit:
    """Blocks without their changes of light.

    ``still`` is the median picture (h, w); ``residual`` (t, h, w) what of each frame the light does not explain, both
    float32 grey levels; ``gain`` (t,) each frame's brightness as a factor of ``still``'s.
    """

    still: Blocks
    residual: Blocks
    gain: npt.NDArray[np.float64]


def take_out(blocks: Blocks) -> Unlit:
    """Return *blocks* (t, h, w) less the change of light of each frame.

    Light is modelled as the median picture times a smooth surface (second order over the picture: a lamp, a television,
    automatic gain, a shadow's wide part) plus one offset, fitted for each frame by iteratively reweighted least
    squares with Geman-McClure's weights, so that a moving person does not pull the fit.
    """
    frames, height, width = blocks.shape
    still = np.median(blocks, axis=0)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    surface = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y]).reshape(6, -1)
    basis = np.concatenate([surface * still.ravel(), np.full((1, height * width), 32.0)]).astype(np.float32)
    pairs = (basis[:, None] * basis[None]).reshape(49, -1).T.copy()
    wanted = (blocks - still).reshape(frames, -1)
    weights = np.ones_like(wanted)
    # A weak pull to "no change" keeps the fit defined on a black or constant picture.
    pull = np.eye(7) * (height * width)
    residual = wanted
    fit = np.zeros((frames, 7))
    for _ in range(_ROUNDS):
        left = (weights @ pairs).reshape(frames, 7, 7).astype(np.float64) + pull
        right = ((weights * wanted) @ basis.T).astype(np.float64)
        fit = np.linalg.solve(left, right[..., None])[..., 0]
        residual = wanted - (fit.astype(np.float32) @ basis)
        scale = np.maximum(1.4826 * np.median(np.abs(residual), axis=1, keepdims=True), 0.05)
        weights = (1.0 / (1.0 + (residual / (_TRIM * scale)) ** 2) ** 2).astype(np.float32)
    return Unlit(still, residual.reshape(blocks.shape), 1.0 + fit[:, 0])
