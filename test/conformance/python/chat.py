"""Three clients, one after the other in one session: the agent remembers the turns before."""

import json

from agentcube import AgentRuntimeClient

from between import between_steps

PROMPTS = ["Introduce yourself", "What can you do?", "Write a Python function for me"]

session_id = None
for prompt in PROMPTS:
    with AgentRuntimeClient(agent_name="my-agent-app", namespace="default", session_id=session_id) as client:
        session_id = client.session_id
        between_steps(session_id)
        print(json.dumps(client.invoke(payload={"prompt": prompt})))
