// The page `/d/THREAD/PATH`: a Markdown document beside a conversation, edited here and saved as a commit.

import { announce, setUpAnnouncer } from "./announce";
import * as api from "./api";
import { Child, h, icon, iconButton, replace } from "./dom";
import { askAboutConflict, both } from "./editor/conflict";
import * as drafts from "./editor/drafts";
import { Field } from "./editor/field";
import { headings } from "./editor/outline";
import { MarkdownView } from "./markdown/view";
import { setUpToggle } from "./theme";
import { mayBeSignedIn, showSignIn } from "./views/signin";

const root = document.getElementById("app")!;
/** As the server counts, in bytes of UTF-8. */
const limit = 102_400;
const views = ["edit", "both", "read"] as const;
type View = (typeof views)[number];
const viewKey = "jetbridge.document-view";

class EditorPage {
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly notice = h("p", { class: "editor-notice", role: "status" });
  private readonly state = h("span", { class: "editor-state", role: "status" });
  private readonly save = h("button", { type: "button", class: "primary", disabled: true, onclick: () => void this.commit() }, "Save");
  private readonly documents = h("select", { "aria-label": "Document", onchange: () => this.choose() });
  private readonly outline = h("nav", { class: "editor-outline", "aria-label": "Headings" });
  private readonly preview = new MarkdownView();
  private readonly panes = h("div", { class: "editor-panes" });
  private readonly ask = h("button", { type: "button", class: "quiet small", hidden: true, onclick: () => this.askForChange() }, "Ask for a change");
  private readonly field: Field;
  private list: api.DocumentList | null = null;
  /** The document as it is stored, and the commit that was read; null for a new one. */
  private stored = "";
  private base: string | null = null;
  private isSaving = false;
  private timer: number | undefined;

  constructor(private readonly thread: string, private readonly path: string) {
    this.field = new Field(this.path, { edited: () => this.edited(), moved: () => this.moved(), save: () => void this.commit() });
  }

  start(): void {
    const theme = h("button", { type: "button", class: "icon-button" });
    setUpToggle(theme);
    document.title = `${this.path} · Jetbridge`;
    const modes: Record<View, string> = { edit: "Edit", both: "Side by side", read: "Preview" };
    const chosen = localStorage.getItem(viewKey) as View | null;
    const choices = views.map((view) => h(
      "label", {}, h("input", { type: "radio", name: "view", value: view, onchange: () => this.show(view) }), modes[view]));
    replace(this.panes, h("section", { class: "editor-pane", "aria-label": "Text" }, this.field.element),
      h("section", { class: "editor-pane editor-preview", "aria-label": "Preview", tabindex: 0 }, this.preview.element));
    replace(root, h(
      "main", { class: "editor", id: "main" },
      h("header", {},
        h("a", { class: "icon-button", href: `/#/t/${encodeURIComponent(this.thread)}`, "aria-label": "Back to the conversation", title: "Back to the conversation" }, icon("back")),
        this.documents, h("span", { class: "spacer" }), this.state, this.save, theme),
      h("div", { class: "editor-tools" },
        h("fieldset", { class: "editor-views" }, h("legend", { class: "off-screen" }, "View"), ...choices),
        h("span", { class: "spacer" }), this.ask, iconButton("search", "Find and replace", () => this.field.search(), "icon-button small")),
      this.problem, this.notice,
      h("div", { class: "editor-body" }, this.outline, this.panes)));
    this.show(chosen !== null && views.includes(chosen) ? chosen : matchMedia("(max-width: 900px)").matches ? "edit" : "both");
    addEventListener("beforeunload", (event) => { if (this.isChanged && !drafts.load(this.thread, this.path)) event.preventDefault(); });
    addEventListener("pagehide", () => this.keep());
    addEventListener("online", () => this.showState());
    addEventListener("offline", () => this.showState());
    this.follow();
    void this.load();
  }

  private get isChanged(): boolean {
    return this.field.text !== this.stored;
  }

  // Reading

  private async load(): Promise<void> {
    try {
      this.list = await api.documents(this.thread);
      this.drawList();
      await this.read();
    } catch (error) {
      this.failed(error);
    }
    const draft = drafts.load(this.thread, this.path);
    if (draft && draft.text !== this.stored) {
      this.base = draft.base;
      this.field.change(draft.text);
      replace(this.notice, "What you had typed and not saved is here again. ",
        h("button", { type: "button", class: "quiet small", onclick: () => this.discard() }, "Discard it"));
    }
    this.showState();
    this.moved();
    if (!matchMedia("(pointer: coarse)").matches) this.field.focus();
  }

  private async read(): Promise<void> {
    try {
      const document = await api.document(this.thread, this.path);
      this.stored = normal(document.text);
      this.base = document.commit;
      this.field.change(this.stored);
    } catch (error) {
      if (!(error instanceof api.APIError) || error.status !== 404 || this.list === null) throw error;
      this.notice.textContent = "A new document: it is made when you save it.";
    }
    this.showState();
  }

