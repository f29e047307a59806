"""Drives the web chat in Chromium as a person would: web_chat.py BASE_URL CODE FOLDER

Prints one line for each check that passed and ends with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
The host may use any model; the rehearsal model is enough.
"""

import json
import re
import urllib.request

from playwright.sync_api import expect, sync_playwright

import accessibility
import messages
from harness import BASE, CODE, FOLDER, Watch, api, ask, check, launch, message_field, sign_in, thread_id, until

HOSTILE = '<img src=x onerror="alert(1)"> [x](javascript:alert(2)) <script>alert(3)</script>'


def desktop(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    page = context.new_page()
    watch = Watch(page)

    with check("the page does not ask in vain who is signed in"):
        said = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(BASE)
        expect(page.get_by_label("Sign-in code")).to_be_visible()
        assert said == [], said
    with check("a wrong code is refused with a message"):
        page.get_by_label("Sign-in code").press_sequentially("aaaa aaaa")
        expect(page.get_by_label("Sign-in code")).to_have_value("AAAA-AAAA")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        page.screenshot(path=FOLDER / "sign-in.png")
    with check("the code signs in, and no script can read the credential"):
        sign_in(page)
        assert page.evaluate("document.cookie") == "", page.evaluate("document.cookie")
        kept = page.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage))")
        assert set(kept) <= {"jetbridge seen"}, kept
        expect(page.locator(".suggestion")).to_have_text([re.compile("/specify a login page"), re.compile("fix the failing test"), re.compile("/status"), re.compile("/help")])
        page.screenshot(path=FOLDER / "welcome.png")
    with check("at its start the page lists the conversations once, and its files are compressed"):
        answers = []
        page.on("response", lambda response: answers.append(response))
        page.reload()
        expect(page.get_by_role("textbox", name="Message")).to_be_visible()
        page.wait_for_timeout(1500)
        lists = [answer.url for answer in answers if "/api/v1/threads?" in answer.url]
        assert len(lists) == 1, lists
        scripts = [answer for answer in answers if answer.url.endswith((".js", ".css"))]
        assert len(scripts) == 3 and all(answer.headers.get("content-encoding") == "gzip" for answer in scripts), [answer.url for answer in scripts]
        requests = [urllib.request.Request(answer.url, headers={"Accept-Encoding": "gzip"}) for answer in answers if "/api/" not in answer.url]
        weights = {request.full_url: len(urllib.request.urlopen(request).read()) for request in requests}
        assert 50_000 < sum(weights.values()) <= 110_000, weights
    with check("an answer streams in, and a screen reader gets each paragraph once, as soon as it is finished"):
        page.evaluate(
            """() => { window.told = []; new MutationObserver(changes => {
                const isRunning = document.querySelector('.entry-bot[aria-busy="true"]') !== null;
                for (const change of changes) for (const line of change.addedNodes) window.told.push([line.textContent, isRunning]);
            }).observe(document.getElementById('announcer'), {childList: true}) }""")
        answer = ask(page, "What can you do for a small team? Answer with a list and a table.", ends=False)
        lengths = set()
        while answer.get_attribute("aria-busy") == "true":
            lengths.add(len(answer.locator(".prose").first.inner_text()))
            page.wait_for_timeout(30)
        assert len(lengths) > 3, f"the text grew in {len(lengths)} steps"
        until(page, "window.told.some(line => line[0].startsWith('Table'))")
        lines = page.evaluate("window.told")
        blocks = answer.locator(".prose").first.evaluate("element => element.childElementCount")
        assert len(lines) == blocks == len({line for line, _ in lines}), lines
        assert lines[0][0].startswith("Jetbridge: This is a rehearsal"), lines
        assert lines[0][1] and lines[1][1], f"announced only at the end: {lines}"
        assert "Say what" in lines[-2][0] and "**" not in lines[-2][0], lines
        page.screenshot(path=FOLDER / "answer.png")
    with check("what is shown is what is stored"):
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages")["items"]
        assert [item["role"] for item in stored] == ["user", "assistant"], stored
        words = answer.locator(".prose").first.inner_text().split()
        assert words[-1].strip(".*`") in stored[-1]["text"], (words[-1], stored[-1]["text"][-80:])
        expect(answer.locator("header time")).to_be_visible()
    with check("hostile text stays text"):
        ask(page, HOSTILE)
        expect(page.locator(".entry-user").last).to_contain_text("<script>alert(3)</script>")
        assert page.locator(".entries img, .entries script, .entries [onerror]").count() == 0
        assert page.locator(".entries a[href^='javascript']").count() == 0
    with check("a specification is committed, and its card opens the commit"):
        answer = ask(page, "/specify a login page with passkeys")
        card = answer.locator("a.commit")
        expect(card).to_be_visible()
        card.scroll_into_view_if_needed()
        page.screenshot(path=FOLDER / "commit-card.png")
        with context.expect_page() as opened:
            card.click()
        commit = opened.value
        Watch(commit)
        expect(commit.get_by_role("heading", name="changed")).to_be_visible()
        expect(commit.locator("tr.add").first).to_be_visible()
        expect(commit.locator("tr.add .hljs-section").first).to_be_visible()
        commit.screenshot(path=FOLDER / "commit.png")
        commit.get_by_role("link", name="View the file").first.click()
        expect(commit.locator(".rendered")).to_be_visible()
        commit.screenshot(path=FOLDER / "file.png")
        commit.get_by_role("link", name="Source").click()
        expect(commit.locator(".code .hljs-section").first).to_be_visible()
        commit.goto(commit.url + "#L3")
        expect(commit.locator("#L3")).to_be_in_viewport()
        commit.screenshot(path=FOLDER / "source.png")
        commit.close()
    with check("a reload shows the same conversation"):
        count = page.locator(".entry").count()
        page.reload()
        expect(page.locator(".entry")).to_have_count(count)
    with check("another section has the settings too, and leads back to the same conversation"):
        place = page.evaluate("location.hash")
        page.get_by_role("link", name="Analytics").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Analytics")
        page.get_by_role("button", name="Settings").click()
        expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
        page.keyboard.press("Escape")
        page.get_by_role("link", name="Chats").click()
        expect(page.locator(".entry")).to_have_count(count)
        assert page.evaluate("location.hash") == place
    with check("everything can be done by keyboard"):
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Alt+n")
        expect(page.get_by_role("heading", level=1)).to_have_text("New conversation")
        page.keyboard.type("/who")
        expect(page.get_by_role("option")).to_have_count(1)
        page.screenshot(path=FOLDER / "commands.png")
        page.keyboard.press("Tab")
        expect(message_field(page)).to_have_value("/whoami")
        page.keyboard.press("Enter")
        expect(page.locator(".entry-bot")).to_contain_text("role owner")
        expect(page.locator(".entry-bot .note")).to_have_count(1)
        expect(page.locator(".entry-bot").get_by_text("role owner")).to_have_count(1)
        page.keyboard.type("/spec")
        expect(page.get_by_role("option").first).to_contain_text("/spec ")
        expect(page.get_by_role("option").nth(1)).to_contain_text("/specify")
        page.keyboard.press("Enter")
        expect(page.locator(".entry-user .prose").last).to_have_text("/spec")
        page.keyboard.type("a draft")
        page.keyboard.press("Alt+ArrowDown")
        expect(message_field(page)).to_have_value("")
        page.keyboard.press("Alt+ArrowUp")
        expect(message_field(page)).to_have_value("a draft")
        message_field(page).fill("")
    with check("a conversation is deleted after a question, and not while its answer runs"):
        page.keyboard.press("Alt+n")
        menu = page.get_by_role("button", name="Conversation menu")
        expect(menu).to_be_hidden()
        answer = ask(page, "count to 50", ends=False)
        deleted = thread_id(page)
        menu.click()
        page.get_by_role("menuitem", name="Delete").click()
        page.screenshot(path=FOLDER / "delete.png")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Commits and documents stay in Git")
        dialog.get_by_role("button", name="Delete", exact=True).click()
        expect(dialog.get_by_role("alert")).to_contain_text("Stop it")
        dialog.get_by_role("button", name="Keep").click()
        page.get_by_role("button", name="Stop the answer").click()
        expect(answer).to_have_attribute("aria-busy", "false")
        menu.click()
        page.get_by_role("menuitem", name="Delete").click()
        dialog.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("New conversation")
        expect(page.locator(f'[data-thread="{deleted}"]')).to_have_count(0)
        assert page.evaluate("path => fetch(path).then(response => response.status)", f"/api/v1/threads/{deleted}") == 404
    with check("every control has a name, and the page has its landmarks"):
        unnamed = page.evaluate(
            """() => [...document.querySelectorAll('button, a, input, textarea')].filter(element =>
                !(element.getAttribute('aria-label') || element.textContent.trim() || element.labels?.length)
            ).map(element => element.outerHTML)""")
        assert unnamed == [], unnamed
        for role in ("main", "navigation", "complementary"):
            expect(page.get_by_role(role).first).to_be_attached()
    with check("the theme is kept, in the viewer too"):
        page.get_by_role("button", name="Use the dark theme").click()
        page.screenshot(path=FOLDER / "dark.png")
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.goto(f"{BASE}/r/notes")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.screenshot(path=FOLDER / "files-dark.png")
    with check("signing out ends the sign-in"):
        page.goto(BASE)
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Sign-in code")).to_be_visible()
        page.goto(f"{BASE}/r/notes/tree/main?a=b")
        expect(page.get_by_label("Sign-in code")).to_be_visible()
        page.get_by_label("Sign-in code").press_sequentially(CODE)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{BASE}/r/notes/tree/main?a=b")
    with check("nothing forbidden happened"):
        assert watch.mistakes == [], watch.mistakes
    context.close()


