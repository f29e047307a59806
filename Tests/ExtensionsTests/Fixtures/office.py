"""A server with one of everything, on the official SDK: 2.x, which speaks both eras, or 1.x.

    office.py stdio
    office.py http [json]     prints the port that it has chosen
"""

import asyncio
import json
import os
import socket
import sys
from typing import Annotated

from pydantic import BaseModel, Field

try:
    from mcp.server.mcpserver import Context, Elicit, Image, MCPServer, Resolve
    from mcp.server.mcpserver.exceptions import ToolError

    IS_MODERN = True
except ImportError:
    from mcp.server.fastmcp import Context, FastMCP, Image
    from mcp.server.fastmcp.exceptions import ToolError
    from mcp.server.streamable_http import EventMessage, EventStore

    IS_MODERN = False


class Order(BaseModel):
    quantity: int = Field(description="How many")
    gift: bool = False


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)


def build():
    if IS_MODERN:
        return MCPServer("office", version="1.2", instructions="Be kind.")

    class Events(EventStore):
        """Keeps all events, so that a client can resume every stream."""

        def __init__(self):
            self.events = []

        async def store_event(self, stream_id, message):
            self.events.append((stream_id, message))
            return str(len(self.events))

        async def replay_events_after(self, last_event_id, send_callback):
            number = int(last_event_id)
            stream = self.events[number - 1][0]
            for index, (name, message) in enumerate(self.events[number:], number + 1):
                if name == stream and message is not None:
                    await send_callback(EventMessage(message, str(index)))
            return stream

    return FastMCP(
        "office", instructions="Be kind.", event_store=Events(), retry_interval=100,
        json_response="json" in sys.argv,
    )


server = build()


@server.tool(annotations={"readOnlyHint": True})
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@server.tool()
def fail() -> str:
    """Fails."""
    raise ToolError("the printer is on fire")


@server.tool()
def picture() -> Image:
    """A picture of one point."""
    return Image(data=PIXEL, format="png")


@server.tool()
async def count(steps: int, ctx: Context) -> str:
    """Reports each step."""
    for step in range(steps):
        await ctx.report_progress(step + 1, steps, f"step {step + 1}")
    return f"{steps} steps"


@server.tool()
async def wait(ctx: Context) -> str:
    """Waits for ever; says when it has begun, and on its error output when it is cancelled."""
    try:
        await ctx.report_progress(0, None, "waiting")
        await asyncio.sleep(3600)
    except BaseException:
        print("the wait was cancelled", file=sys.stderr, flush=True)
        raise
    return "done"


@server.tool()
def surroundings() -> str:
    """What the process sees."""
    return json.dumps(
        {"environment": dict(os.environ), "root": sorted(os.listdir("/")), "directory": os.getcwd(),
         "workspace": sorted(os.listdir("/workspace")), "home": os.path.exists("/root")}
    )


@server.tool()
def where(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})], times: int = 1) -> str:
    """Repeats its argument in a header."""
    return region * times


@server.tool()
async def change(ctx: Context) -> str:
    """Adds a tool, and says so."""
    server.add_tool(lambda: "new", name="novelty", description="It is new.")
    if IS_MODERN:
        await ctx.notify_tools_changed()
    else:
        await ctx.session.send_tool_list_changed()
    return "changed"


if IS_MODERN:

    def ask() -> Elicit[Order]:
        return Elicit("How many chairs?", Order)

    @server.tool()
    async def order(answer: Annotated[Order, Resolve(ask)]) -> str:
        """Asks how many."""
        return f"{answer.quantity} chairs, gift: {answer.gift}"

else:

    @server.tool()
    async def order(ctx: Context) -> str:
        """Asks how many."""
        answer = await ctx.elicit("How many chairs?", Order)
        if answer.action != "accept":
            return f"no chairs: {answer.action}"
        return f"{answer.data.quantity} chairs, gift: {answer.data.gift}"

    @server.tool()
    async def link(ctx: Context) -> str:
        """Asks to open a page."""
        answer = await ctx.elicit_url("Pay here", "https://pay.example/1", "pay-1")
        return f"paid: {answer.action}"

    @server.tool()
    async def detached(ctx: Context) -> str:
        """Ends its stream before it answers."""
        await ctx.close_sse_stream()
        return "answered later"


@server.prompt()
def greet(name: str) -> str:
    """Greets somebody."""
    return f"Say hello to {name}."


@server.resource("note://today", name="today")
def today() -> str:
    return "Buy milk."


@server.resource("note://{day}", name="day")
def day(day: str) -> str:
    return f"Nothing on {day}."


def main():
    if sys.argv[1] == "stdio":
        server.run()
        return
    import uvicorn

    app = (
        server.streamable_http_app(json_response="json" in sys.argv) if IS_MODERN else server.streamable_http_app()
    )
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])


main()
