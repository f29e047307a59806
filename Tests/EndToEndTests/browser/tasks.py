"""The board of tasks in Chromium: tasks.py BASE_URL OWNER_CODE FOLDER GUEST_CODE

The page is the host's; the tasks are played by `Tasks` below. Prints one line for each check that passed and ends with 0, or says what failed
and ends with 1. Screenshots go to FOLDER.
"""

import json
import re
import sys
from urllib.parse import parse_qs, unquote, urlsplit

from playwright.sync_api import Page, Route, expect, sync_playwright

from accessibility import AXE
from harness import BASE, CODE, FOLDER, Watch, check, launch, sign_in, until

HOSTILE = '<img src=x onerror="alert(1)"> \u202eevil [x](javascript:alert(2))'


class Tasks:
    """A stand-in for the routes of tasks and for the events of the live socket."""

    def __init__(self, page: Page):
        self.items: dict[tuple[str, str], dict] = {}
        self.changes: list[dict] = []
        self.requests: list[dict] = []
        self.commit = 0
        # The answer to the next change: a status and a sentence, or None.
        self.refusal: tuple[int, str] | None = None
        self.failure: tuple[int, str] | None = None
        self.socket = None
        page.route(re.compile(r"/api/v1/tasks(\?.*)?$"), self.list)
        page.route(re.compile(r"/api/v1/tasks/[^/?]+/[^/?]+$"), self.one)
        page.route("**/api/v1/repositories", lambda route: route.fulfill(json={"items": [
            {"name": name, "default": name == "app", "url": f"/r/{name}", "page": None} for name in ("app", "site")], "next_cursor": None}))
        page.route_web_socket("**/api/v1/live", self.live)

    def live(self, socket):
        self.socket = socket
        socket.on_message(lambda text: None)

    def add(self, repository: str, name: str, text: str, state="open", **more) -> dict:
        task = {"id": name, "repository": repository, "text": text, "state": state, "owner": None, "labels": [], "priority": None, "due": None,
                "links": [], "commits": [], "thread_id": None, "line": len(self.items) + 3, "updated_at": "2026-11-20T10:00:00Z",
                "commit": "a" * 40, "notes": [], "section": None} | more
        self.items[repository, name] = task
        return task

    def tell(self, task: dict):
        self.socket.send(json.dumps({"id": "1", "event": "task", "data": task}))

    def problem(self, route: Route, status: int, detail: str):
        route.fulfill(status=status, content_type="application/problem+json", body=json.dumps({"type": "about:blank", "title": "", "status": status, "detail": detail}))

    def list(self, route: Route):
        if route.request.method == "POST":
            body = route.request.post_data_json
            task = self.add(body["repository"], f"T{len(self.items) + 100}", body["text"], **{name: body[name] for name in ("owner", "labels", "priority", "due") if name in body})
            self.changes.append(body)
            return self.answer(route, task, 201)
        if self.failure:
            return self.problem(route, *self.failure)
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        self.requests.append(query)
        found = [task for task in self.items.values()
                 if all(query.get(name, task[name]) == task[name] for name in ("repository", "state", "owner"))
                 and ("label" not in query or query["label"] in task["labels"])
                 and all(word in f"{task['id']} {task['text']}".lower() for word in query.get("query", "").lower().split())]
        found.sort(key=lambda task: (task["repository"], task["line"]))
        start, limit = int(query.get("cursor", 0)), int(query["limit"])
        route.fulfill(json={"items": found[start:start + limit], "next_cursor": str(start + limit) if len(found) > start + limit else None})

    def one(self, route: Route):
        repository, name = (unquote(part) for part in route.request.url.rsplit("/", 2)[1:])
        task = self.items.get((repository, name))
        if task is None:
            return self.problem(route, 404, "There is no such task.")
        if route.request.method == "GET":
            return route.fulfill(json=task)
        body = route.request.post_data_json
        self.changes.append(body)
        if self.refusal:
            refusal, self.refusal = self.refusal, None
            return self.problem(route, *refusal)
        assert body.pop("base") == task["commit"]
        note = body.pop("note", None)
        if note:
            task["notes"] = task["notes"] + [{"who": "@ada", "date": "2026-11-26", "text": note}]
        task |= body
        if name.startswith("~"):
            del self.items[repository, name]
            task["id"] = f"T{len(self.items) + 500}"
            self.items[repository, task["id"]] = task
            # The events come before the answer.
            self.tell({"repository": repository, "id": name, "state": "deleted"})
            self.tell(task | {"commit": f"{self.commit + 1:040x}"})
        self.answer(route, task)

    def answer(self, route: Route, task: dict, status=200):
        self.commit += 1
        task["commit"] = f"{self.commit:040x}"
        route.fulfill(status=status, json=task)


