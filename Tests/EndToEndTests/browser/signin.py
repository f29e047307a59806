"""Sign-in with GitHub on a phone, in Chromium: signin.py BASE_URL allowed|refused FOLDER

The stand-in of GitHub asks octocat, who is allowed here, whether to authorize; or it knows somebody who is not. Prints one line for each check that passed and ends
with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
"""

import json

from playwright.sync_api import expect, sync_playwright

import accessibility
from harness import BASE, CODE as WHO, FOLDER, ask, check, launch


def run(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    refused = []
    page.on("console", lambda message: "Content Security Policy" in message.text and refused.append(message.text))

    with check("the sign-in page offers GitHub beside the code, and fits a phone"):
        page.goto(BASE + "/#/new")
        link = page.get_by_role("link", name="Sign in with GitHub")
        expect(link).to_be_visible()
        expect(page.get_by_label("Sign-in code")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert link.bounding_box()["height"] >= 44, link.bounding_box()
        page.screenshot(path=FOLDER / "sign-in-github.png")
    accessibility.inspect(page, "sign-in with GitHub")
    with check("whoever cancels reads it, and can begin again"):
        link.tap()
        page.get_by_role("link", name="Cancel").tap()
        expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=FOLDER / "sign-in-cancelled.png")
        page.get_by_role("link", name="Go to the sign-in page").tap()
    with check("GitHub leads back to the chat, signed in"):
        page.get_by_role("link", name="Sign in with GitHub").tap()
        page.get_by_role("link", name="Authorize").tap()
        expect(page.get_by_role("textbox", name="Message")).to_be_visible()
        assert page.url.startswith(BASE), page.url
        assert page.evaluate("document.cookie") == ""
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
        me = page.evaluate("() => fetch('/api/v1/me').then(answer => answer.json())")
        assert me["identity"] == "github:octocat" and me["role"] == "member", me
    with check("a question is answered, and a specification is committed"):
        ask(page, "/specify a shop where people order bread and pay later")
        expect(page.locator(".entries")).to_contain_text("Specify 001-")
        page.screenshot(path=FOLDER / "sign-in-answer.png")
    assert refused == [], refused


def refused(browser):
    page = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True).new_page()
    page.goto(BASE)
    page.get_by_role("link", name="Sign in with GitHub").tap()
    with check("whoever is on no list reads why, and whom to ask"):
        expect(page.get_by_role("heading", name="You may not use this Jetbridge")).to_be_visible()
        expect(page.get_by_role("main")).to_contain_text("You are mallory at GitHub")
        expect(page.get_by_role("main")).to_contain_text("Ask one of its owners to add github:mallory")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.screenshot(path=FOLDER / "sign-in-refused.png")
    accessibility.inspect(page, "refused sign-in")
    with check("they are not signed in"):
        page.get_by_role("link", name="Go to the sign-in page").tap()
        expect(page.get_by_label("Sign-in code")).to_be_visible()
        assert page.evaluate("() => fetch('/api/v1/me').then(answer => answer.status)") == 401


with sync_playwright() as play:
    (refused if WHO == "refused" else run)(launch(play))
print(json.dumps({"result": "ok"}))
