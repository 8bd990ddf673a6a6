"""The first thing a user of AgentCube runs."""

from agentcube import CodeInterpreterClient

from between import between_steps

with CodeInterpreterClient(name="my-codeinterpreter", namespace="default") as client:
    between_steps(client.session_id)
    print(client.run_code("python", "print('Hello from AgentCube!')"))
