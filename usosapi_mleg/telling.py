"""Tells apps what changed: asks new subscribers to confirm, and pushes changes to those who did. Runs in the worker only."""

import logging
from itertools import groupby
from operator import attrgetter

from usosapi_mleg.extensions import transaction
from usosapi_mleg.notify.push import Pusher, PushError
from usosapi_mleg.services import events

logger = logging.getLogger(__name__)

_BATCH = 100


def confirm_subscriptions(pusher: Pusher) -> None:
    """Ask every unconfirmed subscriber."""
    with transaction():
        challenges = events.unconfirmed(_BATCH)
    for challenge in challenges:
        confirmed = pusher.confirms(challenge.callback_url, challenge.verify_token)
        with transaction():
            events.record_confirmation(challenge, confirmed=confirmed)


def push_events(pusher: Pusher) -> None:
    """Push all that is due: one request for each address, several changes in it."""
    while True:
        with transaction():
            due = events.due_deliveries(_BATCH)
        if not due:
            return
        for address, group in groupby(
            sorted(due, key=attrgetter("callback_url", "id")), key=attrgetter("callback_url")
        ):
            deliveries = list(group)
            try:
                pusher.push(address, events.ORDER_EVENT, [one.entry() for one in deliveries])
            except PushError as error:
                logger.warning("a subscriber could not be told (%s); it is tried again later", error)
                continue
            with transaction():
                events.record_delivered(deliveries)
