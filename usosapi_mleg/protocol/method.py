"""What is declared of a USOS API method, and what its function is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import cleandoc
from typing import Any

from marshmallow import Schema

from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.protocol.selector import Selection


class Need(StrEnum):
    """Whether a method wants a consumer signature or a token, in the words of the USOS API reference."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    IGNORED = "ignored"


REQUIRED = Need.REQUIRED
OPTIONAL = Need.OPTIONAL
IGNORED = Need.IGNORED


class Shape(StrEnum):
    """How many of the result schema's objects a method answers with."""

    ONE = "one"
    """One dictionary of selected fields, or null."""
    LIST = "list"
    """A list of them."""
    DICTIONARY = "dictionary"
    """A dictionary id → object, null for an unknown id."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method: who calls, with which `oauth_*` parameters, and which fields of the result are wanted."""

    caller: Caller
    oauth: Mapping[str, str] = field(default_factory=dict)
    fields: Selection = field(default_factory=dict)
    through_proxy: bool = False
    """It came through `services/oauth/proxy`."""

    @property
    def user_id(self) -> int:
        """The person that the call is about; methods that need no token must not ask."""
        if self.caller.person_id is None:
            raise AssertionError("a method that uses call.user_id must require a token")
        return self.caller.person_id


@dataclass(frozen=True, slots=True)
class Binary:
    """A result that is not a USOS value: bytes with a content type."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Says that a method is kept for old clients only, and which one replaces it."""

    deprecated_by: str


@dataclass(frozen=True, kw_only=True)
class Method:
    """The declaration of one method."""

    name: str
    """Full name, such as `services/mlegitymacja/order`."""
    function: Callable[..., Any]
    consumer: Need
    token: Need
    scopes: tuple[str, ...] = ()
    """The caller must have one of them; empty: none is needed."""
    ssl: bool = False
    administrative: bool = False
    fleeting: bool = False
    """The answer holds for this moment only: nobody may keep it."""
    reveals_codes: bool = False
    """Only the student's own token or session opens it, unless the consumer is marked as the student's front end."""
    request_token: bool = False
    """The token that signs the request is a request token."""
    page: bool = False
    """It answers a browser with pages, not a program."""
    arguments: type[Schema] | None = None
    result: type[Schema] | None = None
    shape: Shape = Shape.ONE
    fields_required: bool = False
    """The caller must say which fields are wanted."""
    returns: str = ""
    """What a method without a result schema answers with, or what else there is to say of the result."""
    content_types: tuple[str, ...] = ()
    """Content types of a binary result."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """The specific error reasons of this method, each with a sentence for developers."""
    beta: bool = False
    deprecated: Deprecation | None = None

    @property
    def short_name(self) -> str:
        """The last part of the name."""
        return self.name.rpartition("/")[2]

    @property
    def module_name(self) -> str:
        """The name of the module, such as `services/mlegitymacja`."""
        return self.name.rpartition("/")[0]

    @property
    def public(self) -> bool:
        """True when the answer is the same for everybody."""
        return self.consumer is IGNORED and self.token is IGNORED

    @property
    def brief_description(self) -> str:
        """First sentence of the docstring."""
        return cleandoc(self.function.__doc__ or "").partition("\n\n")[0]

    @property
    def description(self) -> str:
        """The docstring after its first sentence."""
        return cleandoc(self.function.__doc__ or "").partition("\n\n")[2]
