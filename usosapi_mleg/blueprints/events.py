"""`services/events`: apps are told of changes instead of asking."""

from typing import Any

from usosapi_mleg.extensions import transaction
from usosapi_mleg.protocol.method import REQUIRED, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.events import SubscribeArguments, SubscriptionSchema, UnsubscribeArguments
from usosapi_mleg.services import events as subscribing

_SCOPE = ["events"]

events = Module(
    "events",
    title="Push events",
    brief="Being told of changes",
    description="Subscribe to the event `mlegitymacja/order` and you are told when an order of the person changes. You are first asked to "
    "confirm: a GET request to your address with `hub.mode=subscribe`, `hub.challenge` and your `hub.verify_token`, which you answer "
    "with status 200 and the challenge as the body. Then each change comes as a POST request with the JSON body "
    '`{"event_type": "mlegitymacja/order", "entry": [{"node_id": "<order id>", "related_user_ids": ["<user id>"], '
    '"operation": "create" or "update", "time": <Unix seconds>}]}`. It says that something changed, not what: ask `status`. An address '
    "that does not answer with a status of 2xx is tried again, more and more seldom. You are told as long as you have a token that covers "
    "`events` and works.",
    beta=True,
)


@events.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=_SCOPE,
    arguments=SubscribeArguments,
    result=SubscriptionSchema,
    beta=True,
)
def subscribe_event(call: Call, *, event_type: str, callback_url: str, verify_token: str) -> dict[str, Any]:
    """Subscribe to an event.

    The subscription is pending until your address has confirmed it, which happens within seconds. Subscribing again replaces the address.
    """
    with transaction():
        return subscribing.subscribe(
            str(call.caller.consumer_key), call.user_id, event_type, callback_url, verify_token
        )


@events.method(consumer=REQUIRED, token=REQUIRED, scopes=_SCOPE, result=SubscriptionSchema, shape=Shape.LIST, beta=True)
def subscriptions(call: Call) -> list[dict[str, Any]]:
    """List your app's subscriptions about this user."""
    return subscribing.subscriptions(str(call.caller.consumer_key), call.user_id)


@events.method(
    consumer=REQUIRED,
    token=REQUIRED,
    scopes=_SCOPE,
    arguments=UnsubscribeArguments,
    returns='A dictionary: `{"success": true}`.',
    beta=True,
)
def unsubscribe(call: Call, *, event_type: str | None) -> dict[str, bool]:
    """End your app's subscriptions about this user: one, or all."""
    with transaction():
        subscribing.unsubscribe(str(call.caller.consumer_key), call.user_id, event_type)
    return {"success": True}
