"""Who is calling: one value for every way in."""

from dataclasses import dataclass, field, replace

from usosapi_mleg.domain.actor import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """The app, the person and what the person allowed; an anonymous caller has none of them."""

    consumer_key: str | None = None
    administrative: bool = False
    student_front_end: bool = False
    token_key: str | None = None
    person_id: int | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)
    web_session: bool = False
    """The person is here themselves, on our own page: every scope, and no app in between."""
    impersonating: bool = False
    """An administrative consumer acts with `as_user_id`: the person did not allow this themselves."""
    ceiling: frozenset[str] | None = None
    """No scope outside it counts; None: no such limit."""
    bearer: bytes | None = None
    """SHA-256 of the OAuth 2.0 token that was presented; None: the call is signed."""

    def allows(self, scope: str) -> bool:
        """Tell whether the caller has the scope. An administrative consumer that acts for somebody has been given it by the university."""
        if self.ceiling is not None and scope not in self.ceiling:
            return False
        return self.web_session or self.impersonating or scope in self.scopes

    def weakened(self, ceiling: frozenset[str]) -> "Caller":
        """Give the same caller with no more scopes than `ceiling`."""
        lower = ceiling if self.ceiling is None else self.ceiling & ceiling
        return replace(self, scopes=self.scopes & ceiling, ceiling=lower)

    @property
    def actor(self) -> Actor:
        """Who to write down beside a change."""
        channel = "usosweb" if self.web_session else f"consumer:{self.consumer_key}"
        if self.impersonating or self.person_id is None:
            return Actor("consumer", self.consumer_key)
        return Actor("person", str(self.person_id), channel)


ANONYMOUS = Caller()
