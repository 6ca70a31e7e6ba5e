"""Makes and reads back the two secrets of a document: the token of the QR code and the activation code."""

import hashlib
import secrets

# Without 0/O, 1/I/L, which people confuse when they type.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
TOKEN_GROUPS = 4
TOKEN_GROUP_LENGTH = 5
CODE_LENGTH = 8


def make_token() -> str:
    """Make a new token: four groups of five characters (about 99 bits)."""
    return "-".join(random_text(TOKEN_GROUP_LENGTH) for _ in range(TOKEN_GROUPS))


def make_code() -> str:
    """Make a new activation code: eight characters (about 39 bits)."""
    return random_text(CODE_LENGTH)


def random_text(length: int) -> str:
    """Return `length` unpredictable characters of the alphabet."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def tidy(text: str) -> str:
    """Return what a person typed in capitals, without blanks and hyphens."""
    return "".join(character for character in text.upper() if not character.isspace() and character not in "-–—")


def digest_token(token: str) -> str:
    """Return the digest under which a token stays known after the token itself was wiped.

    A plain SHA-256 is enough: nobody can go through 99 bits.
    """
    return hashlib.sha256(tidy(token).encode("utf-8", "replace")).hexdigest()
