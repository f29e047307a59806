"""What people do inside one conversation: stop, copy, retry, edit, and come back to it."""

import base64

from playwright.sync_api import expect

from harness import BASE, FOLDER, Watch, api, ask, check, message_field, sign_in, thread_id, until

# One pixel.
PICTURE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
FOOTNOTES = """One claim[^a], another[^b], the first again[^a].

[^a]: Its source.
[^b]: Another source."""


def run(browser):
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    watch = Watch(page)
    sign_in(page, name="")
    names(page)
    copying(page)
    formulas(page)
    shape(page)
    asking_again(page)
    stopping(page)
    first_page(page)
    drafts(page)
    quickly(page)
    files(page)
    paper(page)
    offline(context, page)
    with check("nothing forbidden happened to the messages"):
        assert watch.mistakes == [], watch.mistakes
    with check("drafts are removed at sign-out"):
        message_field(page).fill("a secret draft")
        until(page, "sessionStorage.length > 0")
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Sign-in code")).to_be_visible()
        assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    context.close()


def new_conversation(page):
    page.keyboard.press("Alt+n")
    expect(page.locator(".entry")).to_have_count(0)


def questions(page):
    return page.locator(".entry-user .prose").all_inner_texts()


def files(page):
    new_conversation(page)
    chips = page.locator(".chip")
    with check("files are chosen, dropped and removed before sending"):
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Attach files").click()
        chooser.value.set_files([
            {"name": "data.csv", "mimeType": "text/csv", "buffer": b"1,2,3\n"},
            {"name": "a long name of a picture that does not fit into a chip.txt", "mimeType": "text/plain", "buffer": b"x"}])
        expect(chips).to_have_count(2)
        page.evaluate("""() => {
            const data = new DataTransfer();
            data.items.add(new File(["dropped"], "notes.txt"));
            document.querySelector(".scroller").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
        }""")
        expect(chips).to_have_count(3)
        page.screenshot(path=FOLDER / "files.png")
        page.get_by_role("button", name="Remove a long name").click()
        expect(chips).to_have_text(["data.csv", "notes.txt"])
    with check("they go with the message"):
        answer = ask(page, "What is in these files?")
        expect(answer).to_be_visible()
        expect(chips).to_have_count(0)
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages")["items"][0]["text"]
        assert "What is in these files?" in stored and "1,2,3" in stored and "dropped" in stored, stored
    with check("a message shows its files as it was sent and after a reload, and the answer an image of the workspace"):
        picture = page.locator("input[type=file]")
        picture.set_input_files([{"name": "dot.png", "mimeType": "image/png", "buffer": PICTURE}, {"name": "data.csv", "mimeType": "text/csv", "buffer": b"4\n"}])
        answer = ask(page, "![a dot](dot.png)")
        sent = page.locator(".entry-user").last
        expect(sent.locator(".sent-file canvas")).to_have_count(1)
        expect(answer.get_by_role("img", name="a dot")).to_be_visible()
        until(page, "document.querySelector('.entry-bot .picture').naturalWidth === 1")
        page.reload()
        expect(sent.locator(".sent-name")).to_have_text(["dot.png", "data-2.csv"])
        expect(sent.locator(".sent-size")).to_have_text([f"{len(PICTURE)} B", "2 B"])
        until(page, "[...document.querySelectorAll('.sent-file img')].some(image => image.naturalWidth === 1)")
        expect(sent.locator(".prose")).not_to_contain_text("Files:")
        expect(page.locator(".entry-user .prose").first).to_have_text("What is in these files?")
        with page.expect_download() as download:
            sent.get_by_text("data-2.csv").click()
        assert download.value.path().read_bytes() == b"4\n"
        page.screenshot(path=FOLDER / "sent-files.png")
    with check("a message may consist of files alone"):
        page.locator("input[type=file]").set_input_files([{"name": "more.txt", "mimeType": "text/plain", "buffer": b"more"}])
        before = page.locator(".entry-user").count()
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".entry-user")).to_have_count(before + 1)
        expect(page.locator(".entry-bot").last).to_have_attribute("aria-busy", "false", timeout=90_000)


