"""The developers' site: applying for a consumer key, and the reference of the API."""

from flask import Blueprint

from usosapi_mleg.blueprints.pages import render_page

developers = Blueprint("developers", __name__, url_prefix="/developers")


@developers.route("/api/")
def api_index() -> str:
    """Start of the reference."""
    return render_page("problem.html")
