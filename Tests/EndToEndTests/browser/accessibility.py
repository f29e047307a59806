"""axe-core on every kind of page, in light and dark, and a walk through the chat with the keyboard alone."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from harness import BASE, FOLDER, api, ask, check, message_field, sign_in, thread_id

AXE = Axe()


# Not serious by axe's own measure, but people who listen notice them.
ALSO = {"heading-order", "aria-allowed-role"}


def findings(page):
    """The violations that keep people from using the page."""
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in AXE.run(page).response["violations"] if violation["impact"] in ("serious", "critical") or violation["id"] in ALSO
        for node in violation["nodes"]
    ]


def inspect(page, name):
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        with check(f"axe finds nothing serious: {name}, {scheme}"):
            found = findings(page)
            page.screenshot(path=FOLDER / f"axe-{name.replace(' ', '-')}-{scheme}.png")
            assert found == [], "\n".join(found)


def run(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(BASE)
    expect(page.get_by_label("Sign-in code")).to_be_visible()
    inspect(page, "sign-in")
    sign_in(page)
    expect(page.locator("a.thread").first).to_be_visible()
    inspect(page, "welcome")
    page.locator("a.thread", has_text="a login page with passkeys").click()  # it has a commit, see `desktop`
    card = page.locator("a.commit")
    expect(card).to_be_visible()
    address = card.get_attribute("href")
    ask(page, "markdown, please: everything that you have, with code\n\n- [ ] one[^n]\n\n[^n]: A note.")
    expect(page.locator("pre span").first).to_be_attached()
    answer = api(page, f"/api/v1/threads/{thread_id(page)}/messages?before=latest")["items"][-1]["id"]
    inspect(page, "conversation")
    for button, name in (("Model:", "choice of a model"), ("Conversation menu", "menu of a conversation")):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("menu")).to_be_visible()
        inspect(page, name)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Make a task of this message").last.click()
    expect(page.get_by_role("dialog", name="New task")).to_be_visible()
    inspect(page, "task of a message")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Archived").click()
    inspect(page, "archive")
    page.get_by_role("button", name="Back to all conversations").click()
    page.keyboard.press("Alt+n")
    expect(page.locator(".entry")).to_have_count(0)
    message_field(page).fill("/")
    inspect(page, "commands")
    message_field(page).fill("")
    walk(page)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    inspect(page, "dialog")
    page.keyboard.press("Escape")
    phone(page)
    viewer(page, address, answer)
    context.close()


def walk(page):
    """Everything is reached and worked with Tab and Enter, in the order in which it is read."""
    with check("the keyboard alone reaches everything"):
        page.reload()
        expect(page.locator("a.thread").first).to_be_visible()
        page.get_by_role("link", name="Skip to the message field").press("Enter")
        expect(message_field(page)).to_be_focused()
        page.keyboard.type("Show me python code")
        page.keyboard.press("Enter")
        answer = page.locator(".entry-bot")
        expect(answer).to_have_attribute("aria-busy", "false", timeout=90_000)
        passed = []
        while len(passed) < 10 and "Edit and send again" not in passed:
            page.keyboard.press("Shift+Tab")
            passed.append(focus(page))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", passed
        wanted = ["Attach files", "Bad answer", "Good answer", "Make a task of this message", "Ask again",
                  "Copy the answer", "python code", "Copy code", "Make a task of this message", "Edit and send again"]
        assert passed == wanted, passed
        page.keyboard.press("Enter")
        expect(message_field(page)).to_have_value("Show me python code")
        page.keyboard.press("Escape")
        expect(message_field(page)).to_have_value("")
        expect(message_field(page)).to_be_focused()


def focus(page):
    return page.evaluate(
        "() => { const it = document.activeElement; return it.getAttribute('aria-label') ?? it.textContent.trim() }")


def phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    inspect(page, "phone")
    page.get_by_role("button", name="Conversations").click()
    inspect(page, "phone list")
    page.get_by_role("button", name="Close the list").click()


def viewer(page, address, answer):
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(f"{BASE}{address}")
    inspect(page, "commit")
    page.get_by_role("link", name="View the file").first.click()
    expect(page.locator(".rendered")).to_be_visible()
    inspect(page, "file")
    page.goto(f"{page.url}?view=source")
    inspect(page, "source")
    page.goto(f"{BASE}/r/notes")
    inspect(page, "files")
    page.goto(f"{BASE}/a/{answer}")
    inspect(page, "whole answer")
    page.goto(f"{BASE}/people")
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    expect(page.locator(".people tbody tr").first).to_be_visible()
    inspect(page, "people")
