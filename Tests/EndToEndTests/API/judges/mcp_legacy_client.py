"""The official SDK of the Model Context Protocol before 2026-07-28 as a client of Jetbridge, over HTTP and over standard
input. Prints one line if everything was as it should be.

Arguments: the base URL, a token, `jetbridge mcp` as a JSON list, and the ids of two open asks."""

import json
import sys

import anyio
import httpx
from mcp import ClientSession, StdioServerParameters, types
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

url, token, command = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
asks = sys.argv[4:]


async def decide(context, params):
    return types.ElicitResult(action="accept", content={"answer": "A"})


def text(result):
    assert not result.isError, result
    return result.content[0].text


async def use(read, write, name, ask):
    async with ClientSession(read, write, elicitation_callback=decide) as client:
        started = await client.initialize()
        assert started.protocolVersion == "2025-11-25" and started.serverInfo.name == "jetbridge", started
        await client.send_ping()
        assert len((await client.list_tools()).tools) == 14
        seen = []

        async def progress(done, total, message):
            seen.append(message)

        answer = await client.call_tool("thread_post", {"text": f"Hello from {name}"}, progress_callback=progress)
        assert f"You said: Hello from {name}" in text(answer), answer
        uris = [str(resource.uri) for resource in (await client.list_resources()).resources]
        assert "jetbridge://threads" in uris, uris
        contents = (await client.read_resource(types.AnyUrl("jetbridge://threads"))).contents
        assert name in contents[0].text, contents
        decided = text(await client.call_tool("ask_answer", {"ask_id": ask}))
        assert decided.startswith(f"`{ask}`: Approved by"), decided


async def main():
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
        async with streamable_http_client(f"{url}/mcp", http_client=http) as (read, write, _):
            await use(read, write, "http-1", asks.pop(0))
    async with stdio_client(StdioServerParameters(command=command[0], args=command[1:])) as (read, write):
        await use(read, write, "stdio-1", asks.pop(0))
    print("mcp: 2 clients")


anyio.run(main)
