"""The camera's verdict on a clip of good quality: named rules in order, each of which may give the answer and its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from detector.length import is_more_than_a_line, lies_along
from detector.movement import Movement
from detector.pets import is_pet_sized, roams_on_bed
from detector.postures import is_at_border, is_over_the_side, only_passes_by, reason_out_of_bed, sits_in_bed
from detector.see_through import is_shade, transparency_of
from detector.shape import Figure
from detector.thresholds import Thresholds
from detector.whereabouts import Whereabouts, find_whereabouts
from detector.zones import Mask, Zones
from schemas.messages import Evidence, Profile
from schemas.vocabulary import Answer, Reason

_CRAWLS = 0.4
"""Share of the room outside the beds that moves slowly; somebody who walks close by leaves up to 0.26."""

_AND_STANDS_OUT = 0.1
"""Share of it that stands out from noise as well: 0.19 and more while a picture is built up, 0.001 once it is."""

_DROWNS = 1.0
"""Grey levels of change from picture to picture in which a sleeper drowns: sensors leave up to 0.5 (twice in the dark), blinds 1.6 to 4.8."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer with its reason (None where the answer takes none), how many people, and why."""

    answer: Answer
    reason: Reason | None
    people: int | None
    evidence: tuple[Evidence, ...]
    measures: dict[str, float]
    detail: str = ""


Rule = Callable[[Whereabouts], Verdict | None]
"""Gives a verdict where it applies, else None."""


def decide(
    movement: Movement, zones: Zones, profile: Profile, t: Thresholds, known_restless: Mask | None = None
) -> Verdict:
    """Return the verdict on a picture that is good: that of the first of ``RULES`` that applies.

    *known_restless* are the blocks in which something moves when nobody is there.
    """
    seen = find_whereabouts(movement, zones, profile, t, known_restless)
    return next(said for rule in RULES if (said := rule(seen)) is not None)


def _say(
    seen: Whereabouts,
    answer: Answer,
    reason: Reason | None = None,
    people: int | None = None,
    detail: str = "",
    evidence: tuple[Evidence, ...] | None = None,
) -> Verdict:
    return Verdict(answer, reason, people, seen.evidence if evidence is None else evidence, seen.measures, detail)


def _doubt(seen: Whereabouts, reason: Reason, detail: str, people: int | None = None) -> Verdict:
    return _say(seen, Answer.CANNOT_TELL, reason, people, detail)


# Somebody out of bed


def pets_about(seen: Whereabouts) -> Verdict | None:
    """A home with animals, and nothing out of bed that is larger than one: a pet, or the half of somebody that shows."""
    moving = [*seen.outside, *seen.stray]
    if (
        not seen.profile.pets
        or not moving
        or not all(is_pet_sized(f, seen.movement, seen.zones, seen.t) for f in moving)
    ):
        return None
    return _doubt(seen, Reason.COUNT, "something as large as an animal moves outside the bed", seen.people + 1)


def picture_crawls(seen: Whereabouts) -> Verdict | None:
    """Most of the room moves slowly, as a coder leaves it that has just started: nobody is seen to walk, nor to sleep."""
    alive = float(seen.movement.alive[seen.zones.outside].mean()) if seen.zones.outside.any() else 0.0
    if not (seen.outside or seen.occupied) or seen.measures["slow_outside"] < _CRAWLS or alive < _AND_STANDS_OUT:
        return None
    return _doubt(seen, Reason.CONTRADICTORY, "the whole picture moves slowly, as one that is still being built up")


def strip_at_border(seen: Whereabouts) -> Verdict | None:
    """Nobody in bed, and all that moves is a strip along the picture's border: too little of anything to say what."""
    strip = seen.outside and not seen.occupied and all(is_at_border(f) for f in seen.outside)
    return _doubt(seen, Reason.STILL, "something moves at the picture's very border") if strip else None


def faint_outside(seen: Whereabouts) -> Verdict | None:
    """Nobody in bed, and what moves outside it moves too little to be somebody for certain."""
    faint = seen.outside and not seen.occupied and not _clear(seen)
    return _small(seen, seen.outside) if faint else None


def somebody_else(seen: Whereabouts) -> Verdict | None:
    """Somebody in bed, and somebody well apart from it who does not clearly lie on the floor."""
    if not seen.outside or not seen.occupied or not _all_apart(seen):
        return None
    if reason_out_of_bed(seen.main, seen.t) is not Reason.ON_FLOOR or not _clear(seen):
        return _doubt(seen, Reason.COUNT, "somebody in bed and somebody elsewhere", seen.people + 1)
    return None


