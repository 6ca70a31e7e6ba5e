"""The one SQLite file of the stand-in ministry: schema, connections, transactions."""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA_VERSION = 1
BUSY_TIMEOUT_MS = 10_000

# `live` is 1 while the document counts against "one live document per person"; a document that lapsed, failed, was
# revoked, or whose validity ended, gives the person free. `next_change_at` is when the ministry itself will change it.
# Points in time are seconds since 1970; those of `documents` on the sandbox's own clock, those of `callbacks` on the
# real one, because a delivery is not business.
SCHEMA = """
CREATE TABLE documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('making', 'ready', 'collected', 'failed', 'lapsed', 'revoked')),
    version INTEGER NOT NULL DEFAULT 1,
    live INTEGER NOT NULL,
    next_change_at REAL,
    fingerprint TEXT,
    pesel TEXT,
    first_names TEXT,
    last_name TEXT,
    birth_date TEXT,
    student_number TEXT,
    valid_until TEXT,
    photo BLOB,
    will_fail INTEGER NOT NULL DEFAULT 0,
    failure_code TEXT,
    failure_message TEXT,
    card_number TEXT,
    issued_on TEXT,
    token TEXT,
    token_digest TEXT UNIQUE,
    code TEXT,
    codes_expire_at REAL,
    wrong_codes INTEGER NOT NULL DEFAULT 0,
    locked_until REAL,
    device TEXT,
    collected_at REAL,
    revoke_reason TEXT
);
CREATE UNIQUE INDEX one_live_document_per_person ON documents (pesel) WHERE live = 1;
CREATE INDEX documents_by_next_change ON documents (next_change_at) WHERE next_change_at IS NOT NULL;
CREATE INDEX documents_by_device ON documents (device) WHERE device IS NOT NULL;

-- One row per document really made; deliberately without a unique key, so that a second making would show.
CREATE TABLE makings (id INTEGER PRIMARY KEY, key TEXT NOT NULL, made_at REAL NOT NULL);
CREATE INDEX makings_by_key ON makings (key);

CREATE TABLE arrivals (key TEXT PRIMARY KEY, submissions INTEGER NOT NULL);

CREATE TABLE callbacks (
    id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    queued_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL
);
CREATE INDEX callbacks_by_due ON callbacks (due_at);

CREATE TABLE controls (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """Connections to the SQLite file in `folder`, one per thread, and transactions on them.

    What a `writing` block did is on the disk when the block has ended (WAL with synchronous=FULL), also when the
    process is killed right afterwards.
    """

    def __init__(self, folder: Path) -> None:
        """Open the file, making folder, file and tables where they are missing.

        Raises:
            RuntimeError: the file was made by a newer version of the program.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "ministry.sqlite3"
        self._local = threading.local()
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection().execute("PRAGMA journal_mode = WAL")
        self._prepare_schema()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            # Wiped codes and photos are overwritten with zeros.
            connection.execute("PRAGMA secure_delete = ON")
            self._local.connection = connection
        return connection

    def _prepare_schema(self) -> None:
        with self.writing() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA_VERSION:
                raise RuntimeError(f"{self._path.name} has schema {version}, this program knows {SCHEMA_VERSION}")
            if version == SCHEMA_VERSION:
                return
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)
            db.execute(
                "INSERT INTO secrets (name, value) VALUES ('session_key', ?)",
                (secrets.token_hex(32),),
            )
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection on which all reads see one state of the data."""
        yield from self._transaction("BEGIN")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that is the only one writing; commit at the end, undo everything on an exception."""
        yield from self._transaction("BEGIN IMMEDIATE")

    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._connection()
        connection.execute(begin)
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def session_key(self) -> str:
        """Return the key that signs the phones' cookies; it lives as long as the data."""
        with self.reading() as db:
            key: str = db.execute("SELECT value FROM secrets WHERE name = 'session_key'").fetchone()["value"]
            return key
