// The asks of all conversations that wait for this person: a bell with their number, a list, and the browser's notifications.

import { announce } from "../announce";
import * as api from "../api";
import { parseAsk, words } from "../asktext";
import { h, icon } from "../dom";
import { endTime } from "../time";
import * as notifications from "../notifications";
import { Menu, MenuItem } from "./menu";

export interface InboxDelegate {
  /** Somebody wants to see an ask. */
  open(thread: string, ask: string): void;
  /** Other asks wait now. */
  changed(): void;
  /** The conversation that is shown, which tells of its asks itself. */
  shown(): string | null;
  failed(error: unknown): void;
}

export class Inbox {
  readonly element: HTMLElement;
  private readonly menu: Menu;
  private items: api.WaitingAsk[] = [];
  private isFirst = true;
  private fetching: Promise<void> | null = null;
  private mustFetchAgain = false;

  constructor(private readonly delegate: InboxDelegate) {
    this.menu = new Menu("Nothing waits for you", "icon-button bell", [icon("bell")], () => this.rows());
    this.element = this.menu.element;
    this.element.classList.add("inbox");
  }

  get count(): number {
    return this.items.length;
  }

  /** The conversations with an ask that waits for this person. */
  get threads(): Set<string> {
    return new Set(this.items.map((item) => item.thread_id));
  }

  /** Fetches them, one fetch at a time. A call during a fetch starts another one after it. */
  refresh(): Promise<void> {
    this.mustFetchAgain = true;
    this.fetching ??= this.fetchWhileWanted().finally(() => { this.fetching = null; });
    return this.fetching;
  }

  private async fetchWhileWanted(): Promise<void> {
    try {
      while (this.mustFetchAgain) {
        this.mustFetchAgain = false;
        this.take((await api.waitingAsks()).items);
      }
    } catch (error) {
      this.delegate.failed(error);
    }
  }

  private take(items: api.WaitingAsk[]): void {
    const known = new Set(this.items.map((item) => item.id));
    const isSame = items.length === known.size && items.every((item) => known.has(item.id));
    this.items = items;
    if (!isSame) {
      this.draw();
      this.delegate.changed();
    }
    // Those that waited before the page was opened are no news.
    if (!this.isFirst) for (const item of items) if (!known.has(item.id)) this.tell(item);
    this.isFirst = false;
  }

  private draw(): void {
    const count = this.items.length;
    const label = count === 0 ? "Nothing waits for you" : count === 1 ? "1 question waits for you" : `${count} questions wait for you`;
    this.menu.setFace(label, icon("bell"), count > 0 && h("span", { class: "bell-count" }, String(count)));
  }

  private rows(): MenuItem[] {
    const rows: MenuItem[] = this.items.map((item) => ({
      label: titleOf(item), detail: `${item.title || "New conversation"}${item.expires_at === null ? "" : ` · until ${endTime(item.expires_at)}`}`,
      run: () => this.delegate.open(item.thread_id, item.id),
    }));
    if (rows.length === 0) rows.push({ label: "Nothing waits for you", detail: "Approvals and questions of all conversations appear here." });
    // Browsers allow the question on a click only, and people want it then only.
    if (notifications.state() === "undecided") {
      rows.push({ label: "Notify me in this browser", detail: "also while another page is shown", run: () => void notifications.allow() });
    }
    return rows;
  }

  private tell(item: api.WaitingAsk): void {
    const isSeen = document.visibilityState === "visible" && this.delegate.shown() === item.thread_id;
    if (isSeen) return;
    announce(`Waiting for you in ${item.title || "a conversation"}: ${titleOf(item)}`);
    notifications.notify("Jetbridge needs you", `${titleOf(item)}\n${item.title}`, item.id, () => this.delegate.open(item.thread_id, item.id));
  }
}

/** What is asked, without the kind and the id before it; for an approval with what is to be approved, cut. */
function titleOf(item: api.WaitingAsk): string {
  const parsed = parseAsk(item.text);
  const line = words(parsed.title.replace(/^\w+ `[^`]*`: /, ""));
  const code = parsed.parts.find((part) => part.kind === "code")?.text.split("\n")[0] ?? "";
  const text = code === "" ? line : `${line} ${code}`;
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
