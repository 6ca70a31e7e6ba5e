"""Who the persons of other systems are here.

The first sign-in binds what the other system never gives to anybody else (the subject) to the account that it names. From then on the
subject alone decides, so a user name that is changed or given away at the other system takes nobody's account over.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from usosapi_mleg import clock
from usosapi_mleg.crypto import digest
from usosapi_mleg.extensions import db
from usosapi_mleg.models import Account, Identity, Role
from usosapi_mleg.oauth.external.problems import ExternalSignInError, Problem, not_confirmed
from usosapi_mleg.oauth.sessions import Origin
from usosapi_mleg.sign_in_settings import RoleNames

_LONGEST_NAME = 100
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalPerson:
    """Somebody whom the other system vouches for."""

    way: str
    provider: str
    subject: str
    name: str
    """The user name of the account here."""
    session: str
    """What the other system calls the session; empty when it does not say."""
    role: Role | None

    @property
    def origin(self) -> Origin:
        """What the session here remembers of it."""
        reference = session_reference(self.provider, self.session) if self.session else None
        return Origin(self.way, reference, self.role)


def session_reference(provider: str, session: str) -> bytes:
    """Hash what a provider calls a session."""
    return digest(f"{provider}\n{session}")


def checked(value: object, what: str) -> str:
    """Give a subject or a name that can be stored; raise `ExternalSignInError` when it is none."""
    longest = _LONGEST_SUBJECT if what == "subject" else _LONGEST_NAME
    if not isinstance(value, str) or not value or len(value) > longest or not value.isprintable():
        raise not_confirmed(f"the {what} is missing or malformed")
    return value


def lower_ascii(name: str) -> str:
    """Give a name in small letters. Letters outside ASCII fold in ways that make two names one: the sign of Kelvin becomes a k."""
    return name.lower() if name.isascii() else name


def role_among(values: object, roles: RoleNames) -> Role | None:
    """Give the role that a claim or attribute gives; None when roles are not the other system's business."""
    if roles.source is None:
        return None
    held = {value for value in (values if isinstance(values, list) else [values]) if isinstance(value, str)}
    if roles.admin in held:
        return Role.ADMIN
    return Role.HELPDESK if roles.helpdesk in held else Role.STUDENT


def find_account(person: ExternalPerson) -> str:
    """Give the user name of the person's account, bound at their first sign-in.

    Raises `ExternalSignInError`: UNKNOWN_PERSON when there is no account of the name, NAME_TAKEN when it is bound to somebody else.
    """
    if bound := account_of(person.provider, person.subject):
        return bound
    username = db.session.scalar(select(Account.username).where(Account.username == lower_ascii(person.name)))
    if username is None:
        raise ExternalSignInError(Problem.UNKNOWN_PERSON, "no account of this name", name=person.name)
    binding = insert(Identity).values(
        provider=person.provider, subject=person.subject, username=username, linked_at=clock.now()
    )
    db.session.execute(binding.on_conflict_do_nothing())
    # Somebody else may have been faster, or the account may be bound to another subject.
    if account_of(person.provider, person.subject) != username:
        raise ExternalSignInError(Problem.NAME_TAKEN, "the account is bound to another subject", name=person.name)
    return username


def account_of(provider: str, subject: str) -> str | None:
    """Give the account that is bound to a subject."""
    return db.session.scalar(
        select(Identity.username).where(Identity.provider == provider, Identity.subject == subject)
    )
