"""Jobs about devices, cross-signing, verification and restarts."""
import json
import os
import time

from conversation import Conversation
from jobs import job
from verification import NEW, OLD, Cancelled, Verification


@job
async def devices(world):
    talk = await world.main()
    await talk.ask("with one device")
    second = await world.person("second")
    other = Conversation(second, world.bot, talk.room)
    await second.until("the room", lambda: talk.room in second.encrypted)
    event, post = await talk.ask("with two devices")
    await other.answer(event, "You said: with two devices")
    asked, post = await other.ask("asked by the second device")
    await talk.answer(asked, "You said: asked by the second device")
    sessions = {seen.session for seen in talk.by_bot()}
    last = talk.by_bot()[-1].session
    await second.log_out()
    world.people.remove(second)
    # Until the bot has heard of it.
    event, _ = await talk.ask("with one device again")
    event, post = await talk.ask("and once more with one")
    assert post.session != last, "the session was not changed after a device had been removed"
    print(f"devices: one came and one went; {len(sessions)} sessions before")


@job
async def members(world):
    """Somebody leaves a room: the bot begins a new session."""
    talk = await world.main()
    room = Conversation(talk.person, world.bot)
    guest = await world.guest()
    await room.begin(is_direct=False, name="comings and goings", invite=[guest.user])
    await guest.call("POST", "join", room.room, body={})
    await room.wait_for(guest.user)
    _, before = await room.ask("with the guest", mention=True)
    theirs = Conversation(guest, world.bot, room.room)
    await guest.until("the answer at the guest", lambda: [
        post for post in theirs.posts() if theirs.shown(post).get("body") == "You said: with the guest"])
    await guest.call("POST", "rooms", room.room, "leave", body={})
    await talk.person.until("the guest to leave", lambda: talk.person.members[room.room][guest.user] == "leave")
    _, after = await room.ask("without the guest", mention=True)
    assert after.session != before.session, "the session was not changed after somebody had left"
    room.check_wire()
    print("members: a new session after somebody had left")


@job
async def unsigned(world):
    """A device that its owner has not signed: prints whether it gets answers."""
    talk = await world.main()
    await talk.ask("from the signed device")
    second = await world.person("unsigned", sign=False)
    other = Conversation(second, world.bot, talk.room)
    await second.until("the room", lambda: talk.room in second.encrypted)
    event = await other.say("from an unsigned device")
    end = time.monotonic() + 6
    while time.monotonic() < end:
        await second.sync(500)
        await talk.person.sync(0)
    answered = any(talk.shown(post).get("body") == "You said: from an unsigned device" for post in talk.posts())
    readable = any(not seen.problem for seen in other.by_bot("m.room.encrypted") + other.by_bot() if seen.is_encrypted)
    codes = sorted({message["content"].get("code") for message in second.to_device
                    if message["type"] == "m.room_key.withheld"})
    print(f"unsigned: answered {answered}, readable there {readable}, withheld {codes}")
    # As soon as it is signed it is like the others.
    await world.people[0].cross_signing.sign_device(second.device)
    second.cross_signing = world.people[0].cross_signing
    event = await other.say("now it is signed")
    await other.answer(event, "You said: now it is signed")
    print("unsigned: answered after it was signed")


@job
async def restart(world):
    """The person's program ends and comes back with its keys."""
    talk = await world.main()
    await talk.ask("before the restart")
    old, room = world.people[0], talk.room
    await old.close()
    new = await world.kind(world.base, world.user, world.password, old.store).start()
    world.people[0] = new
    world.dm = Conversation(new, world.bot, room)
    await world.dm.ask("after the restart")
    print("restart: the conversation went on")


@job
async def alone(world):
    """Nothing but what is needed to have talked: for tests that restart the bot between two runs."""
    talk = await world.main()
    event, post = await talk.ask("remember the penguin")
    with open(os.path.join(world.store, "room.json"), "w") as file:
        json.dump({"room": talk.room, "event": event}, file)
    print("alone: ok")


@job
async def again(world):
    """After `alone` in another run: the same device in the same room."""
    person = await world.person("first")
    with open(os.path.join(world.store, "room.json")) as file:
        kept = json.load(file)
    world.dm = Conversation(person, world.bot, kept["room"])
    await world.dm.ask("are you the same?")
    keys = await person.keys_of(world.bot)
    device = world.dm.by_bot()[-1].wire["content"]["device_id"]
    print(f"again: device {device}, master key {keys.master_key}, signed {keys.is_signed(device)}")


@job
async def reply(world):
    """After `again`: a reply to the old message, which the bot must be able to read."""
    with open(os.path.join(world.store, "room.json")) as file:
        kept = json.load(file)
    event = await world.dm.say("what did I say there?", reply_to=kept["event"])
    await world.dm.find(event, "what did I say there?")
    print("reply: answered")


def plain(text):
    """Without the selectors that make signs into pictures."""
    return text.replace("\ufe0f", "")


async def compare(world, verification):
    """The bot shows the same emoji, and is told so."""
    print(f"sas: {' '.join(emoji for emoji, _ in verification.emoji)} by {verification.method}")
    if os.environ.get("CONFIRMS") is None:
        return  # a bot that agrees to everything
    emoji = [plain(symbol) for symbol, _ in verification.emoji]

    def find():
        lines = [plain(world.dm.shown(post).get("body", "")) for post in world.dm.posts()]
        return [line for line in lines if "verify yes" in line and all(symbol in line for symbol in emoji)]
    line = (await world.dm.person.until("the emoji of the bot", find, 30))[-1]
    places = [line.index(symbol) for symbol in emoji]
    assert places == sorted(places) or len(set(emoji)) < 7, line
    await world.dm.say("!verify yes")


async def check(person, world, verification):
    await compare(world, verification)
    verified, keys = await verification.confirm()
    assert verification.device in verified, verified
    assert keys.master_key in verified, f"the bot's master key is not among {verified}"


@job
async def verify(world):
    """The person begins, in the room and to-device, and either side starts."""
    talk = await world.main()
    await talk.ask("before the verification")
    for name, room in (("in the room", talk.room), ("to-device", None)):
        for method in (NEW, OLD):
            verification = Verification(talk.person, world.bot, room, methods=(method,))
            await verification.request()
            await verification.begin_sas()
            await check(talk.person, world, verification)
            print(f"verify: {name}, {method}")
    talk.check_wire()


@job
async def verify_refused(world):
    """Broken verifications end with a cancellation, and the next one works."""
    talk = await world.main()
    await talk.ask("before the refusals")
    verification = Verification(talk.person, world.bot, talk.room)
    verification.lie = "mac"
    await verification.request()
    await verification.begin_sas()
    await compare(world, verification)
    try:
        await verification.confirm()
        raise SystemExit("a wrong MAC was taken")
    except Cancelled as reason:
        print(f"verify_refused: a wrong MAC: {reason}")
    verification = Verification(talk.person, world.bot, talk.room)
    await verification.request()
    await verification.cancel()
    verification = Verification(talk.person, world.bot, talk.room, methods=(OLD,))
    await verification.request()
    await verification.begin_sas()
    await check(talk.person, world, verification)
    print("verify_refused: the next one worked")


@job
async def verify_asked(world):
    """The bot begins after it was asked to."""
    talk = await world.main()
    await talk.say("!verify")
    verification = Verification(talk.person, world.bot, talk.room)
    await verification.accept_request()
    await verification.accept_sas()
    await check(talk.person, world, verification)
    print("verify_asked: begun by the bot")
