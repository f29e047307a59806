// The entries of a conversation: what a person wrote, and the turn that answers it.

import { Commit, Message, OperationState } from "../api";
import { h, icon, replace } from "../dom";
import { MarkdownView } from "../markdown/view";
import { clockTime, fullTime, Timestamp } from "../time";
import { commitCard } from "./commits";

function header(name: string, kind: string, time: Timestamp | null): HTMLElement {
  return h(
    "header", { class: "entry-head" },
    h("span", { class: `author author-${kind}` }, name),
    time !== null && h("time", { datetime: new Date(time).toISOString(), title: fullTime(time) }, clockTime(time)));
}

/** A person's message. */
export class UserEntry {
  readonly element: HTMLElement;
  private readonly status = h("p", { class: "entry-status", hidden: true });

  constructor(text: string, author: string, readonly time: Timestamp, public id: string | null) {
    const body = new MarkdownView();
    body.update(text);
    body.element.classList.add("as-typed");
    this.element = h("article", { class: "entry entry-user", "aria-label": `${author}, ${clockTime(time)}` }, header(author, "user", time), body.element, this.status);
  }

  sending(): void {
    this.element.classList.add("is-sending");
    this.say("Sending…");
  }

  sent(id: string): void {
    this.id = id;
    this.element.classList.remove("is-sending");
    this.status.hidden = true;
  }

  failed(reason: string, retry: () => void): void {
    this.say(`Not sent. ${reason} `, "Send again", () => {
      this.sending();
      retry();
    });
    this.status.classList.add("is-bad");
  }

  private say(text: string, action?: string, onclick?: () => void): void {
    this.status.classList.remove("is-bad");
    this.status.hidden = false;
    replace(this.status, text, action ? h("button", { type: "button", class: "link", onclick: onclick ?? null }, action) : null);
  }
}

export interface TurnActions {
  stop(): void;
  resume(): void;
}

/** The answer to one message: growing text, what is being done, commits, and how it ended. */
export class TurnEntry {
  readonly element: HTMLElement;
  state: OperationState = "queued";
  private readonly body = new MarkdownView();
  private readonly notes = h("div", { class: "notes" });
  private readonly commits = h("div", { class: "commits", hidden: true });
  private readonly status = h("div", { class: "turn-status", hidden: true });
  private readonly head: HTMLElement;
  private text = "";
  private thinking = "";
  private frame = 0;
  private hasTime = false;
  private readonly seen = new Set<string>();

  constructor(readonly operation: string | null, private readonly actions: TurnActions, private readonly redrawn: () => void) {
    this.head = header("Jetbridge", "bot", null);
    this.element = h("article", { class: "entry entry-bot", "aria-label": "Jetbridge" }, this.head, this.body.element, this.notes, this.commits, this.status);
  }

  /** What a screen reader is told at the end. */
  get summary(): string {
    const words = (this.body.element.textContent ?? "").trim() || (this.notes.textContent ?? "").trim();
    if (this.state === "failed") return `The answer failed. ${words.slice(0, 300)}`;
    if (this.state === "complete") return `Jetbridge answered: ${words.slice(0, 600)}`;
    return `The answer ${this.state === "stopped" ? "was stopped" : "was interrupted"}.`;
  }

  /** The next piece of the answer. Drawn once a frame, however many pieces come. */
  append(text: string): void {
    this.text += text;
    this.thinking = "";
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.body.update(this.text);
      this.drawStatus();
      this.redrawn();
    });
  }

  think(text: string): void {
    this.thinking = text.trim().split("\n").pop()?.slice(0, 300) ?? "";
    this.setState("running");
  }

  setState(state: OperationState, error: string | null = null, position: number | null = null): void {
    this.state = state;
    this.drawStatus(error, position);
    this.redrawn();
  }

  /** A stored message of this turn; the store's text is the one that counts. */
  add(message: Message): void {
    if (this.seen.has(message.id)) return;
    this.seen.add(message.id);
    this.stamp(message.created_at);
    if (message.role === "assistant") {
      const isFirst = !this.element.dataset.stored;
      this.element.dataset.stored = "yes";
      this.text = isFirst ? message.text : `${this.text}\n\n${message.text}`;
      this.body.update(this.text);
    } else {
      // A command's reply streams like an answer and is stored as a note.
      if (!this.element.dataset.stored && this.text === message.text) this.clear();
      const note = new MarkdownView();
      note.update(message.text);
      note.element.classList.add("note");
      this.notes.appendChild(note.element);
    }
    this.drawStatus();
  }

  private clear(): void {
    this.text = "";
    this.body.update("");
  }

  setCommits(commits: Commit[]): void {
    replace(this.commits, ...commits.map(commitCard));
    this.commits.hidden = commits.length === 0;
    this.drawStatus();
  }

  get isOpen(): boolean {
    return this.state === "queued" || this.state === "running";
  }

  private stamp(time: Timestamp): void {
    if (this.hasTime) return;
    this.hasTime = true;
    this.head.appendChild(h("time", { datetime: new Date(time).toISOString(), title: fullTime(time) }, clockTime(time)));
  }

  private drawStatus(error: string | null = null, position: number | null = null): void {
    this.element.dataset.state = this.state;
    this.element.setAttribute("aria-busy", String(this.isOpen));
    const isSilent = this.text === "" && !this.notes.hasChildNodes();
    switch (this.state) {
      case "queued": {
        const place = position && position > 1 ? `Queued: ${position} messages are ahead of this one.` : "Queued: it is next.";
        return this.show("queued", place);
      }
      case "running":
        return this.show("running", this.thinking || (isSilent ? "Thinking…" : ""));
      case "stopped":
        return this.notes.hasChildNodes() ? this.show("action", "", this.resumeButton()) : this.show("ended", "Stopped.", this.resumeButton());
      case "interrupted":
        if (this.notes.hasChildNodes()) return this.show("action", "", this.resumeButton());
        return this.show("warn", "Interrupted before the end.", this.resumeButton());
      case "failed":
        if (error) this.element.dataset.error = error;
        if (this.notes.hasChildNodes()) return this.show("none", "");
        return this.show("bad", this.element.dataset.error ?? "This answer failed.");
      case "complete":
        return this.show("none", "");
    }
  }

  private resumeButton(): HTMLElement {
    return h("button", { type: "button", class: "quiet small", onclick: () => this.actions.resume() }, icon("retry"), "Go on");
  }

  private show(kind: string, text: string, action?: HTMLElement): void {
    this.status.hidden = kind === "none";
    this.status.className = `turn-status is-${kind}`;
    const dots = kind === "running" ? h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")) : null;
    replace(this.status, dots, text && h("span", {}, text), action);
  }
}

export function daySeparator(title: string): HTMLElement {
  return h("div", { class: "day", role: "separator", "aria-label": title }, h("span", {}, title));
}