def copied(page):
    return page.evaluate("navigator.clipboard.readText()")


def names(page):
    with check("network and name are shown only where they say something"):
        ask(page, "hello")
        expect(page.locator(".entry-user .author")).to_have_text("You")
        expect(page.locator(".badge:visible")).to_have_count(0)


def copying(page):
    loaded, printed = [], []
    page.on("console", lambda message: printed.append(message.text))
    page.on("request", lambda request: loaded.append(request.url) if "highlighter" in request.url else None)
    with check("code is coloured once it is finished, by a file that is loaded only then"):
        new_conversation(page)
        assert loaded == [], loaded
        answer = ask(page, "Show me swift code")
        expect(answer.locator("pre .hljs-keyword").first).to_have_text("func")
        assert printed == [], printed
        words = page.evaluate("""async () => (await import(document.querySelector('meta[name=highlighter]').content)).highlight("swift", "actor Bank { func pay() async { await go() } }")""")
        for word in ("actor", "async", "await"):
            assert f'<span class="hljs-keyword">{word}</span>' in words, words
        assert len(loaded) == 1, loaded
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages")["items"][-1]["text"]
        code = stored.split("```swift\n")[1].split("\n```")[0]
        assert answer.locator("pre").inner_text() == code, answer.locator("pre").inner_text()
        page.screenshot(path=FOLDER / "code.png")
    with check("an answer is copied as Markdown, and code by its own button"):
        answer.get_by_role("button", name="Copy the answer").click()
        until(page, "document.getElementById('announcer').textContent.includes('Copied.')")
        assert copied(page) == stored, copied(page)
        answer.get_by_role("button", name="Copy code").click()
        expect(answer.get_by_role("button", name="Copy code")).to_have_text("Copied")
        assert copied(page) == code, copied(page)
    with check("footnotes lead to their text and back"):
        ask(page, FOOTNOTES)
        question = page.locator(".entry-user").last
        assert question.locator(".footnotes li").all_text_contents() == ["Its source.↩", "Another source.↩"]
        expect(question.get_by_role("button", name="Footnote 1", exact=True)).to_have_count(2)
        question.get_by_role("button", name="Footnote 1", exact=True).last.press("Enter")
        assert page.evaluate("document.activeElement.dataset.footnote") == "1"
        question.get_by_role("button", name="Back from footnote 1").press("Enter")
        assert page.evaluate("document.activeElement.dataset.used") == "yes"
        assert page.evaluate("location.hash").startswith("#/t/")


FORMULAS = r"""It costs $5 and $6, and `$x$` is code. Inline $a^2$ and \(b_1\), broken $\frac{a$, refused $\href{https://a.example}{a}$.

\[
\begin{aligned} c &= \left(\frac{1}{2}\right) \\ - d &= \fcolorbox{red}{white}{e} \end{aligned}
\]
"""


def formulas(page):
    loaded = []
    page.on("request", lambda request: loaded.append(request.url.rsplit("/", 1)[1]) if "ormulas" in request.url or "KaTeX" in request.url else None)
    with check("formulas are typeset with fonts of the host, which are loaded only then; money, code and broken ones are text"):
        new_conversation(page)
        assert loaded == [], loaded
        answer = ask(page, FORMULAS + "And a formula, please.")
        question = page.locator(".entry-user .prose")
        expect(question.locator(".katex")).to_have_count(3)
        expect(question.locator(".katex-display .frac-line")).to_have_count(1)
        for text in ("$5 and $6", "$\\frac{a$", "$\\href{https://a.example}{a}$"):
            expect(question).to_contain_text(text)
        expect(question.locator("code")).to_have_text("$x$")
        expect(question.locator("a")).to_have_count(0)
        expect(answer.locator(".katex-display").last).to_be_visible()
        until(page, "document.fonts.check('16px KaTeX_Main') && document.fonts.check('italic 16px KaTeX_Math')")
        assert {"formulas.js", "formulas.css", "KaTeX_Math-Italic.woff2"} <= set(loaded), loaded
        page.screenshot(path=FOLDER / "formulas.png")


