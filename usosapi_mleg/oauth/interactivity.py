"""How much a person is asked when an app sends them to `services/oauth/authorize`."""

from collections.abc import Set as AbstractSet
from enum import StrEnum

from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import BadOAuthRequestError
from usosapi_mleg.oauth.tokens import Asked

_UNKNOWN = Text(
    "Aplikacja wysłała Cię tu z nieznaną wartością parametru interactivity. Zgłoś to autorom aplikacji.",
    "The app sent you here with an unknown value of the parameter interactivity. Please tell the makers of the app.",
)


class Interactivity(StrEnum):
    """What the app wants."""

    MINIMAL = "minimal"
    """Ask no more than is needed."""
    CONFIRM_USER = "confirm_user"
    """Do not take for granted that the right person is signed in."""


def checked(value: str) -> Interactivity:
    """Read the parameter; raise `BadOAuthRequestError` for a value that is not known."""
    try:
        return Interactivity(value)
    except ValueError:
        raise BadOAuthRequestError(
            f"Parameter interactivity has invalid value: use {' or '.join(Interactivity)}.", user_message=_UNKNOWN
        ) from None


def needs_no_page(
    wish: Asked, granted: AbstractSet[str] | None, interactivity: Interactivity, *, any_callback: bool
) -> bool:
    """Tell whether what the app asks for can be given without a page, because the person has allowed all of it before.

    Whoever knows an app's consumer secret (it can be read out of every copy of an app for phones) could send people here and have
    their verifier delivered, with nobody noticing. So this is done only for a registered https address: nobody but the app's makers
    can receive what is sent there (as RFC 8252, section 8.6, has it for public clients). `any_callback`: done whatever the callback,
    as at USOS.
    """
    if interactivity is not Interactivity.MINIMAL or granted is None or not granted >= set(wish.scopes):
        return False
    return any_callback or (wish.callbacks_registered and wish.callback.startswith("https://"))
