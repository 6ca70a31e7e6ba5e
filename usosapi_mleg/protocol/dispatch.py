"""Answers one call of a method: who calls, may they, what do they want, do it, write it."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from flask import Response, request
from marshmallow import Schema, ValidationError, missing

from usosapi_mleg.errors import (
    MethodForbiddenError,
    MlegError,
    ParameterInvalidError,
    ParameterMissingError,
    ScopeMissingError,
    UnauthenticatedError,
)
from usosapi_mleg.oauth import gate
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.oauth.gate import Credentials
from usosapi_mleg.protocol import formats
from usosapi_mleg.protocol.errors import from_validation, response_to
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Binary, Call, Method, Shape
from usosapi_mleg.protocol.selector import Choice, choose

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
"""What neither the database nor UTF-8 can hold."""
_ANYBODY_MAY_KEEP = "public, max-age=60"
_CALLER_MAY_KEEP = "private, no-cache"
_NOBODY_MAY_KEEP = "no-store"


def answer_request(method: Method) -> Response:
    """Answer an HTTP request for a method."""
    try:
        credentials = identify(method)
        response = perform(method, Call(credentials.caller, credentials.oauth), request_parameters())
    except MlegError as error:
        response = response_to(error)
        response.headers["Cache-Control"] = _NOBODY_MAY_KEEP
        return response
    return _let_keep(method, response)


def _let_keep(method: Method, response: Response) -> Response:
    """Say who may keep the answer, and answer "not modified" to those who have it."""
    if request.method != "GET" or method.reveals_codes or method.ssl or method.fleeting:
        response.headers["Cache-Control"] = _NOBODY_MAY_KEEP
        return response
    response.headers["Cache-Control"] = _ANYBODY_MAY_KEEP if method.public else _CALLER_MAY_KEEP
    response.add_etag()
    if "If-None-Match" in request.headers:
        response.make_conditional(request)
    return response


def identify(method: Method) -> Credentials:
    """Find out who calls, as far as the method wants to know."""
    check_transport(method)
    if method.public:
        return gate.NOBODY
    act_as = method.token is not IGNORED and not method.request_token
    return gate.identify(request, act_as=act_as, request_token=method.request_token)


def check_transport(method: Method) -> None:
    """Raise `MethodForbiddenError` when the method wants TLS and somebody on the way could listen."""
    if method.ssl and not gate.is_private(request):
        raise MethodForbiddenError("This method must be called over TLS (https).", reason="ssl_required")


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
    write = formats.writer(parameters)
    arguments = load_arguments(method, parameters)
    if method.result is None:
        value = method.function(call, **arguments)
        if isinstance(value, Response):
            return value
        return Response(value.content, content_type=value.content_type) if isinstance(value, Binary) else write(value)
    choice = _choose(method, parameters.get("fields"))
    value = method.function(Call(call.caller, call.oauth, choice.selection, call.through_proxy), **arguments)
    return write(_dump(method.shape, choice, value))


def _choose(method: Method, selector: str | None) -> Choice:
    if selector is None and method.fields_required:
        raise ParameterMissingError("fields")
    assert method.result is not None  # noqa: S101 - the caller has looked
    return choose(method.result, selector or None, method.name, secondary=method.shape is Shape.ONE)


def _dump(shape: Shape, choice: Choice, value: Any) -> Any:
    dump = choice.dump
    if value is None:
        return None
    if shape is Shape.LIST:
        return [dump(one) for one in value]
    if shape is Shape.DICTIONARY:
        return {key: None if one is None else dump(one) for key, one in value.items()}
    return dump(value)


def check_allowed(method: Method, caller: Caller) -> None:
    """Raise `UnauthenticatedError` or `MethodForbiddenError` unless the caller may call the method."""
    if method.consumer is REQUIRED and caller.consumer_key is None and not caller.web_session:
        raise UnauthenticatedError("This method must be signed with a consumer key.", reason="not_signed")
    if method.administrative and not caller.administrative:
        raise MethodForbiddenError("This method is for administrative consumers only.", reason="not_administrative")
    if method.token is REQUIRED and (caller.token_key if method.request_token else caller.person_id) is None:
        raise UnauthenticatedError("This method must be signed with an access token.", reason="token_missing")
    if method.scopes and caller.person_id is not None and not any(map(caller.allows, method.scopes)):
        raise ScopeMissingError(tuple(method.scopes))
    if method.reveals_codes and caller.impersonating and not caller.student_front_end:
        raise MethodForbiddenError(
            "Codes are shown to the student only: use the student's own token.", reason="student_only"
        )


def load_arguments(method: Method, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Check and convert the arguments; unknown parameters are ignored, as at USOS. Raises `ParameterError`."""
    for name, value in parameters.items():
        if _NOT_TEXT.search(value):
            raise ParameterInvalidError(name, "It holds a character that is none: NUL, or half of a pair.")
    if method.arguments is None:
        return {}
    reader = _reader(method.arguments)
    try:
        return reader(parameters)
    except ValidationError as error:
        raise from_validation(error) from None


@cache
def _reader(arguments: type[Schema]) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    """Give the function that reads arguments as `Schema.load` does, without what most schemas do not need, made once for each."""
    schema = arguments()
    fields = schema.load_fields

    def load(parameters: Mapping[str, str]) -> dict[str, Any]:
        loaded: dict[str, Any] = schema.load(dict(parameters))
        return loaded

    def read(parameters: Mapping[str, str]) -> dict[str, Any]:
        try:
            return {name: field.deserialize(parameters.get(name, missing)) for name, field in fields.items()}
        except ValidationError:
            return load(parameters)  # it names the parameter

    simple = all(field.required or field.load_default is not missing for field in fields.values())
    return read if simple and not any(schema._hooks.values()) else load  # noqa: SLF001 - there is no public name for it