def sample(tasks: Tasks):
    tasks.add("app", "T1", "Sign in with passkeys on every device, also on shared computers in the library", owner="ada", labels=["login", "security"], priority="high", due="2026-01-15",
              links=[{"text": "#34", "url": "https://example.org/34"}, {"text": "bad", "url": "javascript:alert(1)"}], commits=[{"sha": "b" * 40, "url": f"/r/app/commit/{'b' * 40}"}], thread_id="t_1",
              notes=[{"who": "@bob", "date": "2026-11-20", "text": "The library has old browsers."}])
    tasks.add("app", "T2", "Export as CSV", labels=["export"])
    tasks.add("app", "~a1b2c3", "Written by hand", owner="bob")
    tasks.add("app", "T4", HOSTILE)
    tasks.add("app", "T5", "Faster search", "started", owner="bob", labels=["search"], due="2099-12-01")
    tasks.add("site", "T6", "New front page", "started", owner="ada", labels=["design"], priority="low")
    tasks.add("app", "T7", "Set up the project", "done")
    tasks.add("app", "T8", "An idea that was dropped", "dropped")


def column(page: Page, name: str):
    return page.get_by_role("region", name=name)


def card(page: Page, text: str):
    return page.locator(".task-card", has_text=text)


def in_column(page: Page, text: str, name: str):
    expect(column(page, name).locator(".task-card", has_text=text)).to_have_count(1)
    expect(card(page, text)).to_have_count(1)


def said(page: Page) -> str:
    return page.locator("#announcer").inner_text()


def inspect(page: Page, name: str):
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=FOLDER / f"tasks-{name}-{scheme}.png")
        found = [f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
                 for violation in AXE.run(page).response["violations"] for node in violation["nodes"]]
        assert found == [], f"{name}, {scheme}: " + "\n".join(found)


