"""`/my-apps`: a person sees what they have allowed which app, and takes it back."""

from flask import Blueprint, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from usosapi_mleg.blueprints.pages import render_page, require_csrf, sign_in_first, signed_in
from usosapi_mleg.blueprints.usosweb import caller_of
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.extensions import transaction
from usosapi_mleg.oauth import permissions
from usosapi_mleg.oauth.sessions import SignedIn

my_apps = Blueprint("my_apps", __name__)


@my_apps.route("/my-apps", methods=["GET", "POST"])
def show() -> AnyResponse:
    """List the apps; by POST take back what one or all of them were allowed."""
    person = signed_in()
    if person is None:
        return sign_in_first()
    if request.method == "POST":
        require_csrf(person)
        return _take_back(person)
    apps = permissions.apps_of(person.person_id)
    offered = {key: scope for key, scope in SCOPES.items() if scope.offered}
    page = render_page("my_apps.html", apps=apps, offered=offered, done=request.args.get("done"))
    if any(app.new for app in apps):
        with transaction():
            permissions.note_told(person.person_id)
    return make_response(page)


def _take_back(person: SignedIn) -> AnyResponse:
    """Take back from one app; from all only when the person has said so twice."""
    actor = caller_of(person).actor
    if "all" not in request.form:
        with transaction():
            permissions.take_back(request.form.get("key", "").replace("\0", ""), person.person_id, actor)
        return redirect(url_for(".show", done="one"), code=303)
    if "confirmed" not in request.form:
        return make_response(render_page("my_apps_all.html", apps=permissions.apps_of(person.person_id)))
    with transaction():
        permissions.take_all_back(person.person_id, actor)
    return redirect(url_for(".show", done="all"), code=303)
