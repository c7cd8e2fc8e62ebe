"""The camera's verdict on a clip of good quality: rules in order, from what moved to one answer and its reason."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from detector.movement import Movement, bodies
from detector.shape import Figure, figure_of, over_long_side, people_stirring, upright_of
from detector.thresholds import Thresholds
from detector.zones import Mask, ZoneMask, Zones, dilate, extent
from schemas.messages import Evidence, Profile
from schemas.vocabulary import Answer, Reason

_COMPARED = 12
"""Blocks where nobody rests, at least half as rich as what is slow in bed, that it is compared with at the least."""

_BORDER = 3
"""Blocks from the picture's border within which feet that pass by are seen."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its reason (None where the answer takes none), how many people, and why."""

    answer: Answer
    reason: Reason | None
    people: int | None
    evidence: tuple[Evidence, ...]
    measures: dict[str, float]
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _At:
    """Movement in one rest zone: ``blocks`` that live, their summed ``strength`` and how many places breathe."""

    place: ZoneMask
    blocks: int
    strength: float
    slow: int
    people: int


def decide(movement: Movement, zones: Zones, profile: Profile, t: Thresholds) -> Verdict:
    """Return the verdict on a picture that is good."""
    figures = _figures(movement, zones, t)
    at = _who_is_where(movement, zones, t)
    occupied = [a for a in at if a.people]
    # Who turns over in bed moves their shadow and their reflection in the floor too: a few parts in a hundred.
    echo = t.echo * sum(a.strength for a in occupied)
    beyond = [f for f in figures if f.inside <= 1.0 - t.overhang and f.body.strength >= echo]
    outside = [f for f in beyond if _outside_blocks(f) >= t.least_outside]
    stray = [f for f in beyond if f not in outside]
    measures = _measures(movement, zones, figures, outside, at)
    evidence = _evidence(outside, at)

    def say(answer: Answer, reason: Reason | None = None, people: int | None = None, detail: str = "") -> Verdict:
        return Verdict(answer, reason, people, evidence, measures, detail)

    people = sum(a.people for a in occupied)
    if outside:
        reason = _wrong(outside, zones, t)
        clear = max(f.body.strength for f in outside) >= t.clear_outside
        if not occupied and all(_at_border(f) for f in outside):
            return say(Answer.CANNOT_TELL, Reason.STILL, None, "something moves at the picture's very border")
        if not clear and not occupied:
            return _small(outside, say, profile, t)
        apart = [f for f in outside if f.inside < 0.1]
        others = bool(occupied) and len(apart) == len(outside)
        if others and (reason is not Reason.ON_FLOOR or not clear):
            return say(Answer.CANNOT_TELL, Reason.COUNT, people + 1, "somebody in bed and somebody elsewhere")
        return say(Answer.SOMETHING_WRONG, reason, max(1, len(apart) + (people if others else 0)))
    if not zones.rest:
        return say(Answer.CANNOT_TELL, Reason.OUT_OF_RANGE, None, "the profile has no bed zone")
    if not occupied:
        if stray:
            return _small(stray, say, profile, t)
        weak = any(a.blocks >= t.least_blocks or a.slow >= t.least_slow for a in at)
        if weak:
            return say(Answer.CANNOT_TELL, Reason.STILL, None, "too little movement to say who or where")
        return say(Answer.NOT_SEEN, None, 0)
    if _only_passes(movement, zones):
        passing = Evidence(what="moves_outside", value=round(sum(a.strength for a in occupied), 1))
        said = say(Answer.CANNOT_TELL, Reason.STILL, None, "what moves in bed only comes in over the picture's border")
        return replace(said, evidence=(passing,))
    if any(_sits(f, zones) for f in figures if f.inside >= 0.5):
        return say(Answer.SOMETHING_WRONG, Reason.AT_EDGE, people, "upright in bed")
    if measures["violence"] >= t.violent:
        return say(Answer.SOMETHING_WRONG, Reason.VIOLENT, people)
    if people != profile.expected_people or (len(at) >= people > len(occupied)):
        return say(Answer.CANNOT_TELL, Reason.COUNT, people, f"{people} seen, {profile.expected_people} expected")
    if stray:
        return say(Answer.CANNOT_TELL, Reason.COUNT, people, "something else moves outside the bed")
    if any(_over_the_side(f, movement, zones, t) for f in figures):
        return say(Answer.CANNOT_TELL, Reason.STILL, people, "who moves in bed moves over its long side too")
    if measures["left_share"] >= t.left_share and measures["late"] < 1.0:
        stopped = Evidence(what="stopped", value=measures["left_share"])
        said = say(Answer.CANNOT_TELL, Reason.STILL, people, "moved much, then not at all")
        return replace(said, evidence=(*evidence, stopped))
    if _light_moves(movement, zones, t):
        return say(Answer.CANNOT_TELL, Reason.STILL, people, "a light or a shadow moves over more than anybody does")
    if profile.pets and max(a.blocks / max(int(a.place.mask.sum()), 1) for a in occupied) < t.larger_than_pet:
        return say(Answer.CANNOT_TELL, Reason.COUNT, people, "too small to tell from an animal")
    if float(zones.outside.mean()) < t.least_floor:
        return say(Answer.CANNOT_TELL, Reason.OUT_OF_RANGE, people, "the bed zone leaves nothing of the room to see")
    if movement.distinct < t.least_distinct:
        return say(Answer.CANNOT_TELL, Reason.TOO_SHORT, people, f"only {movement.distinct} different pictures")
    if movement.rate < (t.least_rate if movement.distinct >= t.slow_distinct else t.least_rate_few):
        return say(Answer.CANNOT_TELL, Reason.TOO_SHORT, people, f"only {movement.rate:.1f} pictures a second")
    return say(Answer.IN_BED, None, people)


