"""The embedded PostgreSQL: it starts, keeps its data through anything, and belongs to its owner alone."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import psutil
import psycopg
import pytest

from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.postgres import EmbeddedPostgres

OWNER = """
import sys, time
from pathlib import Path
from usosapi_mleg.demo.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1]), fsync=False).start(), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one cluster for all tests here: making a cluster takes most of their time."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that is not started, and is stopped after the test."""
    server = EmbeddedPostgres(folder, fsync=False)
    yield server
    server.stop()


def answer(url: str, *statements: str) -> object:
    """Run and commit the statements and return the first value of the last one's first row."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        row = cursor.fetchone()
    assert row
    return row[0]


def processes_of(folder: Path) -> list[psutil.Process]:
    """All processes that work in the folder's cluster."""
    found = psutil.process_iter(["cwd"])
    return [process for process in found if process.info["cwd"] == str(folder / "data")]


def test_data_outlives_a_stop_and_a_start(server: EmbeddedPostgres) -> None:
    url = server.start()
    answer(url, "CREATE TABLE kept AS SELECT 'Łódź' AS word", "SELECT 1")
    server.stop()
    assert answer(server.start(), "SELECT word FROM kept") == "Łódź"


def test_stopping_leaves_no_process(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    assert processes_of(folder)
    server.stop()
    assert processes_of(folder) == []
    assert not server.running


def test_it_listens_on_no_network_address(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    first = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    assert first.net_connections("inet") == []
    assert first.net_connections("unix")


def test_a_wrong_password_is_refused(server: EmbeddedPostgres) -> None:
    url = server.start()
    password = (server.folder / "password").read_text()
    assert stat.S_IMODE((server.folder / "password").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        answer(url.replace(password, "wrong"), "SELECT 1")


def test_it_starts_again_after_sigkill_with_everything_committed(server: EmbeddedPostgres, folder: Path) -> None:
    url = server.start()
    answer(url, "CREATE TABLE committed AS SELECT 7 AS number", "SELECT 1")
    for process in processes_of(folder):
        with suppress(psutil.NoSuchProcess):  # those of PostgreSQL end with their first one
            process.kill()
    assert server.start() == url
    assert answer(url, "SELECT number FROM committed") == 7


def test_killing_only_the_first_process_does_not_hinder_the_next_start(server: EmbeddedPostgres, folder: Path) -> None:
    url = server.start()
    with psycopg.connect(url):
        os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert answer(server.start(), "SELECT 1") == 1


def test_the_server_ends_when_its_owner_is_killed(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        assert answer(owner.stdout.readline().strip(), "SELECT 1") == 1
        owner.kill()
    deadline = time.monotonic() + 5
    while processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(folder) == []


def test_a_server_left_over_by_another_owner_is_replaced(server: EmbeddedPostgres, folder: Path) -> None:
    left_over = EmbeddedPostgres(folder, fsync=False)
    left_over.start()
    before = {process.pid for process in processes_of(folder)}
    assert answer(server.start(), "SELECT 1") == 1
    assert not before & {process.pid for process in processes_of(folder)}
    left_over.stop()


def test_a_stale_process_number_that_someone_else_has_now_does_not_hinder(
    server: EmbeddedPostgres, folder: Path
) -> None:
    server.start()
    server.stop()
    stale = f"{os.getpid()}\n{folder / 'data'}\n1\n5432\n{folder}\n\n0 0\nready\n"
    (folder / "data" / "postmaster.pid").write_text(stale)
    assert answer(server.start(), "SELECT 1") == 1
    assert psutil.pid_exists(os.getpid())


def test_a_folder_with_a_long_name_gets_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("długa nazwa, z przecinkiem " * 5).strip()
    server = EmbeddedPostgres(folder, fsync=False)
    place = Path(unquote(server.start().split("host=")[1]))
    mode = stat.S_IMODE(place.stat().st_mode)
    server.stop()
    assert len(str(place)) < 40
    assert mode == 0o700
    assert not place.exists()


def test_an_interrupted_making_of_the_cluster_is_begun_anew(tmp_path: Path) -> None:
    unfinished = tmp_path / "data.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(tmp_path, fsync=False)
    assert answer(server.start(), "SELECT 1") == 1
    server.stop()
    assert not unfinished.exists()


def test_a_cluster_of_another_version_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(DemoError, match=r"is of PostgreSQL 16, but this program brings 18\.$"):
        EmbeddedPostgres(tmp_path).start()


def test_a_server_that_cannot_start_says_why(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    server.stop()
    settings = folder / "data" / "postgresql.auto.conf"
    settings.write_text("no_such_setting = 1\n")
    try:
        with pytest.raises(DemoError, match=r"configuration file .* contains errors"):
            server.start()
    finally:
        settings.write_text("")


def test_the_socket_is_for_its_owner_only(server: EmbeddedPostgres) -> None:
    place = Path(unquote(server.start().split("host=")[1]))
    assert stat.S_IMODE((place / ".s.PGSQL.5432").stat().st_mode) & 0o077 == 0
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(place / ".s.PGSQL.5432"))