def shape(page):
    def direction(element):
        return element.evaluate("element => getComputedStyle(element).direction")

    with check("a long message is folded until somebody wants all of it"):
        new_conversation(page)
        ask(page, "\n".join(f"line {number}" for number in range(60)))
        sent = page.locator(".entry-user")
        assert sent.bounding_box()["height"] < 400, sent.bounding_box()
        page.screenshot(path=FOLDER / "folded.png")
        sent.get_by_role("button", name="Show all").click()
        assert sent.bounding_box()["height"] > 1000, sent.bounding_box()
        sent.get_by_role("button", name="Show less").press("Enter")
        assert sent.bounding_box()["height"] < 400, sent.bounding_box()
    with check("text from right to left is shown so, code is not, and code is as large as text"):
        message_field(page).fill("\u0645\u0631\u062d\u0628\u0627")
        assert direction(message_field(page)) == "rtl"
        ask(page, "\u0645\u0631\u062d\u0628\u0627 `code`.\n\n- \u0648\u0627\u062d\u062f\n\nEnglish\n\n```c\nint x;\n```")
        sent = page.locator(".entry-user").last
        assert [direction(sent.locator(name).first) for name in ("p", "ul", "li", "code", "pre")] == ["rtl", "rtl", "rtl", "ltr", "ltr"]
        assert direction(sent.locator("p").last) == "ltr"
        sizes = {element.evaluate("element => getComputedStyle(element).fontSize") for element in (sent.locator("p").first, sent.locator("p code"), sent.locator("pre code"))}
        assert len(sizes) == 1, sizes
        page.screenshot(path=FOLDER / "right-to-left.png")


def asking_again(page):
    with check("an answer is retried in a branch, and arrows show either version"):
        new_conversation(page)
        first = ask(page, "What is a bridge?")
        text = first.locator(".prose").first.inner_text()
        first.get_by_role("button", name="Ask again").click()
        versions = page.get_by_role("group", name="Versions of this message")
        expect(versions.get_by_role("img", name="Version 2 of 2")).to_be_visible(timeout=90_000)
        expect(page.locator(".entry-bot")).to_have_attribute("aria-busy", "false", timeout=90_000)
        assert questions(page) == ["What is a bridge?"], questions(page)
        previous, following = (versions.get_by_role("button", name=name) for name in ("Previous version", "Next version"))
        expect(following).to_be_disabled()
        previous.click()
        expect(versions.get_by_role("img", name="Version 1 of 2")).to_be_visible()
        assert page.locator(".entry-bot .prose").first.inner_text() == text
        expect(following).to_be_focused()
        expect(previous).to_be_disabled()
        page.keyboard.press("Enter")
        expect(versions.get_by_role("img", name="Version 2 of 2")).to_be_visible()
        expect(previous).to_be_focused()
    with check("a question is edited in the message field, which keeps its draft"):
        message_field(page).fill("my draft")
        edit = page.locator(".entry-user").first.get_by_role("button", name="Edit and send again")
        edit.click()
        expect(message_field(page)).to_have_value("What is a bridge?")
        expect(message_field(page)).to_be_focused()
        page.screenshot(path=FOLDER / "edit.png")
        page.keyboard.press("Escape")
        expect(message_field(page)).to_have_value("my draft")
        edit.press("Enter")
        page.keyboard.type(" In one line.")
        page.keyboard.press("Enter")
        expect(versions.get_by_role("img", name="Version 3 of 3")).to_be_visible(timeout=90_000)
        expect(message_field(page)).to_have_value("my draft")
        expect(page.locator(".editing")).to_be_hidden()
        message_field(page).fill("")
        expect(page.locator(".entry-bot").last).to_have_attribute("aria-busy", "false", timeout=90_000)
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages")["items"]
        asked = [item["text"] for item in stored if item["role"] == "user"]
        assert asked == ["What is a bridge? In one line."] == questions(page), asked
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages?branch=main")["items"]
        assert [item["text"] for item in stored if item["role"] == "user"] == ["What is a bridge?"], stored


