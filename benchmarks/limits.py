"""Measures what the coarse limits add to one call of an app for a person, in µs of CPU: address, app and person counted.

    script/environment test benchmarks/limits.py

A whole call of `services/mlegitymacja/status` costs some hundreds of µs.
"""

import statistics
import time

from flask import Flask

from usosapi_mleg.oauth import limits
from usosapi_mleg.oauth.caller import Caller

CALLS = 2000
ROUNDS = 15
PEOPLE = 20_000
"""How many different people call within the minute."""
MOST = 1_000_000_000


def measure(calls: int = CALLS, rounds: int = ROUNDS) -> float:
    """Give what the limits add to one call, in µs of CPU: the median of several rounds."""
    app = Flask(__name__)
    app.extensions["mleg_limiter"] = limits.Limiter(dict.fromkeys(limits.Kind, MOST), limits.OwnCounts())
    callers = [Caller(consumer_key="x" * 20, token_key="y" * 20, person_id=number) for number in range(PEOPLE)]
    with app.app_context():
        return statistics.median(_seconds(callers, round_ * calls, calls) for round_ in range(rounds)) * 1e6


def _seconds(callers: list[Caller], first: int, calls: int) -> float:
    """Give the CPU time of one call."""
    began = time.process_time()
    for number in range(first, first + calls):
        limits.count_address(f"10.0.{number % 200}.1")
        limits.count_caller(callers[number % PEOPLE])
    return (time.process_time() - began) / calls


if __name__ == "__main__":
    print(f"{measure():6.1f} µs of CPU per call")