def _light_moves(movement: Movement, zones: Zones, t: Thresholds) -> bool:
    """Return whether moving light covers more of the picture than what moves in bed: it hides who else is there."""
    shaded = int((movement.alive & ~movement.solid).sum())
    solid = int((movement.solid & zones.at_rest).sum())
    return shaded >= t.least_shade and shaded >= t.shade * solid


def _small(figures: list[Figure], say: Callable[..., Verdict], profile: Profile, t: Thresholds) -> Verdict:
    """Return the verdict when all that moves is something small, not in bed: low down it may be who fell and lies."""
    main = max(figures, key=lambda f: f.body.strength)
    if main.low >= 0.5 and main.body.strength >= t.least_fallen and not profile.pets:
        return say(Answer.SOMETHING_WRONG, Reason.ON_FLOOR, 1, "something small moves, low down")
    return say(Answer.CANNOT_TELL, Reason.STILL, None, "something small moves outside the bed")


def _who_is_where(movement: Movement, zones: Zones, t: Thresholds) -> list[_At]:
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


def _in_zone(place: ZoneMask, core: Mask, zones: Zones, movement: Movement, t: Thresholds) -> _At:
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
            people = max(1, people_stirring(movement, place.mask, t))
    return _At(place, blocks, strength, slow, people)


def _breathes(slow: int, place: ZoneMask, elsewhere: Mask, movement: Movement, t: Thresholds) -> bool:
    """Return whether slow movement alone is enough: a patch of it in this zone, and next to none where nobody rests.

    Next to none also where there is as much to see: a coder's slow noise is in checks and folds, and a plain floor has
    none. A room that has nothing to compare the bed with says nothing.
    """
    if slow < t.least_slow or movement.distinct < t.slow_distinct or not elsewhere.any():
        return False
    usual = float(np.quantile(movement.texture[movement.slow & place.mask], 0.25))
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


def _over_the_side(figure: Figure, movement: Movement, zones: Zones, t: Thresholds) -> bool:
    """Return whether a body that is mostly in bed moves clearly over the bed's long side: who sits there has feet there.

    Over the ends reach a sleeper's head and feet, for which ``overhang`` leaves room. Where the zone is drawn a little too
    small a sleeper's duvet is over its sides too, with a few parts in a hundred of what moves.
    """
    if figure.inside < 0.5:
        return False
    place = max(zones.rest, key=lambda place: int((place.mask & figure.body.mask).sum()))
    over = over_long_side(figure.body.mask & ~zones.at_rest, place.mask, t.long_side)
    strength = float(movement.amplitude[over].sum())
    return int(over.sum()) >= t.least_outside and strength >= max(t.clear_outside, t.over_side * figure.body.strength)


