"""The page of a document, in Chromium: documents.py BASE_URL OWNER_CODE FOLDER REPOSITORY MEMBER_CODE

Prints one line for each check that passed and ends with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
"""

import json
import pathlib
import re
import subprocess
import sys

from playwright.sync_api import expect, sync_playwright

from accessibility import findings
from harness import BASE, FOLDER, Watch, api, ask, check, launch, sign_in, thread_id, until

REPOSITORY = pathlib.Path(sys.argv[4])
SPEC = "specs/001-login/spec.md"
MODIFIER = "ControlOrMeta"


def git(*arguments):
    settings = ["-c", "user.name=Carol", "-c", "user.email=carol@example.org"]
    # As bytes, because Python would change the line ends.
    return subprocess.run(["git", "-C", REPOSITORY, *settings, *arguments], check=True, capture_output=True).stdout.decode()


def elsewhere(old, new, message="elsewhere"):
    """Somebody pushes a change to the feature's branch."""
    git("switch", "-q", "001-login")
    file = REPOSITORY / SPEC
    file.write_bytes(file.read_bytes().replace(old.encode(), new.encode()))
    git("commit", "-qam", message)
    git("switch", "-q", "main")


def text():
    return git("show", f"001-login:{SPEC}")


def field(page):
    return page.get_by_role("textbox", name=SPEC)


def at_end(page):
    field(page).click()
    page.keyboard.press(f"{MODIFIER}+End")


def look(page, name):
    for width, height, scheme in ((1280, 860, "light"), (1280, 860, "dark"), (390, 844, "light")):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_timeout(100)
        page.screenshot(path=FOLDER / f"document-{name}-{width}-{scheme}.png")
        found = findings(page)
        assert found == [], "\n".join(found)
        assert page.locator("h1:visible").count() > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 860})


def answer(socket, answers):
    """Passes the live socket on, with other ends of answers: the rehearsal model cannot write prose."""
    def receive(message):
        frame = json.loads(message)
        if frame.get("type") == "complete":
            frame["content"] = answers.pop(0)
        socket.send(json.dumps(frame))
    socket.connect_to_server().on_message(receive)


def select_line(page, number):
    field(page).focus()
    for key in (f"{MODIFIER}+Home", *["ArrowDown"] * number, "Home", "Shift+End"):
        page.keyboard.press(key)


def undo(page, word):
    """Until a word is gone: how much is undone at once depends on how quickly it was typed."""
    for _ in range(80):
        if word not in field(page).inner_text():
            return
        field(page).focus()
        page.keyboard.press(f"{MODIFIER}+z")
        page.wait_for_timeout(20)
    raise AssertionError(f"{word} is not undone")


def remark(page, words):
    page.get_by_role("button", name="Comment", exact=True).click()
    dialog = page.get_by_role("dialog", name="Comment")
    dialog.get_by_label("What do you want to say?").fill(words)
    look(page, "remark")
    dialog.get_by_role("button", name="Comment").click()
    expect(dialog).to_have_count(0)


def listed(page):
    return page.get_by_role("complementary", name="Comments")


