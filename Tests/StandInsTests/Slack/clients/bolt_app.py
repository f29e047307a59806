"""A slack_bolt app over Socket Mode or HTTP (the second argument says which), driven by the test."""

import os
import sys
import threading
import urllib.request

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from slack_clients import Place

place = Place()
app = App(client=place.client(), signing_secret=place.signing_secret)


def quit_soon():
    print("ok", flush=True)
    threading.Timer(0.2, lambda: os._exit(0)).start()


@app.event("app_mention")
def mentioned(event, say):
    say(text="Shall I?", thread_ts=event["ts"], blocks=[
        {"type": "section", "text": {"type": "mrkdwn", "text": "Shall I?"}},
        {"type": "actions", "block_id": "gate", "elements": [
            {"type": "button", "action_id": "approve", "value": "17", "style": "primary",
             "text": {"type": "plain_text", "text": "Approve"}},
            {"type": "button", "action_id": "form", "value": "18",
             "text": {"type": "plain_text", "text": "Form"}}]}])


@app.event("message")
def message(event, say):
    if event.get("subtype") == "file_share":
        request = urllib.request.Request(
            event["files"][0]["url_private_download"], headers={"Authorization": "Bearer " + place.bot_token})
        with urllib.request.urlopen(request) as answer:
            say(f"{len(answer.read())} bytes")
    elif event.get("subtype") == "message_changed" and "edited" in event["message"]:
        if event["message"]["user"] != place.bot_user:
            say(f"now: {event['message']['text']}")
    elif event.get("text") == "quit":
        quit_soon()
    elif event.get("channel_type") == "im" and not event.get("subtype"):
        say(f"direct: {event['text']}")


@app.event("reaction_added")
def reacted(event, say):
    if event["user"] != place.bot_user:
        say(channel=event["item"]["channel"], text=f"reacted: {event['reaction']}")


@app.command("/bot")
def command(ack, body, respond):
    assert "thread_ts" not in body
    ack(f"got {body['text']}")
    respond("later", response_type="in_channel")


@app.action("approve")
def approve(ack, body, respond):
    ack()
    assert body["actions"][0]["value"] == "17"
    respond(replace_original=True, text=f"approved by <@{body['user']['id']}>", blocks=[])


@app.action("form")
def form(ack, body, client):
    ack()
    client.views_open(trigger_id=body["trigger_id"], view={
        "type": "modal", "callback_id": "form", "title": {"type": "plain_text", "text": "Why?"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [{"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Why"},
                    "element": {"type": "plain_text_input", "action_id": "text"}}]})


@app.view("form")
def sent(ack, view, client):
    ack()
    client.chat_postMessage(channel=place.channel, text="why: " + view["state"]["values"]["why"]["text"]["value"])


if sys.argv[2] == "socket":
    SocketModeHandler(app, place.app_token).start()
else:
    threading.Timer(0.5, lambda: app.client.chat_postMessage(channel=place.channel, text="started")).start()
    app.start(port=int(sys.argv[3]))
