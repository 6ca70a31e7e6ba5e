"""What is declared of a USOS API method, and what its function is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from inspect import cleandoc
from typing import Any

from marshmallow import Schema

from usosapi_mleg.oauth.caller import Caller


class Need(StrEnum):
    """Whether a method wants a consumer signature or a token, in the words of the USOS API reference."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    IGNORED = "ignored"


REQUIRED = Need.REQUIRED
OPTIONAL = Need.OPTIONAL
IGNORED = Need.IGNORED


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method: who calls, and with which `oauth_*` parameters."""

    caller: Caller
    oauth: Mapping[str, str] = field(default_factory=dict)

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
    reveals_codes: bool = False
    """Only the student's own token or session opens it, unless the consumer is marked as the student's front end."""
    request_token: bool = False
    """The token that signs the request is a request token."""
    arguments: type[Schema] | None = None
    result: type[Schema] | None = None
    reasons: Mapping[str, str] | None = None
    """The specific error reasons of this method, each with a sentence for developers."""

    @property
    def brief_description(self) -> str:
        """First sentence of the docstring."""
        return cleandoc(self.function.__doc__ or "").partition("\n\n")[0]

    @property
    def description(self) -> str:
        """The docstring after its first sentence."""
        return cleandoc(self.function.__doc__ or "").partition("\n\n")[2]
