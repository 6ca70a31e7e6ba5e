"""Measures what the machinery adds to one call of a method, in µs of CPU: arguments checked, fields chosen, the answer written.

    script/environment test benchmarks/machinery.py

The method is shaped as `services/mlegitymacja/status` is. The bare work, from which the machinery's is told apart, is its function and
`json.dumps` of the same dictionary.
"""

import json
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime

from flask import Flask, Response
from werkzeug.test import create_environ

from usosapi_mleg.domain.order import Status
from usosapi_mleg.oauth.caller import ANONYMOUS
from usosapi_mleg.protocol.dispatch import answer_request
from usosapi_mleg.protocol.method import IGNORED, Call, Method
from usosapi_mleg.schemas.mlegitymacja import OneOrderArguments, OrderSchema
from usosapi_mleg.services.orders import OrderView

CALLS = 200
ROUNDS = 15

ORDER = OrderView(
    id=uuid.UUID("0198f0e0f4a07c3b9a4d1f2e3c4b5a69"),
    status=Status.COLLECTED,
    version=4,
    ordered_at=datetime(2026, 10, 1, 8, 15, tzinfo=UTC),
    status_changed_at=datetime(2026, 10, 2, 17, 3, tzinfo=UTC),
    student_number="012345",
    valid_until=date(2027, 3, 31),
    card_number="0000123456",
    issued_on=date(2026, 10, 2),
    collected_at=datetime(2026, 10, 2, 17, 3, tzinfo=UTC),
    failure_code=None,
)


def status(call: Call, *, order_id: uuid.UUID | None) -> OrderView:  # noqa: ARG001 - every method is given its call
    """See the state of an order that is at hand."""
    return ORDER


CALL = Call(ANONYMOUS)
METHOD = Method(
    name="services/benchmark/status",
    function=status,
    consumer=IGNORED,
    token=IGNORED,
    arguments=OneOrderArguments,
    result=OrderSchema,
)
"""Open to all: to find out who signed a call is not the machinery's work."""
QUERIES = {
    "no choice of fields": f"order_id={ORDER.id.hex}",
    "three fields": f"order_id={ORDER.id.hex}&fields=id|status|expiration_date",
}


def measure(query: str, calls: int = CALLS, rounds: int = ROUNDS) -> float:
    """Give what the machinery adds to one call, in µs of CPU: the median of several rounds."""
    app = Flask(__name__)
    environ = create_environ(query_string=query)

    def with_machinery() -> Response:
        with app.request_context(environ.copy()):
            return answer_request(METHOD)

    answer = with_machinery().get_json()

    def bare() -> Response:
        with app.request_context(environ.copy()):
            status(CALL, order_id=ORDER.id)
            return Response(json.dumps(answer), content_type="application/json")

    return statistics.median(_seconds(with_machinery, calls) - _seconds(bare, calls) for _ in range(rounds)) * 1e6


def _seconds(work: Callable[[], Response], calls: int) -> float:
    """Give the CPU time of one call."""
    began = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - began) / calls


if __name__ == "__main__":
    for name, query in QUERIES.items():
        print(f"{measure(query):6.1f} µs of CPU per call, {name}")
