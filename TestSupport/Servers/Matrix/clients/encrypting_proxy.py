"""A homeserver's client-server API for clients without encryption: it encrypts what they send and decrypts what they get.

Each access token is one device, with its keys here. Rooms that are made through it are encrypted, as Element makes
direct ones; files are encrypted when they are uploaded. Whatever has nothing to do with encryption passes unchanged. A
decrypted event has its original under `test.wire`; keys in a content that begin with `test.` stay readable outside, so
that a test can find them on the wire.

Arguments: library, the homeserver, a directory for keys. Prints `port N`; ends with its input."""
import asyncio
import json
import os
import sys
import time
import urllib.parse

import aiohttp
from aiohttp import web

from conversation import ENCRYPTION
from matrix_api import MatrixAPI

V3 = ["_matrix", "client", "v3"]


class Proxy:
    def __init__(self, kind, base, store):
        self.kind, self.base, self.store = kind, base, store
        self.people, self.owners, self.files, self.session = {}, {}, {}, None

    async def serve(self):
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120), auto_decompress=True)
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(f"port {site._server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        os._exit(0)  # open requests and the libraries' threads do not count

    async def person(self, token):
        """The device of a token; made at its first use."""
        if token not in self.people:
            self.people[token] = asyncio.ensure_future(self.make(token))
        return await self.people[token]

    async def make(self, token):
        api = MatrixAPI(self.base, token)
        who = await api.call("GET", "account", "whoami")
        await api.close()
        user, device = who["user_id"], who["device_id"]
        person = self.kind(self.base, user, None, os.path.join(self.store, device), token=token, device=device)
        person.lock = asyncio.Lock()
        await person.start()
        keys = await person.keys_of(user)
        if keys.master is None:
            await person.cross_sign()
            self.owners[user] = person
        elif user in self.owners:
            await self.owners[user].cross_signing.sign_device(device)
        return person

    # MARK: Requests

    async def handle(self, request):
        path = [urllib.parse.unquote(part) for part in request.rel_url.raw_path.split("/")[1:]]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        body = await request.read()
        try:
            if token and path[:3] == V3:
                match request.method, path[3:]:
                    case "GET", ["sync"]:
                        return await self.sync(request, token)
                    case "GET", ["rooms", room, "messages"]:
                        return await self.messages(request, token, room)
                    case "POST", ["createRoom"]:
                        body = self.room(body)
                    case "PUT", ["rooms", room, "send", kind, transaction] if kind not in (
                            "m.reaction", "m.room.encrypted"):
                        return await self.send(request, token, room, kind, transaction, body)
            if request.method == "POST" and path == ["_matrix", "media", "v3", "upload"]:
                return await self.upload(request, token, body)
            answer = await self.forward(request, body)
            if request.method == "GET" and path[-5:-2] == ["v1", "media", "download"]:
                return await self.download(token, path, answer)
            return answer
        except Exception as error:  # the test sees why
            print(f"{request.method} {request.path}: {type(error).__name__} {error}", file=sys.stderr, flush=True)
            return web.json_response({"errcode": "M_UNKNOWN", "error": f"{type(error).__name__} {error}"}, status=500)

    async def forward(self, request, body, path=None, kind=None):
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        if kind:
            headers["Content-Type"] = kind
        url = aiohttp.client.URL(self.base + (path or request.rel_url.raw_path_qs), encoded=True)
        async with self.session.request(request.method, url, data=body or None, headers=headers) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type)

    def room(self, body):
        wish = json.loads(body)
        state = wish.setdefault("initial_state", [])
        if not any(event["type"] == "m.room.encryption" for event in state):
            state.append({"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION})
        return json.dumps(wish).encode()

    # MARK: Receiving

    async def sync(self, request, token):
        person = await self.person(token)
        answer = await self.forward(request, None)
        if answer.status != 200:
            return answer
        content = json.loads(answer.body)
        async with person.lock:
            await person.take(content)
        for update in content.get("rooms", {}).get("join", {}).values():
            for part in ("state", "timeline"):
                if "events" in update.get(part, {}):
                    update[part]["events"] = [self.plain(person, event) for event in update[part]["events"]]
        return web.json_response(content)

    async def messages(self, request, token, room):
        person = await self.person(token)
        answer = await self.forward(request, None)
        if answer.status != 200:
            return answer
        content = json.loads(answer.body)
        async with person.lock:
            for event in content["chunk"]:
                await person.take_event(room, event)
        content["chunk"] = [self.plain(person, event) for event in content["chunk"]]
        return web.json_response(content)

    def plain(self, person, event):
        seen = person.seen.get(event.get("event_id"))
        if seen is None or not seen.is_encrypted or seen.problem or event["type"] != "m.room.encrypted":
            return event
        content = dict(seen.content)
        if isinstance(content.get("file"), dict):
            file = content.pop("file")
            content["url"] = file["url"]
            self.files[file["url"]] = file
        # `unsigned` may have changed since it was seen first.
        return {**event, "type": seen.type, "content": content, "test.wire": event}

    # MARK: Sending

    async def send(self, request, token, room, kind, transaction, body):
        person = await self.person(token)
        content = json.loads(body)
        if not await self.is_encrypted(person, room):
            return await self.forward(request, body)
        if content.get("url") in self.files:
            content["file"] = self.files[content.pop("url")]
        async with person.lock:
            sealed = await person.encrypt(room, kind, content)
        sealed.update({key: value for key, value in content.items() if key.startswith("test.")})
        path = "/".join(urllib.parse.quote(part, safe="") for part in [
            *V3, "rooms", room, "send", "m.room.encrypted", transaction])
        return await self.forward(request, json.dumps(sealed).encode(), f"/{path}", "application/json")

    async def is_encrypted(self, person, room):
        """Also whether the library knows it, which a sync brings."""
        if room in person.encrypted:
            return True
        status, _ = await person.api.raw("GET", [*V3, "rooms", room, "state", "m.room.encryption", ""])
        if status != 200:
            return False
        end = time.monotonic() + 15
        while room not in person.encrypted and time.monotonic() < end:
            await asyncio.sleep(0.02)
        return True

    # MARK: Files

    async def upload(self, request, token, body):
        person = await self.person(token)
        sealed, file = person.encrypt_file(body)
        path = request.rel_url.raw_path
        answer = await self.forward(request, sealed, path, "application/octet-stream")
        if answer.status == 200:
            address = json.loads(answer.body)["content_uri"]
            self.files[address] = {**file, "url": address, "v": "v2"}
        return answer

    async def download(self, token, path, answer):
        file = self.files.get(f"mxc://{path[-2]}/{path[-1]}")
        if answer.status != 200 or file is None:
            return answer
        person = await self.person(token)
        return web.Response(body=person.decrypt_file(answer.body, file), content_type="application/octet-stream")


async def main(library, base, store):
    if library == "nio":
        from nio_person import NioPerson as kind
    else:
        from mautrix_person import MautrixPerson as kind
    await Proxy(kind, base, store).serve()


asyncio.run(main(*sys.argv[1:]))
