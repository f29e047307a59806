"""Signed JSON and cross-signing, for accounts of people (specification: "Signing JSON", "Cross-signing")."""
import base64
import json
import os

import olm

from matrix_api import MatrixError


def canonical(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def bare(value):
    """What of an object is signed."""
    return canonical({key: part for key, part in value.items() if key not in ("signatures", "unsigned")})


def is_signed(value, user, key, name=None):
    """Whether `user` signed with the public key `key`; `name` is the key's id if it differs."""
    signature = value.get("signatures", {}).get(user, {}).get(f"ed25519:{name or key}")
    if not signature:
        return False
    try:
        olm.ed25519_verify(key, bare(value), signature)
        return True
    except Exception:
        return False


def first_key(keys):
    return next(iter((keys or {}).get("keys", {}).values()), None)


class UserKeys:
    """One user's part of an answer of /keys/query, with what of it is proved."""

    def __init__(self, user, answer):
        self.user = user
        self.master = answer.get("master_keys", {}).get(user)
        self.self_signing = answer.get("self_signing_keys", {}).get(user)
        self.devices = answer.get("device_keys", {}).get(user, {})
        self.master_key = first_key(self.master)
        key = first_key(self.self_signing)
        proved = self.master_key and key and is_signed(self.self_signing, user, self.master_key)
        self.self_signing_key = key if proved else None

    def ed25519(self, device):
        return self.devices[device]["keys"].get(f"ed25519:{device}")

    def curve25519(self, device):
        return self.devices[device]["keys"].get(f"curve25519:{device}")

    def is_signed(self, device):
        """Whether the user's self-signing key has signed the device."""
        keys = self.devices.get(device)
        return bool(keys and self.self_signing_key and is_signed(keys, self.user, self.ed25519(device), device)
                    and is_signed(keys, self.user, self.self_signing_key))

    def device_of(self, curve25519):
        return next((device for device in self.devices if self.curve25519(device) == curve25519), None)


class CrossSigning:
    """The cross-signing keys of a person."""
    USES = ("master", "self_signing", "user_signing")

    def __init__(self, person, seeds=None):
        self.person = person
        self.seeds = seeds or [base64.b64encode(os.urandom(32)).decode() for _ in self.USES]
        self.keys = dict(zip(self.USES, [olm.PkSigning(base64.b64decode(seed)) for seed in self.seeds]))

    def public(self, use):
        return self.keys[use].public_key

    def _signed(self, value, use):
        signature = self.keys[use].sign(bare(value))
        own = value.setdefault("signatures", {}).setdefault(self.person.user, {})
        own[f"ed25519:{self.public(use)}"] = signature
        return value

    async def publish(self):
        """Uploads new keys; the server asks for the password if there were others."""
        body = {}
        for use in self.USES:
            key = {"user_id": self.person.user, "usage": [use],
                   "keys": {f"ed25519:{self.public(use)}": self.public(use)}}
            body[f"{use}_key"] = key if use == "master" else self._signed(key, "master")
        master = body["master_key"]
        signature = self.person.sign(bare(master))
        master["signatures"] = {self.person.user: {f"ed25519:{self.person.device}": signature}}
        try:
            await self.person.call("POST", "keys", "device_signing", "upload", body=body)
        except MatrixError as error:
            if error.status != 401 or "session" not in error.body:
                raise
            body["auth"] = {"type": "m.login.password", "session": error.body["session"],
                            "identifier": {"type": "m.id.user", "user": self.person.user},
                            "password": self.person.password}
            await self.person.call("POST", "keys", "device_signing", "upload", body=body)

    async def sign_device(self, device):
        keys = (await self.person.keys_of(self.person.user)).devices[device]
        await self._upload(device, self._signed({
            name: part for name, part in keys.items() if name not in ("signatures", "unsigned")}, "self_signing"),
            self.person.user)

    async def sign_user(self, user):
        """Signs another user's master key, as after a verification."""
        keys = await self.person.keys_of(user)
        master = {name: part for name, part in keys.master.items() if name not in ("signatures", "unsigned")}
        await self._upload(keys.master_key, self._signed(master, "user_signing"), user)

    async def _upload(self, name, value, user):
        answer = await self.person.call("POST", "keys", "signatures", "upload", body={user: {name: value}})
        assert not answer.get("failures"), answer
