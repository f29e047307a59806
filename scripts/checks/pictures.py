"""Takes the README's pictures from a running host: pictures.py PROGRAM FOLDER

Starts PROGRAM without a configuration in a folder of its own, has the rehearsal model repair a failing test, approves what
it asks, and writes thread-light.png and thread-dark.png to FOLDER.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

from playwright.sync_api import Page, expect, sync_playwright

PROGRAM, FOLDER = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
expect.set_options(timeout=60_000)


def serve(folder: str):
    """The host, with the address and the code that it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JETBRIDGE_")}
    environment |= {"JETBRIDGE_DATA_DIR": f"{folder}/data", "JETBRIDGE_LISTEN": "127.0.0.1:0"}
    host = subprocess.Popen(
        [PROGRAM, "serve"], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in host.stdout:
        if found := re.search(r"open (\S+) and enter the code (\S+)", line):
            return host, found[1], found[2]
    sys.exit("the host did not start: see what `jetbridge serve` prints")


def sign_in(page: Page, address: str, code: str):
    page.goto(address)
    page.get_by_label("Sign-in code").press_sequentially(code.replace("-", "").lower())
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


def send(page: Page, text: str):
    page.locator("#message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def repair(page: Page):
    """From the question to the commit."""
    send(page, "fix the failing test")
    card = page.locator("a.commit").last
    approve = page.get_by_role("button", name="Approve", exact=True)
    while not card.is_visible():
        if approve.count() and approve.last.is_visible():
            approve.last.click()
        page.wait_for_timeout(200)
    expect(page.locator(".entry-bot").last).to_have_attribute("aria-busy", "false")


with tempfile.TemporaryDirectory() as folder:
    host, address, code = serve(folder)
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium-headless-shell", args=["--no-sandbox"])
            page = chromium.new_context(
                viewport={"width": 1120, "height": 940}, device_scale_factor=1.5, reduced_motion="reduce").new_page()
            sign_in(page, address, code)
            repair(page)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(300)
                page.screenshot(path=FOLDER / f"thread-{scheme}.png")
            chromium.close()
    finally:
        host.terminate()
        host.wait()
