"""Sends events with the CloudEvents SDK, as its documentation does it.

Reads a JSON list of [attributes, data] from standard input (data: text, JSON, or {"base64": ...}) and posts each to the URL given, in
binary mode, in structured mode, and all of them in a batch. Prints one JSON line for each answer: mode, status, and what was sent.
"""

import base64
import json
import sys
from datetime import datetime

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

BATCH = "application/cloudevents-batch+json"


def event_of(attributes, data):
    if "time" in attributes:
        attributes = {**attributes, "time": datetime.fromisoformat(attributes["time"])}
    if isinstance(data, dict) and "base64" in data:
        data = base64.b64decode(data["base64"])
    return CloudEvent(attributes=attributes, data=data)


def send(url, mode, headers, body):
    answer = requests.post(url, headers=headers, data=body, timeout=30)
    sent = base64.b64encode(body).decode()
    print(json.dumps({"mode": mode, "status": answer.status_code, "headers": headers, "body": sent}))


def main(url):
    events = [event_of(*given) for given in json.load(sys.stdin)]
    structured = [to_structured_event(event) for event in events]
    for event in events:
        message = to_binary_event(event)
        send(url, "binary", message.headers, message.body)
    for message in structured:
        send(url, "structured", message.headers, message.body)
    batch = b"[" + b", ".join(message.body for message in structured) + b"]"
    send(url, "batch", {"content-type": BATCH}, batch)


main(sys.argv[1])
