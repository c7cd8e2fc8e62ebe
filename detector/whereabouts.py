"""Whereabouts of what moves: bodies in and out of the rest zones, how many people stir in each, and the measures of both."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from detector.hanging import hangs
from detector.movement import Movement, bodies
from detector.people import gap_between, people_stirring
from detector.ranks import quantile
from detector.restless import moves_as_known
from detector.see_through import Transparency, transparency_of
from detector.shape import Figure, figure_of
from detector.thresholds import Thresholds
from detector.zones import Mask, ZoneMask, Zones, dilate, extent
from schemas import limits
from schemas.messages import Evidence, Profile

_COMPARED = 12
"""Blocks where nobody rests, at least half as rich as what is slow in bed, that it is compared with at the least."""

OUT_OF_BED: Final = ("moves_on_floor", "moves_upright", "moves_outside")
"""Evidence of somebody who moves out of bed: low on the floor, upright, or neither for certain."""

_NO_GAP = 0.65
"""Share of what moves at the lesser of two people from which there is no gap between them: two 0.00-0.45, one 0.77-1."""

_ECHOES = 0.5
"""Correlation with what moves in bed from which something faint outside it is its shadow or reflection."""


_EDGE = 3
"""Times what is solid in it that a moving light is large at the least: of a shadow with a body in it a fourth and more is solid."""


_TRACE = 0.9
"""Share of a figure that lies where a speck has been, from which it is what was left when the speck was taken out: 0.95-1."""


@dataclass(frozen=True, slots=True)
class ZoneMovement:
    """Movement in one rest zone: ``blocks`` that live, their summed ``strength`` and how many places breathe."""

    place: ZoneMask
    blocks: int
    strength: float
    slow: int
    people: int


@dataclass(frozen=True, slots=True, eq=False)
class Whereabouts:
    """Everything that the rules of a verdict look at.

    ``at`` is what moves in each rest zone, ``occupied`` those of them in which somebody is, ``people`` how many in all.
    ``outside`` are the figures out of bed, ``stray`` those that are mostly out of bed and too little to be somebody. ``light``
    are those that hide nothing, ``hanging`` those that sway as a curtain does, ``restless`` those that move where something moves when nobody is there:
    they are in neither.
    """

    movement: Movement
    zones: Zones
    profile: Profile
    t: Thresholds
    figures: list[Figure]
    at: list[ZoneMovement]
    outside: list[Figure]
    stray: list[Figure]
    light: list[Figure]
    hanging: list[Figure]
    restless: list[Figure]
    measures: dict[str, float]
    evidence: tuple[Evidence, ...]

    @property
    def occupied(self) -> list[ZoneMovement]:
        return [a for a in self.at if a.people]

    @property
    def people(self) -> int:
        return sum(a.people for a in self.at)

    @property
    def astride(self) -> bool:
        """True where one body lies over both sides of a couple's bed: there is no gap between what moves on either."""
        if len(self.zones.rest) != 2:
            return False
        one, other = (place.mask for place in self.zones.rest)
        alive = self.movement.solid & self.zones.at_rest
        if not (dilate(one, 2) & other).any() or float(self.movement.amplitude[alive].sum()) < self.t.strength_in_bed:
            return False
        return gap_between(self.movement, one, other, self.t) >= _NO_GAP

    @property
    def main(self) -> Figure:
        """The strongest figure out of bed; only where there is one."""
        return max(self.outside, key=lambda f: f.body.strength)


