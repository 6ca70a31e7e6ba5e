"""`/admin/`: administrators look after consumers, and end the access that apps have to a person."""

from flask import Blueprint, abort, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import problem_page, render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.blueprints.usosweb import caller_of
from usosapi_mleg.domain.actor import Actor
from usosapi_mleg.domain.text import Text
from usosapi_mleg.errors import ConflictError
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import administration as admin
from usosapi_mleg.oauth import permissions
from usosapi_mleg.oauth.administration import Act, SeenConsumer
from usosapi_mleg.oauth.consumers import State

LONGEST_REASON = 300
_LONGEST_WORDS = 100
_MOST_PAGES = 10_000
_TITLE = Text("Nie udało się", "That did not work")
_NOT_FOR_YOU = Text("Tę stronę widzą tylko administratorzy.", "Only administrators see this page.")
_TOO_LATE = Text(
    "Ktoś był szybszy: stan aplikacji jest już inny. Wróć i spójrz jeszcze raz.",
    "Somebody was faster: the app is in another state by now. Go back and look again.",
)

administration = Blueprint("administration", __name__, url_prefix="/admin")


@administration.before_request
def let_in() -> AnyResponse | None:
    """Let nobody in but administrators, and take no form but our own; this holds for every route of the blueprint."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    if person.role != "admin":
        return problem_page(_TITLE, _NOT_FOR_YOU, 403)
    if request.method == "POST":
        require_csrf(person)
    g.administrator = caller_of(person).actor
    return None


def _administrator() -> Actor:
    found: Actor = g.administrator
    return found


@administration.route("/consumers")
def consumers() -> AnyResponse:
    """List consumers: all, or those in one state, or with some words in their name."""
    words = _words("words")
    state = State(chosen) if (chosen := request.args.get("state", "")) in set(State) else None
    page = max(0, min(request.args.get("page", 0, type=int), _MOST_PAGES))
    found, total = admin.search(words, state, page)
    more = (page + 1) * admin.PAGE_SIZE < total
    values = {"found": found, "total": total, "words": words, "state": state, "page": page, "more": more}
    return make_response(render_page("admin/consumers.html", states=list(State), **values))


def _words(name: str) -> str:
    return request.args.get(name, "")[:_LONGEST_WORDS].replace("\0", "").strip()


@administration.route("/consumers/<key>")
def consumer(key: str) -> AnyResponse:
    """Show one consumer, what can be done to it, and what was."""
    seen = _look_at(key)
    return make_response(
        render_page("admin/consumer.html", one=seen, history=admin.history(key), done=request.args.get("done"))
    )


def _look_at(key: str) -> SeenConsumer:
    seen = admin.look_at(key) if "\0" not in key else None
    if seen is None:
        abort(404)
    return seen


@administration.route("/consumers/<key>/<name>", methods=["GET", "POST"])
def act(key: str, name: str) -> AnyResponse:
    """Ask for the reason of an act; with it, do it."""
    if name not in set(Act):
        abort(404)
    seen, wanted = _look_at(key), Act(name)
    if request.method == "GET":
        return _ask_for_reason(seen, wanted)
    if (reason := _reason()) is None:
        return _ask_for_reason(seen, wanted, 400)
    try:
        with transaction():
            secret = admin.perform(key, wanted, _administrator(), reason)
    except ConflictError:
        return problem_page(_TITLE, _TOO_LATE, 409)
    if secret is not None:
        return make_response(render_page("developers/new_secret.html", name=seen.name, which=wanted, secret=secret))
    return redirect(url_for(".consumer", key=key, done=wanted), code=303)


def _ask_for_reason(seen: SeenConsumer, wanted: Act, status: int = 200) -> AnyResponse:
    page = render_page("admin/act.html", one=seen, act=wanted, longest=LONGEST_REASON, missing=status != 200)  # noqa: PLR2004
    return make_response(page, status)


def _reason() -> str | None:
    """Give the reason that was typed, as one line; None when there is none or it is too long."""
    typed = " ".join(request.form.get("reason", "").replace("\0", " ").split())
    return typed if 0 < len(typed) <= LONGEST_REASON else None


@administration.route("/access")
def access() -> AnyResponse:
    """Find a person by user name or student number."""
    who = _words("who")
    found = admin.find_people(who) if who else []
    return make_response(render_page("admin/access.html", who=who, found=found))


@administration.route("/access/<int:person_id>", methods=["GET", "POST"])
def access_of(person_id: int) -> AnyResponse:
    """Show which apps a person has allowed something, and end the access of all of them."""
    person = admin.find_person(person_id) if person_id < 2**63 else None
    if person is None:
        abort(404)
    missing = False
    if request.method == "POST":
        if (reason := _reason()) is not None:
            with transaction():
                permissions.take_all_back(person_id, _administrator(), reason=reason)
            return redirect(url_for(".access_of", person_id=person_id, done="all"), code=303)
        missing = True
    page = render_page(
        "admin/access_of.html",
        one=person,
        apps=permissions.apps_of(person_id),
        longest=LONGEST_REASON,
        missing=missing,
        done=request.args.get("done"),
    )
    return make_response(page, 400 if missing else 200)
