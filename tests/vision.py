"""A stand-in for a vision model's server: it never answers the same twice."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

Reply = str | tuple[int, str]
"""A text as the model's answer, or an HTTP status and what the server says to it."""


class Stub:
    """What was asked, and what is said: `reply` gets the number of the question, from 0 on.

    Attributes:
        url: For the option `vision_url`.
        asked: The bodies of the requests.
        headers: Theirs.
        seconds: That each answer takes.
    """

    def __init__(self, reply: Callable[[int], Reply]) -> None:
        self.reply, self.seconds = reply, 0.0
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def prompts(self) -> list[str]:
        return [body["messages"][0]["content"][0]["text"] for body in self.asked]

    def pictures(self) -> list[np.ndarray]:
        """(H, W, 3) uint8 RGB each."""
        urls = [body["messages"][0]["content"][1]["image_url"]["url"] for body in self.asked]
        data = [base64.b64decode(url.removeprefix("data:image/png;base64,")) for url in urls]
        return [np.array(Image.open(io.BytesIO(one)).convert("RGB")) for one in data]

    def _answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> tuple[int, str]:
        with self._lock:
            number = len(self.asked)
            self.asked.append(body)
            self.headers.append(headers)
        time.sleep(self.seconds)
        reply = self.reply(number) if path == "/v1/chat/completions" else (404, path)
        if isinstance(reply, tuple):
            return reply
        return 200, json.dumps({"choices": [{"message": {"content": reply}}]})

    def _make_handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, text = stub._answer(self.path, dict(self.headers), body)
                with suppress(OSError):  # who asked has gone
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def serving(reply: Callable[[int], Reply] = str) -> Iterator[Stub]:
    """A server whose first answer is 0, the second 1, and so on."""
    stub = Stub(reply)
    try:
        yield stub
    finally:
        stub.close()
