"""The official SDK of the Model Context Protocol as a client of Jetbridge: over HTTP and over standard input, in its own
mode and in that of the revisions with a handshake. Prints one line if everything was as it should be.

Arguments: the base URL, a token, `jetbridge mcp` as a JSON list, and the ids of four open asks."""

import json
import sys

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp_types import ElicitResult

url, token, command = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
asks = sys.argv[4:]
questions = []


async def decide(context, params):
    questions.append(params.message)
    return ElicitResult(action="accept", content={"answer": "A", "text": "agreed"})


def text(result):
    assert not result.is_error, result
    return result.content[0].text


async def use(client, name, ask, revision):
    assert client.protocol_version == revision, (name, client.protocol_version)
    tools = (await client.list_tools()).tools
    assert [tools[0].name, tools[-1].name, len(tools)] == ["threads_list", "ask_answer", 14], tools
    answer = text(await client.call_tool("thread_post", {"text": f"Hello from {name}", "wait_seconds": 40}))
    assert f"You said: Hello from {name}" in answer, answer
    assert name in text(await client.call_tool("threads_list", {}))
    path = f"docs/{name}.md"
    written = text(await client.call_tool("document_write", {"path": path, "text": f"# {name}\n"}))
    assert f"Committed {path}" in written, written
    read = text(await client.call_tool("document_read", {"path": path}))
    assert read.endswith(f"# {name}\n"), read
    added = text(await client.call_tool("task_change", {"text": f"Task of {name}"}))
    repository, id = added.split()[1].split("/")
    done = text(await client.call_tool("task_change", {"repository": repository, "task_id": id, "state": "done"}))
    assert "[done]" in done, done
    refused = await client.call_tool("tasks_list", {"nonsense": 1})
    assert refused.is_error and "no argument `nonsense`" in refused.content[0].text, refused
    uris = [str(resource.uri) for resource in (await client.list_resources()).resources]
    assert f"jetbridge://document/notes/{path}" in uris, uris
    contents = (await client.read_resource(f"jetbridge://document/notes/{path}")).contents
    assert contents[0].text == f"# {name}\n", contents
    assert len((await client.list_resource_templates()).resource_templates) == 4
    assert [prompt.name for prompt in (await client.list_prompts()).prompts] == ["specify", "review"]
    prompt = await client.get_prompt("specify", {"description": "A login"})
    assert "A login" in prompt.messages[0].content.text
    decided = text(await client.call_tool("ask_answer", {"ask_id": ask}))
    assert decided.startswith(f"`{ask}`: Approved by"), decided
    assert questions and ask in questions.pop(), questions


async def main():
    served = StdioServerParameters(command=command[0], args=command[1:])
    cases = [("auto", "2026-07-28"), ("legacy", "2025-11-25")]
    for mode, revision in cases:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=60) as http:
            transport = streamable_http_client(f"{url}/mcp", http_client=http)
            async with Client(transport, mode=mode, elicitation_callback=decide) as client:
                await use(client, f"http-{mode}", asks.pop(0), revision)
        async with Client(served, mode=mode, elicitation_callback=decide) as client:
            await use(client, f"stdio-{mode}", asks.pop(0), revision)
    print("mcp: 4 clients")


anyio.run(main)
