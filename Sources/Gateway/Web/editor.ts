// The page `/d/REPOSITORY/BRANCH/PATH` or `/d/THREAD/PATH`: a Markdown document, edited here and saved as a commit.

import { announce, setUpAnnouncer } from "./announce";
import * as api from "./api";
import { Child, h, icon, iconButton, replace } from "./dom";
import { colour } from "./editor/carets";
import { CommentList } from "./editor/comments";
import { askAboutConflict, both, resolved } from "./editor/conflict";
import { Field } from "./editor/field";
import { Finding, listFindings } from "./editor/findings";
import { HistoryDialog, Version } from "./editor/history";
import { headings } from "./editor/outline";
import { askAboutPassage } from "./editor/passage";
import { ScrollPair } from "./editor/scrolling";
import { HostMessage, SharedText } from "./editor/shared";
import { askAboutSuggestion, request, suggested } from "./editor/suggestion";
import { Live } from "./live";
import { MarkdownView } from "./markdown/view";
import { setUpToggle } from "./theme";
import type { Comment, DocumentAddress, OpenedDocument } from "./types";
import { mayBeSignedIn, showSignIn } from "./views/signin";

const root = document.getElementById("app")!;
/** As the server counts, in bytes of UTF-8. */
const limit = 102_400;
const views = ["edit", "both", "read"] as const;
type View = (typeof views)[number];
const viewKey = "jetbridge.document-view";

/** Newer than the compiler's list of names. */
declare const Highlight: new (...ranges: Range[]) => object;

class EditorPage {
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly notice = h("p", { class: "editor-notice", role: "status" });
  private readonly state = h("span", { class: "editor-state", role: "status" });
  private readonly save = h("button", { type: "button", class: "primary", disabled: true, onclick: () => this.commit() }, "Save");
  private readonly documents = h("select", { "aria-label": "Document", onchange: () => this.choose() });
  private readonly outline = h("nav", { class: "editor-outline", "aria-label": "Headings" });
  private readonly preview = new MarkdownView();
  private readonly previewPane = h("section", { class: "editor-pane editor-preview", "aria-label": "Preview", tabindex: 0 }, h("h2", { class: "off-screen" }, "Preview"), this.preview.element);
  private readonly panes = h("div", { class: "editor-panes" });
  private readonly ask = h("button", { type: "button", class: "quiet small", hidden: true, onclick: () => this.askForChange() }, "Ask for a change");
  private readonly remark = h("button", { type: "button", class: "quiet small", hidden: true, onclick: () => this.commentOn() }, "Comment");
  private readonly comments = new CommentList({
    find: (comment) => this.shared.find(comment, this.field.text),
    reveal: (place) => this.field.reveal(place.from, place.to),
    mark: (marks) => this.field.showComments(marks),
    answer: (number, text) => api.comment(this.thread, this.path, { text, quote: null, anchor: null, answers: number, refine: null }, api.newKey()),
    resolve: (number) => api.resolveComment(this.thread, this.path, number),
  });
  private readonly people = h("ul", { class: "people-here", "aria-label": "Also here" });
  private readonly findings = h("details", { class: "editor-findings", hidden: true });
  private history: HistoryDialog | null = null;
  private readonly field: Field;
  private readonly shared: SharedText;
  private list: api.DocumentList | null = null;
  /** The commit that the text was begun from or last merged with. */
  private base = "";
  private committed: { sha: string; url: string } | null = null;
  private conflict: HostMessage | null = null;
  /** The conflict's commit, once both versions are in the text. */
  private resolved: string | null = null;
  private isSaving = false;

  private readonly thread: string;
  private readonly path: string;
  /** What a new document begins with. */
  private template: string | null;

