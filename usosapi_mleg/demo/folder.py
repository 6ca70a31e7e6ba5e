"""The data folder of a demo: its lock, its secrets, and the file that tells programs where everything is."""

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from usosapi_mleg.crypto import create_keys_file
from usosapi_mleg.demo.errors import DemoError


class DemoFolder:
    """A data folder that belongs to this process until :meth:`close`, or until the process ends in any way."""

    def __init__(self, path: Path) -> None:
        """Make the folder if it is missing, and lock it.

        :raises DemoError: when it cannot be written to, or another demo runs on it
        """
        self.path = path.expanduser().absolute()
        self.keys_file = self.path / "keys"
        self.description = self.path / "demo.json"
        try:
            self._make()
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DemoError(f"The data folder {self.path} is not writable: {error.strerror}.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise DemoError(f"Another demo is running on the data folder {self.path}.") from error
        self.path = self.path.resolve()
        # Whoever finds the file may rely on a running demo, so one of an earlier run goes first.
        self.description.unlink(missing_ok=True)

    def _make(self) -> None:
        if not self.path.exists():
            self.path.mkdir(parents=True)
            # The PostgreSQL of root's demo runs as another user, who has to get through.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def close(self) -> None:
        """Withdraw the description and let the folder go."""
        self.description.unlink(missing_ok=True)
        os.close(self._lock)

    def secrets(self) -> dict[str, str]:
        """Return what the service and the ministry share, making it (and the keys file) the first time."""
        if not self.keys_file.exists():
            unfinished = self.path / "keys.unfinished"
            unfinished.unlink(missing_ok=True)
            create_keys_file(unfinished)
            unfinished.replace(self.keys_file)
        place = self.path / "secrets.json"
        if not place.exists():
            made = {
                "ministry_key": secrets.token_urlsafe(32),
                "callback_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
            }
            write_private(place, made)
        kept: dict[str, str] = json.loads(place.read_text("utf-8"))
        return kept

    def describe(self, description: Mapping[str, Any]) -> None:
        """Write the file that says where everything is, all at once."""
        write_private(self.description, description)


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file that only its owner may read; nobody sees half of it."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
