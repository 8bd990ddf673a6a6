"""What happens between two steps of a flow: nothing, or the session is paused by request (argument `pause`).

A pause is refused with 409 while the platform still counts work in hand; a client asks again.
"""

import os
import sys
import time

import requests

PAUSING = sys.argv[1:] == ["pause"]
PATIENCE_SECONDS = 60


def between_steps(session_id):
    if not PAUSING:
        return
    session = f"{os.environ['WORKLOAD_MANAGER_URL']}/v1/sessions/{session_id}"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        answer = requests.post(f"{session}/pause", timeout=PATIENCE_SECONDS)
        if answer.status_code != 409:
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f"still in use: {answer.text}")
        time.sleep(0.1)
    answer.raise_for_status()
    state = requests.get(session, timeout=PATIENCE_SECONDS).json()["state"]
    assert state == "paused", f"the session is {state} after a pause"
