/// The script for the other side, which uses the independent client library matrix-nio.
enum NioScript {
    /// Arguments: the server, the account's name, its password, the bot's user id, and the jobs to run.
    static let text = #"""
        import asyncio
        import io
        import sys
        import time

        from nio import (AsyncClient, DownloadResponse, Event, LoginResponse, ReactionEvent, ReceiptEvent, RoomCreateResponse,
                         RoomMessage, RoomSendResponse, SyncResponse, TypingNoticeEvent, UploadResponse)


        class Side:
            def __init__(self, base, user, bot):
                self.client = AsyncClient(base, user)
                self.bot, self.events, self.ephemeral, self.room = bot, [], [], None
                self.client.add_event_callback(lambda room, event: self.events.append(event), Event)
                self.client.add_ephemeral_callback(
                    lambda room, event: self.ephemeral.append(event), (TypingNoticeEvent, ReceiptEvent))

            async def begin(self, password):
                answer = await self.client.login(password, device_name="nio")
                assert isinstance(answer, LoginResponse), answer
                room = await self.client.room_create(name="nio", invite=[self.bot])
                assert isinstance(room, RoomCreateResponse), room
                self.room = room.room_id
                await self.until("the bot to join", lambda: self.bot in self.members())

            def members(self):
                room = self.client.rooms.get(self.room)
                return [user for user, member in room.users.items() if not member.invited] if room else []

            async def until(self, what, find, seconds=60):
                end = time.monotonic() + seconds
                while True:
                    found = find()
                    if found:
                        return found
                    if time.monotonic() > end:
                        last = [(e.sender, getattr(e, "body", type(e).__name__)) for e in self.events[-8:]]
                        sys.exit(f"timed out waiting for {what}; last: {last}")
                    answer = await self.client.sync(timeout=2000)
                    assert isinstance(answer, SyncResponse), answer

            async def send(self, content, kind="m.room.message"):
                answer = await self.client.room_send(self.room, kind, content)
                assert isinstance(answer, RoomSendResponse), answer
                return answer.event_id

            async def ask(self, text, thread=None):
                content = {"msgtype": "m.text", "body": text, "m.mentions": {}}
                if thread:
                    content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread, "is_falling_back": True,
                                               "m.in_reply_to": {"event_id": thread}}
                else:
                    name = self.bot[1:].split(":")[0]
                    content.update({"body": f"{name}: {text}", "format": "org.matrix.custom.html",
                                    "formatted_body": f'<a href="https://matrix.to/#/{self.bot}">{name}</a>: {text}',
                                    "m.mentions": {"user_ids": [self.bot]}})
                return await self.send(content)

            def own(self, kind=RoomMessage):
                return [e for e in self.events if isinstance(e, kind) and e.sender == self.bot]

            def relation(self, event):
                return event.source["content"].get("m.relates_to", {})

            def posts(self, root):
                """The bot's messages in the thread of `root` or in reply to it."""
                return [e for e in self.own() if root == (
                    self.relation(e)["event_id"] if self.relation(e).get("rel_type") == "m.thread"
                    else self.relation(e).get("m.in_reply_to", {}).get("event_id"))]

            def edits(self, event):
                return [e.source["content"]["m.new_content"] for e in self.own()
                        if self.relation(e).get("rel_type") == "m.replace"
                        and self.relation(e)["event_id"] == event.event_id]

            def shown(self, event):
                return self.edits(event)[-1] if self.edits(event) else event.source["content"]

            async def answer(self, thread, text):
                """The bot's message in a thread whose current text is `text`."""
                def find():
                    return [post for post in self.posts(thread) if self.shown(post)["body"] == text]
                return (await self.until(repr(text), find))[-1]


        async def talk(side):
            root = await side.ask("say **this** & <that>")
            post = await side.answer(root, "You said: say **this** & <that>")
            content = side.shown(post)
            assert content["msgtype"] == "m.notice", content
            assert "<strong>this</strong>" in content["formatted_body"], content
            assert "&lt;that&gt;" in content["formatted_body"], content
            assert content["m.mentions"] == {}, content
            assert side.edits(post), "it was never edited"
            print("threads and edits")

            await side.until("a reaction", lambda: [
                e for e in side.own(ReactionEvent) if e.reacts_to == root and e.key == "\U0001F440"])
            await side.ask("take your time", thread=root)
            await side.until("typing", lambda: [
                e for e in side.ephemeral if isinstance(e, TypingNoticeEvent) and side.bot in e.users])
            await side.until("a receipt", lambda: [
                r for e in side.ephemeral if isinstance(e, ReceiptEvent) for r in e.receipts
                if r.user_id == side.bot])
            print("reactions, receipts, typing")

            await side.ask("in the thread", thread=root)
            await side.answer(root, "You said: in the thread")
            await side.send({"msgtype": "m.text", "body": "* better", "m.mentions": {}, "m.new_content": {
                "msgtype": "m.text", "body": "better"}, "m.relates_to": {"rel_type": "m.replace", "event_id": root}})
            await side.until("the edit", lambda: [e for e in side.own() if "You changed it to: better" in e.body])
            reacted = await side.client.room_send(side.room, "m.reaction", {"m.relates_to": {
                "rel_type": "m.annotation", "event_id": post.event_id, "key": "\u2705\ufe0f"}})
            await side.until("the choice", lambda: [e for e in side.own() if "You chose: \u2705" in e.body])
            await side.client.room_redact(side.room, root)
            await side.until("the deletion", lambda: [e for e in side.own() if "You deleted it" in e.body])
            print("people's edits, choices and deletions")
            return root


        async def files(side):
            root = await side.ask("a file comes")
            await side.answer(root, "You said: a file comes")
            data = bytes(range(256)) * 400
            answer, _ = await side.client.upload(
                io.BytesIO(data), content_type="application/octet-stream", filename="up.bin", filesize=len(data))
            assert isinstance(answer, UploadResponse), answer
            await side.send({"msgtype": "m.file", "body": "up.bin", "filename": "up.bin", "url": answer.content_uri,
                             "info": {"mimetype": "application/octet-stream", "size": len(data)},
                             "m.relates_to": {"rel_type": "m.thread", "event_id": root, "is_falling_back": True,
                                              "m.in_reply_to": {"event_id": root}}})
            sent = (await side.until("a file", lambda: [
                e for e in side.posts(root) if e.source["content"]["msgtype"] == "m.file"]))[0]
            got = await side.client.download(sent.source["content"]["url"])
            assert isinstance(got, DownloadResponse), got
            assert got.body == data[::-1], len(got.body)
            assert sent.source["content"]["filename"] == "nib.pu", sent.source
            print("files both ways")


        async def long(side):
            root = await side.ask("long")
            start = time.monotonic()
            post = await side.answer(root, "".join(f"line {n}\n" for n in range(60)) + "the end")
            print(f"a long answer: {len(side.edits(post))} edits in {time.monotonic() - start:.1f} s")


        async def main(base, user, password, bot, *jobs):
            side = Side(base, user, bot)
            await side.begin(password)
            for job in jobs:
                await {"talk": talk, "files": files, "long": long}[job](side)
            await side.client.close()
            print("done")


        asyncio.run(main(*sys.argv[1:]))
        """#
}
