"""Sharing a conversation, in Chromium: sharing.py BASE_URL OWNER_CODE FOLDER MEMBER_CODE

Prints one line for each check that passed and ends with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
"""

import json
import re
import sys

from playwright.sync_api import expect, sync_playwright

from harness import BASE, CODE as OWNER, FOLDER, ask, check, launch, sign_in

MEMBER = sys.argv[4]


def signed_in(browser, code, name):
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    sign_in(page, code, name)
    return page


def share(page):
    page.get_by_role("button", name="Conversation menu").click()
    page.get_by_role("menuitem", name="Share").click()
    return page.get_by_role("dialog")


def run(browser):
    ada, bob = signed_in(browser, OWNER, "Ada"), signed_in(browser, MEMBER, "Bob")
    ask(ada, "count to 3 zebras")
    with check("nobody else sees a conversation before it is shared"):
        bob.goto(ada.url)
        expect(bob.get_by_role("heading", name="No such conversation", level=2)).to_be_visible()
    with check("it is shared with one person to read, whose list has it"):
        dialog = share(ada)
        expect(dialog.locator(".shares")).to_contain_text("Nobody else")
        dialog.get_by_label("With one person").fill("Bob")
        dialog.get_by_role("button", name="Share", exact=True).click()
        expect(dialog.locator(".shares")).to_contain_text("Bob")
        for width, height in ((1280, 860), (390, 844)):
            ada.set_viewport_size({"width": width, "height": height})
            ada.screenshot(path=FOLDER / f"sharing-{width}.png")
            inner = ada.evaluate("document.querySelector('.sharing').scrollWidth")
            assert inner <= width, f"{inner} pixels wide on {width}"
        ada.set_viewport_size({"width": 1280, "height": 860})
        bob.reload()
        expect(bob.locator(".threads")).to_contain_text("shared by Ada")
        expect(bob.locator(".entry").first).to_contain_text("count to 3 zebras")
        expect(bob.locator("#message")).to_be_disabled()
        expect(bob.get_by_text("shared with you to read, by Ada")).to_be_visible()
        bob.get_by_role("button", name="Conversation menu").click()
        expect(bob.get_by_role("menuitem", name="Share")).to_have_count(0)
        bob.screenshot(path=FOLDER / "shared.png")
        bob.keyboard.press("Escape")
    with check("a message names Bob from the list, and waits at the bell until it is opened"):
        ada.keyboard.press("Escape")
        field = ada.locator("#message")
        field.press_sequentially("look at this, @b")
        people = ada.get_by_role("listbox", name="People")
        expect(people.get_by_role("option")).to_have_count(1)
        ada.screenshot(path=FOLDER / "names.png")
        field.press("Enter")
        expect(field).to_have_value("look at this, @Bob ")
        expect(people).to_be_hidden()
        field.press("Enter")
        bob.get_by_role("button", name="1 mention waits for you").click()
        bob.get_by_role("menuitem", name="Ada mentioned you in").click()
        expect(bob.get_by_role("button", name="Nothing waits for you")).to_be_visible()
        expect(bob).to_have_url(re.compile("/m/"))
        dialog = share(ada)
    with check("each sees who else has it open, and not themselves"):
        for page, other in ((ada, "Bob"), (bob, "Ada")):
            expect(page.locator(".people-here li")).to_have_count(1)
            expect(page.locator(".people-here")).to_contain_text(other)
    with check("who may join writes in it, which the other sees before the message"):
        dialog.get_by_label("With one person").fill("Bob")
        dialog.get_by_label("What they may do").select_option("join")
        dialog.get_by_role("button", name="Share", exact=True).click()
        expect(dialog.locator(".shares")).to_contain_text("may write")
        bob.reload()
        expect(bob.locator(".people-here")).to_contain_text("Ada")
        bob.locator("#message").press_sequentially("count to ")
        expect(ada.locator(".writing")).to_have_text("Bob is writing…")
        expect(bob.locator(".writing")).to_be_hidden()
        ada.screenshot(path=FOLDER / "writing.png")
        ask(bob, "count to 4 giraffes")
        expect(ada.locator(".writing")).to_be_hidden()
        expect(ada.locator(".entry").filter(has_text="count to 4 giraffes").first).to_be_visible()
    with check("a public link opens a page without a sign-in, until it is ended"):
        dialog.get_by_role("button", name="Make a public link").click()
        link = dialog.locator(".share-link a")
        expect(link).to_be_visible()
        stranger = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        address = link.get_attribute("href")
        stranger.goto(BASE + address[address.index("/s/"):])
        expect(stranger.locator("article").first).to_contain_text("count to 3 zebras")
        stranger.screenshot(path=FOLDER / "public.png")
        assert stranger.evaluate("document.documentElement.scrollWidth") <= 390
        dialog.get_by_role("button", name="End: Public page").click()
        expect(dialog.locator(".shares")).not_to_contain_text("Public page")
        answer = stranger.reload()
        assert answer is not None and answer.status == 404, answer
        expect(stranger.locator("article")).to_have_count(0)
    with check("after its end, the page has no such conversation"):
        dialog.get_by_role("button", name="End: Bob").click()
        expect(dialog.locator(".shares")).to_contain_text("Nobody else")
        bob.reload()
        expect(bob.get_by_role("heading", name="No such conversation", level=2)).to_be_visible()
        expect(ada.locator(".people-here")).to_be_hidden()
        expect(bob.locator(".people-here")).to_be_hidden()


with sync_playwright() as play:
    run(launch(play))
print(json.dumps({"result": "ok"}))
