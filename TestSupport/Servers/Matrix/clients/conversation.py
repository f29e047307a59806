"""A room with the bot, and what a person does there."""
import json

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}


class Conversation:
    def __init__(self, person, bot, room=None):
        self.person, self.bot, self.room = person, bot, room
        self.said = []

    async def begin(self, is_direct=True, encryption=ENCRYPTION, invite=(), name=None):
        """Creates a room, encrypted from the beginning as Element does it, and waits for the bot."""
        body = {"preset": "trusted_private_chat" if is_direct else "private_chat", "is_direct": is_direct,
                "invite": [self.bot, *invite], "initial_state": []}
        if encryption:
            body["initial_state"].append({"type": "m.room.encryption", "state_key": "", "content": encryption})
        if name:
            body["name"] = name
        self.room = (await self.person.call("POST", "createRoom", body=body))["room_id"]
        await self.wait_for(self.bot)
        return self

    async def wait_for(self, user):
        await self.person.until(f"{user} to join", lambda: self.person.members.get(
            self.room, {}).get(user) == "join" and (self.room in self.person.encrypted or True))

    # MARK: What the bot says

    def by_bot(self, kind="m.room.message"):
        return [seen for seen in self.person.events
                if seen.room == self.room and seen.sender == self.bot and seen.type == kind]

    def posts(self):
        return [seen for seen in self.by_bot() if seen.relation.get("rel_type") != "m.replace"]

    def edits(self, post):
        return [seen for seen in self.by_bot() if seen.relation.get("rel_type") == "m.replace"
                and seen.relation.get("event_id") == post.id]

    def shown(self, post):
        edits = self.edits(post)
        return edits[-1].content["m.new_content"] if edits else post.content

    def after(self, event):
        """The bot's posts after an event."""
        order = [seen.id for seen in self.person.events]
        start = order.index(event) if event in order else -1
        return [seen for seen in self.posts() if order.index(seen.id) > start]

    async def answer(self, event, text, seconds=60):
        """The bot's message whose text becomes `text`."""
        return (await self.person.until(f"{text!r}", lambda: [
            post for post in self.after(event) if self.shown(post).get("body") == text], seconds))[0]

    async def find(self, event, part, seconds=60):
        """The bot's message that contains `part`."""
        return (await self.person.until(f"a line with {part!r}", lambda: [
            post for post in self.after(event) if part in self.shown(post).get("body", "")], seconds))[0]

    def check_wire(self):
        """Nothing that the bot said here was in clear text."""
        if self.room not in self.person.encrypted:
            return
        for seen in self.person.events:
            if seen.room == self.room and seen.sender == self.bot and "body" in seen.wire.get("content", {}):
                raise AssertionError(f"clear text in an encrypted room: {seen.wire}")

    # MARK: What the person says

    def content(self, text, thread=None, mention=False, reply_to=None):
        content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
        if mention:
            name = self.bot[1:].split(":")[0]
            content.update({"body": f"{name}: {text}", "format": "org.matrix.custom.html",
                            "formatted_body": f'<a href="https://matrix.to/#/{self.bot}">{name}</a>: {text}',
                            "m.mentions": {"user_ids": [self.bot]}})
        if thread:
            content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None,
                                       "m.in_reply_to": {"event_id": reply_to or thread}}
        elif reply_to:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": reply_to}}
        return content

    async def say(self, text, **manner):
        self.said.append(text)
        return await self.person.send(self.room, "m.room.message", self.content(text, **manner))

    async def ask(self, text, **manner):
        """Says something and returns its event and the echo."""
        event = await self.say(text, **manner)
        return event, await self.answer(event, f"You said: {text}")

    async def edit(self, event, text):
        self.said.append(text)
        return await self.person.send(self.room, "m.room.message", {
            "msgtype": "m.text", "body": f"* {text}", "m.mentions": {},
            "m.new_content": {"msgtype": "m.text", "body": text, "m.mentions": {}},
            "m.relates_to": {"rel_type": "m.replace", "event_id": event}})

    async def react(self, event, key):
        return await self.person.send(self.room, "m.reaction", {
            "m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}})

    async def redact(self, event):
        await self.person.call(
            "PUT", "rooms", self.room, "redact", event, self.person.transaction(), body={})

    # MARK: Files

    async def upload(self, data, kind="application/octet-stream"):
        status, answer = await self.person.api.raw("POST", ["_matrix", "media", "v3", "upload"], data, kind)
        assert status == 200, answer
        return json.loads(answer)["content_uri"]

    async def download(self, address):
        server, name = address.removeprefix("mxc://").split("/")
        status, data = await self.person.api.raw(
            "GET", ["_matrix", "client", "v1", "media", "download", server, name])
        assert status == 200, data
        return data

    async def send_file(self, name, data, alter=None, **manner):
        """Sends an encrypted attachment; `alter` changes its description before that."""
        ciphertext, file = self.person.encrypt_file(data)
        file = {**file, "url": await self.upload(ciphertext), "v": "v2"}
        if alter:
            alter(file)
        content = self.content(name, **manner)
        content.update({"msgtype": "m.file", "filename": name, "file": file,
                        "info": {"mimetype": "application/octet-stream", "size": len(data)}})
        return await self.person.send(self.room, "m.room.message", content)

    async def read_file(self, seen):
        """A file's plain bytes; the library checks the hash."""
        file = seen.content["file"]
        assert "url" not in seen.content, seen.content
        assert file["v"] == "v2" and file["key"]["alg"] == "A256CTR" and file["key"]["kty"] == "oct", file
        assert file["key"]["ext"] is True and set(file["key"]["key_ops"]) >= {"encrypt", "decrypt"}, file
        stored = await self.download(file["url"])
        return self.person.decrypt_file(stored, file), stored
