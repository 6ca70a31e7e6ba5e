"""What a university hands in: the shape of a submission, and the ministry's rules about its data."""

import base64
import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from usosapi_mleg.sandbox.photos import PhotoError, stamp_photo

KEY = re.compile(r"[0-9a-z-]{1,64}")
PESEL = re.compile(r"[0-9]{11}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
# The month in a PESEL tells the century by what is added to it.
PESEL_CENTURIES = {80: 1800, 0: 1900, 20: 2000, 40: 2100, 60: 2200}
LONGEST_NAME = 100
LONGEST_STUDENT_NUMBER = 30
LONGEST_VALIDITY_YEARS = 3


class MalformedError(Exception):
    """The call is not of the shape that the protocol says; the message names the place."""


class InvalidDocumentError(Exception):
    """The data of one submission break a rule; the message says which."""


@dataclass(frozen=True)
class Submission:
    """One submission as it was sent: texts of the right shape, not yet checked against the rules."""

    key: str
    pesel: str = field(repr=False)
    first_names: str = field(repr=False)
    last_name: str = field(repr=False)
    birth_date: str = field(repr=False)
    photo: str = field(repr=False)
    student_number: str
    valid_until: str

    @classmethod
    def read(cls, item: object) -> Self:
        """Read an item of `documents`; members that the protocol does not know are left aside.

        Raises:
            MalformedError: a member is missing or is not a text.
        """
        document = read_object(item, "a document")
        person = read_object(document.get("person"), "person")
        return cls(
            key=read_key(document.get("key")),
            pesel=read_text(person, "pesel"),
            first_names=read_text(person, "first_names"),
            last_name=read_text(person, "last_name"),
            birth_date=read_text(person, "birth_date"),
            photo=read_text(person, "photo"),
            student_number=read_text(document, "student_number"),
            valid_until=read_text(document, "valid_until"),
        )

    def fingerprint(self) -> str:
        """Return a digest by which the same content is known again."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def check(self, today: date) -> bytes:
        """Check all rules and return the photo, stamped as a specimen.

        Raises:
            InvalidDocumentError: the first rule that is broken.
        """
        check_name(self.first_names, "first_names")
        check_name(self.last_name, "last_name")
        if not self.student_number.strip() or len(self.student_number) > LONGEST_STUDENT_NUMBER:
            raise InvalidDocumentError("student_number is empty or too long.")
        birth_date = read_date(self.birth_date, "birth_date")
        if pesel_birth_date(self.pesel) != birth_date:
            raise InvalidDocumentError("pesel and birth_date do not belong together.")
        if birth_date > today:
            raise InvalidDocumentError("birth_date is in the future.")
        check_validity(read_date(self.valid_until, "valid_until"), today)
        return self._stamped_photo()

    def _stamped_photo(self) -> bytes:
        try:
            return stamp_photo(base64.b64decode(self.photo, validate=True))
        except PhotoError as error:
            raise InvalidDocumentError(str(error)) from error
        except ValueError as error:  # also for letters beyond ASCII, which are no `binascii.Error`
            raise InvalidDocumentError("photo is not base64.") from error


def read_object(value: object, name: str) -> dict[str, Any]:
    """Return `value` if it is a JSON object.

    Raises:
        MalformedError: it is something else.
    """
    if not isinstance(value, dict):
        raise MalformedError(f"{name} is not an object.")
    return value


def read_text(members: dict[str, Any], name: str) -> str:
    """Return the text `name` of a JSON object.

    Raises:
        MalformedError: it is missing, is not a text, or holds what cannot be written in UTF-8.
    """
    value = members.get(name)
    if not isinstance(value, str):
        raise MalformedError(f"{name} is missing or is not a text.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise MalformedError(f"{name} is not Unicode text.") from error
    return value


def read_key(value: object) -> str:
    """Return `value` if it is a document key.

    Raises:
        MalformedError: it is not.
    """
    if not isinstance(value, str) or not KEY.fullmatch(value):
        raise MalformedError("A key has 1 to 64 characters of 0-9, a-z and the hyphen.")
    return value


def read_date(value: str, name: str) -> date:
    """Return the date written as YYYY-MM-DD.

    Raises:
        InvalidDocumentError: it is no such date.
    """
    try:
        if DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidDocumentError(f"{name} is not a date of the form YYYY-MM-DD.")


def pesel_birth_date(pesel: str) -> date:
    """Return the birth date that a PESEL holds.

    Raises:
        InvalidDocumentError: not eleven digits, a wrong check digit, or no such day.
    """
    if not PESEL.fullmatch(pesel):
        raise InvalidDocumentError("pesel does not have eleven digits.")
    digits = [int(character) for character in pesel]
    total = sum(weight * digit for weight, digit in zip(PESEL_WEIGHTS, digits, strict=False))
    if (10 - total % 10) % 10 != digits[10]:
        raise InvalidDocumentError("pesel has a wrong check digit.")
    month, day = int(pesel[2:4]), int(pesel[4:6])
    century = PESEL_CENTURIES[month // 20 * 20]
    try:
        return date(century + int(pesel[:2]), month % 20, day)
    except ValueError as error:
        raise InvalidDocumentError("pesel holds no possible birth date.") from error


def check_name(name: str, member: str) -> None:
    """Check a name of a person.

    Raises:
        InvalidDocumentError: it is blank, too long, or holds control characters.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidDocumentError(f"{member} is blank, too long, or not printable.")


def check_validity(valid_until: date, today: date) -> None:
    """Check the last day of a document.

    Raises:
        InvalidDocumentError: it has passed, or is more than three years away.
    """
    if valid_until < today:
        raise InvalidDocumentError("valid_until has passed.")
    if valid_until.year - today.year > LONGEST_VALIDITY_YEARS:
        raise InvalidDocumentError("valid_until is too far away.")
