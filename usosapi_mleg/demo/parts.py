"""The processes of the demo: each a program with its own log, restarted when it ends unasked."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from usosapi_mleg.demo.tether import tethered

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 2.0
# A part that ran this long is well: the next restart is quick again.
WELL_SECONDS = 10.0
ANSWER_SECONDS = 5.0
SERVER_ERRORS = 500


@dataclass(frozen=True, kw_only=True)
class Part:
    """One program to run.

    ``ready_url`` answers an HTTP GET when the part is ready; parts with a lower ``stop_order`` are stopped earlier.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str]
    ready_url: str | None = None
    stop_order: int = 0


class RunningPart:
    """A part and its process, which leads a process group of its own."""

    def __init__(self, part: Part, *, folder: Path, logs: Path) -> None:
        """Start the part in ``folder``; its output goes to a file below ``logs``."""
        self.part = part
        self.log = logs / f"{part.name}.log"
        self.restarts = 0
        self._folder = folder
        self._pause = FIRST_PAUSE_SECONDS
        self._start_at: float | None = None
        self._process = self._start()

    def tend(self) -> None:
        """Restart the part if it ended, after a pause that grows while it keeps ending."""
        now = time.monotonic()
        if self._start_at is not None:
            if now >= self._start_at:
                self._start_at = None
                self.restarts += 1
                self._process = self._start()
        elif not self.running:
            self._bury()
            print(f"The part {self.part.name} ended and is started again; see {self.log}.", file=sys.stderr, flush=True)
            well = now - self._started > WELL_SECONDS
            self._pause = FIRST_PAUSE_SECONDS if well else min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._start_at = now + self._pause

    @property
    def running(self) -> bool:
        """Whether the process lives; one that has ended is left for :meth:`_bury`, so that its number stays its own."""
        if self._process.returncode is not None:
            return False
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    @property
    def ready(self) -> bool:
        """Whether the part runs and, if it has an address, answers there without a server error."""
        return self.running and (self.part.ready_url is None or answers(self.part.ready_url))

    def stop(self, seconds: float) -> None:
        """Ask the part to end and, when it has not after ``seconds``, end it with everything it started."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + seconds
            while self.running and time.monotonic() < deadline:
                time.sleep(0.01)
        self._bury()

    def _start(self) -> subprocess.Popen[bytes]:
        self._started = time.monotonic()
        with self.log.open("ab") as log:
            return subprocess.Popen(
                tethered(self.part.command, ending=signal.SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=dict(self.part.environment),
                start_new_session=True,
            )

    def _bury(self) -> None:
        """End what is left of the part's process group, then take note of its end."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def answers(url: str) -> bool:
    """Say whether an HTTP GET gets an answer below 500. Proxies of the environment are not asked."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", address.path or "/")
        return connection.getresponse().status < SERVER_ERRORS
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
