"""slack_sdk's WebClient: what was said in a channel and a thread, and the names of channels and groups."""

import sys

from slack_clients import Place, refused

place = Place()
client = place.client()
here = {"channel": place.channel}


if "without scopes" in sys.argv:
    for call, scope in [(client.conversations_history, "channels:history"), (client.conversations_info, "channels:read")]:
        assert refused("missing_scope", call, **here)["needed"] == scope
    assert refused("missing_scope", client.usergroups_list)["needed"] == "usergroups:read"
    print("ok")
    sys.exit()


def texts(answer):
    return [message.get("text") for message in answer["messages"]]


# A channel: newest first, without replies, deleted messages gone, edits applied.
newest = client.conversations_history(**here, latest=place.last, limit=3)
assert texts(newest) == ["after the thread", "root", "two, corrected"], texts(newest)
assert newest["has_more"] and newest["messages"][2]["edited"]["user"] == place.alice
pages = [texts(page) for page in client.conversations_history(**here, latest=place.last, limit=2)]
assert [text for page in pages for text in page] == ["after the thread", "root", "two, corrected", "one"], pages
assert texts(client.conversations_history(**here, oldest=place.root, latest=place.last)) == ["after the thread"]
both = client.conversations_history(**here, oldest=place.root, latest=place.last, inclusive=True)
assert texts(both) == ["last", "after the thread", "root"], texts(both)
refused("invalid_limit", client.conversations_history, **here, limit=1001)
refused("invalid_cursor", client.conversations_history, **here, cursor="nonsense")

# A thread: oldest first, the root with each page.
thread = client.conversations_replies(**here, ts=place.root)
assert texts(thread) == ["root"] + [f"reply {number}" for number in range(5)], texts(thread)
assert thread["messages"][0]["reply_count"] == 5 and thread["messages"][1]["parent_user_id"] == place.bob
replies = thread["messages"]
later = client.conversations_replies(**here, ts=place.root, oldest=replies[3]["ts"])
assert texts(later) == ["root", "reply 3", "reply 4"], texts(later)
earlier = client.conversations_replies(**here, ts=place.root, latest=replies[2]["ts"], limit=1)
assert texts(earlier) == ["root", "reply 0"], texts(earlier)
refused("thread_not_found", client.conversations_replies, **here, ts="1.000001")

# What is shared is in an attachment.
shared = client.conversations_history(**here, oldest=place.last)["messages"][0]
assert shared["text"] == "see" and shared["attachments"][0]["is_share"], shared
assert shared["attachments"][0]["text"] == "one" and shared["attachments"][0]["author_id"] == place.alice

# Names.
assert client.conversations_info(**here)["channel"]["name"] == "general"
refused("channel_not_found", client.conversations_info, channel=place.secret)
groups = client.usergroups_list()["usergroups"]
assert [group["handle"] for group in groups] == ["devs"] and groups[0]["id"] == place.group
print("ok")
