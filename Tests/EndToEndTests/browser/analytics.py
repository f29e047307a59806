"""The page of analytics in Chromium: analytics.py BASE_URL OWNER_CODE FOLDER GUEST_CODE

The page is the host's; the numbers are played by `Usage` below. Prints one line for each check that passed and ends with 0, or says what
failed and ends with 1. Screenshots go to FOLDER.
"""

import csv
import json
import sys
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect, sync_playwright

from accessibility import AXE
from harness import BASE, CODE, FOLDER, Watch, check, launch, sign_in, until

MODELS = [("gpt-5.4", 2.5), ("claude-sonnet-4.6", 3.0), ("gpt-5-mini", 0.25), ("local/<b>qwen</b>\u202e", None), *((f"model-{number}", 1.0) for number in range(6))]
SUMS = ("turns", "failed", "stopped", "tokens_in", "tokens_out", "tokens_cached", "seconds", "tool_calls", "commands", "commits", "tasks_done", "tokens_unpriced", "thumbs_up", "thumbs_down")


class Usage:
    """A stand-in for the route of analytics: a row for each day and model; one day in eleven is empty.

    What a day has depends on how long ago it is, so that the page shows the same whenever the test runs.
    """

    def __init__(self, page: Page):
        self.queries: list[dict] = []
        self.failure: str | None = None
        self.is_empty = False
        # What waits for `release`, where answers are held.
        self.held: list[Route] | None = None
        self.models = MODELS
        self.today = date.fromisoformat(page.evaluate("new Date().toLocaleDateString('sv')"))
        page.route("**/api/v1/analytics?*", self.answer)

    def rows(self, start: date, end: date):
        for offset in range((end - start).days):
            day = start + timedelta(offset)
            age = (self.today - day).days
            if self.is_empty or age % 11 == 3 or age < 0:
                continue
            for number, (model, price) in enumerate(self.models):
                size = (age * 37 + number * 101) % 90 + 10
                if age % 7 >= 5 and number > 1:
                    continue
                tokens = size * 9_000 // (number + 1)
                yield {"day": day.isoformat(), "model": model, "user": ("github:ada", "irc:local/bob")[number % 2], "repository": ("app", "site", "")[number % 3],
                       "tool": ("read", "write", "run")[number % 3], "persona": ("", "reviewer")[number % 2], "thumbs_up": size // 20, "thumbs_down": size // 60,
                       "turns": size // (number + 2), "failed": size % 3 if number < 2 else 0, "stopped": size % 2,
                       "tokens_in": tokens, "tokens_out": tokens // 8, "tokens_cached": tokens * (size % 60) // 100, "cost": None if price is None else tokens * price / 1e6,
                       "seconds": size * 2.5, "tool_calls": size, "commands": size // 4, "commits": size // 30, "tasks_done": size // 40,
                       "tokens_unpriced": tokens + tokens // 8 if price is None else 0, "first": 0.4 + size / 100}

    def sums(self, rows: list[dict]) -> dict:
        priced = [row["cost"] for row in rows if row["cost"] is not None]
        first = sorted(row["first"] for row in rows)
        return {name: sum(row[name] for row in rows) for name in SUMS} | {
            "cost": sum(priced) if priced or not rows else None, "currency": "USD",
            "first_token_p50": first[len(first) // 2] if first else None, "first_token_p95": first[-1] * 2 if first else None,
            "turn_p50": first[len(first) // 2] * 9 if first else None, "turn_p95": first[-1] * 30 if first else None}

    def release(self):
        held, self.held = self.held or [], None
        for route in held:
            self.answer(route)

    def answer(self, route: Route):
        if self.held is not None:
            return self.held.append(route)
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        self.queries.append(query)
        if self.failure:
            return route.fulfill(status=500, content_type="application/problem+json", body=json.dumps({"type": "about:blank", "title": "", "status": 500, "detail": self.failure}))
        rows = list(self.rows(date.fromisoformat(query["from"]), date.fromisoformat(query["to"])))
        keys, groups = query["by"].split(","), {}
        for row in rows:
            groups.setdefault(tuple(row[key] for key in keys), []).append(row)
        items = [{"key": dict(zip(keys, key))} | self.sums(group) for key, group in groups.items()]
        if "text/csv" in route.request.headers["accept"]:
            lines = [",".join([*keys, "turns"])] + [",".join([*item["key"].values(), str(item["turns"])]) for item in items]
            return route.fulfill(content_type="text/csv", body="\r\n".join(lines) + "\r\n")
        route.fulfill(json={"items": items, "totals": self.sums(rows)})


def chart(page: Page, title: str):
    return page.locator("figure.chart", has=page.get_by_role("heading", name=title))


def inspect(page: Page, name: str):
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=FOLDER / f"analytics-{name}-{scheme}.png")
        found = [f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
                 for violation in AXE.run(page).response["violations"] for node in violation["nodes"]]
        assert found == [], f"{name}, {scheme}: " + "\n".join(found)


def desk(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860}, timezone_id="Europe/Berlin", accept_downloads=True)
    page = context.new_page()
    watch, usage = Watch(page), Usage(page)
    sign_in(page)
    today = usage.today
    with check("the sections lead to 30 days of the reader's zone, read once by each key"):
        page.get_by_role("navigation", name="Sections").get_by_role("link", name="Analytics").click()
        expect(page.locator(".tiles")).to_contain_text("Estimated cost")
        assert sorted(query["by"] for query in usage.queries) == ["day", "day,model", "model", "persona", "repository", "tool", "user"], usage.queries
        assert {(query["from"], query["to"], query["zone"]) for query in usage.queries} == {((today - timedelta(29)).isoformat(), (today + timedelta(1)).isoformat(), "Europe/Berlin")}
        inspect(page, "desk")
        # The whole page, as long as it is.
        page.set_viewport_size({"width": 1280, "height": 2500})
        page.screenshot(path=FOLDER / "analytics-whole-light.png")
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=FOLDER / "analytics-whole-dark.png")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 860})
    cost = chart(page, "Estimated cost a day")
    with check("the largest models have a colour each, the others one together; a model without a price is named as that"):
        expect(chart(page, "Tokens a day").locator(".legend li")).to_have_count(7)
        expect(cost.locator(".legend li")).to_have_count(6)
        expect(cost.locator(".legend")).to_contain_text("4 others")
        expect(cost).to_contain_text("of models that have no price")
        row = page.get_by_role("row", name="local/<b>qwen</b>⟨U+202E⟩")
        expect(row).to_contain_text("no price")
        assert page.locator(".charts b").count() == 0
    with check("the arrow keys read the days, and the pointer too"):
        cost.locator(".plot").focus()
        page.keyboard.press("End")
        expect(cost.locator(".readout")).to_contain_text("(not over): ")
        assert "(not over)" in page.locator("#announcer").inner_text()
        first = cost.locator(".readout").inner_text()
        page.keyboard.press("ArrowLeft")
        assert cost.locator(".readout").inner_text() != first
        page.screenshot(path=FOLDER / "analytics-keys.png")
        cost.locator(".plot").hover(position={"x": 80, "y": 100})
        expect(cost.locator(".readout strong")).to_be_visible()
    with check("a table behind each chart has the same numbers"):
        for figure in page.locator("figure.chart").all():
            figure.locator("summary").click()
            expect(figure.locator("tbody tr")).to_have_count(30)
        turns = chart(page, "Turns a day")
        shown = [int(cell.replace(",", "")) for cell in turns.locator("tbody tr td:last-child").all_inner_texts()]
        wanted = [query for query in usage.queries if query["by"] == "day"][-1]
        rows = list(usage.rows(date.fromisoformat(wanted["from"]), date.fromisoformat(wanted["to"])))
        assert sum(shown) == sum(row["turns"] for row in rows), (sum(shown), sum(row["turns"] for row in rows))
        inspect(page, "tables")
    with check("period and split are in the address, days of one's own choice too, and Back leads back"):
        page.get_by_role("button", name="7 days").click()
        until(page, "document.querySelectorAll('figure.chart details[open]').length === 0")
        assert page.url.endswith("/analytics?period=7"), page.url
        page.get_by_label("Split by").select_option("user")
        expect(page.get_by_role("heading", name="Tokens a day, by person")).to_be_visible()
        assert page.url.endswith("?period=7&split=user"), page.url
        expect(chart(page, "Tokens a day").locator(".legend li")).to_have_count(2)
        page.get_by_role("button", name="Days…").click()
        chosen = (today - timedelta(300)).isoformat()
        # The address changes before the page asks.
        with page.expect_request(lambda request: f"from={chosen}" in request.url):
            page.get_by_label("From", exact=True).fill(chosen)
        expect(page).to_have_url(f"{BASE}/analytics?split=user&from={chosen}&to={today.isoformat()}")
        usage.held = []
        page.get_by_label("Split by").select_option("repository")
        page.get_by_label("From", exact=True).fill((today - timedelta(800)).isoformat())
        expect(page.locator(".problem")).to_have_text("At most 366 days can be shown.")
        usage.release()
        until(page, "document.querySelector('[aria-busy]') === null")
        expect(page.locator(".problem")).to_have_text("At most 366 days can be shown.")
        page.go_back()
        page.go_back()
        expect(page.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    with check("the table can be had as a file"):
        with page.expect_download() as download:
            page.get_by_role("button", name="Download CSV").click()
        assert download.value.suggested_filename == f"jetbridge-{(today - timedelta(6)).isoformat()}-{today.isoformat()}.csv"
        with open(download.value.path(), newline="") as file:
            assert next(csv.reader(file)) == ["day", "user", "turns"]
    with check("on paper every chart has its table"):
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        expect(chart(page, "Turns a day").locator("tbody tr")).to_have_count(7)
        page.pdf(path=FOLDER / "analytics.pdf")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
    with check("what has no price at all does not cost 0, and people have their names"):
        page.route("**/api/v1/people", lambda route: route.fulfill(json={"removed": [], "items": [
            {"id": "1", "identity": "github:ada", "name": "Ada Lovelace", "way": "sign-in", "role": "owner", "network": "github", "key": None, "listed_role": None, "last_seen": None, "scopes": [], "self": True}]}))
        usage.models = MODELS[3:4]
        page.goto(f"{BASE}/analytics?split=user&period=7")
        expect(page.locator(".tiles")).to_contain_text("no price")
        expect(cost).to_have_count(0)
        usage.models = MODELS
        page.reload()
        expect(page.get_by_role("row", name="Ada Lovelace")).to_be_visible()
    with check("an empty period and a failure say so"):
        usage.is_empty = True
        page.goto(f"{BASE}/analytics")
        expect(page.get_by_role("heading", name="Nothing was used")).to_be_visible()
        inspect(page, "empty")
        usage.is_empty, usage.failure = False, "The store does not answer."
        page.reload()
        expect(page.get_by_text("The store does not answer.")).to_be_visible()
        usage.failure = None
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".tiles")).to_be_visible()
    with check("a year is drawn at once"):
        page.goto(f"{BASE}/analytics?from={(today - timedelta(364)).isoformat()}&to={today.isoformat()}")
        expect(page.locator("figure.chart svg")).to_have_count(9)
        page.screenshot(path=FOLDER / "analytics-year.png")
    with check("nothing forbidden happened"):
        assert watch.mistakes == [], watch.mistakes
    context.close()


def phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True)
    page = context.new_page()
    usage = Usage(page)
    sign_in(page)
    with check("everything fits on a phone, and a finger reads a day"):
        page.get_by_role("link", name="Analytics").tap()
        expect(page.locator(".tiles")).to_be_visible()
        assert page.evaluate("document.querySelector('.page').scrollWidth") == 390
        inspect(page, "phone")
        cost = chart(page, "Estimated cost a day")
        cost.locator(".plot").tap(position={"x": 200, "y": 100})
        expect(cost.locator(".readout")).to_contain_text("gpt-5.4")
        cost.scroll_into_view_if_needed()
        page.screenshot(path=FOLDER / "analytics-phone-chart.png")
        page.get_by_role("button", name="Days…").tap()
        expect(page.get_by_label("From", exact=True)).to_be_visible()
        small = page.evaluate(
            """() => [...document.querySelectorAll('button, select, input, summary')].filter(element => {
                const box = element.getBoundingClientRect();
                return box.width > 0 && (box.height < 44 || box.width < 44);
            }).map(element => element.outerHTML)""")
        assert small == [], small
        assert usage.queries
    context.close()


def guest(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    usage = Usage(page)
    sign_in(page, sys.argv[4], "Bob")
    with check("others than owners see what is theirs, and no people"):
        page.get_by_role("link", name="Analytics").click()
        expect(page.get_by_text("What you used on this host.")).to_be_visible()
        expect(page.locator(".tiles")).to_be_visible()
        expect(page.get_by_role("heading", name="People")).to_have_count(0)
        assert not any("user" in query["by"] for query in usage.queries)
    context.close()


with sync_playwright() as play:
    chromium = launch(play)
    for part in (desk, phone, guest):
        part(chromium)
print(json.dumps({"result": "ok"}))
