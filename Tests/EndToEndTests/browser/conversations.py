"""The list of conversations, the head of one, and the viewer's page of a repository, in Chromium:
conversations.py BASE_URL CODE FOLDER

The host has the repositories `notes`, with a specification on a branch of its own, and `app`. Prints one line for each check that passed and ends with 0, or says what
failed and ends with 1. Screenshots go to FOLDER.
"""

import json
import pathlib
import re

from playwright.sync_api import Page, expect, sync_playwright

from harness import BASE, CODE, FOLDER, check, launch

MISTAKES: list[str] = []


def opened(context) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: MISTAKES.append(f"error: {error}"))
    page.on("console", lambda message: "Content Security Policy" in message.text and MISTAKES.append(message.text))
    return page


def sign_in(page: Page):
    page.goto(BASE)
    page.get_by_label("Sign-in code").press_sequentially(CODE.replace("-", "").lower())
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#message")).to_be_visible()


def ask(page: Page, text: str):
    before = page.locator(".entry-bot").count()
    page.locator("#message").fill(text)
    page.locator("#message").press("Escape")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".entry-bot").nth(before)).to_have_attribute("aria-busy", "false", timeout=90_000)


def titles(page: Page, *expected: str):
    expect(page.locator(".threads .thread-title")).to_have_text(list(expected))


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def act(page: Page, name: str):
    page.get_by_role("button", name="Conversation menu").click()
    page.get_by_role("menuitem", name=name).click()


def conversations(page: Page, other: Page):
    search = page.get_by_role("searchbox")
    with check("a new conversation has nothing to rename or delete"):
        expect(page.get_by_role("button", name="Conversation menu")).to_be_hidden()
    with check("a conversation is renamed by keyboard, and another tab shows it at once"):
        for text in ("/whoami", "count to 3 zebras", "count to 4 giraffes"):
            page.keyboard.press("Alt+n")
            expect(page.locator(".entry")).to_have_count(0)
            ask(page, text)
        other.goto(page.url)
        expect(heading(other)).to_have_text("count to 4 giraffes")
        page.bring_to_front()  # a tab in the background is drawn once a second
        page.get_by_role("button", name="Conversation menu").focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
        page.screenshot(path=FOLDER / "menu.png")
        page.keyboard.press("Enter")
        field = page.get_by_role("textbox", name="Title")
        expect(field).to_be_focused()
        expect(field).to_have_value("count to 4 giraffes")
        page.keyboard.type(" ")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("empty")
        page.screenshot(path=FOLDER / "rename.png")
        page.keyboard.type("Tall animals")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(heading(page)).to_have_text("Tall animals")
        titles(page, "Tall animals", "count to 3 zebras", "New conversation")
        expect(heading(other)).to_have_text("Tall animals", timeout=5_000)
        titles(other, "Tall animals", "count to 3 zebras", "New conversation")
    with check("a search finds words of questions and answers, and says when there are none"):
        page.keyboard.press("Alt+k")
        expect(search).to_be_focused()
        page.keyboard.type("giraf")
        titles(page, "Tall animals")
        expect(page.locator(".thread-found")).to_contain_text("giraffes")
        search.fill("count")
        titles(page, "Tall animals", "count to 3 zebras")
        page.screenshot(path=FOLDER / "search.png")
        page.keyboard.press("ArrowDown")
        expect(page.locator("a.thread").first).to_be_focused()
        search.fill("walrus")
        expect(page.locator(".thread-list .empty")).to_contain_text("No conversation contains “walrus”")
        search.press("Escape")
        expect(search).to_have_value("")
        titles(page, "Tall animals", "count to 3 zebras", "New conversation")
    with check("an owner chooses between all conversations and those of one's own"):
        mine = page.get_by_role("button", name="Mine", exact=True)
        mine.click()
        expect(mine).to_have_attribute("aria-pressed", "true")
        titles(page, "Tall animals", "count to 3 zebras", "New conversation")
        page.get_by_role("button", name="All", exact=True).click()
        expect(mine).to_have_attribute("aria-pressed", "false")
    with check("an archived conversation has a list of its own, in every tab, and comes back"):
        act(page, "Archive")
        titles(page, "count to 3 zebras", "New conversation")
        expect(page.locator(".head-facts .badge")).to_be_visible()
        titles(other, "count to 3 zebras", "New conversation")
        expect(other.locator(".head-facts .badge")).to_be_visible()
        page.get_by_role("button", name="Archived").click()
        titles(page, "Tall animals")
        search.fill("zebras")
        expect(page.locator(".thread-list .empty")).to_contain_text("No archived conversation")
        search.fill("")
        titles(page, "Tall animals")
        page.screenshot(path=FOLDER / "archive.png")
        act(page, "Bring back")
        expect(page.locator(".thread-list .empty")).to_have_text("No archived conversations.")
        page.get_by_role("button", name="Back to all conversations").click()
        titles(page, "Tall animals", "count to 3 zebras", "New conversation")
        titles(other, "Tall animals", "count to 3 zebras", "New conversation")
    with check("a pinned conversation is at the top, in every tab, until the pin is removed"):
        page.locator("a.thread", has_text="zebras").click()
        expect(heading(page)).to_have_text("count to 3 zebras")
        act(page, "Pin to the top")
        pinned = page.locator(".threads .thread-title").first
        expect(pinned).to_contain_text("count to 3 zebras")
        expect(pinned.locator(".pin")).to_be_visible()
        expect(other.locator(".threads .thread-title").first).to_contain_text("count to 3 zebras")
        page.screenshot(path=FOLDER / "pinned.png")
        page.reload()
        expect(page.locator(".threads .thread-title").first).to_contain_text("count to 3 zebras")
        act(page, "Remove the pin")
        titles(page, "Tall animals", "count to 3 zebras", "New conversation")
        titles(other, "Tall animals", "count to 3 zebras", "New conversation")
    with check("a conversation that is deleted here disappears there"):
        page.locator("a.thread", has_text="zebras").click()
        expect(heading(page)).to_have_text("count to 3 zebras")
        other.goto(page.url)
        expect(heading(other)).to_have_text("count to 3 zebras")
        act(page, "Delete")
        page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        titles(page, "Tall animals", "New conversation")
        titles(other, "Tall animals", "New conversation")
        expect(other.get_by_role("heading", level=2, name="No such conversation")).to_be_visible()
        expect(heading(other)).to_have_text("No such conversation")
        expect(other.get_by_label("Message", exact=True)).to_be_hidden()