def find_whereabouts(
    movement: Movement, zones: Zones, profile: Profile, t: Thresholds, known_restless: Mask | None = None
) -> Whereabouts:
    """Return who and what is where in a picture that is good; *known_restless* are blocks that move when nobody is there."""
    figures = _figures(movement, zones, t)
    at = _who_is_where(movement, zones, t)
    beyond = [f for f in figures if f.inside <= 1.0 - t.overhang and not _echo(f, at, movement, t)]
    light = [f for f in beyond if _is_light(f, movement, zones, t)]
    if beyond and (light or transparency_of(movement, movement.alive & zones.at_rest).is_light):
        light += [
            f for f in beyond if f not in light and f.low < t.low_share and _seen(f, movement, zones).may_be_light
        ]
    # Beside moving light what moves faintly may be its edge.
    beyond = [f for f in beyond if f not in light and (not light or f.body.strength >= t.clear_outside)]
    restless = [f for f in beyond if known_restless is not None and moves_as_known(f, movement, known_restless)]
    beyond = [f for f in beyond if f not in restless]
    hanging = [f for f in beyond if hangs(f, movement)]
    beyond = [f for f in beyond if f not in hanging]
    outside = [f for f in beyond if _outside_blocks(f) >= t.least_outside]
    stray = [f for f in beyond if f not in outside]
    measures = _measures(movement, zones, figures, outside, at)
    nobody = {"moves_by_itself": restless, "hangs": hanging, "light": light}
    evidence = _evidence(movement, outside, nobody, at, zones, t)
    return Whereabouts(
        movement, zones, profile, t, figures, at, outside, stray, light, hanging, restless, measures, evidence
    )


def _echo(figure: Figure, at: list[ZoneMovement], movement: Movement, t: Thresholds) -> bool:
    """Return whether *figure* is a shadow or a reflection of who turns over in bed: a few parts in a hundred, at the same times.

    Of fewer pictures than a green takes a correlation says nothing.
    """
    occupied = [a for a in at if a.people]
    if not occupied or figure.body.strength >= t.echo * sum(a.strength for a in occupied):
        return False
    if movement.distinct < t.least_distinct:
        return True
    in_bed = np.any([a.place.mask for a in occupied], axis=0) & movement.alive
    cause, effect = (np.abs(movement.residual[:, where]).sum(axis=1) for where in (in_bed, figure.body.mask))
    if float(cause.std()) == 0.0 or float(effect.std()) == 0.0:
        return True
    return float(np.corrcoef(cause, effect)[0, 1]) >= _ECHOES


def _is_light(figure: Figure, movement: Movement, zones: Zones, t: Thresholds) -> bool:
    """Return whether *figure* hides nothing out of bed, is the edge of something larger that does not, or a speck's trace.

    What is low may be somebody on the floor, whom few pixels show: it is light only where nothing at all is hidden.
    """
    own = figure.body.mask & ~zones.at_rest
    track = np.asarray(movement.artefacts.drifting.any(axis=0))
    if float(track[own].mean()) >= _TRACE:
        return True
    seen = _seen(figure, movement, zones)
    if figure.low >= t.low_share:
        return seen.is_light and seen.hides_nothing
    if seen.is_light:
        return True
    whole = [b.mask & ~zones.at_rest for b in bodies(movement.alive, movement.amplitude, 1) if (b.mask & own).any()]
    return any(int(m.sum()) >= _EDGE * int(own.sum()) and transparency_of(movement, m).is_light for m in whole)


def _seen(figure: Figure, movement: Movement, zones: Zones) -> Transparency:
    """Return how transparent that part of *figure* is that lies out of bed."""
    return transparency_of(movement, figure.body.mask & ~zones.at_rest)


def _who_is_where(movement: Movement, zones: Zones, t: Thresholds) -> list[ZoneMovement]:
    """Return what moves in each rest zone.

    Where zones adjoin, as the sides of a couple's bed do, a strip along the border counts for neither: one sleeper's
    duvet moves on the other side too. For the same reason a side needs a fair share of the liveliest side's strength,
    or of its breathing while both lie calm.
    """
    at = []
    for place in zones.rest:
        strip = max(1, round(0.2 * float(place.mask.sum()) ** 0.5))
        core = np.asarray(place.mask & ~dilate(zones.at_rest & ~place.mask, strip))
        at.append(_in_zone(place, core, zones, movement, t))
    liveliest = max((a.strength for a in at), default=0.0)
    slowest = max((a.slow for a in at), default=0)
    return [
        a
        if a.strength >= t.fair_share * liveliest or (liveliest <= t.calm and a.slow >= t.fair_breath * slowest)
        else replace(a, people=0)
        for a in at
    ]


