"""A light agent: answers every request at once, and writes down each event's id and when it came, which GET /seen tells.

Own HTTP on plain sockets, because a thousand of these run at once: http.server takes twice the memory.
"""
import os
import re
import selectors
import socket
import time

waiting = selectors.DefaultSelector()
length = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
event = re.compile(rb"\r\nce-id: *([^\r]*)", re.I)


def answer(head):
    came = time.monotonic_ns()
    found = event.search(head)
    if found:
        with open("seen", "ab") as seen:
            seen.write(b"%s %d\n" % (found.group(1), came))
        return b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"
    body = b"ok"
    if head.startswith(b"GET /seen ") and os.path.exists("seen"):
        with open("seen", "rb") as seen:
            body = seen.read()
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)


def serve(client, buffered):
    try:
        chunk = client.recv(65536)
    except OSError:
        chunk = b""
    if not chunk:
        waiting.unregister(client)
        client.close()
        return
    buffered += chunk
    while (end := buffered.find(b"\r\n\r\n")) >= 0:
        found = length.search(buffered, 0, end + 2)
        size = end + 4 + (int(found.group(1)) if found else 0)
        if len(buffered) < size:
            return
        client.sendall(answer(bytes(buffered[: end + 2])))
        del buffered[:size]


server = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
waiting.register(server, selectors.EVENT_READ)
while True:
    for key, _ in waiting.select():
        if key.data is None:
            client, _ = server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            waiting.register(client, selectors.EVENT_READ, bytearray())
        else:
            serve(key.fileobj, key.data)