def stopping(page):
    with check("a waiting question is removed from the queue, and the running answer is not disturbed"):
        new_conversation(page)
        running = ask(page, "an answer of 9000 characters", ends=False)
        waiting = ask(page, "and one of 8000 characters", ends=False)
        waiting.get_by_role("button", name="Remove").click()
        expect(waiting).to_have_attribute("data-state", "stopped")
        expect(running).to_have_attribute("data-state", "running")
    with check("an answer is stopped without further lines, and the focus stays in the conversation"):
        expect(running.locator(".prose").first).not_to_be_empty()
        stop = page.get_by_role("button", name="Stop the answer")
        stop.focus()
        page.keyboard.press("Enter")
        expect(running).to_have_attribute("data-state", "stopped")
        expect(message_field(page)).to_be_focused()
        expect(page.locator(".entry")).to_have_count(4)
        expect(page.locator(".entries")).not_to_contain_text("/stop")
        stored = api(page, f"/api/v1/threads/{thread_id(page)}/messages")["items"]
        assert sorted({item["role"] for item in stored}) == ["assistant", "note", "user"], stored
        page.screenshot(path=FOLDER / "stopped.png")
    with check("a stopped answer can be continued until something else follows"):
        new_conversation(page)
        first = ask(page, "an answer of 9000 characters", ends=False)
        expect(first.locator(".prose").first).not_to_be_empty()
        page.keyboard.press("Alt+s")
        expect(first).to_have_attribute("data-state", "stopped")
        first.get_by_role("button", name="Continue").click()
        expect(page.locator(".entry-bot")).to_have_count(2)
        expect(first.get_by_role("button", name="Continue")).to_be_hidden()
        rest = page.locator(".entry-bot").last
        expect(rest.locator(".prose").first).not_to_be_empty()
        page.keyboard.press("Alt+s")
        expect(rest).to_have_attribute("data-state", "stopped")


def first_page(page):
    """The answer runs, and the stored messages arrive late: they belong above it."""
    with check("a running answer stays below the older messages, however late these arrive"):
        new_conversation(page)
        ask(page, "hello")
        ask(page, "an answer of 9000 characters", ends=False)
        until(page, "location.hash.startsWith('#/t/')")
        held, frames = [], []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))
        page.route("**/messages?*before=latest*", lambda route: held.append(route))
        page.reload()
        while len(frames) < 3 or not held:
            page.wait_for_timeout(20)
        for route in held:
            route.continue_()
        page.unroute("**/messages?*before=latest*")
        expect(page.locator(".entry")).to_have_count(4)
        kinds = page.locator(".entry").evaluate_all("entries => entries.map(entry => entry.classList[1])")
        assert kinds == ["entry-user", "entry-bot"] * 2, kinds
        assert questions(page) == ["hello", "an answer of 9000 characters"], questions(page)
        expect(page.locator(".day")).to_have_count(1)
        last = page.locator(".entry").last
        assert last.get_attribute("aria-busy") == "true", "the answer ended too early for this check"
        page.keyboard.press("Alt+s")
        expect(last).to_have_attribute("data-state", "stopped")
        expect(page.locator(".entry").last).to_have_attribute("data-state", "stopped")


def drafts(page):
    with check("drafts are kept over a reload, each in its conversation"):
        message_field(page).fill("half a thought")
        new_conversation(page)
        message_field(page).fill("another one")
        page.reload()
        expect(message_field(page)).to_have_value("another one")
        message_field(page).fill("")
        expect(page.locator("a.thread").first).to_be_visible()
        page.keyboard.press("Alt+ArrowDown")
        expect(message_field(page)).to_have_value("half a thought")
    with check("the shortcut for commands keeps a draft"):
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        expect(message_field(page)).to_be_focused()
        expect(message_field(page)).to_have_value("half a thought")
        message_field(page).fill("")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        expect(message_field(page)).to_have_value("/")
        message_field(page).fill("")


