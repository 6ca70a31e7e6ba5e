"""Keeps PostgreSQL and the parts of the demo running, and ends them all, whatever happened before."""

import os
import time
from pathlib import Path

import psutil

from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.parts import Part, RunningPart
from usosapi_mleg.demo.postgres import EmbeddedPostgres
from usosapi_mleg.demo.processes import wait_until_ended

MARK = "MLEG_DEMO_FOLDER"
READY_SECONDS = 60.0
POLL_SECONDS = 0.02
TENDING_SECONDS = 0.1
STOP_SECONDS = 5.0
ATTEMPTS = 3
LOG_LINES = 20


class Supervisor:
    """The one owner of everything that runs for a data folder."""

    def __init__(self, folder: Path, *, program: Path, postgres: EmbeddedPostgres) -> None:
        """Describe the demo of ``folder``, whose parts run in the folder ``program``."""
        self.postgres = postgres
        self._program = program
        self._logs = folder / "logs"
        self._logs.mkdir(exist_ok=True)
        self._parts: list[RunningPart] = []

    def start(self, part: Part) -> None:
        """Start a part, without waiting for it."""
        self._parts.append(RunningPart(part, folder=self._program, logs=self._logs))

    def wait_until_ready(self) -> None:
        """Return when every part is ready.

        :raises DemoError: when one keeps ending or takes more than a minute
        """
        deadline = time.monotonic() + READY_SECONDS
        waiting = list(self._parts)
        while waiting := [part for part in waiting if not part.ready]:
            self.tend()
            for part in waiting:
                if part.restarts >= ATTEMPTS:
                    raise DemoError(f"{last_lines(part.log)}\nThe part {part.part.name} keeps ending; see {part.log}.")
            if time.monotonic() > deadline:
                late = waiting[0]
                raise DemoError(f"{last_lines(late.log)}\nThe part {late.part.name} does not answer; see {late.log}.")
            time.sleep(POLL_SECONDS)

    def tend(self) -> None:
        """Restart what has ended unexpectedly."""
        if not self.postgres.running:
            self.postgres.start()
        for part in self._parts:
            part.tend()

    def keep_running(self) -> None:
        """Tend everything for ever; ended by an exception from a signal handler."""
        while True:
            self.tend()
            time.sleep(TENDING_SECONDS)

    def stop(self) -> None:
        """Stop the parts in their order, then PostgreSQL; at most 5 seconds for each part."""
        for part in sorted(self._parts, key=lambda running: running.part.stop_order):
            part.stop(STOP_SECONDS)
        self._parts.clear()
        self.postgres.stop()


def mark(folder: Path) -> dict[str, str]:
    """Return the environment variable that marks every process of the demo of this folder.

    It names the folder by its number on its device: a copy of the folder is another one, the same under a new name is
    not.
    """
    found = folder.stat()
    return {MARK: f"{found.st_dev}:{found.st_ino}"}


def end_leftovers(folder: Path) -> None:
    """Kill what an earlier supervisor of this folder left running: every process that bears the folder's mark.

    The caller holds the folder's lock, so no living supervisor owns them.
    """
    marked = mark(folder)[MARK]
    left: list[psutil.Process] = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == marked:
                process.kill()
                left.append(process)
        except psutil.Error:
            continue  # ended in this moment, or someone else's
    wait_until_ended(left, seconds=STOP_SECONDS)


def last_lines(log: Path, count: int = LOG_LINES) -> str:
    """Return the end of a log file."""
    return "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-count:])
