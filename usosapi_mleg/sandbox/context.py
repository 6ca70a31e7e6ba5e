"""What the views of the sandbox share: its settings, its data and its background thread."""

from dataclasses import dataclass

from flask import current_app

from usosapi_mleg.sandbox.settings import SandboxSettings
from usosapi_mleg.sandbox.store import Store
from usosapi_mleg.sandbox.worker import Worker

EXTENSION = "mleg_sandbox"


@dataclass(frozen=True)
class Sandbox:
    """One running stand-in ministry."""

    settings: SandboxSettings
    store: Store
    worker: Worker


def sandbox() -> Sandbox:
    """Return the sandbox of the running app."""
    found: Sandbox = current_app.extensions[EXTENSION]
    return found
