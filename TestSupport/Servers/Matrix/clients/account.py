"""Looks at the bot's account as another client of its owner, or prepares it as one.

    account.py prepare BASE USER PASSWORD DIRECTORY      makes keys, secret storage and a backup; prints the recovery key
    account.py inspect BASE USER PASSWORD DIRECTORY RECOVERY_KEY [ROOM EVENT]…
                                                         signs itself by the recovery key, and reads events by the backup
"""
import asyncio
import sys

from backup import Backup, make
from mautrix_person import MautrixPerson


async def prepare(person):
    recovery_key, _ = await make(person)
    keys = await person.keys_of(person.user)
    assert keys.is_signed(person.device), "the device is not signed"
    print(f"recovery key: {recovery_key}")
    print(f"master key: {keys.master_key}")


async def inspect(person, recovery_key, *events):
    await person.machine.verify_with_recovery_key(recovery_key)
    keys = await person.keys_of(person.user)
    assert keys.is_signed(person.device), "a device with the recovery key could not sign itself"
    print(f"master key: {keys.master_key}")
    devices = ", ".join(f"{device} {'signed' if keys.is_signed(device) else 'unsigned'}" for device in
                        sorted(keys.devices) if device != person.device)
    print(f"devices: {devices}")
    backup = await Backup().open(person, recovery_key)
    sessions = await backup.sessions()
    print(f"backup: version {backup.version['version']} with {len(sessions)} sessions")
    for room, event in zip(events[::2], events[1::2]):
        print(f"event: {await backup.read(room, event)}")


async def main(what, base, user, password, store, *rest):
    person = await MautrixPerson(base, user, password, store, device_name=what, strict=False).start()
    try:
        await {"prepare": prepare, "inspect": inspect}[what](person, *rest)
    finally:
        await person.log_out()
    print("done")


asyncio.run(main(*sys.argv[1:]))
