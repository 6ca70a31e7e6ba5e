"""Where the ministry calls back: a signed hint that a document changed. Nothing in it is believed before it was fetched."""

from flask import Blueprint, Response, request
from standardwebhooks import Webhook, WebhookVerificationError

from usosapi_mleg.extensions import settings, transaction
from usosapi_mleg.services import issuing

_LARGEST_BODY = 16 * 1024

ministry = Blueprint("ministry", __name__, url_prefix="/ministry")


@ministry.route("/callback", methods=["POST"])
def callback() -> Response:
    """Take a hint (docs/ministry-protocol.md); late, doubled and reordered ones do no harm."""
    body = request.get_data(cache=False)
    if len(body) > _LARGEST_BODY:
        return Response(status=413)
    try:
        event = Webhook(settings().ministry_callback_secret).verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):  # ValueError: text, base64 or JSON that cannot be read
        return Response(status=401)
    data = event.get("data") if isinstance(event, dict) else None
    key = data.get("key") if isinstance(data, dict) else None
    if isinstance(key, str):
        with transaction():
            issuing.hint(key)
    return Response(status=204)
