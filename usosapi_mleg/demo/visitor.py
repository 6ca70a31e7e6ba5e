"""A visitor of web pages without a browser: reads pages, fills in their forms, follows where they lead."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
TIMEOUT_SECONDS = 15.0


class PageError(Exception):
    """A page is not as a visitor needs it."""


@dataclass
class Form:
    """A form as the page holds it: what would be sent, and which buttons there are."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass
class Page:
    """A page that was visited."""

    address: str
    status: int
    text: str
    forms: list[Form]
    texts: dict[str, str]
    """The text of the first element of each class."""

    def form(self, name: str) -> Form:
        """Return the first form that has a field or button of this name.

        :raises PageError: when there is none
        """
        for form in self.forms:
            if name in form.names:
                return form
        raise PageError(f"the page {self.address} (status {self.status}) has no form with {name!r}")

    def text_of(self, css_class: str) -> str:
        """Return the text of the first element of the class.

        :raises PageError: when there is none
        """
        if css_class not in self.texts:
            raise PageError(f"the page {self.address} (status {self.status}) has nothing of class {css_class!r}")
        return self.texts[css_class]


class Visitor:
    """Somebody with cookies of their own."""

    def __init__(self) -> None:
        """Come without cookies. Proxies of the environment are not used: the demo is on this machine."""
        self._client = httpx.Client(follow_redirects=True, timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        """Give the visitor."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def visit(self, address: str) -> Page:
        """Open a page."""
        return read_page(self._client.get(address))

    def submit(self, form: Form, picture: bytes | None = None, **values: str) -> Page:
        """Send a form with what it holds and these values; a picture goes into its field `picture`.

        :raises PageError: when the form has no such field or button
        """
        if unknown := set(values) - form.names:
            raise PageError(f"the form for {form.action} has no {', '.join(sorted(unknown))}")
        sent = form.values | values
        if form.method == "get":
            return read_page(self._client.get(form.action, params=sent))
        files = {"picture": ("qr.png", picture, "image/png")} if picture is not None else None
        return read_page(self._client.post(form.action, data=sent, files=files))


def read_page(response: httpx.Response) -> Page:
    """Read the forms and texts of a page.

    :raises PageError: when the server failed
    """
    address = str(response.url)
    if response.is_server_error:
        raise PageError(f"{address} answers {response.status_code}")
    reader = _Reader(address)
    reader.feed(response.text)
    return Page(address, response.status_code, response.text, reader.forms, reader.texts)


class _Reader(HTMLParser):
    """Collects the forms and, for every class, the text of its first element."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.texts: dict[str, str] = {}
        self._address = address
        self._open: list[list[str]] = []
        self._form: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self._address, attributes.get("action", ""))
            self._form = Form(action, attributes.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and (name := attributes.get("name")):
            self._form.names.add(name)
            if tag == "input" and _is_sent(attributes):
                self._form.values[name] = attributes.get("value", "")
        if tag not in VOID:
            new = [css for css in attributes.get("class", "").split() if css not in self.texts]
            self.texts |= dict.fromkeys(new, "")
            self._open.append(new)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag not in VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for css in {css for classes in self._open for css in classes}:
            self.texts[css] = f"{self.texts[css]} {data.strip()}".strip()


def _is_sent(attributes: dict[str, str]) -> bool:
    """Say whether a browser sends the field with the form unless somebody does something to it."""
    match attributes.get("type", "text"):
        case "submit" | "button" | "reset" | "image" | "file":
            return False
        case "checkbox" | "radio":
            return "checked" in attributes
        case _:
            return True
