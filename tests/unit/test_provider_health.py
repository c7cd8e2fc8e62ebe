"""Health of an SMS provider: when it counts as away, and when it is back."""

from datetime import UTC, datetime, timedelta

from alarm_center.sms.provider_health import (
    FAILURES,
    PROBE_EVERY,
    RELAPSE,
    RELAPSED_WAIT,
    WITHIN,
    after_failure,
    after_probe,
    after_success,
)
from alarm_center.store.provider_states import ProviderState

AT = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)
WORKS = ProviderState("twilio")


def failed(
    state: ProviderState, times: int, at: datetime = AT, every: timedelta = timedelta(seconds=5)
) -> ProviderState:
    for number in range(times):
        state = after_failure(state, at + number * every)
    return state


def test_three_failures_in_a_row_are_away() -> None:
    assert failed(WORKS, FAILURES - 1).away_since is None
    away = failed(WORKS, FAILURES)
    assert away.away_since == AT + timedelta(seconds=10)
    assert away.probe_at == AT + timedelta(seconds=10) + PROBE_EVERY


def test_failures_far_apart_are_not_a_row() -> None:
    assert failed(WORKS, 9, every=WITHIN + timedelta(seconds=1)).away_since is None
    assert failed(WORKS, FAILURES, every=WITHIN).away_since is not None


def test_an_answer_ends_the_row_but_brings_nobody_back() -> None:
    assert failed(after_success(failed(WORKS, FAILURES - 1)), FAILURES - 1).away_since is None
    away = failed(WORKS, FAILURES)
    assert after_success(away) == away


def test_two_good_probes_in_a_row_bring_it_back() -> None:
    away = failed(WORKS, FAILURES)
    once = after_probe(away, AT, good=True)
    assert once.away_since == away.away_since
    assert after_probe(after_probe(once, AT, good=False), AT, good=True).away_since == away.away_since
    assert after_probe(failed(once, 1), AT, good=True).away_since == away.away_since, "a message failed between"
    back = after_probe(once, AT, good=True)
    assert (back.away_since, back.failures, back.back_at) == (None, 0, AT)
    assert after_probe(back, AT, good=True) == back


def test_one_that_fails_soon_again_is_probed_later() -> None:
    back = after_probe(after_probe(failed(WORKS, FAILURES), AT, good=True), AT, good=True)
    again = failed(back, FAILURES, AT + timedelta(minutes=1))
    assert again.away_since is not None
    assert again.probe_at == again.away_since + RELAPSED_WAIT
    later = failed(back, FAILURES, AT + RELAPSE)
    assert later.away_since is not None
    assert later.probe_at == later.away_since + PROBE_EVERY
