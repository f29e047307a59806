"""A server of bad manners over HTTP, without an SDK: what it does wrong is its argument. Prints its port."""

import http.server
import json
import sys

MANNER = sys.argv[1]
state = {"calls": 0, "sessions": 0, "log": []}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content_Type", "application/json; charset=utf-8")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def result(self, id, result, **headers):
        self.reply(200, {"jsonrpc": "2.0", "id": id, "result": result}, **headers)

    def events(self, text, **headers):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())
        self.close_connection = True

    def do_GET(self):
        state["log"].append("GET " + str(self.headers.get("Last-Event-ID")))
        if MANNER == "resumed" and self.headers.get("Last-Event-ID") == "e1":
            answer = {"jsonrpc": "2.0", "id": state["call"], "result": words("resumed")}
            lines = json.dumps(answer, indent=1).splitlines()
            return self.events("id: e2\r\n" + "".join(f"data: {line}\r\n" for line in lines) + "\r\n")
        self.reply(405)

    def do_DELETE(self):
        self.reply(405)

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method, id = message.get("method"), message.get("id")
        if MANNER == "elsewhere":
            return self.reply(307, Location="https://other.example/mcp")
        if MANNER == "moved" and self.path == "/mcp":
            return self.reply(308, Location="/new/mcp")
        if MANNER == "loop":
            return self.reply(307, Location=self.path)
        if MANNER == "locked" and self.headers.get("Authorization") != "Bearer jb-secret-value":
            return self.reply(401, b"no", WWW_Authenticate="Bearer")
        if MANNER == "hangup":
            self.close_connection = True
            return
        if MANNER == "broken":
            return self.reply(503, b"<h1>Down for\nmaintenance</h1>")
        if MANNER == "page":
            return self.reply(200, b"<html>Hello</html>", Content_Type="text/html")
        if method == "server/discover" and MANNER in ("modern", "cut", "headers", "huge"):
            self.result(id, {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}, "ttlMs": 0,
                             "cacheScope": "private"})
        elif method == "server/discover":
            self.reply(400, {"jsonrpc": "2.0", "id": "server-error", "error": {"code": -32600, "message": "No session"}})
        elif method == "initialize":
            state["sessions"] += 1
            self.result(id, {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "rude"}},
                        Mcp_Session_Id=f"s{state['sessions']}")
        elif id is None or method is None:
            self.reply(202)
        elif method == "tools/list":
            schemas = [{"type": "object", "properties": {"place": {"type": "string", "x-mcp-header": "Region"}}},
                       {"type": "object", "properties": {"place": {"type": "number", "x-mcp-header": "Region"}}},
                       {"type": "array", "items": {"x-mcp-header": "Region", "type": "string"}}]
            self.result(id, {"tools": [{"name": f"go{n}", "inputSchema": s} for n, s in enumerate(schemas)]})
        elif method == "tools/call":
            self.call(id, message["params"])
        else:
            self.reply(404, {"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "Method not found"}})

    def call(self, id, params):
        state["calls"] += 1
        session = self.headers.get("Mcp-Session-Id")
        if MANNER == "forgetful" and state["calls"] == 1 or MANNER == "amnesic":
            self.reply(404, {"jsonrpc": "2.0", "id": id, "error": {"code": -32001, "message": "Session not found"}})
        elif MANNER == "resumed":
            state["call"] = id
            self.events(": hello\r\nid: e1\r\nretry: 60\r\ndata: \r\n\r\n")
        elif MANNER == "cut":
            self.events('id: e1\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{}}\n\ndata: {"jso')
        elif MANNER == "huge":
            self.result(id, words("x" * (9 << 20)))
        elif MANNER == "headers":
            names = ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Region"]
            if state["calls"] == 1:
                return self.reply(400, {"jsonrpc": "2.0", "id": id, "error": {"code": -32020, "message": "Region"}})
            self.result(id, words(json.dumps([self.headers.get(name) for name in names])))
        else:
            self.result(id, words(f"session {session}, version {self.headers.get('MCP-Protocol-Version')}"))


def words(text):
    return {"content": [{"type": "text", "text": text}]}


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
