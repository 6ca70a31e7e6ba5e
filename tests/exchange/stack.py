"""The service's side and the ministry's side as real processes, with a gate between them that tests can close."""

import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import httpx
import psycopg
from exchange.gate import Gate
from exchange.program import Program
from exchange.students import add_students
from sqlalchemy import text
from waiting import wait_for

from usosapi_mleg import create_app
from usosapi_mleg.demo.layout import free_ports, granian
from usosapi_mleg.demo.parts import answers
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.extensions import db, keyring, transaction
from usosapi_mleg.services import issuing, orders
from usosapi_mleg.settings import Settings

T = TypeVar("T")
START_SECONDS = 30.0
TEST = Actor("person", "1", "test")


class Placed(NamedTuple):
    """An order that a test placed."""

    id: uuid.UUID
    person_id: int

    @property
    def key(self) -> str:
        """The key of its first document."""
        return issuing.document_key(self.id, 1)


class Stack:
    """An application in this process, the ministry behind a gate, and as many workers and web parts as a test starts."""

    def __init__(self, database_url: str, environment: Mapping[str, str], folder: Path) -> None:
        self.database_url = database_url
        self.folder = folder
        self.ports = free_ports()
        self.gate = Gate(self.ports.sandbox_url)
        own = {
            "DATABASE_URL": database_url,
            "MLEG_MINISTRY_URL": self.gate.url,
            "MLEG_BASE_URL": self.ports.base_url,
        }
        self.environment = {**environment, **own}
        self.settings = Settings.from_environment(self.environment)
        self.app = create_app(self.settings)
        self.supervised: list[Program] = []
        self.ministry = self._ministry()
        self._programs = [self.ministry]
        self._workers: list[Program] = []
        self._database = psycopg.connect(database_url, autocommit=True)

    def _ministry(self) -> Program:
        environment = {
            "SANDBOX_DATA": str(self.folder / "ministry"),
            "SANDBOX_UNIVERSITY_KEY": self.settings.ministry_key,
            "SANDBOX_CALLBACK_URL": f"{self.ports.base_url}ministry/callback",
            "SANDBOX_CALLBACK_SECRET": self.settings.ministry_callback_secret,
        }
        command = granian("--factory", "usosapi_mleg.sandbox:create_app", port=self.ports.sandbox, workers=1, threads=8)
        return Program(command, environment, self.folder / "ministry.log")

    def start_ministry(self) -> None:
        """Start the ministry, for the first time or again, and wait until it answers."""
        self.ministry.start()
        wait_for(lambda: answers(f"{self.ports.sandbox_url}api/v1/health"), START_SECONDS)

    def start_web(self) -> None:
        """Start the web part, where the ministry calls back."""
        command = granian("wsgi:app", port=self.ports.web, workers=1, threads=1)
        self._start(Program(command, self.environment, self.folder / "web.log"))
        wait_for(lambda: answers(f"{self.ports.base_url}kontroler.php"), START_SECONDS)

    def start_worker(self, *, supervised: bool = False) -> Program:
        """Start a worker; one that is supervised is started again during `wait` when it has ended."""
        command = [sys.executable, "-m", "usosapi_mleg.cli", "worker"]
        worker = Program(command, self.environment, self.folder / f"worker{len(self._programs)}.log")
        if supervised:
            self.supervised.append(worker)
        self._start(worker)
        self._workers.append(worker)
        return worker

    def end_workers(self) -> None:
        """Kill the workers that run."""
        for worker in self._workers:
            worker.kill()

    def _start(self, program: Program) -> None:
        program.start()
        self._programs.append(program)

    def close(self) -> None:
        """End everything."""
        for program in reversed(self._programs):
            program.kill()
        self.gate.close()
        self._database.close()
        with self.app.app_context():
            db.engine.dispose()

    def wait(self, look: Callable[[], T], seconds: float = 20.0) -> T:
        """Call `look` until it returns something true, and return that; see to the supervised workers meanwhile."""

        def tend_and_look() -> T:
            for worker in self.supervised:
                worker.tend()
            return look()

        try:
            return wait_for(tend_and_look, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.picture()}") from None

    def picture(self) -> str:
        """What there is to see when something does not happen: no codes and no personal data."""
        tables = {
            "orders": "SELECT id, status, claimed_at, next_check_at, checks FROM orders WHERE status <> 'ready' LIMIT 9",
            "link": "SELECT * FROM service_state",
            "jobs": "SELECT id, task_name, status, attempts, worker_id FROM procrastinate_jobs ORDER BY id LIMIT 9",
            "workers": "SELECT id, now() - last_heartbeat FROM procrastinate_workers",
            "locks": "SELECT pid, granted FROM pg_locks WHERE locktype = 'advisory'",
            "sessions": "SELECT pid, state, wait_event, now() - query_start, left(query, 60) FROM pg_stat_activity "
            "WHERE datname = current_database()",
        }
        found = [f"{name}: {row}" for name, query in tables.items() for row in self.rows(query)]
        calls = [f"call: {call.path} {len(call.keys)} {call.status}" for call in self.gate.calls[-5:]]
        logs = [line for program in self._programs[1:] for line in program.log.read_text("utf-8").splitlines()[-30:]]
        return "\n".join([*found, *calls, *logs])

    def connect_again(self) -> None:
        """Take note that the database was restarted."""
        self._database.close()
        self._database = psycopg.connect(self.database_url, autocommit=True)
        with self.app.app_context():
            db.engine.dispose()

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Read rows as they are committed."""
        return self._database.execute(query, values or None).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        """Change rows from outside."""
        self._database.execute(statement, values or None)

    def count(self, query: str, *values: object) -> int:
        """Count rows: `query` is what follows FROM."""
        return int(self.rows(f"SELECT count(*) FROM {query}", *values)[0][0])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do what a request would do: in an application context, committed at the end."""
        with self.app.app_context(), transaction():
            yield

    def add_students(self, count: int) -> list[int]:
        """Add students; give their ids."""
        with self.transaction():
            return add_students(count)

    def place(self, *person_ids: int, wake_up: bool = True) -> list[Placed]:
        """Place an order for each person, all in one transaction; without a wake-up only a sweep can find them."""
        with self.transaction():
            placed = [Placed(orders.place(person_id, actor=TEST).id, person_id) for person_id in person_ids]
            if not wake_up:
                db.session.execute(text("DELETE FROM procrastinate_jobs WHERE task_name = 'ministry_exchange'"))
            return placed

    def place_new(self, count: int = 1) -> list[Placed]:
        """Place orders of new students."""
        return self.place(*self.add_students(count))

    def cancel(self, order: Placed) -> None:
        """Cancel an order, as its student would."""
        with self.transaction():
            orders.cancel(order.person_id, order.id, actor=TEST)

    def statuses(self, *placed: Placed) -> set[str]:
        """The different statuses that the orders have."""
        return {row[0] for row in self.rows("SELECT status FROM orders WHERE id = ANY(%s)", [one.id for one in placed])}

    def are(self, status: str, *placed: Placed) -> bool:
        """Whether every one of the orders has this status."""
        return self.statuses(*placed) == {status}

    def wait_until(self, status: str, *placed: Placed, seconds: float = 20.0) -> None:
        """Wait until every one of the orders has this status."""
        self.wait(lambda: self.are(status, *placed), seconds)

    def history(self, order: Placed) -> list[str]:
        """The statuses that the order went through."""
        query = "SELECT to_status FROM order_history WHERE order_id = %s ORDER BY id"
        return [row[0] for row in self.rows(query, order.id)]

    def keys_made_more_than_once(self) -> list[str]:
        """Must be empty."""
        return [key for key, document in self.documents().items() if document["made_count"] > 1]

    def codes(self) -> dict[str, tuple[str, str]]:
        """What the service has stored for each document that is ready: token and activation code."""
        with self.app.app_context():
            ring = keyring()
        query = "SELECT order_id, issue_number, token, activation_code FROM offers WHERE token IS NOT NULL"
        found = {issuing.document_key(row[0], row[1]): row[2:] for row in self.rows(query)}
        return {
            key: (ring.open_text(token, f"offers.token:{key}"), ring.open_text(code, f"offers.activation_code:{key}"))
            for key, (token, code) in found.items()
        }

    def set_ministry(self, **controls: object) -> None:
        """Set values of the ministry's control panel."""
        answer = httpx.put(
            f"{self.ports.sandbox_url}control/api/settings", json=controls, trust_env=False, verify=False, timeout=15
        )
        assert answer.status_code == 200, answer.text

    def documents(self) -> dict[str, dict[str, Any]]:
        """What the ministry's control panel tells of every key that it has ever seen."""
        answer = httpx.get(f"{self.ports.sandbox_url}control/api/documents", trust_env=False, verify=False, timeout=15)
        return {document["key"]: document for document in answer.json()["documents"]}

    def fetch(self, *keys: str) -> dict[str, dict[str, Any]]:
        """Ask the ministry itself for documents, as the university."""
        found: dict[str, dict[str, Any]] = {}
        headers = {"Authorization": f"Bearer {self.settings.ministry_key}"}
        url = f"{self.ports.sandbox_url}api/v1/documents/fetch"
        for start in range(0, len(keys), 100):
            body = {"keys": keys[start : start + 100]}
            answer = httpx.post(url, json=body, headers=headers, trust_env=False, verify=False, timeout=15)
            found |= {document["key"]: document for document in answer.json()["documents"]}
        return found


@contextmanager
def running_stack(database_url: str, environment: Mapping[str, str], folder: Path, **settings: str) -> Iterator[Stack]:
    """Run the ministry behind its gate for a database; `settings` are more environment variables of the service."""
    stack = Stack(database_url, {**environment, **settings}, folder)
    try:
        stack.start_ministry()
        yield stack
    finally:
        stack.close()
