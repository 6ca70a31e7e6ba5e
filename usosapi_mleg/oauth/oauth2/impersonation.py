"""Tokens with which an administrative consumer acts for a person who has allowed nothing themselves."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from usosapi_mleg.errors import MethodForbiddenError, ParameterInvalidError, ScopeMissingError
from usosapi_mleg.extensions import db
from usosapi_mleg.models import Person
from usosapi_mleg.oauth.caller import Caller
from usosapi_mleg.oauth.oauth2 import families, store
from usosapi_mleg.oauth.oauth2.given import Kind, generate


def issue(caller: Caller, person_id: int, scopes: Sequence[str]) -> tuple[str, int]:
    """Give a token and its lifetime in seconds.

    A bearer token gives no more than it has: neither further scopes nor, when it is about a person, another person, so that a token which
    was stolen does not turn into more. Raises `MethodForbiddenError` or `ParameterInvalidError`.
    """
    if caller.bearer is not None:
        _refuse_growth(caller, person_id, scopes)
    if db.session.execute(select(Person.id).where(Person.id == person_id)).one_or_none() is None:
        raise ParameterInvalidError("user_id", "There is no such user.")
    token, consumer_key = generate(Kind.ACCESS_TOKEN), str(caller.consumer_key)
    basis = store.Basis(uuid.uuid4(), consumer_key, person_id, scopes, ends_at=None)
    lifetime = store.add_access_token(token, basis, scopes, impersonated=True)
    families.note(consumer_key, "oauth2_impersonated_token", person_id, basis.family_id)
    return token, lifetime


def _refuse_growth(caller: Caller, person_id: int, scopes: Sequence[str]) -> None:
    own_person = caller.person_id if caller.token_key is not None else None
    if own_person is not None and own_person != person_id:
        raise MethodForbiddenError("This token is about another user.", reason="other_user")
    covered = caller.scopes if caller.ceiling is None else caller.ceiling
    if missing := tuple(scope for scope in scopes if scope not in covered):
        raise ScopeMissingError(missing)
