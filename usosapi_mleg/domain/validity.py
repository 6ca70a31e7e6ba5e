"""Until when a student card is valid: the semester dates 31 March and 31 October."""

from datetime import date

_MARCH = 3
_OCTOBER = 10


def valid_until(issued_on: date) -> date:
    """Give the last day of validity of a card issued on `issued_on`.

    A card issued in the winter semester (October to February) is valid until 31 March, one issued in the summer semester
    (March to September) until 31 October: the dates that Polish student cards carry.
    """
    if issued_on.month >= _OCTOBER:
        return date(issued_on.year + 1, 3, 31)
    if issued_on.month < _MARCH:
        return date(issued_on.year, 3, 31)
    return date(issued_on.year, 10, 31)
