"""What can go wrong while somebody signs in at another system, sorted by what the person can do about it."""

from enum import StrEnum


class Problem(StrEnum):
    """Why nobody was signed in."""

    STALE = "stale"
    """What the browser brought does not belong together, is too old or was used: begin again."""
    DECLINED = "declined"
    """The other system says that the person, or it, does not want this."""
    UNKNOWN_PERSON = "unknown_person"
    """There is no account of this name here."""
    NAME_TAKEN = "name_taken"
    """The account of this name belongs to somebody else of the other system."""
    UNAVAILABLE = "unavailable"
    """The other system does not answer."""
    NOT_CONFIRMED = "not_confirmed"
    """The other system answered something that must not be believed."""


class ExternalSignInError(Exception):
    """Nobody was signed in. `detail` is for the log: no code, no ticket, no token is ever in it."""

    def __init__(self, problem: Problem, detail: str, *, name: str = "") -> None:
        super().__init__(f"{problem}: {detail}")
        self.problem = problem
        self.name = name
        """What the other system calls the person, for the page that only they see."""


def not_confirmed(detail: str) -> ExternalSignInError:
    """Make the error for an answer that must not be believed."""
    return ExternalSignInError(Problem.NOT_CONFIRMED, detail)


def stale(detail: str) -> ExternalSignInError:
    """Make the error for something used, old or foreign that the browser brought."""
    return ExternalSignInError(Problem.STALE, detail)
