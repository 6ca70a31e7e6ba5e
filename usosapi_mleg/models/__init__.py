"""The tables, one file per family."""

from usosapi_mleg.models.access import (
    AccessToken,
    Account,
    Consumer,
    Grant,
    Nonce,
    NonceEpoch,
    RequestToken,
    Role,
    WebSession,
)
from usosapi_mleg.models.events import EventDelivery, EventSubscription, SubscriptionState
from usosapi_mleg.models.oauth2 import AuthorizationCode, BearerToken, DeviceGrant, RefreshToken, UserCodeTries
from usosapi_mleg.models.operations import AuditEvent, Mail, ServiceState
from usosapi_mleg.models.orders import Offer, Order, OrderHistory, RememberedAnswer, Revocation
from usosapi_mleg.models.registry import (
    CardType,
    Faculty,
    Person,
    Photo,
    PlasticCard,
    Programme,
    Sex,
    StudentProgramme,
    Term,
)

__all__ = [
    "AccessToken",
    "Account",
    "AuditEvent",
    "AuthorizationCode",
    "BearerToken",
    "CardType",
    "Consumer",
    "DeviceGrant",
    "EventDelivery",
    "EventSubscription",
    "Faculty",
    "Grant",
    "Mail",
    "Nonce",
    "NonceEpoch",
    "Offer",
    "Order",
    "OrderHistory",
    "Person",
    "Photo",
    "PlasticCard",
    "Programme",
    "RefreshToken",
    "RememberedAnswer",
    "RequestToken",
    "Revocation",
    "Role",
    "ServiceState",
    "Sex",
    "StudentProgramme",
    "SubscriptionState",
    "Term",
    "UserCodeTries",
    "WebSession",
]
