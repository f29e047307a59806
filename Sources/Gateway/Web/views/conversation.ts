// One conversation: its stored messages, what runs in it now, and what is being sent.

import { announce } from "../announce";
import * as api from "../api";
import { h, icon, replace } from "../dom";
import { Frame } from "../live";
import { dayTitle, sameDay, Timestamp } from "../time";
import { daySeparator, TurnEntry, UserEntry } from "./entries";

export interface ConversationDelegate {
  created(id: string): void;
  changed(): void;
  busy(isBusy: boolean): void;
  follow(operation: string): void;
  failed(error: unknown): void;
  suggest(text: string): void;
}

export class Conversation {
  readonly element: HTMLElement;
  private readonly list = h("div", { class: "entries" });
  private readonly scroller: HTMLElement;
  private readonly earlier = h("button", { type: "button", class: "quiet more", hidden: true, onclick: () => void this.loadEarlier() }, "Show earlier messages");
  private readonly latest = h("button", { type: "button", class: "to-latest", hidden: true, onclick: () => this.scrollToEnd() }, icon("down"), "Latest");
  private readonly turns = new Map<string, TurnEntry>();
  private readonly seen = new Set<string>();
  private newest: { id: string; time: Timestamp } | null = null;
  private before: string | null = null;
  private lastTime: Timestamp | null = null;
  private sending = 0;
  private isAtEnd = true;
  private syncing: Promise<void> | null = null;
  private mustSyncAgain = false;

  constructor(public id: string | null, private readonly author: string, private readonly delegate: ConversationDelegate) {
    this.scroller = h("div", { class: "scroller", tabindex: -1, onscroll: () => this.scrolled() }, this.earlier, this.list);
    this.element = h("section", { class: "conversation", "aria-label": "Conversation" }, this.scroller, this.latest);
    if (id === null) this.showWelcome();
  }

  async load(): Promise<void> {
    if (this.id === null) return;
    this.list.setAttribute("aria-busy", "true");
    const page = await api.latestMessages(this.id, null);
    this.list.removeAttribute("aria-busy");
    this.take(page);
    this.before = page.previous_cursor;
    this.earlier.hidden = this.before === null;
    this.scrollToEnd();
  }

  /** Fetches what is new in the store. One fetch at a time; a wish during one leads to another. */
  sync(): Promise<void> {
    this.mustSyncAgain = true;
    // A message that is on its way has no id yet: the end of sending syncs again.
    if (this.sending > 0) return Promise.resolve();
    this.syncing ??= this.fetchWhileWanted().finally(() => { this.syncing = null; });
    return this.syncing;
  }

  private async fetchWhileWanted(): Promise<void> {
    try {
      while (this.mustSyncAgain && this.sending === 0) {
        this.mustSyncAgain = false;
        await this.fetchNew();
      }
    } catch (error) {
      this.delegate.failed(error);
    }
  }

  private async fetchNew(): Promise<void> {
    if (this.id === null) return;
    for (;;) {
      const page = this.newest ? await api.messagesAfter(this.id, this.newest.id) : await api.latestMessages(this.id, null);
      this.take(page);
      if (page.next_cursor === null || page.items.length === 0) return;
    }
  }

  send(text: string): void {
    const entry = new UserEntry(text, this.author, Date.now(), null);
    if (this.id === null && this.lastTime === null) replace(this.list);
    this.separate(entry.time);
    this.list.appendChild(entry.element);
    entry.sending();
    this.scrollToEnd();
    const keys = { thread: api.newKey(), message: api.newKey() };
    void this.deliver(entry, text, keys);
  }

  private async deliver(entry: UserEntry, text: string, keys: { thread: string; message: string }): Promise<void> {
    this.sending += 1;
    try {
      if (this.id === null) {
        this.id = (await api.createThread(keys.thread)).id;
        this.delegate.created(this.id);
      }
      const answer = await api.send(this.id, text, keys.message);
      entry.sent(answer.message_id);
      this.seen.add(answer.message_id);
      if (answer.operation_id) {
        const turn = this.turn(answer.operation_id, entry.element);
        if (turn.state === "queued") turn.setState(this.otherIsOpen(turn) ? "queued" : "running");
        this.delegate.follow(answer.operation_id);
      }
    } catch (error) {
      entry.failed(api.explain(error), () => void this.deliver(entry, text, keys));
      announce("The message was not sent.");
    } finally {
      this.sending -= 1;
      this.showBusy();
      void this.sync();
      this.delegate.changed();
    }
  }

  frame(frame: Frame): void {
    const isNew = !this.turns.has(frame.operation_id);
    const turn = this.turn(frame.operation_id, null);
    // Somebody wrote from elsewhere: the message that asked is in the store.
    if (isNew) void this.sync();
    switch (frame.type) {
      case "thinking":
        turn.think(frame.content);
        break;
      case "execution":
        if (turn.state === "queued") turn.setState("running");
        if (turn.isOpen && !turn.element.dataset.stored) turn.append(frame.content);
        break;
      case "error":
        // Failed, stopped or interrupted: the store knows which.
        void this.finish(frame.operation_id, turn, "failed", frame.content);
        break;
      case "complete":
        void this.finish(frame.operation_id, turn, "complete", null);
        break;
    }
    this.showBusy();
  }

