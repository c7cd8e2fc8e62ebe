"""The order of the camera's rules, and the reason for it."""

from detector import verdict
from detector.verdict import RULES


def _at(rule: verdict.Rule) -> int:
    return RULES.index(rule)


def test_green_is_the_last_rule_and_stands_once() -> None:
    """Every rule before it may forbid a green; none after it could."""
    assert RULES[-1] is verdict.asleep
    assert len(set(RULES)) == len(RULES)


def test_somebody_out_of_bed_comes_before_somebody_in_it() -> None:
    first_in_bed = min(_at(rule) for rule in (verdict.only_passes, verdict.sits_up, verdict.wrong_number))
    assert _at(verdict.out_of_bed) < _at(verdict.nobody) < first_in_bed


def test_what_is_small_is_asked_before_somebody_is_out_of_bed() -> None:
    """``out_of_bed`` takes whatever is left: the doubts that would soften its alarm stand before it."""
    for softer in (verdict.strip_at_border, verdict.faint_outside, verdict.somebody_else):
        assert _at(softer) < _at(verdict.out_of_bed)


def test_an_alarm_in_bed_comes_before_the_doubts() -> None:
    for doubt in (verdict.wrong_number, verdict.over_the_side, verdict.still_at_the_end, verdict.light_hides):
        assert max(_at(verdict.sits_up), _at(verdict.moves_violently)) < _at(doubt)


def test_nobody_is_told_only_where_nothing_faint_moves() -> None:
    assert max(_at(verdict.small_thing), _at(verdict.faint_in_bed)) < _at(verdict.nobody)


def test_light_and_curtains_are_asked_before_nobody_is_told() -> None:
    """Nobody is seen through them; and before what is small, which beside them may be their edge."""
    for doubt in (verdict.known_to_move, verdict.light_over_nobody, verdict.curtain_over_nobody):
        assert _at(verdict.out_of_bed) < _at(doubt) < _at(verdict.small_thing) < _at(verdict.nobody)


def test_moving_light_is_asked_after_an_alarm_in_bed() -> None:
    """Somebody who sits up or fights stands out from light; how many they are does not."""
    assert _at(verdict.moves_violently) < _at(verdict.light_beside) < _at(verdict.wrong_number)
    assert _at(verdict.light_in_bed) < _at(verdict.asleep)


def test_how_a_bed_lies_is_asked_after_a_wrong_number() -> None:
    """Only where two are expected, and two are counted, it matters how the bed lies."""
    assert _at(verdict.wrong_number) < _at(verdict.head_end_unsaid) < _at(verdict.asleep)


def test_a_bodys_size_is_asked_between_wrong_and_green() -> None:
    """Letters, or somebody who sits, may forbid a green; they hide no alarm, no wrong number and nobody out of bed."""
    for size in (verdict.line_of_text, verdict.shorter_than_a_body):
        for graver in (verdict.out_of_bed, verdict.sits_up, verdict.moves_violently, verdict.wrong_number):
            assert _at(graver) < _at(size) < _at(verdict.asleep)
