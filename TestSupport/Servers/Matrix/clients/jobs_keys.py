"""Jobs about keys that come late, are held back, or fit nothing."""
import copy

from conversation import Conversation
from jobs import job


@job
async def late(world):
    talk = await world.main()
    await talk.ask("before the late one")
    session = await talk.person.hold_key(talk.room)
    event = await talk.say("its key comes late")
    assert talk.person.seen.get(event) is None or talk.person.seen[event].session == session
    await talk.person.nothing("answered without a key", lambda: [
        post for post in talk.after(event) if "its key comes late" in talk.shown(post).get("body", "")], 8)
    second = await talk.say("its key comes late too")
    await talk.person.nothing("answered without a key", lambda: [
        post for post in talk.after(second) if "comes late too" in talk.shown(post).get("body", "")], 1)
    await talk.person.release_key(talk.room)
    first_answer = await talk.answer(event, "You said: its key comes late")
    second_answer = await talk.answer(second, "You said: its key comes late too")
    order = [seen.id for seen in talk.person.events]
    assert order.index(first_answer.id) < order.index(second_answer.id), "not in order"
    helps = [post for post in talk.after(event) if order.index(post.id) < order.index(first_answer.id)]
    assert len(helps) == 1 and helps[0].is_encrypted, helps
    print(f"late: answered when the key came, in order; {len(helps)} line of help before")


@job
async def withheld(world):
    talk = await world.main()
    session = await talk.person.hold_key(talk.room)
    keys = await talk.person.keys_of(world.bot)
    for kind in ("m.room_key.withheld", "org.matrix.room_key.withheld"):
        await talk.person.send_to_devices(kind, {world.bot: {device: {
            "algorithm": "m.megolm.v1.aes-sha2", "code": "m.unverified", "reason": "a test", "room_id": talk.room,
            "sender_key": talk.person.own_keys()["curve25519"], "session_id": session} for device in keys.devices}})
    event = await talk.say("a sentence whose key is withheld")
    await talk.person.nothing("answered without a key", lambda: [
        post for post in talk.after(event) if "whose key is withheld" in talk.shown(post).get("body", "")])
    await talk.person.release_key(talk.room)
    await talk.answer(event, "You said: a sentence whose key is withheld")
    print("withheld: said by the person, and the key that came after it was used")


@job
async def replay(world):
    talk = await world.main()
    event, _ = await talk.ask("only once")
    await talk.person.until("the own event", lambda: event in talk.person.seen)
    wire = talk.person.seen[event].wire["content"]
    replayed = await talk.person.send_as_is(talk.room, "m.room.encrypted", wire)
    altered = copy.deepcopy(wire)
    middle = len(altered["ciphertext"]) // 2
    letter = "A" if altered["ciphertext"][middle] != "A" else "B"
    altered["ciphertext"] = altered["ciphertext"][:middle] + letter + altered["ciphertext"][middle + 1:]
    await talk.person.send_as_is(talk.room, "m.room.encrypted", altered)
    # The same in another room.
    other = await Conversation(talk.person, world.bot).begin()
    await other.ask("another room")
    await talk.person.send_as_is(other.room, "m.room.encrypted", wire)
    for broken in ({"algorithm": "m.megolm.v1.aes-sha2"}, {**wire, "ciphertext": "AAAA"}, {**wire, "ciphertext": 7},
                   {**wire, "session_id": "A" * 43}, {**wire, "algorithm": "m.unknown"}, {}):
        await talk.person.send_as_is(talk.room, "m.room.encrypted", broken)
    await talk.ask("after the forged ones")
    await other.ask("after the forged one")
    again = [post for talk in (talk, other) for post in talk.posts()
             if talk.shown(post).get("body") == "You said: only once"]
    assert len(again) == 1, again
    print("replay: replayed, altered, moved and broken events were not answered")


@job
async def forged(world):
    """A room key from somebody who does not own the session's sender."""
    talk = await world.main()
    await talk.ask("an honest one")
    keys = await talk.person.keys_of(world.bot)
    honest = talk.by_bot()[-1].wire["content"]["device_id"]
    person = talk.person
    # In clear text: must be dropped.
    await person.send_to_devices("m.room_key", {world.bot: {honest: {
        "algorithm": "m.megolm.v1.aes-sha2", "room_id": talk.room, "session_id": "A" * 43, "session_key": "A" * 306}}})
    # Over Olm, but with somebody else's name or key, for somebody else, or of nonsense.
    good = await person.encrypt_to(world.bot, honest, "m.room_key", {
        "algorithm": "m.megolm.v1.aes-sha2", "room_id": talk.room, "session_id": "A" * 43, "session_key": "nonsense"})
    await person.send_to_devices("m.room.encrypted", {world.bot: {honest: good}})
    await person.send_to_devices("m.room.encrypted", {world.bot: {honest: good}})
    other = {**good, "sender_key": "A" * 43}
    await person.send_to_devices("m.room.encrypted", {world.bot: {honest: other}})
    for broken in ({}, {**good, "ciphertext": {}}, {**good, "ciphertext": {keys.curve25519(honest): {}}},
                   {**good, "ciphertext": {keys.curve25519(honest): {"type": 0, "body": "AAAA"}}},
                   {**good, "ciphertext": {keys.curve25519(honest): {"type": 7, "body": "AAAA"}}},
                   {**good, "algorithm": "m.unknown"}):
        await person.send_to_devices("m.room.encrypted", {world.bot: {honest: broken}})
    await person.rotate(talk.room)
    await talk.ask("after the forged keys")
    print("forged: forged and broken to-device messages were dropped")


@job
async def exhausted(world):
    """Somebody claims all of the bot's one-time keys: the fallback key serves, and new ones come."""
    talk = await world.main()
    await talk.ask("before the claims")
    device = talk.by_bot()[-1].wire["content"]["device_id"]
    ids, empty, fallback = set(), 0, 0
    for _ in range(130):
        answer = await talk.person.call("POST", "keys", "claim", body={
            "one_time_keys": {world.bot: {device: "signed_curve25519"}}})
        found = answer["one_time_keys"].get(world.bot, {}).get(device)
        if not found:
            empty += 1
            continue
        name, key = next(iter(found.items()))
        fallback += 1 if key.get("fallback") else 0
        ids.add(name)
    assert empty == 0, f"{empty} claims found no key"
    second = await world.person("claims")
    room = await Conversation(second, world.bot).begin()
    await room.ask("with what key was this sent?")
    print(f"exhausted: 130 claims, {len(ids)} keys, {fallback} times the fallback key, none without")


@job
async def wedged(world):
    """The person's Olm session is one that the bot cannot read: a new one is made."""
    talk = await world.main()
    await talk.ask("before the broken session")
    person, device = talk.person, talk.by_bot()[-1].wire["content"]["device_id"]
    keys = await person.keys_of(world.bot)
    await person.send_to_devices("m.room.encrypted", {world.bot: {device: {
        "algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": person.own_keys()["curve25519"],
        "ciphertext": {keys.curve25519(device): {
            "type": 1, "body": (await person.encrypt_to(world.bot, device, "m.dummy", {}))["ciphertext"][
                keys.curve25519(device)]["body"][:-6] + "AAAAAA"}}}}})
    await person.until("a dummy in a new session", lambda: [
        event for event in person.to_device if event["sender"] == world.bot and event["type"] == "m.room.encrypted"
        and any(part.get("type") == 0 for part in event["content"]["ciphertext"].values())], 20)
    await person.rotate(talk.room)
    await talk.ask("after the broken session")
    print("wedged: a new Olm session was made")
