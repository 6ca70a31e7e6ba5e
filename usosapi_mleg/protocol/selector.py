"""The `fields` selector: `id|status|user[id|photo_urls[50x50]]`, to any depth."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from marshmallow import Schema
from marshmallow.fields import Field

from usosapi_mleg.errors import FieldInvalidError, FieldNotFoundError, ParameterInvalidError
from usosapi_mleg.protocol.dumping import Dump, dumper, nested_schema

_LONGEST = 4000
_DEEPEST = 12
_END = ""
_TOKEN = re.compile(r"[A-Za-z0-9_]+|[|\[\]]")

Selection = dict[str, "Selection | None"]
"""Name → sub-selection, or None for the defaults of what is behind the name."""


def parse(selector: str, method: str) -> Selection:
    """Read a selector; raise `FieldInvalidError` when it is malformed."""
    if len(selector) > _LONGEST:
        raise ParameterInvalidError("fields", f"It is longer than {_LONGEST} characters.")
    tokens = _TOKEN.findall(selector)
    if "".join(tokens) != selector:
        raise FieldInvalidError(selector[:50], method, "names are of letters, digits and underscores.")
    reader = _Reader([*tokens, _END], selector[:50], method)
    chosen = reader.names(0)
    reader.expect(_END, "there is one closing bracket too many.")
    return chosen


class _Reader:
    """Reads the tokens of one selector."""

    def __init__(self, tokens: list[str], shown: str, method: str) -> None:
        self.tokens = iter(tokens)
        self.current = next(self.tokens)
        self.shown = shown
        self.method = method

    def names(self, depth: int) -> Selection:
        """Read names between pipes, each with its sub-fields."""
        if depth > _DEEPEST:
            self.fail(f"it is nested deeper than {_DEEPEST} levels.")
        chosen: Selection = {}
        while True:
            name = self.name()
            chosen[name] = None
            if self.current == "[":
                self.step()
                chosen[name] = self.names(depth + 1)
                self.expect("]", "a bracket is not closed.")
            if self.current != "|":
                return chosen
            self.step()

    def name(self) -> str:
        """Read one name."""
        name = self.current
        if name in {_END, "|", "[", "]"}:
            self.fail("a name is expected.")
        self.step()
        return name

    def expect(self, wanted: str, complaint: str) -> None:
        """Read one given token."""
        if self.current != wanted:
            self.fail(complaint)
        self.step()

    def step(self) -> None:
        """Go to the next token."""
        self.current = next(self.tokens, _END)

    def fail(self, complaint: str) -> NoReturn:
        """Refuse the selector."""
        raise FieldInvalidError(self.shown, self.method, complaint)


@dataclass(frozen=True, slots=True)
class Choice:
    """What was selected of a result, and the function that writes just that."""

    selection: Selection
    dump: Dump


@lru_cache(maxsize=512)
def choose(result: type[Schema], selector: str | None, method: str, *, secondary: bool) -> Choice:
    """Choose what a selector names, or the defaults without one.

    `secondary`: whether secondary fields may be named; those of objects inside never may. Raises `FieldNotFoundError`, `FieldInvalidError`.
    """
    wish = parse(selector, method) if selector is not None else defaults(result)
    selection = _checked(result, wish, method, secondary=secondary or selector is None)
    return Choice(selection, dumper(result, selection))


def declared_fields(result: type[Schema]) -> dict[str, Field[Any]]:
    """Give the fields of a result schema by name."""
    return result._declared_fields  # noqa: SLF001 - marshmallow has no public name for it


def is_secondary(field: Field[Any]) -> bool:
    """Tell whether a field is secondary: given only when one object is asked for by itself."""
    return bool(field.metadata.get("secondary"))


def defaults(result: type[Schema]) -> Selection:
    """Select the fields that are given when none are named: `DEFAULT_FIELDS`, or else all primary ones."""
    fields = declared_fields(result)
    names = getattr(result, "DEFAULT_FIELDS", None) or [
        name for name, field in fields.items() if not is_secondary(field)
    ]
    return {name: _defaults_inside(fields[name]) for name in names}


def _defaults_inside(field: Field[Any]) -> Selection | None:
    return defaults(inner) if (inner := nested_schema(field)) else None


def _checked(result: type[Schema], selection: Selection, method: str, *, secondary: bool) -> Selection:
    checked: Selection = {}
    for name, inner in selection.items():
        field = declared_fields(result).get(name)
        if field is None:
            raise FieldNotFoundError(name, method)
        if is_secondary(field) and not secondary:
            raise FieldInvalidError(name, method, "it is a secondary field: ask for the object by itself to get it.")
        nested = nested_schema(field)
        if inner is not None and nested is None:
            raise FieldInvalidError(name, method, "it has no sub-fields.")
        checked[name] = (
            _checked(nested, inner, method, secondary=False) if nested and inner else _defaults_inside(field)
        )
    return checked