def board(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    watch, tasks = Watch(page), Tasks(page)
    sign_in(page)
    with check("the sections lead to the board, and an empty one says what tasks are"):
        page.get_by_role("navigation", name="Sections").get_by_role("link", name="Tasks").click()
        expect(page.get_by_role("heading", name="No tasks yet")).to_be_visible()
        expect(page.get_by_role("link", name="Tasks")).to_have_attribute("aria-current", "page")
        inspect(page, "empty")
    with check("tasks stand in columns by their state, and their text stays text"):
        sample(tasks)
        page.reload()
        for text, name in (("Export as CSV", "Open"), ("Faster search", "Started"), ("Set up", "Done")):
            in_column(page, text, name)
        expect(card(page, "javascript")).to_contain_text("⟨U+202E⟩evil")
        expect(card(page, "An idea")).to_be_hidden()
        expect(card(page, "passkeys").locator(".due.is-late")).to_be_visible()
        assert page.locator(".board img").count() == 0
        inspect(page, "board")
    with check("the arrows lead from card to card; a column is one tab stop"):
        page.get_by_role("button", name="List", exact=True).focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Sign in with passkeys")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name="Export as CSV")).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("link", name="New front page")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Set up the project")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("link", name="Export as CSV")).to_be_focused()
    with check("Space lifts and drops, the arrows move, and it is said; the change names what it was based on"):
        page.keyboard.press("Space")
        assert "T2 is lifted, in Open" in said(page), said(page)
        page.keyboard.press("ArrowRight")
        in_column(page, "Export as CSV", "Started")
        assert "Started, 2 of 3." in said(page), said(page)
        assert tasks.changes == []
        page.screenshot(path=FOLDER / "tasks-lifted.png")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Space")
        expect(page.locator(".toast")).to_contain_text("T2 is moved to Started.")
        expect(page.locator(".toast").get_by_role("link", name="Commit 0000000")).to_have_attribute("href", f"/r/app/commit/{1:040x}")
        assert tasks.changes == [{"state": "started"}], tasks.changes  # `base` was checked and taken
        assert "T2 is moved to Started." in said(page), said(page)
        in_column(page, "Export as CSV", "Started")
        expect(page.get_by_role("link", name="Export as CSV")).to_be_focused()
    with check("Escape, and leaving the card, put it back"):
        for leave in ("Escape", "Tab"):
            page.get_by_role("link", name="Export as CSV").focus()
            page.keyboard.press("Space")
            page.keyboard.press("ArrowLeft")
            in_column(page, "Export as CSV", "Open")
            page.keyboard.press(leave)
            in_column(page, "Export as CSV", "Started")
        assert len(tasks.changes) == 1
        assert "Put back: T2 is in Started." in said(page), said(page)
    with check("a card is dragged; a task without an id has one then"):
        card(page, "Written by hand").drag_to(column(page, "Done"))
        in_column(page, "Written by hand", "Done")
        expect(page.locator(".toast")).to_contain_text("is moved to Done")
        expect(card(page, "Written by hand").locator("code")).to_have_text(re.compile(r"T\d+"))
        in_column(page, "Written by hand", "Done")
    with check("a refused move goes back to where the task is, and says what changed"):
        tasks.items["app", "T5"] |= {"state": "done", "owner": "carol", "commit": "c" * 40}
        tasks.refusal = (409, "The task has changed since.")
        card(page, "Faster search").drag_to(column(page, "Open"))
        expect(page.get_by_role("alert")).to_have_text("T5 was not moved, because somebody has changed it: it is now done, its owner is now @carol.")
        in_column(page, "Faster search", "Done")
        tasks.refusal = (409, "The repository is in use.")
        card(page, "Faster search").drag_to(column(page, "Open"))
        expect(page.get_by_role("alert")).to_have_text("T5 was not moved. The repository is in use.")
        tasks.refusal = (403, "You may not change tasks.")
        card(page, "Faster search").drag_to(column(page, "Open"))
        expect(page.get_by_role("alert")).to_have_text("You may not change tasks.")
        in_column(page, "Faster search", "Done")
    with check("others see it at once: moved, new, removed"):
        tasks.tell(tasks.items["site", "T6"] | {"state": "done", "text": "A newer front page"})
        in_column(page, "A newer front page", "Done")
        tasks.tell(tasks.add("app", "T9", "Written elsewhere"))
        in_column(page, "Written elsewhere", "Open")
        tasks.tell({"repository": "app", "id": "T9", "state": "deleted"})
        expect(card(page, "Written elsewhere")).to_have_count(0)
    with check("the menu of a card moves it for fingers"):
        card(page, "passkeys").get_by_role("button", name="Move T1").click()
        expect(page.get_by_role("dialog", name="Move T1")).to_be_visible()
        inspect(page, "where")
        page.get_by_role("dialog").get_by_role("button", name="Started").click()
        in_column(page, "passkeys", "Started")
    details(page, tasks)
    addresses(page, tasks)
    with check("nothing forbidden happened"):
        assert watch.mistakes == [], watch.mistakes
    context.close()


