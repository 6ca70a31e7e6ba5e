"""Whatever a browser brings or another system answers, the service does not fail: it is told as an error of whoever made it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from elsewhere import OIDC_CLIENT, free_port, parameters, served, serving
from fakes import FakeProvider, begin, come_back, saying
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import Browser, WebService

SOME, MANY = 10, 500
EXAMPLES = pytest.mark.parametrize(
    "examples", [pytest.param(SOME, id="some"), pytest.param(MANY, id="many", marks=pytest.mark.long)]
)
DOORS = (
    "oidc",
    "cas",
    "oidc/callback",
    "cas/callback",
    "oidc/logout",
    "oidc/sign-out",
    "cas/sign-out",
    "cas/signed-out",
)
NAMES = ("state", "code", "iss", "error", "ticket", "next", "logout_token", "logoutRequest", "lang")
CLAIMS = (
    "iss",
    "aud",
    "azp",
    "sub",
    "nonce",
    "exp",
    "iat",
    "nbf",
    "at_hash",
    "sid",
    "preferred_username",
    "realm_access",
)
WORDS = (
    "e30.e30.e30",
    "eyJhbGciOiJSUzI1NiIsImtpZCI6WzFdfQ.e30.AA",
    "ST-1-a",
    "//evil.example",
    "\0",
    "<a",
    "access_denied",
)
XML = (
    "<cas:user>",
    "</cas:user>",
    "<cas:attributes/>",
    "&amp;",
    "&x;",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?x?>",
    "a",
    "\0",
)

texts = st.one_of(st.sampled_from(WORDS), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
json_values: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("mleg: test")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["roles", "x"]), inner)),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeProvider]:
    """An OpenID provider and CAS server in one that does what tests want."""
    port = free_port()
    provider = FakeProvider(f"http://127.0.0.1:{port}")
    with served(provider, port):
        yield provider


@pytest.fixture(scope="module")
def browser(service: WebService, fake: FakeProvider) -> Iterator[Browser]:
    """A browser at the service that believes in both."""
    set_up = {
        "MLEG_OIDC_ISSUER": fake.issuer,
        **OIDC_CLIENT,
        "MLEG_OIDC_ROLES_CLAIM": "realm_access.roles",
        "MLEG_OIDC_ADMIN_ROLE": "x",
        "MLEG_CAS_URL": f"{fake.issuer}/cas",
    }
    with serving(service, free_port(), set_up) as running, Browser(running.base_url) as fresh:
        yield fresh


def trying(examples: int) -> Any:
    """Settings of hypothesis for so many examples."""
    return settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@EXAMPLES
def test_no_request_makes_the_service_fail(browser: Browser, caplog: pytest.LogCaptureFixture, examples: int) -> None:
    pairs = st.dictionaries(st.sampled_from(NAMES), texts)

    @trying(examples)
    @given(
        door=st.sampled_from(DOORS), verb=st.sampled_from(["GET", "POST"]), query=pairs, form=pairs, begun=st.booleans()
    )
    def sent(door: str, verb: str, query: dict[str, str], form: dict[str, str], *, begun: bool) -> None:
        if begun:
            query = query | {"state": begin(browser)["state"]}
        data = form if verb == "POST" else None
        answer = browser.client.request(verb, f"{browser.base_url}sign-in/{door}", params=query, data=data)
        assert answer.status_code not in {500, 501}

    sent()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@EXAMPLES
def test_no_claims_make_the_service_fail(browser: Browser, fake: FakeProvider, examples: int) -> None:
    @trying(examples)
    @given(claims=st.dictionaries(st.sampled_from(CLAIMS), json_values, max_size=4))
    def signed(claims: dict[str, Any]) -> None:
        browser.client.cookies.clear()
        asked = begin(browser)
        fake.gives(fake.token({"nonce": asked["nonce"], "preferred_username": "nobody.known"} | claims))
        assert come_back(browser, asked, iss=fake.issuer).status_code in {403, 502}

    signed()


@EXAMPLES
def test_no_answer_of_a_cas_server_makes_the_service_fail(browser: Browser, fake: FakeProvider, examples: int) -> None:
    start = '<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess>'
    end = "</cas:authenticationSuccess></cas:serviceResponse>"
    inside = st.lists(st.sampled_from(XML), max_size=8).map(lambda parts: (start + "".join(parts) + end).encode())

    @trying(examples)
    @given(body=st.one_of(inside, st.binary(max_size=100)))
    def said(body: bytes) -> None:
        browser.client.cookies.clear()
        fake.answers["/cas/p3/serviceValidate"] = saying(body)
        service = parameters(browser.open("sign-in/cas").headers["Location"])["service"]
        assert browser.open(f"{service}&ticket=ST-1-a").status_code in {403, 502}

    said()
