"""The shell panel and the asks of the web chat in Chromium: workbench.py BASE_URL CODE FOLDER

The host is real; commands and asks are played by stub.py. Prints one line for each check that passed and ends with 0, or says what failed and
ends with 1. Screenshots go to FOLDER.
"""

import base64
import functools
import json
import re

from playwright.sync_api import Page, expect, sync_playwright

from accessibility import AXE
from harness import FOLDER, Watch, check, launch, message_field, sign_in, thread_id, until
from stub import Stub, now

HOSTILE = '<img src=x onerror="alert(1)"> <script>alert(2)</script> \x1b]8;;javascript:alert(3)\x07link\x1b]8;;\x07'
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
DIFF = """diff --git a/app.py b/app.py
--- a/app.py
+++ b/app.py
@@ -1,2 +1,2 @@
 import sys
--- a comment
+print("<b>")
"""


def inspect(page: Page, name: str, part: str):
    """Axe on one part of the page, in both themes; accessibility.py has the rest. Leaves the light theme."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=FOLDER / f"{name.replace(' ', '-')}-{scheme}.png")
        found = [f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
                 for violation in AXE.run(page, context=part).response["violations"] for node in violation["nodes"]]
        assert found == [], f"{name}, {scheme}: " + "\n".join(found)


def command_field(page: Page):
    return page.get_by_role("textbox", name="Command")


def panel(page: Page):
    return page.get_by_role("complementary", name="Shell and workspace")


def more(page: Page, name: str):
    """Opens one of the tabs that are in the menu."""
    page.get_by_role("button", name="More of the workspace").click()
    page.get_by_role("menuitem", name=name).click()


def enter(page: Page, stub: Stub) -> str:
    return stub.operation_of(lambda: page.keyboard.press("Enter"))


def last_run(page: Page):
    return page.locator(".runs .run").last


def line(page: Page, text: str):
    return last_run(page).locator(".line", has_text=text)


def shell(page: Page, stub: Stub):
    with check("the panel opens by key and by button, and the focus follows"):
        expect(panel(page)).to_be_hidden()
        page.keyboard.press("Alt+t")
        expect(command_field(page)).to_be_focused()
        page.keyboard.press("Alt+t")
        expect(panel(page)).to_be_hidden()
        toggle = page.get_by_role("button", name="Shell and workspace")
        expect(toggle).to_be_focused()
        toggle.press("Enter")
        expect(toggle).to_have_attribute("aria-expanded", "true")
        expect(command_field(page)).to_be_focused()
        inspect(page, "empty shell", "#panel")
    with check("output is live, with colours, progress and both streams"):
        page.keyboard.type("make test")
        first = enter(page, stub)
        assert stub.sent == ["/run make test"], stub.sent
        expect(last_run(page).locator(".run-command")).to_have_text("$ make test")
        stub.output(first, "\x1b[1;32mPASS\x1b[0m one\n\x1b[38;5;20")
        stub.output(first, "8mPALETTE\x1b[0m \x1b[48;2;10;20;30mTRUE\x1b[0m \x1b[7mINVERSE\x1b[0m\n 10 %\r 50 %")
        expect(line(page, "50 %")).to_have_text(" 50 %")
        expect(line(page, "10 %")).to_have_count(0)
        stub.output(first, "\r100 %\n" + HOSTILE + "\n")
        stub.output(first, "warning: \x1b[31mred\x1b[0m\n", stream="stderr")
        expect(line(page, "PASS").locator(".fg-2.is-bold")).to_have_text("PASS")
        for scheme, colour in (("dark", "rgb(255, 135, 0)"), ("light", "rgb(166, 88, 0)")):
            page.emulate_media(color_scheme=scheme)
            expect(line(page, "PALETTE").get_by_text("PALETTE")).to_have_css("color", colour)
        expect(line(page, "PALETTE").get_by_text("TRUE")).to_have_css("background-color", "rgb(10, 20, 30)")
        expect(line(page, "warning").locator(".is-stderr").first).to_have_text("warning: ")
        expect(line(page, "onerror")).to_have_text('<img src=x onerror="alert(1)"> <script>alert(2)</script> link')
        assert page.locator(".terminal img, .terminal script, .terminal a").count() == 0
        expect(page.locator(".turn-output")).to_contain_text("100 %")
    with check("a running command is accessible"):
        inspect(page, "shell", "#panel")
    with check("the stored reply takes the place of the live output in the conversation, and its exit line closes the panel's"):
        stub.end(first, "complete", "```\nPASS one\n100 %\n```\nexit 0 · 1.2 s")
        expect(last_run(page).locator(".run-end")).to_have_text("exit 0 · 1.2 s")
        expect(page.locator(".turn-output")).to_have_count(0)
        expect(page.locator(".entry-bot .prose").first).to_contain_text("exit 0 · 1.2 s")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    with check("the arrow keys go through earlier commands and back to the draft"):
        command_field(page).fill("second")
        page.keyboard.press("ArrowUp")
        expect(command_field(page)).to_have_value("make test")
        page.keyboard.press("ArrowDown")
        expect(command_field(page)).to_have_value("second")
    with check("Ctrl+C and the button stop the command"):
        second = enter(page, stub)
        stub.output(second, "waiting\n")
        page.keyboard.press("Control+c")
        expect(last_run(page)).to_have_attribute("data-state", "stopped")
        expect(last_run(page).locator(".run-end")).to_have_text("exit 130 · 0.5 s")
        assert stub.stopped == [second], stub.stopped
        expect(command_field(page)).to_be_focused()
        page.keyboard.type("third")
        third = enter(page, stub)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(last_run(page)).to_have_attribute("data-state", "stopped")
        assert stub.stopped == [second, third], stub.stopped
    with check("a flood of lines keeps the page small, and whoever reads above is not moved"):
        command_field(page).fill("seq 20000")
        fourth = enter(page, stub)
        for start in range(0, 20_000, 2_000):
            stub.output(fourth, "".join(f"line {number}\n" for number in range(start, start + 2_000)))
        expect(line(page, "line 19999")).to_be_in_viewport()
        assert page.locator(".runs .line").count() <= 5_005, page.locator(".runs .line").count()
        expect(page.locator(".runs .run")).to_have_count(1)
        page.locator(".shell-output .scroller").evaluate("element => { element.scrollTop = 100 }")
        jump = page.get_by_role("button", name="Jump to end")
        expect(jump).to_be_visible()
        stub.output(fourth, "the end\n")
        expect(line(page, "the end")).to_be_attached()
        expect(line(page, "the end")).not_to_be_in_viewport()
        jump.click()
        expect(line(page, "the end")).to_be_in_viewport()
        expect(jump).to_be_hidden()
        stub.end(fourth, "complete", "```\n…\n```\nexit 0 · 3.0 s")
        expect(last_run(page).locator(".run-end")).to_have_text("exit 0 · 3.0 s")
    with check("after a reload a running command is followed again, and ended ones show what is stored"):
        command_field(page).fill("make more")
        fifth = enter(page, stub)
        stub.output(fifth, "still here\n")
        expect(line(page, "still here")).to_be_visible()
        page.reload()
        expect(page.locator(".entry").first).to_be_visible()
        page.keyboard.press("Alt+t")
        expect(page.locator(".runs .run")).to_have_count(5)
        expect(page.locator(".runs .run").first.locator(".terminal")).to_contain_text("PASS one")
        expect(line(page, "still here")).to_be_in_viewport()
        expect(last_run(page)).to_have_attribute("data-state", "running")
        stub.end(fifth, "complete", "```\nstill here\n```\nexit 0 · 3.0 s")
        expect(last_run(page).locator(".run-end")).to_have_text("exit 0 · 3.0 s")
    with check("another conversation has a shell of its own"):
        page.keyboard.press("Alt+n")
        expect(page.locator(".entry")).to_have_count(0)
        expect(page.locator(".runs .run")).to_have_count(0)
        page.go_back()
        expect(page.locator(".runs .run")).to_have_count(5)


def approval(name: str, command: str, seconds: float = 300) -> dict:
    text = (f"Approval `{name}`: Bob\\_B wants to run\n```\n{command}\n```\nin `/workspace`, until 14:02.\n"
            f"Answer with `/approve {name}` or `/deny {name}`.")
    return {"id": name, "kind": "approval", "text": text, "expires_at": now(seconds), "options": [
        {"key": "A", "label": "approve", "recommended": False}, {"key": "B", "label": "always in this thread", "recommended": False},
        {"key": "C", "label": "deny", "recommended": False}]}


def stored(ask: dict, outcome: str = "") -> str:
    head, last = ask["text"].rsplit("\n", 1)
    return "\n".join(filter(None, [head, "A. approve", "B. always in this thread", "C. deny", last, outcome]))


def raise_ask(page: Page, stub: Stub, ask: dict) -> str:
    """A command that waits for an approval, as the host tells of it: a stored note, then a frame."""
    command_field(page).fill("rm -rf build")
    operation = enter(page, stub)
    stub.asks.append(ask)
    stub.message("note", stored(ask), operation)
    stub.frame(operation, "thinking", f"Waiting for approval {ask['id']}")
    return operation


def asks(page: Page, stub: Stub):
    exact = "rm -rf  build\n  # <b>x</b> **y** [z](http://evil)\n\tA. approve"
    with check("an approval is a card with the exact command, and is announced once"):
        page.evaluate(
            """() => { window.told = []; new MutationObserver(changes => {
                for (const change of changes) for (const line of change.addedNodes) window.told.push(line.textContent);
            }).observe(document.getElementById('announcer'), {childList: true}) }""")
        operation = raise_ask(page, stub, approval("a7", exact))
        card = page.get_by_role("region", name="Ask a7")
        expect(card.get_by_role("button", name="Approve")).to_be_visible()
        assert card.locator("pre").text_content() == exact, card.locator("pre").text_content()
        assert page.locator(".ask a, .ask b, .ask strong").count() == 0
        expect(card.locator(".ask-left")).to_contain_text(":")
        expect(card).not_to_contain_text("C. deny")
        expect(page.locator(".ask")).to_have_count(1)
        stub.frame(operation, "thinking", "Still waiting")
        until(page, "window.told.some(line => line.includes('Bob_B wants to run'))")
    with check("an ask is accessible"):
        inspect(page, "ask", ".ask")
    with check("a refusal is shown, and the card stays"):
        stub.decision = (403, {"title": "Forbidden", "status": 403, "detail": "You asked for this yourself. Ask another owner."})
        card.get_by_role("button", name="Approve").click()
        expect(card.get_by_role("alert")).to_have_text("You asked for this yourself. Ask another owner.")
        expect(card.get_by_role("button", name="Approve")).to_be_enabled()
    with check("a denial takes a reason, by keyboard alone"):
        stub.decision = (200, {})
        stub.decided = lambda name, answer: stub.messages[-1].update(text=stored(approval(name, exact), "Denied by Ada: not on Friday"))
        deny = card.get_by_role("button", name="Deny")
        deny.focus()
        page.keyboard.press("Enter")
        expect(card.get_by_label("Reason")).to_be_focused()
        page.keyboard.press("Escape")
        expect(card.get_by_role("button", name="Approve")).to_be_focused()
        deny.press("Enter")
        inspect(page, "ask reason", ".ask")
        page.keyboard.type("not on Friday")
        page.keyboard.press("Enter")
        expect(card.locator(".ask-end")).to_have_text("Denied by Ada: not on Friday")
        expect(card.get_by_role("button")).to_have_count(1)
        assert stub.answers[-1] == ("a7", {"answer": "C", "text": "not on Friday"}), stub.answers
        told = page.evaluate("window.told")
        assert sum("Bob_B wants to run" in text for text in told) == 1, told
        assert sum(text.startswith("Denied by Ada") for text in told) == 1, told
        page.screenshot(path=FOLDER / "ask-denied.png")
        expect(card.locator("pre")).to_be_hidden()
        assert card.bounding_box()["height"] < 80, card.bounding_box()
        shown = card.get_by_role("button", name="Show what was asked")
        shown.click()
        expect(card.locator("pre")).to_be_visible()
        inspect(page, "ask decided", ".ask")
        shown.press("Enter")
        expect(card.locator("pre")).to_be_hidden()
        stub.end(operation, "failed", "Denied by Ada: not on Friday")
    with check("somebody else's decision is shown when output goes on"):
        operation = raise_ask(page, stub, approval("b8", "make deploy"))
        card = page.get_by_role("region", name="Ask b8")
        expect(card.get_by_role("button", name="Always in this thread")).to_be_visible()
        stub.messages[-1]["text"] = stored(stub.asks.pop(), "Approved by Bob")
        stub.output(operation, "deployed\n")
        expect(card.locator(".ask-end")).to_have_text("Approved by Bob")
        expect(card).to_have_attribute("data-state", "approved")
        stub.end(operation, "complete", "```\ndeployed\n```\nexit 0 · 0.1 s")
    with check("an approval takes one press, and a decision that comes with the answer is shown at once"):
        operation = raise_ask(page, stub, approval("c9", "make install"))
        card = page.get_by_role("region", name="Ask c9")
        stub.decision = (200, {"outcome": "Approved by Ada"})
        stub.decided = lambda name, answer: None
        card.get_by_role("button", name="Approve").press("Enter")
        expect(card.locator(".ask-end")).to_have_text("Approved by Ada")
        expect(card).to_be_focused()
        assert stub.answers[-1] == ("c9", {"answer": "A"}), stub.answers
        stub.end(operation, "complete", "exit 0 · 0.1 s")
    with check("an ask expires by itself"):
        operation = raise_ask(page, stub, approval("d1", "sleep 1", seconds=1.5))
        card = page.get_by_role("region", name="Ask d1")
        expect(card.get_by_role("button", name="Approve")).to_be_visible()
        stub.messages[-1]["text"] = stored(stub.asks.pop(), "Expired")
        expect(card.locator(".ask-end")).to_have_text("Expired")
        stub.end(operation, "failed", "Expired")
    with check("after a reload, cards show how they ended, and an open one can be answered"):
        stub.asks.append(approval("e2", "echo no message"))
        page.reload()
        expect(page.get_by_role("region", name="Ask e2").get_by_role("button", name="Approve")).to_be_visible()
        expect(page.get_by_role("region", name="Ask a7").locator(".ask-end")).to_have_text("Denied by Ada: not on Friday")
        expect(page.get_by_role("region", name="Ask d1").locator(".ask-end")).to_have_text("Expired")
        expect(page.locator(".ask")).to_have_count(5)
        stub.asks.clear()


def order(page: Page) -> list[str]:
    """What the last answer consists of, from above: texts by their last word, asks and commits by name."""
    return page.locator(".entry-bot").last.locator(".flow > *").evaluate_all(
        """parts => parts.filter(part => !part.hidden && part.textContent !== "").map(part =>
            part.matches(".ask") ? part.getAttribute("aria-label") : part.querySelector(".commit-facts code")?.textContent ?? part.textContent.split(/\\s+/).pop())""")


def scroll_up(page: Page):
    page.locator(".conversation .scroller").evaluate("element => { element.scrollTop = 0 }")


def placed(page: Page, stub: Stub):
    stub.asks.clear()
    pinned = page.get_by_role("region", name="Waiting for an answer")
    long = "".join(f"Paragraph number {number}\n\n" for number in range(1, 41))
    with check("an ask stands where it arose, and is not shown twice while its buttons are in view"):
        page.get_by_role("button", name="Close the panel").click()
        message_field(page).fill("/fix long ")
        working = enter(page, stub)
        stub.output(working, long)
        commit = {"sha": "feedbee" + "0" * 33, "url": "/r/notes/commit/feedbee", "subject": "First <b>task</b>"}
        line = "`feedbee` First task (1 file changed, +1 −0) http://127.0.0.1/r/notes/commit/feedbee"
        stub.operations[working]["commits"].append(commit)
        stub.message("commit", line, working, place=len(long))
        stub.frame(working, "thinking", line)
        stub.output(working, "Text that asks\n\n")
        ask = approval("g1", "make all\n" + "\n".join(f"echo {number}" for number in range(20)))
        stub.asks.append(ask)
        stub.message("note", stored(ask), working, place=len(long) + 16)
        stub.frame(working, "thinking", "Waiting for approval `g1`.")
        expect(page.locator(".ask[data-state=open]").get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)
        expect(pinned).to_be_hidden()
        expect(page.locator(".ask[data-state=open]")).to_have_count(1)
        assert order(page) == ["40", "feedbee", "asks", "Ask g1"], order(page)
    with check("while the conversation is read it is pinned above the message field, whole, and leads to its card"):
        scroll_up(page)
        expect(pinned.get_by_role("button", name="Deny")).to_be_in_viewport(ratio=1)
        inspect(page, "pinned", ".content")
        assert pinned.locator("pre").text_content() == ask["text"].split("```")[1].strip("\n"), pinned.locator("pre").text_content()
        expect(page.get_by_role("region", name="Ask g1")).not_to_be_in_viewport()
        pinned.get_by_role("button", name="Show in the conversation").press("Enter")
        expect(page.get_by_role("region", name="Ask g1")).to_be_in_viewport()
        expect(page.get_by_role("region", name="Ask g1")).to_be_focused()
        expect(pinned).to_be_hidden()
    with check("what is decided there is shown in the conversation, and later text comes below"):
        stub.decision = (200, {"outcome": "Approved by Ada"})
        stub.decided = lambda name, answer: stub.messages[-1].update(text=stored(ask, "Approved by Ada"))
        scroll_up(page)
        pinned.get_by_role("button", name="Approve").press("Enter")
        expect(pinned).to_be_hidden()
        expect(message_field(page)).to_be_focused()
        expect(page.get_by_role("region", name="Ask g1").locator(".ask-end")).to_have_text("Approved by Ada")
        stub.output(working, "Text at last")
        expect(page.locator(".entry-bot").last).to_contain_text("Text at last")
        wanted = ["40", "feedbee", "asks", "Ask g1", "last"]
        assert order(page) == wanted, order(page)
        stub.end(working, "complete", f"{long}Text that asks\n\nText at last")
        expect(page.locator(".entry-bot").last).to_have_attribute("aria-busy", "false")
        assert order(page) == wanted, order(page)
        page.screenshot(path=FOLDER / "placed.png")
        page.reload()
        expect(page.locator(".entry-bot").last).to_contain_text("Text at last")
        until(page, "document.querySelectorAll('.entry-bot:last-child .flow .commit').length === 1")
        assert order(page) == wanted, order(page)
    with check("somebody who may not answer reads who may"):
        stub.asks = [{**approval("h2", "make deploy"), "can_answer": False, "waits_for": "an owner"}]
        page.reload()
        card = page.get_by_role("region", name="Ask h2")
        expect(card).to_contain_text("Waits for an owner.")
        expect(card.get_by_role("button")).to_have_count(0)
        scroll_up(page)
        expect(pinned).to_be_visible()
        expect(pinned).to_contain_text("Waits for an owner.")
        inspect(page, "waits", ".content")
        stub.asks.clear()


def inbox(page: Page, stub: Stub):
    with check("asks of other conversations are counted at the bell and in the title, and one press leads there"):
        here = thread_id(page)
        page.keyboard.press("Alt+n")
        expect(page.locator(".entry")).to_have_count(0)
        bell = page.locator(".bell")
        expect(bell).to_have_attribute("aria-label", "Nothing waits for you")
        message_field(page).fill("/fix other ")
        page.keyboard.press("Enter")
        expect(page.locator(".entry-bot")).to_have_count(1)
        other = list(stub.operations)[-1]
        there = stub.operations[other]["thread_id"]
        page.locator(f'[data-thread="{here}"]').click()
        ask = approval("k5", "make release")
        stub.waiting = [{**ask, "thread_id": there, "title": "Other <b>work</b>", "asked_by": "Bob"}]
        stub.asks = []
        expect(bell).to_have_attribute("aria-label", "1 question waits for you", timeout=20_000)
        assert page.title().startswith("(1) "), page.title()
        expect(page.locator(f'[data-thread="{there}"] .needs-you')).to_have_text("needs you")
        bell.click()
        inspect(page, "inbox", ".title-bar")
        stub.asks = [ask]
        stub.message("note", stored(ask), other, place=0)
        page.get_by_role("menuitem", name="Bob_B wants to run make release").click()
        expect(page.get_by_role("region", name="Ask k5")).to_be_focused()
        assert thread_id(page) == there
    with check("an open question is printed with its options"):
        page.emulate_media(media="print")
        for option in page.get_by_role("region", name="Ask k5").get_by_role("button").all():
            expect(option).to_be_visible()
        page.emulate_media(media="screen")
    with check("when it is decided, the bell is silent"):
        stub.decision = (200, {"outcome": "Approved by Ada"})
        stub.waiting = []
        stub.decided = lambda name, answer: stub.messages[-1].update(text=stored(ask, "Approved by Ada"))
        page.get_by_role("region", name="Ask k5").get_by_role("button", name="Approve").click()
        expect(bell).to_have_attribute("aria-label", "Nothing waits for you")
        assert not page.title().startswith("("), page.title()
        stub.end(other, "complete", "Done.")


def stage(name: str, state: str, **more) -> dict:
    return {"stage": name, "state": state, "commit": None, "url": None, "path": None, "needs": None, **more}


def specification(page: Page, stub: Stub):
    tab = page.get_by_role("tab", name="Spec")
    panel = page.get_by_role("tabpanel", name="Spec")
    folder = "specs/003-login"
    with check("without a feature, the panel says how to begin, and begins"):
        tab.click()
        expect(panel).to_contain_text("There is no feature yet: describe one with specify TEXT.")
        panel.get_by_label("What do people want?").fill("a login page")
        inspect(page, "no feature", "#panel")
        begun = stub.operation_of(panel.get_by_role("button", name="Specify").click)
        assert stub.sent[-1] == "/specify a login page", stub.sent
    with check("a feature shows its stages, questions, documents and tasks"):
        commit = {"commit": "0123456789abcdef", "url": "http://127.0.0.1/r/notes/commit/0123456789abcdef"}
        stub.feature = {
            "repository": "notes", "feature": "003-login", "title": "Login <b>Page</b>", "branch": "003-login", "source": "003-login", "folder": folder, "head": "0123456789abcdef",
            "stages": [
                stage("constitution", "ready"), stage("specify", "done", path=f"{folder}/spec.md", **commit), stage("clarify", "open", path=f"{folder}/spec.md", **commit),
                stage("plan", "findings", path=f"{folder}/plan.md"), stage("tasks", "ready"), stage("analyze", "missing", needs="tasks"), stage("checklist", "ready"),
                stage("implement", "open")],
            "next": ["clarify", "tasks"], "questions": ["Which <i>accounts</i>?"], "features": ["003-login", "002-search"],
            "tasks": [
                {"id": "T001", "text": "Create `src/a.py`", "done": True, "parallel": False, "stories": [], "phase": "Setup"},
                {"id": "T002", "text": "Write <b>b</b>", "done": False, "parallel": True, "stories": [1], "phase": "User Story 1"}],
            "documents": [
                {"path": f"{folder}/spec.md", "kind": "spec", "errors": 0, "warnings": 1, "commit": commit["commit"], "url": "http://127.0.0.1/r/notes/blob/003-login/spec.md"},
                {"path": f"{folder}/plan.md", "kind": "plan", "errors": 2, "warnings": 0, "commit": None, "url": "http://127.0.0.1/r/notes/blob/003-login/plan.md"}]}
        stub.end(begun, "complete", "Specified.")
        expect(panel.get_by_role("heading", name="Login <b>Page</b>")).to_be_visible()
        expect(panel.locator(".spec-stage")).to_have_count(8)
        expect(panel.locator(".spec-stage").nth(5)).to_contain_text("needs tasks")
        expect(panel.get_by_role("link", name="Commit 0123456").first).to_have_attribute("href", commit["url"])
        expect(panel.get_by_role("region", name="Open questions")).to_contain_text("Which <i>accounts</i>?")
        expect(panel.locator(".spec-task")).to_have_count(2)
        expect(panel.locator('.spec-task[aria-current="step"]')).to_contain_text("Write <b>b</b>")
        expect(panel.get_by_role("region", name="Documents")).to_contain_text("2 errors")
        inspect(page, "feature", "#panel")
    with check("the next stage is a press away, and another feature a choice"):
        sent = stub.operation_of(panel.get_by_role("button", name="Start tasks").click)
        assert stub.sent[-1] == "/tasks", stub.sent
        stub.end(sent, "complete", "Done.")
        panel.get_by_label("Change the latest document").fill("shorter")
        sent = stub.operation_of(lambda: panel.get_by_label("Change the latest document").press("Enter"))
        assert stub.sent[-1] == "/refine shorter", stub.sent
        stub.end(sent, "complete", "Done.")
        sent = stub.operation_of(lambda: panel.get_by_label("Feature").select_option("002-search"))
        assert stub.sent[-1] == "/spec 002-search", stub.sent
        stub.end(sent, "complete", "Done.")
    with check("a document is rendered, and its versions are compared"):
        version = {"author": "Ada", "at": now(), "url": commit["url"]}
        stub.document = {"path": f"{folder}/spec.md", "head": "0", "text": "# Login\n\nA **page** <img src=x onerror=alert(1)>", "is_cut": False, "versions": [
            {"sha": "b" * 40, "subject": "Clarify", **version}, {"sha": "a" * 40, "subject": "Specify", **version}]}
        stub.difference = "diff --git a/s b/s\n--- a/s\n+++ b/s\n@@ -1 +1 @@\n-old\n+new\n"
        panel.get_by_role("button", name="spec.md").click()
        expect(panel.locator(".prose strong")).to_have_text("page")
        expect(panel.locator(".prose img")).to_have_count(0)
        inspect(page, "document", "#panel")
        panel.get_by_label("Changes since").focus()
        panel.get_by_label("Changes since").select_option("a" * 40)
        expect(panel.locator(".diff-line.is-added")).to_have_text("+new")
        expect(panel.get_by_label("up to")).to_have_value("b" * 40)
        expect(panel.get_by_label("Changes since")).to_be_focused()
        inspect(page, "versions", "#panel")
        panel.get_by_role("button", name="Feature").click()
        expect(panel.locator(".spec-stage").first).to_be_visible()
    with check("a question of the flow is answered in the panel, also in own words"):
        stub.asks = [{"id": "a90", "kind": "clarify", "text": "Clarify `a90`: Which accounts?", "expires_at": now(3600), "options": [
            {"key": "A", "label": "all", "recommended": True}, {"key": "B", "label": "new ones", "recommended": False}]}]
        page.get_by_role("tab", name="Spec").click()
        card = panel.get_by_role("region", name="Ask a90")
        expect(card.get_by_role("button", name="All (recommended)")).to_be_visible()
        expect(card.get_by_role("button", name="Done, ask no more")).to_be_visible()
        inspect(page, "question", "#panel")
        stub.decision = (200, {"outcome": "Answered by Ada: those of last year"})
        card.get_by_label("Or in your own words").fill("those of last year")
        card.get_by_role("button", name="Answer", exact=True).click()
        expect(panel.get_by_role("region", name="Ask a90")).to_have_count(0)
        assert stub.answers[-1] == ("a90", {"answer": "", "text": "those of last year"}), stub.answers


def files(page: Page, stub: Stub):
    tree = page.get_by_role("tree", name="Files of the workspace")
    row = functools.partial(tree.get_by_role, "treeitem")
    with check("files are a tree that the keyboard walks"):
        stub.lists["files"] = {"items": [
            {"path": "a", "kind": "folder", "size": None}, {"path": "a/b", "kind": "folder", "size": None}, {"path": "a/b/c.txt", "kind": "file", "size": 3},
            {"path": "a/b/d", "kind": "folder", "size": None}, {"path": "a/b/d/e", "kind": "file", "size": 3},
            {"path": "pixel.png", "kind": "file", "size": 68}, {"path": "<b>app.py", "kind": "file", "size": 1234}, {"path": "big", "kind": "file", "size": 600_000},
            {"path": "raw", "kind": "file", "size": 2}, {"path": "link", "kind": "link", "size": None}]}
        more(page, "Files")
        expect(row()).to_have_count(8)
        expect(row(name="a/b", exact=True)).to_have_attribute("aria-expanded", "true")
        expect(row(name="d", exact=True)).to_have_attribute("aria-level", "2")
        expect(row(name="<b>app.py")).to_contain_text("1.2 KB")
        inspect(page, "workspace files", "#panel")
        row(name="a/b", exact=True).focus()
        for key, path in (("ArrowRight", "a/b/d"), ("ArrowRight", "a/b/d"), ("ArrowRight", "a/b/d/e"), ("ArrowLeft", "a/b/d"), ("ArrowLeft", "a/b/d"), ("ArrowLeft", "a/b"),
                          ("End", "raw"), ("Home", "a/b"), ("ArrowDown", "a/b/d"), ("p", "pixel.png"), ("ArrowUp", "link")):
            page.keyboard.press(key)
            expect(tree.locator(f'[data-key="file {path}"]')).to_be_focused()
        expect(row(name="d", exact=True)).to_have_attribute("aria-expanded", "false")
        expect(tree.locator("[tabindex='0']")).to_have_count(1)
    with check("a file is shown in colours, a picture as one, and downloaded; the focus goes there and back"):
        stub.content = (b'print("<b>")  # \xe2\x80\xae\n', "application/octet-stream")
        row(name="<b>app.py").press("Enter")
        panel = page.get_by_role("tabpanel", name="Files")
        expect(panel.locator(".file-text .hljs-string")).to_have_text('"<b>"')
        expect(panel.locator(".file-text")).to_contain_text("# ⟨U+202E⟩")
        expect(panel.get_by_role("button", name="Files")).to_be_focused()
        link = panel.get_by_role("link", name="Download")
        assert link.get_attribute("href").endswith("/files?name=%3Cb%3Eapp.py"), link.get_attribute("href")
        assert link.get_attribute("download") == "<b>app.py", link.get_attribute("download")
        inspect(page, "file", "#panel")
        page.keyboard.press("Enter")
        expect(row(name="<b>app.py")).to_be_focused()
        stub.content = (PIXEL, "image/png")
        row(name="pixel.png").click()
        expect(panel.get_by_role("img", name="pixel.png")).to_be_visible()
        until(page, "document.querySelector('.file-picture img').naturalWidth === 1")
        panel.get_by_role("button", name="Files").click()
        for name, content, text in (("raw", b"\xff\0", "This is a binary file, which cannot be shown."), ("big", b"", "This file is too large to show.")):
            stub.content = (content, "application/octet-stream")
            row(name=re.compile(f"^{name}")).click()
            expect(panel).to_contain_text(text)
            panel.get_by_role("button", name="Files").click()
    with check("of very many files, a folder's are fetched when it is opened"):
        stub.lists["files"] = {"items": [{"path": path, "kind": "folder", "size": None} for path in ("many", "b b")]
                               + [{"path": f"many/{number}", "kind": "file", "size": 1} for number in range(498)]}
        stub.lists["files b b"] = {"items": [{"path": "b b/c", "kind": "folder", "size": None}, {"path": "b b/c/d", "kind": "file", "size": 1},
                                             {"path": "b b/e", "kind": "file", "size": 1}]}
        page.get_by_role("tab", name="Files").click()
        expect(row()).to_have_count(2)
        tree.locator('[data-key="file b b"]').press("ArrowRight")
        expect(row()).to_have_text(["b b", "c", "e1 B", "many"])
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        expect(row()).to_have_text(["b b", "c", "d1 B", "e1 B", "many"])


def workspace(page: Page, stub: Stub):
    page.keyboard.press("Alt+t")
    with check("tabs are chosen with the arrow keys, and fetched when they are shown"):
        page.get_by_role("tab", name="Shell").focus()
        assert "jobs" not in stub.fetched, stub.fetched
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("tab", name="Jobs")).to_be_focused()
        expect(page.get_by_role("tabpanel", name="Jobs")).to_contain_text("No jobs")
        page.keyboard.press("End")
        expect(page.get_by_role("tabpanel", name="Snapshots")).to_contain_text("No snapshots")
    with check("jobs are listed, followed and killed"):
        stub.lists["jobs"] = {"items": [
            {"id": "3", "command": "make watch &", "state": "running", "started_at": now(), "ended_at": None, "ending": None},
            {"id": "2", "command": "make docs &", "state": "ended", "started_at": now(), "ended_at": now(), "ending": "exit 2 · 3.0 s"}]}
        more(page, "Jobs")
        expect(page.locator(".job")).to_have_count(2)
        expect(page.locator(".job").nth(1)).to_contain_text("exit 2")
        inspect(page, "jobs", "#panel")
        follow = stub.operation_of(page.get_by_role("button", name="Follow job 3").click)
        assert stub.sent[-1] == "/jobs 3", stub.sent
        stub.output(follow, "followed\n")
        page.get_by_role("tab", name="Shell").click()
        expect(line(page, "followed")).to_be_in_viewport()
        stub.end(follow, "complete", "```\nfollowed\n```")
        more(page, "Jobs")
        kill = stub.operation_of(page.get_by_role("button", name="Kill job 3").click)
        stub.lists["jobs"]["items"][0].update(state="stopped", ended_at=now(), ending="exit 137 · 9.0 s")
        stub.end(kill, "complete", "Job 3 was stopped.")
        expect(page.get_by_role("button", name="Kill job 3")).to_have_count(0)
        assert stub.sent[-1] == "/kill 3", stub.sent
    files(page, stub)
    with check("changes are coloured by line, and fetched again after a command"):
        page.get_by_role("tab", name="Diff").click()
        expect(page.get_by_role("tabpanel", name="Diff")).to_contain_text("No changes.")
        stub.lists["diff"] = {"diff": DIFF}
        message_field(page).fill("/run touch x ")
        stub.end(enter(page, stub), "complete", "exit 0 · 0.0 s")
        expect(page.locator(".diff-line.is-added")).to_have_text('+print("<b>")')
        expect(page.locator(".diff-line.is-removed")).to_have_text("--- a comment")
        expect(page.locator(".diff-line.is-added .hljs-string")).to_have_text('"<b>"')
        expect(page.locator(".diff-line .hljs-keyword")).to_have_text("import")
        expect(page.get_by_role("region", name="app.py").locator(".diff-head")).to_have_text("app.py+1−1")
        assert page.get_by_role("link", name="Open in viewer").get_attribute("href").endswith("/diff")
        inspect(page, "changes", "#panel")
    with check("steps are listed as they come, and a press opens what ran"):
        step = {"id": "1.1", "tool": "shell", "title": "shell make", "state": "running", "decision": "approved by Ada", "input": [{"name": "command", "text": "make"}],
                "output": None, "summary": None, "has_changes": None, "started_ms": 0, "ended_ms": None}
        stub.lists["steps"] = {"operation_id": None, "items": [step], "position": 4, "is_cut": False}
        message_field(page).fill("/fix it ")
        working = enter(page, stub)
        stub.lists["steps"]["operation_id"] = working
        page.get_by_role("tab", name="Steps").click()
        stub.frame(working, "thinking", "… shell make")
        expect(page.locator(".step")).to_have_attribute("data-state", "running")
        expect(page.get_by_role("tabpanel", name="Steps").get_by_role("status")).to_have_text("1 step · running: shell make")
        stub.lists["steps"]["items"] = [
            {**step, "state": "failed", "input": None, "output": HOSTILE, "summary": "make, exit 2", "ended_ms": 1500},
            {**step, "id": "2.1", "tool": "edit", "title": "edit a", "state": "done", "summary": "edit a +1 −1", "has_changes": True,
             "input": [{"name": "old", "text": "<i>a</i>"}, {"name": "new", "text": "b"}]}]
        stub.frame(working, "thinking", "failed make, exit 2")
        row = page.get_by_role("button", name="make, exit 2")
        expect(row).to_contain_text("1.5 s")
        row.press("Enter")
        expect(row).to_have_attribute("aria-expanded", "true")
        assert page.locator(".step").first.locator(".step-content").all_text_contents() == ["make", HOSTILE]
        page.get_by_role("button", name="edit a +1 −1").click()
        expect(page.locator(".step").nth(1).locator(".diff-line")).to_have_text(["-<i>a</i>", "+b"])
        assert page.locator(".steps img, .steps script, .steps i").count() == 0
        inspect(page, "steps", "#panel")
        stub.message("note", "2 steps, 1 file, 2 s, 31 k tokens", working)
        stub.end(working, "complete", "Done.")
        page.get_by_role("button", name="Close the panel").click()
        page.get_by_role("button", name="2 steps, 1 file, 2 s, 31 k tokens").click()
        expect(page.locator(".step")).to_have_count(2)
    with check("the panel opens where the work is"):
        page.get_by_role("button", name="Close the panel").click()
        message_field(page).fill("/fix more ")
        working = enter(page, stub)
        stub.lists["steps"] = {"operation_id": working, "position": 2, "is_cut": False, "items": [{**step, "id": "3.1", "tool": "edit", "state": "done", "has_changes": True}]}
        stub.frame(working, "thinking", "edit b +1 −1")
        expect(page.locator(".entry-bot").last).to_contain_text("edit b")
        page.keyboard.press("Alt+t")
        expect(page.get_by_role("tab", name="Diff")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Alt+t")
        message_field(page).fill("/run sleep 9 ")
        sleeping = enter(page, stub)
        page.keyboard.press("Alt+t")
        expect(page.get_by_role("tab", name="Shell")).to_have_attribute("aria-selected", "true")
        stub.end(sleeping, "complete", "Done.")
        expect(page.get_by_role("tabpanel", name="Shell").get_by_role("button", name="Stop")).to_be_hidden()
        page.keyboard.press("Alt+t")
        stub.lists["diff"] = {"diff": ""}
        stub.frame(working, "thinking", "`feedbee` committed")
        expect(page.locator(".entry-bot", has_text="committed")).to_have_count(1)
        page.keyboard.press("Alt+t")
        expect(page.get_by_role("tab", name="Steps")).to_have_attribute("aria-selected", "true")
        stub.message("note", "3 of 3 tasks done, 2 s, 31 k tokens", working)
        stub.end(working, "complete", "Done.")
        expect(page.get_by_role("button", name="3 of 3 tasks done, 2 s, 31 k tokens")).to_be_visible()
    with check("the answer of diff is a card, and the same text from a model is not"):
        text = "1 file changed, +1 −1 http://elsewhere.example/t/t_1/diff\n\n- `<i>a` +1 −1, new\n\n```diff\n@@ -1 +1 @@\n-a\n+<b>\n```"
        cards = page.locator(".card.note")
        for command, count in (("/fix x ", 0), ("/diff ", 1)):
            message_field(page).fill(command)
            stub.end(enter(page, stub), "complete", text)
            expect(page.locator(".entry-bot").last).to_have_attribute("aria-busy", "false")
            expect(cards).to_have_count(count)
        expect(cards.get_by_role("link")).to_have_attribute("href", "/t/t_1/diff")
        expect(cards.locator(".card-files li")).to_have_text("<i>anew+1−1")
        expect(cards.locator(".is-added")).to_have_text("+<b>")
        inspect(page, "diff card", ".card.note")
    with check("a diff in an approval is coloured, and its text stays exact"):
        message_field(page).fill("/fix that ")
        asking = enter(page, stub)
        stub.asks.append(approval("f4", DIFF.rstrip("\n")))
        stub.frame(asking, "thinking", "Waiting for approval `f4`.")
        code = page.get_by_role("region", name="Ask f4").locator("pre")
        expect(code.locator(".is-added")).to_have_text('+print("<b>")')
        assert code.text_content() == DIFF.rstrip("\n"), code.text_content()
        inspect(page, "ask diff", ".ask[data-state=open]")
        stub.asks.clear()
        stub.end(asking, "complete", "Done.")
    with check("a snapshot is restored after a question"):
        stub.lists["snapshots"] = {"items": [{"id": "s4", "reason": "before run: make test", "created_at": now()}]}
        more(page, "Snapshots")
        inspect(page, "snapshots", "#panel")
        page.get_by_role("button", name="Restore snapshot s4").click()
        stub.end(stub.operation_of(page.get_by_role("dialog").get_by_role("button", name="Restore", exact=True).click), "complete", "Restored s4.")
        assert stub.sent[-1] == "/undo s4", stub.sent
    with check("a failure is shown in its tab"):
        page.route("**/api/v1/threads/*/files", lambda route: route.fulfill(status=503, json={"detail": "No jail on this machine."}))
        more(page, "Files")
        expect(page.get_by_role("tabpanel", name="Files").get_by_role("alert")).to_have_text("No jail on this machine.")


def desktop(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 860}, color_scheme="light")
    page = context.new_page()
    watch, stub = Watch(page), Stub(page)
    sign_in(page)
    shell(page, stub)
    asks(page, stub)
    workspace(page, stub)
    specification(page, stub)
    placed(page, stub)
    inbox(page, stub)
    with check("nothing forbidden happened beside the conversation"):
        assert watch.mistakes == [], watch.mistakes
    context.close()


def phone(browser, scheme):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, color_scheme=scheme)
    page = context.new_page()
    watch, stub = Watch(page), Stub(page)
    with check(f"on a phone the panel covers the conversation and gives it back, {scheme}"):
        sign_in(page)
        page.get_by_role("button", name="Shell and workspace").click()
        command_field(page).fill("make test")
        operation = stub.operation_of(page.get_by_role("button", name="Run", exact=True).click)
        stub.output(operation, "\x1b[32mok\x1b[0m a line that is long enough to be broken on a phone, twice at least\n")
        expect(line(page, "long enough")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("document.querySelector('.conversation').inert")
        expect(message_field(page)).to_be_in_viewport(ratio=1)
        tabs = page.locator(".panel-head").bounding_box()
        assert all(box.bounding_box()["x"] + box.bounding_box()["width"] <= tabs["width"] for box in page.locator(".panel-head button:visible").all())
        small = page.evaluate(
            """() => [...document.querySelectorAll('.panel button')].filter(element => {
                const box = element.getBoundingClientRect();
                return box.width > 0 && (box.height < 44 || box.width < 44);
            }).map(element => element.outerHTML)""")
        assert small == [], small
        assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('shell-command')).fontSize)") >= 16
        ask = approval("p1", "rm -rf build && make all")
        stub.asks.append(ask)
        stub.message("note", stored(ask), operation)
        stub.frame(operation, "thinking", "Waiting for approval `p1`.")
        expect(last_run(page).locator(".run-end")).to_have_text("Waiting for approval p1.")
        expect(page.get_by_role("region", name="Waiting for an answer").get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)
        page.screenshot(path=FOLDER / f"phone-shell-{scheme}.png")
        page.get_by_role("button", name="Show in the conversation").click()
        expect(panel(page)).to_be_hidden()
        expect(page.get_by_role("region", name="Ask p1")).to_be_focused()
        assert not page.evaluate("document.querySelector('.conversation').inert")
        approve = page.get_by_role("region", name="Ask p1").get_by_role("button", name="Approve")
        expect(approve).to_be_in_viewport()
        assert approve.bounding_box()["height"] >= 44
        page.screenshot(path=FOLDER / f"phone-ask-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    with check(f"nothing forbidden happened on the phone, {scheme}"):
        assert watch.mistakes == [], watch.mistakes
    context.close()


with sync_playwright() as playwright:
    chromium = launch(playwright)
    desktop(chromium)
    for wanted in ("light", "dark"):
        phone(chromium, wanted)
    chromium.close()
print(json.dumps({"result": "ok", "screenshots": str(FOLDER)}))
