"""The letter that tells a person which app got access to their data, or more of it."""

from collections.abc import Iterable

from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.domain.text import Text

_FIRST = Text("Nowa aplikacja ma dostęp do Twojego konta", "A new app has access to your account")
_MORE = Text("Aplikacja ma szerszy dostęp do Twojego konta", "An app has more access to your account")


def write(app_name: str, scopes: Iterable[str], page: str, *, first: bool) -> tuple[Text, Text]:
    """Give subject and body. `scopes` are what is new, `page` is where access is taken back, `first`: the app had none before.

    The name of the app is not in the subject: whoever registers an app chooses it.
    """
    known = [SCOPES[key].text for key in scopes if key in SCOPES]
    subject = _FIRST if first else _MORE
    body = Text(
        f"{subject.pl}. Aplikacja: „{app_name}”.\n\n"
        f"Wolno jej teraz:\n{_listed([text.pl for text in known], 'wiedzieć, kim jesteś')}\n\n"
        f"Jeśli to Twoja decyzja, nie musisz nic robić. Jeśli nie, cofnij dostęp i zmień hasło:\n{page}",
        f"{subject.en}. The app: “{app_name}”.\n\n"
        f"It may now:\n{_listed([text.en for text in known], 'know who you are')}\n\n"
        f"If you allowed this, there is nothing to do. If not, take the access back and change your password:\n{page}",
    )
    return subject, body


def _listed(lines: list[str], nothing: str) -> str:
    return "\n".join(f"- {line}" for line in lines or [nothing])
