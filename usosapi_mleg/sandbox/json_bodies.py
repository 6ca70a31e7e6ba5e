"""Reads JSON request bodies, so that nothing a caller sends can end in a 5xx."""

import json
from typing import Any

from flask import request

from usosapi_mleg.sandbox.submissions import MalformedError, read_object


def read_json_object() -> dict[str, Any]:
    """Return the JSON object in the body of the running request.

    Raises:
        MalformedError: another content type (a form of a foreign page cannot send this one), no JSON, no object.
    """
    if request.mimetype != "application/json":
        raise MalformedError("The content type is not application/json.")
    try:
        body = json.loads(request.get_data())
    # Nesting without end is a RecursionError; wrong UTF-8 and endless digits are ValueErrors, as wrong JSON is.
    except (ValueError, RecursionError) as error:
        raise MalformedError("The body is not JSON.") from error
    return read_object(body, "The body")
