"""The OpenAPI document of the whole API, and a view of it to browse."""

from functools import cache
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request, url_for

from usosapi_mleg.blueprints.apisrv import installation
from usosapi_mleg.blueprints.pages import render_page
from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth.caller import ANONYMOUS
from usosapi_mleg.protocol.method import Call
from usosapi_mleg.protocol.openapi import About, document
from usosapi_mleg.schemas.fields import JsonObject, LangDict, NumericId, OrderId, PipeList, UsosDateTime

_ANYBODY_MAY_KEEP = "public, max-age=300"
_WIRE: dict[Any, dict[str, Any]] = {
    LangDict: {
        "type": "object",
        "properties": {"pl": {"type": ["string", "null"]}, "en": {"type": ["string", "null"]}},
    },
    UsosDateTime: {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$"},
    OrderId: {"type": "string", "maxLength": 32},
    NumericId: {"type": "string", "pattern": "^[0-9]{1,18}$"},
    PipeList: {"type": "string"},
    JsonObject: {"type": "string", "contentMediaType": "application/json"},
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The packaged view asks for nothing from elsewhere; its pictures are data: addresses in its style sheet."""

openapi = Blueprint(
    "openapi",
    __name__,
    url_prefix="/developers",
    static_folder=str(files("flask_swagger_ui") / "dist"),
    static_url_path="/openapi/files",
)


@cache
def _document(about: About) -> dict[str, Any]:
    return document(about, _WIRE)


@openapi.route("/openapi.json")
def description() -> Response:
    """Give the document; it is the same for everybody."""
    here = installation(Call(ANONYMOUS))
    about = About(
        title=f"USOS API, {settings().university.en}",
        version=here["version"],
        base_url=settings().base_url,
        pages=url_for("developers.api_index", _external=True),
        contact_email=settings().contact_email,
    )
    response = jsonify(_document(about))
    response.headers["Cache-Control"] = _ANYBODY_MAY_KEEP
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response


@openapi.route("/openapi/")
def view() -> Response:
    """Show the document in Swagger UI, whose files come out of the installed package."""
    response = make_response(render_page("developers/openapi.html"))
    response.headers["Content-Security-Policy"] = _POLICY
    return response
