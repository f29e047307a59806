"""What the checks of the web chat in Chromium share. The arguments are those of web_chat.py."""

import functools
import pathlib
import sys
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Playwright, expect

BASE, CODE, FOLDER = sys.argv[1].rstrip("/"), sys.argv[2], pathlib.Path(sys.argv[3])
CHROMIUM = "/usr/bin/chromium-headless-shell"
FOLDER.mkdir(parents=True, exist_ok=True)
expect.set_options(timeout=15_000)


def launch(playwright: Playwright) -> Browser:
    # Debian's Chromium, without what only a window needs.
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    # Without a graphics card each frame of an animation is drawn by the processor.
    browser.new_context = functools.partial(browser.new_context, reduced_motion="reduce")
    return browser


class Watch:
    """Collects script errors, dialogs, policy violations and requests to other sites."""

    def __init__(self, page: Page):
        self.mistakes: list[str] = []
        page.on("pageerror", lambda error: self.mistakes.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.mistakes.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", self.console)
        page.on("request", self.request)

    def console(self, message):
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.mistakes.append(message.text)

    def request(self, request):
        if not request.url.startswith((BASE, BASE.replace("http", "ws", 1))):
            self.mistakes.append(f"request to {request.url}")


@contextmanager
def check(name):
    try:
        yield
    except Exception as error:
        print(f"FAILED {name}: {str(error)[:600]}")
        sys.exit(1)
    print(f"ok {name}", flush=True)


def sign_in(page: Page, code=CODE, name="Ada"):
    page.goto(BASE)
    field = page.get_by_label("Sign-in code")
    field.fill("")
    field.press_sequentially(code.replace("-", "").lower())
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()


def message_field(page: Page):
    return page.locator("#message")


def ask(page: Page, text: str, ends=True):
    """Sends a message and returns its answer's element."""
    before = page.locator(".entry-bot").count()
    message_field(page).fill(text)
    message_field(page).press("Escape")  # closes the list of commands
    page.get_by_role("button", name="Send", exact=True).click()
    answer = page.locator(".entry-bot").nth(before)
    expect(answer).to_be_visible()
    if ends:
        expect(answer).to_have_attribute("aria-busy", "false", timeout=90_000)
    return answer


def api(page: Page, path: str):
    return page.evaluate("path => fetch(path).then(response => response.json())", path)


def until(page: Page, condition: str):
    """Playwright's own waiting evaluates text in the page, which the page's policy forbids."""
    for _ in range(300):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}")


def thread_id(page: Page) -> str:
    until(page, "location.hash.startsWith('#/t/')")
    return page.evaluate("decodeURIComponent(location.hash.slice(4))")
