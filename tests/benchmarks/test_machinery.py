"""The declaration of a method costs nothing at run time that matters."""

import pytest

from benchmarks.machinery import QUERIES, measure

MOST_MICROSECONDS = 150.0
TRIES = 3


@pytest.mark.parametrize("query", QUERIES)
def test_the_machinery_adds_at_most_150_microseconds_of_cpu(query: str) -> None:
    """Another program on the same core can make a try slower, never faster: the first good one tells the truth."""
    measured: list[float] = []
    while len(measured) < TRIES and min(measured, default=MOST_MICROSECONDS + 1) > MOST_MICROSECONDS:
        measured.append(measure(QUERIES[query], calls=100, rounds=9))
    print(f"{min(measured):.1f} µs")  # noqa: T201
    assert 0 < min(measured) <= MOST_MICROSECONDS, measured
