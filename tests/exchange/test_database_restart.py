"""The database crashes and comes back while the worker and the web part run."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from exchange.stack import running_stack

from usosapi_mleg.demo.layout import ROOT
from usosapi_mleg.demo.postgres import EmbeddedPostgres


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server of the test's own, in a folder whose path is short enough for its socket."""
    folder = Path(tempfile.mkdtemp(prefix="mleg-", dir="/tmp"))
    server = EmbeddedPostgres(folder, fsync=False)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.mark.long
@pytest.mark.parametrize("number", [pytest.param(signal.SIGQUIT, id="crash"), pytest.param(signal.SIGINT, id="stop")])
def test_orders_become_ready_after_a_restart_of_the_database(
    server: EmbeddedPostgres, service_environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    url = server.start()
    command = [sys.executable, "-m", "usosapi_mleg.cli", "migrate"]
    environment = {**os.environ, **service_environment, "DATABASE_URL": url}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True)
    with running_stack(url, service_environment, tmp_path) as stack:
        stack.start_worker(supervised=True)
        before = stack.place_new(3)
        stack.wait_until("ready", *before)
        held_up = stack.place_new(25)
        restart(server, number)
        began = time.monotonic()
        stack.connect_again()
        after = stack.place_new(3)
        stack.wait_until("ready", *before, *held_up, *after, seconds=60)
        print(f"healed {time.monotonic() - began:.1f} s after the database was back")  # noqa: T201
        assert stack.keys_made_more_than_once() == []


def restart(server: EmbeddedPostgres, number: signal.Signals) -> None:
    """End the server with a signal and start it again."""
    assert server._process is not None
    postmaster = psutil.Process(server._process.pid)
    postmaster.send_signal(number)
    server._process.wait(30)
    server.start()
