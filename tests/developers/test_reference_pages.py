"""The reference for people: every method has its place, and the pages say what the declarations say."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from serving import Browser, WebService

import usosapi_mleg.application
from usosapi_mleg.domain.order import Status
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.errors import MlegError
from usosapi_mleg.protocol.errors import status_of
from usosapi_mleg.protocol.module import METHODS, MODULES
from usosapi_mleg.protocol.reasons import COMMON_REASONS

PAGES = (
    "developers/api/",
    "developers/api/authorization/",
    *(
        f"developers/api/definitions/{name}/"
        for name in ("rules", "datatypes", "errors", "vocabulary", "installations")
    ),
)
NOT_TOLD_BY_THE_API = {
    "already_exists",  # the registration form
    "consumer_changed",  # the administrator's page
    "data_missing",  # noted beside an order, not told of a call
    "request_token_used",  # the consent page
    "revoked_at_ministry",  # noted beside an order
}


class _Anchors(HTMLParser):
    """Collects ids, links and headlines."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags[tag] += 1
        if identity := attributes.get("id"):
            self.ids[identity] += 1
        if tag == "a" and (target := attributes.get("href")):
            self.links.append(target)
        if tag == "html":
            self.lang = attributes.get("lang") or ""


def _read(page: httpx.Response) -> _Anchors:
    assert page.status_code == 200, page.url
    anchors = _Anchors()
    anchors.feed(page.text)
    return anchors


def _page_of(module: str) -> str:
    return f"developers/api/{module}/"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_has_a_page_with_an_anchor_for_each_method(browser: Browser, module: str) -> None:
    page = browser.open(_page_of(module))
    anchors = _read(page)
    assert f":: {module} module" in page.text
    for method in MODULES[module].methods:
        assert anchors.ids[method.short_name] == 1
        assert f"{browser.base_url}{method.name}" in page.text


@pytest.mark.parametrize("address", [*PAGES, *map(_page_of, sorted(MODULES))])
def test_a_page_is_well_formed_in_both_languages(browser: Browser, address: str) -> None:
    for lang in ("pl", "en"):
        anchors = _read(browser.open(f"{address}?lang={lang}"))
        assert anchors.lang == lang
        assert anchors.tags["h1"] == 1
        assert [identity for identity, times in anchors.ids.items() if times > 1] == []


def test_no_link_of_the_site_leads_nowhere(browser: Browser) -> None:
    pages = {urljoin(browser.base_url, address) for address in ("developers/", *PAGES, *map(_page_of, MODULES))}
    ids: dict[str, Counter[str]] = {}
    targets = set()
    for address in pages:
        anchors = _read(browser.open(address))
        ids[address] = anchors.ids
        targets |= {urljoin(address, link) for link in anchors.links}
    inside = {target for target in targets if target.startswith(f"{browser.base_url}developers/")}
    assert len(inside) > len(METHODS)
    for target in inside:
        page, _, anchor = target.partition("#")
        if page in ids:
            assert not anchor or ids[page][anchor] == 1, target
        else:
            assert browser.open(page).status_code in {200, 302}, target


def test_the_address_that_apiref_gives_is_where_the_method_is_described(browser: Browser) -> None:
    for name in METHODS:
        entry = browser.open(f"services/apiref/method?name={name}").json()
        page, _, anchor = entry["ref_url"].partition("#")
        assert page == urljoin(browser.base_url, _page_of(METHODS[name].module_name))
        assert anchor == METHODS[name].short_name


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_page_says_what_apiref_says(browser: Browser, module: str) -> None:
    page = browser.open(_page_of(module)).text
    sections = {part.split('"', 1)[0]: part for part in page.split('<section class="method" id="')[1:]}
    assert set(sections) == {one.short_name for one in MODULES[module].methods}
    for short_name, section in sections.items():
        entry = browser.open(f"services/apiref/method?name={module}/{short_name}").json()
        for text in (entry["description"], entry["returns"], entry["errors"]):
            assert text in section
        for argument in entry["arguments"]:
            word = "required" if argument["is_required"] else "optional"
            assert f'<code>{argument["name"]}</code> <span class="label">{word}</span>' in section
            assert argument["description"] in section
        auth = entry["auth_options"]
        assert f"Consumer: <strong>{auth['consumer']}" in section
        assert f"Token: <strong>{auth['token']}" in section
        assert f"SSL: <strong>{'required' if auth['ssl_required'] else 'not required'}" in section
        assert all(f">{scope}</a>" in section for scope in auth["scopes"])
        assert ("<strong>Administrative:</strong>" in section) == auth["administrative_only"]
        assert ("<strong>BETA:</strong>" in section) == entry["beta"]
        assert ("<strong>Deprecated:</strong>" in section) == (entry["deprecated"] is not None)


def test_every_method_is_in_the_index(browser: Browser) -> None:
    index = browser.open("developers/api/")
    links = {urljoin(str(index.url), link) for link in _read(index).links}
    for method in METHODS.values():
        assert urljoin(browser.base_url, f"{_page_of(method.module_name)}#{method.short_name}") in links


def test_an_unknown_module_is_not_found(browser: Browser) -> None:
    assert browser.open("developers/api/services/nothing/").status_code == 404


def test_every_scope_and_every_state_is_explained(browser: Browser) -> None:
    authorization = _read(browser.open("developers/api/authorization/"))
    assert authorization.ids["scopes"] == 1
    assert [key for key in SCOPES if authorization.ids[f"scope-{key}"] != 1] == []
    vocabulary = _read(browser.open("developers/api/definitions/vocabulary/"))
    assert [state for state in Status if vocabulary.ids[f"state-{state}"] != 1] == []


def _kinds(kind: type[MlegError]) -> list[type[MlegError]]:
    return [kind, *(below for one in kind.__subclasses__() for below in _kinds(one))]


def test_every_error_code_and_every_reason_in_the_program_is_explained(browser: Browser) -> None:
    page = browser.open("developers/api/definitions/errors/").text
    for kind in _kinds(MlegError)[1:]:
        if kind.error:
            assert f"<code>{kind.error}</code>" in page
        assert f"<td>{status_of(kind)}</td>" in page
    package = Path(usosapi_mleg.__file__).parent
    sources = [path.read_text() for path in package.rglob("*.py") if not {"sandbox", "demo"} & set(path.parts)]
    used = {reason for source in sources for reason in re.findall(r'reason="([a-z_]+)"', source)}
    assert len(used) > len(COMMON_REASONS)
    explained = set(re.findall(r"<code>([a-z_]+)</code>", page))
    assert used - explained - NOT_TOLD_BY_THE_API == set()


def test_the_pages_speak_of_the_settings_of_this_installation(service: WebService, browser: Browser) -> None:
    page = browser.open("developers/api/authorization/").text
    assert "It lives for 120 minutes" in page
    installations = browser.open("developers/api/definitions/installations/").text
    assert service.base_url in installations
