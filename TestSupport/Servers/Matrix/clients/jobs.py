"""What a person does with the bot in encrypted rooms; each job prints one line at its end.

Arguments: library, homeserver, user, password, the bot's user id, a directory for the person's keys, then jobs; in the
environment GUEST as `user password` for another person. The bot answers as EchoingSink does: "You said: …", "You
chose: …", files turned round."""
import asyncio
import base64
import json
import os
import sys

from conversation import ENCRYPTION, Conversation
from signing import first_key

JOBS = {}


def job(function):
    JOBS[function.__name__] = function
    return function


class World:
    """One run: the person, the bot, and the direct conversation with it."""

    def __init__(self, kind, base, user, password, bot, store):
        self.kind, self.base, self.user, self.password, self.bot, self.store = kind, base, user, password, bot, store
        self.dm, self.people = None, []
        # What nobody may find on the server, and what must be found there.
        self.secret, self.files, self.open = [], [], []

    async def person(self, name, sign=True, **rest):
        """One device of the account."""
        person = await self.kind(
            self.base, self.user, self.password, os.path.join(self.store, name), device_name=name, **rest).start()
        self.people.append(person)
        if sign and person.cross_signing is None:
            if self.people[0] is person:
                await person.cross_sign()
            else:
                await self.people[0].cross_signing.sign_device(person.device)
                person.cross_signing = self.people[0].cross_signing
        return person

    async def guest(self):
        """Another person."""
        user, password = os.environ["GUEST"].split(" ")
        person = await self.kind(self.base, user, password, os.path.join(self.store, "guest")).start()
        self.people.append(person)
        await person.cross_sign()
        return person

    async def main(self):
        """The first device with its direct conversation."""
        if self.dm is None:
            person = await self.person("first")
            self.dm = await Conversation(person, self.bot).begin()
        return self.dm

    async def close(self):
        for person in self.people:
            # Short ones may stand anywhere.
            self.secret += [seen.body for seen in person.events if seen.is_encrypted and len(seen.body) > 12]
            await person.close()
        with open(os.path.join(self.store, "said.json"), "w") as file:
            json.dump({"texts": sorted({*self.secret, *self.open}), "open": self.open, "senders": [self.bot],
                       "files": [base64.b64encode(data).decode() for data in self.files]}, file)


@job
async def dm(world):
    talk = await world.main()
    event, post = await talk.ask("an elephant in an encrypted room")
    seen = talk.person.seen[event]
    assert seen.is_encrypted and post.is_encrypted, (seen.wire, post.wire)
    content = post.wire["content"]
    keys = await talk.person.keys_of(world.bot)
    assert content["algorithm"] == ENCRYPTION["algorithm"], content
    assert content["sender_key"] == keys.curve25519(content["device_id"]), content
    assert keys.is_signed(content["device_id"]), "the bot's device is not cross-signed"
    assert first_key(keys.master), "the bot has no master key"
    print("dm: an encrypted question, an encrypted answer")


@job
async def thread(world):
    talk = await world.main()
    root, _ = await talk.ask("a root")
    event, post = await talk.ask("inside the thread", thread=root)
    relation = post.wire["content"].get("m.relates_to", {})
    assert relation.get("rel_type") == "m.thread" and relation["event_id"] == root, post.wire
    assert "body" not in post.wire["content"], post.wire
    print("thread: the answer is in the thread, its relation outside")


@job
async def edits(world):
    talk = await world.main()
    event = await talk.say("long")
    text = "".join(f"line {number}\n" for number in range(60)) + "the end"
    post = await talk.answer(event, text)
    edits = talk.edits(post)
    assert edits, "it was never edited"
    for edit in edits:
        relation = edit.wire["content"].get("m.relates_to")
        assert edit.is_encrypted and relation == {"rel_type": "m.replace", "event_id": post.id}, edit.wire
        assert "m.new_content" not in edit.wire["content"], edit.wire
    assert len({edit.session for edit in edits}) >= 1
    print(f"edits: {len(edits)} of one message")


@job
async def changes(world):
    talk = await world.main()
    event, _ = await talk.ask("first wording")
    await talk.edit(event, "second wording")
    await talk.find(event, "You changed it to: second wording")
    await talk.redact(event)
    await talk.find(event, "You deleted it.")
    print("changes: a person's edit and deletion were heard")


