"""slack_sdk's streams, and the features of assistant threads."""

from slack_clients import Place, refused

place = Place()
client = place.client()
here = {"channel": place.channel}
thread = {**here, "thread_ts": place.question}
reader = {"recipient_user_id": place.alice, "recipient_team_id": place.team_id}

stream = client.chat_stream(**thread, **reader, buffer_size=10)
stream.append(markdown_text="**hello ")
stream.append(markdown_text="world!** and more")
refused("streaming_state_conflict", client.chat_update, **here, ts=stream.ts, text="now")
answer = stream.stop(
    markdown_text=" end", metadata={"event_type": "jetbridge", "event_payload": {"id": "1"}},
    blocks=[{"type": "actions", "elements": [
        {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}]}])
assert answer["message"]["text"] == "**hello world!** and more end", answer["message"]
assert answer["message"]["blocks"][0]["type"] == "actions"
for call in [client.chat_appendStream, client.chat_stopStream]:
    refused("message_not_in_streaming_state", call, **here, ts=stream.ts, markdown_text="x")
client.chat_update(**here, ts=stream.ts, markdown_text="whole")

# Without the helper.
refused("missing_recipient_user_id", client.chat_startStream, **thread)
refused("missing_recipient_team_id", client.chat_startStream, **thread, recipient_user_id=place.alice)
refused("thread_not_found", client.chat_startStream, **here, thread_ts="1.000001", **reader)
refused("invalid_arguments", client.api_call, api_method="chat.startStream", json=here)
ts = client.chat_startStream(**thread, **reader)["ts"]
refused("msg_too_long", client.chat_appendStream, **here, ts=ts, markdown_text="x" * 12_001)
client.chat_appendStream(**here, ts=ts, markdown_text="x" * 12_000)
client.chat_appendStream(**here, ts=ts, chunks=[
    {"type": "markdown_text", "text": "y"}, {"type": "task_update", "id": "1", "title": "A task",
                                             "status": "in_progress"}])
refused("invalid_chunks", client.chat_appendStream, **here, ts=ts, chunks=[{"type": "nothing"}])
refused("message_not_owned_by_app", client.chat_appendStream, **here, ts=place.question, markdown_text="x")
client.chat_stopStream(**here, ts=ts)
direct = client.conversations_open(users=place.alice)["channel"]["id"]
root = client.chat_postMessage(channel=direct, text="root")["ts"]
client.chat_stopStream(channel=direct, ts=client.chat_startStream(channel=direct, thread_ts=root)["ts"])

# Status, title, prompts.
status = {"channel_id": place.channel, "thread_ts": place.question}
client.assistant_threads_setStatus(**status, status="is thinking…", loading_messages=["a", "b"])
refused("invalid_arguments", client.assistant_threads_setStatus, **status, status="x",
        loading_messages=[str(number) for number in range(11)])
client.assistant_threads_setTitle(**status, title="A title")
client.assistant_threads_setSuggestedPrompts(**status, prompts=[{"title": "a", "message": "b"}])
refused("invalid_arguments", client.assistant_threads_setSuggestedPrompts, **status,
        prompts=[{"title": "a", "message": "b"}] * 5)
print("ok")
