"""The server of the benchmarks. `sdk`: one tool, by the official SDK. `list`: 500 tools, from one prepared text."""

import json
import sys

if sys.argv[1] == "sdk":
    from mcp.server.mcpserver import MCPServer

    server = MCPServer("bench")

    @server.tool()
    def add(a: int, b: int) -> int:
        """Adds two numbers."""
        return a + b

    server.run()
    sys.exit()

# As large as those of real servers, of which 107 took 93 KB.
DESCRIPTION = "Searches the issues of a project by words, labels, state and who they are for. " * 5
SCHEMA = {
    "type": "object",
    "properties": {
        "project": {"type": "string", "description": "The key of the project, such as ABC.", "pattern": "^[A-Z]+$"},
        "query": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Query"},
        "limit": {"type": "integer", "default": 10, "minimum": 1, "maximum": 50, "description": "How many at most."},
        "labels": {"type": "array", "items": {"type": "string"}, "default": []},
    },
    "required": ["project"],
    "additionalProperties": False,
}
TOOLS = json.dumps({
    "tools": [{"name": f"tool_{number}", "description": f"{number}. {DESCRIPTION}", "inputSchema": SCHEMA,
               "annotations": {"readOnlyHint": True}} for number in range(500)],
    "ttlMs": 60_000, "cacheScope": "private", "resultType": "complete"})

for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    answer = '{"jsonrpc":"2.0","id":%s,' % json.dumps(request["id"])
    if request["method"] == "server/discover":
        answer += '"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}}'
    elif request["method"] == "tools/list":
        answer += f'"result":{TOOLS}}}'
    else:
        answer += '"error":{"code":-32601,"message":"Method not found"}}'
    print(answer, flush=True)
