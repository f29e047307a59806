"""The page of schedules, in Chromium: schedules.py BASE_URL OWNER_CODE FOLDER

Prints one line for each check that passed and ends with 0, or says what failed and ends with 1. Screenshots go to FOLDER.
"""

import json

from playwright.sync_api import expect, sync_playwright

from harness import FOLDER, Watch, ask, check, launch, sign_in


def fits(page, name):
    for width, height in ((1280, 860), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=FOLDER / f"schedules-{name}-{width}.png")
        inner = page.evaluate("document.querySelector('.schedules').scrollWidth")
        assert inner <= width, f"{inner} pixels wide on {width}"
    page.set_viewport_size({"width": 1280, "height": 860})


def run(browser):
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    watch = Watch(page)
    sign_in(page)
    with check("commands set a schedule and a reminder"):
        expect(ask(page, "/every weekday 09:00 zone Europe/Berlin what is new?")).to_contain_text("every weekday 09:00")
        expect(ask(page, "/remind in 3 days water the plants")).to_contain_text("I will post this")
    with check("the settings lead to the page, which lists both and fits a desktop and a phone"):
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("dialog").get_by_role("link", name="Show").click()
        expect(page.get_by_role("heading", name="Schedules")).to_be_visible()
        expect(page.get_by_role("row", name="water the plants")).to_be_visible()
        expect(page.get_by_role("row", name="what is new?")).to_contain_text("Europe/Berlin")
        fits(page, "list")
    with check("a wrong time is refused with the reason, and a right one is kept"):
        page.get_by_role("row", name="what is new?").get_by_role("button", name="Edit").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Runs").fill("sometime")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.get_by_role("alert")).to_contain_text("I do not understand")
        dialog.get_by_label("Runs").fill("every 2h")
        dialog.get_by_label("Text").fill("what has changed?")
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row", name="what has changed?")).to_contain_text("every 2h")
    with check("a reminder is cancelled"):
        page.get_by_role("row", name="water the plants").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("row", name="water the plants")).to_have_count(0)
    assert not watch.mistakes, watch.mistakes


with sync_playwright() as play:
    run(launch(play))
print(json.dumps({"result": "ok"}))
