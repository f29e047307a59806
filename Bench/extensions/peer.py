"""The official client with the same server, without a jail: prints the median of a call, in ms.

    peer.py SERVER COUNT
"""

import asyncio
import sys
import time

from mcp import StdioServerParameters
from mcp.client.client import Client


async def main():
    count = int(sys.argv[2])
    times = []
    async with Client(StdioServerParameters(command=sys.executable, args=[sys.argv[1], "sdk"])) as client:
        for number in range(count + 50):
            start = time.perf_counter()
            result = await client.call_tool("add", {"a": number, "b": 1})
            elapsed = (time.perf_counter() - start) * 1000
            if result.content[0].text != str(number + 1):
                raise RuntimeError(f"it answered {result}")
            if number >= 50:
                times.append(elapsed)
    print(sorted(times)[len(times) // 2])


asyncio.run(main())
