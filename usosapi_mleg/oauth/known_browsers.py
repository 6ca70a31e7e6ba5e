"""Browsers in which somebody has signed in to an account before, known by a cookie that only we can make.

Guesses of strangers then cannot lock the person out in their own browser: it has attempts of its own. The cookie opens nothing.
"""

import hmac
import secrets

from usosapi_mleg.extensions import keyring

COOKIE = "mleg_device"
_PURPOSE = "device of an account"


def new_cookie(username: str) -> str:
    """Make the cookie of a browser that has just proved to know the password."""
    name = secrets.token_hex(16)
    return f"{name}.{_seal(name, username)}"


def known_device(cookie: str, username: str) -> str | None:
    """Give the name of the browser when the cookie is one of ours for this account."""
    name, _, seal = cookie.partition(".")
    return name if hmac.compare_digest(seal.encode(), _seal(name, username).encode()) else None


def _seal(name: str, username: str) -> str:
    return keyring().index(f"{name} {username}", _PURPOSE).hex()