def choices(page: Page):
    with check("the head names the model and the repository, and choosing one runs the command"):
        page.locator("a.thread", has_text="Tall animals").click()
        expect(heading(page)).to_have_text("Tall animals")
        model = page.get_by_role("button", name="Model:")
        expect(model).to_have_text("rehearsal")
        model.click()
        chosen = page.get_by_role("menuitemradio").first
        expect(chosen).to_be_focused()
        expect(chosen).to_have_attribute("aria-checked", "true")
        page.screenshot(path=FOLDER / "models.png")
        page.keyboard.press("Escape")
        expect(model).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(chosen).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(model).to_have_text("rehearsal-brief")
        expect(page.locator(".entry-user").last).to_contain_text("/model rehearsal-brief")
        expect(page.locator(".entry-bot").last).to_have_attribute("aria-busy", "false")
        repository = page.get_by_role("button", name="Repository:")
        expect(repository).to_have_text("notes")
        before = page.locator(".entry").count()
        repository.click()
        expect(page.get_by_role("menuitemradio", name="notes")).to_be_focused()
        page.screenshot(path=FOLDER / "repositories.png")
        page.keyboard.press("a")
        expect(page.get_by_role("menuitemradio", name="app")).to_be_focused()
        page.keyboard.press("Enter")
        expect(repository).to_have_text("app")
        expect(page.locator(".entry")).to_have_count(before + 2)
        expect(page.locator(".entry-user").last).to_contain_text("/repo app")
        page.reload()
        expect(page.get_by_role("button", name="Repository: app")).to_be_visible()
        page.get_by_role("button", name="Repository: app").click()
        expect(page.get_by_role("menuitem", name="Open app")).to_have_attribute("href", "/r/app")
        page.keyboard.press("Escape")
    with check("a persona is chosen beside the model, which it may decide"):
        model = page.get_by_role("button", name="Model:")
        model.click()
        page.get_by_role("group", name="Model").get_by_role("menuitemradio").first.click()
        expect(model).to_have_text("rehearsal")
        model.click()
        personas = page.get_by_role("group", name="Persona")
        expect(personas.get_by_role("menuitemradio", name="coder")).to_have_attribute("aria-checked", "true")
        expect(personas.get_by_role("menuitemradio", name="reviewer")).to_contain_text("model rehearsal-brief")
        page.screenshot(path=FOLDER / "personas.png")
        personas.get_by_role("menuitemradio", name="reviewer").click()
        expect(page.locator(".entry-user").last).to_contain_text("/persona reviewer")
        expect(model).to_have_text("reviewer · rehearsal-brief")
        model.click()
        decided = page.get_by_role("group", name="Model").get_by_role("menuitemradio", name="rehearsal-brief")
        expect(decided).to_have_attribute("aria-checked", "true")
        expect(decided).to_contain_text("of the persona reviewer")
        page.screenshot(path=FOLDER / "persona-model.png")
        page.get_by_role("group", name="Persona").get_by_role("menuitemradio", name="coder").click()
        expect(model).to_have_text("rehearsal")


