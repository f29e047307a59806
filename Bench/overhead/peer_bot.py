"""The peer: a typical bot built with the `irc` library and the `openai` client.

    peer_bot.py PORT NICK CHANNEL BASE_URL [DATABASE]

With a database, it keeps what Jetbridge keeps; without one, it stores nothing.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

import irc.bot
import irc.strings
import openai

from keeper import Keeper


class Bot(irc.bot.SingleServerIRCBot):
    def __init__(self, port, nick, channel, base_url, database=None):
        super().__init__([("127.0.0.1", port)], nick, nick)
        self.channel = channel
        self.client = openai.OpenAI(base_url=base_url, api_key="bench")
        self.history = []
        self.keeper = Keeper(database)

    def on_welcome(self, connection, event):
        connection.join(self.channel)

    def on_pubmsg(self, connection, event):
        name, colon, text = event.arguments[0].partition(":")
        if not colon or irc.strings.lower(name) != irc.strings.lower(connection.get_nickname()):
            return
        if text.strip() == "!new":
            self.history = []
            return self.post(connection, event, "A new conversation.")
        self.keeper.question(self.channel, text.strip())
        self.history.append({"role": "user", "content": text.strip()})
        answer = waiting = ""
        stream = self.client.chat.completions.create(
            model="bench", stream=True,
            messages=[{"role": "system", "content": "You are an assistant in a chat."}] + self.history)
        for chunk in stream:
            if not chunk.choices:
                continue
            piece = chunk.choices[0].delta.content or ""
            answer += piece
            waiting += piece
            while "\n" in waiting:
                line, _, waiting = waiting.partition("\n")
                self.post(connection, event, line)
        self.post(connection, event, waiting)
        self.history.append({"role": "assistant", "content": answer})

    def post(self, connection, event, line):
        if line.strip():
            self.keeper.answer(self.channel, line)
            connection.privmsg(self.channel, f"{event.source.nick}: {line}")


port, *others = sys.argv[1:]
Bot(int(port), *others).start()
