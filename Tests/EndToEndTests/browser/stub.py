"""A stand-in for the routes and live frames of commands and asks, in front of a real host: tests decide what a command prints and who
decides an ask, and when. Everything else goes to the host."""

import json
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

from playwright.sync_api import Page, Route

from harness import until

COMMAND = re.compile(r"/(run|jobs|kill|snapshot|undo|fix|diff|specify|plan|tasks|refine|spec)\b")


def now(seconds=0.0) -> str:
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


class Stub:
    def __init__(self, page: Page):
        self.page = page
        self.asks: list[dict] = []
        # The asks of all conversations; None for those of the host.
        self.waiting: list[dict] | None = None
        self.lists = {"jobs": {"items": []}, "files": {"items": []}, "diff": {"diff": ""}, "steps": {"operation_id": None, "items": [], "position": 0, "is_cut": False}, "snapshots": {"items": []}}
        # The content of every file, with its type.
        self.content = (b"", "application/octet-stream")
        # A thread's feature, None while it has none; a document's text and versions; the difference of two of them.
        self.feature: dict | None = None
        self.document: dict = {}
        self.difference = ""
        self.sent: list[str] = []
        self.answers: list[tuple[str, dict]] = []
        self.stopped: list[str] = []
        self.fetched: list[str] = []
        # The answer to the next decision: status and document.
        self.decision = (200, {})
        # What happens when an ask is answered, before the answer is sent.
        self.decided = lambda name, answer: None
        self.messages: list[dict] = []
        self.operations: dict[str, dict] = {}
        self.frames: dict[str, list[dict]] = {}
        self.socket = None
        page.route_web_socket("**/api/v1/live", self.live)
        page.route("**/api/v1/threads/*/messages", self.post)
        page.route("**/api/v1/threads/*/messages?*", self.read)
        page.route("**/api/v1/operations/stub-*", self.operation)
        page.route("**/api/v1/operations/stub-*/stop", self.stop)
        page.route("**/api/v1/asks/*", self.answer)
        page.route("**/api/v1/asks", lambda route: route.continue_() if self.waiting is None else route.fulfill(json={"items": self.waiting}))
        page.route(re.compile(r"/api/v1/threads/[^/]+/(asks|jobs|files|diff|snapshots|steps)(\?[^/]*)?$"), self.list)
        page.route(re.compile(r"/api/v1/threads/[^/]+/spec(/document|/diff)?(\?.*)?$"), self.spec)

    # Routes

    def list(self, route: Route):
        name = route.request.url.rsplit("/", 1)[1].split("?")[0]
        if "?name=" in route.request.url:
            return route.fulfill(body=self.content[0], headers={"Content-Type": self.content[1]})
        self.fetched.append(name)
        below = unquote(route.request.url.partition("?path=")[2])
        route.fulfill(json={"items": self.asks} if name == "asks" else self.lists[f"{name} {below}" if below else name])

    def spec(self, route: Route):
        path = route.request.url.split("?")[0]
        self.fetched.append("spec")
        if self.feature is None:
            problem = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "There is no feature yet: describe one with `specify TEXT`."}
            return route.fulfill(status=404, json=problem)
        if path.endswith("/document"):
            return route.fulfill(json=self.document)
        route.fulfill(json={"diff": self.difference} if path.endswith("/diff") else self.feature)

    def answer(self, route: Route):
        name, answer = route.request.url.rsplit("/", 1)[1], route.request.post_data_json
        self.answers.append((name, answer))
        status, document = self.decision
        if status == 200:
            self.asks = [ask for ask in self.asks if ask["id"] != name]
            self.decided(name, answer)
        route.fulfill(status=status, json=document)

    def post(self, route: Route):
        text = route.request.post_data_json["text"]
        if not COMMAND.match(text):
            return route.continue_()
        self.sent.append(text)
        name = f"stub-{len(self.operations)}"
        thread = route.request.url.split("/threads/")[1].split("/")[0]
        self.operations[name] = {"id": name, "thread_id": thread, "state": "running", "error": None, "commits": [], "position": None}
        self.frames[name] = []
        message = self.message("command", text, name)
        route.fulfill(status=202, json={"message_id": message, "operation_id": name})

    def read(self, route: Route):
        thread = route.request.url.split("/threads/")[1].split("/")[0]
        own = [message for message in self.messages if self.operations[message["operation_id"]]["thread_id"] == thread]
        operations = [operation for operation in self.operations.values() if operation["thread_id"] == thread]
        after = re.search(r"after=(stub-[^&]*)", route.request.url)
        if after:
            place = [message["id"] for message in own].index(after[1])
            return route.fulfill(json={"items": own[place + 1:], "next_cursor": None, "previous_cursor": None, "operations": operations})
        page = route.fetch().json()
        page["items"] += own
        page["operations"] += operations
        route.fulfill(json=page)

    def operation(self, route: Route):
        route.fulfill(json=self.operations[route.request.url.rsplit("/", 1)[1]])

    def stop(self, route: Route):
        name = route.request.url.rsplit("/", 2)[1]
        self.stopped.append(name)
        self.end(name, "stopped", "exit 130 · 0.5 s")
        route.fulfill(json=self.operations[name])

    def live(self, socket):
        self.socket = socket
        server = socket.connect_to_server()
        server.on_message(socket.send)

        def said(text):
            message = json.loads(text)
            name = message.get("subscribe", "")
            if not name.startswith("stub-"):
                return server.send(text)
            for frame in self.frames[name]:
                if frame["sequence"] > message["last_sequence"]:
                    socket.send(json.dumps(frame))

        socket.on_message(said)

    # What happens

    def message(self, role: str, text: str, operation: str, place: int | None = None) -> str:
        name = f"stub-{len(self.messages)}"
        author = "Ada" if role == "command" else None
        self.messages.append({"id": name, "role": role, "author": author, "text": text, "created_at": now(), "operation_id": operation, "place": place, "files": [], "written": None, "branch": "main", "branches": []})
        return name

    def frame(self, operation: str, kind: str, content: str, **more):
        frames = self.frames[operation]
        frame = {"id": f"{operation}-{len(frames) + 1}", "operation_id": operation, "type": kind, "content": content,
                 "timestamp": now(), "sequence": len(frames) + 1, **more}
        frames.append(frame)
        self.socket.send(json.dumps(frame))

    def output(self, operation: str, text: str, **more):
        self.frame(operation, "execution", text, **more)

    def end(self, operation: str, state: str, text: str):
        self.operations[operation]["state"] = state
        self.message("assistant" if state == "complete" else "note", text, operation)
        self.frame(operation, "complete" if state == "complete" else "error", text)

    def operation_of(self, action) -> str:
        """The operation that an action starts by sending a command."""
        before = len(self.sent)
        action()
        for _ in range(300):
            if len(self.sent) > before:
                break
            self.page.wait_for_timeout(50)
        assert len(self.sent) == before + 1, self.sent
        name = f"stub-{len(self.operations) - 1}"
        # Its frames would be dropped before the page knows the operation.
        until(self.page, f"document.querySelectorAll('.entry-bot').length >= {len(self.operations)}")
        return name
