"""A person with matrix-nio, which encrypts with vodozemac."""
import copy
import logging

import vodozemac
from nio import AsyncClient, AsyncClientConfig, MegolmEvent, SyncResponse
from nio.crypto.attachments import decrypt_attachment, encrypt_attachment
from nio.exceptions import EncryptionError

from person import Person, Undecryptable

logging.getLogger("nio").setLevel(logging.CRITICAL)


class NioSAS:
    """The keys and codes of a verification by emoji."""

    def __init__(self):
        self.sas, self.established = vodozemac.Sas(), None
        self.key = self.sas.public_key.to_base64()

    def agree(self, key):
        self.established = self.sas.diffie_hellman(vodozemac.Curve25519PublicKey.from_base64(key))

    def emoji(self, info):
        bits = "".join(f"{byte:08b}" for byte in self.established.bytes(info).emoji_indices)
        # Newer versions give the indices themselves.
        indices = self.established.bytes(info).emoji_indices
        return list(indices) if len(indices) == 7 else [int(bits[at:at + 6], 2) for at in range(0, 42, 6)]

    def decimals(self, info):
        return tuple(self.established.bytes(info).decimals)

    def mac(self, text, info, method):
        if method == "hkdf-hmac-sha256.v2":
            return self.established.calculate_mac(text, info)
        return self.established.calculate_mac_invalid_base64(text, info)


class NioPerson(Person):
    library = "nio"

    async def open(self):
        config = AsyncClientConfig(store_sync_tokens=False, encryption_enabled=True)
        self.client = AsyncClient(self.base, self.user, store_path=self.store, config=config)
        self.client.restore_login(self.user, self.device, self.api.token)
        self.held = {}
        await self.duties()

    async def close_library(self):
        await self.client.close()

    async def duties(self):
        """What sync_forever of the library does between syncs."""
        client = self.client
        if client.should_upload_keys:
            await client.keys_upload()
        if client.should_query_keys:
            await client.keys_query()
        if client.should_claim_keys:
            await client.keys_claim(client.get_users_for_key_claiming())
        await client.send_to_device_messages()

    async def feed(self, answer):
        answer.setdefault("rooms", {})
        for part in ("join", "invite", "leave"):
            answer["rooms"].setdefault(part, {})
        for key in ("to_device", "presence", "account_data"):
            answer.setdefault(key, {"events": []})
        answer.setdefault("device_lists", {"changed": [], "left": []})
        count = answer.setdefault("device_one_time_keys_count", {}).get("signed_curve25519", 0)
        # Its own verification follows an older form: a hex commitment, and one name for both MACs.
        answer["to_device"]["events"] = [event for event in answer["to_device"]["events"]
                                         if not event["type"].startswith("m.key.verification.")]
        response = SyncResponse.from_dict(answer)
        assert isinstance(response, SyncResponse), response
        await self.client.receive_response(response)
        # The library takes a count of 0 for none that was said.
        self.client.olm.uploaded_key_count = count
        await self.duties()

    async def decrypt(self, room, event):
        event["room_id"] = room
        parsed = MegolmEvent.from_dict(event)
        if not isinstance(parsed, MegolmEvent):
            raise Undecryptable(f"not valid for the library: {parsed}")
        try:
            found = self.client.olm.decrypt_megolm_event(parsed, room)
        except EncryptionError as problem:
            raise Undecryptable(str(problem)) from None
        source = found.source
        return source["type"], copy.deepcopy(source["content"])

    async def prepare(self, room):
        known = self.client.rooms.get(room)
        if known is not None and not known.members_synced:
            await self.client.joined_members(room)
            self.client.olm.update_tracked_users(known)
        if self.client.should_query_keys:
            await self.client.keys_query()
        await self.refuse_unsigned(room)

    async def encrypt(self, room, kind, content):
        await self.prepare(room)
        if self.client.olm.should_share_group_session(room):
            await self.client.share_group_session(room, ignore_unverified_devices=True)
        return self.client.encrypt(room, kind, content)[1]

    async def rotate(self, room):
        self.client.invalidate_outbound_session(room)

    async def hold_key(self, room):
        """Begins a new session whose key goes nowhere before `release_key`."""
        await self.prepare(room)
        machine = self.client.olm
        missing = self.client.get_missing_sessions(room)
        if missing:
            await self.client.keys_claim(missing)
        machine.create_outbound_group_session(room)
        self.held[room] = []
        for shared_with, messages in machine.share_group_session_parallel(
                room, list(self.client.rooms[room].users), ignore_unverified_devices=True):
            self.held[room].append(messages["messages"])
            machine.outbound_group_sessions[room].users_shared_with.update(shared_with)
        machine.outbound_group_sessions[room].shared = True
        return machine.outbound_group_sessions[room].id

    async def release_key(self, room):
        for messages in self.held.pop(room):
            await self.send_to_devices("m.room.encrypted", messages)

    async def refuse(self, user, device, is_refused):
        known = self.client.device_store[user].get(device)
        if known is None:
            return
        if is_refused:
            self.client.blacklist_device(known)
        elif self.client.olm.is_device_blacklisted(known):
            self.client.unblacklist_device(known)
            # Otherwise it would stay among those who are left out.
            for room in list(self.client.olm.outbound_group_sessions):
                await self.rotate(room)

    async def encrypt_to(self, user, device, kind, content):
        """An Olm message for one device, ready for /sendToDevice."""
        machine = self.client.olm
        known = self.client.device_store[user][device]
        session = machine.session_store.get(known.curve25519)
        return machine._olm_encrypt(session, known, kind, content)

    def sign(self, text):
        return self.client.olm.account.sign(text)

    def own_keys(self):
        return self.client.olm.account.identity_keys

    def new_sas(self):
        return NioSAS()

    def encrypt_file(self, data):
        return encrypt_attachment(data)

    def decrypt_file(self, data, file):
        return decrypt_attachment(data, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
