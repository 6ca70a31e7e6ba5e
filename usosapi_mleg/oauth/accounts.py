"""Local accounts: passwords hashed with Argon2id, checked in a time that does not tell whether the name exists."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from usosapi_mleg.extensions import reading, settings
from usosapi_mleg.models import Account
from usosapi_mleg.oauth import attempts, known_browsers

LONGEST_PASSWORD = 256
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB and two passes, OWASP's first choice of parameters: about 30 ms, small enough for a web process."""


def hash_password(password: str) -> str:
    """Hash a password for storage."""
    return _hasher.hash(password)


@cache
def _hash_of_nobody() -> str:
    """A hash to spend the same time on when there is no such account."""
    return _hasher.hash("nobody has this password")


def plain_name(username: str) -> str:
    """Give a user name as accounts have it."""
    return username.strip().lower()


def has_password(username: str) -> bool:
    """Tell whether an account can be entered with a password of ours at all."""
    query = select(Account.password_hash.is_not(None)).where(Account.username == username)
    with reading() as connection:
        return settings().sign_in.local_accounts and bool(connection.execute(query).scalar_one_or_none())


def check_password(username: str, password: str, *, address: str | None, device_cookie: str = "") -> str | None:
    """Give the account's name when the password is right, else None.

    The attempt is counted before the password is looked at, whether the account exists or not. Raises `TooManyRequestsError` when there
    were too many; the password is not looked at then.
    """
    name = plain_name(username)
    *own, everybody = attempts.of_password(name, address, known_browsers.known_device(device_cookie, name))
    attempts.take(*own, everybody)
    if not _is_right(name, password):
        return None
    attempts.forget(own[0])
    # To know the password of one account proves nothing about the others.
    attempts.take_back(*own[1:], everybody)
    return name


def _is_right(name: str, password: str) -> bool:
    query = select(Account.password_hash).where(Account.username == name)
    with reading() as connection:
        known = connection.execute(query).scalar_one_or_none()
    try:
        _hasher.verify(known or _hash_of_nobody(), password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False
    return known is not None
