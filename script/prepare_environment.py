"""Makes the Python environment of this checkout and runs Python in it; called by script/environment.

Only the dependencies are installed: the program itself runs from the checkout, into which nothing but the environment
is written, and not even that when the checkout is read-only.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
STAMP = "usosapi_mleg.json"
LINES_SHOWN = 15
INSTALLER = "uv>=0.12,<1"


def main(extra: str, arguments: list[str]) -> None:
    """Bring the environment up to date, then become its Python or print its path."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = find_or_make(requirements(extra))
    python = str(folder / "bin" / "python")
    if not arguments:
        print(python)
        return
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    os.execve(python, [python, *arguments], environment)  # noqa: S606 - becomes the program, no shell


def requirements(extra: str) -> list[str]:
    """Return what pyproject.toml asks for, with an extra that names another one unfolded."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    nested = re.compile(rf"{project['name']}\[(\w+)\]")
    wanted = set(project["dependencies"])
    extras = [extra]
    for name in extras:
        for line in project["optional-dependencies"][name]:
            if match := nested.fullmatch(line):
                extras.append(match[1])
            else:
                wanted.add(line)
    return sorted(wanted)


def find_or_make(wanted: list[str]) -> Path:
    """Return the folder of an environment that has everything, making it where it may be made."""
    for folder in candidates():
        if fits(folder, wanted):
            return folder
        if may_be_made(folder):
            with locked(folder.parent):
                if not fits(folder, wanted):
                    make(folder, wanted)
            return folder
    raise AssertionError("the last candidate is in a private folder")


def candidates() -> Iterator[Path]:
    """Name the places for the environment, best first."""
    yield ROOT / ".venv"
    name = f"venv-{hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:12]}"
    caches = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("HOME") and f"{os.environ['HOME']}/.cache")
    if caches:
        yield Path(caches) / "usosapi_mleg" / name
    # Others can make a folder of that name first, and would then own the programs in it.
    shared = Path(tempfile.gettempdir()) / f"usosapi_mleg-{os.geteuid()}"
    try:
        shared.mkdir(mode=0o700)
    except FileExistsError:
        found = shared.lstat()
        private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022
        shared = shared if private else Path(tempfile.mkdtemp(prefix="usosapi_mleg-"))
    yield shared / name


def may_be_made(folder: Path) -> bool:
    """Say whether the environment can be made there; one that somebody else made is left alone."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder.parent, os.W_OK) and (not folder.exists() or (folder / STAMP).exists())


def fits(folder: Path, wanted: list[str]) -> bool:
    """Say whether the environment there is complete, made there, still with its Python, and has all that is wanted."""
    try:
        stamp = json.loads((folder / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return (
        stamp["folder"] == str(folder)
        and stamp["python"] == str((folder / "bin" / "python").resolve())
        and os.access(folder / "bin" / "python", os.X_OK)
        and set(stamp["requirements"]) >= set(wanted)
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one process at a time work in the folder; the kernel frees the lock when its holder dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start that is preparing the environment")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make(folder: Path, wanted: list[str]) -> None:
    """Make the environment, or add what it lacks when it is complete and in order."""
    say("preparing the environment (first time: up to a minute)")
    # The embedded PostgreSQL runs as another user when root starts it, so its programs must be readable for all.
    os.umask(0o022)
    if not fits(folder, []):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / STAMP).write_text("not complete", "utf-8")
        run([sys.executable, "-m", "venv", str(folder)], "The Python environment could not be made")
    python = folder / "bin" / "python"
    (folder / STAMP).write_text("not complete", "utf-8")
    install(python, wanted)
    stamp = {"folder": str(folder), "python": str(python.resolve()), "requirements": wanted}
    (folder / STAMP).write_text(json.dumps(stamp), "utf-8")


def install(python: Path, wanted: list[str]) -> None:
    """Install with uv, which takes a quarter of pip's time; with pip where uv cannot be had or does not get through."""
    pip = [str(python), "-m", "pip"]
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--prefer-binary"]
    if not own_index(pip) and succeeds([*pip, "install", *options, INSTALLER]):
        uv = [str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "--link-mode", "copy"]
        readable = ["chmod", "-R", "a+rX", str(python.parent.parent)]
        if succeeds([*uv, "--system-certs", *wanted]) and succeeds(readable):
            return
    run([*pip, "install", *options, *wanted], "The packages could not be installed")


def own_index(pip: list[str]) -> bool:
    """Say whether pip is told to take packages from elsewhere than PyPI, which uv would not know of."""
    listed = subprocess.run([*pip, "config", "list"], check=False, capture_output=True, text=True)
    return re.search(r"\.index-url=", listed.stdout) is not None


def succeeds(command: list[str]) -> bool:
    """Run a command without a word; say whether it worked."""
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def run(command: list[str], failure: str) -> None:
    """Run a command quietly; when it fails, show the end of what it said and one sentence, and exit."""
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        fail("\n".join([*done.stdout.splitlines()[-LINES_SHOWN:], f"{failure}; the lines above say why."]))


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)


def fail(text: str) -> NoReturn:
    """End with a message."""
    sys.exit(text)


if __name__ == "__main__":
    try:
        main(sys.argv[1], sys.argv[2:])
    except KeyboardInterrupt:
        sys.exit(1)
