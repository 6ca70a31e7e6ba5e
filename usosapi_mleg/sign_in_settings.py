"""Settings of the ways in which persons sign in: local accounts, OpenID Connect and CAS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from usosapi_mleg.domain.text import Text

_YES = {"", "1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}
_NAME = Text("konto uczelni", "your university account")


class SettingsError(Exception):
    """A setting is missing or makes no sense; the message says which and what to do."""


@dataclass(frozen=True, kw_only=True)
class RoleNames:
    """How a provider says what somebody may do: the claim or attribute, and what it holds for whom."""

    source: str | None = None
    helpdesk: str | None = None
    admin: str | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], source: str, prefix: str) -> "RoleNames":
        """Read the variable `source`, and those of the roles; raise `SettingsError` when one is no use without the other."""
        roles = cls(
            source=environ.get(source) or None,
            helpdesk=environ.get(f"{prefix}_HELPDESK_ROLE") or None,
            admin=environ.get(f"{prefix}_ADMIN_ROLE") or None,
        )
        if bool(roles.source) != bool(roles.helpdesk or roles.admin):
            raise SettingsError(
                f"{source} and the roles {prefix}_HELPDESK_ROLE and {prefix}_ADMIN_ROLE need each other: set both, or none of the three."
            )
        return roles


@dataclass(frozen=True, kw_only=True)
class OidcSettings:
    """An OpenID provider. Each is read from the environment variable named beside it."""

    issuer: str
    """MLEG_OIDC_ISSUER: the provider's issuer identifier, letter for letter as its discovery document has it."""
    client_id: str
    """MLEG_OIDC_CLIENT_ID: this service's name at the provider."""
    client_secret: str = field(repr=False)
    """MLEG_OIDC_CLIENT_SECRET: its secret there."""
    scopes: str = "openid profile"
    """MLEG_OIDC_SCOPES: what is asked for, `openid` among it."""
    person_claim: str = "preferred_username"
    """MLEG_OIDC_PERSON_CLAIM: the claim that names the account here."""
    roles: RoleNames = RoleNames()
    """MLEG_OIDC_ROLES_CLAIM (dots lead into objects: `realm_access.roles`), MLEG_OIDC_HELPDESK_ROLE, MLEG_OIDC_ADMIN_ROLE."""


@dataclass(frozen=True, kw_only=True)
class CasSettings:
    """A CAS server. Each is read from the environment variable named beside it."""

    url: str
    """MLEG_CAS_URL: the address below which `login` and `p3/serviceValidate` are, without a slash at the end."""
    person_attribute: str | None = None
    """MLEG_CAS_PERSON_ATTRIBUTE: the attribute that names the account here; None: the user name itself."""
    roles: RoleNames = RoleNames()
    """MLEG_CAS_ROLES_ATTRIBUTE, MLEG_CAS_HELPDESK_ROLE, MLEG_CAS_ADMIN_ROLE."""


@dataclass(frozen=True, kw_only=True)
class SignInSettings:
    """The ways that are open."""

    local_accounts: bool = True
    """MLEG_LOCAL_ACCOUNTS: people may sign in with a password that is kept here."""
    name: Text = _NAME
    """MLEG_SIGN_IN_NAME_PL, MLEG_SIGN_IN_NAME_EN: what people call the account of the provider."""
    oidc: OidcSettings | None = None
    cas: CasSettings | None = None

    @property
    def ways(self) -> dict[str, Text]:
        """The ways by another system, and what each is called: the same unless there are two."""
        found = {way: label for way, label in (("oidc", "OpenID Connect"), ("cas", "CAS")) if getattr(self, way)}
        if len(found) == 1:
            return dict.fromkeys(found, self.name)
        return {way: Text(f"{self.name.pl} ({label})", f"{self.name.en} ({label})") for way, label in found.items()}

    @property
    def only_way(self) -> str | None:
        """The way that everybody has to go; None when there is a choice."""
        return next(iter(self.ways)) if len(self.ways) == 1 and not self.local_accounts else None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, tls_required: bool) -> "SignInSettings":
        """Read the settings; raise `SettingsError` with one clear sentence when they cannot be used."""
        local = environ.get("MLEG_LOCAL_ACCOUNTS", "").strip().lower()
        if local not in _YES | _NO:
            raise SettingsError(f"MLEG_LOCAL_ACCOUNTS must be true or false, not {local!r}.")
        settings = cls(
            local_accounts=local in _YES,
            name=Text(
                environ.get("MLEG_SIGN_IN_NAME_PL") or _NAME.pl,
                environ.get("MLEG_SIGN_IN_NAME_EN") or _NAME.en,
            ),
            oidc=_oidc(environ, tls_required=tls_required),
            cas=_cas(environ, tls_required=tls_required),
        )
        if not settings.local_accounts and not settings.ways:
            raise SettingsError(
                "Nobody could sign in: MLEG_LOCAL_ACCOUNTS is false, and neither MLEG_OIDC_ISSUER nor MLEG_CAS_URL is set."
            )
        return settings


def _oidc(environ: Mapping[str, str], *, tls_required: bool) -> OidcSettings | None:
    names = ("MLEG_OIDC_ISSUER", "MLEG_OIDC_CLIENT_ID", "MLEG_OIDC_CLIENT_SECRET")
    given = {name: environ.get(name, "").strip() for name in names}
    if missing := [name for name, value in given.items() if not value]:
        if set(missing) != set(names) or _others(environ, "MLEG_OIDC_"):
            raise SettingsError(f"For OpenID Connect {' and '.join(missing)} must be set too.")
        return None
    issuer, client_id, client_secret = given.values()
    scopes = environ.get("MLEG_OIDC_SCOPES") or OidcSettings.scopes
    if "openid" not in scopes.split():
        raise SettingsError("MLEG_OIDC_SCOPES must have openid among them.")
    _check_address("MLEG_OIDC_ISSUER", issuer, tls_required=tls_required)
    return OidcSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=client_secret,
        scopes=scopes,
        person_claim=environ.get("MLEG_OIDC_PERSON_CLAIM") or OidcSettings.person_claim,
        roles=RoleNames.from_environment(environ, "MLEG_OIDC_ROLES_CLAIM", "MLEG_OIDC"),
    )


def _cas(environ: Mapping[str, str], *, tls_required: bool) -> CasSettings | None:
    url = environ.get("MLEG_CAS_URL", "").strip().rstrip("/")
    if not url:
        if _others(environ, "MLEG_CAS_"):
            raise SettingsError("For CAS MLEG_CAS_URL must be set too.")
        return None
    _check_address("MLEG_CAS_URL", url, tls_required=tls_required)
    return CasSettings(
        url=url,
        person_attribute=environ.get("MLEG_CAS_PERSON_ATTRIBUTE") or None,
        roles=RoleNames.from_environment(environ, "MLEG_CAS_ROLES_ATTRIBUTE", "MLEG_CAS"),
    )


def _others(environ: Mapping[str, str], prefix: str) -> bool:
    return any(value.strip() for name, value in environ.items() if name.startswith(prefix))


def _check_address(name: str, address: str, *, tls_required: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise SettingsError(
            f"{name} must be an address such as https://login.example.edu.pl/, without query or fragment."
        )
    if tls_required and parts.scheme != "https":
        raise SettingsError(f"{name} must begin with https:// in production.")
