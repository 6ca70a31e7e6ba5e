"""A university's door for callbacks: a real HTTP server that keeps what it gets."""

import base64
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from running_sandbox import wait_for
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"a secret that only two know, yes").decode()


@dataclass
class Receiver:
    """The server; `statuses` are answered one after the other, then 204."""

    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[float, dict[str, str], bytes]] = field(default_factory=list)

    def start(self, port: int = 0) -> None:
        """Listen on a port of 127.0.0.1."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append((time.monotonic(), dict(self.headers), body))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 204)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """The address for callbacks."""
        return f"http://127.0.0.1:{self._server.server_port}/callback"

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def wait(self, key: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for callbacks about a key, check every signature, and return their data in order of arrival."""
        return wait_for(lambda: found if len(found := self.data(key)) >= count else None)

    def data(self, key: str) -> list[dict[str, Any]]:
        """Return the data of the callbacks about a key so far."""
        messages = [Webhook(SECRET).verify(body, headers) for _, headers, body in list(self.requests)]
        assert {message["type"] for message in messages} <= {"document.changed"}
        return [message["data"] for message in messages if message["data"]["key"] == key]
