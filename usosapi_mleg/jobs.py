"""Defers background jobs by name, on the caller's connection: the job exists if and only if the caller's transaction commits."""

import procrastinate

from usosapi_mleg.extensions import driver_connection

MINISTRY_EXCHANGE = "ministry_exchange"
"""There is something to tell the ministry, or to ask it."""

CONFIRM_SUBSCRIPTIONS = "confirm_subscriptions"
"""Apps that want to be told of changes have to be asked to confirm it."""
PUSH_EVENTS = "push_events"
"""Apps have to be told of changes."""
SEND_MAILS = "send_mails"
"""There is mail to send."""

_deferrer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def defer(name: str) -> None:
    """Defer the job `name` in the current transaction."""
    _deferrer.configure_task(name, connection=driver_connection()).defer()