def comments(page, bob, thread):
    """Ada and Bob about a passage, in the document and in the conversation."""
    # The list takes room, and lines must not wrap.
    for one in (page, bob):
        one.get_by_role("radio", name="Edit", exact=True).check()
    with check("a comment stands beside its passage for everybody, stays with it, and is in the conversation"):
        select_line(page, 2)
        remark(page, "Everybody? <b>\n```")
        for one in (page, bob):
            expect(listed(one)).to_contain_text("Ada")
            expect(listed(one)).to_contain_text("Everybody? <b>")
            expect(one.locator("mark.cm-comment")).to_have_text("People sign in with one key.")
        expect(bob.locator("#announcer")).to_contain_text("Ada commented: Everybody?")
        field(bob).focus()
        for key in (f"{MODIFIER}+Home", "End"):
            bob.keyboard.press(key)
        bob.keyboard.type(" page")
        for key in ("ArrowDown", "ArrowDown", "Home"):
            bob.keyboard.press(key)
        bob.keyboard.type("Most ")
        for one in (page, bob):
            expect(one.locator("mark.cm-comment")).to_have_text("People sign in with one key.")
        expect(field(page)).to_contain_text("Most ")
        undo(bob, "Most")
        undo(bob, " page")
        messages = api(page, f"/api/v1/threads/{thread}/messages?before=latest")["items"]
        assert "commented on `specs/001-login/spec.md`" in messages[-1]["text"], messages[-1]["text"]
    with check("it is answered and resolved in the page, and in the conversation"):
        listed(bob).get_by_role("button", name="Answer").click()
        listed(bob).get_by_role("textbox", name="Answer to Ada").fill("Whoever has a key.")
        look(bob, "answer")
        listed(bob).get_by_role("button", name="Send").click()
        expect(listed(page).get_by_role("listitem").filter(has_text="Whoever has a key.").last).to_contain_text("Bob")
        page.evaluate("""thread => fetch(`/api/v1/threads/${thread}/messages`,
            {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({text: "/comment resolve 1"})})""", thread)
        for one in (page, bob):
            expect(listed(one)).to_have_count(0)
            expect(one.locator("mark.cm-comment")).to_have_count(0)
        select_line(page, 2)
        remark(page, "And now?")
        expect(listed(bob)).to_contain_text("And now?")
        bob.locator("mark.cm-comment").click()
        expect(listed(bob).get_by_role("button", name="People sign in with one key.")).to_be_focused()
        select_line(page, 2)
        page.keyboard.press("Delete")
        for one in (page, bob):
            expect(listed(one)).to_contain_text("The passage is gone.")
        page.keyboard.press(f"{MODIFIER}+z")
        for one in (page, bob):
            expect(one.get_by_text("The passage is gone.")).to_be_hidden()
        listed(bob).get_by_role("button", name="Resolve").click()
        expect(listed(page)).to_have_count(0)
        expect(page.locator("#announcer")).to_contain_text("A comment was resolved.")
    for one in (page, bob):
        one.get_by_role("radio", name="Side by side").check()


def composed(page, bob):
    """An input method in one page while somebody types in the other, and what a screen reader gets."""
    session = page.context.new_cdp_session(page)
    with check("what an input method composes is one edit, whatever others type meanwhile"):
        at_end(page)
        for text in ("に", "にほ", "にほん"):
            session.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
            field(bob).focus()
            bob.keyboard.press(f"{MODIFIER}+Home")
            bob.keyboard.press("End")
            bob.keyboard.type("!")
        session.send("Input.insertText", {"text": "日本"})
        for one in (page, bob):
            expect(field(one)).to_contain_text("now日本")
            expect(field(one)).to_contain_text("Logintogether now!!!")
            expect(field(one)).not_to_contain_text("に")
        undo(page, "日本")
        undo(bob, "!")
        for one in (page, bob):
            expect(field(one)).not_to_contain_text("本")
            expect(field(one)).not_to_contain_text("!")
    with check("a screen reader is told what the field is, who is here, and what is found"):
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        named = [node for node in nodes if node.get("name", {}).get("value") == SPEC and node["role"]["value"] == "textbox"]
        assert len(named) == 1, named
        properties = {entry["name"]: entry["value"].get("value") for entry in named[0]["properties"]}
        assert properties["multiline"] and properties["editable"] and not properties.get("readonly"), properties
        at_end(page)
        page.keyboard.type(" TODO: x")
        expect(page.locator("#announcer")).to_contain_text("Findings: ")
        undo(page, "TODO")


