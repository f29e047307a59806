"""The official Anthropic client through the proxy, whose upstream has only chat completions.

Usage: anthropic_client.py BASE_URL KEY
"""

import base64
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)
hello = [{"role": "user", "content": "hello"}]

whole = client.messages.create(model="echo", max_tokens=100, messages=hello, system="Be brief.")
assert whole.type == "message" and "hello" in whole.content[0].text, whole
assert whole.stop_reason == "end_turn" and whole.usage.input_tokens > 0 and whole.usage.output_tokens > 0

with client.messages.stream(model="instant", max_tokens=100, messages=hello) as stream:
    text = "".join(stream.text_stream)
    final = stream.get_final_message()
assert text == "This is an instant answer." == final.content[0].text, text
assert final.stop_reason == "end_turn" and final.usage.output_tokens > 0

tools = [{"name": "get_weather", "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}}}]
with client.messages.stream(model="tool", max_tokens=100, messages=hello, tools=tools) as stream:
    streamed = stream.get_final_message()
answer = client.messages.create(model="tool", max_tokens=100, messages=hello, tools=tools)
for message in (streamed, answer):
    call = next(block for block in message.content if block.type == "tool_use")
    assert call.name == "get_weather" and "Vienna" in str(call.input), call
    assert message.stop_reason == "tool_use"
follow_up = hello + [
    {"role": "assistant", "content": [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}]},
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "sunny"}]}]}]
assert client.messages.create(model="instant", max_tokens=100, messages=follow_up, tools=tools).content

image = base64.b64encode(bytes(1_500_000)).decode()
assert client.messages.create(model="instant-vision", max_tokens=100, messages=[{"role": "user", "content": [
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": image}},
    {"type": "text", "text": "what is this?"}]}]).content

assert client.messages.count_tokens(model="echo", messages=hello).input_tokens > 0

try:
    client.messages.create(model="429", max_tokens=100, messages=hello)
    raise AssertionError("a refusal of the upstream came as an answer")
except anthropic.RateLimitError as error:
    assert error.body["type"] == "error" and error.response.headers["retry-after"] == "1", error.body

print("ok")
