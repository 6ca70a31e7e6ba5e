"""People at browsers of their own, each at a network address of its own, and accounts made for one test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from flask import Flask
from making import new_student
from serving import Browser, WebService
from sqlalchemy import insert, update

from usosapi_mleg.demo.visitor import read_page
from usosapi_mleg.extensions import db, transaction
from usosapi_mleg.models import Account, Person, Role
from usosapi_mleg.oauth.accounts import hash_password

PASSWORD = "correct horse battery"
_addresses = itertools.count(1)


def new_account(app: Flask, *, email: str | None = None) -> str:
    """Make a student who can sign in; give the user name."""
    person_id = new_student(app)
    username = f"student.{person_id}"
    values = {"username": username, "person_id": person_id, "password_hash": hash_password(PASSWORD)}
    with app.app_context(), transaction():
        db.session.execute(insert(Account).values(values | {"role": Role.STUDENT}))
        db.session.execute(update(Person).where(Person.id == person_id).values(email=email))
    return username


def new_address() -> str:
    """Give an address of this machine that no other test uses."""
    number = next(_addresses)
    return f"127.77.{number // 250}.{number % 250 + 1}"


@contextmanager
def visitor(service: WebService, address: str | None = None) -> Iterator[Browser]:
    """Open a browser that calls from an address: a new one if none is given."""
    with Browser(service.base_url, address or new_address()) as browser:
        yield browser


def sign_in(browser: Browser, username: str, password: str = PASSWORD) -> httpx.Response:
    """Fill in the form of the sign-in page."""
    return browser.client.post(f"{browser.base_url}sign-in", data={"username": username, "password": password})


def notice(response: httpx.Response) -> str:
    """Give what the page warns of."""
    return read_page(response).text_of("notice")