def together(browser, page, thread):
    """Ada and Bob in one text, and Carol with a push."""
    bob = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    watch = Watch(bob)
    sign_in(bob, sys.argv[5], "Bob")
    # Beside a conversation of his own: the document is the same.
    ask(bob, "Hello")
    bob.goto(f"{BASE}/d/{thread_id(bob)}/{SPEC}")
    with check("two people see each other's names, carets and text while they type"):
        expect(bob.get_by_role("list", name="Also here")).to_contain_text("Ada")
        at_end(bob)
        bob.keyboard.type(" Bob was here.")
        expect(page.get_by_role("list", name="Also here")).to_contain_text("Bob")
        expect(page.locator("#announcer")).to_contain_text("Bob is here.")
        expect(field(page)).to_contain_text("Bob was here.")
        expect(page.locator(".cm-peer")).to_have_text("Bob")
        look(page, "together")
        expect(page.get_by_text("Stored, not committed")).to_be_visible()
    with check("both type at the same time, somebody pushes, and all three are in the commit"):
        field(page).click(position={"x": 60, "y": 30})
        page.keyboard.press("End")
        at_end(bob)
        start = page.evaluate("performance.now()")
        for letter in "together now":
            page.keyboard.type(letter)
            bob.keyboard.type(letter)
        print(f"   24 keys in two pages in {page.evaluate('performance.now()') - start:.0f} ms")
        elsewhere("with a key", "with one key")
        for one in (page, bob):
            expect(field(one)).to_contain_text("was here.together now")
            expect(field(one)).to_contain_text("with one key")
        # Carets have their names in the text.
        shown = ["".join(field(one).inner_text().replace("Bob", "").replace("Ada", "").split()) for one in (page, bob)]
        assert shown[0] == shown[1], shown
        page.get_by_role("button", name="Save").click()
        for one in (page, bob):
            expect(one.get_by_text("Saved in")).to_be_visible()
        assert "together now\r\n" in text() and "was here.together now" in text() and "with one key" in text(), text()
        authors = git("log", "-1", "--format=%an %(trailers:key=Co-authored-by,valueonly)", "001-login")
        assert authors.startswith("Bob") and "Ada" in authors, authors
    with check("each undoes only what was typed by themselves"):
        # In other places than before: what is typed on within half a second is undone with it.
        for one, key in ((bob, "ArrowUp"), (page, "ArrowDown")):
            field(one).focus()
            one.keyboard.press(key)
            one.keyboard.press(key)
            one.keyboard.press("End")
        bob.keyboard.type("xyz")
        expect(field(page)).to_contain_text("## Limitsxyz")
        page.keyboard.type("abc")
        expect(field(bob)).to_contain_text("with one key.abc")
        page.keyboard.press(f"{MODIFIER}+z")
        expect(field(bob)).not_to_contain_text("abc")
        expect(field(page)).to_contain_text("xyz")
        bob.keyboard.press(f"{MODIFIER}+z")
        expect(field(page)).not_to_contain_text("xyz")
        expect(field(page)).to_contain_text("Logintogether now")
    with check("a name at the right edge is whole"):
        at_end(bob)
        bob.keyboard.type(" " + "w" * 60)
        caret = page.locator(".cm-peer-name")
        for _ in range(60):
            bob.keyboard.type("w")
            expect(caret).to_be_visible()
            box, edge = caret.bounding_box(), field(page).bounding_box()
            if box["x"] + box["width"] > edge["x"] + edge["width"] + 0.5:
                page.wait_for_timeout(100)
                box = caret.bounding_box()
                assert box["x"] + box["width"] <= edge["x"] + edge["width"] + 0.5, (box, edge)
        undo(bob, "www")
        expect(field(page)).not_to_contain_text("www")
    comments(page, bob, thread)
    composed(page, bob)
    with check("a person who leaves is gone from the page"):
        assert watch.mistakes == [], watch.mistakes
        cookies = bob.context.storage_state()
        bob.context.close()
        expect(page.get_by_role("list", name="Also here").get_by_role("listitem")).to_have_count(0)
        expect(page.locator(".cm-peer")).to_have_count(0)
        expect(page.locator("#announcer")).to_contain_text("Bob has left.")
    return cookies


