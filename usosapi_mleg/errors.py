"""The tree of everything that can go wrong for a caller, in the terms of USOS API's error form.

HTTP statuses are not here: `protocol/errors.py` has the one table. `error` and `reason` are public and never change their meaning.
"""

from typing import Any, ClassVar

from usosapi_mleg.domain.eligibility import Reason, in_one_text
from usosapi_mleg.domain.text import Text


class MlegError(Exception):
    """Base of all errors that are told to the caller.

    `message` is for developers (English); `user_message`, where there is one, is for the person at the screen.
    """

    error: ClassVar[str | None] = None
    """USOS API's generic error code."""

    def __init__(self, message: str, *, reason: str | None = None, user_message: Text | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.user_message = user_message

    def details(self) -> dict[str, Any]:
        """Give the further keys of the error form, such as `param_name`."""
        return {}


class ParameterError(MlegError):
    """Something about one parameter."""

    def __init__(self, name: str, message: str, *, reason: str | None = None, user_message: Text | None = None) -> None:
        super().__init__(message, reason=reason, user_message=user_message)
        self.name = name

    def details(self) -> dict[str, Any]:
        """Name the parameter."""
        return {"param_name": self.name}


class ParameterMissingError(ParameterError):
    """A required parameter is absent."""

    error = "param_missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            name,
            f"Required parameter {name} is missing.",
            user_message=Text("To pole jest wymagane.", "This field is required."),
        )


class ParameterInvalidError(ParameterError):
    """A parameter has a value that cannot be used."""

    error = "param_invalid"

    def __init__(self, name: str, detail: str, *, reason: str | None = None) -> None:
        super().__init__(
            name,
            f"Parameter {name} has invalid value. {detail}",
            reason=reason,
            user_message=Text("To pole ma nieprawidłową wartość.", "This field has an invalid value."),
        )


class FieldNotFoundError(MlegError):
    """The `fields` selector names something that the method does not have."""

    error = "field_not_found"

    def __init__(self, field: str, method: str) -> None:
        super().__init__(f"Field {field} does not exist in the result of {method}.")
        self.field = field
        self.method = method

    def details(self) -> dict[str, Any]:
        """Name the field and the method."""
        return {"field_name": self.field, "method_name": self.method}


class FieldInvalidError(FieldNotFoundError):
    """The `fields` selector is malformed, or asks for sub-fields of what has none."""

    error = "field_invalid"

    def __init__(self, field: str, method: str, detail: str) -> None:
        MlegError.__init__(self, f"The fields selector is not valid at {field!r}: {detail}")
        self.field = field
        self.method = method


class ObjectNotFoundError(MlegError):
    """No such object, or none that this caller may know of: the two are not told apart."""

    error = "object_not_found"


class ObjectInvalidError(MlegError):
    """The object is there, but not in a state in which this can be done."""

    error = "object_invalid"


class NotEligibleError(ObjectInvalidError):
    """The rules do not allow this student to order now; `reasons` has every reason."""

    def __init__(self, reasons: tuple[Reason, ...]) -> None:
        super().__init__(
            "This student cannot order the mLegitymacja now: " + ", ".join(reason.code for reason in reasons) + ".",
            reason="not_eligible",
            user_message=in_one_text(reasons),
        )
        self.reasons = reasons

    def details(self) -> dict[str, Any]:
        """List the reasons with code, text and what to do next."""
        return {
            "reasons": [
                {
                    "code": reason.code,
                    "text": reason.text.as_dict(),
                    "next_step": reason.next_step.as_dict(),
                    "not_yet": reason.not_yet,
                }
                for reason in self.reasons
            ],
        }


class ConflictError(ObjectInvalidError):
    """Another act came first."""


class MethodForbiddenError(MlegError):
    """The caller is known and may not do this."""

    error = "method_forbidden"


class ScopeMissingError(MethodForbiddenError):
    """The caller's token does not cover a scope that is needed; `scope` is the least that would do."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(
            f"The access token does not cover the scope that is needed: {' or '.join(scopes)}.",
            reason="scope_missing",
        )
        self.scope = scopes[0]


class UnauthenticatedError(MlegError):
    """The credentials are missing, wrong, expired or revoked."""


class BadOAuthRequestError(MlegError):
    """The OAuth parameters are malformed, stale or used twice."""


class TooManyRequestsError(MlegError):
    """The caller has to wait."""

    def __init__(self, message: str, retry_after: int, *, user_message: Text | None = None) -> None:
        super().__init__(message, reason="too_many_requests", user_message=user_message)
        self.retry_after = retry_after
        """Seconds."""


class RequestTooLargeError(MlegError):
    """The request body is larger than any method needs."""