def _in_zone(place: ZoneMask, core: Mask, zones: Zones, movement: Movement, t: Thresholds) -> ZoneMovement:
    alive = movement.solid & core
    if float(movement.slow[place.mask].mean()) < t.slower * _share(movement.slow, zones.outside):
        # Where all the picture is as slow as the bed, as a coder leaves it, slowness picks out nobody.
        alive &= movement.amplitude >= t.strong
    blocks = int(alive.sum())
    strength = float(movement.amplitude[alive].sum())
    slow = max((b.blocks for b in bodies(movement.slow & core, movement.slowness, 3)), default=0)
    largest = max((b.blocks for b in bodies(alive, movement.amplitude, 3)), default=0)
    # Under a shadow that moves over the bed some blocks pass for solid; a sleeper is more than a few among many.
    shaded = blocks < t.solid_in_bed * int((movement.alive & core).sum())
    moves = largest >= t.least_in_bed and strength >= t.strength_in_bed and not shaded
    seen = moves or _breathes(slow, place, zones.outside, movement, t)
    people = 0
    if seen:
        # A side of a couple's bed is one person wide; only a bed that is one zone can hold two unasked.
        people = 1
        if len(zones.rest) == 1 and movement.distinct >= t.least_distinct:
            people = people_stirring(movement, place, t)
    return ZoneMovement(place, blocks, strength, slow, people)


def _breathes(slow: int, place: ZoneMask, elsewhere: Mask, movement: Movement, t: Thresholds) -> bool:
    """Return whether slow movement alone is enough: a patch of it in this zone, and next to none where nobody rests.

    Next to none also where there is as much to see: a coder's slow noise is in checks and folds, and a plain floor has
    none. A room that has nothing to compare the bed with says nothing.
    """
    if slow < t.least_slow or movement.distinct < t.slow_distinct or not elsewhere.any():
        return False
    usual = quantile(movement.texture[movement.slow & place.mask], 0.25)
    as_rich = elsewhere & (movement.texture >= 0.5 * usual)
    if int(as_rich.sum()) < _COMPARED:
        return False
    richer = elsewhere & (movement.texture >= usual)
    there = max(_share(movement.slow, where) for where in (elsewhere, as_rich, richer))
    here = _share(movement.slow, place.mask)
    return here >= 0.05 and here >= 6.0 * there


def _outside_blocks(figure: Figure) -> int:
    return round(figure.body.blocks * (1.0 - figure.inside))


def _figures(movement: Movement, zones: Zones, t: Thresholds) -> list[Figure]:
    """Return the bodies in the picture, strongest first: what is mostly shade counts only where it is solid."""
    least = int(t.least_blocks)
    whole = bodies(movement.alive, movement.amplitude, least)
    shaded = np.zeros_like(movement.alive)
    found = []
    for body in whole:
        if float(movement.solid[body.mask].mean()) >= t.solid_share:
            found.append(body)
        else:
            shaded |= body.mask
    found += bodies(shaded & movement.solid, movement.amplitude, least)
    figures = [figure_of(body, movement, zones) for body in sorted(found, key=lambda body: -body.strength)]
    return [figure for figure in figures if not _line(figure)]


def _line(figure: Figure) -> bool:
    """Return whether it is but a line along the picture's border or a weak line anywhere: an edge, not a body."""
    top, left, bottom, right = extent(figure.body.mask)
    thin = min(bottom - top, right - left) == 1
    rows, columns = figure.body.mask.shape
    border = top == 0 or left == 0 or bottom == rows or right == columns
    return thin and (border or figure.body.strength < 6.0 * figure.body.blocks)


def _share(mask: Mask, where: Mask) -> float:
    return float(mask[where].mean()) if where.any() else 0.0


