"""Tells apps what changed: asks new subscribers to confirm, and pushes changes to those who did. Runs in the worker only."""

import logging
from itertools import groupby
from operator import attrgetter
from threading import Event

from usosapi_mleg.extensions import transaction
from usosapi_mleg.notify.push import Message, Pusher, Question
from usosapi_mleg.services import events

logger = logging.getLogger(__name__)

_BATCH = 100
_subscriber = attrgetter("consumer_key", "callback_url")


def confirm_subscriptions(pusher: Pusher, stopping: Event) -> None:
    """Ask every unconfirmed subscriber, until `stopping` is set."""
    while not stopping.is_set():
        with transaction():
            challenges = events.unconfirmed(_BATCH)
        if not challenges:
            return
        answers = pusher.ask([Question(one.callback_url, one.verify_token) for one in challenges])
        with transaction():
            for challenge, confirmed in zip(challenges, answers, strict=True):
                events.record_confirmation(challenge, confirmed=confirmed)


def push_events(pusher: Pusher, stopping: Event) -> None:
    """Push all that is due, until `stopping` is set: one request for each subscriber, several changes in it."""
    while not stopping.is_set():
        with transaction():
            due = events.due_deliveries(_BATCH)
        if not due:
            return
        groups = [list(group) for _, group in groupby(sorted(due, key=_subscriber), key=_subscriber)]
        told = pusher.push(
            [Message(one[0].callback_url, events.ORDER_EVENT, [each.entry() for each in one]) for one in groups]
        )
        for problem in filter(None, told):
            logger.warning("a subscriber could not be told (%s); it is tried again later", problem)
        with transaction():
            events.record_delivered(
                one for group, problem in zip(groups, told, strict=True) if problem is None for one in group
            )
