"""The official OpenAI client through the proxy: models, answers, streams, tools, images, errors.

Usage: openai_client.py BASE_URL KEY
"""

import base64
import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0)
hello = [{"role": "user", "content": "hello"}]

models = {model.id for model in client.models.list()}
assert {"echo", "instant", "tool"} <= models, models

whole = client.chat.completions.create(model="echo", messages=hello)
assert "hello" in whole.choices[0].message.content
assert whole.usage.prompt_tokens > 0 and whole.usage.completion_tokens > 0

pieces = []
usage = None
for chunk in client.chat.completions.create(
        model="slow", messages=hello, stream=True, stream_options={"include_usage": True}):
    pieces += [choice.delta.content or "" for choice in chunk.choices]
    usage = chunk.usage or usage
    if len(pieces) > 20:
        break  # leaves in mid-stream
assert len(pieces) > 20

text = "".join(
    choice.delta.content or ""
    for chunk in client.chat.completions.create(model="instant", messages=hello, stream=True)
    for choice in chunk.choices)
assert text == "This is an instant answer.", text

tools = [{"type": "function", "function": {
    "name": "get_weather", "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}}]
with client.chat.completions.stream(model="tool", messages=hello, tools=tools) as stream:
    call = stream.get_final_completion().choices[0].message.tool_calls[0]
assert call.function.name == "get_weather" and "Vienna" in call.function.arguments
follow_up = hello + [
    {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": {
        "name": call.function.name, "arguments": call.function.arguments}}]},
    {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
assert client.chat.completions.create(model="instant", messages=follow_up, tools=tools).choices

image = "data:image/png;base64," + base64.b64encode(bytes(1_500_000)).decode()
seen = client.chat.completions.create(model="instant-vision", messages=[{"role": "user", "content": [
    {"type": "text", "text": "what is this?"}, {"type": "image_url", "image_url": {"url": image}}]}])
assert seen.choices

try:
    client.chat.completions.create(model="429", messages=hello)
    raise AssertionError("a refusal of the upstream came as an answer")
except openai.RateLimitError as error:
    assert error.code == "rate_limit_exceeded" and error.response.headers["retry-after"] == "1"

# The upstream has no /v1/responses: the proxy translates.
answer = client.responses.create(model="echo", input="hello")
assert "hello" in answer.output_text and answer.usage.input_tokens > 0, answer
with client.responses.stream(model="instant", input="hello") as stream:
    kinds = [event.type for event in stream]
    answer = stream.get_final_response()
assert answer.output_text == "This is an instant answer." and answer.status == "completed", answer
assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
flat = [{"type": "function", "name": "get_weather", "strict": False,
         "parameters": {"type": "object", "properties": {"place": {"type": "string"}}}}]
answer = client.responses.create(model="tool", input="hello", tools=flat)
call = next(item for item in answer.output if item.type == "function_call")
assert call.name == "get_weather" and "Vienna" in call.arguments
answer = client.responses.create(model="instant", tools=flat, input=[
    {"role": "user", "content": "hello"},
    {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
    {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}])
assert answer.output_text
try:
    client.responses.create(model="echo", input="hello", previous_response_id=answer.id)
    raise AssertionError("an answer without the conversation that it continues")
except openai.BadRequestError as error:
    assert "previous_response_id" in str(error)

print("ok")
