"""Verification by emoji, to-device or in a room (specification: "Key verification framework", "Short Authentication
String (SAS) verification"), for both libraries: nio speaks an older form, mautrix none."""
import base64
import hashlib
import time
import uuid

from nio.crypto.sas import Sas

from signing import canonical

PREFIX = "m.key.verification."
NEW, OLD = "hkdf-hmac-sha256.v2", "hkdf-hmac-sha256"


class Cancelled(Exception):
    pass


class Verification:
    """One verification between a person's device and one of another user (or of the same)."""

    def __init__(self, person, user, room=None, device=None, methods=(NEW, OLD)):
        self.person, self.user, self.room, self.device, self.methods = person, user, room, device, list(methods)
        self.id, self.sas, self.start, self.is_starter = None, person.new_sas(), None, False
        self.taken = 0
        # Why a test breaks it: "commitment", "mac" or "key".
        self.lie = None

    # MARK: Transport

    async def send(self, kind, content):
        if self.room:
            content = {**content, "m.relates_to": {"rel_type": "m.reference", "event_id": self.id}}
            await self.person.send(self.room, PREFIX + kind, content)
        else:
            content = {**content, "transaction_id": self.id}
            await self.person.send_to_devices(PREFIX + kind, {self.user: {self.device or "*": content}})
        return content

    def messages(self):
        """What the other side has sent for this verification, oldest first."""
        if self.room:
            return [(seen.type.removeprefix(PREFIX), seen.content) for seen in self.person.events
                    if seen.room == self.room and seen.sender == self.user and seen.type.startswith(PREFIX)
                    and seen.relation.get("event_id") == self.id]
        return [(event["type"].removeprefix(PREFIX), event["content"]) for event in self.person.to_device
                if event["sender"] == self.user and event["type"].startswith(PREFIX)
                and event["content"].get("transaction_id") == self.id
                and event["type"] != PREFIX + "request"]

    async def next(self, *kinds, seconds=30):
        """The other side's next message, which must be one of `kinds`."""
        def find():
            rest = self.messages()[self.taken:]
            return rest[0] if rest else None
        kind, content = await self.person.until(f"verification: {'/'.join(kinds)}", find, seconds)
        self.taken += 1
        if kind == "cancel":
            raise Cancelled(f"{content.get('code')}: {content.get('reason')}")
        assert kind in kinds, f"{kind} instead of {kinds}: {content}"
        return kind, content

    async def cancel(self, code="m.user"):
        await self.send("cancel", {"code": code, "reason": "a test"})

    # MARK: Beginning

    async def request(self):
        """Asks the other side; returns when it is ready."""
        content = {"from_device": self.person.device, "methods": ["m.sas.v1"]}
        if self.room:
            self.id = await self.person.send(self.room, "m.room.message", {
                **content, "msgtype": PREFIX + "request", "to": self.user,
                "body": f"{self.person.user} is requesting to verify your key"})
        else:
            self.id = str(uuid.uuid4())
            await self.send("request", {**content, "timestamp": int(time.time() * 1000)})
        _, ready = await self.next("ready")
        assert "m.sas.v1" in ready["methods"], ready
        self.device = ready["from_device"]

    async def accept_request(self, seconds=60):
        """Waits for a request of the other side and is ready for it."""
        def find():
            if self.room:
                return [seen for seen in self.person.events if seen.room == self.room and seen.sender == self.user
                        and seen.content.get("msgtype") == PREFIX + "request"]
            return [event for event in self.person.to_device if event["sender"] == self.user
                    and event["type"] == PREFIX + "request"]
        request = (await self.person.until("a request to verify", find, seconds))[-1]
        content = request.content if self.room else request["content"]
        self.id = request.id if self.room else content["transaction_id"]
        self.device = content["from_device"]
        assert "m.sas.v1" in content["methods"], content
        if self.room:
            assert content["to"] == self.person.user, content
        await self.send("ready", {"from_device": self.person.device, "methods": ["m.sas.v1"]})

    # MARK: The rest

    async def begin_sas(self):
        self.start = await self.send("start", {
            "from_device": self.person.device, "method": "m.sas.v1", "hashes": ["sha256"],
            "key_agreement_protocols": ["curve25519-hkdf-sha256"], "message_authentication_codes": self.methods,
            "short_authentication_string": ["decimal", "emoji"]})
        self.is_starter = True
        _, accept = await self.next("accept")
        assert accept["hash"] == "sha256" and accept["key_agreement_protocol"] == "curve25519-hkdf-sha256", accept
        assert "emoji" in accept["short_authentication_string"], accept
        self.method = accept["message_authentication_code"]
        assert self.method in self.methods, accept
        await self.send("key", {"key": self.sas.key})
        _, key = await self.next("key")
        assert accept["commitment"] == self.commitment(key["key"]), "commitment"
        self.agree(key["key"])

    async def accept_sas(self):
        _, self.start = await self.next("start")
        offered = self.start["message_authentication_codes"]
        self.method = next(method for method in self.methods if method in offered)
        assert "curve25519-hkdf-sha256" in self.start["key_agreement_protocols"], self.start
        commitment = self.commitment(self.sas.key)
        if self.lie == "commitment":
            commitment = commitment[::-1]
        await self.send("accept", {
            "commitment": commitment, "hash": "sha256", "method": "m.sas.v1",
            "key_agreement_protocol": "curve25519-hkdf-sha256", "message_authentication_code": self.method,
            "short_authentication_string": ["decimal", "emoji"]})
        _, key = await self.next("key")
        await self.send("key", {"key": self.sas.key})
        self.agree(key["key"])

    def commitment(self, key):
        digest = hashlib.sha256((key + canonical(self.start)).encode()).digest()
        return base64.b64encode(digest).decode().rstrip("=")

    def agree(self, key):
        own = [self.person.user, self.person.device, self.sas.key]
        other = [self.user, self.device, key]
        both = own + other if self.is_starter else other + own
        info = "|".join(["MATRIX_KEY_VERIFICATION_SAS", *both, self.id])
        self.sas.agree(key)
        self.emoji = [Sas.emoji[number] for number in self.sas.emoji(info)]
        self.decimals = self.sas.decimals(info)

    def _mac(self, text, own, key_id):
        sides = [self.person.user, self.person.device, self.user, self.device]
        if not own:
            sides = sides[2:] + sides[:2]
        return self.sas.mac(text, "".join(["MATRIX_KEY_VERIFICATION_MAC", *sides, self.id, key_id]), self.method)

    async def confirm(self):
        """Says that the emoji are equal; returns the other side's keys that are now verified."""
        keys = {f"ed25519:{self.person.device}": self.person.own_keys()["ed25519"]}
        if self.person.cross_signing:
            master = self.person.cross_signing.public("master")
            keys[f"ed25519:{master}"] = master
        macs = {name: self._mac(key, True, name) for name, key in keys.items()}
        if self.lie == "mac":
            macs = {name: mac[::-1] for name, mac in macs.items()}
        await self.send("mac", {"mac": macs, "keys": self._mac(",".join(sorted(keys)), True, "KEY_IDS")})
        _, theirs = await self.next("mac")
        assert theirs["keys"] == self._mac(",".join(sorted(theirs["mac"])), False, "KEY_IDS"), "the MAC of the key ids"
        known = await self.person.keys_of(self.user)
        verified = []
        for name, mac in theirs["mac"].items():
            key_id = name.removeprefix("ed25519:")
            key = known.master_key if key_id == known.master_key else known.ed25519(key_id)
            assert mac == self._mac(key, False, name), f"the MAC of {name}"
            verified.append(key_id)
        await self.send("done", {})
        await self.next("done")
        if known.master_key in verified and self.person.cross_signing and self.user != self.person.user:
            await self.person.cross_signing.sign_user(self.user)
        return verified, known