def tasks(page: Page):
    with check("a message becomes a task of its conversation's repository"):
        ask(page, "## Two **boxes**\n\nand more")
        page.locator(".entry-user").last.get_by_role("button", name="Make a task of this message").click()
        dialog = page.get_by_role("dialog", name="New task")
        expect(dialog.get_by_label("Text")).to_have_value("Two **boxes**")
        expect(dialog.get_by_label("Repository")).to_have_value("app")
        dialog.get_by_label("Priority").select_option("High")
        dialog.get_by_label("Due").fill("2020-01-31")
        page.screenshot(path=FOLDER / "task-of-message.png")
        place = page.evaluate("location.hash")
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog).to_have_count(0)
        expect(page.locator(".toast")).to_contain_text("Added T1.")
        page.locator(".toast").get_by_role("link", name="Open").click()
        task = page.get_by_role("dialog", name="Task T1")
        expect(task.get_by_label("Priority")).to_have_value("high")
        expect(task.get_by_label("Due")).to_have_value("2020-01-31")
        task.get_by_role("link", name="Open").click()
        expect(page.locator(".entry-user").last).to_contain_text("and more")
        assert page.evaluate("location.hash") == place
    with check("what can be done with a task is buttons, also after a reload"):
        ask(page, "/task T1")
        page.reload()
        answer = page.locator(".entry-bot").last
        offered = answer.get_by_role("group", name="What to do next")
        expect(offered.get_by_role("button")).to_have_text(["Claim", "Start", "Done"])
        expect(answer).not_to_contain_text("Type")
        page.screenshot(path=FOLDER / "task-buttons.png")
        offered.get_by_role("button", name="Done").click()
        expect(page.locator(".entry-user").last).to_contain_text("/task done T1")
        expect(page.locator(".entry-bot").last.get_by_role("button", name="Reopen")).to_be_visible()