@job
async def reaction(world):
    talk = await world.main()
    root, _ = await talk.ask("react to it")
    event, post = await talk.ask("react to it, please", thread=root)
    await talk.react(post.id, "\u2705\ufe0f")
    await talk.find(event, "You chose: \u2705")
    reactions = talk.by_bot("m.reaction")
    assert all(not seen.is_encrypted for seen in reactions), reactions
    print(f"reaction: a choice was heard; {len(reactions)} of the bot, in clear text as all clients do")


@job
async def files(world):
    talk = await world.main()
    data = os.urandom(100_000)
    world.files.append(data)
    event = await talk.send_file("up.bin", data)
    sent = (await talk.person.until("a file", lambda: [
        post for post in talk.after(event) if post.content.get("msgtype") == "m.file"]))[0]
    assert sent.content["filename"] == "nib.pu", sent.content
    plain, stored = await talk.read_file(sent)
    assert plain == data[::-1], len(plain)
    assert stored != plain and len(stored) == len(plain)

    def other_hash(file):
        file["hashes"] = {"sha256": "A" * 43}
    wrong = await talk.send_file("wrong.bin", data, alter=other_hash)
    await talk.ask("after the wrong file")
    answers = [post for post in talk.after(wrong) if post.content.get("msgtype") == "m.file"]
    assert not answers, answers
    print("files: both ways, and a wrong hash was refused")


@job
async def typing(world):
    talk = await world.main()
    talk.person.ephemeral.clear()
    event = await talk.say("take your time")
    await talk.person.until("typing", lambda: [
        content for room, content in talk.person.ephemeral if room == talk.room and content["type"] == "m.typing"
        and world.bot in content["content"]["user_ids"]])
    await talk.person.until("a receipt", lambda: [
        content for room, content in talk.person.ephemeral if room == talk.room and content["type"] == "m.receipt"
        and any(world.bot in users for kinds in content["content"].values() for users in kinds.values())])
    print("typing: typing and receipts")


@job
async def rotation(world):
    await world.main()
    talk = Conversation(world.people[0], world.bot)
    await talk.begin(encryption={**ENCRYPTION, "rotation_period_msgs": 5, "rotation_period_ms": 604800000})
    for number in range(8):
        event, _ = await talk.ask(f"rotation {number}")
    counts = {}
    for seen in talk.person.events:
        if seen.room == talk.room and seen.sender == world.bot and seen.is_encrypted:
            counts[seen.session] = counts.get(seen.session, 0) + 1
    assert len(counts) > 1 and max(counts.values()) <= 5, counts
    talk.check_wire()
    print(f"rotation: {len(counts)} sessions for {sum(counts.values())} events")


@job
async def rooms(world):
    """A room of several with threads, where the bot is addressed."""
    await world.main()
    talk = Conversation(world.people[0], world.bot)
    await talk.begin(is_direct=False, name="several")
    # Named and with a third member, so that it is no direct conversation.
    root, post = await talk.ask("a question in a room", mention=True)
    assert post.is_encrypted, post.wire
    event, post = await talk.ask("and one more", thread=root, mention=True)
    assert post.wire["content"]["m.relates_to"]["event_id"] == root, post.wire
    talk.check_wire()
    print("rooms: an encrypted room with threads")


@job
async def later(world):
    """A room that is encrypted after its beginning."""
    await world.main()
    talk = Conversation(world.people[0], world.bot)
    await talk.begin(encryption=None)
    _, post = await talk.ask("still in clear text")
    assert not post.is_encrypted
    world.open.append("still in clear text")
    await talk.person.call(
        "PUT", "rooms", talk.room, "state", "m.room.encryption", "", body=ENCRYPTION)
    await talk.person.until("encryption", lambda: talk.room in talk.person.encrypted)
    _, post = await talk.ask("from now on hidden")
    assert post.is_encrypted, post.wire
    print("later: encrypted from the moment it was switched on")


async def run(kind, base, user, password, bot, store, names):
    import jobs_keys  # noqa: F401 they add themselves
    import jobs_trust  # noqa: F401
    world = World(kind, base, user, password, bot, store)
    try:
        for name in names:
            await JOBS[name](world)
            if world.dm is not None:
                world.dm.check_wire()
            sys.stdout.flush()
    finally:
        await world.close()
    print("done")


def main():
    sys.modules["jobs"] = sys.modules[__name__]  # for the other files with jobs
    library, base, user, password, bot, store, *names = sys.argv[1:]
    if library == "nio":
        from nio_person import NioPerson as kind
    else:
        from mautrix_person import MautrixPerson as kind
    asyncio.run(run(kind, base, user, password, bot, store, names))


if __name__ == "__main__":
    main()
