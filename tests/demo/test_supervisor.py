"""The supervisor: parts that end are restarted, and nothing outlives it, however it ends."""

import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from usosapi_mleg.demo import processes
from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.parts import Part, answers
from usosapi_mleg.demo.postgres import EmbeddedPostgres
from usosapi_mleg.demo.supervisor import Supervisor, end_leftovers, mark

# A part that writes its number and runs until it is told to end; it has a child that would rather stay.
SLEEPER = """
import os, subprocess, sys, time
if "--deaf" in sys.argv:
    import signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[1], "a") as file:
    file.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(60)
"""

SUPERVISOR = """
import sys, time
from pathlib import Path
from usosapi_mleg.demo.parts import Part
from usosapi_mleg.demo.postgres import EmbeddedPostgres
from usosapi_mleg.demo.supervisor import Supervisor, mark
folder = Path(sys.argv[1])
supervisor = Supervisor(folder, program=folder, postgres=EmbeddedPostgres(folder / "postgres", fsync=False))
supervisor.postgres.start()
supervisor.start(Part(name="sleeper", command=sys.argv[2:], environment=mark(folder)))
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedPostgres:
    """One server for all supervisors here, which start and stop it."""
    return EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), fsync=False)


@pytest.fixture
def supervisor(tmp_path: Path, postgres: EmbeddedPostgres) -> Iterator[Supervisor]:
    """A supervisor with nothing but PostgreSQL running."""
    supervisor = Supervisor(tmp_path, program=tmp_path, postgres=postgres)
    postgres.start()
    yield supervisor
    supervisor.stop()


def sleeper(folder: Path, *arguments: str) -> list[str]:
    """Return the command of a part that notes in ``folder / "pids"`` who it is."""
    return [sys.executable, "-c", SLEEPER, str(folder / "pids"), *arguments]


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until the condition holds; say whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def noted(folder: Path) -> list[list[int]]:
    """Return the process and child numbers that sleepers noted, one pair for each start."""
    notes = folder / "pids"
    return [[int(word) for word in line.split()] for line in notes.read_text().splitlines()] if notes.exists() else []


def lives(number: int) -> bool:
    """Say whether the process runs."""
    return psutil.pid_exists(number) and processes.lives(psutil.Process(number))


def test_a_part_that_ends_is_restarted_and_what_it_had_started_is_ended(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(Part(name="sleeper", command=sleeper(tmp_path), environment={}))
    assert eventually(lambda: len(noted(tmp_path)) == 1)
    first, child = noted(tmp_path)[0]
    os.kill(first, signal.SIGKILL)

    def tended() -> bool:
        supervisor.tend()
        return len(noted(tmp_path)) == 2

    assert eventually(tended)
    assert not lives(child)
    assert lives(noted(tmp_path)[1][0])


def test_postgresql_that_ends_is_restarted_under_the_same_address(supervisor: Supervisor) -> None:
    os.kill(int((supervisor.postgres.folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert eventually(lambda: not supervisor.postgres.running)
    supervisor.tend()
    assert supervisor.postgres.running


def test_stopping_ends_every_part_and_what_it_started(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(Part(name="sleeper", command=sleeper(tmp_path), environment={}))
    assert eventually(lambda: len(noted(tmp_path)) == 1)
    supervisor.stop()
    assert not any(lives(number) for number in noted(tmp_path)[0])
    assert not supervisor.postgres.running


def test_a_part_that_does_not_listen_to_sigterm_is_killed_in_time(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usosapi_mleg.demo.supervisor.STOP_SECONDS", 0.3)
    supervisor.start(Part(name="deaf", command=sleeper(tmp_path, "--deaf"), environment={}))
    assert eventually(lambda: len(noted(tmp_path)) == 1)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 3
    assert not any(lives(number) for number in noted(tmp_path)[0])


def test_a_part_that_keeps_ending_is_an_error_that_shows_its_log(supervisor: Supervisor) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the reason')"]
    supervisor.start(Part(name="broken", command=command, environment={}, ready_url="http://127.0.0.1:9/"))
    with pytest.raises(DemoError, match=r"the reason\nThe part broken keeps ending; see .*broken\.log\.$"):
        supervisor.wait_until_ready()


def test_what_a_killed_supervisor_started_ends_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path), *sleeper(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == "started\n"
        assert eventually(lambda: len(noted(tmp_path)) == 1)
        killed.kill()
    postmaster = tmp_path / "postgres" / "data" / "postmaster.pid"
    assert eventually(lambda: not lives(noted(tmp_path)[0][0]))
    assert eventually(lambda: not postmaster.exists())


def test_leftovers_of_a_killed_supervisor_are_ended_and_nobody_else(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    mine.mkdir()
    other.mkdir()
    with (
        subprocess.Popen(sleeper(mine, "--deaf"), env=mark(mine)) as left_over,
        subprocess.Popen(sleeper(other), env=mark(other)) as foreign,
    ):
        assert eventually(lambda: len(noted(mine)) == len(noted(other)) == 1)
        end_leftovers(mine)
        assert eventually(lambda: not any(lives(number) for number in noted(mine)[0]))
        assert all(lives(number) for number in noted(other)[0])
        end_leftovers(other)
        assert left_over.wait() == foreign.wait() == -signal.SIGKILL


@pytest.mark.parametrize(("status", "ready"), [(200, True), (404, True), (503, False)])
def test_a_part_is_ready_when_it_answers_without_a_server_error(*, status: int, ready: bool) -> None:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert answers(f"http://127.0.0.1:{server.server_port}/") is ready
        server.shutdown()
        thread.join()
