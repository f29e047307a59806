"""The real board of a host, on a list that others work on, too: onelist.py BASE_URL OWNER_CODE FOLDER

Moves T5 by keyboard and T1 by pointer, gives T6 an owner, and sees that somebody else has started T8. Ends with 0, or says what failed.
"""

import json

from playwright.sync_api import expect, sync_playwright

from harness import BASE, FOLDER, Watch, check, launch, sign_in


def card(page, name: str):
    return page.locator(f'.task-card[data-key="team/{name}"]')


def in_column(page, name: str, state: str):
    expect(page.locator(f'.column[data-state="{state}"]').locator(f'.task-card[data-key="team/{name}"]')).to_have_count(1)


with sync_playwright() as play:
    chromium = launch(play)
    page = chromium.new_context(viewport={"width": 1280, "height": 860}).new_page()
    watch = Watch(page)
    sign_in(page)
    page.goto(f"{BASE}/tasks")
    with check("the board has what the others have done"):
        for name, state in (("T1", "open"), ("T6", "started"), ("T7", "done")):
            in_column(page, name, state)
        expect(card(page, "T1").locator(".owner")).to_have_text("@ada0")
    with check("a task is moved by keyboard, another by pointer, and each answer names its commit"):
        card(page, "T5").locator(".task-title").focus()
        for key in ("Space", "ArrowRight", "Space"):
            page.keyboard.press(key)
        expect(page.locator(".toast")).to_contain_text("T5 is moved to Started.")
        first = page.locator(".toast a").get_attribute("href")
        card(page, "T1").drag_to(page.locator('.column[data-state="done"]'))
        expect(page.locator(".toast")).to_contain_text("T1 is moved to Done.")
        assert page.locator(".toast a").get_attribute("href") != first
    with check("a task gets an owner in its dialog"):
        card(page, "T6").locator(".task-title").click()
        dialog = page.get_by_role("dialog", name="Task T6")
        dialog.get_by_label("Owner").fill("ada")
        dialog.get_by_role("button", name="Save").click()
        expect(card(page, "T6").locator(".owner")).to_have_text("@ada")
    with check("what others do appears"):
        print("ready", flush=True)
        in_column(page, "T8", "started")
    page.screenshot(path=FOLDER / "onelist.png")
    assert watch.mistakes == [], watch.mistakes
print(json.dumps({"result": "ok"}))
