"""The peer on Telegram: a typical bot built with aiogram.

    telegram.py API_URL TOKEN BASE_URL [DATABASE]
"""

import asyncio
import sys

import aiohttp
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message

from model import Conversations


async def main(api_url, token, base_url, database=None):
    async with aiohttp.ClientSession() as session:
        conversations = Conversations(session, base_url, database)
        bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url)))
        dispatcher = Dispatcher()

        @dispatcher.message()
        async def message(incoming: Message):
            if incoming.text:
                conversations.keeper.question(incoming.chat.id, incoming.text)
                await incoming.answer(await conversations.reply(incoming.chat.id, incoming.text))

        await dispatcher.start_polling(bot, handle_signals=False)


asyncio.run(main(*sys.argv[1:]))
