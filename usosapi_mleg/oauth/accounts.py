"""Local accounts: passwords hashed with Argon2id, checked in a time that does not tell whether the name exists."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from usosapi_mleg.extensions import db
from usosapi_mleg.models import Account

_LONGEST_PASSWORD = 256
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id with 19 MiB and two passes, OWASP's first choice of parameters: about 30 ms, small enough for a web process."""


def hash_password(password: str) -> str:
    """Hash a password for storage."""
    return _hasher.hash(password)


@cache
def _hash_of_nobody() -> str:
    """A hash to spend the same time on when there is no such account."""
    return _hasher.hash("nobody has this password")


def check_password(username: str, password: str) -> str | None:
    """Give the account's name when the password is right, else None; an account without a password takes none."""
    found = db.session.execute(
        select(Account.username, Account.password_hash).where(Account.username == username.strip().lower()),
    ).one_or_none()
    kept = found.password_hash if found else None
    try:
        _hasher.verify(kept or _hash_of_nobody(), password[:_LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return None
    return found.username if found and kept else None
