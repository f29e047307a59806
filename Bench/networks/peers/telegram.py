"""The peer on Telegram: a typical bot built with aiogram. It stores nothing on disk.

    telegram.py API_URL TOKEN BASE_URL
"""

import asyncio
import sys

import aiohttp
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message

from model import Conversations


async def main(api_url, token, base_url):
    async with aiohttp.ClientSession() as session:
        conversations = Conversations(session, base_url)
        bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api_url)))
        dispatcher = Dispatcher()

        @dispatcher.message()
        async def message(incoming: Message):
            if incoming.text:
                await incoming.answer(await conversations.reply(incoming.chat.id, incoming.text))

        await dispatcher.start_polling(bot, handle_signals=False)


asyncio.run(main(*sys.argv[1:]))
