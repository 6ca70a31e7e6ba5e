"""A stand-in ministry running as its own process, and the people and programs that talk to it in tests."""

import base64
import io
import itertools
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx
from PIL import Image

UNIVERSITY_KEY = "key-of-the-university"
START_TIMEOUT_SECONDS = 20
PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
PERSONS = itertools.count(1)
PHOTO_COLOUR = (120, 130, 140)

# The control panel as it is at first.
QUIET = {
    "making_delay_seconds": 0,
    "answer_delay_seconds": 0,
    "fail_next": 0,
    "fail_when": "before",
    "reject_next": 0,
    "busy_next": 0,
    "fail_making_next": 0,
    "down": False,
    "callbacks_enabled": True,
    "clock_offset_seconds": 0,
    "codes_valid_days": 30,
}

T = TypeVar("T")


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(look: Callable[[], T], seconds: float = 8) -> T:
    """Call `look` until it returns something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found


class RunningSandbox:
    """One granian process group serving the sandbox on a folder; it can be killed and started again."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "SANDBOX_DATA": str(data),
            "SANDBOX_UNIVERSITY_KEY": UNIVERSITY_KEY,
            "SANDBOX_UNIVERSITY_NAME_PL": "Uczelnia Próbna",
            "SANDBOX_UNIVERSITY_NAME_EN": "Trial University",
            **environment,
        }
        self.university = httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {UNIVERSITY_KEY}"},
            timeout=15,
            verify=False,
        )
        self.anybody = httpx.Client(base_url=self.url, timeout=15, verify=False)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        granian = str(Path(sys.executable).with_name("granian"))
        options = ["--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(self.port)]
        scale = ["--workers", "1", "--blocking-threads", "8", "--log-level", "warning"]
        self._log = (self.data.parent / f"{self.data.name}.log").open("ab")
        self._process = subprocess.Popen(
            [granian, *options, *scale, "usosapi_mleg.sandbox:create_app"],
            env={**os.environ, **self._environment},
            cwd=self.data.parent,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        wait_for(self._answers, START_TIMEOUT_SECONDS)

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()
        try:
            return self.anybody.get("/api/v1/health").status_code == 401
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End all processes at once, as a power cut would."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()

    def close(self) -> None:
        """End the processes and close the clients."""
        self.kill()
        self.university.close()
        self.anybody.close()

    def dump(self) -> str:
        """Return all data as SQL."""
        with closing(sqlite3.connect(self.data / "ministry.sqlite3")) as connection:
            return "\n".join(connection.iterdump())

    def log(self) -> str:
        """Return what the process has written so far."""
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def set(self, **controls: object) -> dict[str, Any]:
        """Set values of the control panel."""
        response = self.anybody.put("/control/api/settings", json=controls)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def listed(self, key: str) -> dict[str, Any]:
        """Return what the control panel tells of a key."""
        documents = self.anybody.get("/control/api/documents").json()["documents"]
        return next(document for document in documents if document["key"] == key)

    def submit(self, *submissions: dict[str, Any]) -> list[dict[str, Any]]:
        """Submit documents and return the results."""
        return self._call("/documents", {"documents": list(submissions)})

    def fetch(self, *keys: str) -> list[dict[str, Any]]:
        """Fetch documents."""
        return self._call("/documents/fetch", {"keys": list(keys)})

    def revoke(self, *keys: str) -> list[dict[str, Any]]:
        """Revoke documents."""
        return self._call("/documents/revoke", {"keys": list(keys), "reason": "test"})

    def _call(self, path: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        response = self.university.post(path, json=body)
        assert response.status_code == 200, response.text
        return list(response.json()["documents"])

    def make_ready(self, submission: dict[str, Any] | None = None) -> dict[str, Any]:
        """Submit a document, of a new person unless one is given, and return it once it is ready."""
        submission = submission or new_submission()
        self.submit(submission)
        return wait_for(lambda: next((d for d in self.fetch(submission["key"]) if d["state"] == "ready"), None))


def day_in(days: int) -> str:
    """Return the day that it will be in Poland in so many days."""
    return (datetime.now(ZoneInfo("Europe/Warsaw")).date() + timedelta(days=days)).isoformat()


def make_photo(size: tuple[int, int] = (240, 300), picture_format: str = "JPEG") -> bytes:
    """Return a picture of one colour."""
    output = io.BytesIO()
    Image.new("RGB", size, PHOTO_COLOUR).save(output, picture_format)
    return output.getvalue()


def make_pesel(birth_date: date, serial: int) -> str:
    """Return a PESEL with a right check digit, of somebody born in 1900-2099."""
    month = birth_date.month + (20 if birth_date.year >= 2000 else 0)
    digits = f"{birth_date.year % 100:02}{month:02}{birth_date.day:02}{serial % 10_000:04}"
    total = sum(weight * int(digit) for weight, digit in zip(PESEL_WEIGHTS, digits, strict=True))
    return f"{digits}{(10 - total % 10) % 10}"


def new_submission(**changes: Any) -> dict[str, Any]:
    """Return a submission of a new person; `changes` replace members of the document or of the person."""
    serial = next(PERSONS)
    birth_date = date(2003, 4, 15) + timedelta(days=serial // 10_000)
    person = {
        "pesel": make_pesel(birth_date, serial),
        "first_names": "Zofia Łucja",
        "last_name": "Żółć-Próbna",
        "birth_date": birth_date.isoformat(),
        "photo": base64.b64encode(make_photo()).decode(),
    }
    document = {
        "key": f"{uuid.uuid4()}-1",
        "person": {name: changes.pop(name, value) for name, value in person.items()},
        "student_number": "012345",
        "valid_until": day_in(180),
    }
    return {**document, **changes}


class Phone:
    """A browser with its own cookies: one simulated phone, used through its forms as without JavaScript."""

    def __init__(self, sandbox: RunningSandbox, language: str = "pl") -> None:
        self.client = httpx.Client(
            base_url=sandbox.url, headers={"Accept-Language": language}, follow_redirects=True, timeout=15, verify=False
        )
        self.page = self.client.get("/phone/")

    def send(self, path: str, files: dict[str, Any] | None = None, **fields: str) -> httpx.Response:
        """Send a form of the present page and return the page that follows."""
        token = re.search(r'name="csrf" value="([^"]+)"', self.page.text)
        assert token, "there is no form on this page"
        self.page = self.client.post(path, data={"csrf": token[1], **fields}, files=files)
        return self.page

    def open(self, path: str) -> httpx.Response:
        """Open a page."""
        self.page = self.client.get(path)
        return self.page

    def go_to_qr(self) -> httpx.Response:
        """Go from the start to the step of the QR code, through every step before it."""
        for path in ("/phone/", "/phone/add", "/phone/add/student", "/phone/add/terms"):
            assert self.open(path).status_code == 200
        assert self.send("/phone/add/terms").url.path == "/phone/add/camera"
        assert self.send("/phone/add/camera", camera="yes").url.path == "/phone/add/qr"
        return self.page

    def type_token(self, token: str) -> httpx.Response:
        """Go to the QR step and type the token."""
        self.go_to_qr()
        return self.send("/phone/add/qr", token=token)

    def add(self, document: dict[str, Any]) -> httpx.Response:
        """Add a document that is ready, all the way."""
        assert self.type_token(document["token"]).url.path == "/phone/add/code"
        return self.send("/phone/add/code", code=document["code"])

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
