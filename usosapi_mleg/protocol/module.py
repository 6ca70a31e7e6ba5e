"""Modules of methods: a Flask blueprint under `/services/<name>` whose routes, checks and answers follow from the declarations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request
from marshmallow import Schema, ValidationError

from usosapi_mleg.errors import MethodForbiddenError, MlegError, ParameterInvalidError, UnauthenticatedError
from usosapi_mleg.oauth import gate
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.oauth.gate import Credentials
from usosapi_mleg.protocol.errors import from_validation, response_to
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Binary, Call, Method, Need
from usosapi_mleg.protocol.selector import schema_for

METHODS: dict[str, Method] = {}
"""Every declared method by its full name."""

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
    "Vary": "Authorization",
}


class Module(Blueprint):
    """One USOS API module."""

    def __init__(self, name: str, *, title: str, description: str) -> None:
        super().__init__(f"services_{name}", __name__, url_prefix=f"/services/{name}")
        self.module_name = name
        self.title = title
        self.description = description
        self.after_request(_allow_all_origins)

    def method(
        self,
        *,
        consumer: Need,
        token: Need,
        scopes: Sequence[str] = (),
        ssl: bool = False,
        administrative: bool = False,
        reveals_codes: bool = False,
        request_token: bool = False,
        arguments: type[Schema] | None = None,
        result: type[Schema] | None = None,
        reasons: Mapping[str, str] | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the decorated function as a method of this module, for GET and POST."""

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            declared = Method(
                name=f"services/{self.module_name}/{function.__name__}",
                function=function,
                consumer=consumer,
                token=token,
                scopes=tuple(scopes),
                ssl=ssl,
                administrative=administrative,
                reveals_codes=reveals_codes,
                request_token=request_token,
                arguments=arguments,
                result=result,
                reasons=reasons,
            )
            METHODS[declared.name] = declared
            self.add_url_rule(
                f"/{function.__name__}",
                function.__name__,
                lambda: answer_request(declared),
                methods=["GET", "POST"],
            )
            return function

        return declare


def _allow_all_origins(response: Response) -> Response:
    response.headers.update(_CORS)
    return response


def answer_request(method: Method) -> Response:
    """Answer an HTTP request for a method."""
    try:
        credentials = identify(method)
        return perform(method, Call(credentials.caller, credentials.oauth), request_parameters())
    except MlegError as error:
        return response_to(error)


def identify(method: Method) -> Credentials:
    """Find out who calls, as far as the method wants to know."""
    if method.ssl and not gate.is_private(request):
        raise MethodForbiddenError("This method must be called over TLS (https).", reason="ssl_required")
    if method.consumer is IGNORED and method.token is IGNORED:
        return gate.NOBODY
    return gate.identify(request, act_as=method.token is not IGNORED, request_token=method.request_token)


def request_parameters() -> dict[str, str]:
    """Give the API parameters of the request: query, then form (later wins); OAuth's own never get through."""
    parameters = request.args.to_dict()
    if request.mimetype in _FORMS:
        parameters |= request.form.to_dict()
    if key := request.headers.get("Idempotency-Key"):
        parameters["idempotency_key"] = key
    return {name: value for name, value in parameters.items() if not name.startswith("oauth_")}


def perform(method: Method, call: Call, parameters: Mapping[str, str]) -> Response:
    """Check the caller and the arguments, do the work, and write the answer. Raises `MlegError`."""
    check_allowed(method, call.caller)
    arguments = load_arguments(method, parameters)
    schema = schema_for(method.result, parameters.get("fields"), method.name) if method.result else None
    value = method.function(call, **arguments)
    if isinstance(value, Binary):
        return Response(value.content, content_type=value.content_type)
    return jsonify(schema.dump(value) if schema else value)


def check_allowed(method: Method, caller: Caller) -> None:
    """Raise `UnauthenticatedError` or `MethodForbiddenError` unless the caller may call the method."""
    if method.consumer is REQUIRED and caller.consumer_key is None and not caller.web_session:
        raise UnauthenticatedError("This method must be signed with a consumer key.", reason="not_signed")
    if method.administrative and not caller.administrative:
        raise MethodForbiddenError("This method is for administrative consumers only.", reason="not_administrative")
    if method.token is REQUIRED and caller.person_id is None:
        raise UnauthenticatedError("This method must be signed with an access token.", reason="token_missing")
    if method.scopes and caller.person_id is not None and not any(map(caller.allows, method.scopes)):
        raise MethodForbiddenError(
            f"The access token does not cover the scope that is needed: {' or '.join(method.scopes)}.",
            reason="scope_missing",
        )
    if method.reveals_codes and caller.impersonating and not caller.student_front_end:
        raise MethodForbiddenError(
            "Codes are shown to the student only: use the student's own token.", reason="student_only"
        )


def load_arguments(method: Method, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Check and convert the arguments; unknown parameters are ignored, as at USOS. Raises `ParameterError`."""
    for name, value in parameters.items():
        if "\0" in value:
            raise ParameterInvalidError(name, "It holds a NUL character.")
    if method.arguments is None:
        return {}
    try:
        loaded: dict[str, Any] = method.arguments().load(dict(parameters))
    except ValidationError as error:
        raise from_validation(error) from None
    return loaded
