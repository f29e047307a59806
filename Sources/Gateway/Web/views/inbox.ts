// What waits for this person in all conversations: asks, and texts that name them. A bell with their number, a list, and the
// browser's notifications.

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
  /** Somebody wants to see a text that names them. */
  visit(address: string): void;
  /** Something else waits now. */
  changed(): void;
  /** The conversation that is shown, which tells of its asks itself. */
  shown(): string | null;
  failed(error: unknown): void;
}

export class Inbox {
  readonly element: HTMLElement;
  private readonly menu: Menu;
  private items: api.WaitingAsk[] = [];
  private mentions: api.Mention[] = [];
  private isFirst = true;
  private fetching: Promise<void> | null = null;
  private mustFetchAgain = false;

  constructor(private readonly delegate: InboxDelegate) {
    this.menu = new Menu("Nothing waits for you", "icon-button bell", [icon("bell")], () => this.rows());
    this.element = this.menu.element;
    this.element.classList.add("inbox");
  }

  get count(): number {
    return this.items.length + this.mentions.length;
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
        const [asks, mentions] = await Promise.all([api.waitingAsks(), api.mentions()]);
        this.take(asks.items, mentions.items);
      }
    } catch (error) {
      this.delegate.failed(error);
    }
  }

  private take(items: api.WaitingAsk[], mentions: api.Mention[]): void {
    const known = new Set([...this.items, ...this.mentions].map((item) => item.id));
    const all = [...items, ...mentions];
    const isSame = all.length === known.size && all.every((item) => known.has(item.id));
    [this.items, this.mentions] = [items, mentions];
    if (!isSame) {
      this.draw();
      this.delegate.changed();
    }
    // Those that waited before the page was opened are no news.
    if (!this.isFirst) {
      for (const item of items) if (!known.has(item.id)) this.tell(item);
      for (const mention of mentions) if (!known.has(mention.id)) this.tellMention(mention);
    }
    this.isFirst = false;
  }

  private draw(): void {
    const count = this.count;
    const parts = [counted(this.items.length, "question"), counted(this.mentions.length, "mention")].filter((part) => part !== "");
    const label = count === 0 ? "Nothing waits for you" : `${parts.join(" and ")} ${count === 1 ? "waits" : "wait"} for you`;
    this.menu.setFace(label, icon("bell"), count > 0 && h("span", { class: "bell-count" }, String(count)));
  }

  private rows(): MenuItem[] {
    const rows: MenuItem[] = this.items.map((item) => ({
      label: titleOf(item), detail: `${item.title || "New conversation"}${item.expires_at === null ? "" : ` · until ${endTime(item.expires_at)}`}`,
      run: () => this.delegate.open(item.thread_id, item.id),
    }));
    rows.push(...this.mentions.map((mention) => ({ label: mentionTitle(mention), detail: mention.text, run: () => this.visit(mention) })));
    if (rows.length === 0) rows.push({ label: "Nothing waits for you", detail: "Approvals, questions and texts that name you appear here." });
    // Browsers allow the question on a click only, and people want it then only.
    if (notifications.state() === "undecided") {
      rows.push({ label: "Notify me in this browser", detail: "also while another page is shown", run: () => void notifications.allow() });
    }
    return rows;
  }

  private visit(mention: api.Mention): void {
    // Another device may have opened it.
    void api.seeMention(mention.id).catch(() => undefined).finally(() => this.refresh());
    this.delegate.visit(mention.url);
  }

  private tellMention(mention: api.Mention): void {
    announce(`${mentionTitle(mention)}: ${mention.text}`);
    notifications.notify(mentionTitle(mention), mention.text, `mention-${mention.id}`, () => this.visit(mention));
  }

  private tell(item: api.WaitingAsk): void {
    const isSeen = document.visibilityState === "visible" && this.delegate.shown() === item.thread_id;
    if (isSeen) return;
    announce(`Waiting for you in ${item.title || "a conversation"}: ${titleOf(item)}`);
    notifications.notify("Jetbridge needs you", `${titleOf(item)}\n${item.title}`, item.id, () => this.delegate.open(item.thread_id, item.id));
  }
}

const counted = (count: number, word: string): string => count === 0 ? "" : `${count} ${word}${count === 1 ? "" : "s"}`;

function mentionTitle(mention: api.Mention): string {
  const places = { comment: `in a comment on ${mention.title}`, task: mention.title.startsWith("~") ? "in a task" : `in task ${mention.title}`, message: `in ${mention.title || "a conversation"}` };
  return `${mention.author || "Somebody"} mentioned you ${places[mention.kind]}`;
}

/** What is asked, without the kind and the id before it; for an approval with what is to be approved, cut. */
function titleOf(item: api.WaitingAsk): string {
  const parsed = parseAsk(item.text);
  const line = words(parsed.title.replace(/^\w+ `[^`]*`: /, ""));
  const code = parsed.parts.find((part) => part.kind === "code")?.text.split("\n")[0] ?? "";
  const text = code === "" ? line : `${line} ${code}`;
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
