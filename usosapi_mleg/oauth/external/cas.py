"""Sign-in by CAS (protocol 3): the server's page, a service ticket, and what the server says about it.

The server names a service by its address, so the state of the attempt stands in the address: a ticket that somebody else got does not
fit the attempt of this browser.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from usosapi_mleg.oauth.external.calling import call
from usosapi_mleg.oauth.external.identities import ExternalPerson, checked, lower_ascii, role_among
from usosapi_mleg.oauth.external.problems import ExternalSignInError, Problem, not_confirmed, stale
from usosapi_mleg.oauth.external.round_trip import RoundTrip
from usosapi_mleg.sign_in_settings import CasSettings

WAY = "cas"
LARGEST_LOGOUT_REQUEST = 16 * 1024
_CAS = "{http://www.yale.edu/tp/cas}"
_SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_TICKET = re.compile(r"ST-[A-Za-z0-9._-]{1,253}")
_OK = 200


class _NoDoctype(TreeBuilder):
    """Refuses every document type declaration, and with it entities, the stuff that XML bombs are made of."""

    def doctype(self, *_declared: Any) -> None:
        """Refuse."""
        raise ValueError("There must be no document type declaration.")


def login_address(cas: CasSettings, service: str) -> str:
    """Give where to send the person to; `service` is where they come back."""
    return f"{cas.url}/login?{urlencode({'service': service})}"


def logout_address(cas: CasSettings, service: str) -> str:
    """Give where to send the person to so that they sign out there too."""
    return f"{cas.url}/logout?{urlencode({'service': service})}"


def service_address(callback: str, trip: RoundTrip) -> str:
    """Give the address by which the server knows this attempt."""
    return f"{callback}?{urlencode({'state': trip.state})}"


def identify(cas: CasSettings, service: str, ticket: str) -> ExternalPerson:
    """Ask the server whose ticket this is. Raises `ExternalSignInError`."""
    if not _TICKET.fullmatch(ticket):
        raise stale("the ticket is malformed")
    answer = call("GET", f"{cas.url}/p3/serviceValidate", params={"service": service, "ticket": ticket})
    if answer.status != _OK:
        raise not_confirmed(f"serviceValidate: HTTP {answer.status}")
    root = _parse(answer.body)
    if root is None or root.tag != f"{_CAS}serviceResponse" or len(root) != 1:
        raise not_confirmed("serviceValidate: an answer that is not CAS")
    outcome = root[0]
    if outcome.tag != f"{_CAS}authenticationSuccess":
        raise _refusal(outcome.get("code", ""))
    return _person(cas, outcome, ticket)


def _person(cas: CasSettings, outcome: Element, ticket: str) -> ExternalPerson:
    users = _texts(outcome.iterfind(f"{_CAS}user"))
    if len(users) != 1:
        raise not_confirmed("serviceValidate: not exactly one user")
    attributes = outcome.find(f"{_CAS}attributes")
    name = users[0]
    if cas.person_attribute:
        names = _attribute(attributes, cas.person_attribute)
        if len(names) != 1:
            raise not_confirmed("serviceValidate: not exactly one value of the attribute that names the person")
        name = names[0]
    roles = cas.roles
    return ExternalPerson(
        way=WAY,
        provider=cas.url,
        # Servers give the name as it was typed: somebody else is no other person by a capital letter.
        subject=lower_ascii(checked(users[0], "subject")),
        name=checked(name, "name"),
        session=ticket,
        role=role_among(_attribute(attributes, roles.source), roles) if roles.source else None,
    )


def ended_ticket(logout_request: str) -> str | None:
    """Give the ticket whose session a single-logout request (SAML 2.0) ends; None when it cannot be read."""
    if len(logout_request) > LARGEST_LOGOUT_REQUEST:
        return None
    root = _parse(logout_request.encode("utf-8", "replace"))
    if root is None or root.tag != f"{_SAMLP}LogoutRequest":
        return None
    tickets = _texts(root.iterfind(f"{_SAMLP}SessionIndex"))
    return tickets[0] if len(tickets) == 1 and _TICKET.fullmatch(tickets[0]) else None


def _refusal(code: str) -> ExternalSignInError:
    if code in {"INVALID_TICKET", "INVALID_SERVICE"}:
        return stale("the server does not know the ticket, or gave it for another address")
    if code == "INTERNAL_ERROR":
        return ExternalSignInError(Problem.UNAVAILABLE, "serviceValidate: INTERNAL_ERROR")
    known = re.fullmatch(r"[A-Z_]{1,40}", code)
    return not_confirmed(f"serviceValidate: {code if known else 'an unknown refusal'}")


def _parse(body: bytes) -> Element | None:
    """Read XML; None when it is malformed or has a document type."""
    parser = XMLParser(target=_NoDoctype())  # noqa: S314 # what is dangerous needs a document type, and that is refused
    try:
        # As text, so that no declared encoding decides how it is read.
        parser.feed(body.decode("utf-8"))
        root: Element = parser.close()
    except (ParseError, ValueError):
        return None
    return root


def _attribute(attributes: Element | None, name: str) -> list[str]:
    """Give the values of an attribute, whatever characters its name is made of."""
    return _texts(one for one in (attributes if attributes is not None else ()) if one.tag == f"{_CAS}{name}")


def _texts(elements: Iterable[Element]) -> list[str]:
    return [(element.text or "").strip() for element in elements]
