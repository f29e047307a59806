"""LiteLLM through the proxy: an answer, a stream, a tool.

Usage: litellm_client.py BASE_URL KEY
"""

import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # nothing is fetched
import litellm  # noqa: E402

common = {"api_base": sys.argv[1], "api_key": sys.argv[2], "messages": [{"role": "user", "content": "hello"}],
          "max_retries": 0}

whole = litellm.completion(model="openai/echo", **common)
assert "hello" in whole.choices[0].message.content and whole.usage.total_tokens > 0

text = "".join(
    choice.delta.content or "" for chunk in litellm.completion(model="openai/instant", stream=True, **common)
    for choice in chunk.choices)
assert text == "This is an instant answer.", text

tools = [{"type": "function", "function": {
    "name": "get_weather", "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}}]
call = litellm.completion(model="openai/tool", tools=tools, **common).choices[0].message.tool_calls[0]
assert call.function.name == "get_weather" and "Vienna" in call.function.arguments

print("ok")
