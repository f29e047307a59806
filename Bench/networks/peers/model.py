"""Shared by the peers: a streamed answer from an OpenAI-compatible endpoint, using only aiohttp."""

import json


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
    """The history of each thread, in memory."""

    def __init__(self, session, base_url):
        self.session, self.base_url, self.histories = session, base_url, {}

    async def reply(self, key, question):
        history = self.histories.setdefault(key, [])
        history.append({"role": "user", "content": question})
        text = await answer(self.session, self.base_url, history)
        history.append({"role": "assistant", "content": text})
        return text
