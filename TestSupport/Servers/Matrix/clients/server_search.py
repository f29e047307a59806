"""Searches all that Synapse has stored for texts and files that were only said encrypted.

Arguments: Synapse's directory, and a file with JSON: {"texts": […], "files": [base64, …], "senders": […]}. Prints JSON:
for each text or `file N` that was found, where; and what the senders encrypted twice at one index of one session."""
import base64
import json
import os
import sqlite3
import sys


def values(database):
    """Every value of every table, with where it stands."""
    tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        try:
            cursor = database.execute(f'SELECT * FROM "{table}"')
        except sqlite3.Error:
            continue  # a virtual table without its module; what it stores is in other tables
        names = [column[0] for column in cursor.description]
        for row in cursor:
            for name, value in zip(names, row):
                if isinstance(value, str):
                    yield f"{table}.{name}", value.encode()
                elif isinstance(value, bytes):
                    yield f"{table}.{name}", value


def files(directory):
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                yield os.path.relpath(path, directory), file.read()


def index_of(ciphertext):
    """The Megolm message index, which stands readable before what is encrypted."""
    data = base64.b64decode(ciphertext + "=" * (-len(ciphertext) % 4))
    if data[:2] != b"\x03\x08":
        return None
    index, shift = 0, 0
    for byte in data[2:]:
        index |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return index
    return None


def main(directory, wanted):
    with open(wanted) as file:
        wanted = json.load(file)
    needles = {text: {text.encode(), json.dumps(text)[1:-1].encode()} for text in wanted.get("texts", [])}
    for number, data in enumerate(wanted.get("files", [])):
        # A part from the middle is enough, and it is found in a file that was cut too.
        data = base64.b64decode(data)
        needles[f"file {number}"] = {data[len(data) // 3:][:64]}
    found = {}
    database = sqlite3.connect(f"file:{directory}/homeserver.db?mode=ro", uri=True)
    for sources in (values(database), files(directory)):
        for place, value in sources:
            for name, parts in needles.items():
                if any(part in value for part in parts):
                    found.setdefault(name, [])
                    if place not in found[name]:
                        found[name].append(place)
    used, twice, senders = {}, [], wanted.get("senders", [])
    for event, text in database.execute("SELECT event_id, json FROM event_json WHERE json LIKE '%m.megolm.v1%'"):
        event_json = json.loads(text)
        if event_json.get("sender") not in senders:
            continue
        content = event_json.get("content", {})
        ciphertext, session = content.get("ciphertext"), content.get("session_id")
        if not isinstance(ciphertext, str) or not isinstance(session, str):
            continue
        index = index_of(ciphertext)
        if index is not None:
            other = used.setdefault((session, index), (event, ciphertext))
            if other[1] != ciphertext:
                twice.append([session, index, other[0], event])
    print(json.dumps({"found": found, "indices": len(used), "twice": twice}))


main(*sys.argv[1:])
