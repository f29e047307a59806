// The list of conversations on all networks, or of those that contain some words, or of the archived ones.

import { announce } from "../announce";
import * as api from "../api";
import { h, icon, replace } from "../dom";
import { Seen } from "../seen";
import { fullTime, shortTime } from "../time";

export interface ThreadListDelegate {
  open(id: string): void;
  failed(error: unknown): void;
}

export class ThreadList {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "threads" });
  private readonly more = h("button", { type: "button", class: "quiet more", hidden: true, onclick: () => void this.loadMore() }, "Show older");
  private readonly field = h("input", {
    type: "search", class: "thread-search", placeholder: "Search", "aria-label": "Search conversations", maxlength: 100, autocomplete: "off",
    oninput: () => this.searched(), onkeydown: (event: KeyboardEvent) => this.key(event),
  });
  private readonly shelf = h("button", { type: "button", class: "shelf", onclick: () => this.switchShelf() });
  private readonly shelfTitle = h("p", { class: "shelf-title", hidden: true }, "Archived conversations");
  private readonly scroller: HTMLElement;
  private readonly items = new Map<string, api.Thread>();
  /** The newest state of every conversation seen, also of those that the list does not contain now. */
  private readonly known = new Map<string, api.Thread>();
  private cursor: string | null = null;
  private pages = 0;
  private current: string | null = null;
  private drawn = "";
  private query = "";
  private isArchived = false;
  /** Only conversations that this person began. */
  private isMine = false;
  private readonly whose: HTMLElement | null;
  /** The conversations that wait for this person. */
  private waiting = new Set<string>();
  private readonly seen = new Seen(() => this.draw());
  private timer: number | undefined;
  /** Changes with what the list contains: an answer to an earlier question is dropped. */
  private round = 0;

  /** @param seesAll whether this person also sees conversations of others */
  constructor(seesAll: boolean, private readonly delegate: ThreadListDelegate) {
    this.whose = seesAll ? h("div", { class: "whose", role: "group", "aria-label": "Whose conversations" }, this.choice("All", false), this.choice("Mine", true)) : null;
    this.scroller = h("div", { class: "thread-scroll" }, this.list, this.more);
    this.element = h("nav", { class: "thread-list", "aria-label": "Conversations" }, h("div", { class: "search-row", role: "search" }, icon("search"), this.field), ...(this.whose ? [this.whose] : []), this.shelfTitle, this.scroller, this.shelf);
    this.drawShelf();
  }

  /** Fetches the newest page and merges it. Returns whether that succeeded. */
  async refresh(): Promise<boolean> {
    const round = this.round;
    try {
      const page = await api.threads(null, this.query, this.isArchived, this.isMine);
      if (round !== this.round) return true;
      this.seen.begin(page.items);
      if (this.pages <= 1) this.items.clear();
      this.take(page.items);
      if (this.pages === 0) this.pages = 1;
      if (this.pages === 1) this.cursor = page.next_cursor;
      if (this.current !== null && !page.items.some((thread) => thread.id === this.current)) await this.reload(this.current);
      this.draw();
      return true;
    } catch (error) {
      this.delegate.failed(error);
      return false;
    }
  }

  /** Fetches one conversation that may have been changed elsewhere. Returns undefined when it no longer exists. */
  async reload(id: string): Promise<api.Thread | undefined> {
    try {
      const thread = await api.thread(id);
      this.put(thread);
      return thread;
    } catch (error) {
      if (!(error instanceof api.APIError) || error.status !== 404) throw error;
      this.remove(id);
      return undefined;
    }
  }

  /** Shows a conversation's new state. */
  put(thread: api.Thread): void {
    // Only lists say whose it is and what a search found in it.
    const { own, owner_name, found, found_message } = this.known.get(thread.id) ?? {};
    this.known.set(thread.id, { own, owner_name, ...thread, found: thread.found ?? found ?? null, found_message: thread.found_message ?? found_message ?? null });
    thread = this.known.get(thread.id)!;
    const belongs = (thread.state === "archived") === this.isArchived;
    if (!belongs) this.items.delete(thread.id);
    // Whether it contains the words is for the server to say.
    else if (this.items.has(thread.id) || this.query === "") this.items.set(thread.id, thread);
    this.draw();
  }

  select(id: string | null): void {
    this.current = id;
    this.draw();
  }

  /** Shows which conversations wait for this person. */
  setWaiting(threads: Set<string>): void {
    this.waiting = threads;
    this.draw();
  }

  find(id: string): api.Thread | undefined {
    return this.known.get(id);
  }

  /** The sign-in has ended. */
  forget(): void {
    this.seen.forget();
  }

  remove(id: string): void {
    this.items.delete(id);
    this.known.delete(id);
    this.draw();
  }

  focusSearch(): void {
    this.field.focus();
    this.field.select();
  }

  /** The conversation before or after the current one. */
  neighbour(step: number): string | null {
    const ids = this.sorted().map((thread) => thread.id);
    const at = this.current ? ids.indexOf(this.current) : -1;
    return ids[Math.max(0, Math.min(ids.length - 1, at + step))] ?? null;
  }

  // What the list contains

  private searched(): void {
    clearTimeout(this.timer);
    // Each search reads an index: not one for every key.
    this.timer = setTimeout(() => {
      const query = this.field.value.trim();
      if (query !== this.query) void this.restart(query, this.isArchived);
    }, 250);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.field.value !== "") {
      event.preventDefault();
      event.stopPropagation();
      this.field.value = "";
      this.searched();
    } else if (event.key === "ArrowDown") {
      event.preventDefault();
      this.list.querySelector<HTMLElement>("a")?.focus();
    }
  }

  private choice(label: string, isMine: boolean): HTMLElement {
    return h("button", { type: "button", class: "whose-choice", "aria-pressed": String(isMine === this.isMine), onclick: (event: Event) => {
      if (isMine === this.isMine) return;
      this.isMine = isMine;
      for (const button of this.whose?.children ?? []) button.setAttribute("aria-pressed", String(button === event.currentTarget));
      void this.restart(this.query, this.isArchived);
    } }, label);
  }

  private switchShelf(): void {
    void this.restart(this.query, !this.isArchived).then(() => { this.scroller.scrollTop = 0; });
  }

  private async restart(query: string, isArchived: boolean): Promise<void> {
    this.round += 1;
    const round = this.round;
    [this.query, this.isArchived] = [query, isArchived];
    this.pages = 0;
    this.cursor = null;
    this.drawShelf();
    if (!(await this.refresh()) || round !== this.round) return;
    const count = `${this.items.size}${this.cursor === null ? "" : " or more"}`;
    announce(`${isArchived ? "Archived conversations" : "Conversations"}${query ? ` with ${query}` : ""}: ${count}`);
  }

  private async loadMore(): Promise<void> {
    if (!this.cursor) return;
    const round = this.round;
    this.more.disabled = true;
    try {
      const page = await api.threads(this.cursor, this.query, this.isArchived, this.isMine);
      if (round !== this.round) return;
      this.take(page.items);
      this.cursor = page.next_cursor;
      this.pages += 1;
      this.draw();
    } catch (error) {
      this.delegate.failed(error);
    } finally {
      this.more.disabled = false;
    }
  }

  private take(threads: api.Thread[]): void {
    for (const thread of threads) {
      this.items.set(thread.id, thread);
      this.known.set(thread.id, thread);
    }
  }

  private sorted(): api.Thread[] {
    const time = (thread: api.Thread): number => new Date(thread.updated_at).getTime();
    return [...this.items.values()].sort((a, b) => Number(b.pinned) - Number(a.pinned) || time(b) - time(a));
  }

  // Drawing

  private draw(): void {
    const threads = this.sorted();
    const shown = this.current === null ? undefined : this.known.get(this.current);
    if (shown) this.seen.note(shown);
    const news = threads.filter((thread) => thread.id !== this.current && this.seen.isNew(thread)).map((thread) => thread.id);
    // Redrawing an unchanged list would take the keyboard focus away.
    const signature = JSON.stringify([this.current, this.cursor !== null, this.query, this.isArchived, [...this.waiting], news, threads, new Date().toDateString()]);
    if (signature === this.drawn) return;
    this.drawn = signature;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.thread;
    replace(this.list, ...threads.map((thread) => this.row(thread, news.includes(thread.id))));
    if (threads.length === 0) replace(this.list, h("li", { class: "empty" }, this.emptiness()));
    this.more.hidden = this.cursor === null;
    if (focused) this.list.querySelector<HTMLElement>(`[data-thread="${CSS.escape(focused)}"]`)?.focus();
  }

  private emptiness(): string {
    const kind = this.isArchived ? "archived conversation" : "conversation";
    if (this.query === "") return this.isArchived ? "No archived conversations." : "No conversations yet.";
    return `No ${kind} contains “${this.query}”.`;
  }

  private drawShelf(): void {
    replace(this.shelf, icon(this.isArchived ? "back" : "archive"), this.isArchived ? "Back to all conversations" : "Archived");
    this.shelfTitle.hidden = !this.isArchived;
    this.field.placeholder = this.isArchived ? "Search the archive" : "Search";
    this.field.setAttribute("aria-label", this.isArchived ? "Search archived conversations" : "Search conversations");
  }

  private row(thread: api.Thread, isNew: boolean): HTMLElement {
    const isCurrent = thread.id === this.current;
    const hit = this.query !== "" && thread.found ? thread.found_message : null;
    const link = h(
      "a", {
        href: `#/t/${encodeURIComponent(thread.id)}${hit ? `/m/${hit}` : ""}`, class: isNew ? "thread is-new" : "thread", "data-thread": thread.id, "aria-current": isCurrent ? "page" : null,
        onclick: () => this.delegate.open(thread.id),
      },
      h("span", { class: "thread-title", dir: "auto" }, thread.pinned && h("span", { class: "pin", title: "Pinned" }, icon("pin"), h("span", { class: "off-screen" }, "Pinned: ")), isNew && h("span", { class: "off-screen" }, "Something new: "), thread.title || "New conversation"),
      this.query !== "" && thread.found ? h("span", { class: "thread-found", dir: "auto" }, thread.found) : null,
      h("span", { class: "thread-facts" },
        badge(thread.adapter),
        thread.shared ? h("span", { class: "thread-owner", title: thread.shared.role === "join" ? "You may read and write" : "You may read" }, `shared by ${thread.shared.by}`)
          : thread.own === false && thread.owner_name ? h("span", { class: "thread-owner" }, thread.owner_name) : null,
        this.activity(thread),
        h("time", { datetime: new Date(thread.updated_at).toISOString(), title: fullTime(thread.updated_at) }, shortTime(thread.updated_at))));
    return h("li", {}, link);
  }

  private activity(thread: api.Thread): HTMLElement | null {
    if (this.waiting.has(thread.id)) return h("span", { class: "needs-you" }, "needs you");
    if (thread.waiting) return h("span", { class: "waits" }, "waits for an answer");
    if (thread.active_operation === null) return null;
    return h("span", { class: "busy" }, h("span", { class: "dot", "aria-hidden": "true" }), "answering");
  }
}

/** The other network that a conversation takes place on, such as `irc:local`; null for one of this page. */
export function badge(adapter: string): HTMLElement | null {
  const kind = adapter.split(":")[0] ?? adapter;
  if (kind === "web") return null;
  const known = ["irc", "matrix", "slack", "telegram"].includes(kind) ? kind : "other";
  return h("span", { class: `badge badge-${known}`, title: adapter }, adapter);
}