def out_of_bed(seen: Whereabouts) -> Verdict | None:
    """Somebody is out of bed: the place and shape of the strongest say in which way.

    What moves in one place is one person. Of several moving parts nobody can say how many people they are: a leg on
    either side of a table, or a chair that was pushed over. Then no number is said.
    """
    if not seen.outside:
        return None
    people = 1 if len(seen.outside) == 1 and not seen.occupied else None
    return _say(seen, Answer.SOMETHING_WRONG, reason_out_of_bed(seen.main, seen.t), people)


# Nobody in bed


def light_over_nobody(seen: Whereabouts) -> Verdict | None:
    """Nobody is seen, and light moves, or flickers over the whole picture: a sleeper would not stand out from it."""
    if seen.occupied or not (seen.light or seen.movement.noise >= _DROWNS):
        return None
    return _doubt(seen, Reason.CONTRADICTORY, "light moves over the room, and nobody is seen")


def no_bed_zone(seen: Whereabouts) -> Verdict | None:
    """No zone says where anybody should be."""
    return None if seen.zones.rest else _doubt(seen, Reason.OUT_OF_RANGE, "the profile has no bed zone")


def known_to_move(seen: Whereabouts) -> Verdict | None:
    """Nobody is seen, and something moves where something does when nobody is there: it may be that, or somebody before it."""
    told = seen.restless and not seen.occupied
    return _doubt(seen, Reason.CONTRADICTORY, "something moves where it does when nobody is there") if told else None


def curtain_over_nobody(seen: Whereabouts) -> Verdict | None:
    """Nobody is seen, and something that hangs sways in its place."""
    told = seen.hanging and not seen.occupied
    return _doubt(seen, Reason.CONTRADICTORY, "something that hangs sways, as a curtain does") if told else None


def small_thing(seen: Whereabouts) -> Verdict | None:
    """Nobody in bed, and something small moves out of it."""
    return _small(seen, seen.stray) if seen.stray and not seen.occupied else None


def alone_in_the_middle(seen: Whereabouts) -> Verdict | None:
    """A couple's bed, and one body that lies over both its sides: it is not two, nor on either side."""
    if len(seen.occupied) == 1 or not seen.astride:
        return None
    return _doubt(seen, Reason.COUNT, "one body over both sides of the bed", 1)


def faint_in_bed(seen: Whereabouts) -> Verdict | None:
    """Something moves in bed that is too little to be a sleeper."""
    weak = any(a.blocks >= seen.t.least_blocks or a.slow >= seen.t.least_slow for a in seen.at)
    return _doubt(seen, Reason.STILL, "too little movement to say who or where") if weak and not seen.occupied else None


def nobody(seen: Whereabouts) -> Verdict | None:
    """Nothing moves anywhere."""
    return None if seen.occupied else _say(seen, Answer.NOT_SEEN, None, 0)


# Somebody in bed with whom something is wrong, or who may not be there


def only_passes(seen: Whereabouts) -> Verdict | None:
    """All that moves in bed comes in over the picture's border: feet that pass by."""
    if not only_passes_by(seen.movement, seen.zones):
        return None
    passing = Evidence(what="moves_outside", value=round(sum(a.strength for a in seen.occupied), 1))
    detail = "what moves in bed only comes in over the picture's border"
    return _say(seen, Answer.CANNOT_TELL, Reason.STILL, None, detail, (passing,))


def sits_up(seen: Whereabouts) -> Verdict | None:
    """Somebody is upright in bed."""
    upright = (f for f in seen.figures if f.inside >= 0.5 and sits_in_bed(f, seen.zones))
    if any(not transparency_of(seen.movement, f.body.mask).is_light for f in upright):
        return _say(seen, Answer.SOMETHING_WRONG, Reason.AT_EDGE, seen.people, "upright in bed")
    return None


def moves_violently(seen: Whereabouts) -> Verdict | None:
    """Somebody in bed moves more than the most restless sleeper."""
    if seen.measures["violence"] >= seen.t.violent and not is_shade(seen.movement, seen.zones.at_rest):
        return _say(seen, Answer.SOMETHING_WRONG, Reason.VIOLENT, seen.people)
    return None


def light_beside(seen: Whereabouts) -> Verdict | None:
    """Somebody in bed, and light moves out of it: it may be light in the bed, too."""
    return _doubt(seen, Reason.CONTRADICTORY, "light moves over the room", None) if seen.light else None