  /** Changes of others: taken over at once while nothing is typed here, and merged by the next saving otherwise. */
  private follow(): void {
    const source = new EventSource("/api/v1/events");
    const check = (): void => void this.refresh();
    source.addEventListener("commit", (event) => {
      const commit = JSON.parse((event as MessageEvent).data) as api.Commit;
      if (commit.repository === this.list?.repository && commit.branch === this.list.branch && commit.sha !== this.base) check();
    });
    source.addEventListener("reset", check);
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") check(); });
  }

  private async refresh(): Promise<void> {
    if (this.isSaving) return;
    try {
      const document = await api.document(this.thread, this.path);
      if (this.isSaving || document.commit === this.base) return;
      const text = normal(document.text);
      if (this.isChanged) {
        if (text !== this.stored) this.notice.textContent = "Somebody has saved changes meanwhile. They are merged with yours when you save.";
        return;
      }
      const isOther = text !== this.stored;
      this.stored = text;
      this.base = document.commit;
      this.field.change(text);
      if (isOther) {
        this.notice.textContent = "Somebody has changed the document: this is the newest text.";
        announce("Somebody has changed the document.");
      }
      this.showState();
    } catch {
      // The next saving says what is wrong.
    }
  }

  // Saving

  private async commit(): Promise<void> {
    if (this.isSaving || !this.isChanged) return;
    const sent = this.field.text;
    const bytes = new TextEncoder().encode(sent).length;
    if (bytes > limit) {
      this.problem.textContent = `The document has ${bytes} bytes, and the limit is ${limit}. Split it into smaller ones.`;
      return;
    }
    this.isSaving = true;
    this.field.mark();
    this.problem.textContent = "";
    this.showState();
    try {
      const saved = await api.saveDocument(this.thread, this.path, { text: sent, base: this.base, message: null });
      const text = normal(saved.text);
      this.field.rebase(sent, text);
      this.stored = text;
      if (saved.commit) this.base = saved.commit.sha;
      this.isSaving = false;
      this.notice.textContent = saved.merged ? "What others have changed meanwhile is merged with yours." : "";
      this.keep();
      this.showState(saved.commit);
      announce("Saved.");
      if (!this.list?.items.some((item) => item.path === this.path)) {
        this.list = await api.documents(this.thread);
        this.drawList();
      }
    } catch (error) {
      this.isSaving = false;
      this.keep();
      this.showState();
      if (error instanceof api.DocumentConflict) await this.resolve(error, sent);
      else this.failed(error);
      this.showState();
    }
  }

  private async resolve(conflict: api.DocumentConflict, sent: string): Promise<void> {
    const theirs = conflict.theirs === null ? null : normal(conflict.theirs);
    const choice = await askAboutConflict(normal(conflict.baseText ?? ""), theirs, this.field.text);
    if (choice === null) return;
    if (theirs === null) this.base = null;
    else await this.rebaseOnNewest(theirs);
    if (choice === "theirs") this.field.change(this.stored);
    if (choice === "both") this.field.change(both(this.stored, sent));
    this.keep();
    this.showState();
    if (choice === "ours") void this.commit();
  }

  /** The newest commit becomes the base, so that the next saving replaces what was shown. */
  private async rebaseOnNewest(theirs: string): Promise<void> {
    const document = await api.document(this.thread, this.path);
    this.stored = normal(document.text);
    this.base = document.commit;
    if (this.stored !== theirs) this.notice.textContent = "Others have saved again meanwhile: look through the text before you save.";
  }

  private discard(): void {
    this.notice.textContent = "";
    this.field.change(this.stored);
    drafts.store(this.thread, this.path, null);
    void this.read().catch((error: unknown) => this.failed(error));
  }

  /** Keeps what is not saved in this browser. */
  private keep(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    drafts.store(this.thread, this.path, this.isChanged ? { base: this.base, text: this.field.text } : null);
  }

  // Showing