  constructor(private readonly place: OpenedDocument) {
    ({ thread_id: this.thread, path: this.path, text: this.template } = place);
    this.field = new Field(this.path, limit, {
      edited: (edits) => this.shared.edit(edits),
      selected: (anchor, head) => this.shared.select(anchor, head),
      moved: () => this.moved(),
      full: () => { this.problem.textContent = `A document has at most ${limit} bytes, and this one would have more. Split it into smaller ones.`; },
      save: () => this.commit(),
      commented: (number) => this.comments.focus(number),
    });
    this.shared = new SharedText(this.thread, this.path, {
      changed: (delta) => {
        let at = 0;
        this.field.apply(delta.flatMap((part) => {
          const from = at;
          at += (part.retain ?? 0) + (part.delete ?? 0);
          return part.retain === undefined ? [{ from, to: at, insert: part.insert ?? "" }] : [];
        }));
      },
      begunAnew: (text, lost) => void this.begunAnew(text, lost),
      peersChanged: () => this.showPeers(),
      stateChanged: () => this.showState(),
      received: (message) => this.received(message),
      refused: () => void api.document(this.thread, this.path).catch((error: unknown) => this.failed(error)),
    });
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
      this.previewPane);
    new ScrollPair(this.field, this.previewPane, this.preview.element, () => headings(this.field.text).map((heading) => heading.place));
    replace(root, h(
      "main", { class: "editor", id: "main" },
      h("h1", { class: "off-screen" }, this.path),
      h("header", {},
        h("a", { class: "icon-button", href: `/#/t/${encodeURIComponent(this.thread)}`, "aria-label": "Back to the conversation", title: "Back to the conversation" }, icon("back")),
        this.documents, h("a", { class: "editor-place", href: "/documents", title: "All documents" }, `${this.place.repository} · ${this.place.branch}`), h("span", { class: "spacer" }), this.people, this.state, this.save, theme),
      h("div", { class: "editor-tools" },
        h("fieldset", { class: "editor-views" }, h("legend", { class: "off-screen" }, "View"), ...choices),
        h("span", { class: "spacer" }), this.remark, this.ask, this.comments.toggle, h("button", { type: "button", class: "quiet small", onclick: () => this.shared.ask({ type: "history" }) }, "History"), iconButton("search", "Find and replace", () => this.field.search(), "icon-button small")),
      this.findings, this.problem, this.notice,
      h("div", { class: "editor-body" }, this.outline, this.panes, this.comments.element)));
    this.show(chosen !== null && views.includes(chosen) ? chosen : matchMedia("(max-width: 900px)").matches ? "edit" : "both");
    addEventListener("beforeunload", (event) => {
      this.shared.keep();
      if (!this.shared.isKept) event.preventDefault();
    });
    // The preview is what is printed.
    addEventListener("beforeprint", () => this.showPreview(this.field.text));
    this.field.setReadOnly(true);
    if (this.shared.start()) this.notice.textContent = "What you had typed without a connection is here again, and is merged.";
    void this.readList();
    this.showState();
    this.moved();
    if (!matchMedia("(pointer: coarse)").matches) this.field.focus();
  }

  private async readList(): Promise<void> {
    try {
      this.list = await api.documents(this.thread);
      this.drawList();
      if (!this.list.items.some((item) => item.path === this.path)) this.notice.textContent = "A new document: it is made when you save it.";
    } catch (error) {
      this.failed(error);
    }
  }

  // What the host says

  private received(message: HostMessage): void {
    switch (message.type) {
      case "hello":
        // The conversation has chosen another feature since: the document is opened beside another one.
        if (message.branch !== this.place.branch || message.repository !== this.place.repository) return location.reload();
        this.base = message.base;
        this.problem.textContent = "";
        this.field.setReadOnly(!message.can_edit);
        break;
      case "merged":
        this.base = message.base;
        this.conflict = null;
        this.notice.textContent = "Somebody has committed changes: they are in the text.";
        break;
      case "saved":
        this.base = message.base;
        this.conflict = null;
        this.isSaving = false;
        this.resolved = null;
        this.problem.textContent = "";
        this.notice.textContent = "";
        if (message.commit !== null && typeof message.commit === "object") this.committed = message.commit;
        announce("Saved.");
        if (this.list && !this.list.items.some((item) => item.path === this.path)) void this.readList();
        break;
      case "conflict":
        this.conflict = message;
        this.notice.textContent = "";
        if (this.isSaving) void this.resolve();
        else replace(this.notice, message.message.split(": ")[0]!, h("button", { type: "button", class: "quiet small", onclick: () => void this.resolve() }, "Look at both versions"));
        this.isSaving = false;
        break;
      case "findings": {
        const found = message.items as Finding[];
        this.field.showFindings(found);
        const before = this.findings.querySelector("summary")?.textContent;
        const now = listFindings(this.findings, found, (line) => this.field.revealLine(line));
        // Those of a text that was just opened are there to be read.
        if (before !== undefined && before !== now) announce(now === "" ? "No findings." : `Findings: ${now}`);
        break;
      }
      case "comments":
        this.comments.show(message.items as Comment[], this.shared.canEdit);
        break;
      case "history":
        this.history = new HistoryDialog(message.items as Version[], this.place.repository, (commit) => this.shared.ask({ type: "version", commit }));
        break;
      case "version":
        this.history?.show(message.change, message.diff, () => this.field.change(normal(message.text)));
        break;
      case "error":
        this.isSaving = false;
        this.problem.textContent = message.message;
        if (!["save", "history", "lost"].includes(message.code)) this.field.setReadOnly(true);
    }
  }

  private commit(): void {
    if (this.isSaving || !this.shared.isConnected || !this.shared.isUnsaved) return;
    if (this.conflict && this.resolved === null) return void this.resolve();
    this.isSaving = true;
    this.problem.textContent = "";
    this.shared.ask(this.resolved === null ? { type: "save" } : { type: "save", base: this.resolved });
    this.showState();
  }

  private async resolve(): Promise<void> {
    const { base_text: base, theirs, commit } = this.conflict!;
    const choice = await askAboutConflict(normal(base ?? ""), theirs === null ? null : normal(theirs), this.field.text);
    if (choice === null || typeof commit !== "string") return;
    this.notice.textContent = "";
    this.resolved = commit;
    if (theirs !== null) this.field.change(resolved(choice, normal(base ?? ""), normal(theirs), this.field.text));
    // Both versions are to be edited first.
    if (choice !== "both") this.commit();
    this.showState();
  }

  private async begunAnew(text: string, lost: string | null): Promise<void> {
    this.field.reset(text);
    if (lost === null || lost === text) return;
    const choice = await askAboutConflict(text, text, lost);
    if (choice === "both") this.field.change(both(this.field.text, lost));
    if (choice === "ours") this.field.change(lost);
  }

  // Showing

  private showPeers(): void {
    const { peers } = this.shared;
    this.field.showPeers(peers);
    // Without a connection nobody is here, and nobody has left.
    if (this.shared.isConnected) {
      for (const { id, name } of peers) if (!this.present.has(id)) announce(`${name} is here.`);
      for (const [id, name] of this.present) if (!peers.some((peer) => peer.id === id)) announce(`${name} has left.`);
      this.present = new Map(peers.map(({ id, name }) => [id, name]));
    }
    replace(this.people, ...peers.map((peer) => h("li", { class: `peer-${colour(peer)}`, title: peer.name }, h("span", { "aria-hidden": "true" }, peer.name.slice(0, 1).toUpperCase()), h("span", { class: "off-screen" }, peer.name))));
  }

  private present = new Map<number, string>();

  private moved(): void {
    this.ask.hidden = this.field.selection.trim() === "";
    this.remark.hidden = this.ask.hidden || !this.shared.canEdit;
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private frame = 0;
  private check: number | undefined;
  private drawn: string | null = null;

  private draw(): void {
    const text = this.field.text;
    if (text === this.drawn) return;
    this.drawn = text;
    clearTimeout(this.check);
    this.check = setTimeout(() => {
      this.shared.ask({ type: "check" });
      this.comments.place();
    }, 500);
    if (this.panes.dataset.view !== "edit") this.showPreview(text);
    const found = headings(text);
    const least = Math.min(...found.map((heading) => heading.level));
    // The preview's headings are two levels lower. Above a text that begins with another than its first, the page's own
    // headings would skip levels.
    this.panes.classList.toggle("is-deep", (found[0]?.level ?? 1) > 1);
    replace(this.outline, ...found.map((heading) => h(
      "button", { type: "button", class: `outline-entry level-${Math.min(heading.level - least, 3)}`, onclick: () => this.field.reveal(heading.place) }, heading.title || "(untitled)")));
  }

  private showPreview(text: string): void {
    this.preview.update(text, true);
    const { highlights } = CSS as unknown as { highlights?: Map<string, object> };
    if (!highlights) return;
    const ranges: Range[] = [];
    const texts = document.createTreeWalker(this.preview.element, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode as Text;
      for (const match of node.data.matchAll(/\[NEEDS CLARIFICATION[^\]]*\]/g)) {
        const range = new Range();
        range.setStart(node, match.index!);
        range.setEnd(node, match.index! + match[0]!.length);
        ranges.push(range);
      }
    }
    highlights.set("question", new Highlight(...ranges));
  }

  private show(view: View): void {
    this.panes.dataset.view = view;
    localStorage.setItem(viewKey, view);
    root.querySelector<HTMLInputElement>(`input[name="view"][value="${view}"]`)!.checked = true;
    this.drawn = null;
    this.draw();
  }

  private showState(): void {
    if (this.template !== null && this.shared.isConnected && this.shared.canEdit) this.beginFromTemplate();
    const { isConnected, isUnsaved, isPending, isKept } = this.shared;
    this.save.disabled = !isUnsaved || !isConnected || this.isSaving;
    const words: Child[] = !isConnected ? [isPending ? isKept ? "Offline: kept in this browser" : "Offline: this browser cannot keep your edits, leave the page open" : this.base === "" ? "" : "Offline"]
      : this.isSaving ? ["Saving…"]
      : isUnsaved ? ["Stored, not committed"]
      : this.committed ? ["Saved in ", h("a", { href: this.committed.url, target: "_blank", rel: "noopener" }, h("code", {}, this.committed.sha.slice(0, 7)))]
      : ["At ", h("code", {}, this.base.slice(0, 7))];
    // It is read out only when it is another one.
    const shown = h("span", {}, ...words);
    if (shown.textContent !== this.state.textContent) replace(this.state, shown);
  }

  /** What somebody has written already stays. */
  private beginFromTemplate(): void {
    const text = this.template!;
    this.template = null;
    if (this.field.text === "" && !this.shared.isUnsaved) this.field.change(normal(text));
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
    if (!path) return void (this.documents.value = this.path);
    const known = this.list!.items.find((item) => item.path === path);
    location.assign(api.documentAddress(this.place.repository, known?.branch ?? this.list!.branch, path));
  }

  private newPath(): string | null {
    const name = prompt("The new document's name, below docs/:", "notes.md")?.trim().replace(/^docs\//, "") ?? "";
    return name === "" ? null : `docs/${/\.(md|markdown)$/i.test(name) ? name : `${name}.md`}`;
  }

  /** Asks the model to change the selected passage; the conversation shows what it does. */
  private askForChange(): void {
    const passage = this.field.selection;
    const place = this.shared.remember(this.field.range);
    askAboutPassage(passage, {
      title: "Ask for a change", label: "What should be different?", verb: "Ask",
      choice: this.isOfFeature ? "Commit the change at once, without asking me (/refine)" : null,
    }, async (wish, commits) => {
      const quoted = passage.split("\n").map((line) => `> ${line}`).join("\n");
      const text = commits ? `/refine ${wish}\n\nThis concerns the following passage of ${this.path}:\n\n${quoted}` : request(wish, this.path, passage);
      const { operation_id: operation } = await api.send(this.thread, text, api.newKey());
      this.notice.textContent = `The conversation works on it. ${commits ? "The text here follows when it is committed." : "The suggestion is shown here."}`;
      if (!commits && operation !== null) this.waitForSuggestion(operation, passage, place);
    });
  }

  /** Says something about the selected passage, to everybody in the document and in the conversation. */
  private commentOn(): void {
    const quote = this.field.selection;
    const anchor = this.shared.anchor(this.field.range);
    if ([...quote].length > 2_000) {
      this.notice.textContent = "Select at most 2,000 characters to comment on.";
      return;
    }
    const key = api.newKey();
    askAboutPassage(quote, {
      title: "Comment", label: "What do you want to say?", verb: "Comment",
      choice: this.isOfFeature ? "Ask for this change: the model makes and commits it (/refine)" : null,
    }, async (text, refine) => {
      await api.comment(this.thread, this.path, { text, quote, anchor, answers: null, refine }, key);
      if (refine) this.notice.textContent = "The conversation works on it. The text here follows when it is committed.";
    });
  }

  private waitForSuggestion(operation: string, passage: string, place: () => { from: number; to: number } | null): void {
    const nothing = (): void => undefined;
    const live = new Live({
      frame: (frame) => {
        if (frame.operation_id !== operation || frame.type !== "complete" && frame.type !== "error") return;
        live.stop();
        void this.suggest(frame.type === "complete" ? suggested(frame.content, passage) : null, passage, place);
      },
      asksChanged: nothing, threadChanged: nothing, connected: nothing, disconnected: nothing,
    });
    live.follow(operation);
    live.start();
  }

  private async suggest(next: string | null, passage: string, place: () => { from: number; to: number } | null): Promise<void> {
    this.notice.textContent = next === null ? "The answer has no suggestion for the text; it is in the conversation." : "";
    if (next === null) return;
    const taken = await askAboutSuggestion(passage, next);
    const range = place();
    if (taken === null) return;
    if (range && this.field.text.slice(range.from, range.to) === passage) this.field.replace(range, taken);
    else this.notice.textContent = "Somebody has changed the passage since, so the suggestion was not taken. Ask again.";
  }

  private failed(error: unknown): void {
    if (error instanceof api.APIError && error.status === 401) {
      this.shared.stop();
      return showSignIn(root, () => location.reload());
    }
    // A document that is not there yet is made by saving it.
    if (error instanceof api.APIError && error.status === 404 && this.list !== null) return;
    this.problem.textContent = api.explain(error);
  }
}

