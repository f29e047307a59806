"""slack_sdk's SocketModeClient: opens forms, also against the rules, until someone says quit."""

import threading

from slack_clients import Place, refused
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse

place = Place()
web = place.client()
done = threading.Event()
triggers = {}


def plain(text):
    return {"type": "plain_text", "text": text}


def view(callback="form", **changes):
    form = {
        "type": "modal", "callback_id": callback, "private_metadata": "17", "title": plain("Deny"),
        "submit": plain("Deny"), "close": plain("Cancel"),
        "blocks": [{"type": "input", "block_id": "reason", "label": plain("Reason"),
                    "element": {"type": "plain_text_input", "action_id": "text", "max_length": 100}}]}
    form.update(changes)
    return {name: value for name, value in form.items() if value is not None}


def post(text):
    web.chat_postMessage(channel=place.channel, text=text)


def open_wrong(trigger):
    block = view()["blocks"][0]
    for wrong in [
        view(type="form"), view(title=None), view(title=plain("x" * 25)), view(title={"type": "mrkdwn", "text": "x"}),
        view(submit=None), view(submit=plain("x" * 25)), view(close=plain("")), view(private_metadata="x" * 3001),
        view(callback="x" * 256), view(blocks=[{**block, "element": {"type": "button", "text": plain("x")}}]),
        view(blocks=[{**block, "element": {**block["element"], "max_length": 3001}}]),
    ]:
        refused("invalid_arguments", web.views_open, trigger_id=trigger, view=wrong)
    for wrong in [view(blocks=[{**block, "label": None}]), view(blocks=[block] * 101), view(blocks=[{"type": "x"}])]:
        refused("invalid_blocks", web.views_open, trigger_id=trigger, view=wrong)
    refused("invalid_trigger_id", web.views_open, trigger_id="1.2.3", view=view())
    post("wrong forms are refused")


def pressed(payload):
    trigger = payload["trigger_id"]
    button = payload["actions"][0]["action_id"]
    if button == "wrong":
        open_wrong(trigger)
    elif button == "late":
        triggers["late"] = trigger
    else:
        opened = web.views_open(trigger_id=trigger, view=view("silent" if button == "silent" else "form"))
        assert opened["view"]["id"] and opened["view"]["private_metadata"] == "17"
        if button == "twice":
            answer = refused("exchanged_trigger_id", web.views_open, trigger_id=trigger, view=view())
            post("twice: " + answer["error"])


def listen(client, request):
    payload = request.payload
    acknowledgement = SocketModeResponse(envelope_id=request.envelope_id)
    if request.type == "interactive" and payload["type"] == "view_submission":
        text = payload["view"]["state"]["values"]["reason"]["text"]["value"]
        if payload["view"]["callback_id"] == "silent":
            post("heard: " + text)
            return
        if text == "bad":
            acknowledgement.payload = {"response_action": "errors", "errors": {"reason": "no"}}
        client.send_socket_mode_response(acknowledgement)
        if text != "bad":
            post(f"submitted: {text}, metadata {payload['view']['private_metadata']}")
        return
    client.send_socket_mode_response(acknowledgement)
    if request.type == "interactive":
        pressed(payload)
    elif payload["event"].get("text") == "now":
        answer = refused("expired_trigger_id", web.views_open, trigger_id=triggers["late"], view=view())
        post("late: " + answer["error"])
    elif payload["event"].get("text") == "quit":
        done.set()


web.chat_postMessage(channel=place.channel, text="Buttons", blocks=[{"type": "actions", "elements": [
    {"type": "button", "action_id": name.lower(), "text": plain(name)}
    for name in ["Wrong", "Late", "Twice", "Silent", "More"]]}])
client = SocketModeClient(app_token=place.app_token, web_client=web, ping_interval=0.3)
client.socket_mode_request_listeners.append(listen)
client.connect()
assert done.wait(60)
client.close()
print("ok")
