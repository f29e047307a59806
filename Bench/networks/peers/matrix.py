"""The peer on Matrix: a typical bot built with matrix-nio.

    matrix.py HOMESERVER USER ACCESS_TOKEN BASE_URL [DATABASE]
"""

import asyncio
import sys

import aiohttp
from nio import AsyncClient, AsyncClientConfig, InviteMemberEvent, RoomMessageText

from model import Conversations


async def main(homeserver, user, token, base_url, database=None):
    async with aiohttp.ClientSession() as session:
        conversations = Conversations(session, base_url, database)
        client = AsyncClient(homeserver, user, config=AsyncClientConfig(encryption_enabled=False))
        client.access_token, client.user_id, client.device_id = token, user, "PEER"
        is_fresh = False

        async def message(room, event):
            if not is_fresh or event.sender == user:
                return
            conversations.keeper.question(room.room_id, event.body)
            text = await conversations.reply(room.room_id, event.body)
            await client.room_send(room.room_id, "m.room.message", {"msgtype": "m.notice", "body": text})

        async def invitation(room, event):
            if event.state_key == user:
                await client.join(room.room_id)

        client.add_event_callback(message, RoomMessageText)
        client.add_event_callback(invitation, InviteMemberEvent)
        await client.sync(timeout=0, full_state=True)
        is_fresh = True
        await client.sync_forever(timeout=30000)


asyncio.run(main(*sys.argv[1:]))
