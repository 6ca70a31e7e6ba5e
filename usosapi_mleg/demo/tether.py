"""Runs a command that is told to end when the process that started it dies, under another user if asked.

The kernel keeps the wish (``PR_SET_PDEATHSIG``) across ``exec`` but drops it when the user changes, so a small program
that changes the user, states the wish and then becomes the command is the one order in which it holds. It also spares
the parent any code between fork and exec, which Python forbids once there are threads.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

PR_SET_PDEATHSIG = 1


def tethered(command: list[str], *, ending: signal.Signals, user: tuple[int, int] | None = None) -> list[str]:
    """Return the command line that runs ``command`` tied to the calling process.

    :param ending: the signal that the command gets when the calling *thread* ends, so call from the main one
    :param user: numeric user and group to run as; only root can ask for it
    """
    uid, gid = user or (-1, -1)
    place = [sys.executable, "-I", "-S", str(Path(__file__).resolve())]
    return [*place, str(os.getpid()), str(int(ending)), str(uid), str(gid), *command]


def main() -> NoReturn:
    """Become the command given on the command line."""
    parent, ending, uid, gid = (int(word) for word in sys.argv[1:5])
    command = sys.argv[5:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ending, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")
    os.execvp(command[0], command)  # noqa: S606 - a list made by the program, no shell


if __name__ == "__main__":
    main()
