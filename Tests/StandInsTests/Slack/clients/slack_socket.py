"""slack_sdk's SocketModeClient: answers each message in its thread, until someone says quit."""

import threading

from slack_clients import Place
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

place = Place()
web = place.client()
done = threading.Event()
seen = []


def listen(client, request):
    client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
    assert request.type == "events_api", request.type
    event = request.payload["event"]
    seen.append((event["type"], event.get("subtype"), request.payload["event_id"], request.retry_attempt))
    if event["type"] != "message" or event.get("subtype") or event.get("bot_id"):
        return
    if event["text"] == "quit":
        done.set()
        return
    web.chat_postMessage(channel=event["channel"], thread_ts=event.get("thread_ts", event["ts"]),
                         text="echo: " + event["text"])


client = SocketModeClient(app_token=place.app_token, web_client=web, ping_interval=0.3)
client.socket_mode_request_listeners.append(listen)
client.connect()
assert done.wait(40)
client.close()
kinds = [(kind, subtype) for kind, subtype, _, _ in seen]
assert ("app_mention", None) in kinds, kinds
# The app's own answers come back; an event comes once, unless Slack marks it as a retry.
assert kinds.count(("message", None)) >= 4, kinds
first = [event_id for _, _, event_id, attempt in seen if not attempt]
assert len(set(first)) == len(first), seen
print("ok")