  /** The store tells how it ended, and its text is the one that counts. */
  private async finish(id: string, turn: TurnEntry, state: api.OperationState, error: string | null): Promise<void> {
    await this.sync();
    try {
      this.apply(await api.operation(id));
    } catch (failure) {
      this.delegate.failed(failure);
    }
    if (turn.isOpen) turn.setState(state, error);
    this.showBusy();
    announce(turn.summary);
    this.delegate.changed();
  }

  private apply(operation: api.Operation): void {
    const turn = this.turns.get(operation.id);
    if (!turn) return;
    turn.setCommits(operation.commits);
    turn.setState(operation.state, operation.error, operation.position ?? null);
    if (turn.isOpen) this.delegate.follow(operation.id);
  }

  /** Puts stored messages into their places, oldest first. */
  private take(page: api.MessagePage): void {
    for (const message of page.items) {
      if (this.newest === null || new Date(message.created_at) >= new Date(this.newest.time)) {
        this.newest = { id: message.id, time: message.created_at };
      }
      this.place(message);
    }
    for (const operation of page.operations) this.apply(operation);
    this.showBusy();
    this.redrawn();
  }

  private place(message: api.Message): void {
    if (this.seen.has(message.id)) return;
    this.seen.add(message.id);
    if (message.role === "user" || message.role === "command") {
      const entry = new UserEntry(message.text, message.author ?? "Someone", message.created_at, message.id);
      const turn = message.operation_id ? this.turns.get(message.operation_id) : undefined;
      this.separate(message.created_at);
      this.list.insertBefore(entry.element, turn?.element ?? null);
      // A queued turn stands below the message that it answers.
      if (message.operation_id) this.turn(message.operation_id, entry.element);
    } else if (message.role !== "commit") {
      this.turn(message.operation_id ?? `note-${message.id}`, null, message.created_at).add(message);
    }
  }

  private turn(id: string, after: HTMLElement | null, time: Timestamp | null = null): TurnEntry {
    const known = this.turns.get(id);
    if (known) return known;
    const isNote = id.startsWith("note-");
    const turn = new TurnEntry(isNote ? null : id, {
      stop: () => this.delegate.suggest("/stop"),
      resume: () => this.send("/resume"),
    }, () => this.redrawn());
    if (isNote) turn.setState("complete");
    this.turns.set(id, turn);
    if (time !== null) this.separate(time);
    this.list.insertBefore(turn.element, after?.nextSibling ?? null);
    return turn;
  }

  private otherIsOpen(turn: TurnEntry): boolean {
    return [...this.turns.values()].some((other) => other !== turn && other.isOpen);
  }

  private showBusy(): void {
    this.delegate.busy([...this.turns.values()].some((turn) => turn.isOpen));
  }

  private separate(time: Timestamp): void {
    if (this.lastTime === null || !sameDay(this.lastTime, time)) this.list.appendChild(daySeparator(dayTitle(time)));
    this.lastTime = time;
  }

  private async loadEarlier(): Promise<void> {
    if (this.id === null || this.before === null) return;
    this.earlier.disabled = true;
    try {
      const page = await api.latestMessages(this.id, this.before);
      const height = this.scroller.scrollHeight;
      this.prepend(page);
      this.before = page.previous_cursor;
      this.earlier.hidden = this.before === null;
      this.scroller.scrollTop += this.scroller.scrollHeight - height;
    } catch (error) {
      this.delegate.failed(error);
    } finally {
      this.earlier.disabled = false;
    }
  }

  /** An older page is laid out by itself, then put in front. */
  private prepend(page: api.MessagePage): void {
    const first = this.list.firstChild;
    const [kept, last] = [this.list.lastChild, this.lastTime];
    this.lastTime = null;
    for (const message of page.items) this.place(message);
    for (const operation of page.operations) this.apply(operation);
    while (kept?.nextSibling) this.list.insertBefore(kept.nextSibling, first);
    this.lastTime = last;
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < 80;
    this.latest.hidden = this.isAtEnd;
  }

  private redrawn(): void {
    if (this.isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    else this.latest.hidden = false;
  }

  private scrollToEnd(): void {
    this.isAtEnd = true;
    this.latest.hidden = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private showWelcome(): void {
    const suggestion = (text: string, about: string): HTMLElement =>
      h("button", { type: "button", class: "suggestion", onclick: () => this.delegate.suggest(text) }, h("strong", {}, about), h("code", {}, text));
    replace(this.list, h(
      "div", { class: "welcome" },
      h("h2", {}, "What shall we work on?"),
      h("p", {}, "Ask a question, or begin with a command. Answers stream in here; commits come as links."),
      h("div", { class: "suggestions" },
        suggestion("/specify a login page", "Write a specification"),
        suggestion("/status", "See what is running"),
        suggestion("/help", "List the commands"))));
  }
}
