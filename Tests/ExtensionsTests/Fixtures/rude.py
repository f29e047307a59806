"""A server of bad manners, without an SDK: what it does wrong is its argument."""

import json
import os
import subprocess
import sys
import time

MANNER = sys.argv[1]
SECRET = os.environ.get("KEY", "")
calls = 0


def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def read():
    line = sys.stdin.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)


def answer(id, result):
    send({"id": id, "result": result})


def text(words):
    return {"content": [{"type": "text", "text": words}]}


def tools(id, params):
    tool = {"name": "go", "inputSchema": {"type": "object"}}
    if MANNER == "leaky":
        field = {"type": "string", "description": f"Like {SECRET}.", "default": SECRET}
        tool = {"name": "go", "description": f"Goes with {SECRET}.", "inputSchema": {"properties": {"a": field}}}
    elif MANNER == "poison":
        tool["description"] = "Poison in the description."
    cursor = params.get("cursor")
    if MANNER == "repeat":
        answer(id, {"tools": [tool], "nextCursor": "again"})
    elif MANNER == "empty" and cursor is None:
        answer(id, {"tools": [tool], "nextCursor": ""})
    elif MANNER == "empty":
        answer(id, {"tools": [{**tool, "name": "after " + repr(cursor)}]})
    elif MANNER == "endless":
        answer(id, {"tools": [tool], "nextCursor": str(id)})
    else:
        answer(id, {"tools": [tool, {"description": "nameless"}, tool]})


def call(id, params):
    global calls
    calls += 1
    if params["name"] == "write":
        try:
            with open(os.path.join("/workspace", params["arguments"]["name"]), "w") as file:
                file.write(params["arguments"]["text"])
            answer(id, text("written in " + os.getcwd() + " beside " + " ".join(sorted(os.listdir("/workspace")))))
        except OSError as error:
            answer(id, {**text(str(error)), "isError": True})
    elif MANNER == "print":
        print("Loading the model ...")
        print("[1, 2, 3]")
        sys.stdout.buffer.write(b'\xff\xfe{"id": 1}\n{"id":null,"result":{}}\n\n')
        answer(id, text("printed"))
    elif MANNER == "huge" and calls == 1:
        answer(id, text("x" * (9 << 20)))
    elif MANNER == "flood":
        note = json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "x" * 50}},
                          separators=(",", ":")) + "\n"
        progress = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%d,"progress":1}}\n' % id
        for _ in range(1000):
            sys.stdout.write(note * 100 + progress * 100)
        answer(id, text("flooded"))
    elif MANNER == "crash":
        sys.stderr.write("Traceback: out of paper\n")
        sys.stderr.flush()
        os._exit(7)
    elif MANNER == "sample":
        send({"id": 0, "method": "sampling/createMessage", "params": {}})
        answer(id, text("the answer was " + str(read()["error"]["code"])))
    elif MANNER == "ping":
        send({"id": id, "method": "ping"})
        answer(id, text("the answer was " + json.dumps(read()["result"])))
    elif MANNER == "nag":
        actions = []
        for number in range(12):
            send({"id": f"q{number}", "method": "elicitation/create",
                  "params": {"message": "Again?", "requestedSchema": {"type": "object", "properties": {}}}})
            actions.append(read()["result"]["action"])
        answer(id, text(" ".join(actions)))
    elif MANNER == "leaky" and calls == 1:
        send({"method": "notifications/progress", "params": {"progressToken": id, "progress": 1, "message": SECRET}})
        form = {"type": "object", "properties": {"a": {"type": "string", "description": SECRET}}}
        send({"id": "q", "method": "elicitation/create", "params": {"message": SECRET, "requestedSchema": form}})
        read()
        link = {"type": "resource_link", "uri": f"note://{SECRET}", "name": SECRET}
        answer(id, {"content": [{"type": "text", "text": SECRET}, link]})
    elif MANNER == "leaky":
        send({"id": id, "error": {"code": -5, "message": f"{SECRET} is not valid"}})
    elif MANNER == "foreign":
        send({"id": 987, "result": text("nobody asked")})
        send({"id": id, "error": {"code": -5, "message": "no\u202epaper"}})
    else:
        answer(id, text("gone"))


def modern_call(id, params):
    if "inputResponses" in params or params.get("requestState"):
        answer(id, {"resultType": "complete", **text(json.dumps([params.get("inputResponses"), params["requestState"]]))})
    elif MANNER == "state":
        answer(id, {"resultType": "input_required", "requestState": "a\u00e9\"\\\n=="})
    elif MANNER == "roots":
        answer(id, {"resultType": "input_required", "inputRequests": {"r": {"method": "roots/list"}}})
    else:
        while True:
            answer(id, {"resultType": "input_required", "requestState": ""})
            id = read()["id"]


if MANNER == "family":
    # A child, and one that has left its parent and its session.
    subprocess.Popen(["sleep", sys.argv[2]])
    subprocess.run(["sh", "-c", "setsid sleep " + sys.argv[2] + " & exit"], stdout=subprocess.DEVNULL)
if MANNER == "deaf":
    time.sleep(3600)
if MANNER == "stillborn":
    sys.stderr.write("AttributeError: no attribute 'run' with key jb-secret-value\n")
    sys.exit(1)
if MANNER == "downloads":
    import urllib.request

    try:
        urllib.request.urlopen("http://models.example/large")
    except OSError as error:
        sys.exit(f"no model: {error}")
while True:
    request = read()
    method, id, params = request["method"], request.get("id"), request.get("params", {})
    if method == "server/discover":
        if MANNER in ("state", "roots", "rounds"):
            answer(id, {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "ttlMs": 0,
                        "cacheScope": "private"})
        elif MANNER == "old":
            send({"id": id, "error": {"code": -32022, "message": "no", "data": {"supported": ["2024-11-05"]}}})
        elif MANNER != "silent":
            send({"id": id, "error": {"code": -32601, "message": "Method not found"}})
    elif method == "initialize":
        version = "1999-01-01" if MANNER == "ancient" else "2024-11-05" if MANNER == "old" else "2025-06-18"
        features = ["tools", "prompts", "resources"] if MANNER in ("leaky", "poison") else ["tools"]
        words = {"leaky": f"Send {SECRET}.", "poison": "Poison in the instructions."}.get(MANNER)
        answer(id, {"protocolVersion": version, "capabilities": {name: {} for name in features},
                    "serverInfo": {"name": "rude", "version": "0"}, "instructions": words})
    elif method == "tools/list":
        tools(id, params)
    elif method == "prompts/list" and MANNER == "poison":
        answer(id, {"prompts": [{"name": "triage", "description": "Poison in the prompt's description."}]})
    elif method == "prompts/list" and MANNER == "leaky":
        answer(id, {"prompts": [{"name": "triage", "description": SECRET}]})
    elif method == "prompts/get":
        answer(id, {"messages": [{"role": "assistant", "content": {"type": "text", "text": "Poison in the prompt."}}]})
    elif method == "resources/list" and MANNER == "leaky":
        answer(id, {"resources": [{"uri": "note://1", "name": SECRET}]})
    elif method == "tools/call" and MANNER in ("state", "roots", "rounds"):
        modern_call(id, params)
    elif method == "tools/call":
        call(id, params)
    elif id is not None:
        send({"id": id, "error": {"code": -32601, "message": "Method not found"}})
