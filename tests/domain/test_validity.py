"""Until when a card is valid."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usosapi_mleg.domain.validity import valid_until


@pytest.mark.parametrize(
    ("issued", "until"),
    [
        (date(2026, 10, 1), date(2027, 3, 31)),
        (date(2026, 12, 31), date(2027, 3, 31)),
        (date(2027, 1, 1), date(2027, 3, 31)),
        (date(2028, 2, 29), date(2028, 3, 31)),
        (date(2027, 3, 1), date(2027, 10, 31)),
        (date(2027, 3, 31), date(2027, 10, 31)),
        (date(2027, 9, 30), date(2027, 10, 31)),
    ],
)
def test_a_card_is_valid_until_the_end_of_the_semesters_term(issued: date, until: date) -> None:
    assert valid_until(issued) == until


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_card_is_valid_for_one_to_eight_months(issued: date) -> None:
    until = valid_until(issued)
    assert 31 <= (until - issued).days <= 245
    assert (until.month, until.day) in {(3, 31), (10, 31)}
