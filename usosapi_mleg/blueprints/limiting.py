"""Where requests are counted by address, before anything else is done for them."""

from flask import Flask, request

from usosapi_mleg.oauth import limits
from usosapi_mleg.settings import Settings

_NOT_COUNTED = {"static", "ministry.callback"}
"""The ministry may tell of thousands of documents at once, and proves who it is."""
_NEW_TOKENS = {"services_oauth.request_token", "oauth2_doors.device_authorization"}


def register(app: Flask, settings: Settings) -> None:
    """Have `app` keep the limits."""
    limits.attach(settings, app.extensions)
    app.before_request(_count)


def _count() -> None:
    if request.endpoint not in _NOT_COUNTED:
        limits.count_address(request.remote_addr, new_token=request.endpoint in _NEW_TOKENS)
