"""Sends numbers at their ends to everything that the API declares: python extreme_numbers.py ADDRESS TOKEN THREAD

Each parameter, header and member of a body, each argument in GraphQL and each member of a WebSocket's message.
Whatever is sent, the answer is one that the document describes, never a failure of the host.
"""
import base64
import json
import os
import re
import socket
import struct
import sys
import urllib.error
import urllib.parse
import urllib.request

from graphql import build_schema, get_named_type

ADDRESS, TOKEN, THREAD = sys.argv[1:]
HOST = urllib.parse.urlsplit(ADDRESS).netloc
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
NUMBERS = [
    "-9223372036854775808", "9223372036854775807", "9223372036854775808", "18446744073709551615", "-1", "0",
    "9007199254740993", "2147483648", "99999999999999999999999999", "1e308", "1e999", "-0.0", "0.5", "584000000-01-01"]
# What ends the conversation, the credential or the host's connection; and streams without an end.
LEFT_OUT = re.compile(r"/signout|/credentials/|/live$|/events$|/stop$")
PATHS = {"id": THREAD, "thread": THREAD, "path": "docs/x.md", "name": "x"}
tried = 0


def ask(method, path, headers={}, body=None):
    global tried
    tried += 1
    request = urllib.request.Request(ADDRESS + path, data=body, method=method, headers={**HEADERS, **headers})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
        # 503 says which part is missing on this host: tasks, hooks, hosts.
        assert error.code < 500 or error.code == 503, (method, path, headers, body, error.code, text[:300])
        return error.code, text


document = json.loads(ask("GET", "/api/v1/openapi.json")[1])


def resolved(schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def example(schema, depth=0):
    """A value of a type, with each member that it knows."""
    schema = resolved(schema)
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            return example(schema[word][0], depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind if isinstance(kind, str) else kind[0]
    if kind == "object":
        members = schema.get("properties", {}) if depth < 6 else {}
        return {name: example(member, depth + 1) for name, member in members.items()}
    if kind == "array":
        return [example(schema.get("items", {}), depth + 1)]
    return {"integer": 1, "number": 1.0, "boolean": True}.get(kind, "x")


def places(value, path=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, path + (name,))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from places(member, path + (index,))
    else:
        yield path


def written(value, path, number, quoted):
    """JSON with the number at one place, as a text where it is quoted."""
    if not path:
        return json.dumps(number) if quoted else number
    if isinstance(value, dict):
        members = {name: json.dumps(member) for name, member in value.items()}
        members[path[0]] = written(value[path[0]], path[1:], number, quoted)
        return "{" + ",".join(f"{json.dumps(name)}:{member}" for name, member in members.items()) + "}"
    return "[" + ",".join(
        written(member, path[1:], number, quoted) if index == path[0] else json.dumps(member)
        for index, member in enumerate(value)) + "]"


def filled(path, replaced={}):
    known = {**PATHS, **replaced}
    return re.sub(r"\{(\w+)\}", lambda found: urllib.parse.quote(known.get(found[1], "1"), safe="/"), path)


for path, operations in document["paths"].items():
    if LEFT_OUT.search(path):
        continue
    for method, operation in operations.items():
        # Reading everything, and changing what is not the conversation itself.
        if method == "delete" and path == "/api/v1/threads/{id}":
            continue
        call = method.upper()
        for parameter in operation.get("parameters", []):
            for number in NUMBERS:
                if parameter["in"] == "path":
                    ask(call, filled(path, {parameter["name"]: number}), body=None if call == "GET" else b"{}")
                elif parameter["in"] == "query" and call == "GET":
                    ask(call, filled(path) + "?" + urllib.parse.urlencode({parameter["name"]: number}))
                elif parameter["in"] == "header":
                    ask(call, filled(path), {parameter["name"]: number}, b"{}" if call != "GET" else None)
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if schema is None or path == "/api/v1/graphql":
            continue
        body = example(schema)
        for place in places(body):
            for number in NUMBERS:
                for quoted in (True, False):
                    if not quoted and not re.fullmatch(r"-?[0-9.e]+", number):
                        continue
                    ask(call, filled(path), body=written(body, place, number, quoted).encode())

for number in NUMBERS:
    for header in ("If-None-Match", "Range", "If-Modified-Since", "Expect"):
        ask("GET", f"/api/v1/threads/{THREAD}/export", {header: number})
    for target, header in (("events", "Last-Event-ID"), ("me", "Content-Length")):
        with socket.create_connection(HOST.rsplit(":", 1), timeout=20) as stream:
            stream.sendall((f"GET /api/v1/{target} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {TOKEN}\r\n"
                            f"{header}: {number}\r\nConnection: close\r\n\r\n").encode())
            stream.shutdown(socket.SHUT_WR)
            assert re.match(rb"HTTP/1.1 [24]|$", stream.recv(100)), (header, number)
            tried += 1

schema = build_schema(ask("GET", "/api/v1/graphql/schema")[1].decode())
for name, field in schema.query_type.fields.items():
    arguments = dict(field.args)
    inner = get_named_type(field.type)
    fields = [("", name, arguments)]
    if hasattr(inner, "fields"):
        outer = f"{name}(id: \"{THREAD}\")" if "id" in arguments else name
        fields += [(outer, other, dict(field.args)) for other, field in inner.fields.items()]
    for outer, called, known in fields:
        for argument in known:
            for number in NUMBERS[:12]:
                for value in (number, json.dumps(number)):
                    wanted = f"{called}({argument}: {value}) {{ __typename }}"
                    query = f"{{ {outer} {{ {wanted} }} }}" if outer else f"{{ {wanted} }}"
                    ask("POST", "/api/v1/graphql", body=json.dumps({"query": query}).encode())


def frame(text):
    data, mask = text.encode(), os.urandom(4)
    size = struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(data))
    return size + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))


# The messages are in the description of the socket; `ping` is for clients whose answers pause.
messages = re.findall(r'\{"[^{}]*\}', document["paths"]["/api/v1/live"]["get"]["summary"]) + ['{"ping":N}']
for message in messages:
    names = re.findall(r'"(\w+)":', message)
    for changed in names:
        for number in NUMBERS:
            for value in (number, json.dumps(number)):
                parts = {"subscribe_thread": json.dumps(THREAD), "subscribe_all": "true", "subscribe_asks": "true"}
                parts[changed] = value
                text = "{" + ",".join(f'"{name}":{parts.get(name, json.dumps("1"))}' for name in names) + "}"
                with socket.create_connection(HOST.rsplit(":", 1), timeout=20) as stream:
                    stream.sendall((f"GET /api/v1/live HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {TOKEN}\r\n"
                                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                    f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n").encode())
                    greeting = stream.recv(4096)
                    assert b" 101 " in greeting, greeting
                    stream.sendall(frame(text) + frame('{"ping":1}'))
                    answers = b""
                    while b"pong" not in answers and b"\x88" not in answers:
                        piece = stream.recv(4096)
                        if not piece:
                            break
                        answers += piece
                    tried += 1

ready = ask("GET", "/readyz")
assert ready[0] == 200, ready
print(f"extremes: {tried} requests")
