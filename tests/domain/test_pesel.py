"""PESEL numbers: which are right, and what they tell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usosapi_mleg.domain import pesel

BORN = st.dates(date(1800, 1, 1), date(2299, 12, 31))
SERIALS = st.integers(0, 9999)


@pytest.mark.parametrize(
    ("number", "born"),
    [
        ("44051401359", date(1944, 5, 14)),
        ("02270803624", date(2002, 7, 8)),
        ("00222900009", date(2000, 2, 29)),
    ],
)
def test_a_right_number_tells_the_birth_date(number: str, born: date) -> None:
    assert pesel.birth_date(number) == born


@pytest.mark.parametrize(
    "number",
    [
        "",
        "4405140135",
        "440514013599",
        "44051401358",
        "4405140135x",
        " 44051401359",
        "44051401359\n",
        "٤٤٠٥١٤٠١٣٥٩",
        "44130100009",
        "99022900000",
    ],
)
def test_a_wrong_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the calendar's own words for impossible days are as good
        pesel.birth_date(number)


@given(BORN, SERIALS)
def test_a_number_that_was_made_is_right_and_tells_the_birth_date(born: date, serial: int) -> None:
    number = pesel.make(born, serial)
    assert pesel.birth_date(number) == born
    assert number[6:10] == f"{serial:04}"


@given(BORN, SERIALS, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(born: date, serial: int, place: int, shift: int) -> None:
    number = pesel.make(born, serial)
    changed = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    with pytest.raises(ValueError, match="PESEL"):
        pesel.birth_date(changed)
