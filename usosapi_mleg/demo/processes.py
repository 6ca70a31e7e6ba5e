"""Waiting for processes that are not this one's children."""

import time
from collections.abc import Iterable

import psutil

POLL_SECONDS = 0.01


def wait_until_ended(processes: Iterable[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Wait until the processes have ended, for at most ``seconds``, and return those that have not.

    One that has ended counts even while its parent has not taken note of it: the first process of a machine or a
    container can be slow to do so for those it inherits.
    """
    deadline = time.monotonic() + seconds
    waiting = list(processes)
    while waiting := [process for process in waiting if lives(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    return waiting


def lives(process: psutil.Process) -> bool:
    """Say whether the process still runs."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