  private edited(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), 400);
    this.showState();
  }

  private moved(): void {
    this.ask.hidden = this.field.selection.trim() === "" || !this.isOfFeature;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private frame = 0;
  private drawn: string | null = null;

  private draw(): void {
    const text = this.field.text;
    if (text === this.drawn) return;
    this.drawn = text;
    if (this.panes.dataset.view !== "edit") this.preview.update(text, true);
    const found = headings(text);
    const least = Math.min(...found.map((heading) => heading.level));
    replace(this.outline, ...found.map((heading) => h(
      "button", { type: "button", class: `outline-entry level-${Math.min(heading.level - least, 3)}`, onclick: () => this.field.reveal(heading.place) }, heading.title || "(untitled)")));
  }

  private show(view: View): void {
    this.panes.dataset.view = view;
    localStorage.setItem(viewKey, view);
    root.querySelector<HTMLInputElement>(`input[name="view"][value="${view}"]`)!.checked = true;
    this.drawn = null;
    this.draw();
  }

  private showState(commit: api.SavedDocument["commit"] = null): void {
    const isChanged = this.isChanged;
    this.save.disabled = !isChanged || this.isSaving;
    const words: Child[] = this.isSaving ? ["Saving…"]
      : isChanged ? [navigator.onLine ? "Not saved" : "Offline: kept in this browser"]
      : commit ? ["Saved in ", h("a", { href: commit.url, target: "_blank", rel: "noopener" }, h("code", {}, commit.sha.slice(0, 7)))]
      : this.base === null ? [] : ["At ", h("code", {}, this.base.slice(0, 7))];
    // The link to the last commit stays until something is typed.
    if (!isChanged && !commit && this.state.querySelector("a")?.textContent === this.base?.slice(0, 7)) return;
    replace(this.state, ...words);
  }

  private get isOfFeature(): boolean {
    return this.path.startsWith("specs/");
  }

  private drawList(): void {
    const paths = this.list!.items.map((item) => item.path);
    if (!paths.includes(this.path)) paths.unshift(this.path);
    replace(this.documents, ...paths.map((path) => h("option", { value: path, selected: path === this.path }, path)),
      h("option", { value: "" }, "New document…"));
  }

  private choose(): void {
    const path = this.documents.value || this.newPath();
    this.keep();
    if (path) location.assign(api.editorAddress(this.thread, path));
    else this.documents.value = this.path;
  }

  private newPath(): string | null {
    const name = prompt("The new document's name, below docs/:", "notes.md")?.trim().replace(/^docs\//, "") ?? "";
    return name === "" ? null : `docs/${/\.(md|markdown)$/i.test(name) ? name : `${name}.md`}`;
  }

  /** Asks the agent to change the selected passage; the conversation shows what it does. */
  private askForChange(): void {
    const passage = this.field.selection;
    const words = h("textarea", { id: "change-words", rows: 3, required: true });
    const problem = h("p", { class: "problem", role: "alert" });
    const send = h("button", { type: "submit", class: "primary" }, "Ask");
    const dialog: HTMLDialogElement = h(
      "dialog", { class: "help settings", "aria-labelledby": "change-title", onclose: () => dialog.remove() },
      h("header", {}, h("h2", { id: "change-title" }, "Ask for a change"), iconButton("close", "Close", () => dialog.close())),
      h("form", { onsubmit: (event: Event) => { event.preventDefault(); void run(); } },
        h("blockquote", { tabindex: 0 }, passage.length > 300 ? `${passage.slice(0, 300)}…` : passage),
        h("label", { for: "change-words" }, "What should be different?"), words, problem,
        h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), send)));
    document.body.appendChild(dialog);
    dialog.showModal();
    words.focus();
    const run = async (): Promise<void> => {
      send.disabled = true;
      try {
        const quoted = passage.split("\n").map((line) => `> ${line}`).join("\n");
        await api.send(this.thread, `/refine ${words.value.trim()}\n\nThis concerns the following passage of ${this.path}:\n\n${quoted}`, api.newKey());
        dialog.close();
        this.notice.textContent = "The conversation works on it. The text here follows when it is committed.";
      } catch (error) {
        problem.textContent = api.explain(error);
        send.disabled = false;
      }
    };
  }

  private failed(error: unknown): void {
    if (error instanceof api.APIError && error.status === 401) {
      this.keep();
      return showSignIn(root, () => location.reload());
    }
    this.problem.textContent = api.explain(error);
  }
}

/** The field has one kind of line end; the file keeps its own. */
const normal = (text: string): string => text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");

function place(): { thread: string; path: string } | null {
  const parts = /^\/d\/([^/]+)\/(.+)$/.exec(location.pathname);
  try {
    return parts && { thread: decodeURIComponent(parts[1]!), path: parts[2]!.split("/").map(decodeURIComponent).join("/") };
  } catch {
    return null;
  }
}

async function boot(): Promise<void> {
  const found = place();
  try {
    const me = await api.me();
    if (found && me.role !== "guest") return new EditorPage(found.thread, found.path).start();
    if (found) return void replace(root, h("main", { class: "signin" }, h("p", { role: "alert" }, "Documents are for members. Ask an owner for the role member.")));
    replace(root, h("main", { class: "signin" }, h("p", { role: "alert" }, "This address names no document.")));
  } catch (error) {
    if (error instanceof api.APIError && error.status === 401) return showSignIn(root, () => location.reload());
    replace(root, h("main", { class: "signin" }, h("p", { role: "alert" }, api.explain(error))));
  }
}

setUpAnnouncer(document.getElementById("announcer")!);
if (mayBeSignedIn()) void boot();
else showSignIn(root, () => location.reload());
