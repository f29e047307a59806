"""A person with mautrix-python, which encrypts with libolm."""
import asyncio
import json
import logging
import os

import olm
from mautrix.client import Client
from mautrix.client.encryption_manager import DecryptionDispatcher
from mautrix.crypto import OlmMachine
from mautrix.crypto.attachments import decrypt_attachment, encrypt_attachment
from mautrix.crypto.store.asyncpg import PgCryptoStateStore, PgCryptoStore
from mautrix.client.state_store.asyncpg import PgStateStore
from mautrix.errors import DecryptionError, EncryptionError, MatrixError
from mautrix.types import EncryptedEvent, EventType, TrustState
from mautrix.util.async_db import Database, UpgradeTable

from person import Person, Undecryptable

logging.getLogger("mau").setLevel(logging.ERROR)


class StateStore(PgCryptoStateStore, PgStateStore):
    """What the library knows of rooms, for both of its parts."""


class MautrixSAS:
    """The keys and codes of a verification by emoji."""

    def __init__(self):
        self.sas = olm.Sas()
        self.key = self.sas.pubkey

    def agree(self, key):
        self.sas.set_their_pubkey(key)

    def emoji(self, info):
        bits = "".join(f"{byte:08b}" for byte in self.sas.generate_bytes(info, 6))
        return [int(bits[at:at + 6], 2) for at in range(0, 42, 6)]

    def decimals(self, info):
        bits = "".join(f"{byte:08b}" for byte in self.sas.generate_bytes(info, 5))
        return tuple(int(bits[at:at + 13], 2) + 1000 for at in (0, 13, 26))

    def mac(self, text, info, method):
        if method == "hkdf-hmac-sha256.v2":
            return self.sas.calculate_mac_fixed_base64(text, info)
        return self.sas.calculate_mac(text, info)


class MautrixPerson(Person):
    library = "mautrix"

    async def open(self):
        # One file: the library mixes up the transactions of two.
        self.database = Database.create(
            f"sqlite:///{self.store}/mautrix.db", upgrade_table=PgCryptoStore.upgrade_table, owner_name="crypto")
        await self.database.start()
        await PgStateStore.upgrade_table.upgrade(self.database)
        self.crypto_store = PgCryptoStore(self.user, "key of a test", self.database)
        await self.crypto_store.open()
        state = StateStore(self.database)
        self.client = Client(
            mxid=self.user, device_id=self.device, base_url=self.base, token=self.api.token, state_store=state)
        self.machine = OlmMachine(self.client, self.crypto_store, state)
        self.machine.send_keys_min_trust = TrustState.CROSS_SIGNED_TOFU if self.strict else TrustState.UNVERIFIED
        self.client.crypto = self.machine
        # Events are decrypted one by one here.
        self.client.remove_dispatcher(DecryptionDispatcher)
        await self.crypto_store.put_device_id(self.device)
        await self.machine.load()
        if not self.machine.account.shared:
            await self.machine.share_keys()
        self.held, self.holding = {}, None
        self.client.send_to_device, self.deliver = self.pass_on, self.client.send_to_device

    async def pass_on(self, kind, messages):
        if self.holding is not None and kind == EventType.TO_DEVICE_ENCRYPTED:
            self.held.setdefault(self.holding, []).append(messages)
            return
        await self.deliver(kind, messages)

    async def close_library(self):
        await self.client.api.session.close()
        await self.database.stop()

    async def feed(self, answer):
        for room in answer.get("rooms", {}).get("join", {}):
            update = answer["rooms"]["join"][room]
            update.setdefault("ephemeral", {})["events"] = []
        tasks = self.client.handle_sync(answer)
        await asyncio.gather(*tasks)
        # Some of its work goes on behind: device lists and keys must be there before the events are read.
        mine = asyncio.current_task()
        behind = [task for task in asyncio.all_tasks() if "_catch_errors" in repr(task.get_coro()) and task is not mine]
        if behind:
            await asyncio.wait(behind, timeout=20)

    async def decrypt(self, room, event):
        event["room_id"] = room
        try:
            found = await self.machine.decrypt_megolm_event(EncryptedEvent.deserialize(event))
        except (DecryptionError, EncryptionError, MatrixError, ValueError) as problem:
            raise Undecryptable(f"{type(problem).__name__} {problem}") from None
        return str(found.type), found.content.serialize()

    async def members_of(self, room):
        answer = await self.call("GET", "rooms", room, "members")
        return [event["state_key"] for event in answer["chunk"] if event["content"]["membership"] in ("join", "invite")]

    async def encrypt(self, room, kind, content):
        try:
            found = await self.machine.encrypt_megolm_event(room, EventType.find(kind), content)
        except EncryptionError:
            await self.machine.share_group_session(room, await self.members_of(room))
            found = await self.machine.encrypt_megolm_event(room, EventType.find(kind), content)
        return found.serialize()

    async def rotate(self, room):
        await self.crypto_store.remove_outbound_group_session(room)

    async def hold_key(self, room):
        """Begins a new session whose key goes nowhere before `release_key`."""
        await self.rotate(room)
        self.holding = room
        try:
            await self.machine.share_group_session(room, await self.members_of(room))
        finally:
            self.holding = None
        return (await self.crypto_store.get_outbound_group_session(room)).id

    async def release_key(self, room):
        for messages in self.held.pop(room):
            await self.deliver(EventType.TO_DEVICE_ENCRYPTED, messages)

    async def encrypt_to(self, user, device, kind, content):
        """An Olm message for one device, ready for /sendToDevice."""
        known = await self.machine.get_or_fetch_device(user, device)
        await self.machine._create_outbound_sessions({user: {device: known}})
        session = await self.crypto_store.get_latest_session(known.identity_key)
        found = await self.machine._encrypt_olm_event(session, known, EventType.find(kind), content)
        return found.serialize()

    def sign(self, text):
        return self.machine.account.sign(text)

    def own_keys(self):
        return self.machine.account.identity_keys

    def new_sas(self):
        return MautrixSAS()

    def encrypt_file(self, data):
        ciphertext, file = encrypt_attachment(data)
        return ciphertext, file.serialize()

    def decrypt_file(self, data, file):
        return decrypt_attachment(data, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