def details(page: Page, tasks: Tasks):
    with check("a task opens with all that belongs to it, has an address, and is edited"):
        page.get_by_role("link", name="Sign in with passkeys").press("Enter")
        dialog = page.get_by_role("dialog", name="Task T1")
        expect(dialog).to_contain_text("The library has old browsers.")
        expect(dialog.get_by_role("link", name="#34")).to_have_attribute("href", "https://example.org/34")
        assert dialog.get_by_role("link", name="bad").count() == 0
        expect(dialog.get_by_role("link", name="Open")).to_have_attribute("href", "/#/t/t_1")
        expect(dialog.get_by_role("link", name="bbbbbbb")).to_have_attribute("href", f"/r/app/commit/{'b' * 40}")
        inspect(page, "task")
        page.reload()
        expect(dialog).to_contain_text("The library has old browsers.")
        before = len(tasks.changes)
        dialog.get_by_label("Text").fill("Sign in with passkeys,\neverywhere")
        dialog.get_by_label("Owner").fill("@bob")
        dialog.get_by_label("Labels").fill("#login, web")
        expect(dialog.get_by_label("Priority")).to_have_value("high")
        dialog.get_by_label("Priority").select_option("Urgent")
        dialog.get_by_label("Due").fill("")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)
        assert tasks.changes[before:] == [{"text": "Sign in with passkeys, everywhere", "owner": "bob", "labels": ["login", "web"], "priority": "urgent", "due": None}], tasks.changes[before:]
        expect(card(page, "passkeys, everywhere").locator(".priority")).to_have_text("urgent")
        expect(card(page, "passkeys, everywhere").locator(".due")).to_have_count(0)
        expect(card(page, "passkeys, everywhere").locator(".owner")).to_have_text("@bob")
        until(page, "!location.search.includes('task=')")
    with check("a task without a priority and a day shows none"):
        page.get_by_role("link", name="Export as CSV").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_label("Labels")).to_have_value("export")
        for name in ("Priority", "Due"):
            expect(dialog.get_by_label(name)).to_have_value("")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    with check("a note is added, and a conflict keeps what was typed"):
        page.get_by_role("link", name="Sign in with passkeys").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("New note").fill("Tried on a phone.")
        dialog.get_by_role("button", name="Add the note").click()
        expect(dialog.locator(".task-notes")).to_contain_text("Tried on a phone.")
        dialog.get_by_label("Text").fill("Mine")
        tasks.items["app", "T1"] |= {"owner": "carol", "commit": "d" * 40}
        tasks.refusal = (409, "The task has changed since.")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert")).to_contain_text("its owner is now @carol")
        expect(dialog.get_by_label("Text")).to_have_value("Mine")
        inspect(page, "conflict")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.get_by_role("link", name="Sign in with passkeys")).to_be_focused()
    with check("a task is added, with its repository"):
        page.get_by_role("button", name="Add a task").click()
        dialog = page.get_by_role("dialog", name="New task")
        dialog.get_by_label("Text").fill("A second language")
        dialog.get_by_label("Repository").select_option("site")
        dialog.get_by_label("Priority").select_option("High")
        dialog.get_by_label("Due").fill("2020-02-29")
        inspect(page, "new")
        dialog.get_by_role("button", name="Add", exact=True).click()
        in_column(page, "A second language", "Open")
        assert tasks.changes[-1] == {"repository": "site", "text": "A second language", "priority": "high", "due": "2020-02-29"}, tasks.changes[-1]
        expect(card(page, "A second language").locator(".due.is-late")).to_contain_text("overdue since")


def addresses(page: Page, tasks: Tasks):
    with check("filters and the view are in the address, and Back leads back"):
        page.get_by_label("Repository").select_option("site")
        expect(card(page, "Export as CSV")).to_have_count(0)
        assert "repository=site" in page.url
        page.get_by_label("Repository").select_option("")
        page.get_by_label("Owner").fill("bob")
        page.keyboard.press("Enter")
        expect(card(page, "Export as CSV")).to_have_count(0)
        page.get_by_role("searchbox", name="Search tasks").fill("faster")
        expect(page.get_by_role("heading", name="No task matches")).to_be_visible()
        page.get_by_role("button", name="Show all tasks").click()
        expect(card(page, "Export as CSV")).to_have_count(1)
        page.go_back()
        expect(page.get_by_label("Owner")).to_have_value("bob")
        page.goto(f"{BASE}/tasks?view=list&dropped=1&label=export")
        expect(card(page, "Export as CSV")).to_be_visible()
        page.goto(f"{BASE}/tasks?view=list&dropped=1")
        in_column(page, "An idea", "Dropped")
        inspect(page, "list")
        page.get_by_role("link", name="An idea that was dropped").focus()
        page.keyboard.press("ArrowUp")
        expect(page.get_by_role("link", name="Set up the project")).to_be_focused()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowUp")
        in_column(page, "Set up the project", "Started")
        page.keyboard.press("Escape")
        in_column(page, "Set up the project", "Done")
    with check("a failure says so and can be tried again"):
        tasks.failure = (500, "The store does not answer.")
        page.reload()
        expect(page.get_by_text("The store does not answer.")).to_be_visible()
        inspect(page, "failure")
        tasks.failure = None
        page.get_by_role("button", name="Try again").click()
        in_column(page, "Export as CSV", "Started")


