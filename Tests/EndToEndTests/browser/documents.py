"""The page of a document, in Chromium: documents.py BASE_URL OWNER_CODE FOLDER REPOSITORY

Prints one line for each check that passed and ends with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
"""

import json
import pathlib
import subprocess
import sys

from playwright.sync_api import expect, sync_playwright

from accessibility import findings
from harness import BASE, FOLDER, Watch, api, check, sign_in, thread_id, ask

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
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 860})


def run(browser):
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    watch = Watch(page)
    sign_in(page)
    ask(page, "Hello")
    thread = thread_id(page)
    with check("a feature's document opens in the editor from the panel"):
        page.get_by_role("button", name="Shell and workspace").click()
        page.get_by_role("tab", name="Spec").click()
        page.get_by_role("button", name="spec.md", exact=True).click()
        page.get_by_role("link", name="Edit", exact=True).click()
        expect(field(page)).to_contain_text("People sign in")
        expect(page.get_by_role("heading", name="Login")).to_be_visible()
        expect(page.get_by_role("navigation", name="Headings").get_by_role("button")).to_have_count(3)
        look(page, "open")
    with check("what is typed is shown in the preview, saved as a commit, and posted in the conversation"):
        at_end(page)
        page.keyboard.type("\n## Limits\n\nAt most five tries.")
        expect(page.get_by_label("Preview").get_by_role("heading", name="Limits")).to_be_visible()
        expect(page.get_by_text("Not saved")).to_be_visible()
        page.keyboard.press(f"{MODIFIER}+s")
        expect(page.get_by_text("Saved in")).to_be_visible()
        sha = git("rev-parse", "001-login").strip()
        expect(page.get_by_role("link", name=sha[:7])).to_have_attribute("href", f"{BASE}/r/notes/commit/{sha}")
        assert text().endswith("## Limits\r\n\r\nAt most five tries.") and "old line\r\n" in text(), text()
        assert git("log", "-1", "--format=%an %s", "001-login").strip() == f"Ada Edit {SPEC}"
        messages = api(page, f"/api/v1/threads/{thread}/messages")["items"]
        assert any(sha[:7] in message["text"] for message in messages)
    with check("what others save is shown at once, and merged with what is typed"):
        elsewhere("old line", "their line")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(field(page)).to_contain_text("their line")
        at_end(page)
        page.keyboard.type(" And no more.")
        elsewhere("their line", "their other line")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("What others have changed meanwhile is merged with yours.")).to_be_visible()
        expect(field(page)).to_contain_text("their other line")
        at_end(page)
        page.keyboard.type(" Really.")
        page.keyboard.press(f"{MODIFIER}+s")
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert "their other line" in text() and text().endswith("And no more. Really."), text()
    with check("the same lines are a choice, and nothing is lost"):
        at_end(page)
        page.keyboard.type(" Mine.")
        elsewhere("Really.", "Theirs.")
        page.keyboard.press(f"{MODIFIER}+s")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Others have changed the same lines")
        look(page, "conflict")
        dialog.get_by_role("button", name="Put both into the text").click()
        expect(field(page)).to_contain_text("<<<<<<< saved by others")
        expect(field(page)).to_contain_text("Really. Mine.")
        expect(field(page)).to_contain_text("Theirs.")
        page.keyboard.press(f"{MODIFIER}+z")
        page.keyboard.press(f"{MODIFIER}+s")
        expect(page.get_by_text("Saved in")).to_be_visible()
    with check("without a connection the text stays, also over a reload, and is saved afterwards"):
        page.context.set_offline(True)
        at_end(page)
        page.keyboard.type(" Written in a train.")
        expect(page.get_by_text("Offline: kept in this browser")).to_be_visible()
        page.wait_for_timeout(600)
        page.context.set_offline(False)
        page.reload()
        expect(page.get_by_text("What you had typed and not saved is here again.")).to_be_visible()
        expect(field(page)).to_contain_text("Written in a train.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert "Written in a train." in text()
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
    with check("a passage can be given to the agent"):
        page.get_by_role("radio", name="Side by side").check()
        field(page).click()
        page.keyboard.press(f"{MODIFIER}+a")
        page.get_by_role("button", name="Ask for a change").click()
        page.get_by_label("What should be different?").fill("Say it shorter.")
        look(page, "ask")
        page.keyboard.press("Escape")
    with check("a new document is made where it is saved"):
        page.goto(f"{BASE}/d/{thread}/docs/Ideas.md")
        expect(page.get_by_text("A new document: it is made when you save it.")).to_be_visible()
        page.get_by_role("textbox", name="docs/Ideas.md").click()
        page.keyboard.type("# Ideas")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved in")).to_be_visible()
        assert git("show", "001-login:docs/Ideas.md") == "# Ideas"
        expect(page.get_by_label("Document", exact=True)).to_have_value("docs/Ideas.md")
    with check("no script error, no policy violation, no request elsewhere"):
        assert watch.mistakes == [], watch.mistakes


with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    run(chromium)
    chromium.close()
print(json.dumps({"result": "ok"}))
