"""The page on which a person allows an app some of what it asks for: one for OAuth 1.0a, OAuth 2.0 and devices."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, abort, make_response, request

from usosapi_mleg.blueprints.pages import problem_page, render_page
from usosapi_mleg.domain import duration
from usosapi_mleg.domain.scopes import OFFLINE_ACCESS, SCOPES
from usosapi_mleg.domain.text import Text
from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth import consumers

_FIELD = "scope."
_YES = "yes"
_TITLE = Text("Tej zgody nie przyjęto", "This consent was not accepted")
_NOT_ASKED = Text(
    "Formularz zawiera zgodę na coś, o co aplikacja nie prosiła. Nic nie zostało zmienione; zacznij od nowa w aplikacji.",
    "The form allows something that the app has not asked for. Nothing was changed; start again in the app.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked: for which app, for what, and where the answer goes."""

    consumer_key: str
    scopes: tuple[str, ...]
    granted: frozenset[str]
    """What the person has allowed the app before."""
    gathered: bool = False
    """The app keeps what it was allowed before, whatever is answered now: so it is at USOS with OAuth 1.0a."""
    callback: str | None = None
    """Where the browser goes afterwards; None: nowhere."""
    any_callback: bool = False
    """The app may send the person to any address, because none was registered for it."""
    device_code: str | None = None
    """What the device shows that waits for the answer."""

    @property
    def settled(self) -> frozenset[str]:
        """What there is no choice about any more."""
        return self.granted & frozenset(self.scopes) if self.gathered else frozenset()


def ask(question: Question) -> Response:
    """Show the question."""
    page = make_response(
        render_page(
            "consent.html",
            question=question,
            app=consumers.introduce(question.consumer_key),
            scopes=[SCOPES[key] for key in question.scopes if key in SCOPES and key != OFFLINE_ACCESS],
            settled=question.settled,
            lasting=OFFLINE_ACCESS,
            short_time=duration.in_words(settings().access_token_minutes),
            return_to=_shown_address(question.callback) if question.callback else None,
        )
    )
    if question.callback:
        # A browser also checks where the answer to the form redirects to.
        page.headers["X-Form-Action"] = f"{urlsplit(question.callback).scheme}:"
    return page


def chosen(question: Question) -> tuple[str, ...]:
    """Read from the form which of the scopes the person allows; none of them means: the app may know who they are.

    A form that allows what was not asked for is refused as a whole.
    """
    ticked = {
        name.removeprefix(_FIELD) for name, value in request.form.items() if name.startswith(_FIELD) and value == _YES
    }
    if not ticked <= set(question.scopes):
        abort(problem_page(_TITLE, _NOT_ASKED, 400))
    return tuple(scope for scope in question.scopes if scope in ticked | question.settled)


def _shown_address(callback: str) -> str:
    """Give as much of an address as tells a person where it leads."""
    parts = urlsplit(callback)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}" if host else f"{parts.scheme}:"
