"""Medians and quantiles of the detector: numpy's own, to the last bit."""

import numpy as np
import numpy.typing as npt
import pytest

from detector.ranks import median, median_of, quantile

SHARES = (0.0, 0.25, 0.3, 0.5, 0.75, 0.9, 0.98, 0.99, 1.0)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 50, 51, 299, 1200])
def test_a_quantile_is_numpys_to_the_last_bit(count: int, kind: type[np.floating]) -> None:
    rng = np.random.default_rng(count)
    for values in (rng.normal(0, 40, count).astype(kind), rng.integers(0, 5, count).astype(kind)):
        assert median_of(values) == float(np.median(values))
        assert [quantile(values, share) for share in SHARES] == [float(np.quantile(values, share)) for share in SHARES]


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_a_median_over_time_is_numpys_to_the_last_bit(count: int) -> None:
    values = np.random.default_rng(count).normal(100, 3, (count, 30, 40)).astype(np.float32)
    assert np.array_equal(median(values), np.median(values, axis=0))


def test_of_no_number_there_is_no_median() -> None:
    values: npt.NDArray[np.float32] = np.array([1, np.nan, 3], np.float32)
    assert np.isnan(median_of(values))
    assert np.isnan(quantile(values, 0.5))
