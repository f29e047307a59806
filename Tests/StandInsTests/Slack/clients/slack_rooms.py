"""slack_sdk's WebClient: reactions, channels, people, files."""

import urllib.request

from slack_clients import Place, refused, wait

place = Place()
client = place.client()
here = {"channel": place.channel}

# Reactions.
mark = {**here, "timestamp": place.question}
client.reactions_add(**mark, name="eyes")
refused("already_reacted", client.reactions_add, **mark, name="eyes")
refused("invalid_name", client.reactions_add, **mark, name=":eyes:")
refused("message_not_found", client.reactions_add, **here, timestamp="1.000001", name="eyes")
asked = [message for message in client.conversations_history(**here)["messages"] if message["ts"] == place.question]
assert asked[0]["reactions"][0]["users"] == [place.bot_user], asked
client.reactions_remove(**mark, name="eyes")
refused("no_reaction", client.reactions_remove, **mark, name="eyes")
for number in range(23):
    client.reactions_add(**mark, name=f"emoji-{number}")
refused("too_many_emoji", client.reactions_add, **mark, name="one-more")

# Channels.
refused("channel_not_found", client.conversations_history, channel="C0NOWHERE")
refused("channel_not_found", client.conversations_history, channel=place.secret)
mine = [channel["id"] for channel in client.users_conversations(types="public_channel,private_channel")["channels"]]
assert place.channel in mine and place.outside not in mine and place.secret not in mine
pages = [page["channels"] for page in client.users_conversations(limit=1)]
assert len(pages) == len(mine), pages
refused("not_in_channel", client.chat_postMessage, channel=place.outside, text="x")
refused("not_in_channel", client.conversations_history, channel=place.outside)
refused("is_archived", client.chat_postMessage, channel=place.old, text="x")
direct = client.conversations_open(users=place.alice)["channel"]["id"]
assert direct.startswith("D") and client.conversations_open(users=[place.alice])["channel"]["id"] == direct
posted = client.chat_postMessage(channel=place.alice, text="to a person")
assert posted["channel"] == direct

# People.
alice = client.users_info(user=place.alice)["user"]
assert alice["name"] == "alice" and not alice["is_bot"] and not alice["is_restricted"]
refused("user_not_found", client.users_info, user="U0NOBODY")

# Uploads: three steps, and the message comes later.
done = client.files_upload_v2(
    channel=place.channel, thread_ts=place.question, filename="a.diff", content="+ one\n- two\n",
    title="The change", initial_comment="Here it is")
file = done["file"]["id"]
shares = wait("the share", lambda: client.files_info(file=file)["file"].get("shares"))
ts = shares["public"][place.channel][0]["ts"]
found = client.conversations_replies(**here, ts=place.question)["messages"][-1]
assert found["ts"] == ts and found["subtype"] == "file_share" and found["text"] == "Here it is", found
assert found["files"][0]["name"] == "a.diff" and found["files"][0]["size"] == 12

url = client.files_getUploadURLExternal(filename="b.bin", length=5)
try:
    urllib.request.urlopen(urllib.request.Request(url["upload_url"], data=b"123456", method="POST"))
    raise AssertionError("a wrong length was accepted")
except urllib.error.HTTPError as problem:
    assert problem.code == 400
refused("file_not_found", client.files_completeUploadExternal, files=[{"id": url["file_id"], "title": "b"}])
with urllib.request.urlopen(urllib.request.Request(url["upload_url"], data=b"12345", method="POST")) as answer:
    assert answer.read() == b"OK - 5"
refused("invalid_arguments", client.api_call, api_method="files.getUploadURLExternal",
        json={"filename": "c", "length": 1})


# Downloads.
def get(url, token):
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token} if token else {})
    with urllib.request.urlopen(request) as answer:
        return answer.headers["Content-Type"], answer.read()


download = client.files_info(file=place.file)["file"]["url_private_download"]
kind, body = get(download, place.bot_token)
assert kind == "image/png" and body == b"\x89PNG\r\n", (kind, body)
for token in ["xoxb-other", None]:
    kind, body = get(download, token)
    assert kind.startswith("text/html") and b"Sign in" in body
print("ok")
