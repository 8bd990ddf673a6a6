"""Two clients share one session: the files of the first are there for the second."""

import json

from agentcube import CodeInterpreterClient

from between import between_steps

STEP = """
import json
from datetime import datetime

counter = int(open("counter.txt").read())
print(f"current count: {counter}")
counter += 1
print(f"new count: {counter}")
results = json.load(open("results.json"))
results.append({"timestamp": datetime.now().isoformat(), "counter": counter})
print(f"result count: {len(results)}")
open("counter.txt", "w").write(str(counter))
json.dump(results, open("results.json", "w"))
"""

first = CodeInterpreterClient(name="my-codeinterpreter", namespace="default")
first.write_file("100", "counter.txt")
between_steps(first.session_id)
first.write_file(json.dumps([]), "results.json")
between_steps(first.session_id)

second = CodeInterpreterClient(name="my-codeinterpreter", namespace="default", session_id=first.session_id)
print(second.run_code("python", STEP), end="")
between_steps(first.session_id)
for entry in second.list_files("."):
    print("file:", entry["name"])
second.stop()
