"""The measurement of the limits runs, and what it measures is small beside a call of hundreds of µs."""

from benchmarks.limits import measure


def test_the_limits_cost_little() -> None:
    assert 0 < min(measure(calls=200, rounds=5) for _ in range(3)) < 100