def reconnect(browser):
    """The live connection breaks in the middle of an answer, twice."""
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    connections = []

    def handle(socket):
        connections.append(socket)
        server = socket.connect_to_server()
        seen = 0

        def forward(message):
            nonlocal seen
            seen += 1
            if len(connections) <= 2 and seen > 4:
                if seen == 5:
                    server.close()
                    socket.close()
                return
            socket.send(message)

        server.on_message(forward)
        socket.on_message(lambda message: server.send(message))

    page.route_web_socket("**/api/v1/live", handle)
    with check("a connection that breaks during an answer loses nothing"):
        sign_in(page)
        answer = ask(page, "Tell me about suspension bridges, in several paragraphs.")
        assert len(connections) >= 2, f"{len(connections)} connections"
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages")["items"][-1]["text"]
        shown = "".join(answer.locator(".prose").first.inner_text().split())
        plain = "".join(character for character in stored if character.isalnum())
        assert plain == "".join(character for character in shown if character.isalnum()), "shown and stored differ"
    context.close()


def phone(browser, scheme):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, color_scheme=scheme,
        reduced_motion="no-preference")
    page = context.new_page()
    watch = Watch(page)
    with check(f"a phone shows everything, {scheme}"):
        sign_in(page)
        page.screenshot(path=FOLDER / f"phone-welcome-{scheme}.png")
        ask(page, "/help")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.screenshot(path=FOLDER / f"phone-{scheme}.png")
        page.get_by_role("button", name="Conversations").click()
        expect(page.get_by_role("button", name="Close the list")).to_be_in_viewport()
        page.wait_for_timeout(300)  # the drawer's own movement
        page.screenshot(path=FOLDER / f"phone-drawer-{scheme}.png")
        page.locator("a.thread").nth(1).click()
        expect(page.get_by_role("button", name="Close the list")).not_to_be_in_viewport()
        expect(page.locator(".entry").first).to_be_visible()
    with check(f"touch targets are large enough, {scheme}"):
        small = page.evaluate(
            """() => [...document.querySelectorAll('.title-bar button, .composer button, .entry-actions button, .sidebar button, .sidebar a')].filter(element => {
                const box = element.getBoundingClientRect();
                return box.width > 0 && !element.hidden && (box.height < 44 || box.width < 44);
            }).map(element => element.outerHTML)""")
        assert small == [], small
        size = page.evaluate("parseFloat(getComputedStyle(document.getElementById('message')).fontSize)")
        assert size >= 16, f"a field of {size} px makes a phone zoom"
    with check(f"nothing forbidden happened on the phone, {scheme}"):
        assert watch.mistakes == [], watch.mistakes
    context.close()


with sync_playwright() as playwright:
    chromium = launch(playwright)
    desktop(chromium)
    messages.run(chromium)
    reconnect(chromium)
    for wanted in ("light", "dark"):
        phone(chromium, wanted)
    accessibility.run(chromium)
    chromium.close()
print(json.dumps({"result": "ok", "screenshots": str(FOLDER)}))