def quickly(page):
    with check("messages that are sent before the conversation exists share it, in their order"):
        new_conversation(page)
        before = len(api(page, "/api/v1/threads?limit=100")["items"])
        page.route("**/api/v1/threads", lambda route: (page.wait_for_timeout(300), route.continue_()))
        for text in ["/whoami", "/help", "/jobs"]:
            message_field(page).fill(text)
            page.keyboard.press("Enter")
        expect(page.locator(".entry-user.is-sending")).to_have_count(0)
        page.unroute("**/api/v1/threads")
        expect(page.locator(".entry-user")).to_have_count(3)
        page.reload()
        expect(page.locator(".entry-user")).to_have_count(3)
        assert questions(page) == ["/whoami", "/help", "/jobs"], questions(page)
        assert len(api(page, "/api/v1/threads?limit=100")["items"]) == before + 1


def paper(page):
    with check("the whole conversation is printed, without what is around it, in the light theme, and code wraps"):
        new_conversation(page)
        ask(page, "Show me swift code")
        thread = thread_id(page)
        page.evaluate("""async thread => { for (let count = 0; count < 30; count += 1) await fetch(`/api/v1/threads/${thread}/messages`,
            {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({text: "/whoami"})}) }""", thread)
        until(page, f"fetch('/api/v1/threads/{thread}').then(answer => answer.json()).then(found => found.active_operation === null)")
        page.reload()
        expect(page.locator(".entry").last).to_be_visible()
        assert page.locator(".entry").count() < 45, page.locator(".entry").count()
        before, after = page.evaluate("""async () => {
            const [scroller, first] = [document.querySelector(".scroller"), document.querySelector(".entry")];
            scroller.scrollTop = 300;
            const before = first.getBoundingClientRect().top;
            while (document.querySelectorAll(".entry").length < 62) await new Promise(resolve => setTimeout(resolve, 20));
            await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
            return [before, first.getBoundingClientRect().top];
        }""")
        assert abs(before - after) < 2, ("earlier messages come by scrolling up, and what is in view stays", before, after)
        page.reload()
        expect(page.locator(".entry").last).to_be_visible()
        page.evaluate("window.print = () => { window.printed = document.querySelectorAll('.entry').length }")
        page.get_by_role("button", name="Conversation menu").click()
        page.get_by_role("menuitem", name="Print").click()
        until(page, "window.printed === 62")
        page.reload()
        expect(page.locator(".entry").last).to_be_visible()
        page.evaluate("window.print = () => { window.printed = document.querySelectorAll('.entry').length }")
        page.keyboard.press("Control+p")
        until(page, "window.printed === 62")
        expect(page.locator(".entry-user .prose").first).to_have_text("Show me swift code")
        expect(page.locator(".day")).to_have_count(1)
        page.emulate_media(media="print", color_scheme="dark")
        for hidden in (".sidebar", ".composer", ".title-row", ".entry-actions >> nth=0", ".panel-toggle"):
            expect(page.locator(hidden)).to_be_hidden()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.querySelector('.scroller').clientHeight > 3000")
        assert page.evaluate("getComputedStyle(document.querySelector('.prose pre')).whiteSpace") == "pre-wrap"
        expect(page.locator(".author").first).to_have_css("color", "rgb(27, 33, 39)")
        page.pdf(path=FOLDER / "conversation.pdf")
        page.emulate_media(media="screen", color_scheme="light")
    with check("a conversation is exported from its menu"):
        for name, end in (("Export as Markdown", ".md"), ("Export as JSON", ".json")):
            page.get_by_role("button", name="Conversation menu").click()
            with page.expect_download() as download:
                page.get_by_role("menuitem", name=name).click()
            assert download.value.suggested_filename == f"show-me-swift-code{end}", download.value.suggested_filename
            assert "func" in download.value.path().read_text()


def offline(context, page):
    with check("a page without a network says so, aloud too, and recovers by itself"):
        context.set_offline(True)
        expect(page.locator(".banner")).to_contain_text("You are offline")
        until(page, "document.getElementById('announcer').textContent.includes('You are offline')")
        page.screenshot(path=FOLDER / "offline.png")
        context.set_offline(False)
        expect(page.locator(".banner")).to_be_hidden()
        ask(page, "/whoami")
