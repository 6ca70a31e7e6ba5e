"""A system over real HTTP that answers whatever a test wants: for attacks and failures that no real one would commit."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from elsewhere import OIDC_CLIENT, parameters
from joserfc import jwk, jwt
from serving import Browser
from werkzeug.wrappers import Request, Response

CLIENT_ID = OIDC_CLIENT["MLEG_OIDC_CLIENT_ID"]
CODE = "code-that-nobody-may-log"
ACCESS_TOKEN = "access-token-that-nobody-may-log"
Answer = Callable[[Request], Response]


@dataclass
class FakeSystem:
    """Answers by path; what has no answer is not found. `seen` lists the paths that were asked for."""

    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer, as WSGI asks."""
        request = Request(environ)
        self.seen.append(request.path)
        answer = self.answers.get(request.path, lambda _: Response(status=404))
        return answer(request)(environ, start_response)


def saying(body: str | bytes | dict[str, Any], status: int = 200, **headers: str) -> Answer:
    """Make an answer that is always the same; an object is sent as JSON."""
    content = httpx.Response(200, json=body).content if isinstance(body, dict) else body
    return lambda _: Response(content, status, headers)


def hanging(seconds: float) -> Answer:
    """Make an answer that comes too late."""

    def answer(_: Request) -> Response:
        time.sleep(seconds)
        return Response("{}")

    return answer


def dripping(parts: int, pause: float) -> Answer:
    """Make an answer that comes in small parts, each in time."""

    def body() -> Iterator[bytes]:
        for _ in range(parts):
            yield b" "
            time.sleep(pause)

    return lambda _: Response(body())


class FakeProvider(FakeSystem):
    """An OpenID provider with one key; tests change `keys`, `answers` and what it puts into tokens."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.issuer = address.rstrip("/")
        self.key: Any = jwk.generate_key("EC", "P-256", {"kid": "k1", "use": "sig"})
        self.keys: list[Any] = [self.key]
        self.metadata: dict[str, Any] = {}
        self.behave()

    def behave(self) -> None:
        """Be a good provider again."""
        self.metadata = {
            "issuer": self.issuer,
            **{f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token", "userinfo")},
            "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        }
        self.keys = [self.key]
        self.answers = {
            "/.well-known/openid-configuration": self._describe,
            "/jwks": self._show_keys,
        }
        self.seen.clear()

    def _describe(self, request: Request) -> Response:
        return saying(self.metadata)(request)

    def _show_keys(self, request: Request) -> Response:
        return saying({"keys": [key.as_dict(private=False) for key in self.keys]})(request)

    def token(self, claims: dict[str, Any], *, key: Any = None, **header: Any) -> str:
        """Sign a token; a claim of None is left out."""
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "s1", "iat": now, "exp": now + 60}
        given = {name: value for name, value in (usual | claims).items() if value is not None}
        head = {"alg": "ES256", "kid": "k1"} | header
        return jwt.encode(head, given, key or self.key, algorithms=[head["alg"]])

    def gives(self, id_token: object, **more: Any) -> None:
        """Have the token endpoint give this ID token."""
        self.answers["/token"] = saying({"id_token": id_token, "access_token": ACCESS_TOKEN, **more})


def begin(browser: Browser) -> dict[str, str]:
    """Set out to the provider; give what the service asked for."""
    response = browser.open("sign-in/oidc?next=/help/reasons")
    assert response.is_redirect, response.text
    return parameters(response.headers["Location"])


def come_back(browser: Browser, asked: dict[str, str], **response: str | None) -> httpx.Response:
    """Come back with what a good provider would send; `response` replaces parts of it, None leaves them out."""
    sent = {"state": asked["state"], "code": CODE} | response
    query = httpx.QueryParams({name: value for name, value in sent.items() if value is not None})
    return browser.open(f"sign-in/oidc/callback?{query}")
