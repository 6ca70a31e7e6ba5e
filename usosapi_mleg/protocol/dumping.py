"""Writes the chosen fields of a result: what marshmallow's `Schema.dump` writes, but prepared once for each choice of fields."""

from collections.abc import Callable
from functools import partial
from typing import Any

from marshmallow import Schema, missing
from marshmallow.fields import Field, Function, List, Nested

Dump = Callable[[Any], dict[str, Any]]
Names = dict[str, "Names | None"]
"""The chosen fields, each with those inside."""


def nested_schema(field: Field[Any]) -> type[Schema] | None:
    """Give the schema of an object inside, or of the objects in a list inside."""
    if isinstance(field, List):
        field = field.inner
    return field.nested if isinstance(field, Nested) else None  # type: ignore[return-value] # always given as a class here


def dumper(schema: type[Schema], names: Names) -> Dump:
    """Give the function that writes these fields of an object or a dictionary; what it does not have is left out."""
    chosen = [
        (name, field.attribute or name, _default(field), _writer(field, names[name]))
        for name, field in schema().fields.items()
        if name in names
    ]

    def dump(source: Any) -> dict[str, Any]:
        read = source.get if isinstance(source, dict) else partial(getattr, source)
        written = {}
        for name, key, default, write in chosen:
            value = read(key, default)
            if value is not missing:
                written[name] = write(value, name, source)
        return written

    return dump


def _default(field: Field[Any]) -> Any:
    """Give what a field writes when there is no value; one that is made from the whole object needs none."""
    return None if isinstance(field, Function) else field.dump_default


def _writer(field: Field[Any], inside: Names | None) -> Callable[[Any, str, Any], Any]:
    nested = nested_schema(field)
    if nested is None or inside is None:
        return field._serialize  # noqa: SLF001 - what kinds of fields are made of
    dump = dumper(nested, inside)
    if isinstance(field, List):
        return lambda value, *_: None if value is None else [dump(one) for one in value]
    return lambda value, *_: None if value is None else dump(value)
