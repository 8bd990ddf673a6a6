"""An agent that is told of events: it triages the issues of a repository, each issue in a session of its own.

The trigger hands each event to the session of its subject, one after the other. So what was seen of an issue is a plain
variable: the process that holds it sleeps between two events and is woken by the next. An event may come twice; it
is known by its source and id, and counts once.
"""

import json
import os
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

NAME = "event-agent"
MAX_BODY_BYTES = 1024 * 1024
LABELS = {  # a model would do better
    "bug": ("crash", "error", "broken", "fails"),
    "docs": ("readme", "documentation", "typo"),
    "security": ("vulnerability", "password", "token"),
}


class BadEvent(Exception):
    """Why this is no event. Answered with 400, and so not sent again."""


class Issue:
    """What this session has seen of its issue."""

    def __init__(self):
        self._lock = threading.Lock()
        self._name = ""
        self._seen = {}
        self._labels = set()

    def take(self, event):
        """What is known once this event is, and whether anything is new."""
        key = (event["source"], event["id"])
        text = json.dumps(event.get("data", ""), ensure_ascii=False).lower()
        with self._lock:
            is_new = key not in self._seen
            self._name = event.get("subject", "")
            self._seen[key] = event["type"]
            self._labels.update(label for label, words in LABELS.items() if any(word in text for word in words))
            return self._known(), is_new

    def known(self):
        with self._lock:
            return self._known()

    def _known(self):
        seen = [name.rpartition(".")[2] for name in self._seen.values()]
        return {"issue": self._name, "events": len(seen), "seen": seen, "labels": sorted(self._labels)}


def read_event(headers, body):
    """The event as a dict, from either of the two forms that HTTP has for one."""
    content_type = headers.get("Content-Type", "")
    try:
        if content_type.startswith("application/cloudevents+json"):
            event = json.loads(body)
        else:
            event = {name[3:].lower(): unquote(value) for name, value in headers.items() if name.lower().startswith("ce-")}
            if body:
                event["data"] = json.loads(body) if "json" in content_type else body.decode()
    except ValueError as problem:
        raise BadEvent(f"its data cannot be read: {problem}") from None
    if not isinstance(event, dict) or not all(isinstance(event.get(name), str) for name in ("id", "source", "type")):
        raise BadEvent("an event has an id, a source and a type")
    return event


def reply_to(event, known):
    """Another event, for whoever wants to know. A repeat is answered with the same id, so it is known as one, too."""
    return {
        "specversion": "1.0",
        "id": f"{event['id']}-triaged",
        "source": f"/agents/{NAME}",
        "type": "com.example.issue.triaged",
        "subject": event.get("subject", ""),
        "datacontenttype": "application/json",
        "data": known,
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keep-alive
    disable_nagle_algorithm = True  # an answer is small and wanted now
    wbufsize = -1  # headers and body leave in one packet
    issue = Issue()

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/health":
            self.answer(HTTPStatus.OK, {"status": "ok"})
        elif path == "/":
            self.answer(HTTPStatus.OK, self.issue.known())
        else:
            self.answer(HTTPStatus.NOT_FOUND, {"error": f"no such path: {path}"})

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True  # the body is left unread, so nothing can follow it
            self.answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {"error": f"send at most {MAX_BODY_BYTES} bytes"})
            return
        body = self.rfile.read(int(length))
        if self.path.partition("?")[0] != "/events":
            self.answer(HTTPStatus.NOT_FOUND, {"error": "events go to /events"})
            return
        try:
            event = read_event(self.headers, body)
        except BadEvent as problem:
            self.answer(HTTPStatus.BAD_REQUEST, {"error": str(problem)})
            return
        known, is_new = self.issue.take(event)
        if is_new:
            print(f"{event['type']} {event['id']}: {known['events']} events, labels {known['labels']}", flush=True)
        self.answer(HTTPStatus.OK, reply_to(event, known), "application/cloudevents+json")

    def answer(self, status, body, content_type="application/json"):
        data = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{content_type}; charset=utf-8")
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