def wrong_number(seen: Whereabouts) -> Verdict | None:
    """Not as many people are in bed as are expected, or one of them is not in a zone of their own."""
    if seen.people != seen.profile.expected_people or (len(seen.at) >= seen.people > len(seen.occupied)):
        detail = f"{seen.people} seen, {seen.profile.expected_people} expected"
        return _doubt(seen, Reason.COUNT, detail, seen.people)
    return None


def head_end_unsaid(seen: Whereabouts) -> Verdict | None:
    """Two expected in a bed that is one zone, and nobody says where its head end is: head and legs of one may be the two."""
    unsaid = any(a.people > 1 and not a.place.says_head for a in seen.occupied)
    return _doubt(seen, Reason.COUNT, "a bed whose head end is not said: one may seem two") if unsaid else None


def small_thing_beside(seen: Whereabouts) -> Verdict | None:
    """Somebody in bed, and something small out of it, or something that moves as a curtain does, or where one is known to."""
    if not (seen.stray or seen.hanging or seen.restless):
        return None
    return _doubt(seen, Reason.COUNT, "something else moves outside the bed", seen.people)


def over_the_side(seen: Whereabouts) -> Verdict | None:
    """A body in bed moves over its long side too: who sits there has feet there."""
    over = any(is_over_the_side(f, seen.movement, seen.zones, seen.t) for f in seen.figures)
    return _doubt(seen, Reason.STILL, "who moves in bed moves over its long side too", seen.people) if over else None


def still_at_the_end(seen: Whereabouts) -> Verdict | None:
    """Nobody lives in a zone in the last third by itself, or since pictures were missing: they may have left, or worse."""
    late = [seen.measures[f"late_{a.place.name}"] for a in seen.occupied]
    if min(late) >= seen.movement.least_late:
        return None
    stopped = Evidence(what="stopped", value=min(late))
    detail = "moved, then not at all"
    return _say(seen, Answer.CANNOT_TELL, Reason.STILL, seen.people, detail, (*seen.evidence, stopped))


def light_hides(seen: Whereabouts) -> Verdict | None:
    """Moving light covers more of the picture than what moves in bed: it hides who else is there."""
    shaded = int((seen.movement.alive & ~seen.movement.solid).sum())
    solid = int((seen.movement.solid & seen.zones.at_rest).sum())
    if shaded >= seen.t.least_shade and shaded >= seen.t.shade * solid:
        return _doubt(seen, Reason.STILL, "a light or a shadow moves over more than anybody does", seen.people)
    return None


def light_in_bed(seen: Whereabouts) -> Verdict | None:
    """All that moves in bed lets the bed show through: a light, or something before the lens that is too large for a speck."""
    shade = is_shade(seen.movement, seen.zones.at_rest)
    return _doubt(seen, Reason.CONTRADICTORY, "only light moves in the bed") if shade else None


def speck_over_bed(seen: Whereabouts) -> Verdict | None:
    """Something small drifts over the bed: it may be all that moves there, and hides what is behind it."""
    if not seen.movement.artefacts.drifting.any():
        return None
    if seen.profile.pets:
        return _doubt(seen, Reason.COUNT, "something small moves about on the bed, or before the lens", seen.people)
    return _doubt(seen, Reason.STILL, "something small drifts before the lens, over the bed", seen.people)


def text_over_bed(seen: Whereabouts) -> Verdict | None:
    """The camera writes into the bed: who is behind the letters is not seen."""
    written = (seen.movement.artefacts.written & seen.zones.at_rest).any()
    return _doubt(seen, Reason.STILL, "text in the picture, over the bed", seen.people) if written else None


def speck_alone(seen: Whereabouts) -> Verdict | None:
    """Something small moves about over a bed with nobody else in it: a pet, or what drifts before the lens and may hide somebody."""
    if seen.occupied or not seen.movement.artefacts.drifting.any():
        return None
    if seen.profile.pets:
        return _doubt(seen, Reason.COUNT, "something small moves about on the bed, and nobody else")
    return _doubt(seen, Reason.STILL, "something small drifts before the lens, and nobody is seen")


