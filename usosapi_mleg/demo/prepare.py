"""Brings the demo's database up to date and loads its people and apps."""

from collections.abc import Mapping
from typing import Any

from usosapi_mleg.demo.errors import DemoError


def prepare(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Migrate the database, load what is missing, and return the consumers and the users.

    :param environment: the settings of the service
    :raises DemoError: when the database is of a newer version than the program
    """
    # Here and not above: the whole service takes a second to import, in which other parts already start.
    from usosapi_mleg import create_app
    from usosapi_mleg.demo.fill import fill
    from usosapi_mleg.extensions import db
    from usosapi_mleg.migrating import NewerDatabaseError, upgrade
    from usosapi_mleg.settings import Settings

    app = create_app(Settings.from_environment(environment))
    try:
        upgrade(app)
        return fill(app)
    except NewerDatabaseError as error:
        raise DemoError(str(error)) from error
    finally:
        with app.app_context():
            db.engine.dispose()
