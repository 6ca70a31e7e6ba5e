"""What comes in through the forms of the developers' site."""

from collections.abc import Callable
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate

from usosapi_mleg.domain.text import Text
from usosapi_mleg.oauth.oauth2.clients import bad_redirect_uris
from usosapi_mleg.oauth.tokens import is_callback

LONGEST_NAME = 100
LONGEST_URL = 200
LONGEST_EMAIL = 70
MOST_CALLBACKS = 10
CONFIDENTIAL = "confidential"
PUBLIC = "public"
"""Whether an app that uses OAuth 2.0 can keep a secret."""

PROBLEMS: dict[str, Text] = {
    "needed": Text("To pole jest wymagane.", "This field is required."),
    "too_long": Text("To za długi tekst.", "This is too long."),
    "bad_sign": Text("Nazwa nie może zawierać znaków sterujących.", "A name must not hold control characters."),
    "bad_url": Text(
        "To nie jest adres strony: powinien zaczynać się od https:// lub http://.",
        "This is not the address of a page: it should begin with https:// or http://.",
    ),
    "bad_email": Text("To nie jest adres e-mail.", "This is not an e-mail address."),
    "bad_callback": Text(
        "Co najmniej jeden wiersz nie jest adresem: każdy powinien zaczynać się od schematu pisanego małymi literami i „://”.",
        "At least one line is not an address: each should begin with a scheme in lower case and “://”.",
    ),
    "too_many_callbacks": Text(
        f"Podaj najwyżej {MOST_CALLBACKS} adresów.", f"Give at most {MOST_CALLBACKS} addresses."
    ),
    "callback_needed": Text(
        "Ta uczelnia wymaga co najmniej jednego adresu powrotu.",
        "This university requires at least one callback address.",
    ),
    "bad_redirect_uri": Text(
        "Pod co najmniej jeden z tych adresów nie można bezpiecznie odsyłać osób: dozwolone są https://, http:// na własnym komputerze "
        "(localhost) i własny schemat aplikacji z kropką w nazwie; bez „#” i bez nazwy użytkownika.",
        "People cannot safely be sent to at least one of these addresses: https://, http:// on one's own machine (localhost) and an app's "
        "own scheme with a dot in its name are fine; without “#” and without a user name.",
    ),
    "client_kind": Text("Wybierz jedną z możliwości.", "Choose one of the possibilities."),
    "terms": Text("Bez zgody na zasady nie wydajemy klucza.", "No key is issued unless the terms are accepted."),
    "already_exists": Text(
        "Aplikacja o tej nazwie jest już zarejestrowana. Wybierz inną nazwę.",
        "An application of this name is registered already. Choose another name.",
    ),
}
"""What is told of a field that cannot be accepted, by the code that the schema raises."""

_NEEDED: dict[str, Any] = {"required": "needed"}


def _printable(problem: str) -> Callable[[str], None]:
    """Make a check that refuses control characters."""

    def check(value: str) -> None:
        if not value.isprintable():
            raise ValidationError(problem)

    return check


def _check_callbacks(callbacks: list[str]) -> None:
    if len(callbacks) > MOST_CALLBACKS:
        raise ValidationError("too_many_callbacks")
    if not all(map(is_callback, callbacks)):
        raise ValidationError("bad_callback")


def _check_redirect_uris(addresses: list[str]) -> None:
    if len(addresses) > MOST_CALLBACKS:
        raise ValidationError("too_many_callbacks")
    if bad_redirect_uris(addresses):
        raise ValidationError("bad_redirect_uri")


def _read_lines(value: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in value.splitlines() if line.strip()))


class RegistrationSchema(Schema):
    """The application for a consumer key."""

    class Meta:
        """Options of marshmallow."""

        unknown = EXCLUDE

    name = fields.String(
        required=True,
        validate=[validate.Length(max=LONGEST_NAME, error="too_long"), _printable("bad_sign")],
        error_messages=_NEEDED,
    )
    url = fields.Url(
        load_default=None,
        schemes={"http", "https"},
        require_tld=False,
        validate=[validate.Length(max=LONGEST_URL, error="too_long"), _printable("bad_url")],
        error_messages={"invalid": "bad_url"},
    )
    email = fields.Email(
        required=True,
        validate=validate.Length(max=LONGEST_EMAIL, error="too_long"),
        error_messages=_NEEDED | {"invalid": "bad_email"},
    )
    callbacks = fields.Function(
        deserialize=_read_lines,
        load_default=list,
        validate=_check_callbacks,
        error_messages={"required": "callback_needed"},
    )
    redirect_uris = fields.Function(deserialize=_read_lines, load_default=list, validate=_check_redirect_uris)
    client_kind = fields.String(
        load_default=CONFIDENTIAL, validate=validate.OneOf([CONFIDENTIAL, PUBLIC], error="client_kind")
    )
    terms = fields.String(
        required=True, validate=validate.Equal("yes", error="terms"), error_messages={"required": "terms"}
    )

    def __init__(self, *, callbacks_required: bool) -> None:
        super().__init__()
        self.fields["callbacks"].required = callbacks_required

    @pre_load
    def trim(self, data: dict[str, str], **_kwargs: object) -> dict[str, str]:
        """Take a field with nothing but blanks as one that was left out."""
        return {name: value.strip() for name, value in data.items() if value.strip()}

    @post_load
    def forget_terms(self, data: dict[str, Any], **_kwargs: object) -> dict[str, Any]:
        """Leave out what only had to be ticked."""
        return {name: value for name, value in data.items() if name != "terms"}
