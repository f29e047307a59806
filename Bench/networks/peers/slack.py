"""The peer on Slack: a typical bot built with slack_bolt.

    slack.py API_URL BOT_TOKEN APP_TOKEN BASE_URL [DATABASE]
"""

import asyncio
import sys

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from model import Conversations


async def main(api_url, bot_token, app_token, base_url, database=None):
    async with aiohttp.ClientSession() as session:
        conversations = Conversations(session, base_url, database)
        app = AsyncApp(client=AsyncWebClient(token=bot_token, base_url=api_url))

        @app.use
        async def keep(body, next):
            # Before the event is acknowledged.
            event = body.get("event", {})
            if event.get("type") == "message" and not event.get("bot_id"):
                conversations.keeper.question(event["channel"], event.get("text", ""))
            await next()

        @app.event("message")
        async def message(event, say):
            if event.get("subtype") or event.get("bot_id"):
                return
            thread = event.get("thread_ts") or (None if event["channel_type"] == "im" else event["ts"])
            text = await conversations.reply((event["channel"], thread), event["text"])
            await say(text=text, thread_ts=thread)

        @app.event("app_mention")
        async def mention():
            pass  # also arrives as a message

        handler = AsyncSocketModeHandler(
            app, app_token, web_client=AsyncWebClient(token=app_token, base_url=api_url))
        await handler.start_async()


asyncio.run(main(*sys.argv[1:]))
