"""New passwords: what they must be like, changing one, and setting one with a link that was sent by mail."""

import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from usosapi_mleg import clock, mails
from usosapi_mleg.crypto import digest
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import TooManyRequestsError
from usosapi_mleg.extensions import db, reading, settings
from usosapi_mleg.models import Account, AuditEvent, PasswordReset, Person
from usosapi_mleg.oauth import attempts, sessions
from usosapi_mleg.oauth.accounts import LONGEST_PASSWORD, hash_password, plain_name

SHORTEST_PASSWORD = 12
_TOKEN_LETTERS = 43


def problem_with(password: str, repeated: str, username: str) -> Text | None:
    """Say what is wrong with a new password; None when nothing is."""
    if password != repeated:
        return Text(
            "Hasła w obu polach różnią się. Wpisz to samo dwa razy.", "The two passwords differ. Type the same twice."
        )
    if len(password) < SHORTEST_PASSWORD:
        return Text(
            f"Hasło musi mieć co najmniej {SHORTEST_PASSWORD} znaków. Kilka słów obok siebie wystarczy.",
            f"The password needs at least {SHORTEST_PASSWORD} characters. A few words in a row will do.",
        )
    if len(password) > LONGEST_PASSWORD:
        return Text(
            f"Hasło może mieć najwyżej {LONGEST_PASSWORD} znaków. Wybierz krótsze.",
            f"The password can have at most {LONGEST_PASSWORD} characters. Choose a shorter one.",
        )
    if plain_name(password) == username:
        return Text(
            "Hasło nie może być nazwą użytkownika. Wybierz inne.",
            "The password must not be the user name. Choose another one.",
        )
    return None


def change(username: str, password: str, *, keep: str) -> None:
    """Give an account another password; every session ends but the one with the cookie `keep`."""
    _set(username, password, "password_changed")
    sessions.end_others(username, keep)


def ask_reset(typed: str, *, address: str | None, page: str) -> None:
    """Send a link to `page` to whoever has this user name or e-mail address, if there is such a person with an account and a mailbox.

    For everybody else the same is done, for nobody, so that neither the answer nor its time tells who is known here. An address that
    several persons have is nobody's: they have to give the user name. Raises `TooManyRequestsError` for the network address only.
    """
    attempts.take(attempts.from_address("reset", address))
    wanted = plain_name(typed)
    found = _find(wanted)
    try:
        attempts.take(attempts.of_reset(found.username if found else wanted))
    except TooManyRequestsError:
        found = None
    token, now, minutes = secrets.token_urlsafe(32), clock.now(), settings().password_reset_minutes
    db.session.execute(
        insert(PasswordReset).values(
            hash=digest(token),
            username=found.username if found else None,
            created_at=now,
            expires_at=now + timedelta(minutes=minutes),
        ),
    )
    _post_link(found, f"{page}?token={token}", minutes)


def _find(wanted: str) -> Any:
    query = (
        select(Account.username, Person.email)
        .join(Person, Person.id == Account.person_id)
        .where((Account.username == wanted) | (func.lower(Person.email) == wanted), Account.password_hash.is_not(None))
    )
    with reading() as connection:
        found = list(connection.execute(query))
    meant = [row for row in found if row.username == wanted] or found
    return meant[0] if len(meant) == 1 else None


def _post_link(found: Any, link: str, minutes: int) -> None:
    name = found.username if found else ""
    mails.post(
        (found.email or "") if found else "",
        Text("Nowe hasło do mLegitymacji", "A new password for mLegitymacja"),
        Text(
            f"Ktoś – zapewne Ty – poprosił o nowe hasło do konta {name}.\n\n"
            f"Aby je ustawić, otwórz ten adres w ciągu {minutes} min (działa tylko raz):\n\n{link}\n\n"
            "Jeśli to nie Ty, nie musisz nic robić: hasło się nie zmieniło.",
            f"Somebody – probably you – asked for a new password for the account {name}.\n\n"
            f"To set it, open this address within {minutes} min (it works once only):\n\n{link}\n\n"
            "If it was not you, there is nothing to do: the password has not changed.",
        ),
    )


def account_to_reset(token: str) -> str | None:
    """Give the account that a link is for; None when it is unknown, used or too old."""
    if len(token) != _TOKEN_LETTERS:
        return None
    query = select(PasswordReset.username).where(
        PasswordReset.hash == digest(token), PasswordReset.expires_at > clock.now()
    )
    with reading() as connection:
        return connection.execute(query).scalar_one_or_none()


def reset(token: str, password: str, *, address: str | None) -> bool:
    """Use up a link and set the password: every session of the account ends. False when the link is of no use any more."""
    username = db.session.execute(
        delete(PasswordReset)
        .where(PasswordReset.hash == digest(token), PasswordReset.expires_at > clock.now())
        .returning(PasswordReset.username),
    ).scalar_one_or_none()
    if username is None:
        return False
    _set(username, password, "password_reset")
    sessions.end_all(username)
    *own, _ = attempts.of_password(username, address, None)
    attempts.forget(*own)
    return True


def _set(username: str, password: str, action: str) -> None:
    """Set the password, make all links of the account useless, write it down, and tell the person."""
    person_id = db.session.execute(
        update(Account)
        .where(Account.username == username)
        .values(password_hash=hash_password(password))
        .returning(Account.person_id),
    ).scalar_one()
    db.session.execute(delete(PasswordReset).where(PasswordReset.username == username))
    who = {"actor": str(Actor("person", str(person_id), "usosweb")), "person_id": person_id}
    db.session.execute(insert(AuditEvent).values(at=clock.now(), action=action, **who))
    address = db.session.execute(select(Person.email).where(Person.id == person_id)).scalar_one()
    if address:
        mails.post(address, _CHANGED_SUBJECT, _changed_body(username))


_CHANGED_SUBJECT = Text("Hasło do mLegitymacji zostało zmienione", "The password for mLegitymacja was changed")


def _changed_body(username: str) -> Text:
    contact = settings().contact_email
    return Text(
        f"Hasło do konta {username} zostało właśnie zmienione, a inne sesje zakończone.\n\n"
        f"Jeśli to nie Ty, ustaw nowe hasło na stronie logowania i napisz do nas: {contact}.",
        f"The password of the account {username} was changed just now, and other sessions were ended.\n\n"
        f"If it was not you, set a new password on the sign-in page and write to us: {contact}.",
    )
