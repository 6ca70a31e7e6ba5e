"""`script/demo`: starts everything, says where to click, and stops everything."""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from usosapi_mleg.demo.announcement import announcement
from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.folder import DemoFolder
from usosapi_mleg.demo.layout import (
    HIGHEST_PORT,
    ROOT,
    Ports,
    check_free,
    free_ports,
    sandbox_part,
    service_environment,
    web_part,
    worker_part,
)
from usosapi_mleg.demo.postgres import EmbeddedPostgres
from usosapi_mleg.demo.prepare import prepare
from usosapi_mleg.demo.supervisor import Supervisor, end_leftovers
from usosapi_mleg.settings import Settings

DEFAULT_PORT = 8000


class StopRequestedError(BaseException):
    """Ctrl-C or a signal to end came; like KeyboardInterrupt no error, so that nothing on the way catches it."""


def main() -> int:
    """Run the demo as asked on the command line and return the exit code."""
    arguments = parse_arguments()
    os.umask(0o077)
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # libpq would read them
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, request_stop)
    try:
        if arguments.check:
            return check(arguments)
        return serve(arguments)
    except StopRequestedError:
        return 1 if arguments.check else 0
    except (DemoError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="script/demo", description="Runs the whole service with synthetic students on this machine until Ctrl-C."
    )
    parser.add_argument("--port", type=port_number, help="port of the service; the ministry gets the next (8000)")
    parser.add_argument("--data", type=Path, metavar="DIR", help="where the data is kept (demo-data in the checkout)")
    parser.add_argument("--check", action="store_true", help="walk the whole story in a throw-away folder and end")
    return parser.parse_args()


def port_number(text: str) -> int:
    """Read a port that has one after it."""
    port = int(text) if text.isdecimal() else 0
    if not 0 < port < HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is not a port between 1 and {HIGHEST_PORT - 1}")
    return port


def request_stop(_number: int, _frame: object) -> NoReturn:
    """End whatever is going on, once; later signals must not disturb the stopping."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise StopRequestedError


def serve(arguments: argparse.Namespace) -> int:
    """Run the demo until a signal comes."""
    port = arguments.port or DEFAULT_PORT
    folder = (arguments.data or default_folder()).expanduser().absolute()
    with running(folder, Ports(port, port + 1)) as (supervisor, description):
        print(announcement(description, file=folder / "demo.json"), flush=True)
        supervisor.keep_running()
    return 0


@contextmanager
def running(path: Path, ports: Ports) -> Iterator[tuple[Supervisor, Mapping[str, Any]]]:
    """Start everything and give it with what stands in ``demo.json``; stop everything at the end.

    :raises DemoError: when something cannot run
    """
    folder = DemoFolder(path)
    try:
        end_leftovers(folder.path)
        check_free(ports)
        supervisor = Supervisor(folder.path, program=ROOT, postgres=EmbeddedPostgres(folder.path / "postgres"))
        try:
            description = start(supervisor, folder, ports)
            yield supervisor, description
        finally:
            supervisor.stop()
    finally:
        folder.close()


def start(supervisor: Supervisor, folder: DemoFolder, ports: Ports) -> Mapping[str, Any]:
    """Start PostgreSQL, prepare its data, start the parts, and describe it all."""
    supervisor.start(sandbox_part(folder, ports))
    environment = service_environment(folder, ports, supervisor.postgres.start())
    # It takes as long to start as the data to prepare, and nobody knows its address yet.
    supervisor.start(web_part(environment, ports))
    data = prepare(environment)
    supervisor.start(worker_part(environment))
    supervisor.wait_until_ready()
    description = {
        "base_url": ports.base_url,
        "page_url": ports.page_url,
        "sandbox_url": ports.sandbox_url,
        "phone_url": ports.phone_url,
        "database_url": environment["DATABASE_URL"],
        "session_cookie": Settings.session_cookie,
        **data,
    }
    folder.describe(description)
    return description


def default_folder() -> Path:
    """Return the folder for the data when none is named.

    :raises DemoError: when there is no place for it
    """
    beside = ROOT / "demo-data"
    if os.access(beside if beside.exists() else ROOT, os.W_OK):
        return beside
    try:
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError as error:
        raise DemoError("There is no home folder to keep the data in; name one with --data DIR.") from error
    return Path(caches) / "usosapi_mleg" / "demo-data"


def check(arguments: argparse.Namespace) -> int:
    """Walk the whole story in a folder that is thrown away, unless one is named."""
    from usosapi_mleg.demo.story import walk

    ports = Ports(arguments.port, arguments.port + 1) if arguments.port else free_ports()
    with tempfile.TemporaryDirectory(prefix="usosapi_mleg-") as throw_away:
        Path(throw_away).chmod(0o711)  # for the user of PostgreSQL, when root starts it
        folder = arguments.data or Path(throw_away)
        with running(folder, ports) as (_, description):
            return walk(description, logs=folder / "logs")


if __name__ == "__main__":
    sys.exit(main())
