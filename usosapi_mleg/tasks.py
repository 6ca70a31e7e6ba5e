"""What happens in the background: the exchange with the ministry, sweeps for what was missed, and the recovery of lost jobs.

Each task calls a service to claim, the adapter to act and a service to record, with a commit between: never a transaction across a
call to the outside. This is the only place that calls the ministry.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import procrastinate
from flask import Flask
from sqlalchemy import text

from usosapi_mleg import clock, jobs
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.issuers.base import Issuer, IssuerError, RejectedCallError, Result, UnavailableError
from usosapi_mleg.services import issuing, ministry_link, orders, tidying

logger = logging.getLogger(__name__)

_DISPATCHER = 0x6D4C6567
"""Key of the advisory lock of the dispatcher: the letters "mLeg"."""
_SWEEP = "* * * * * *"
"""Every second (the sixth field): a missed wake-up costs at most this."""
_RECOVERY = "* * * * * */2"
_TIDYING = "17 * * * *"
_HEARTBEAT_SECONDS = 1.0
_STALLED_SECONDS = 3.0
_POLLING_SECONDS = 0.5
_REJECTED_PAUSE_SECONDS = 60.0


@contextmanager
def _dispatcher() -> Iterator[bool]:
    """Be the one dispatcher: yields False when another process is. PostgreSQL frees the lock when its holder dies."""
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        mine = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _DISPATCHER}).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _DISPATCHER})


def exchange(issuer: Issuer) -> None:
    """Tell the ministry all there is to tell and ask all there is to ask, revocations first, in order of placement.

    Work that others add while this runs is seen, because the lock is let go before the last look.
    """
    while _has_work():
        with _dispatcher() as mine:
            if not mine:
                return
            try:
                if not _drain(issuer):
                    return  # what there is, is locked by somebody: the next sweep finds it
            except IssuerError as error:
                _note_failure(error)
                return


def _drain(issuer: Issuer) -> bool:
    """Go on until nothing is left; tell whether anything was done."""
    steps = 0
    while _revoke(issuer) or _submit(issuer) or _fetch(issuer):
        steps += 1
    return steps > 0


def _has_work() -> bool:
    with transaction():
        return ministry_link.may_call() and issuing.has_work()


def _note_failure(error: IssuerError) -> None:
    retry_after = error.retry_after if isinstance(error, UnavailableError) else _REJECTED_PAUSE_SECONDS
    with transaction():
        pause = ministry_link.failed(str(error), retry_after)
    level = logging.ERROR if isinstance(error, RejectedCallError) else logging.WARNING
    logger.log(level, "the ministry did not answer (%s); next call in %.1f s", error, pause)


def _step(
    take: Callable[[], Sequence[Any]],
    call: Callable[[Sequence[Any]], list[Result]],
    record: Callable[[Sequence[Result]], None],
) -> bool:
    """Claim a batch, commit, call the ministry, record, commit; False when there was nothing to do."""
    with transaction():
        batch = take()
    if not batch:
        return False
    results = call(batch)
    with transaction():
        record(results)
        if ministry_link.is_down():
            ministry_link.worked()
    return True


def _revoke(issuer: Issuer) -> bool:
    return _step(lambda: issuing.pending_revocations(issuer.batch_size), issuer.revoke, issuing.record_revoked)


def _submit(issuer: Issuer) -> bool:
    return _step(lambda: issuing.claim(issuer.submission_size), issuer.submit, issuing.record_submitted)


def _fetch(issuer: Issuer) -> bool:
    return _step(lambda: issuing.due_checks(issuer.batch_size), issuer.fetch, issuing.record_fetched)


def create_worker_app(app: Flask, issuer: Issuer, conninfo: str) -> procrastinate.App:
    """Make the Procrastinate app whose worker runs the tasks of `app`."""
    background = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=2, max_size=6),
        worker_defaults={
            "concurrency": 4,
            "delete_jobs": "successful",
            "fetch_job_polling_interval": _POLLING_SECONDS,
            "abort_job_polling_interval": _POLLING_SECONDS,
            "update_heartbeat_interval": _HEARTBEAT_SECONDS,
            "stalled_worker_timeout": _STALLED_SECONDS,
            "shutdown_graceful_timeout": 5.0,
        },
    )

    @background.task(name=jobs.MINISTRY_EXCHANGE)
    def ministry_exchange() -> None:
        with app.app_context():
            exchange(issuer)

    @background.periodic(cron=_SWEEP)
    @background.task(name="sweep")
    def sweep(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        with app.app_context():
            exchange(issuer)

    @background.periodic(cron=_RECOVERY)
    @background.task(name="recover_lost_jobs")
    async def recover_lost_jobs(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        """Jobs whose worker was killed are not run again by themselves."""
        for job in await background.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            await background.job_manager.retry_job(job)

    @background.periodic(cron=_TIDYING)
    @background.task(name="tidy")
    def tidy(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        with app.app_context(), transaction():
            orders.forget_answers(clock.now() - timedelta(days=2))
            tidying.drop_expired()

    return background