def shelf(browser, page, cookies, thread):
    """The page of all documents, and documents that are opened without a conversation."""
    bob = browser.new_context(viewport={"width": 1280, "height": 860}, storage_state=cookies).new_page()
    watch = Watch(bob)
    ideas = bob.get_by_role("textbox", name="docs/Ideas.md")
    with check("the documents of a repository are listed by feature, and found by words"):
        bob.goto(f"{BASE}/documents")
        expect(bob.get_by_role("heading", name="001-login")).to_be_visible()
        expect(bob.get_by_role("link", name="Ideas")).to_be_visible()
        look(bob, "all")
        bob.get_by_role("searchbox").fill("idea")
        expect(bob.locator(".documents [role=status]")).to_have_text("1 document")
        expect(bob.get_by_role("heading", name="001-login")).to_have_count(0)
        bob.reload()
        expect(bob.get_by_role("searchbox")).to_have_value("idea")
    with check("another member opens one of them, and is in the same text"):
        bob.get_by_role("link", name="Ideas").click()
        bob.wait_for_url("**/d/notes/main/docs/Ideas.md")
        expect(ideas).to_contain_text("# Ideas")
        expect(page.get_by_label("Also here")).to_contain_text("Bob")
        ideas.click()
        bob.keyboard.press(f"{MODIFIER}+End")
        bob.keyboard.type("\n\nOne from Bob.")
        expect(page.get_by_role("textbox", name="docs/Ideas.md")).to_contain_text("One from Bob.")
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_text("Saved in")).to_be_visible()
        assert git("log", "-1", "--format=%an", "main").strip() == "Bob"
    with check("what is edited beside somebody else's conversation is opened beside one's own"):
        bob.goto(f"{BASE}/d/{thread}/docs/Ideas.md")
        expect(ideas).to_contain_text("One from Bob.")
        titles = [item["title"] for item in api(bob, "/api/v1/threads")["items"]]
        assert titles.count("Documents: notes") == 1, titles
    with check("a feature's document at the address of the repository's branch is opened on its own"):
        bob.goto(f"{BASE}/d/notes/main/{SPEC}")
        bob.wait_for_url(f"**/d/notes/001-login/{SPEC}")
        expect(field(bob)).to_contain_text("Login")
    with check("both panes scroll together"):
        bob.get_by_role("radio", name="Side by side").check()
        at_end(bob)
        bob.keyboard.insert_text("\n\n" + "\n\n".join(f"## Part {part}\n\n" + "More words. " * 300 for part in range(12)))
        preview = bob.get_by_role("region", name="Preview")
        expect(preview.get_by_role("heading", name="Part 11")).to_have_count(1)
        bob.get_by_role("navigation", name="Headings").get_by_role("button", name="Part 6").click()
        top = "[...document.querySelectorAll('.editor-preview :is(h2, h3, h4)')].find((one) => one.textContent === 'Part 6').getBoundingClientRect().top"
        until(bob, f"Math.abs({top} - document.querySelector('.editor-preview').getBoundingClientRect().top) < 80")
        preview.hover()
        bob.mouse.wheel(0, -100_000)
        until(bob, "document.querySelector('.editor-field').shadowRoot.querySelector('.cm-scroller').scrollTop < 5")
        undo(bob, "Part 6")
    with check("a new document begins from a template"):
        bob.goto(f"{BASE}/documents")
        bob.get_by_role("button", name="New", exact=True).click()
        dialog = bob.get_by_role("dialog", name="New document")
        dialog.get_by_label("Folder").select_option(label="notes: specs/001-login/")
        dialog.get_by_label("Template").select_option(label="Plan")
        expect(dialog.get_by_label("Name")).to_have_value("plan.md")
        look(bob, "new")
        dialog.get_by_role("button", name="Open").click()
        expect(bob.get_by_role("textbox", name="specs/001-login/plan.md")).to_contain_text("# ")
        bob.get_by_role("button", name="Save").click()
        expect(bob.get_by_text("Saved in")).to_be_visible()
        assert git("show", "001-login:specs/001-login/plan.md").startswith("#")
    with check("the viewer's page of a document leads to the editor"):
        bob.goto(f"{BASE}/r/notes/blob/main/docs/Ideas.md")
        bob.get_by_role("link", name="Edit").click()
        bob.wait_for_url("**/d/notes/main/docs/Ideas.md")
        expect(ideas).to_contain_text("One from Bob.")
    assert watch.mistakes == [], watch.mistakes
    with check("a branch on which no documents are edited is refused with what to do"):
        bob.goto(f"{BASE}/d/notes/none/docs/Ideas.md")
        expect(bob.get_by_role("alert")).to_contain_text("is neither")


