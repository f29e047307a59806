"""The peer: the same steps as a plain loop in Python, which stores what it does in SQLite with full durability.

It keeps what a resumption needs and nothing else: no policy, no limits, no estimate of tokens, no line for people.
Prints the mean overhead of a step in milliseconds, without the time of the model.
"""

import hashlib
import json
import sqlite3
import sys
import time

STEPS = 50
ANSWER_TIME = 0.02
RESULT = "A line of a file, as long as usual.\n" * 28


class Loop:
    def __init__(self, path):
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute("CREATE TABLE steps (turn TEXT, number INTEGER, event TEXT, PRIMARY KEY (turn, number))")
        self.spent = 0.0

    def ask(self, messages, number):
        started = time.monotonic()
        time.sleep(ANSWER_TIME)
        self.spent += time.monotonic() - started
        return {"id": f"c{number}", "name": "shell",
                "arguments": json.dumps({"command": f"swift test --filter Case{number}"})}

    def store(self, turn, events):
        self.database.execute("BEGIN IMMEDIATE")
        for event in events:
            self.count += 1
            self.database.execute("INSERT INTO steps VALUES (?, ?, ?)", (turn, self.count, json.dumps(event)))
        self.database.execute("COMMIT")

    def turn(self, turn):
        self.count = 0
        messages = [{"role": "system", "content": "You work."}, {"role": "user", "content": "Do it."}]
        for number in range(1, STEPS + 1):
            digest = hashlib.sha256(json.dumps(messages).encode()).hexdigest()
            call = self.ask(messages, number)
            command = json.loads(call["arguments"])["command"]
            # Nothing begins before what precedes it is stored.
            self.store(turn, [{"asked": digest}, {"answered": call}, {"decided": "allowed"}, {"started": command}])
            result = RESULT + command
            self.store(turn, [{"finished": result}])
            messages.append({"role": "assistant", "tool_calls": [call]})
            messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})


def main():
    loop = Loop(sys.argv[1])
    loop.turn("warm-up")
    times = []
    for number in range(int(sys.argv[2])):
        loop.spent = 0.0
        started = time.monotonic()
        loop.turn(f"turn-{number}")
        times.append((time.monotonic() - started - loop.spent) / STEPS * 1000)
    print(sorted(times)[len(times) // 2])


main()
