"""`services/apisrv`: about this installation and the app that calls."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

from usosapi_mleg import clock
from usosapi_mleg.errors import ParameterInvalidError
from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth import consumers
from usosapi_mleg.protocol import reference
from usosapi_mleg.protocol.method import IGNORED, OPTIONAL, REQUIRED, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.apiref import ConsumerSchema, InstallationSchema, InstallationsEntrySchema, MobileConfigSchema

apisrv = Module(
    "apisrv",
    title="API server",
    brief="About this installation and the app that calls",
    description="What this installation is, what time it is here, and what it knows of the app that calls.",
)


def _version() -> str:
    try:
        return version("usosapi_mleg")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "0.0.0"


@apisrv.method(
    consumer=IGNORED,
    token=IGNORED,
    fleeting=True,
    returns="A string: `YYYY-MM-DD HH:MM:SS.ffffff`, local time of the installation.",
)
def now(call: Call) -> str:  # noqa: ARG001 - every method is given its call
    """Get the time of the server."""
    return clock.now().astimezone(clock.LOCAL).strftime("%Y-%m-%d %H:%M:%S.%f")


@apisrv.method(consumer=REQUIRED, token=OPTIONAL, result=ConsumerSchema, fields_required=True)
def consumer(call: Call) -> dict[str, Any]:
    """Get information on the consumer that signs the call.

    Through `services/oauth/proxy` only `token_scopes` is told.
    """
    if call.through_proxy and set(call.fields) != {"token_scopes"}:
        raise ParameterInvalidError("fields", "Through the proxy only token_scopes is told.")
    found = consumers.describe(str(call.caller.consumer_key))
    methods = [one.name for one in reference.all_methods() if one.administrative] if call.caller.administrative else []
    return found | {
        "administrative_methods": methods,
        "token_scopes": sorted(call.caller.scopes) if call.caller.token_key else None,
    }


@apisrv.method(consumer=IGNORED, token=IGNORED, result=InstallationSchema)
def installation(call: Call) -> dict[str, Any]:  # noqa: ARG001 - every method is given its call
    """Get information on this installation."""
    return _installation()


@apisrv.method(consumer=IGNORED, token=IGNORED, result=InstallationsEntrySchema, shape=Shape.LIST)
def installations(call: Call) -> list[dict[str, Any]]:  # noqa: ARG001 - every method is given its call
    """List the installations that this one knows: itself."""
    return [_installation()]


@apisrv.method(consumer=IGNORED, token=IGNORED, result=MobileConfigSchema)
def mobile_usos_config(call: Call) -> dict[str, Any]:  # noqa: ARG001 - every method is given its call
    """Get what the USOS mobile app may offer here."""
    return {
        "enable_mcards": True,
        "enable_eid": False,
        "eid_show_user_id": False,
        "enable_qr_scanner": False,
        "contact_email": settings().contact_email,
        "usosweb_domain": urlsplit(settings().base_url).netloc,
        "nfc_salt": None,
    }


def _installation() -> dict[str, Any]:
    release = _version()
    return {
        "base_url": settings().base_url,
        "version": release,
        "machine_version": f"{release}.0-0",
        "usos_schema_version": None,
        "institution_name": settings().university,
        "contact_emails": [settings().contact_email],
        "institution": {"id": "0", "name": settings().university},
        "schac_id": None,
        "mcards_support": True,
        "mobile_usos_support": True,
    }