def run(browser):
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    watch = Watch(page)
    sign_in(page)
    ask(page, "Hello")
    thread = thread_id(page)
    is_gone, is_foreign = [False], [False]

    def relay(socket):
        if is_gone[0]:
            return socket.close()
        server = socket.connect_to_server()

        def passed(message):
            # An edit, refused as if somebody else had its client id.
            if is_foreign[0] and message[:2] == b"\0\2":
                is_foreign[0], is_gone[0] = False, True
                socket.send(json.dumps({"type": "error", "code": "foreign-client", "message": "It is somebody else's."}))
                server.close()
            else:
                server.send(message)

        socket.on_message(passed)

    page.route_web_socket("**/documents/**", relay)
    with check("a feature's document opens in the editor from the panel"):
        page.get_by_role("button", name="Shell and workspace").click()
        page.get_by_role("tab", name="Spec").click()
        page.get_by_role("button", name="spec.md", exact=True).click()
        page.get_by_role("link", name="Edit", exact=True).click()
        expect(field(page)).to_contain_text("People sign in")
        expect(page.get_by_label("Preview").get_by_role("heading", name="Login")).to_be_visible()
        expect(page.get_by_role("navigation", name="Headings").get_by_role("button")).to_have_count(3)
        look(page, "open")
    with check("what is typed is shown in the preview, saved as a commit, and posted in the conversation"):
        at_end(page)
        page.keyboard.type("\n## Limits\n\nAt most five tries.")
        expect(page.get_by_label("Preview").get_by_role("heading", name="Limits")).to_be_visible()
        expect(page.get_by_text("Stored, not committed")).to_be_visible()
        page.keyboard.press(f"{MODIFIER}+s")
        expect(page.get_by_text("Saved in")).to_be_visible()
        sha = git("rev-parse", "001-login").strip()
        expect(page.get_by_role("link", name=sha[:7])).to_have_attribute("href", f"{BASE}/r/notes/commit/{sha}")
        assert text().endswith("## Limits\r\n\r\nAt most five tries.") and "old line\r\n" in text(), text()
        assert git("log", "-1", "--format=%an %s", "001-login").strip() == f"Ada Edit {SPEC}"
        messages = api(page, f"/api/v1/threads/{thread}/messages")["items"]
        assert any(sha[:7] in message["text"] for message in messages)
    with check("what others push comes into the text while somebody types, and is not undone with it"):
        elsewhere("old line", "their line")
        expect(field(page)).to_contain_text("their line")
        expect(page.locator(".editor-notice")).to_contain_text("Somebody has committed changes")
        at_end(page)
        page.keyboard.type(" And no more.")
        elsewhere("their line", "their other line")
        expect(field(page)).to_contain_text("their other line")
        page.keyboard.type(" Really.")
        for _ in range(2):
            page.keyboard.press(f"{MODIFIER}+z")
        expect(field(page)).not_to_contain_text("no more")
        expect(field(page)).to_contain_text("their other line")
        for _ in range(2):
            page.keyboard.press(f"{MODIFIER}+y")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert "their other line" in text() and text().endswith("And no more. Really."), text()
    cookies = together(browser, page, thread)
    with check("the same lines are a choice, and nothing is lost"):
        at_end(page)
        page.keyboard.type(" Mine.")
        # What is typed after the others' commit has arrived is not in conflict with it.
        expect(page.get_by_text("Stored, not committed")).to_be_visible()
        elsewhere("Really.", "Theirs.")
        expect(page.locator(".editor-notice")).to_contain_text("Others have changed the same lines")
        page.keyboard.press(f"{MODIFIER}+s")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Others have changed the same lines")
        look(page, "conflict")
        dialog.get_by_role("button", name="Put both into the text").click()
        expect(field(page)).not_to_contain_text("<<<<")
        expect(field(page)).to_contain_text("together now Mine.")
        expect(field(page)).to_contain_text("Theirs.")
        page.keyboard.press(f"{MODIFIER}+z")
        page.keyboard.press(f"{MODIFIER}+s")
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert text().endswith("together now Mine.") and "Theirs." not in text(), text()
    with check("without a connection the text stays, also over a reload, and is merged on return"):
        page.context.set_offline(True)
        at_end(page)
        page.keyboard.type(" Written in a train.")
        expect(page.get_by_text("Offline: kept in this browser")).to_be_visible()
        elsewhere("their other line", "their last line")
        page.context.set_offline(False)
        expect(field(page)).to_contain_text("their last line")
        expect(page.get_by_text("Stored, not committed")).to_be_visible()
        page.context.set_offline(True)
        at_end(page)
        page.keyboard.type(" And again.")
        expect(page.get_by_text("Offline: kept in this browser")).to_be_visible()
        # The page is there again, and the host is not.
        is_gone[0] = True
        page.context.set_offline(False)
        page.reload()
        expect(page.locator(".editor-notice")).to_contain_text("is here again, and is merged")
        expect(page.get_by_text("Offline: kept in this browser")).to_be_visible()
        expect(field(page)).to_contain_text("Written in a train. And again.")
        is_gone[0] = False
        expect(page.get_by_text("Stored, not committed")).to_be_visible()
        expect(field(page)).to_contain_text("Written in a train. And again.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert text().endswith("Written in a train. And again.") and "their last line" in text(), text()
        assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('jetbridge.document '))") == []
    with check("a text of another history is not merged into this one: the person chooses"):
        page.context.set_offline(True)
        at_end(page)
        page.keyboard.type(" Once more.")
        expect(page.get_by_text("Offline: kept in this browser")).to_be_visible()
        is_gone[0] = True
        page.context.set_offline(False)
        page.evaluate("""for (const key of Object.keys(localStorage).filter(key => key.startsWith('jetbridge.document ')))
            window.addEventListener('unload', () =>
                localStorage.setItem(key, localStorage.getItem(key).replace(/"epoch":"[^"]*"/, '"epoch":"e_before"')))""")
        page.reload()
        expect(field(page)).to_contain_text("Once more.")
        is_gone[0] = False
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("region", name="Your changes")).to_contain_text("Once more.")
        expect(field(page)).not_to_contain_text("Once more.")
        dialog.get_by_role("button", name="Keep mine").click()
        expect(field(page)).to_contain_text("Once more.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert text().count("Written in a train.") == 1 and text().endswith(" Once more."), text()
    with check("an edit that was refused for its client id is kept with what was typed after it: the person chooses"):
        at_end(page)
        is_foreign[0] = True
        page.keyboard.type(" Refused.")
        expect(field(page)).to_contain_text("Refused.")
        is_gone[0] = False
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("region", name="Your changes")).to_contain_text("Refused.")
        expect(field(page)).not_to_contain_text("Refused.")
        dialog.get_by_role("button", name="Keep mine").click()
        expect(field(page)).to_contain_text("Refused.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert text().endswith(" Once more. Refused."), text()
    with check("tabs that were offline with the same document lose none of each other's edits"):
        address = page.url
        former, closed = page.context.new_page(), page.context.new_page()
        for tab in (former, closed):
            tab.goto(address)
            expect(field(tab)).to_contain_text("Once more.")
        page.context.set_offline(True)
        for tab, words in ((former, " As before."), (closed, " In a closed tab."), (page, " In an open tab.")):
            tab.bring_to_front()
            at_end(tab)
            tab.keyboard.type(words)
            expect(tab.get_by_text("Offline: kept in this browser")).to_be_visible()
            if tab is not page:
                tab.goto("about:blank")
                tab.close()
            if tab is former:
                # Before tabs had drafts of their own, the key ended with the path.
                page.evaluate("""for (const key of Object.keys(localStorage).filter(key => key.startsWith('jetbridge.document '))) {
                    localStorage.setItem(key.replace(/ \\d+$/, ''), localStorage.getItem(key));
                    localStorage.removeItem(key);
                }""")
        page.context.set_offline(False)
        for words in ("As before.", "In a closed tab.", "In an open tab."):
            expect(field(page)).to_contain_text(words)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        for words in ("Once more.", "As before.", "In a closed tab.", "In an open tab."):
            assert text().count(words) == 1, text()
        assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('jetbridge.document '))") == []
    with check("find and replace, headings and views work from the keyboard"):
        field(page).click()
        page.keyboard.press(f"{MODIFIER}+f")
        page.get_by_role("textbox", name="Find").fill("tries")
        page.get_by_role("textbox", name="Replace").fill("attempts")
        page.get_by_role("button", name="replace all").click()
        expect(field(page)).to_contain_text("At most five attempts.")
        look(page, "search")
        page.keyboard.press("Escape")
        page.get_by_role("navigation", name="Headings").get_by_role("button", name="Limits").press("Enter")
        page.keyboard.type("X")
        expect(field(page)).to_contain_text("X## Limits")
        page.get_by_role("radio", name="Preview").check()
        expect(field(page)).to_be_hidden()
        look(page, "preview")
        page.get_by_role("radio", name="Edit", exact=True).check()
        expect(page.get_by_label("Preview", exact=True).locator(".prose")).to_be_hidden()
        look(page, "text")
        expect(page.get_by_role("heading", level=1)).to_have_text(SPEC)
    with check("what is printed is the document, in each view and also as it was typed since"):
        size = page.viewport_size
        field(page).press("Control+End")
        for view, words in (("Edit", "Printed from the editor."), ("Side by side", "Printed beside it.")):
            page.set_viewport_size(size)
            page.get_by_role("radio", name=view, exact=True).check()
            field(page).press("Control+End")
            page.keyboard.type(f" {words}")
            # Paper of A4 is narrower than the page shows two panes.
            page.set_viewport_size({"width": 794, "height": 1123})
            page.evaluate("dispatchEvent(new Event('beforeprint'))")
            page.emulate_media(media="print")
            expect(page.get_by_role("region", name="Preview")).to_contain_text(words)
            expect(page.get_by_role("region", name="Preview")).to_be_visible()
            expect(field(page)).to_be_hidden()
            page.emulate_media(media="screen")
        page.set_viewport_size(size)
        page.get_by_role("radio", name="Edit", exact=True).check()
    with check("the rules of `spec check` mark lines as one types, and say what to do"):
        page.get_by_role("radio", name="Side by side").check()
        at_end(page)
        page.keyboard.type(" TODO: say more.")
        expect(page.locator(".cm-finding.error").filter(has_text="TODO: say more.")).to_be_visible()
        page.locator(".editor-findings summary").click()
        entry = page.locator(".editor-findings").get_by_role("button").filter(has_text="TODO")
        expect(entry).to_be_visible()
        look(page, "findings")
        entry.click()
        undo(page, "TODO")
        expect(page.locator(".cm-finding.error").filter(has_text="TODO")).to_have_count(0)
    with check("the history shows what each commit changed and what has since, and brings it back as an edit"):
        page.get_by_role("button", name="History").click()
        dialog = page.get_by_role("dialog")
        versions = dialog.get_by_role("option")
        expect(versions.filter(has_text="Specify 001-login")).to_have_count(1)
        differences = dialog.get_by_role("region", name="What differs")
        expect(differences.locator(".diff-line").first).to_be_visible()
        dialog.get_by_role("listbox").select_option(index=versions.count() - 1)
        expect(differences).to_contain_text("+# Feature Specification: Login")
        expect(differences).not_to_contain_text("their last line")
        expect(dialog.get_by_role("link", name="The whole commit")).to_have_attribute("href", re.compile("^/r/notes/commit/"))
        dialog.get_by_text("What has changed since").click()
        expect(differences).to_contain_text("their last line")
        look(page, "history")
        dialog.get_by_role("button", name="Restore this version").click()
        expect(field(page)).to_contain_text("old line")
        expect(field(page)).not_to_contain_text("Limits")
        page.keyboard.press(f"{MODIFIER}+z")
        expect(field(page)).to_contain_text("Limits")
    with check("the model's suggestion for a passage is taken change by change"):
        answers = ["I would rather not.", "Here:\n\n```\nEverybody sign in with a code.\n```\n"]
        page.route_web_socket("**/api/v1/live", lambda socket: answer(socket, answers))
        for again in (False, True):
            field(page).focus()
            for key in (f"{MODIFIER}+Home", "ArrowDown", "ArrowDown", "Home", "Shift+End"):
                page.keyboard.press(key)
            page.get_by_role("button", name="Ask for a change").click()
            page.get_by_label("What should be different?").fill("Say it shorter.")
            if not again:
                look(page, "ask")
            page.get_by_role("button", name="Ask", exact=True).click()
            if not again:
                expect(page.locator(".editor-notice")).to_contain_text("The answer has no suggestion")
        dialog = page.get_by_role("dialog", name="Suggested changes")
        expect(dialog.get_by_role("checkbox")).to_have_count(2)
        look(page, "suggestion")
        dialog.get_by_role("checkbox").nth(1).uncheck()
        dialog.get_by_role("button", name="Take the chosen ones").click()
        expect(field(page)).to_contain_text("Everybody sign in with one key.")
        expect(page.get_by_text("Stored, not committed")).to_be_visible()
        page.keyboard.press(f"{MODIFIER}+z")
        expect(field(page)).to_contain_text("People sign in with one key.")
    with check("a new document is made where it is saved"):
        page.goto(f"{BASE}/d/{thread}/docs/Ideas.md")
        expect(page.get_by_text("A new document: it is made when you save it.")).to_be_visible()
        page.get_by_role("textbox", name="docs/Ideas.md").click()
        page.keyboard.type("# Ideas")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert git("show", "main:docs/Ideas.md") == "# Ideas"
        expect(page.get_by_label("Document", exact=True)).to_have_value("docs/Ideas.md")
    shelf(browser, page, cookies, thread)
    with check("no script error, no policy violation, no request elsewhere"):
        assert watch.mistakes == [], watch.mistakes


with sync_playwright() as playwright:
    chromium = launch(playwright)
    run(chromium)
    chromium.close()
print(json.dumps({"result": "ok"}))
