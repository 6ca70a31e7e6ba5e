"""What any way to the ministry offers, and its errors sorted by what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class DocumentState(StrEnum):
    """Where a document stands at the ministry."""

    MAKING = "making"
    READY = "ready"
    COLLECTED = "collected"
    FAILED = "failed"
    LAPSED = "lapsed"
    REVOKED = "revoked"


class RefusalKind(StrEnum):
    """What to do about one item that the ministry did not take."""

    RETRY = "retry"
    """Ask again later with the same key."""
    GIVE_UP = "give_up"
    """This issue number will never be made."""
    KNOWN = "known"
    """The ministry has a document of this key already, made from other data: ask for it."""
    UNKNOWN = "unknown"
    """The ministry has never heard of the key: submit it."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One document to be made. `key` names it for ever: submitting it again makes nothing new."""

    key: str
    pesel: str
    first_names: str
    last_name: str
    birth_date: date
    photo: bytes
    """JPEG."""
    student_number: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the ministry has it."""

    key: str
    state: DocumentState
    token: str | None = None
    activation_code: str | None = None
    codes_expire_at: datetime | None = None
    card_number: str | None = None
    issued_on: date | None = None
    collected_at: datetime | None = None
    failure_code: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One item that the ministry did not take."""

    key: str
    kind: RefusalKind
    code: str


Result = Document | Refusal


class IssuerError(Exception):
    """The call as a whole brought no answer."""


class UnavailableError(IssuerError):
    """Nothing is known of what the ministry did; call again later, with the same keys."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the ministry asked for, if it did."""


class RejectedCallError(IssuerError):
    """The ministry understood the call and refuses it (credentials, form): a person must look before it is of use to call again."""


class Issuer(Protocol):
    """A way to the ministry. Each call gives one result per item, in order."""

    submission_size: int
    """Largest number of documents in one call of `submit`: they carry photos."""
    batch_size: int
    """Largest number of keys in one call of `fetch` or `revoke`."""

    def submit(self, submissions: Sequence[Submission]) -> list[Result]:
        """Have documents made; raise `IssuerError`."""

    def fetch(self, keys: Sequence[str]) -> list[Result]:
        """Ask what became of documents; raise `IssuerError`."""

    def revoke(self, keys: Sequence[str]) -> list[Result]:
        """Have documents revoked; a key that the ministry does not know counts as revoked. Raise `IssuerError`."""
