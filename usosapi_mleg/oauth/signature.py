"""OAuth 1.0a signatures (RFC 5849 section 3), built on Authlib's primitives.

Authlib's request class is not used: it accepts neither the mixed placements that USOS clients send (query, form body and header at
once) nor UTF-8 and `|[]` in the query, and its base string decodes `oauth_*` values twice.
"""

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from urllib.request import parse_http_list

from authlib.oauth1.rfc5849.signature import normalize_base_string_uri, normalize_parameters, plaintext_signature
from authlib.oauth1.rfc5849.util import escape

from usosapi_mleg.errors import BadOAuthRequestError, UnauthenticatedError

PLAINTEXT = "PLAINTEXT"
_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
METHODS = (*_DIGESTS, PLAINTEXT)
"""Every `oauth_signature_method` that is understood."""
_LONGEST_VALUE = 2048

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One request as its client sees it: method, address without query, and all parameters wherever they stood."""

    method: str
    uri: str
    parameters: Pairs
    """All parameters of query, form body and Authorization header, decoded once; `realm` left out."""
    oauth: dict[str, str]
    """The `oauth_*` parameters, each once."""

    @property
    def consumer_key(self) -> str | None:
        return self.oauth.get("oauth_consumer_key")

    @property
    def token_key(self) -> str | None:
        """The token; clients without one may send it empty."""
        return self.oauth.get("oauth_token") or None


def parse_authorization(header: str) -> list[tuple[str, str]]:
    """Read an `OAuth …` Authorization header (RFC 5849 section 3.5.1), with or without realm, with or without spaces after commas."""
    pairs = []
    for item in parse_http_list(header.partition(" ")[2]):
        name, equals, value = item.partition("=")
        if not equals:
            raise BadOAuthRequestError("The Authorization header is malformed.")
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        try:
            pairs.append((unquote(name.strip(), errors="strict"), unquote(value, errors="strict")))
        except UnicodeDecodeError:
            raise BadOAuthRequestError("The Authorization header is not UTF-8.") from None
    return [(name, value) for name, value in pairs if name.lower() != "realm"]


def gather(method: str, uri: str, query: Pairs, form: Pairs, header: str) -> SignedRequest:
    """Bring the parts of a request together; raise `BadOAuthRequestError` when a protocol parameter stands twice with different values."""
    scheme = header.partition(" ")[0].lower()
    authorization = parse_authorization(header) if scheme == "oauth" else []
    parameters = [*query, *form, *authorization]
    oauth: dict[str, str] = {}
    for name, value in parameters:
        if name.startswith("oauth_"):
            if len(value) > _LONGEST_VALUE:
                raise BadOAuthRequestError(f"Parameter {name} is too long.")
            if oauth.setdefault(name, value) != value:
                raise BadOAuthRequestError(f"Parameter {name} is given twice with different values.")
    return SignedRequest(method, uri, parameters, oauth)


def base_string(request: SignedRequest, parameters: Pairs) -> str:
    """Build the signature base string (RFC 5849 section 3.4.1)."""
    signed = [(name, value) for name, value in parameters if name != "oauth_signature"]
    parts = (request.method.upper(), normalize_base_string_uri(request.uri), normalize_parameters(signed))
    return "&".join(escape(part) for part in parts)


def verify(request: SignedRequest, consumer_secret: str, token_secret: str) -> None:
    """Check the signature; raise `UnauthenticatedError` when it is wrong, or of a method that is not one of `METHODS`.

    A client that sends a parameter twice with the same value may have signed it once or twice: both are accepted.
    """
    given = request.oauth.get("oauth_signature", "")
    method = request.oauth.get("oauth_signature_method")
    key: str = plaintext_signature(consumer_secret, token_secret)
    if method == PLAINTEXT:
        expected = [key]
    elif digest := _DIGESTS.get(str(method)):
        once = list(dict.fromkeys(request.parameters))
        variants = [request.parameters] if len(once) == len(request.parameters) else [request.parameters, once]
        expected = [_hmac(digest, key, base_string(request, variant)) for variant in variants]
    else:
        expected = []
    if not any(hmac.compare_digest(one.encode(), given.encode()) for one in expected):
        raise UnauthenticatedError("Invalid signature.", reason="invalid_signature")


def _hmac(digest: str, key: str, text: str) -> str:
    """Sign the base string (RFC 5849 section 3.4.2); with SHA-256 the same way, as its successors have it."""
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), digest)).decode()
