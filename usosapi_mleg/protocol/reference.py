"""The reference of the API, made from the declarations: what `services/apiref`, the developers' pages and OpenAPI say."""

import re
from typing import Any

from markupsafe import Markup, escape
from marshmallow import Schema, fields, missing

from usosapi_mleg.protocol.dumping import nested_schema
from usosapi_mleg.protocol.method import Method, Shape
from usosapi_mleg.protocol.module import METHODS, MODULES, Module
from usosapi_mleg.protocol.selector import declared_fields, is_secondary

_CODE = re.compile(r"`([^`]+)`")
_SHAPES = {
    Shape.ONE: "A dictionary of selected fields:",
    Shape.LIST: "A list of dictionaries of selected fields:",
    Shape.DICTIONARY: "A dictionary of ids and, for each, a dictionary of selected fields or null:",
}
STANDARD_ARGUMENTS = {
    "format": "Format of the answer: json (default), jsonp, xmlmap2; deprecated: xmlmap, xmlitems.",
    "callback": "With format=jsonp: the name of the JavaScript function to call.",
}


def html(text: str) -> Markup:
    """Write a docstring as HTML: paragraphs, and code between backticks."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n") if paragraph.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(inline(paragraph)) for paragraph in paragraphs)


def inline(text: str) -> Markup:
    """Write one sentence as HTML, with code between backticks."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped before


def arguments_of(method: Method) -> list[dict[str, Any]]:
    """Describe a method's own arguments, `fields` among them where there is a choice."""
    described = [
        _argument(name, field)
        for name, field in (declared_fields(method.arguments) if method.arguments else {}).items()
    ]
    if method.result:
        described.append(
            {
                "name": "fields",
                "is_required": method.fields_required,
                "is_deprecated": False,
                "type": "fields selector",
                "default_value": None if method.fields_required else "|".join(default_names(method.result)),
                "description": "Selector of the fields that you are interested in.",
            },
        )
    return described


def default_names(result: type[Schema]) -> list[str]:
    """Name the fields that are given when none are asked for."""
    chosen = getattr(result, "DEFAULT_FIELDS", None)
    return (
        list(chosen) if chosen else [name for name, field in declared_fields(result).items() if not is_secondary(field)]
    )


def _argument(name: str, field: fields.Field[Any]) -> dict[str, Any]:
    default = None if field.load_default is missing or callable(field.load_default) else field.load_default
    return {
        "name": name,
        "is_required": field.required,
        "is_deprecated": False,
        "type": type(field).__name__,
        "default_value": str(default).lower() if isinstance(default, bool) else default,
        "description": str(inline(field.metadata.get("description", ""))),
    }


def result_fields_of(method: Method) -> list[dict[str, Any]]:
    """Describe the fields of a method's result."""
    return [
        {
            "name": name,
            "description": str(inline(field.metadata.get("description", ""))),
            "is_primary": not is_secondary(field),
            "is_secondary": is_secondary(field),
        }
        for name, field in (declared_fields(method.result) if method.result else {}).items()
    ]


def returns_of(method: Method) -> Markup:
    """Describe what a method answers with, in the form that consoles for USOS API read."""
    said = html(method.returns)
    if method.result is None:
        return said
    items: dict[bool, list[Markup]] = {False: [], True: []}
    for name, field in declared_fields(method.result).items():
        inside = nested_schema(field)
        more = Markup(" Sub-fields: {}.").format(", ".join(declared_fields(inside))) if inside else ""
        text = inline(field.metadata.get("description", ""))
        items[is_secondary(field)].append(Markup("<li><b>{}</b> – {}{}</li>").format(name, text, more))
    lists = [
        Markup("<li>{}:<ul>{}</ul></li>").format(title, Markup("").join(entries))
        for title, entries in (("Primary", items[False]), ("Secondary", items[True]))
        if entries
    ]
    return said + Markup("<p>{}</p><ul>{}</ul>").format(_SHAPES[method.shape], Markup("").join(lists))


def errors_of(method: Method) -> Markup:
    """Describe the specific errors of a method."""
    if not method.reasons:
        return Markup("<p>The common errors only.</p>")
    entries = [
        Markup("<li><code>{}</code> – {}</li>").format(reason, inline(text)) for reason, text in method.reasons.items()
    ]
    return Markup("<p>Beside the common errors, <code>reason</code> may be:</p><ul>{}</ul>").format(
        Markup("").join(entries)
    )


def method_entry(method: Method, pages: str) -> dict[str, Any]:
    """Describe one method with the keys of `services/apiref/method`; `pages` is the address of the reference's pages."""
    return {
        "name": method.name,
        "short_name": method.short_name,
        "description": str(html(method.brief_description) + html(method.description)),
        "brief_description": " ".join(method.brief_description.split()),
        "ref_url": f"{pages}{method.module_name}/#{method.short_name}",
        "auth_options": {
            "consumer": method.consumer.value,
            "token": method.token.value,
            "administrative_only": method.administrative,
            "ssl_required": method.ssl,
            "scopes": list(method.scopes),
        },
        "scopes": list(method.scopes),
        "arguments": arguments_of(method),
        "returns": str(returns_of(method)),
        "errors": str(errors_of(method)),
        "result_fields": result_fields_of(method),
        "beta": method.beta,
        "deprecated": {"deprecated_by": method.deprecated.deprecated_by, "present_until": None}
        if method.deprecated
        else None,
        "admin_access": method.administrative,
        "is_internal": False,
    }


def module_entry(module: Module) -> dict[str, Any]:
    """Describe one module with the keys of `services/apiref/module`."""
    return {
        "name": module.full_name,
        "title": module.title,
        "brief_description": module.brief_description,
        "description": str(html(module.module_description)),
        "submodules": [],
        "methods": [method.name for method in module.methods],
        "beta": module.beta,
    }


def find_method(name: str) -> Method | None:
    """Give a declared method by its full name."""
    return METHODS.get(name)


def find_module(name: str) -> Module | None:
    """Give a module by its full name."""
    return MODULES.get(name)


def all_methods() -> list[Method]:
    """List every declared method by name."""
    return [METHODS[name] for name in sorted(METHODS)]
