"""What all operations of the OpenAPI document share: the signature, and the errors."""

from apispec import APISpec

SIGNATURE = "oauth1"
"""Name of the security scheme."""
RESPONSE = "#/components/responses/Status{}"
"""Where the answer with an HTTP status is described."""
_ERROR = "Error"
_LANG_DICT = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
_ERROR_SCHEMA = {
    "type": "object",
    "description": "Any error. Further keys may appear.",
    "required": ["message"],
    "properties": {
        "message": {"type": "string", "description": "For developers, in English."},
        "error": {"type": "string", "description": "Generic code."},
        "reason": {"type": "string", "description": "More specific code."},
        "param_name": {"type": "string", "description": "The parameter that is wrong or missing."},
        "field_name": {"type": "string", "description": "The field that is wrong in the selector."},
        "method_name": {"type": "string", "description": "The method whose selector it is."},
        "reasons": {"type": "array", "items": {"type": "object"}, "description": "With `not_eligible`: every reason."},
        "user_messages": {
            "type": "object",
            "description": "What can be shown to the person.",
            "properties": {
                "generic_message": _LANG_DICT,
                "fields": {"type": "object", "additionalProperties": _LANG_DICT},
            },
        },
    },
}
_STATUS_TEXTS = {
    400: "The call is malformed, or what it names is not there or not in the right state.",
    401: "The credentials are missing, wrong, expired or revoked.",
    403: "The caller may not do this.",
    409: "Another act came first.",
    413: "The body is too large.",
    429: "Too many calls: wait as long as `Retry-After` says.",
}


def add_components(spec: APISpec) -> None:
    """Add the error, the answers that carry it, and the signature to the document."""
    spec.components.schema(_ERROR, _ERROR_SCHEMA)
    spec.components.security_scheme(
        SIGNATURE,
        {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`OAuth oauth_consumer_key=…, oauth_signature=…`: an OAuth 1.0a signature (RFC 5849, HMAC-SHA1 or "
            "HMAC-SHA256), made anew for every call.",
        },
    )
    for status, text in _STATUS_TEXTS.items():
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{_ERROR}"}}}
        spec.components.response(f"Status{status}", {"description": text, "content": content})
