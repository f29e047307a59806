"""Shared by the peers: a streamed answer from an OpenAI-compatible endpoint, using only aiohttp."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "support"))

from keeper import Keeper  # noqa: E402


async def answer(session, base_url, history):
    """Returns the complete text."""
    body = {"model": "bench", "stream": True,
            "messages": [{"role": "system", "content": "You are an assistant in a chat."}] + history}
    text = ""
    async with session.post(f"{base_url}/chat/completions", json=body,
                            headers={"Authorization": "Bearer bench"}) as response:
        response.raise_for_status()
        async for line in response.content:
            if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
                continue
            choices = json.loads(line[6:]).get("choices")
            if choices:
                text += choices[0]["delta"].get("content") or ""
    return text


class Conversations:
    """The history of each thread, in memory; with a database, also what Jetbridge keeps."""

    def __init__(self, session, base_url, database=None):
        self.session, self.base_url, self.histories = session, base_url, {}
        self.keeper = Keeper(database)

    async def reply(self, key, question):
        """The answer, kept before it is posted. The caller has kept the question."""
        history = self.histories.setdefault(key, [])
        history.append({"role": "user", "content": question})
        text = await answer(self.session, self.base_url, history)
        history.append({"role": "assistant", "content": text})
        self.keeper.answer(key, text)
        return text