def pet_sized(seen: Whereabouts) -> Verdict | None:
    """A home with animals, and nothing in bed that is larger than one, in its track or at any moment."""
    if not seen.profile.pets:
        return None
    if roams_on_bed(seen.movement, seen.zones):
        return _doubt(seen, Reason.COUNT, "something small moves about on the bed, and nobody else", seen.people)
    if max(a.blocks / max(int(a.place.mask.sum()), 1) for a in seen.occupied) < seen.t.larger_than_pet:
        return _doubt(seen, Reason.COUNT, "too small to tell from an animal", seen.people)
    return None


# Too little seen for a green


def no_floor(seen: Whereabouts) -> Verdict | None:
    """The zones leave nothing of the room in which somebody could be seen out of bed."""
    little, detail = float(seen.zones.outside.mean()), "the bed zone leaves nothing of the room to see"
    return _doubt(seen, Reason.OUT_OF_RANGE, detail, seen.people) if little < seen.t.least_floor else None


def few_pictures(seen: Whereabouts) -> Verdict | None:
    """A loop of a few pictures is no ten seconds."""
    few, detail = seen.movement.distinct < seen.t.least_distinct, f"only {seen.movement.distinct} different pictures"
    return _doubt(seen, Reason.TOO_SHORT, detail, seen.people) if few else None


def slow_pictures(seen: Whereabouts) -> Verdict | None:
    """Pictures so far apart that a breath looks like noise."""
    many = seen.movement.distinct >= seen.t.slow_distinct
    if seen.movement.rate < (seen.t.least_rate if many else seen.t.least_rate_few):
        return _doubt(seen, Reason.TOO_SHORT, f"only {seen.movement.rate:.1f} pictures a second", seen.people)
    return None


def line_of_text(seen: Whereabouts) -> Verdict | None:
    """All that moves in a bed may be letters: it is as high as a line of text, as bold, and nothing lives around it."""
    if all(is_more_than_a_line(a.place.mask, seen.movement, int(seen.t.least_slow)) for a in seen.occupied):
        return None
    return _doubt(seen, Reason.STILL, "what moves in the bed is no more than a line of text", seen.people)


def shorter_than_a_body(seen: Whereabouts) -> Verdict | None:
    """Nothing moves along as much of a bed as somebody who lies there: letters, or somebody who sits."""
    if all(lies_along(a.place, seen.movement) for a in seen.occupied if a.place.kind == "bed"):
        return None
    return _doubt(seen, Reason.STILL, "what moves in the bed is shorter than somebody who lies there", seen.people)


def asleep(seen: Whereabouts) -> Verdict | None:
    """As many as are expected are seen in bed, and nothing above speaks against it."""
    return _say(seen, Answer.IN_BED, None, seen.people)


RULES: Final[tuple[Rule, ...]] = (
    # Somebody out of bed comes before anybody in it.
    picture_crawls,
    pets_about,
    strip_at_border,
    faint_outside,
    somebody_else,
    out_of_bed,
    # Nobody in bed: from here on somebody is.
    no_bed_zone,
    known_to_move,
    light_over_nobody,
    curtain_over_nobody,
    small_thing,
    speck_alone,
    alone_in_the_middle,
    faint_in_bed,
    nobody,
    # What is wrong in bed, the alarm before the doubt; a wrong number before other doubts.
    only_passes,
    sits_up,
    moves_violently,
    light_beside,
    wrong_number,
    head_end_unsaid,
    small_thing_beside,
    over_the_side,
    still_at_the_end,
    light_hides,
    light_in_bed,
    speck_over_bed,
    text_over_bed,
    pet_sized,
    # Too little seen to be sure of what is not.
    no_floor,
    few_pictures,
    slow_pictures,
    line_of_text,
    shorter_than_a_body,
    asleep,
)
"""The rules in their order: the first that applies gives the verdict, and the last always does."""


def _clear(seen: Whereabouts) -> bool:
    """Return whether the strongest figure out of bed moves enough to be somebody for certain."""
    return seen.main.body.strength >= seen.t.clear_outside


def _all_apart(seen: Whereabouts) -> bool:
    """Return whether every figure out of bed is well apart from it."""
    return all(f.inside < 0.1 for f in seen.outside)


def _small(seen: Whereabouts, figures: list[Figure]) -> Verdict:
    """Return the verdict when all that moves is something small, not in bed: low down it may be who fell and lies."""
    main = max(figures, key=lambda f: f.body.strength)
    if main.low >= 0.5 and main.body.strength >= seen.t.least_fallen:
        return _say(seen, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, 1, "something small moves, low down")
    return _doubt(seen, Reason.STILL, "something small moves outside the bed")
