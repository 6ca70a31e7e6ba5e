"""An app's server that wants to be told of changes: confirms or not, takes in what it is told, answers as it is asked to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Subscriber:
    """What came in, and how to answer."""

    url: str = ""
    questions: list[dict[str, list[str]]] = field(default_factory=list)
    """The query of every GET request."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """The JSON of every POST request, whatever was answered."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """The headers of every POST request, names in lower case."""
    confirm_status: int = 200
    confirm_body: bytes | None = None
    """What to answer to a question; None: the challenge."""
    status: int = 200
    """What to answer to a message."""
    location: str | None = None
    """Where to redirect to."""
    released: threading.Event = field(default_factory=threading.Event)
    hanging: bool = False
    """Answer to messages only when `released` is set."""

    @property
    def entries(self) -> list[dict[str, Any]]:
        """All changes that were told, in order."""
        return [entry for message in self.messages for entry in message["entry"]]


@contextmanager
def running_subscriber() -> Iterator[Subscriber]:
    """Run a subscriber on a free port."""
    subscriber = Subscriber()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            subscriber.questions.append(query)
            challenge = query.get("hub.challenge", [""])[0].encode()
            self.answer(
                subscriber.confirm_status, challenge if subscriber.confirm_body is None else subscriber.confirm_body
            )

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            subscriber.headers.append({name.lower(): value for name, value in self.headers.items()})
            subscriber.messages.append(json.loads(content))
            if subscriber.hanging:
                subscriber.released.wait(20)
            self.answer(subscriber.status, b"")

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if subscriber.location:
                self.send_header("Location", subscriber.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:  # the other side did not wait for the answer
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    subscriber.url = f"http://127.0.0.1:{server.server_address[1]}/told?app=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield subscriber
    finally:
        subscriber.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def stays(look: Any, seconds: float = 2.5) -> bool:
    """Tell whether something stays true for a while: longer than the worker waits between two looks."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not look():
            return False
        time.sleep(0.05)
    return True
