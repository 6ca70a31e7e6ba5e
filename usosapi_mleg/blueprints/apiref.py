"""`services/apiref`: the API describes itself."""

from typing import Any

from flask import url_for

from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.errors import ObjectNotFoundError, ParameterInvalidError
from usosapi_mleg.protocol import reference
from usosapi_mleg.protocol.method import IGNORED, OPTIONAL, Call, Shape
from usosapi_mleg.protocol.module import Module
from usosapi_mleg.schemas.apiref import IndexEntrySchema, MethodSchema, ModuleSchema, NameArguments, ScopeSchema

apiref = Module(
    "apiref",
    title="API reference",
    brief="Methods, modules and scopes of this installation",
    description="What this installation offers, for programs. The pages for people are made from the same declarations.",
)


@apiref.method(consumer=IGNORED, token=IGNORED, result=IndexEntrySchema, shape=Shape.LIST)
def method_index(call: Call) -> list[dict[str, str]]:  # noqa: ARG001 - every method is given its call
    """List all methods with brief descriptions."""
    return [
        {"name": one.name, "brief_description": " ".join(one.brief_description.split())}
        for one in reference.all_methods()
    ]


@apiref.method(
    consumer=OPTIONAL,
    token=IGNORED,
    arguments=NameArguments,
    result=MethodSchema,
    reasons={"method_not_found": "There is no such method."},
)
def method(call: Call, *, name: str) -> dict[str, Any]:  # noqa: ARG001 - every method is given its call
    """Get information on a method."""
    if not name.startswith("services/"):
        raise ParameterInvalidError("name", 'It must begin with "services/".')
    found = reference.find_method(name)
    if found is None:
        raise ObjectNotFoundError("There is no such method.", reason="method_not_found")
    return reference.method_entry(found, url_for("developers.api_index", _external=True))


@apiref.method(
    consumer=IGNORED,
    token=IGNORED,
    arguments=NameArguments,
    result=ModuleSchema,
    reasons={"module_not_found": "There is no such module."},
)
def module(call: Call, *, name: str) -> dict[str, Any]:  # noqa: ARG001 - every method is given its call
    """Get information on a module."""
    found = reference.find_module(name)
    if found is None:
        raise ObjectNotFoundError("There is no such module.", reason="module_not_found")
    return reference.module_entry(found)


@apiref.method(consumer=IGNORED, token=IGNORED, result=ScopeSchema, shape=Shape.LIST)
def scopes(call: Call) -> list[dict[str, str]]:  # noqa: ARG001 - every method is given its call
    """List the scopes that can be asked for here."""
    return [
        {
            "key": scope.key,
            "developers_description": f"Allows your app to {scope.text.en}."
            if scope.offered
            else f"Known, but without effect here: {scope.text.en}.",
        }
        for scope in SCOPES.values()
    ]
