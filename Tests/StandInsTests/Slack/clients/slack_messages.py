"""slack_sdk's WebClient: posting, editing, deleting, reading, and errors."""

from slack_clients import Place, refused

place = Place()
client = place.client()

me = client.auth_test()
assert me["user_id"] == place.bot_user and me["bot_id"] == place.bot_id and me["team_id"] == place.team_id
assert "chat:write" in me.headers["x-oauth-scopes"]

refused("invalid_auth", place.client("xoxb-other").auth_test)
refused("not_allowed_token_type", place.client(place.app_token).auth_test)
refused("not_allowed_token_type", client.apps_connections_open, app_token=place.bot_token)
url = client.apps_connections_open(app_token=place.app_token)["url"]
assert url.startswith("ws://127.0.0.1:") and "ticket=" in url
refused("unknown_method", client.api_call, api_method="chat.nothing")

# Forms and JSON bodies, metadata, threads.
metadata = {"event_type": "jetbridge", "event_payload": {"id": "abc"}}
root = client.chat_postMessage(channel=place.channel, text="Hello & <https://example.org|there>")
assert root["ts"] and root["message"]["bot_id"] == place.bot_id
reply = client.chat_postMessage(
    channel=place.channel, thread_ts=root["ts"], markdown_text="**bold**", metadata=metadata, unfurl_links=False)
assert reply["message"]["thread_ts"] == root["ts"]
client.api_call("chat.postMessage", data={"channel": place.channel, "text": "by form", "thread_ts": root["ts"]})
client.chat_postMessage(
    channel=place.channel, thread_ts=root["ts"], text="fallback",
    blocks=[{"type": "markdown", "text": "# A\n\n- b"},
            {"type": "actions", "elements": [{"type": "button", "action_id": "stop", "value": "/stop",
                                              "text": {"type": "plain_text", "text": "Stop"}}]}])

found = client.conversations_replies(
    channel=place.channel, ts=root["ts"], include_all_metadata=True, oldest=root["ts"])["messages"]
assert [message["ts"] for message in found][:2] == [root["ts"], reply["ts"]], found
assert len(found) == 4 and found[1]["metadata"]["event_payload"] == {"id": "abc"}
found = client.conversations_replies(channel=place.channel, ts=root["ts"])["messages"]
assert "event_payload" not in found[1]["metadata"]
pages = [page["messages"] for page in client.conversations_replies(channel=place.channel, ts=root["ts"], limit=2)]
assert [len(page) for page in pages] == [3, 2], pages  # the root comes with each page
history = client.conversations_history(channel=place.channel)["messages"]
assert history[0]["ts"] == root["ts"] and history[0]["reply_count"] == 3

# Editing.
changed = client.chat_update(channel=place.channel, ts=reply["ts"], markdown_text="*new*")
assert changed["text"] == "*new*"
client.chat_delete(channel=place.channel, ts=reply["ts"])
refused("message_not_found", client.chat_update, channel=place.channel, ts=reply["ts"], text="again")
refused("cant_update_message", client.chat_update, channel=place.channel, ts=place.question, text="mine")
refused("cant_delete_message", client.chat_delete, channel=place.channel, ts=place.question)

# Limits.
post = client.chat_postMessage
refused("channel_not_found", post, channel="C0NOWHERE", text="x")
refused("no_text", client.api_call, api_method="chat.postMessage", json={"channel": place.channel})
refused("thread_not_found", post, channel=place.channel, text="x", thread_ts="1.000001")
refused("markdown_text_conflict", client.api_call, api_method="chat.postMessage",
        json={"channel": place.channel, "text": "x", "markdown_text": "y"})
refused("msg_too_long", post, channel=place.channel, markdown_text="x" * 12_001)
refused("msg_too_long", client.chat_update, channel=place.channel, ts=root["ts"], text="x" * 4_001)
client.chat_update(channel=place.channel, ts=root["ts"], text="x" * 4_000)
assert len(post(channel=place.channel, text="x" * 40_001)["message"]["text"]) == 40_000
refused("metadata_too_large", post, channel=place.channel, text="x",
        metadata={"event_type": "a", "event_payload": {"x": "y" * 3_000}})
refused("invalid_metadata_format", post, channel=place.channel, text="x", metadata={"event_payload": {}})


def bad(error, *blocks):
    return refused(error, post, channel=place.channel, text="x", blocks=list(blocks))


def section(text, kind="mrkdwn"):
    return {"type": "section", "text": {"type": kind, "text": text}}


def button(label="a", **rest):
    return {"type": "button", "text": {"type": "plain_text", "text": label}, **rest}


post(channel=place.channel, text="x", blocks=[section("x" * 3_000)])
answer = bad("invalid_blocks", section("x" * 3_001))
assert "must be less than 3001 characters" in answer["response_metadata"]["messages"][0]
bad("invalid_blocks", *[section("x")] * 51)
bad("invalid_blocks", {"type": "actions", "elements": [button(action_id=str(n)) for n in range(26)]})
bad("invalid_blocks", {"type": "actions", "elements": [button("a" * 76)]})
bad("invalid_blocks", {"type": "actions", "elements": [button(value="a" * 2_001)]})
bad("invalid_blocks", {"type": "actions", "elements": [button(action_id="a" * 256)]})
bad("invalid_blocks", {"type": "actions", "elements": [button(action_id="a"), button(action_id="a")]})
bad("invalid_blocks", {"type": "actions", "elements": [button(style="green")]})
bad("invalid_blocks", {"type": "nothing"})
bad("invalid_blocks", {"type": "section"})
bad("msg_too_long", *[{"type": "markdown", "text": "x" * 6_001}] * 2)
bad("msg_blocks_too_long", *[section("x" * 2_900)] * 5)
refused("invalid_blocks_format", client.api_call, api_method="chat.postMessage",
        data={"channel": place.channel, "blocks": "["})
refused("invalid_arguments", client.api_call, api_method="conversations.replies",
        json={"channel": place.channel, "ts": root["ts"]})
print("ok")