/** The field has one kind of line end; the file keeps its own. */
const normal = (text: string): string => text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");

/** The document of the page's address: a branch's slashes are percent-encoded in it, as in those of the viewer. */
function address(): DocumentAddress | null {
  const parts = /^\/d\/([^/]+)\/(.+)$/.exec(location.pathname);
  if (!parts) return null;
  try {
    const [first, ...rest] = [parts[1]!, ...parts[2]!.split("/")].map(decodeURIComponent);
    const isThread = /^t_[0-9a-f]{20}$/.test(first!);
    if (!isThread && rest.length < 2) return null;
    return {
      thread_id: isThread ? first! : null, repository: isThread ? null : first!, branch: isThread ? null : rest.shift()!, path: rest.join("/"),
      template: new URLSearchParams(location.search).get("template"),
    };
  } catch {
    return null;
  }
}

function refuse(text: string): void {
  replace(root, h("main", { class: "signin" }, h("div", { class: "signin-card" }, h("p", { role: "alert" }, text), h("p", {}, h("a", { href: "/documents" }, "All documents")))));
}

async function boot(): Promise<void> {
  const found = address();
  try {
    const me = await api.me();
    if (me.role === "guest") return refuse("Documents are for members. Ask an owner for the role member.");
    if (!found) return refuse("This address names no document.");
    const opened = await api.openDocument(found);
    if (found.branch !== null && found.branch !== opened.branch) history.replaceState(null, "", api.documentAddress(opened.repository, opened.branch, opened.path));
    new EditorPage(opened).start();
  } catch (error) {
    if (error instanceof api.APIError && error.status === 401) return showSignIn(root, () => location.reload());
    refuse(api.explain(error));
  }
}

setUpAnnouncer(document.getElementById("announcer")!);
if (mayBeSignedIn()) void boot();
else showSignIn(root, () => location.reload());
