"""The demo as a person starts it: what it tells, what it listens on, and how it comes back and goes away."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from usosapi_mleg.demo.layout import HOST, ROOT, free_ports
from usosapi_mleg.demo.parts import answers
from usosapi_mleg.demo.postgres import EmbeddedPostgres
from usosapi_mleg.demo.processes import lives, wait_until_ended
from usosapi_mleg.demo.story import Story, walk
from usosapi_mleg.demo.supervisor import MARK, mark
from usosapi_mleg.demo.visitor import Visitor

READY_SECONDS = 5.0


class Demo:
    """A demo that runs in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_ports().web
        self.process = self.launch()
        self.said = ""

    def launch(self) -> subprocess.Popen[str]:
        """Start it without waiting."""
        command = [sys.executable, "-P", "-m", "usosapi_mleg.demo", f"--port={self.port}", f"--data={self.folder}"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait(self) -> str:
        """Wait until it says that it is ready, and return all that it says."""
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if "mlegitymacja/order" in line:  # the end of the snippet to paste
                return said
        raise AssertionError(said + self.finish()[1])

    def finish(self) -> tuple[str, str]:
        """Wait for the end and return what is left of the two outputs."""
        return self.process.communicate(timeout=30)

    def description(self) -> dict[str, Any]:
        """Return what stands in demo.json."""
        content: dict[str, Any] = json.loads((self.folder / "demo.json").read_text("utf-8"))
        return content

    def processes(self) -> list[psutil.Process]:
        """Return every process of the demo: the first, those with its mark, and PostgreSQL's."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def part(self, words: str) -> psutil.Process | None:
        """Return the process of the demo with these words in its command line that was started first."""
        running = psutil.process_iter(["cmdline"])
        found = [each for each in running if words in " ".join(each.info["cmdline"] or []) and self._owns(each)]
        return min(found, key=lambda process: process.create_time(), default=None)

    def _owns(self, process: psutil.Process) -> bool:
        try:
            of_postgres = process.name() == "postgres" and process.cwd() == str(self.folder / "postgres" / "data")
            marked = process.environ().get(MARK) == mark(self.folder)[MARK]
            return lives(process) and (of_postgres or marked or process.pid == self.process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo for the tests of this module; the last ones start and stop it anew."""
    folder = tmp_path_factory.mktemp("demo")
    demo = Demo(folder)
    demo.said = demo.wait()
    yield demo
    if demo.process.poll() is None:
        demo.process.terminate()
    demo.finish()


def refused(*arguments: str) -> str:
    """Start a demo that must refuse, and return its one sentence."""
    command = [sys.executable, "-P", "-m", "usosapi_mleg.demo", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=30)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    return done.stderr.strip()


def connections_of(process: psutil.Process) -> list[Any]:
    """Return the network connections of a process; none when it has just ended, as PostgreSQL's do all the time."""
    try:
        return process.net_connections("inet")
    except psutil.NoSuchProcess:
        return []


def number_of_orders(database_url: str) -> int:
    """Count the orders in the demo's database."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT count(*) FROM orders").fetchone()
    assert row
    return int(row[0])


def test_demo_json_says_where_everything_is_to_its_owner_only(demo: Demo) -> None:
    description = demo.description()
    assert set(description) == {
        *("base_url", "page_url", "sandbox_url", "phone_url"),
        *("database_url", "session_cookie", "consumers", "users"),
    }
    assert stat.S_IMODE((demo.folder / "demo.json").stat().st_mode) == 0o600
    for name in ("page_url", "sandbox_url", "phone_url"):
        assert httpx.get(description[name], follow_redirects=True, trust_env=False, verify=False).status_code == 200


def test_the_story_of_a_card_can_be_walked(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert walk(demo.description(), logs=demo.folder / "logs") == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(re.fullmatch(r"✓ .+\d\.\d\d s", line) for line in lines)
    assert len(lines) > 10


def test_the_session_to_paste_works(demo: Demo) -> None:
    snippet = demo.said[demo.said.index("from requests_oauthlib") :]
    command = [sys.executable, "-u", "-c", snippet]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as app,
        Visitor() as student,
        Visitor() as phone,
    ):
        story = Story(demo.description(), student, phone)
        story.person = [user for user in demo.description()["users"] if user["scenario"] == "eligible"][1]
        story.sign_in()
        assert app.stdout
        asked = student.visit(app.stdout.readline().removeprefix("Open ").strip())
        said, _ = app.communicate(
            student.submit(asked.form("allow"), allow="1").text_of("local-pin") + "\n", timeout=30
        )
    assert "'status': 'waiting'" in said


def test_nothing_but_loopback_is_listened_on(demo: Demo) -> None:
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in demo.processes()
        for connection in connections_of(process)
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {(HOST, demo.port), (HOST, demo.port + 1)}


def test_a_second_demo_on_the_same_folder_is_refused(demo: Demo) -> None:
    assert refused(f"--data={demo.folder}") == f"Another demo is running on the data folder {demo.folder}."


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        sentence = refused(f"--data={tmp_path}", f"--port={port}")
    assert sentence == f"Port {port} is taken; choose another with --port N (the ministry uses the one after it)."


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "folder"
    assert refused(f"--data={folder}") == f"The data folder {folder} is not writable: Not a directory."


@pytest.mark.parametrize("port", ["0", "65535", "web"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    command = [sys.executable, "-P", "-m", "usosapi_mleg.demo", "--port", port]
    done = subprocess.run(command, check=False, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{port} is not a port between 1 and 65534" in done.stderr


def test_killed_parts_are_there_again_soon(demo: Demo) -> None:
    before = [demo.part(f"--port {demo.port} "), demo.part("usosapi_mleg.cli worker")]
    for process in before:
        assert process
        os.kill(process.pid, signal.SIGKILL)
    assert wait_until_ended([process for process in before if process], seconds=5) == []
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        after = [demo.part(f"--port {demo.port} "), demo.part("usosapi_mleg.cli worker")]
        if all(after) and not set(after) & set(before) and answers(demo.description()["page_url"]):
            break
        time.sleep(0.05)
    assert walk(demo.description(), logs=demo.folder / "logs") == 0


def test_after_everything_was_killed_the_demo_is_back_in_5_seconds_with_its_data(demo: Demo) -> None:
    before = demo.description()
    orders = number_of_orders(before["database_url"])
    # The promise is for a machine that does nothing else.
    limit = READY_SECONDS * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    took: list[float] = []
    while not took or (min(took) > limit and len(took) < 3):
        for process in demo.processes():
            with suppress(psutil.NoSuchProcess):  # those of PostgreSQL end with their first one
                process.kill()
        demo.finish()
        began = time.monotonic()
        demo.process = demo.launch()
        demo.wait()
        took.append(time.monotonic() - began)
    after = demo.description()
    assert orders > 0
    assert number_of_orders(after["database_url"]) == orders
    assert {name: after[name] for name in ("consumers", "users", "page_url")} == {
        name: before[name] for name in ("consumers", "users", "page_url")
    }
    assert min(took) < limit, took


@pytest.mark.parametrize(
    ("number", "ready"),
    [(signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGHUP, False)],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP while it starts"],
)
def test_a_signal_ends_every_process(demo: Demo, number: signal.Signals, *, ready: bool) -> None:
    if demo.process.poll() is not None:
        demo.process = demo.launch()
        if ready:
            demo.wait()
    while len(demo.processes()) < 2:
        time.sleep(0.01)
    mine = demo.processes()
    demo.process.send_signal(number)
    demo.finish()
    assert demo.process.returncode == 0
    assert wait_until_ended([*mine, *demo.processes()], seconds=1) == []
    assert not (demo.folder / "demo.json").exists()
    for port in (demo.port, demo.port + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))


def test_a_database_of_a_newer_version_is_refused(demo: Demo) -> None:
    if demo.process.poll() is None:
        demo.process.terminate()
    demo.finish()
    server = EmbeddedPostgres(demo.folder / "postgres")
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    server.stop()
    sentence = refused(f"--data={demo.folder}", f"--port={demo.port}")
    assert re.fullmatch(r"The database is of a newer version \(9999_from_the_future\).*\.", sentence)
