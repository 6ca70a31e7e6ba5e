"""The whole service as real processes on free ports: web, worker and the stand-in ministry with its phone."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from flask import Flask
from sqlalchemy import text

from usosapi_mleg import create_app
from usosapi_mleg.demo.fill import fill
from usosapi_mleg.demo.layout import ROOT, Ports, free_ports, granian, worker_part
from usosapi_mleg.demo.parts import Part, RunningPart
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.settings import Settings

START_SECONDS = 120.0
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class RunningService:
    """Where everything answers, and what `fill` told of the people and the apps."""

    ports: Ports
    database_url: str
    environment: Mapping[str, str]
    filled: Mapping[str, Any]

    def user(self, scenario: str, place: int = 0) -> dict[str, Any]:
        """Give an account of somebody of this scenario; the first unless another place is asked for."""
        found = [user for user in self.filled["users"] if user["scenario"] == scenario]
        return dict(found[place])

    def set_ministry(self, **controls: object) -> None:
        """Set values of the ministry's control panel."""
        answer = httpx.put(
            f"{self.ports.sandbox_url}control/api/settings", json=controls, trust_env=False, verify=False
        )
        assert answer.status_code == 200, answer.text


def begin_nonces(app: Flask) -> None:
    """Say that all nonces were known from the beginning: else what was signed in the second before the very first request is refused."""
    with app.app_context(), transaction():
        db.session.execute(text("INSERT INTO nonce_epoch (since) VALUES (0) ON CONFLICT DO NOTHING"))


@contextmanager
def running_service(database_url: str, environment: Mapping[str, str], folder: Path) -> Iterator[RunningService]:
    """Fill the fresh database, run web, worker and ministry, and end them again; data and logs go below `folder`.

    `environment` is that of the fixture `service_environment`; addresses and the database are set here.
    """
    ports = free_ports()
    own = {
        "DATABASE_URL": database_url,
        "MLEG_BASE_URL": ports.base_url,
        "MLEG_PHONE_URL": ports.phone_url,
        "MLEG_MINISTRY_URL": ports.sandbox_url.rstrip("/"),
    }
    service = {**environment, **own, "PYTHONPATH": str(ROOT)}
    filled = _fill(service)
    running: list[RunningPart] = []
    try:
        parts = (_web(service, ports), worker_part(service), _ministry(service, ports, folder))
        running.extend(RunningPart(part, folder=ROOT, logs=folder) for part in parts)
        _wait_until_ready(running)
        yield RunningService(ports, database_url, service, filled)
    finally:
        for part in running:
            part.stop(STOP_SECONDS)


def _fill(service: Mapping[str, str]) -> dict[str, Any]:
    app = create_app(Settings.from_environment(service))
    filled = fill(app)
    begin_nonces(app)
    with app.app_context():
        db.engine.dispose()
    return filled


def _web(service: Mapping[str, str], ports: Ports) -> Part:
    command = granian("wsgi:app", port=ports.web, workers=2, threads=1)
    return Part(name="web", command=command, environment=service, ready_url=ports.page_url)


def _ministry(service: Mapping[str, str], ports: Ports, folder: Path) -> Part:
    environment = {
        "PYTHONPATH": str(ROOT),
        "SANDBOX_DATA": str(folder / "ministry"),
        "SANDBOX_UNIVERSITY_KEY": service["MLEG_MINISTRY_KEY"],
        "SANDBOX_CALLBACK_URL": f"{ports.base_url}ministry/callback",
        "SANDBOX_CALLBACK_SECRET": service["MLEG_MINISTRY_CALLBACK_SECRET"],
    }
    command = granian("--factory", "usosapi_mleg.sandbox:create_app", port=ports.sandbox, workers=1, threads=8)
    return Part(name="ministry", command=command, environment=environment, ready_url=ports.phone_url)


def _wait_until_ready(parts: list[RunningPart]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while waiting := [part for part in parts if not part.ready]:
        for part in waiting:
            assert part.running, part.log.read_text()
            assert time.monotonic() < deadline, part.log.read_text()
        time.sleep(0.02)