def large(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    tasks = Tasks(page)
    for number in range(5_000):
        tasks.add("app", f"T{number}", f"Task number {number} of many, with a line of text that is as long as usual", ("open", "started", "done")[number % 3], owner="ada", labels=["many"])
    sign_in(page)
    with check("5,000 tasks: the first are there at once, the others when they are looked at"):
        page.goto(f"{BASE}/tasks")
        page.reload()
        expect(page.locator(".task-card").nth(89)).to_be_attached()
        until(page, "performance.getEntriesByName('tasks shown').length === 1")
        times = page.evaluate("() => ['first-contentful-paint', 'tasks shown'].map(name => performance.getEntriesByName(name)[0].startTime)")
        print("   first paint, tasks: " + ", ".join(f"{time:.0f}" for time in times) + " ms")
        scroller = column(page, "Open").locator(".column-scroll")
        for _ in range(400):
            if column(page, "Open").locator(".task-card").count() >= 1_667:
                break
            scroller.evaluate("element => element.scrollTo(0, element.scrollHeight)")
            page.wait_for_timeout(50)
        expect(column(page, "Open").locator(".task-card")).to_have_count(1_667)
    with check("5,000 tasks: a card is moved"):
        times = []
        for number in (0, 3, 6):
            # By role it would take seconds to find one of thousands.
            page.locator(".task-title", has_text=f"Task number {number} of").focus()
            times.append(page.evaluate(
                """() => new Promise(done => {
                    const press = key => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true}));
                    const start = performance.now();
                    press(' '); press('ArrowRight'); press(' ');
                    document.body.getBoundingClientRect();
                    done(performance.now() - start);
                })"""))
            expect(page.locator(".toast")).to_contain_text(f"T{number} is moved")
        print(f"   a move with layout: {', '.join(f'{time:.1f}' for time in times)} ms")
    context.close()


def phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True)
    page = context.new_page()
    tasks = Tasks(page)
    sample(tasks)
    sign_in(page)
    with check("a phone shows a column at a time, and moves a task by its menu"):
        page.get_by_role("link", name="Tasks").tap()
        expect(card(page, "Export as CSV")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        inspect(page, "phone")
        page.get_by_role("button", name="Started 2").tap()
        expect(card(page, "Faster search")).to_be_in_viewport(ratio=1)
        expect(card(page, "Export as CSV")).not_to_be_in_viewport()
        expect(page.get_by_role("button", name="Started 2")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Move T5").tap()
        page.get_by_role("dialog").get_by_role("button", name="Done").tap()
        expect(page.locator(".toast")).to_contain_text("T5 is moved to Done.")
        page.screenshot(path=FOLDER / "tasks-phone-moved.png")
        page.get_by_role("button", name="Filters").tap()
        inspect(page, "phone-filters")
        page.get_by_role("button", name="Filters").tap()
        page.get_by_role("button", name="List", exact=True).tap()
        inspect(page, "phone-list")
        page.get_by_role("link", name="Sign in with passkeys").tap()
        expect(page.get_by_role("dialog")).to_contain_text("old browsers")
        inspect(page, "phone-task")
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, select, input')].filter(element => {
                const box = element.getBoundingClientRect();
                return box.width > 0 && (box.height < 44 || box.width < 44);
            }).map(element => element.outerHTML)""")
        assert small == [], small
    context.close()


def guest(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    sign_in(page, sys.argv[4], "Bob")
    with check("a guest has no tasks; who may only read sees no way to change them"):
        expect(page.get_by_role("link", name="Tasks")).to_have_count(0)
        page.goto(f"{BASE}/tasks")
        expect(page.get_by_role("heading", name="Tasks are for members")).to_be_visible()
        tasks = Tasks(page)
        sample(tasks)
        page.route("**/api/v1/me", lambda route: route.fulfill(json={"name": "Bob", "role": "member", "identity": "web:bob", "scopes": ["read"]}))
        page.reload()
        expect(card(page, "Export as CSV")).to_be_visible()
        expect(page.get_by_role("button", name="Add a task")).to_have_count(0)
        expect(page.get_by_role("button", name="Move T2")).to_have_count(0)
        page.get_by_role("link", name="Export as CSV").press("Space")
        page.keyboard.press("ArrowRight")
        in_column(page, "Export as CSV", "Open")
        page.get_by_role("link", name="Sign in with passkeys").click()
        expect(page.get_by_role("dialog")).to_contain_text("old browsers")
        expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_count(0)
        inspect(page, "read-only")
        assert tasks.changes == []
    context.close()


with sync_playwright() as play:
    chromium = launch(play)
    for part in (board, large, phone, guest):
        part(chromium)
print(json.dumps({"result": "ok"}))
