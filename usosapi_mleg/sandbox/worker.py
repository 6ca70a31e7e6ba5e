"""The background thread: carries out what is due and delivers callbacks, asleep until the next thing is due."""

import logging
import sqlite3
import threading
import time
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from usosapi_mleg.sandbox.controls import Controls
from usosapi_mleg.sandbox.documents import seconds_to_next_change, settle_due
from usosapi_mleg.sandbox.outbox import (
    Callback,
    drop_callbacks,
    due_callback,
    record_delivery,
    record_failure,
    seconds_to_next,
)
from usosapi_mleg.sandbox.settings import SandboxSettings
from usosapi_mleg.sandbox.store import Store

DELIVERY_TIMEOUT_SECONDS = 5.0
PAUSE_AFTER_FAULT_SECONDS = 1.0
# Deliveries in a row before looking again at what is due.
DELIVERIES_AT_ONCE = 20

log = logging.getLogger(__name__)


class Worker:
    """One thread of the serving process; all it does is in the store, so it goes on after a restart."""

    def __init__(self, store: Store, settings: SandboxSettings) -> None:
        """Prepare the thread; `start` starts it."""
        self._store = store
        self._url = settings.callback_url
        self._webhook = Webhook(settings.callback_secret) if settings.callback_url else None
        self._condition = threading.Condition()
        self._awoken = False
        self._thread = threading.Thread(target=self._run, name="sandbox-worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Tell the thread that something may be due: a new document, a changed state, a changed clock."""
        with self._condition:
            self._awoken = True
            self._condition.notify()

    def _run(self) -> None:
        # No proxies of the environment: the receiver is on this machine or named exactly.
        with httpx.Client(timeout=DELIVERY_TIMEOUT_SECONDS, trust_env=False) as client:
            while True:
                try:
                    pause = self._work(client)
                except sqlite3.Error:
                    log.exception("the data file failed; trying again")
                    pause = PAUSE_AFTER_FAULT_SECONDS
                self._sleep(pause)

    def _work(self, client: httpx.Client) -> float | None:
        """Do everything that is due and return the seconds until the next thing is, or None for nothing at all."""
        while settle_due(self._store):
            pass
        if self._webhook is None:
            self._drop()
        for _ in range(DELIVERIES_AT_ONCE):
            with self._store.reading() as db:
                callback = due_callback(db) if self._delivers(db) else None
            if callback is None:
                break
            self._deliver(client, callback)
        with self._store.reading() as db:
            pauses = [seconds_to_next_change(db), seconds_to_next(db) if self._delivers(db) else None]
        return min((pause for pause in pauses if pause is not None), default=None)

    def _drop(self) -> None:
        with self._store.writing() as db:
            drop_callbacks(db)

    def _delivers(self, db: sqlite3.Connection) -> bool:
        return self._webhook is not None and Controls.read(db).callbacks_enabled

    def _deliver(self, client: httpx.Client, callback: Callback) -> None:
        delivered = self._send(client, callback)
        with self._store.writing() as db:
            if delivered:
                record_delivery(db, callback)
            else:
                record_failure(db, callback)

    def _send(self, client: httpx.Client, callback: Callback) -> bool:
        # The receiver compares this time with its own clock, so it is the real one, not the sandbox's.
        timestamp = datetime.fromtimestamp(int(time.time()), UTC)
        assert self._webhook is not None  # noqa: S101 - nothing is delivered without an address
        headers = {
            "content-type": "application/json",
            "webhook-id": callback.message_id,
            "webhook-timestamp": str(int(timestamp.timestamp())),
            "webhook-signature": self._webhook.sign(callback.message_id, timestamp, callback.body),
        }
        try:
            response = client.post(self._url, content=callback.body.encode(), headers=headers)
        except httpx.HTTPError as error:
            log.info("callback %s not delivered: %s", callback.message_id, type(error).__name__)
            return False
        if not response.is_success:
            log.info("callback %s not taken: status %d", callback.message_id, response.status_code)
        return response.is_success

    def _sleep(self, pause: float | None) -> None:
        with self._condition:
            if not self._awoken:
                # A wait longer than the platform can count is cut; the thread then just looks again.
                self._condition.wait(None if pause is None else min(pause, threading.TIMEOUT_MAX))
            self._awoken = False
