"""An agent in one file of standard Python: it answers what it received and remembers how often it was asked.

The memory is a plain variable. The platform pauses the process when nobody talks to it and wakes it with the next
request, so the variable is all the storage that a conversation needs.
"""

import json
import os
import threading
from datetime import datetime, timezone
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = "hello-agent"
MAX_BODY_BYTES = 1024 * 1024


class Conversation:
    """How many turns were taken. Requests are answered by threads, so the count has a lock."""

    def __init__(self):
        self._lock = threading.Lock()
        self._turns = 0

    def take_turn(self):
        with self._lock:
            self._turns += 1
            return self._turns

    @property
    def turns(self):
        return self._turns


class BadRequest(Exception):
    """What the caller did wrong, in words for the caller."""

    def __init__(self, message, status=HTTPStatus.BAD_REQUEST):
        super().__init__(message)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keep-alive
    disable_nagle_algorithm = True  # an answer is small and wanted now
    wbufsize = -1  # headers and body leave in one packet
    conversation = Conversation()

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/health":
            self.answer(HTTPStatus.OK, {"status": "ok"})
        elif path == "/":
            usage = 'POST {"prompt": "..."} to this address'
            self.answer(HTTPStatus.OK, {"agent": NAME, "turns": self.conversation.turns, "usage": usage})
        else:
            self.answer(HTTPStatus.NOT_FOUND, {"error": f"no such path: {path}"})

    def do_POST(self):
        try:
            prompt = self.read_prompt()
        except BadRequest as problem:
            self.answer(problem.status, {"error": str(problem)})
            return
        self.answer(
            HTTPStatus.OK,
            {
                "response": f"Hello Agent received: {prompt}",
                "agent": NAME,
                "timestamp": datetime.now(timezone.utc).isoformat(),
                "original_prompt": prompt,
                "turns": self.conversation.take_turn(),
            },
        )

    def read_prompt(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.close_connection = True  # where the body ends is unknown, so nothing can follow it
            raise BadRequest("Content-Length is required", HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            raise BadRequest(f"the body is larger than {MAX_BODY_BYTES} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            payload = json.loads(self.rfile.read(int(length)))
        except ValueError as problem:
            raise BadRequest(f"the body is not JSON: {problem}") from None
        if not isinstance(payload, dict) or not isinstance(payload.get("prompt"), str):
            raise BadRequest('expected a JSON object with a text "prompt"')
        return payload["prompt"]

    def answer(self, status, body):
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        """Says nothing: a line for each request would be most of the log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # a paused agent's callers wait here


if __name__ == "__main__":
    Server(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()
