"""The page of people with access, in Chromium: people.py BASE_URL OWNER_CODE FOLDER MEMBER_CODE

Prints one line for each check that passed and ends with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
"""

import json
import sys

from playwright.sync_api import expect, sync_playwright

from harness import BASE, CODE as OWNER, FOLDER, check, launch, sign_in

MEMBER = sys.argv[4]


def signed_in(browser, code, name):
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    sign_in(page, code, name)
    return page


def fits(page, name):
    for width, height in ((1280, 860), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=FOLDER / f"people-{name}-{width}.png")
        inner = page.evaluate("document.querySelector('.people').scrollWidth")
        assert inner <= width, f"{inner} pixels wide on {width}"
    page.set_viewport_size({"width": 1280, "height": 860})


def run(browser):
    owner, member = signed_in(browser, OWNER, "Ada"), signed_in(browser, MEMBER, "Bob")
    expect(member.get_by_role("link", name="People")).to_have_count(0)
    with check("an owner opens the page from the chat, and it fits a desktop and a phone"):
        owner.get_by_role("link", name="People").click()
        expect(owner.get_by_role("heading", name="People")).to_be_visible()
        expect(owner.get_by_role("row", name="Ada (you)")).to_be_visible()
        expect(owner.get_by_label("Role of Bob")).to_have_value("member")
        fits(owner, "list")
    with check("a listed person is removed, named as removed, and let in again"):
        owner.get_by_role("button", name="Remove irc:local/account:alice").click()
        dialog = owner.get_by_role("dialog")
        expect(dialog).to_contain_text("access.owners[0]")
        dialog.get_by_role("button", name="Remove").click()
        expect(owner.get_by_label("Let irc:local/account:alice in again")).to_be_visible()
        fits(owner, "removed")
        owner.get_by_label("Let irc:local/account:alice in again").select_option("guest")
        expect(owner.get_by_label("Role of irc:local/account:alice")).to_have_value("guest")
    with check("the last owner is refused with the reason, and stays"):
        owner.get_by_label("Role of Ada").select_option("guest")
        expect(owner.get_by_role("alert")).to_contain_text("last owner")
        expect(owner.get_by_label("Role of Ada")).to_have_value("owner")
    with check("another role counts at once in the other browser"):
        owner.get_by_label("Role of Bob").select_option("owner")
        expect(member.get_by_role("link", name="People")).to_be_visible()
    with check("a device is added by a link, and the code leaves the address"):
        member.get_by_role("button", name="Add a device").click()
        dialog = member.get_by_role("dialog")
        expect(dialog).to_contain_text("#join=")
        member.screenshot(path=FOLDER / "add-a-device.png")
        link = dialog.locator("code").nth(1).inner_text()
        dialog.get_by_role("button", name="Done").click()
        phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        phone.goto(link)
        expect(phone.get_by_label("Sign-in code")).to_have_value(link.split("=")[1])
        assert "#" not in phone.url, phone.url
        phone.screenshot(path=FOLDER / "joining.png")
        phone.get_by_role("button", name="Sign in").click()
        expect(phone.get_by_role("textbox", name="Message")).to_be_visible()
        me = phone.evaluate("() => fetch('/api/v1/me').then(answer => answer.json())")
        assert me["name"] == "Bob" and me["browsers"] == 2, me
        phone.goto(link)
        expect(phone.get_by_role("main")).to_contain_text("This browser is signed in already")
        phone.goto("about:blank")
        phone.goto(link)
        expect(phone.get_by_role("main")).to_contain_text("signed in as Bob")
        phone.get_by_role("button", name="Continue as Bob").click()
        expect(phone.get_by_role("textbox", name="Message")).to_be_visible()
    with check("signing out of one of two browsers needs no question, of the last one it does"):
        phone.get_by_role("button", name="Conversations").click()
        phone.get_by_role("button", name="Sign out").click()
        expect(phone.get_by_label("Sign-in code")).to_be_visible()
        member.get_by_role("button", name="Sign out").click()
        expect(member.get_by_role("dialog")).to_contain_text("This is your last browser")
        member.screenshot(path=FOLDER / "last-browser.png")
        member.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(member.get_by_role("textbox", name="Message")).to_be_visible()
    with check("an owner invites by a link, which fills the sign-in in"):
        owner.get_by_role("button", name="Invite").click()
        dialog = owner.get_by_role("dialog")
        dialog.get_by_label("Role").select_option("guest")
        dialog.get_by_label("Name").fill("Grace")
        owner.screenshot(path=FOLDER / "invite.png")
        dialog.get_by_role("button", name="Make the link").click()
        link = dialog.locator("code").nth(1).inner_text()
        owner.screenshot(path=FOLDER / "invited.png")
        dialog.get_by_role("button", name="Done").click()
        expect(owner.get_by_role("button", name="End the invite of Grace")).to_be_visible()
        fits(owner, "invites")
        grace = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        grace.goto(link)
        expect(grace.get_by_label("Your name")).to_have_value("Grace")
        expect(grace.get_by_role("main")).to_contain_text("You are invited as guest.")
        grace.screenshot(path=FOLDER / "invited-phone.png")
        grace.get_by_role("button", name="Sign in").click()
        expect(grace.get_by_role("textbox", name="Message")).to_be_visible()
        spare = browser.new_context().new_page()
        spare.goto(link)
        expect(spare.get_by_role("alert")).to_contain_text("wrong or no longer valid")
        owner.reload()
        expect(owner.get_by_label("Role of Grace")).to_have_value("guest")
        expect(owner.get_by_role("button", name="End the invite of Grace")).to_have_count(0)
    with check("a removed browser sees the sign-in at once"):
        owner.get_by_role("button", name="Remove Bob").click()
        owner.get_by_role("dialog").get_by_role("button", name="Keep").click()
        expect(owner.get_by_label("Role of Bob")).to_be_visible()
        owner.get_by_role("button", name="Remove Bob").click()
        owner.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(owner.get_by_label("Role of Bob")).to_have_count(0)
        expect(member.get_by_label("Sign-in code")).to_be_visible(timeout=5_000)


with sync_playwright() as play:
    run(launch(play))
print(json.dumps({"result": "ok"}))
