"""Modules of methods: a Flask blueprint under `/services/<name>` whose routes follow from the declarations."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from usosapi_mleg.protocol.dispatch import answer_request
from usosapi_mleg.protocol.method import Deprecation, Method

METHODS: dict[str, Method] = {}
"""Every declared method by its full name."""
MODULES: dict[str, "Module"] = {}
"""Every module by its full name, such as `services/cards`."""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match",
    "Access-Control-Expose-Headers": "ETag, Retry-After, WWW-Authenticate",
    "Access-Control-Max-Age": "86400",
}
_VERBS = ["GET", "POST"]


class Module(Blueprint):
    """One USOS API module."""

    def __init__(self, name: str, *, title: str, brief: str, description: str, beta: bool = False) -> None:
        super().__init__(f"services_{name}", __name__, url_prefix=f"/services/{name}")
        self.full_name = f"services/{name}"
        self.title = title
        self.brief_description = brief
        self.module_description = description
        self.beta = beta
        self.after_request(_allow_all_origins)
        MODULES[self.full_name] = self

    @property
    def methods(self) -> list[Method]:
        """The module's methods, by name."""
        return sorted((one for one in METHODS.values() if one.module_name == self.full_name), key=lambda one: one.name)

    def method(
        self, *, older_name: str | None = None, **declaration: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare the decorated function as a method of this module, for GET and POST.

        The keyword arguments are those of `Method`. An underscore at the end of the function's name is not part of the method's.
        `older_name`: a former name that clients may still use.
        """

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            declared = self._register(function.__name__.rstrip("_"), function, **declaration)
            if older_name:
                self._register(older_name, function, deprecated=Deprecation(declared.name), **declaration)
            return function

        return declare

    def _register(self, short_name: str, function: Callable[..., Any], **declaration: Any) -> Method:
        declared = Method(name=f"{self.full_name}/{short_name}", function=function, **declaration)
        METHODS[declared.name] = declared
        view = function if declared.page else lambda: answer_request(declared)
        self.add_url_rule(f"/{short_name}", short_name, view, methods=_VERBS)
        return declared


def _allow_all_origins(response: Response) -> Response:
    """Let pages of other origins call the API: it knows callers by their signature, never by a cookie."""
    response.headers.update(_CORS)
    response.vary.add("Authorization")
    return response
