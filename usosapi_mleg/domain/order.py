"""The life of an order: its states, its events, and the only table of what leads where."""

from enum import StrEnum

from usosapi_mleg.domain.text import Text


class Status(StrEnum):
    """Where an order stands."""

    WAITING = "waiting"
    PROCESSING = "processing"
    READY = "ready"
    COLLECTED = "collected"
    FAILED = "failed"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    INVALIDATED = "invalidated"
    EXPIRED = "expired"


class Event(StrEnum):
    """What can happen to an order."""

    SUBMITTED = "submitted"
    """The ministry has taken the order in."""
    MADE = "made"
    """The ministry has made the document; the codes exist."""
    COLLECTED = "collected"
    """The document was added to a phone."""
    FAILED = "failed"
    """The ministry refused the order, or could not make the document."""
    LAPSED = "lapsed"
    """The codes were not used in time."""
    RETURNED = "returned"
    """The ministry does not know the document any more: it goes out again under the same issue number."""
    RENEWED = "renewed"
    """The student asked for new codes, or a failed order is tried again: the next issue number."""
    CANCELLED = "cancelled"
    """The student ended the order."""
    INVALIDATED = "invalidated"
    """The university, or the ministry, ended the order."""
    EXPIRED = "expired"
    """The validity of the card ended."""


LIVE = frozenset(
    {Status.WAITING, Status.PROCESSING, Status.READY, Status.COLLECTED, Status.FAILED, Status.LAPSED},
)
"""States in which an order stands in the way of another one of the same person."""

TRANSITIONS: dict[tuple[Status, Event], Status] = {
    (Status.WAITING, Event.SUBMITTED): Status.PROCESSING,
    (Status.WAITING, Event.FAILED): Status.FAILED,
    (Status.PROCESSING, Event.MADE): Status.READY,
    (Status.PROCESSING, Event.COLLECTED): Status.COLLECTED,
    (Status.PROCESSING, Event.FAILED): Status.FAILED,
    (Status.PROCESSING, Event.LAPSED): Status.LAPSED,
    (Status.PROCESSING, Event.RETURNED): Status.WAITING,
    (Status.READY, Event.COLLECTED): Status.COLLECTED,
    (Status.READY, Event.RETURNED): Status.WAITING,
    (Status.READY, Event.LAPSED): Status.LAPSED,
    (Status.COLLECTED, Event.EXPIRED): Status.EXPIRED,
    (Status.FAILED, Event.RENEWED): Status.WAITING,
    (Status.LAPSED, Event.RENEWED): Status.WAITING,
    **{(status, Event.CANCELLED): Status.CANCELLED for status in sorted(LIVE)},
    **{(status, Event.INVALIDATED): Status.INVALIDATED for status in sorted(LIVE)},
}
"""(state, event) → state. A pair that is absent is impossible."""

LABELS: dict[Status, Text] = {
    Status.WAITING: Text("Oczekuje", "Waiting"),
    Status.PROCESSING: Text("W trakcie", "In progress"),
    Status.READY: Text("Do odbioru", "Ready to collect"),
    Status.COLLECTED: Text("Odebrana", "Collected"),
    Status.FAILED: Text("Błąd", "Error"),
    Status.LAPSED: Text("Kody wygasły", "Codes expired"),
    Status.CANCELLED: Text("Anulowane", "Cancelled"),
    Status.INVALIDATED: Text("Unieważnione", "Invalidated"),
    Status.EXPIRED: Text("Wygasła", "Expired"),
}
"""What people call each state (the Polish words are USOSweb's own)."""


class ImpossibleEventError(Exception):
    """The event cannot happen to an order in this state."""

    def __init__(self, status: Status, event: Event) -> None:
        super().__init__(f"{event} cannot happen to an order that is {status}")
        self.status = status
        self.event = event


def next_status(status: Status, event: Event) -> Status:
    """Give the state that `event` leads to from `status`; raise `ImpossibleEventError` where the table has no entry."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise ImpossibleEventError(status, event) from None
