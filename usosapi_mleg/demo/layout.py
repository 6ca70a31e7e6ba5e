"""What runs in the demo: addresses, commands and environments of its parts."""

import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

import usosapi_mleg
from usosapi_mleg.demo.errors import DemoError
from usosapi_mleg.demo.folder import DemoFolder
from usosapi_mleg.demo.parts import Part
from usosapi_mleg.demo.supervisor import mark

ROOT = Path(usosapi_mleg.__file__).resolve().parent.parent
HOST = "127.0.0.1"
HIGHEST_PORT = 65535
# Whatever else is set at the terminal (proxies, settings of PostgreSQL or of the web server) shall not reach the parts.
INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LC_ALL")


@dataclass(frozen=True)
class Ports:
    """The ports of the service and of the stand-in ministry with its phone."""

    web: int
    sandbox: int

    @property
    def base_url(self) -> str:
        """The address of the service, ending in a slash."""
        return f"http://{HOST}:{self.web}/"

    @property
    def sandbox_url(self) -> str:
        """The address of the ministry, ending in a slash."""
        return f"http://{HOST}:{self.sandbox}/"

    @property
    def page_url(self) -> str:
        """The address of the USOSweb page."""
        return f"{self.base_url}kontroler.php?_action=dla_stud/studia/mlegitymacja/index"

    @property
    def phone_url(self) -> str:
        """The address of the simulated phone."""
        return f"{self.sandbox_url}phone/"


def free_ports() -> Ports:
    """Return two ports that nobody uses, nor gets from this function as long as this process lives."""
    return Ports(_free_port(), _free_port())


def _free_port() -> int:
    """Return a port and keep it for this process.

    The web server lets others listen on its port (``SO_REUSEPORT``): two that were given the same one before either had begun would
    share the visitors. The UDP port of the same number, which nobody else uses, is the sign that a port was given away.
    """
    while True:
        sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = int(probe.getsockname()[1])
            try:
                sign.bind((HOST, port))
            except OSError:
                sign.close()
                continue
        sign.detach()  # stays open until the process ends
        return port


def check_free(ports: Ports) -> None:
    """See that nobody uses the ports.

    :raises DemoError: when one is taken or may not be used
    """
    for port in (ports.web, ports.sandbox):
        with socket.socket() as probe:
            # Connections that have just ended do not count, a server that listens does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except PermissionError as error:
                raise DemoError(
                    f"Port {port} may not be used by this user; choose one above 1023 with --port."
                ) from error
            except OSError as error:
                raise DemoError(
                    f"Port {port} is taken; choose another with --port N (the ministry uses the one after it)."
                ) from error


def common_environment(folder: DemoFolder) -> dict[str, str]:
    """Return what every part gets, the mark of its folder among it."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    own = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
    return inherited | own | mark(folder.path)


def service_environment(folder: DemoFolder, ports: Ports, database_url: str) -> dict[str, str]:
    """Return the settings of the service (see `usosapi_mleg.settings`)."""
    shared = folder.secrets()
    return common_environment(folder) | {
        "DATABASE_URL": database_url,
        "MLEG_ENVIRONMENT": "demo",
        "MLEG_KEYS_FILE": str(folder.keys_file),
        "MLEG_BASE_URL": ports.base_url,
        "MLEG_PHONE_URL": ports.phone_url,
        "MLEG_MINISTRY_URL": ports.sandbox_url.rstrip("/"),
        "MLEG_MINISTRY_KEY": shared["ministry_key"],
        "MLEG_MINISTRY_CALLBACK_SECRET": shared["callback_secret"],
        # A demo is tried out by one program for one person on one machine; guessing is counted all the same.
        **dict.fromkeys(
            ("MLEG_LIMIT_ADDRESS", "MLEG_LIMIT_NEW_TOKENS", "MLEG_LIMIT_CONSUMER", "MLEG_LIMIT_PERSON"), "0"
        ),
    }


def sandbox_part(folder: DemoFolder, ports: Ports) -> Part:
    """Return the stand-in ministry with its phone; it needs neither the service nor its database."""
    shared = folder.secrets()
    return Part(
        name="sandbox",
        command=granian("--factory", "usosapi_mleg.sandbox:create_app", port=ports.sandbox, workers=1, threads=8),
        environment=common_environment(folder)
        | {
            "SANDBOX_DATA": str(folder.path / "ministry"),
            "SANDBOX_UNIVERSITY_KEY": shared["ministry_key"],
            "SANDBOX_UNIVERSITY_NAME_PL": "Uniwersytet Przykładowy w Sanoku",
            "SANDBOX_UNIVERSITY_NAME_EN": "Example University in Sanok",
            "SANDBOX_CALLBACK_URL": f"{ports.base_url}ministry/callback",
            "SANDBOX_CALLBACK_SECRET": shared["callback_secret"],
        },
        ready_url=ports.phone_url,
        stop_order=3,
    )


def web_part(environment: dict[str, str], ports: Ports) -> Part:
    """Return the web server of the service; it asks the database nothing before the first request."""
    return Part(
        name="web",
        # One request thread for each process: faster than several, see docs/architecture.md.
        command=granian("wsgi:app", port=ports.web, workers=2, threads=1),
        environment=environment,
        ready_url=ports.page_url,
        stop_order=1,
    )


def worker_part(environment: dict[str, str]) -> Part:
    """Return the background worker of the service, which needs a migrated database."""
    command = [sys.executable, "-m", "usosapi_mleg.cli", "worker"]
    return Part(name="worker", command=command, environment=environment, stop_order=2)


def granian(*target: str, port: int, workers: int, threads: int) -> list[str]:
    """Return the command line of a web server on the loopback address."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port), "--no-ws"),
        *("--workers", str(workers), "--blocking-threads", str(threads)),
        *("--respawn-failed-workers", "--respawn-interval", "0.2", "--workers-kill-timeout", "1"),
        *target,
    ]
