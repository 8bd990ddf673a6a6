"""The agent of the walk through Kubernetes: it answers what it received, and counts turns in a plain variable."""

import json
import os
import signal
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

NAME = "hello-agent"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keep-alive
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    turns = 0
    lock = Lock()

    def do_GET(self):
        known = self.path.partition("?")[0] in ("/", "/health")
        self.answer(200 if known else 404, {"agent": NAME, "turns": Handler.turns, "status": "ok" if known else "no such path"})

    def do_POST(self):
        try:
            prompt = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))["prompt"]
        except (ValueError, KeyError, TypeError):
            self.answer(400, {"error": 'expected a JSON object with a "prompt"'})
            return
        with Handler.lock:
            Handler.turns += 1
            turns = Handler.turns
        self.answer(
            200,
            {
                "response": f"Hello Agent received: {prompt}",
                "agent": NAME,
                "timestamp": datetime.now(timezone.utc).isoformat(),
                "original_prompt": prompt,
                "turns": turns,
            },
        )

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *args):
        """Says nothing: a line for each request would be most of the log."""


if __name__ == "__main__":
    # The first process of a container gets no default: without this a stop would wait until it is killed.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Handler).serve_forever()