def settings(page: Page):
    dialog = page.get_by_role("dialog", name="Settings")
    model = dialog.get_by_label("Model of new conversations")
    instructions = dialog.get_by_label("Instructions")
    with check("settings are kept, and new conversations begin with the chosen model"):
        page.get_by_role("button", name="Settings").click()
        expect(model).to_have_value("")
        model.select_option("rehearsal-brief")
        instructions.fill("Answer in German.")
        page.screenshot(path=FOLDER / "settings.png")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)
        page.reload()
        page.get_by_role("button", name="Settings").click()
        expect(model).to_have_value("rehearsal-brief")
        expect(instructions).to_have_value("Answer in German.")
        dialog.get_by_role("button", name="Cancel").click()
        page.keyboard.press("Alt+n")
        expect(page.locator(".entry")).to_have_count(0)
        ask(page, "count to 3 lemurs")
        expect(page.get_by_role("button", name="Model: rehearsal-brief")).to_be_visible()
    with check("a person chooses what notifies them, when not, and how much is shown"):
        page.get_by_role("button", name="Settings").click()
        dialog.get_by_label("Answers").uncheck()
        dialog.get_by_label("Quiet from").fill("22:00")
        dialog.get_by_label("Quiet until").fill("07:00")
        dialog.get_by_label("Pushed notifications show").select_option("none")
        page.screenshot(path=FOLDER / "settings-notifications.png")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)
        chosen = page.evaluate("fetch('/api/v1/settings').then((answer) => answer.json())")["notifications"]
        assert chosen["kinds"] == ["asks", "mentions"] and chosen["quiet"] == "22:00-07:00" and chosen["content"] == "none", chosen
        assert chosen["zone"] == page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone"), chosen
    with check("the browser takes the manifest and the service worker, which opens the page without the host"):
        session = page.context.new_cdp_session(page)
        manifest = session.send("Page.getAppManifest")
        assert manifest["url"].endswith("/manifest.webmanifest") and not manifest["errors"], manifest
        page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready).then(() => undefined)")
        page.goto(BASE)
        page.reload()
        expect(page.locator("#message")).to_be_visible()
        kept = page.evaluate("caches.open('shell').then((cache) => cache.keys()).then((keys) => keys.map((key) => new URL(key.url).pathname))")
        assert "/" in kept and all(path == "/" or path.startswith("/assets/") for path in kept), kept
        page.context.set_offline(True)
        page.reload()
        expect(page.locator("#app")).not_to_be_empty()
        page.context.set_offline(False)
        page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.unregister()).then(() => undefined)")
        page.goto(BASE)
        page.reload()
        expect(page.locator("#message")).to_be_visible()
    with check("with a model, an empty conversation suggests questions about the repository, which are not sent"):
        page.route("**/api/v1/models", lambda route: route.fulfill(
            json={"items": [{**model, "provider": "openai"} for model in route.fetch().json()["items"]], "next_cursor": None}))
        page.goto(BASE)
        page.reload()
        expect(page.locator(".suggestion")).to_have_count(4)
        expect(page.locator(".suggestion").nth(2)).to_contain_text("Which specifications are there")
        page.screenshot(path=FOLDER / "suggestions.png")
        page.get_by_role("button", name="Where are the tests").click()
        expect(page.locator("#message")).to_have_value("Where are the tests, and how do I run them?")
        expect(page.locator(".entry")).to_have_count(0)
        page.locator("#message").fill("")
        page.get_by_role("button", name="/help").click()
        expect(page.locator("#message")).to_have_value("/help")
        page.locator("#message").fill("")
        page.unroute("**/api/v1/models")
    with check("a refusal stays in the dialog with what was written"):
        page.route("**/api/v1/settings", lambda route: route.fulfill(
            status=400, content_type="application/problem+json", body=json.dumps({"detail": "Not these."})
        ) if route.request.method == "PATCH" else route.continue_())
        page.get_by_role("button", name="Settings").click()
        instructions.fill("Other words")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert")).to_have_text("Not these.")
        expect(instructions).to_have_value("Other words")
        page.unroute("**/api/v1/settings")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    with check("all of a person's conversations are downloaded, and deleted after a question"):
        page.get_by_role("button", name="Settings").click()
        with page.expect_download() as download:
            dialog.get_by_role("button", name="Download all").click()
        exported = json.loads(pathlib.Path(download.value.path()).read_text())
        assert len(exported) == 1, len(exported)
        assert any("lemurs" in message["text"] for thread in exported for message in thread["messages"])
        dialog.get_by_role("button", name="Delete all…").click()
        expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
        dialog.get_by_role("button", name="Delete for good").click()
        expect(dialog.get_by_role("status")).to_contain_text("1 deleted.")
        page.keyboard.press("Escape")
        expect(page.locator(".entry")).to_have_count(0)
        titles(page, "Tall animals", "New conversation")


def news(page: Page):
    for text in ("count to 3 otters", "count to 2 hens"):
        page.keyboard.press("Alt+n")
        expect(page.locator(".entry")).to_have_count(0)
        ask(page, text)
    otters, hens = page.locator("a.thread", has_text="otters"), page.locator("a.thread", has_text="hens")
    new = re.compile("is-new")
    with check("a conversation with something new is marked until it is opened"):
        expect(otters).not_to_have_class(new)
        page.evaluate(
            """address => fetch(`/api/v1/threads/${address.slice(4)}/messages`,
            {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"text": "and 2 more otters"}'})""",
            otters.get_attribute("href"))
        expect(otters).to_have_class(new)
        expect(otters.locator(".busy")).to_have_count(0)
        page.screenshot(path=FOLDER / "new.png")
        page.reload()
        expect(otters).to_have_class(new)
        expect(hens).not_to_have_class(new)
        otters.click()
        expect(heading(page)).to_have_text("count to 3 otters")
        expect(otters).not_to_have_class(new)
        hens.click()
        expect(heading(page)).to_have_text("count to 2 hens")
        expect(otters).not_to_have_class(new)
    with check("what a search found opens at its message, also after a reload"):
        page.get_by_role("searchbox").fill("3 otters")
        expect(page.locator(".thread-found")).to_contain_text("otters")
        otters.click()
        found = page.locator(".entry.is-found")
        expect(found).to_contain_text("3 otters")
        expect(found).to_be_focused()
        expect(found).to_be_in_viewport()
        page.screenshot(path=FOLDER / "found.png")
        page.reload()
        expect(found).to_contain_text("3 otters")
    with check("an answer that is done notifies while another page is shown"):
        page.evaluate("""() => {
            window.told = [];
            window.Notification = class { static permission = "granted"; constructor(title, options) { window.told.push(`${title}: ${options.body}`); } };
            Object.defineProperty(document, "visibilityState", {configurable: true, get: () => "hidden"});
        }""")
        ask(page, "count to 2")
        for _ in range(100):
            if page.evaluate("window.told.length"):
                break
            page.wait_for_timeout(50)
        assert page.evaluate("window.told") == ["count to 3 otters: The answer is complete."], page.evaluate("window.told")
        page.evaluate("() => { delete document.visibilityState }")


