"""The system user that PostgreSQL runs as when root starts the demo, because PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from usosapi_mleg.demo.errors import DemoError

USER = "pgserver"
ADMINISTRATION_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
MAY_PASS = 0o001


def server_user(data: Path) -> tuple[int, int] | None:
    """Return the numeric user and group for the server of this data folder; nothing for a plain user.

    A folder that exists keeps its owner, so that root may go on with what a plain user began. Otherwise it is the
    system user ``pgserver``, which is made if it is missing.

    :raises DemoError: when the data belongs to someone else or the user cannot be made
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise DemoError(f"The database in {data} belongs to another user (number {owner.st_uid}).")
        return None
    if owner and owner.st_uid != 0:
        return owner.st_uid, owner.st_gid
    user = _find() or _make()
    return user.pw_uid, user.pw_gid


def open_path_to(path: Path) -> None:
    """Let everyone pass (not list) the folders that lead to ``path``, and say so for each that was closed.

    :raises DemoError: when a folder cannot be changed
    """
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & MAY_PASS:
            try:
                folder.chmod(mode | MAY_PASS)
            except OSError as error:
                raise DemoError(
                    f"PostgreSQL runs as the user {USER}, who may not pass {folder}: {error.strerror}."
                ) from error
            print(f"opened {folder} for passing (chmod o+x): PostgreSQL runs as {USER}", file=sys.stderr)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd:
    program = shutil.which("useradd", path=ADMINISTRATION_PATH)
    advice = f"PostgreSQL does not run as root and the user {USER} cannot be made"
    if program is None:
        raise DemoError(f"{advice}: there is no useradd here; run the demo as a plain user.")
    command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    # Another start may have made it in the same moment, so what counts is that it is there.
    user = _find()
    if user is None:
        raise DemoError(f"{advice}: {made.stderr.strip() or 'useradd failed'}; run the demo as a plain user.")
    return user
