"""A bot on one of the libraries, in place of the adapter: for trying the people against each other, and as what the
adapter replaces.

Arguments: library, homeserver, user, password, directory, and `backup` for secret storage and a key backup (mautrix)."""
import asyncio
import sys

import backup
from conversation import Conversation
from matrix_api import MatrixError
from verification import Cancelled, Verification


class EchoBot:
    def __init__(self, person):
        self.person, self.done, self.tasks, self.refused = person, set(), set(), set()
        self.verifications, self.backup = set(), None

    async def run(self):
        print("ready", flush=True)
        while True:
            try:
                await self.person.sync(3000)
            except MatrixError as error:
                print(error, file=sys.stderr)
            for room in list(self.person.invitations):
                await self.person.call("POST", "join", room, body={})
                self.person.invitations.discard(room)
            for event in list(self.person.to_device):
                if event["type"] == "m.key.verification.request":
                    name = event["content"]["transaction_id"]
                    if name not in self.verifications:
                        self.verifications.add(name)
                        await self.verify(event["sender"], None, event["content"])
            for seen in list(self.person.events):
                if seen.id in self.done or seen.sender == self.person.user:
                    continue
                if seen.problem:
                    await self.explain(seen)
                    continue
                self.done.add(seen.id)
                await self.handle(seen)

    async def explain(self, seen):
        if seen.session in self.refused or not seen.session:
            return
        self.refused.add(seen.session)
        if seen.problem.startswith("undecryptable") and "session" in seen.problem.lower():
            await Conversation(self.person, None, seen.room).say("I cannot read this yet.")

    async def handle(self, seen):
        talk = Conversation(self.person, "@nobody:localhost", seen.room)
        relation, content = seen.relation, seen.content
        if seen.type == "m.reaction":
            await talk.say(f"You chose: {relation.get('key', '').rstrip(chr(0xfe0f))}")
        elif seen.type == "m.room.redaction":
            await talk.say("You deleted it.")
        elif seen.type != "m.room.message":
            return
        elif content.get("msgtype") == "m.key.verification.request":
            await self.verify(seen.sender, seen, content)
        elif relation.get("rel_type") == "m.replace":
            await talk.say(f"You changed it to: {content['m.new_content']['body']}")
        else:
            await self.answer(talk, seen)

    async def answer(self, talk, seen):
        root = seen.relation["event_id"] if seen.relation.get("rel_type") == "m.thread" else None
        mentions = seen.content.get("m.mentions", {}).get("user_ids", [])
        if self.person.user in mentions and root is None:
            root = seen.id
        text = seen.body.split(": ", 1)[-1] if self.person.user in mentions else seen.body
        await self.person.call("PUT", "rooms", seen.room, "typing", self.person.user,
                               body={"typing": True, "timeout": 10000})
        await self.person.call("POST", "rooms", seen.room, "receipt", "m.read", seen.id, body={})
        if text == "take your time":
            return
        if text == "!verify":
            verification = Verification(self.person, seen.sender, seen.room)
            await verification.request()
            await verification.begin_sas()
            await verification.confirm()
            return
        if "file" in seen.content:
            try:
                plain, _ = await talk.read_file(seen)
            except Exception as error:
                return print(f"file: {error}", file=sys.stderr)
            await talk.send_file(seen.content["filename"][::-1], plain[::-1])
            return
        states = [f"You said: {text}"]
        if text == "long":
            states = ["".join(f"line {line}\n" for line in range(number + 1)) for number in range(0, 60, 6)]
            states.append("".join(f"line {line}\n" for line in range(60)) + "the end")
        else:
            states.insert(0, states[0][:len(states[0]) // 2])
        post = await talk.say(states[0], thread=root)
        for state in states[1:]:
            await talk.edit(post, state)
        await self.person.call("PUT", "rooms", seen.room, "typing", self.person.user, body={"typing": False})
        if self.backup:
            await backup.put(self.person, self.backup, seen.room, seen.session)
            print("backed up", flush=True)

    async def verify(self, user, seen, content):
        verification = Verification(self.person, user, seen.room if seen else None)
        try:
            verification.id = seen.id if seen else content["transaction_id"]
            verification.device = content["from_device"]
            await verification.send("ready", {"from_device": self.person.device, "methods": ["m.sas.v1"]})
            await verification.accept_sas()
            await verification.confirm()
        except Cancelled as reason:
            print(f"cancelled: {reason}", file=sys.stderr)
        except AssertionError as reason:
            await verification.cancel("m.key_mismatch")
            print(f"mismatch: {reason}", file=sys.stderr)


async def main(library, base, user, password, store, extra=None):
    if library == "nio":
        from nio_person import NioPerson as kind
    else:
        from mautrix_person import MautrixPerson as kind
    person = await kind(base, user, password, store, device_name="bot").start()
    bot = EchoBot(person)
    if extra == "backup":
        recovery_key, bot.backup = await backup.make(person)
        print(f"recovery key: {recovery_key}", flush=True)
    elif person.cross_signing is None:
        await person.cross_sign()
    await bot.run()


asyncio.run(main(*sys.argv[1:]))
