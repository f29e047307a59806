"""A person on Matrix who encrypts. What is said about encryption itself is in the subclasses, one for each library."""
import asyncio
import copy
import json
import os
import sys
import time

from matrix_api import MatrixAPI
from signing import CrossSigning, UserKeys


class Undecryptable(Exception):
    pass


class Seen:
    """An event of a room, decrypted if it was encrypted."""

    def __init__(self, room, event):
        self.room, self.id, self.sender = room, event.get("event_id"), event.get("sender")
        self.wire, self.wire_type, self.time = event, event.get("type"), event.get("origin_server_ts")
        self.type, self.content, self.problem = self.wire_type, event.get("content", {}), None

    @property
    def is_encrypted(self):
        return self.wire_type == "m.room.encrypted"

    @property
    def session(self):
        return self.wire["content"].get("session_id")

    @property
    def relation(self):
        return self.content.get("m.relates_to") or {}

    @property
    def body(self):
        return self.content.get("body", "")

    def plain(self):
        """The event as it would be without encryption."""
        return {**self.wire, "type": self.type, "content": self.content}

    def __repr__(self):
        text = self.problem or self.body or json.dumps(self.content)
        return f"{self.sender} {self.type}{'*' if self.is_encrypted else ''}: {text[:120]!r}"


class Person:
    library = "none"

    def __init__(self, base, user, password, store, device_name=None, token=None, device=None, strict=True):
        self.api = MatrixAPI(base, token)
        self.base, self.user, self.password, self.store = base, user, password, store
        self.device, self.device_name, self.strict = device, device_name or self.library, strict
        self.since, self.events, self.seen, self.ephemeral, self.to_device = None, [], {}, [], []
        self.members, self.encrypted, self.invitations, self.waiting = {}, {}, set(), []
        self.cross_signing, self.transactions, self.known_keys = None, 0, {}

    # What a subclass does with its library.
    async def open(self): raise NotImplementedError
    async def feed(self, answer): raise NotImplementedError
    async def decrypt(self, room, event): raise NotImplementedError
    async def encrypt(self, room, kind, content): raise NotImplementedError
    async def hold_key(self, room): raise NotImplementedError
    async def release_key(self, room): raise NotImplementedError
    async def rotate(self, room): raise NotImplementedError
    async def refuse(self, user, device): raise NotImplementedError
    def sign(self, text): raise NotImplementedError
    def own_keys(self): raise NotImplementedError
    def new_sas(self): raise NotImplementedError
    def encrypt_file(self, data): raise NotImplementedError
    def decrypt_file(self, data, file): raise NotImplementedError
    async def close_library(self): pass

    # MARK: Life

    async def start(self):
        os.makedirs(self.store, exist_ok=True)
        kept = os.path.join(self.store, "person.json")
        if os.path.exists(kept):
            with open(kept) as file:
                account = json.load(file)
            self.user, self.device, self.api.token = account["user"], account["device"], account["token"]
            self.since = account.get("since")
            if account.get("seeds"):
                self.cross_signing = CrossSigning(self, account["seeds"])
        elif self.api.token is None:
            answer = await self.call("POST", "login", body={
                "type": "m.login.password", "identifier": {"type": "m.id.user", "user": self.user},
                "password": self.password, "initial_device_display_name": self.device_name})
            self.user, self.device, self.api.token = answer["user_id"], answer["device_id"], answer["access_token"]
        await self.open()
        self.keep()
        # A second one without `since` would be answered from Synapse's cache.
        await self.sync(0, full=self.since is not None)
        return self

    def keep(self):
        """Writes down what a restart needs; the library keeps its own."""
        kept = {"user": self.user, "device": self.device, "token": self.api.token, "since": self.since,
                "seeds": self.cross_signing.seeds if self.cross_signing else None}
        with open(os.path.join(self.store, "person.json"), "w") as file:
            json.dump(kept, file)

    async def cross_sign(self):
        """Makes cross-signing keys and signs this device with them."""
        self.cross_signing = CrossSigning(self)
        await self.cross_signing.publish()
        await self.cross_signing.sign_device(self.device)
        self.keep()

    async def close(self):
        self.keep()
        await self.close_library()
        await self.api.close()

    async def log_out(self):
        await self.call("POST", "logout", body={})
        await self.close_library()
        await self.api.close()

    async def call(self, method, *path, **rest):
        return await self.api.call(method, *path, **rest)

    def transaction(self):
        self.transactions += 1
        return f"{self.device}-{os.getpid()}-{id(self)}-{self.transactions}"

    # MARK: Receiving

    async def sync(self, wait=2000, full=False):
        """One request; `full`: with the state of all rooms, which nio does not keep over a restart."""
        query = {"timeout": wait if self.since else 0, "full_state": json.dumps(full)}
        if self.since:
            query["since"] = self.since
        answer = await self.call("GET", "sync", query=query, wait=wait / 1000)
        await self.take(answer)
        return answer

    async def take(self, answer):
        await self.feed(copy.deepcopy(answer))
        self.since = answer["next_batch"]
        for event in answer.get("to_device", {}).get("events", []):
            self.to_device.append(event)
        for user in answer.get("device_lists", {}).get("changed", []):
            self.known_keys.pop(user, None)
        rooms = answer.get("rooms", {})
        for room in rooms.get("invite", {}):
            self.invitations.add(room)
        for room, update in rooms.get("join", {}).items():
            self.invitations.discard(room)
            events = update.get("state", {}).get("events", []) + update["timeline"]["events"]
            if update["timeline"].get("limited") and any(seen.room == room for seen in self.events):
                await self.fill(room, update["timeline"].get("prev_batch"))
            for event in events:
                await self.take_event(room, event)
            self.ephemeral += [(room, event) for event in update.get("ephemeral", {}).get("events", [])]
        if answer.get("to_device", {}).get("events"):
            await self.retry()
        return answer

    async def fill(self, room, start):
        """What a limited timeline left out."""
        missing = []
        while start:
            page = await self.call("GET", "rooms", room, "messages", query={"dir": "b", "from": start, "limit": 100})
            new = [event for event in page["chunk"] if event["event_id"] not in self.seen]
            missing += new
            if len(new) < len(page["chunk"]) or not page["chunk"]:
                break
            start = page.get("end")
        for event in reversed(missing):
            await self.take_event(room, event)

    async def take_event(self, room, event):
        if event.get("event_id") in self.seen:
            return
        seen = Seen(room, event)
        if event["type"] == "m.room.member":
            self.members.setdefault(room, {})[event["state_key"]] = event["content"].get("membership")
        if event["type"] == "m.room.encryption":
            self.encrypted[room] = event["content"]
        self.seen[seen.id] = seen
        self.events.append(seen)
        if seen.is_encrypted and event["content"].get("ciphertext"):
            await self.read(seen)
            if seen.problem:
                self.waiting.append(seen)

    async def read(self, seen):
        try:
            seen.type, seen.content = await self.decrypt(seen.room, copy.deepcopy(seen.wire))
            seen.problem = None
        except Exception as problem:  # the libraries trip over some events that are not valid
            seen.problem = f"undecryptable: {type(problem).__name__} {problem}"
            return
        if self.strict and seen.sender != self.user and not await self.is_trusted(seen):
            # As clients do that exclude devices which their owner has not signed.
            seen.problem = "from a device that is not cross-signed"
            seen.type, seen.content = seen.wire_type, seen.wire["content"]

    async def retry(self):
        """Keys may have come for what could not be read."""
        waiting, self.waiting = self.waiting, []
        for seen in waiting:
            await self.read(seen)
            if seen.problem:
                self.waiting.append(seen)

    async def is_trusted(self, seen):
        sender_key = seen.wire["content"].get("sender_key")
        keys = await self.keys_of(seen.sender, fresh=False)
        device = keys.device_of(sender_key)
        if device is None or not keys.is_signed(device):
            keys = await self.keys_of(seen.sender)
            device = keys.device_of(sender_key)
        return device is not None and keys.is_signed(device)

    async def keys_of(self, user, fresh=True):
        if fresh or user not in self.known_keys:
            answer = await self.call("POST", "keys", "query", body={"device_keys": {user: []}})
            self.known_keys[user] = UserKeys(user, answer)
        return self.known_keys[user]

    async def until(self, what, find, seconds=60):
        end = time.monotonic() + seconds
        while True:
            found = find()
            if found:
                return found
            if time.monotonic() > end:
                last = "\n".join(repr(seen) for seen in self.events[-12:])
                sys.exit(f"{self.library}: timed out waiting for {what}; last:\n{last}")
            await self.sync()

    async def nothing(self, what, find, seconds=3):
        """Syncs for a while, in which `find` must find nothing."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.sync(500)
            found = find()
            if found:
                sys.exit(f"{self.library}: {what}: {found}")

    # MARK: Sending

    async def send(self, room, kind, content, transaction=None):
        """Sends an event; encrypted where the room is."""
        if room in self.encrypted and kind not in ("m.reaction", "m.room.encrypted"):
            content, kind = await self.encrypt(room, kind, content), "m.room.encrypted"
        return await self.send_as_is(room, kind, content, transaction)

    async def send_as_is(self, room, kind, content, transaction=None):
        answer = await self.call("PUT", "rooms", room, "send", kind, transaction or self.transaction(), body=content)
        return answer["event_id"]

    async def send_to_devices(self, kind, messages):
        await self.call("PUT", "sendToDevice", kind, self.transaction(), body={"messages": messages})

    async def refuse_unsigned(self, room):
        """Gives no keys to devices that their owner has not signed."""
        if not self.strict:
            return
        for user, membership in self.members.get(room, {}).items():
            if user == self.user or membership not in ("join", "invite"):
                continue
            keys = await self.keys_of(user, fresh=False)
            for device in keys.devices:
                if not keys.is_signed(device):
                    fresh = await self.keys_of(user)
                    await self.refuse(user, device, not fresh.is_signed(device))
                else:
                    await self.refuse(user, device, False)
