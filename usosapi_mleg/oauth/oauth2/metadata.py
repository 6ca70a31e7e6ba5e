"""What this server says of itself to programs (RFC 8414)."""

from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import rfc8414, rfc9207

from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.oauth.oauth2 import clients, private_key_jwt
from usosapi_mleg.oauth.oauth2.server import issuer


def describe(addresses: Mapping[str, str]) -> dict[str, Any]:
    """Describe the server; `addresses` has those of its endpoints by the names of RFC 8414.

    Raises `ValueError` when the description is against the standard, as over http on a host that is not this very machine.
    """
    authenticated = {
        f"{name}_endpoint_auth_{detail}": values
        for name, methods in (
            ("token", clients.ANY),
            ("revocation", clients.ANY),
            ("introspection", clients.CONFIDENTIAL),
        )
        for detail, values in (
            ("methods_supported", list(methods)),
            ("signing_alg_values_supported", private_key_jwt.ALGORITHMS),
        )
    }
    described = rfc8414.AuthorizationServerMetadata(
        {
            "issuer": issuer(),
            **addresses,
            **authenticated,
            "scopes_supported": sorted(key for key, scope in SCOPES.items() if scope.offered),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [clients.CODE, clients.REFRESH, clients.CLIENT_CREDENTIALS, clients.DEVICE],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "ui_locales_supported": ["pl", "en"],
        }
    )
    described.validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])
    return dict(described)
