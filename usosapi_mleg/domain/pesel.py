"""PESEL, the Polish personal number: checking it and reading the birth date in it.

Eleven digits RRMMDDPPPPK; the century is in the month (1800s +80, 1900s +0, 2000s +20, 2100s +40, 2200s +60);
the last digit is a checksum with the weights 1 3 7 9 1 3 7 9 1 3.
"""

import re
from datetime import date

_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
_CENTURIES = {0: 1900, 20: 2000, 40: 2100, 60: 2200, 80: 1800}
_FORM = re.compile(r"[0-9]{11}")


def check_digit(first_ten: str) -> int:
    """Compute the eleventh digit for the first ten."""
    return -sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_ten, strict=True)) % 10


def birth_date(pesel: str) -> date:
    """Read the birth date; raise ValueError when the number is not a PESEL (form, checksum or date)."""
    if not _FORM.fullmatch(pesel) or check_digit(pesel[:10]) != int(pesel[10]):
        raise ValueError("not a PESEL")
    year, month, day = int(pesel[:2]), int(pesel[2:4]), int(pesel[4:6])
    return date(_CENTURIES[month // 20 * 20] + year, month % 20, day)


def make(born: date, serial: int) -> str:
    """Make the PESEL of somebody born on `born` (1800-2299) with the four-digit `serial` (its last digit: even woman, odd man)."""
    shift = {1800: 80, 1900: 0, 2000: 20, 2100: 40, 2200: 60}[born.year // 100 * 100]
    first_ten = f"{born.year % 100:02}{born.month + shift:02}{born.day:02}{serial:04}"
    return f"{first_ten}{check_digit(first_ten)}"
