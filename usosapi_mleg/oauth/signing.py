"""Signing a call as an app does, with oauthlib: not the code that checks signatures, so that the one proves the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from oauthlib.oauth1 import Client
from oauthlib.oauth1.rfc5849 import signature

from usosapi_mleg.oauth.trying import Credentials

FORM = "application/x-www-form-urlencoded"
VERBS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that only has to be sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    base_string: str | None
    """What was signed; None when nothing was."""


def prepare(
    verb: str,
    url: str,
    parameters: Mapping[str, str],
    credentials: Credentials | None,
    *,
    callback: str | None = None,
) -> PreparedRequest:
    """Make a request with its parameters in the query (GET) or in a form (POST), and sign it in the Authorization header.

    `credentials`: None leaves it unsigned. `callback`: the `oauth_callback` to sign with.
    """
    encoded = urlencode(parameters, quote_via=quote)
    body = encoded if verb == "POST" else None
    target = f"{url}?{encoded}" if verb == "GET" and encoded else url
    headers = {"Content-Type": FORM} if body is not None else {}
    if credentials is None:
        return PreparedRequest(verb, target, headers, body, None)
    client = Client(
        credentials.consumer_key,
        client_secret=credentials.consumer_secret,
        resource_owner_key=credentials.token_key,
        resource_owner_secret=credentials.token_secret,
        callback_uri=callback,
    )
    _, signed, _ = client.sign(target, verb, body, headers)
    headers = dict(signed)
    return PreparedRequest(verb, target, headers, body, _base_string(verb, target, headers, body))


def _base_string(verb: str, url: str, headers: Mapping[str, str], body: str | None) -> str:
    query = url.partition("?")[2]
    parameters = signature.collect_parameters(uri_query=query, body=body or "", headers=headers, with_realm=False)
    normalized = signature.normalize_parameters(parameters)
    return str(signature.signature_base_string(verb, signature.base_string_uri(url), normalized))
