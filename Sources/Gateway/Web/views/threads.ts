// The list of conversations, of every network.

import * as api from "../api";
import { h, replace } from "../dom";
import { fullTime, shortTime } from "../time";

export interface ThreadListDelegate {
  open(id: string): void;
  failed(error: unknown): void;
}

export class ThreadList {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "threads" });
  private readonly more = h("button", { type: "button", class: "quiet more", hidden: true, onclick: () => void this.loadMore() }, "Show older");
  private readonly items = new Map<string, api.Thread>();
  private cursor: string | null = null;
  private pages = 0;
  private current: string | null = null;
  private drawn = "";

  constructor(private readonly delegate: ThreadListDelegate) {
    this.element = h("nav", { class: "thread-list", "aria-label": "Conversations" }, this.list, this.more);
  }

  /** Fetches the newest page again and merges it; tells whether that worked. */
  async refresh(): Promise<boolean> {
    try {
      const page = await api.threads(null);
      if (this.pages <= 1) this.items.clear();
      for (const thread of page.items) this.items.set(thread.id, thread);
      if (this.pages === 0) this.pages = 1;
      if (this.pages === 1) this.cursor = page.next_cursor;
      this.draw();
      return true;
    } catch (error) {
      this.delegate.failed(error);
      return false;
    }
  }

  select(id: string | null): void {
    this.current = id;
    this.draw();
  }

  find(id: string): api.Thread | undefined {
    return this.items.get(id);
  }

  /** The conversation before or after the current one. */
  neighbour(step: number): string | null {
    const ids = this.sorted().map((thread) => thread.id);
    const at = this.current ? ids.indexOf(this.current) : -1;
    return ids[Math.max(0, Math.min(ids.length - 1, at + step))] ?? null;
  }

  private async loadMore(): Promise<void> {
    if (!this.cursor) return;
    this.more.disabled = true;
    try {
      const page = await api.threads(this.cursor);
      for (const thread of page.items) this.items.set(thread.id, thread);
      this.cursor = page.next_cursor;
      this.pages += 1;
      this.draw();
    } catch (error) {
      this.delegate.failed(error);
    } finally {
      this.more.disabled = false;
    }
  }

  private sorted(): api.Thread[] {
    const time = (thread: api.Thread): number => new Date(thread.updated_at).getTime();
    return [...this.items.values()].sort((a, b) => time(b) - time(a));
  }

  private draw(): void {
    const threads = this.sorted();
    // Redrawing what did not change would take the focus from under the keyboard.
    const signature = JSON.stringify([this.current, this.cursor !== null, threads, new Date().toDateString()]);
    if (signature === this.drawn) return;
    this.drawn = signature;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.thread;
    replace(this.list, ...threads.map((thread) => this.row(thread)));
    if (threads.length === 0) replace(this.list, h("li", { class: "empty" }, "No conversations yet."));
    this.more.hidden = this.cursor === null;
    if (focused) this.list.querySelector<HTMLElement>(`[data-thread="${CSS.escape(focused)}"]`)?.focus();
  }

  private row(thread: api.Thread): HTMLElement {
    const isCurrent = thread.id === this.current;
    const isBusy = thread.active_operation !== null;
    const link = h(
      "a", {
        href: `#/t/${encodeURIComponent(thread.id)}`, class: "thread", "data-thread": thread.id, "aria-current": isCurrent ? "page" : null,
        onclick: () => this.delegate.open(thread.id),
      },
      h("span", { class: "thread-title" }, thread.title || "New conversation"),
      h("span", { class: "thread-facts" },
        badge(thread.adapter),
        isBusy && h("span", { class: "busy" }, h("span", { class: "dot", "aria-hidden": "true" }), "answering"),
        h("time", { datetime: new Date(thread.updated_at).toISOString(), title: fullTime(thread.updated_at) }, shortTime(thread.updated_at))));
    return h("li", {}, link);
  }
}

/** The network that a conversation lives on: `irc:local` is of the kind `irc`. */
export function badge(adapter: string): HTMLElement {
  const kind = adapter.split(":")[0] ?? adapter;
  const known = ["web", "irc", "matrix", "slack", "telegram"].includes(kind) ? kind : "other";
  return h("span", { class: `badge badge-${known}`, title: adapter }, kind === "web" ? "Web" : adapter);
}
