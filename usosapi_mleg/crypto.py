"""Encryption of what must be shown or used again, and keyed look-ups of what must be found again.

AES-256-GCM with the key's id in front and the row's identity as associated data, so that a value copied to another row does not open.
Keys come from a TOML file:

    active = "k1"              # new values are encrypted with this key
    index = "<base64>"         # key of the look-up columns; it cannot be rotated without recomputing them
    [keys]
    k1 = "<base64 of 32 bytes>"
"""

import base64
import hashlib
import hmac
import os
import secrets
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeysError(Exception):
    """The keys file cannot be used, or a value cannot be opened with the keys in it."""


@dataclass(frozen=True)
class KeyRing:
    """The keys of one installation."""

    active: str
    ciphers: dict[str, AESGCM] = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def from_file(cls, path: Path) -> "KeyRing":
        """Read the keys file; raise `KeysError` with one clear sentence when it cannot be used."""
        try:
            content = tomllib.loads(path.read_text("utf-8"))
            keys = {key_id: base64.b64decode(text, validate=True) for key_id, text in content["keys"].items()}
            index_key = base64.b64decode(content["index"], validate=True)
            active = content["active"]
        except OSError as error:
            raise KeysError(f"The keys file {path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, AttributeError, TypeError):
            raise KeysError(f"The keys file {path} is malformed.") from None
        if active not in keys or {len(key) for key in (*keys.values(), index_key)} != {_KEY_BYTES}:
            raise KeysError(f"The keys file {path} needs an active key, and every key must have {_KEY_BYTES} bytes.")
        return cls(active, {key_id: AESGCM(key) for key_id, key in keys.items()}, index_key)

    def seal(self, value: bytes | str, identity: str) -> bytes:
        """Encrypt `value` for the place named by `identity` (table, row and column)."""
        data = value.encode() if isinstance(value, str) else value
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key_id = self.active.encode()
        return bytes([len(key_id)]) + key_id + nonce + self.ciphers[self.active].encrypt(nonce, data, identity.encode())

    def open(self, sealed: bytes, identity: str) -> bytes:
        """Decrypt what `seal` made for the same identity; raise `KeysError` when that is impossible."""
        start = 1 + int.from_bytes(sealed[:1])
        cipher = self.ciphers.get(sealed[1:start].decode("ascii", "replace"))
        if cipher is None:
            raise KeysError(f"The key that {identity} was encrypted with is not in the keys file.")
        try:
            return cipher.decrypt(
                sealed[start : start + _NONCE_BYTES], sealed[start + _NONCE_BYTES :], identity.encode()
            )
        except (InvalidTag, ValueError):  # ValueError: too short for a nonce
            raise KeysError(f"{identity} does not open: wrong key or a value from another place.") from None

    def open_text(self, sealed: bytes, identity: str) -> str:
        """Decrypt a text."""
        return self.open(sealed, identity).decode()

    def index(self, value: str, purpose: str) -> bytes:
        """Give the keyed digest by which a secret value is looked up or compared."""
        return hmac.digest(self.index_key, f"{purpose}\0{value}".encode(), "sha256")


def digest(secret: str) -> bytes:
    """Hash a long random secret for storage."""
    return hashlib.sha256(secret.encode()).digest()


def create_keys_file(path: Path) -> None:
    """Write a keys file with fresh keys, readable by its owner only; an existing file is never overwritten."""

    def fresh() -> str:
        return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()

    content = f'active = "k1"\nindex = "{fresh()}"\n\n[keys]\nk1 = "{fresh()}"\n'
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
