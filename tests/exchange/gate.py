"""A door before the ministry that notes every call and can hold one, before the ministry hears of it or before its answer arrives."""

import json
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

LONGEST_HOLD_SECONDS = 60.0


class Held(Enum):
    """Where a call is held."""

    BEFORE = "before the ministry hears of it"
    AFTER = "after the ministry has answered"


@dataclass
class Call:
    """One call to the ministry; `answered` is None until the answer has gone back to the caller."""

    path: str
    keys: tuple[str, ...]
    began: float
    answered: float | None = None
    status: int | None = None


@dataclass
class Hold:
    """One call that is, or is to be, held."""

    path: str
    place: Held
    call: Call | None = None
    caught: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the call go on, whether its caller still lives or not."""
        self.released.set()

    @property
    def keys(self) -> list[str]:
        """The document keys of the call that is held."""
        assert self.call is not None
        return list(self.call.keys)


class Gate:
    """A real HTTP server on the loopback address that passes calls on to `target`."""

    def __init__(self, target: str) -> None:
        self.calls: list[Call] = []
        self._holds: list[Hold] = []
        self._lock = threading.Lock()
        self._client = httpx.Client(base_url=target, timeout=60, trust_env=False, verify=False)
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                gate.pass_on(self)

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """The caller was killed: nobody waits for the answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """The address to be used instead of the ministry's."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def hold(self, path: str, place: Held) -> Hold:
        """Hold the next call to `path` (`documents`, `documents/fetch` or `documents/revoke`)."""
        hold = Hold(path, place)
        with self._lock:
            self._holds.append(hold)
        return hold

    def sent(self, path: str) -> list[tuple[str, ...]]:
        """The document keys of each call to `path`, in order."""
        return [call.keys for call in list(self.calls) if call.path == path]

    def forget(self) -> None:
        """Let everything go, and begin anew."""
        with self._lock:
            for hold in self._holds:
                hold.release()
            self._holds.clear()
            self.calls.clear()

    def close(self) -> None:
        """Let everything go and stop listening."""
        self.forget()
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        """Pass one call on and give its answer back, held where that is wanted."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        call = Call(request.path.removeprefix("/api/v1/"), _keys(body), time.monotonic())
        hold = self._take_hold(call)
        self.calls.append(call)
        if hold and hold.place is Held.BEFORE:
            _wait(hold)
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        try:
            answer = self._client.post(request.path, content=body, headers=headers)
        except httpx.TransportError:
            request.close_connection = True
            return
        if hold and hold.place is Held.AFTER:
            _wait(hold)
        call.answered, call.status = time.monotonic(), answer.status_code
        request.send_response(answer.status_code)
        for name in ("Content-Type", "Retry-After"):
            if name in answer.headers:
                request.send_header(name, answer.headers[name])
        request.send_header("Content-Length", str(len(answer.content)))
        request.end_headers()
        request.wfile.write(answer.content)

    def _take_hold(self, call: Call) -> Hold | None:
        with self._lock:
            hold = next((hold for hold in self._holds if hold.call is None and hold.path == call.path), None)
            if hold:
                hold.call = call
        return hold


def _keys(body: bytes) -> tuple[str, ...]:
    content = json.loads(body)
    return tuple(content["keys"] if "keys" in content else (document["key"] for document in content["documents"]))


def _wait(hold: Hold) -> None:
    hold.caught.set()
    hold.released.wait(LONGEST_HOLD_SECONDS)