def repository(page: Page):
    with check("a repository's page lists the specification, rendered, and its branches"):
        page.get_by_role("button", name="Repository: app").click()
        page.get_by_role("menuitemradio", name="notes").click()
        expect(page.get_by_role("button", name="Repository: notes")).to_be_visible()
        page.goto(f"{BASE}/r/notes")
        expect(page.get_by_role("heading", level=1)).to_have_text("notes")
        feature = page.locator(".feature")
        expect(feature).to_have_count(1)
        expect(feature).to_contain_text("Draft")
        expect(feature).to_contain_text("ticked")
        expect(page.locator(".branches li")).to_have_count(2)
        expect(page.locator(".branches li").first).to_contain_text("default")
        page.screenshot(path=FOLDER / "repository.png", full_page=True)
        feature.get_by_role("heading").get_by_role("link").click()
        expect(page.locator(".rendered h2").first).to_be_visible()
        page.get_by_role("link", name="notes", exact=True).click()
        name = page.locator(".branch").nth(1).inner_text()
        page.locator(".branch a").click()
        expect(page.locator(".branch-line")).to_contain_text(name)
        expect(page.locator(".files a", has_text="specs/")).to_be_visible()
        expect(page.get_by_role("link", name="Show main")).to_be_visible()
        assert page.locator("script").count() == 0
    with check("a branch's commits are listed, and lead to their pages"):
        page.get_by_role("link", name="Commits", exact=True).click()
        rows = page.locator(".commits li")
        expect(rows.first).to_be_visible()
        assert rows.count() >= 2, rows.count()
        page.screenshot(path=FOLDER / "commits.png", full_page=True)
        subject = rows.first.locator(".subject").inner_text().split(" ", 1)[1]
        rows.first.get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(subject)


def phone(browser, scheme: str):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, color_scheme=scheme)
    page = opened(context)
    with check(f"everything fits on a phone, {scheme}"):
        sign_in(page)
        page.get_by_role("button", name="Conversations").click()
        expect(page.get_by_role("searchbox")).to_be_in_viewport()
        page.screenshot(path=FOLDER / f"phone-list-{scheme}.png")
        page.locator("a.thread", has_text="Tall animals").click()
        expect(heading(page)).to_have_text("Tall animals")
        page.get_by_role("button", name="Repository:").click()
        expect(page.get_by_role("menuitemradio").first).to_be_in_viewport(ratio=1)
        page.screenshot(path=FOLDER / f"phone-repositories-{scheme}.png")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Conversation menu").click()
        expect(page.get_by_role("menuitem").first).to_be_in_viewport(ratio=1)
        page.screenshot(path=FOLDER / f"phone-menu-{scheme}.png")
        page.get_by_role("menuitem", name="Rename").click()
        page.screenshot(path=FOLDER / f"phone-rename-{scheme}.png")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Conversations").click()
        page.get_by_role("button", name="Settings").click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Save")).to_be_visible()
        page.screenshot(path=FOLDER / f"phone-settings-{scheme}.png")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        small = page.evaluate(
            """() => [...document.querySelectorAll('.title-bar button, .thread-list button, .thread-list input')].filter(element => {
                const box = element.getBoundingClientRect();
                return box.width > 0 && (box.height < 44 || box.width < 44);
            }).map(element => element.outerHTML)""")
        assert small == [], small
        page.goto(f"{BASE}/r/notes")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        small = page.evaluate(
            """() => [...document.querySelectorAll('main a:not(.subject)')].filter(element =>
                element.getBoundingClientRect().height < 36).map(element => element.outerHTML)""")
        assert small == [], small
        page.screenshot(path=FOLDER / f"phone-repository-{scheme}.png", full_page=True)
    context.close()


with sync_playwright() as playwright:
    chromium = launch(playwright)
    desktop = chromium.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    first, second = opened(desktop), opened(desktop)
    sign_in(first)
    conversations(first, second)
    choices(first)
    tasks(first)
    repository(first)
    desktop.close()
    another = chromium.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light", accept_downloads=True)
    third = opened(another)
    sign_in(third)
    settings(third)
    news(third)
    another.close()
    for wanted in ("light", "dark"):
        phone(chromium, wanted)
    with check("no script failed, and the page's policy forbade nothing"):
        assert MISTAKES == [], MISTAKES
    chromium.close()
print(json.dumps({"result": "ok", "screenshots": str(FOLDER)}))
