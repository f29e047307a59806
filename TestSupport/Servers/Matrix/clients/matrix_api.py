"""Calls of Matrix's client-server API with one account's token."""
import asyncio
import json
import urllib.parse

import aiohttp


class MatrixError(Exception):
    def __init__(self, status, body, what):
        self.status, self.body = status, body
        self.code = body.get("errcode") if isinstance(body, dict) else None
        super().__init__(f"{what}: {status} {body}")


class MatrixAPI:
    def __init__(self, base, token=None):
        self.base, self.token, self.session, self.last = base, token, None, 0

    async def call(self, method, *path, body=None, query=None, wait=0):
        """Calls `/_matrix/client/v3/PATH`; waits while the server limits the rate."""
        data = None if body is None else json.dumps(body).encode()
        for _ in range(60):
            status, answer = await self.raw(
                method, ["_matrix", "client", "v3", *path], data, "application/json", query, wait)
            answer = json.loads(answer) if answer else {}
            if status != 429:
                break
            await asyncio.sleep(answer.get("retry_after_ms", 500) / 1000)
        if status >= 300:
            raise MatrixError(status, answer, f"{method} {'/'.join(path)}")
        return answer

    async def raw(self, method, path, data=None, kind=None, query=None, wait=0):
        if self.session is None:
            self.session = aiohttp.ClientSession()
        url = self.base + "/" + "/".join(urllib.parse.quote(part, safe="") for part in path)
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": kind} if kind and data is not None else {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        timeout = aiohttp.ClientTimeout(total=30 + wait)
        async with self.session.request(
                method, aiohttp.client.URL(url, encoded=True), data=data, headers=headers, timeout=timeout) as answer:
            return answer.status, await answer.read()

    async def close(self):
        if self.session is not None:
            await self.session.close()
            self.session = None