def _measures(
    movement: Movement, zones: Zones, figures: list[Figure], outside: list[Figure], at: list[ZoneMovement]
) -> dict[str, float]:
    inside = zones.at_rest
    alive_in = movement.alive & inside
    share = float(alive_in.sum()) / max(int(inside.sum()), 1)
    frames = movement.when.shape[0]
    active = (movement.when & inside).sum(axis=(1, 2)) >= 3
    strong = float(movement.amplitude[alive_in].mean()) if alive_in.any() else 0.0
    measures = {
        "noise": movement.noise,
        "light_spread": movement.gain_spread,
        "distinct": float(movement.distinct),
        "rate": movement.rate,
        "blocks_in_bed": float(alive_in.sum()),
        "blocks_outside": float((movement.alive & zones.outside).sum()),
        "strength_in_bed": sum(a.strength for a in at),
        "strength_outside": sum(f.body.strength * (1 - f.inside) for f in figures),
        "slow_in_bed": float(movement.slow[inside].mean()) if inside.any() else 0.0,
        "slow_outside": float(movement.slow[zones.outside].mean()) if zones.outside.any() else 0.0,
        "shaded_blocks": float((movement.alive & ~movement.solid).sum()),
        "violence": share * strong * float(active.mean()) if frames else 0.0,
    }
    for a in at:
        late = bodies(movement.late & a.place.mask, movement.amplitude, 1)
        measures[f"late_{a.place.name}"] = float(max((body.blocks for body in late), default=0))
    if outside:
        main = max(outside, key=lambda f: f.body.strength)
        measures |= {"upright": main.upright, "low": main.low, "tall": main.tall, "height": main.height}
        measures |= {"inside": main.inside, "middle_in_bed": main.at_rest}
        measures |= _place(main.body.mask)
    return dict(zip(measures, np.round(list(measures.values()), 4).tolist(), strict=True))


def _place(mask: Mask) -> dict[str, float]:
    """Return where a body is in the picture, from its upper left, in parts of the picture's width and height: to be drawn."""
    rows, columns = mask.shape
    top, left, bottom, right = extent(mask)
    return {
        "place_left": left / columns,
        "place_top": top / rows,
        "place_right": right / columns,
        "place_bottom": bottom / rows,
    }


def _evidence(
    movement: Movement,
    outside: list[Figure],
    nobody: dict[str, list[Figure]],
    at: list[ZoneMovement],
    zones: Zones,
    t: Thresholds,
) -> tuple[Evidence, ...]:
    """Return what moves where, each said once: the strongest of those that are alike."""
    seen = [Evidence(what="moves", zone=a.place.name, value=round(a.strength, 1)) for a in at if a.people]
    said: dict[tuple[str, str | None], float] = {}
    for figure in outside:
        alike = _way_of(figure, t), _side_of(figure, zones)
        said[alike] = max(figure.body.strength, said.get(alike, 0.0))
    seen += [Evidence(what=what, zone=side, value=round(value, 1)) for (what, side), value in said.items()]
    for what, figures in nobody.items():
        if figures:
            main = max(figures, key=lambda figure: figure.body.strength)
            seen.append(Evidence(what=what, zone=_side_of(main, zones), value=round(main.body.strength, 1)))
    if movement.artefacts.written.any():
        seen.append(Evidence(what="text_in_picture", value=float(movement.artefacts.written.sum())))
    if movement.artefacts.drifting.any():
        seen.append(Evidence(what="speck", value=float(movement.artefacts.drifting.any(axis=(1, 2)).sum())))
    return tuple(seen[: limits.EVIDENCE])


def _way_of(figure: Figure, t: Thresholds) -> str:
    """Return in which way somebody out of bed moves: low on the floor, upright, or neither for certain."""
    if figure.low >= t.low_share:
        return OUT_OF_BED[0]
    return OUT_OF_BED[1] if figure.tall >= 0.5 else OUT_OF_BED[2]


def _side_of(figure: Figure, zones: Zones) -> str | None:
    """Return on which side of the bed a figure is, as the picture shows it; None without a bed."""
    if not zones.rest:
        return None
    top, left, bottom, right = extent(figure.body.mask)
    across, down = (left + right) / 2, (top + bottom) / 2
    near = min(zones.rest, key=lambda place: _beyond(across, down, place.mask)[0])
    return _beyond(across, down, near.mask)[1]


def _beyond(across: float, down: float, mask: Mask) -> tuple[float, str]:
    """Return how far a point is past the side of *mask* that it is most past, in blocks, and which side that is."""
    top, left, bottom, right = extent(mask)
    sides = (
        (across - right, "right_of_bed"), (left - across, "left_of_bed"), (down - bottom, "before_bed"),
        (top - down, "behind_bed"),
    )  # fmt: skip
    far, side = max(sides)
    return (far, side) if far > 0 else (0.0, "beside_bed")
