"""What happens in the background: the exchange with the ministry, sweeps for what was missed, and the recovery of lost jobs.

Each task calls a service to claim, the adapter to act and a service to record, with a commit between: never a transaction across a
call to the outside. This is the only place that calls the ministry.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import TypeVar

import procrastinate
from flask import Flask
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from sqlalchemy import text

from usosapi_mleg import clock, jobs, mailing, telling
from usosapi_mleg.extensions import db, settings, transaction
from usosapi_mleg.issuers.base import Issuer, IssuerError, RejectedCallError, Result, UnavailableError
from usosapi_mleg.notify.push import Pusher
from usosapi_mleg.services import issuing, ministry_link, orders, tidying

logger = logging.getLogger(__name__)

T = TypeVar("T")

_DISPATCHER = 0x6D4C6567
"""Key of the advisory lock of the dispatcher: the letters "mLeg"."""
_CONFIRMER = _DISPATCHER + 1
_TELLER = _DISPATCHER + 2
_POSTMAN = _DISPATCHER + 3
_SWEEP = "* * * * * *"
"""Every second (the sixth field): a missed wake-up costs at most this."""
_TELLING = "* * * * * */2"
"""Every two seconds: apps that could not be told are tried again."""
_MAILING = "* * * * * */5"
"""Every five seconds: mail that could not be sent is tried again."""
_RECOVERY = "* * * * * *"
_TIDYING = "17 * * * *"
_HEARTBEAT_SECONDS = 1.0
_STALLED_SECONDS = 3.0
_POLLING_SECONDS = 0.5
_REJECTED_PAUSE_SECONDS = 60.0
_STOPPING_SECONDS = 0.5
"""A worker that is asked to stop gives its jobs this long before it asks them to stop, too."""
_LEAVING_SECONDS = 3.0
"""Then they have this long to finish the step they are at; after that they are left as by a crash."""


@contextmanager
def _the_one(key: int) -> Iterator[bool]:
    """Be the one that holds the advisory lock: yields False when another is. PostgreSQL frees the lock when its holder dies."""
    engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        mine = bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one())
        try:
            yield mine
        finally:
            if mine:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})


def exchange(issuer: Issuer, stopping: Event) -> None:
    """Tell the ministry all there is to tell and ask all there is to ask, until `stopping` is set.

    Work that others add while this runs is seen, because the lock is let go before the last look.
    """
    while not stopping.is_set() and _has_work():
        with _the_one(_DISPATCHER) as mine:
            if not mine:
                return
            try:
                if not _drain(issuer, stopping):
                    return  # what there is, is locked by somebody: the next sweep finds it
            except IssuerError as error:
                _note_failure(error)
                return


def _drain(issuer: Issuer, stopping: Event) -> bool:
    """Go on until nothing is left; tell whether anything was done.

    Every round does some of each, revocations first: the first of many orders is ready long before the last one is submitted.
    """
    worked = False
    while not stopping.is_set() and any([_revoke(issuer), _submit(issuer), _fetch(issuer)]):
        worked = True
    return worked


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
    take: Callable[[], Sequence[T]],
    call: Callable[[Sequence[T]], list[Result]],
    record: Callable[[Sequence[T], Sequence[Result]], None],
) -> bool:
    """Claim a batch, commit, call the ministry, record, commit; False when there was nothing to do."""
    with transaction():
        batch = take()
    if not batch:
        return False
    results = call(batch)
    with transaction():
        record(batch, results)
        if ministry_link.is_down():
            ministry_link.worked()
    return True


def _revoke(issuer: Issuer) -> bool:
    return _step(
        lambda: issuing.pending_revocations(issuer.batch_size),
        issuer.revoke,
        lambda _, results: issuing.record_revoked(results),
    )


def _submit(issuer: Issuer) -> bool:
    return _step(
        lambda: issuing.claim(issuer.submission_size),
        issuer.submit,
        lambda _, results: issuing.record_submitted(results),
    )


def _fetch(issuer: Issuer) -> bool:
    return _step(
        lambda: issuing.due_checks(issuer.batch_size),
        lambda checks: issuer.fetch([check.key for check in checks]),
        lambda checks, results: issuing.record_fetched(results, checks),
    )


async def _apart(work: Callable[[Event], None]) -> None:
    """Run `work` in a thread that does not keep the process alive; when this is cancelled, set its event and wait a little.

    A call to the ministry can last longer than a worker may take to end. To leave it is safe: nothing is lost by a crash either.
    """
    stopping = Event()
    outcome: Future[None] = Future()

    def run() -> None:
        try:
            work(stopping)
        except BaseException as error:  # noqa: BLE001 - raised again where it is awaited
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    Thread(target=run, daemon=True).start()
    waiting = asyncio.wrap_future(outcome)
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        stopping.set()
        await asyncio.wait([waiting], timeout=_LEAVING_SECONDS)
        raise


def create_worker_app(app: Flask, issuer: Issuer, conninfo: str) -> procrastinate.App:
    """Make the Procrastinate app whose worker runs the tasks of `app`."""
    background = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=conninfo, min_size=2, max_size=6),
        worker_defaults={
            "concurrency": 4,
            "delete_jobs": "always",  # they are wake-ups: what there is to do stands elsewhere, what went wrong in the log
            "fetch_job_polling_interval": _POLLING_SECONDS,
            "abort_job_polling_interval": _POLLING_SECONDS,
            "update_heartbeat_interval": _HEARTBEAT_SECONDS,
            "stalled_worker_timeout": _STALLED_SECONDS,
            "shutdown_graceful_timeout": _STOPPING_SECONDS,
        },
    )

    def exchange_in_context(stopping: Event) -> None:
        with app.app_context():
            exchange(issuer, stopping)

    def tidy_in_context(stopping: Event) -> None:  # noqa: ARG001 - it is short
        with app.app_context(), transaction():
            orders.forget_answers(clock.now() - timedelta(days=2))
            tidying.drop_expired()

    @background.task(name=jobs.MINISTRY_EXCHANGE)
    async def ministry_exchange() -> None:
        await _apart(exchange_in_context)

    @background.periodic(cron=_SWEEP)
    @background.task(name="sweep")
    async def sweep(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        await _apart(exchange_in_context)

    @background.periodic(cron=_RECOVERY)
    @background.task(name="recover_lost_jobs")
    async def recover_lost_jobs(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        """Drop the jobs of workers that were killed, which would stay for ever; what they were to do is found by the sweep.

        To run them again is of no more use, and two recoveries at a time could do it to one that is running again already.
        """
        for job in await background.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            with suppress(ConnectorException):  # it has ended after all, or another worker was quicker
                await background.job_manager.finish_job(job, Status.ABORTED, delete_job=True)

    @background.periodic(cron=_TIDYING)
    @background.task(name="tidy")
    async def tidy(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        await _apart(tidy_in_context)

    _add_telling(background, app)
    _add_mailing(background, app)
    return background


def _add_telling(background: procrastinate.App, app: Flask) -> None:
    """Add the tasks that tell apps what changed."""
    with app.app_context():
        pusher = Pusher(allow_private=settings().private_callbacks)

    def confirm_in_context(stopping: Event) -> None:
        with app.app_context(), _the_one(_CONFIRMER) as mine:
            if mine:
                telling.confirm_subscriptions(pusher, stopping)

    def push_in_context(stopping: Event) -> None:
        with app.app_context(), _the_one(_TELLER) as mine:
            if mine:
                telling.push_events(pusher, stopping)

    @background.task(name=jobs.CONFIRM_SUBSCRIPTIONS)
    async def confirm_subscriptions() -> None:
        await _apart(confirm_in_context)

    @background.task(name=jobs.PUSH_EVENTS)
    async def push_events() -> None:
        await _apart(push_in_context)

    @background.periodic(cron=_TELLING)
    @background.task(name="tell")
    async def tell(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        await asyncio.gather(_apart(confirm_in_context), _apart(push_in_context))


def _add_mailing(background: procrastinate.App, app: Flask) -> None:
    """Add the tasks that send mail."""

    def send_in_context(stopping: Event) -> None:
        with app.app_context(), _the_one(_POSTMAN) as mine:
            if mine:
                mailing.send_mails(stopping)

    @background.task(name=jobs.SEND_MAILS)
    async def send_mails() -> None:
        await _apart(send_in_context)

    @background.periodic(cron=_MAILING)
    @background.task(name="mail")
    async def mail(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate passes it
        await _apart(send_in_context)
