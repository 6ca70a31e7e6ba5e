"""A program of the service as a process of its own, which a test can kill, stop, and have started again."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from usosapi_mleg.demo.layout import ROOT
from usosapi_mleg.demo.tether import tethered


class Program:
    """One process, the leader of its process group."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.starts = 0
        self._command = command
        self._environment = {**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, without waiting until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                tethered(self._command, ending=signal.SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=ROOT,
                env=self._environment,
                start_new_session=True,
            )
        self.starts += 1

    @property
    def pid(self) -> int:
        """The number of the process."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def tend(self) -> None:
        """Start it again if it has ended, as the supervisor of an installation does."""
        if not self.running:
            self.start()

    def kill(self) -> None:
        """End the whole process group at once, as a crash would."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def terminate(self, seconds: float) -> int:
        """Ask it to end; return its exit code, or raise `subprocess.TimeoutExpired`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(seconds)