def _only_passes(movement: Movement, zones: Zones) -> bool:
    """Return whether all that is solid in bed comes in over the picture's border and stays there: feet that pass by."""
    found = bodies(movement.solid & zones.at_rest, movement.amplitude, 1)
    return bool(found) and all(_within(extent(body.mask), body.mask.shape, _BORDER) for body in found)


def _within(box: tuple[int, int, int, int], shape: tuple[int, ...], deep: int) -> bool:
    """Return whether *box* touches the picture's border and reaches at most *deep* blocks into it."""
    top, left, bottom, right = box
    rows, columns = shape
    beside = (left == 0 and right <= deep) or (right == columns and columns - left <= deep)
    above = (top == 0 and bottom <= deep) or (bottom == rows and rows - top <= deep)
    return beside or above


def _share(mask: Mask, where: Mask) -> float:
    return float(mask[where].mean()) if where.any() else 0.0


def _at_border(figure: Figure) -> bool:
    """Return whether it is a strip along the picture's border, too little of anything to say what it is."""
    return _within(extent(figure.body.mask), figure.body.mask.shape, 2)


def _line(figure: Figure) -> bool:
    """Return whether it is but a line along the picture's border or a weak line anywhere: an edge, not a body."""
    top, left, bottom, right = extent(figure.body.mask)
    thin = min(bottom - top, right - left) == 1
    rows, columns = figure.body.mask.shape
    border = top == 0 or left == 0 or bottom == rows or right == columns
    return thin and (border or figure.body.strength < 6.0 * figure.body.blocks)


def _wrong(outside: list[Figure], zones: Zones, t: Thresholds) -> Reason:
    """Return what is wrong with the figure that is most wrong."""
    main = max(outside, key=lambda f: f.body.strength)
    # Half in bed, and there for most of the time: who only passed the bed on the way down or past it is not.
    on_the_border = main.inside >= t.border and main.at_rest >= t.border_time
    if main.low >= t.low_share:
        return Reason.HALF_OUT if on_the_border else Reason.ON_FLOOR
    return Reason.AT_EDGE if on_the_border else Reason.UP


def _sits(figure: Figure, zones: Zones) -> bool:
    """Return whether somebody is upright in a bed that is seen from the side: as tall as the zone, not as long."""
    for place in zones.rest:
        if (figure.body.mask & place.mask).sum() * 2 < figure.body.blocks:
            continue
        top, _, bottom, _ = extent(place.mask)
        tall_enough = figure.height * place.mask.shape[0] >= 0.8 * (bottom - top)
        if upright_of(place.mask) < 0.6 and figure.upright >= 1.1 and tall_enough:
            return True
    return False


def _measures(
    movement: Movement, zones: Zones, figures: list[Figure], outside: list[Figure], at: list[_At]
) -> dict[str, float]:
    inside = zones.at_rest
    alive_in = movement.alive & inside
    share = float(alive_in.sum()) / max(int(inside.sum()), 1)
    frames = movement.when.shape[0]
    active = (movement.when & inside).sum(axis=(1, 2)) >= 3
    late = bool(active[int(frames * 0.6) :].any()) if frames else False
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
        "left_share": share,
        "shaded_blocks": float((movement.alive & ~movement.solid).sum()),
        "late": 1.0 if late else 0.0,
        "violence": share * strong * float(active.mean()) if frames else 0.0,
    }
    if outside:
        main = max(outside, key=lambda f: f.body.strength)
        measures |= {"upright": main.upright, "low": main.low, "tall": main.tall, "height": main.height}
        measures |= {"inside": main.inside, "middle_in_bed": main.at_rest}
    return {name: float(np.round(value, 4)) for name, value in measures.items()}


def _evidence(outside: list[Figure], at: list[_At]) -> tuple[Evidence, ...]:
    seen = [Evidence(what="moves", zone=a.place.name, value=round(a.strength, 1)) for a in at if a.people]
    seen += [Evidence(what="moves_outside", value=round(f.body.strength, 1)) for f in outside[:8]]
    return tuple(seen)
