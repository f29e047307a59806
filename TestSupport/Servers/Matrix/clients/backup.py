"""An account's secret storage and key backup, as another client of the same person sees them (specification: "Secrets",
"Server-side key backups"). mautrix knows the first, vodozemac the second."""
import json

import olm
import vodozemac
from mautrix.crypto.ssss.util import decode_base58_recovery_key
from mautrix.types import EventType

from signing import bare, is_signed

ALGORITHM = "m.megolm_backup.v1.curve25519-aes-sha2"


async def storage_key(person, recovery_key):
    """The key of secret storage, checked against its description."""
    key_id, description = await person.machine.ssss.get_default_key_data()
    return description.verify_recovery_key(key_id, recovery_key)


async def make(person):
    """Makes cross-signing keys, secret storage and a backup, as a client does on a new account; returns the recovery key."""
    recovery_key = await person.machine.generate_recovery_key()
    key = await storage_key(person, recovery_key)
    private = vodozemac.Curve25519SecretKey()
    await person.machine.ssss.set_encrypted_account_data(EventType.MEGOLM_BACKUP_V1, private.to_bytes(), key)
    auth = {"public_key": private.public_key().to_base64()}
    master = person.machine._cross_signing_private_keys.master_key
    auth["signatures"] = {person.user: {
        f"ed25519:{person.device}": person.sign(bare(auth)), f"ed25519:{master.public_key}": master.sign(bare(auth))}}
    await person.call("POST", "room_keys", "version", body={"algorithm": ALGORITHM, "auth_data": auth})
    return recovery_key, auth["public_key"]


async def put(person, public_key, room, session):
    """Puts one of the person's own sessions into the backup."""
    version = (await person.call("GET", "room_keys", "version"))["version"]
    known = await person.crypto_store.get_group_session(room, session)
    data = {"algorithm": "m.megolm.v1.aes-sha2", "sender_key": known.sender_key, "forwarding_curve25519_key_chain": [],
            "sender_claimed_keys": {"ed25519": known.signing_key}, "session_key": known.export_session(
                known.first_known_index)}
    key = vodozemac.Curve25519PublicKey.from_base64(public_key)
    ephemeral, mac, ciphertext = vodozemac.PkEncryption.from_key(key).encrypt(json.dumps(data).encode()).to_base64()
    await person.call("PUT", "room_keys", "keys", room, session, query={"version": version}, body={
        "first_message_index": known.first_known_index, "forwarded_count": 0, "is_verified": True,
        "session_data": {"ephemeral": ephemeral, "ciphertext": ciphertext, "mac": mac}})


class Backup:
    """An account's backup, opened with the recovery key."""

    async def open(self, person, recovery_key):
        self.person = person
        assert decode_base58_recovery_key(recovery_key), "the recovery key has the wrong form"
        key = await storage_key(person, recovery_key)
        private = await person.machine.ssss.get_decrypted_account_data(EventType.MEGOLM_BACKUP_V1, key)
        self.key = vodozemac.PkDecryption.from_key(vodozemac.Curve25519SecretKey.from_bytes(private))
        self.version = await person.call("GET", "room_keys", "version")
        assert self.version["algorithm"] == ALGORITHM, self.version
        auth = self.version["auth_data"]
        assert auth["public_key"] == self.key.public_key.to_base64(), "the stored key is not the backup's"
        keys = await person.keys_of(person.user)
        assert is_signed(auth, person.user, keys.master_key), "the backup is not signed by the master key"
        return self

    async def sessions(self):
        """All of its sessions by room and id."""
        answer = await self.person.call("GET", "room_keys", "keys", query={"version": self.version["version"]})
        found = {}
        for room, part in answer["rooms"].items():
            for session, entry in part["sessions"].items():
                data = entry["session_data"]
                text = self.key.decrypt(vodozemac.Message.from_base64(
                    data["ciphertext"], data["mac"], data["ephemeral"]))
                found[room, session] = (entry, json.loads(text))
        return found

    async def read(self, room, event):
        """An old event's text, by the backup alone."""
        event = await self.person.call("GET", "rooms", room, "event", event)
        content = event["content"]
        _, data = (await self.sessions())[room, content["session_id"]]
        session = olm.InboundGroupSession.import_session(data["session_key"])
        text, _ = session.decrypt(content["ciphertext"])
        return json.loads(text)["content"]["body"]
