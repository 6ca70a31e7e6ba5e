"""Every door says who may come in."""

from collections.abc import Iterator

import pytest
from flask import Flask
from marshmallow import Schema

from usosapi_mleg.application import create_app
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.protocol.dumping import nested_schema
from usosapi_mleg.protocol.method import IGNORED, REQUIRED, Method, Need, Shape
from usosapi_mleg.protocol.module import METHODS
from usosapi_mleg.protocol.selector import declared_fields, is_secondary
from usosapi_mleg.settings import Settings

PAGES = {
    "/.well-known/oauth-authorization-server": "anybody: says where the doors of OAuth 2.0 are",
    "/": "anybody: leads to the student's page",
    "/admin/access": "an administrator who is signed in",
    "/admin/access/<int:person_id>": "an administrator who is signed in; with a CSRF token",
    "/admin/consumers": "an administrator who is signed in",
    "/admin/consumers/<key>": "an administrator who is signed in",
    "/admin/consumers/<key>/<name>": "an administrator who is signed in; with a CSRF token",
    "/developers/": "anybody: registers an app; with a CSRF token, or from our own page",
    "/developers/console/": "somebody who is signed in: prepares a signed call with keys of their own",
    "/developers/console/token": "somebody who is signed in; with a CSRF token",
    "/developers/keys/<key>/<name>": "who registered the app; with a CSRF token",
    "/kontroler.php": "a student who is signed in; forms with a CSRF token",
    "/language": "anybody: sets a cookie",
    "/ministry/callback": "the ministry: signed with the shared secret",
    "/forgotten-password": "anybody: asks for a mail with a link",
    "/my-account": "somebody who is signed in",
    "/my-account/password": "somebody who is signed in and knows the old password; with a CSRF token",
    "/my-account/sessions": "somebody who is signed in; with a CSRF token",
    "/my-apps": "somebody who is signed in; with a CSRF token",
    "/new-password": "whoever has a link that was sent by mail; it works once",
    "/oauth2/authorize": "somebody who is signed in; with a CSRF token",
    "/oauth2/device": "somebody who is signed in; with a CSRF token",
    "/oauth2/device_authorization": "an app for kiosks, with its secret or key if it has one",
    "/oauth2/introspect": "an app with its secret or key",
    "/oauth2/revoke": "an app, with its secret or key if it has one",
    "/oauth2/token": "an app, with its secret or key if it has one, and something to redeem",
    "/photos/<link>.jpg": "whoever was given the address, which is long and random",
    "/sign-in": "anybody",
    "/sign-in/<any(oidc, cas):way>": "anybody: leads to the other system, and remembers that in a sealed cookie",
    "/sign-in/<any(oidc, cas):way>/signed-out": "anybody: says that they are signed out",
    "/sign-in/<any(oidc, cas):way>/sign-out": "anybody: leads to where they sign out at the other system",
    "/sign-in/cas/callback": "whoever began here, with a ticket; the CAS server, which knows the ticket of the session that it ends",
    "/sign-in/oidc/callback": "whoever began here, with a code",
    "/sign-in/oidc/logout": "the OpenID provider: with a token that it signed",
    "/sign-out": "somebody who is signed in; with a CSRF token",
    "/usosapiProxy.php": "somebody who is signed in; with a CSRF token",
}
"""Every route that is no method of the API and no page below `READING`, and who may come."""

READING = ("/developers/", "/help/", "/static/")
"""What can only be got below these is documentation for anybody."""

CODES = {"token", "activation_code", "distribution_pass"}


@pytest.fixture(scope="module")
def app(service_environment: dict[str, str]) -> Flask:
    """The application; its database is never asked."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing"}
    return create_app(Settings.from_environment(service_environment | nowhere))


def test_every_route_is_a_declared_method_or_in_the_list_of_pages(app: Flask) -> None:
    routes = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(READING) or set(rule.methods or ()) - {"GET", "HEAD", "OPTIONS"}
    }
    assert routes - {f"/{name}" for name in METHODS} == set(PAGES)
    assert {f"/{name}" for name in METHODS} <= routes


def test_every_method_answers_get_and_post(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.removeprefix("/") in METHODS:
            assert rule.methods == {"GET", "HEAD", "POST", "OPTIONS"}


def every_method() -> list[Method]:
    """Give all methods in the order of their names."""
    return sorted(METHODS.values(), key=lambda method: method.name)


@pytest.mark.parametrize("method", every_method(), ids=lambda method: method.name)
def test_a_method_says_who_may_call_it(method: Method) -> None:
    assert isinstance(method.consumer, Need)
    assert isinstance(method.token, Need)
    assert set(method.scopes) <= set(SCOPES)
    if method.scopes or method.reveals_codes or method.request_token:
        assert method.token is REQUIRED
    if method.token is not IGNORED:
        assert method.consumer is not IGNORED
    if method.administrative:
        assert method.consumer is REQUIRED
    if method.reveals_codes:
        assert method.scopes
        assert method.ssl


@pytest.mark.parametrize("method", every_method(), ids=lambda method: method.name)
def test_a_method_is_described_for_developers(method: Method) -> None:
    assert method.brief_description
    for schema in filter(None, (method.arguments, method.result)):
        for name, field in declared_fields(schema).items():
            assert field.metadata.get("description"), f"{method.name}: {name}"


def fields_of(schema: type[Schema], *, secondary: bool) -> Iterator[str]:
    """Give the names of all fields that can be selected of a result, those of objects inside too."""
    for name, field in declared_fields(schema).items():
        if secondary or not is_secondary(field):
            yield name
        if inner := nested_schema(field):
            yield from fields_of(inner, secondary=False)


@pytest.mark.parametrize("method", every_method(), ids=lambda method: method.name)
def test_codes_are_in_no_result_but_of_methods_that_reveal_them(method: Method) -> None:
    if method.result is not None and not method.reveals_codes:
        assert not CODES & set(fields_of(method.result, secondary=method.shape is Shape.ONE))
