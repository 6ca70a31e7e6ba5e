"""The reference of the API for people: pages made from the declarations."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, url_for
from markupsafe import Markup

from usosapi_mleg.blueprints.apisrv import installation
from usosapi_mleg.blueprints.pages import render_page
from usosapi_mleg.domain.order import LABELS
from usosapi_mleg.domain.scopes import SCOPES
from usosapi_mleg.errors import MlegError
from usosapi_mleg.extensions import settings
from usosapi_mleg.oauth.caller import ANONYMOUS
from usosapi_mleg.oauth.nonces import WINDOW_SECONDS
from usosapi_mleg.protocol import reference
from usosapi_mleg.protocol.errors import STATUSES, status_of
from usosapi_mleg.protocol.formats import FORMATS
from usosapi_mleg.protocol.method import Call, Method
from usosapi_mleg.protocol.module import MODULES, Module
from usosapi_mleg.protocol.reasons import COMMON_REASONS

developers = Blueprint("developers", __name__, url_prefix="/developers")


@dataclass(frozen=True, slots=True)
class _Row:
    """One kind of error on the page about errors."""

    error: str | None
    status: int
    meaning: str


@developers.context_processor
def frame() -> dict[str, Any]:
    """Give what every page of the reference shows."""
    return {"api": installation(Call(ANONYMOUS)), "inline": reference.inline}


@developers.route("/api/")
def api_index() -> str:
    """Start of the reference."""
    return render_page("developers/index.html", modules=_modules())


def _modules() -> list[Module]:
    return [MODULES[name] for name in sorted(MODULES)]


@developers.route("/api/services/<name>/")
def module(name: str) -> str:
    """Show one module with all its methods."""
    found = reference.find_module(f"services/{name}")
    if found is None:
        abort(404)
    return render_page(
        "developers/module.html",
        module=found,
        description=reference.html(found.module_description),
        methods=[_described(one) for one in found.methods],
    )


def _described(method: Method) -> dict[str, Any]:
    """Give what the page says of one method: what `services/apiref` says, as HTML."""
    entry = reference.method_entry(method, url_for("developers.api_index", _external=True))
    return entry | {
        "url": f"{settings().base_url}{method.name}",
        "description": Markup(entry["description"]),  # noqa: S704 - made by the reference, which escapes
        "returns": reference.returns_of(method),
        "errors": reference.errors_of(method),
        "arguments": [
            one | {"description": Markup(one["description"])}  # noqa: S704 - the same
            for one in entry["arguments"]
        ],
        "replacement": method.deprecated.deprecated_by if method.deprecated else None,
        "page": method.page,
        "formats": method.result is not None or not (method.content_types or method.page),
    }


@developers.route("/api/authorization/")
def authorization() -> str:
    """Explain how an app gets a person's permission."""
    return render_page(
        "developers/authorization.html",
        scopes=sorted(SCOPES.values(), key=lambda scope: (not scope.offered, scope.key)),
        methods=reference.all_methods(),
        window=WINDOW_SECONDS,
    )


@developers.route("/api/definitions/rules/")
def rules() -> str:
    """Say what holds for every call."""
    return render_page("developers/rules.html")


@developers.route("/api/definitions/datatypes/")
def datatypes() -> str:
    """Say how values are written."""
    return render_page("developers/datatypes.html", formats=FORMATS)


@developers.route("/api/definitions/errors/")
def errors() -> str:
    """List every error and every reason."""
    specific = [(one, reason, text) for one in reference.all_methods() for reason, text in one.reasons.items()]
    return render_page(
        "developers/errors.html",
        kinds=sorted(_kinds(), key=lambda row: (row.status, row.error or "")),
        common=[(reason, status_of(kind), text) for reason, (kind, text) in COMMON_REASONS.items()],
        specific=specific,
    )


def _kinds() -> list[_Row]:
    return [
        _Row(kind.error, status, " ".join((kind.__doc__ or "").partition("\n\n")[0].split()))
        for kind, status in {**STATUSES, **{kind: status_of(kind) for kind in _with_codes(MlegError)}}.items()
        if kind.error or not _with_codes(kind)
    ]


def _with_codes(kind: type[MlegError]) -> list[type[MlegError]]:
    """List the kinds of an error that have a generic code of their own."""
    found = []
    for one in kind.__subclasses__():
        if "error" in vars(one):
            found.append(one)
        found.extend(_with_codes(one))
    return found


@developers.route("/api/definitions/vocabulary/")
def vocabulary() -> str:
    """Explain the words that the reference uses."""
    return render_page("developers/vocabulary.html", labels=LABELS)


@developers.route("/api/definitions/installations/")
def installations() -> str:
    """Say where this installation is, and how an app serves several."""
    return render_page("developers/installations.html")
