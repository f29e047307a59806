// One conversation: its stored messages, running turns and messages being sent.

import { announce } from "../announce";
import * as api from "../api";
import { h } from "../dom";
import { Frame } from "../live";
import { pushing } from "../notifications";
import { pictureAddress } from "../pictures";
import { isDiffCommand, runOf } from "../runs";
import { Stream } from "../terminal/interpreter";
import { Timestamp } from "../time";
import { Asks } from "./asks";
import { isTaskCommand } from "./choices";
import { plainEntry, UserEntry } from "./entries";
import { Scroller } from "./scroller";
import { Timeline } from "./timeline";
import { TurnEntry } from "./turn";
import { Surroundings, welcome } from "./welcome";

export interface ConversationDelegate {
  created(id: string): void;
  changed(): void;
  busy(isBusy: boolean): void;
  follow(operation: string): void;
  failed(error: unknown): void;
  /** A message could not be sent, and its conversation is no longer shown. */
  unsent(thread: string | null, text: string, error: unknown): void;
  suggest(text: string): void;
  /** What a new conversation has. */
  surroundings(): Promise<Surroundings>;
  edit(text: string, replaces: string | null): void;
  /** Another branch is shown from now on. */
  branched(): void;
  /** Asks for a task with the beginning of a message. */
  makeTask(text: string): void;
  focusField(): void;
  /** Something of it is to be seen. */
  uncover(): void;
  /** An ask was opened or closed. */
  asksChanged(): void;
  /** Somebody's message has come. */
  wrote(name: string): void;
}

/** Follows the commands that run in a conversation. */
export interface RunFollower {
  began(operation: string, command: string, isTyped: boolean): void;
  wrote(operation: string, text: string, stream: "stdout" | "stderr"): void;
  /** What it waits for, such as an approval; the next output ends that. */
  waits(operation: string, text: string): void;
  /** Its stored reply. */
  replied(operation: string, text: string): void;
  changed(operation: string, state: api.OperationState, error: string | null): void;
  /** A command could not be sent. */
  refused(command: string, reason: string): void;
  /** Something has ended that may have changed the workspace or the jobs. */
  ended(): void;
}

/** Follows work with tools in a conversation. */
export interface WorkFollower {
  /** Something has happened in an operation. */
  worked(operation: string): void;
  workEnded(operation: string): void;
  /** Somebody wants to see what an operation did. */
  showSteps(operation: string): void;
}

/** So that a message that is sent again is not stored twice. */
interface Keys {
  thread: string;
  message: string;
  /** The message whose place it takes; null for none. */
  replaces: string | null;
}

export class Conversation {
  readonly element: HTMLElement;
  private readonly timeline = new Timeline();
  private readonly scroller: Scroller;
  private readonly earlier = h("button", { type: "button", class: "quiet more", hidden: true, onclick: () => void this.loadEarlier() }, "Show earlier messages");
  private readonly turns = new Map<string, TurnEntry>();
  /** By operation. */
  private readonly questions = new Map<string, UserEntry>();
  /** The branch that it shows; null until that is known. */
  branch: string | null = null;
  private readonly seen = new Set<string>();
  /** What the person said of answers before. */
  private ratings = new Map<string, "up" | "down">();
  /** Live frames that arrived before the first page; null once that is drawn. */
  private early: Frame[] | null = null;
  private newest: { id: string; time: Timestamp } | null = null;
  private before: string | null = null;
  /** Messages that are being sent or wait for that. */
  private sending = 0;
  /** Shared by all messages: whichever comes first creates the conversation, and none creates it again. */
  private readonly threadKey = api.newKey();
  private isWelcoming: boolean;
  /** Ends when everything that was sent so far is delivered or has failed. */
  private sent: Promise<void> = Promise.resolve();
  private tries = 0;
  private syncing: Promise<void> | null = null;
  private mustSyncAgain = false;
  private isLayingEarlier = false;
  private loadingEarlier: Promise<void> | null = null;
  /** Tasks are for members. */
  private readonly makeTask: ((text: string) => void) | null;
  /** Entries by the id of a message in them. */
  private readonly entries = new Map<string, HTMLElement>();
  /** The message to show once the first page is there. */
  private wanted: string | null = null;
  private readonly asks = new Asks({
    id: () => this.id, sync: () => this.sync(), failed: (error) => this.delegate.failed(error),
    add: (card) => { this.timeline.add(card.element, null); this.scroller.grown(); },
    uncover: () => this.delegate.uncover(), focusField: () => this.delegate.focusField(), changed: () => this.delegate.asksChanged(),
  });

  constructor(public id: string | null, private readonly me: api.Me, private readonly delegate: ConversationDelegate, private runs: RunFollower | null, private work: WorkFollower | null) {
    this.makeTask = me.role === "guest" ? null : (text) => this.delegate.makeTask(text);
    this.scroller = new Scroller(this.earlier, this.timeline.element);
    this.scroller.whenNear(this.earlier, () => this.loadEarlier());
    this.element = h("section", { class: "conversation", "aria-label": "Conversation" }, this.scroller.element, this.scroller.latest);
    this.isWelcoming = id === null;
    if (id === null) this.timeline.fill(welcome((text) => this.delegate.suggest(text), this.delegate.surroundings()));
    else this.early = [];
  }

  /** Whether people may write here; if not, the buttons that send a message are hidden. */
  setWritable(isWritable: boolean): void {
    this.element.classList.toggle("is-read-only", !isWritable);
  }

  /** The open asks, for above the message field. */
  get pinned(): HTMLElement {
    return this.asks.pinned;
  }

  /** Shows an ask, as soon as it is known. */
  reveal(ask: string): void {
    this.asks.reveal(ask);
  }

  /** An ask may have been opened or closed. */
  refreshAsks(): void {
    void this.asks.refresh();
  }

  /** Another conversation is shown instead. */
  leave(): void {
    this.runs = null;
    this.work = null;
  }

  /** Shows a message and marks it, with what comes before and after it. One that is too far up is not looked for. */
  async find(id: string): Promise<void> {
    this.wanted = this.early ? id : null;
    if (this.early) return;
    for (let pages = 0; pages < 10 && !this.entries.has(id) && this.before !== null; pages += 1) {
      const before = this.before;
      await this.loadEarlier();
      if (this.before === before) return;
    }
    const entry = this.entries.get(id);
    if (!entry) return;
    this.delegate.uncover();
    for (const other of this.element.querySelectorAll(".is-found")) other.classList.remove("is-found");
    entry.classList.add("is-found");
    entry.querySelector<HTMLElement>(".fold-toggle[aria-expanded=false]")?.click();
    entry.tabIndex = -1;
    this.scroller.leaveEnd();
    entry.scrollIntoView({ block: "start" });
    entry.focus({ preventScroll: true });
  }

  // Storage

  /** Fetches new stored messages, one fetch at a time. A call during a fetch starts another one after it. */
  sync(): Promise<void> {
    this.mustSyncAgain = true;
    // A message being sent has no id yet; `deliver` syncs again when sending ends.
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
      void this.asks.refresh();
    } catch (error) {
      this.delegate.failed(error);
      const isLasting = error instanceof api.APIError && error.status < 500;
      if (this.early && !isLasting) this.retryFirstPage();
    }
  }

  /** Without the first page nothing is shown, not even a running answer. */
  private retryFirstPage(): void {
    setTimeout(() => { if (this.element.isConnected) void this.sync(); }, api.backoff(this.tries));
    this.tries += 1;
  }

  private async fetchNew(): Promise<void> {
    if (this.id === null) return;
    if (this.early) this.timeline.setLoading(true);
    for (;;) {
      const page = this.newest ? await api.messagesAfter(this.id, this.newest.id) : await api.latestMessages(this.id, null);
      // A message whose sending began during the fetch may be in the page, and cannot be recognised yet.
      if (this.sending > 0) {
        this.mustSyncAgain = true;
        return;
      }
      if (this.early) this.takeFirst(page, this.early);
      else this.take(page);
      if (page.next_cursor === null || page.items.length === 0) return;
    }
  }

  /** Draws the first page above anything that was sent before it arrived, then the live frames that waited for it. */
  private takeFirst(page: api.MessagePage, early: Frame[]): void {
    this.timeline.prepend(() => this.take(page));
    this.setEarlier(page.previous_cursor);
    this.timeline.setLoading(false);
    this.early = null;
    for (const frame of early) this.frame(frame);
    this.scroller.toEnd();
    if (this.wanted !== null) void this.find(this.wanted);
    void this.readRatings();
  }

  /** Without them nothing is missing but the pressed thumbs. */
  private async readRatings(): Promise<void> {
    if (this.id === null) return;
    const { items } = await api.ratings(this.id).catch(() => ({ items: [] }));
    this.ratings = new Map(items.map((item) => [item.operation_id, item.value]));
    for (const [id, value] of this.ratings) this.turns.get(id)?.setRating(value);
  }

  /** Inserts stored messages, oldest first. */
  private take(page: api.MessagePage): void {
    for (const message of page.items) {
      if (this.newest === null || new Date(message.created_at) >= new Date(this.newest.time)) {
        this.newest = { id: message.id, time: message.created_at };
        if (message.operation_id) this.branch = message.branch;
      }
    }
    this.lay(page);
    this.showBusy();
    this.scroller.grown();
  }

  private lay(page: api.MessagePage): void {
    const begin = (this.early || this.isLayingEarlier) && page.previous_cursor === null ? 0 : null;
    for (const [at, message] of page.items.entries()) {
      try {
        this.place(message, page.items[at - 1]?.created_at ?? begin);
      } catch {
        // One message that cannot be drawn must not hide all others.
        this.placePlain(message);
      }
    }
    for (const operation of page.operations) this.apply(operation);
    this.timeline.separateDays();
  }

  /** @param last when what is before it was written, if that is known */
  private place(message: api.Message, last: Timestamp | null): void {
    if (this.seen.has(message.id)) return;
    this.seen.add(message.id);
    if (message.role === "user" || message.role === "command") {
      const text = message.text.slice(0, message.written ?? undefined);
      const entry = new UserEntry(text, this.nameOf(message.author), message.created_at, message.id, isQuestion(text), message.files, message.author === this.me.name, (text, id) => this.delegate.edit(text, id), this.makeTask);
      if (message.branches.length > 0) void this.showVersions(entry, message, last).catch(this.delegate.failed);
      const turn = message.operation_id ? this.turns.get(message.operation_id) : undefined;
      this.timeline.add(entry.element, message.created_at, turn?.element ?? null);
      if (message.author !== null) this.delegate.wrote(message.author);
      this.entries.set(message.id, entry.element);
      // A queued turn is shown below the message that it answers.
      if (message.operation_id) this.turn(message.operation_id, entry);
    } else if (message.role !== "commit") {
      this.placeReply(message);
    } else if (message.operation_id) {
      this.turn(message.operation_id, null, message.created_at).addCommit(message.text, message.place ?? null);
    }
  }

  private async showVersions(entry: UserEntry, message: api.Message, last: Timestamp | null): Promise<void> {
    const { showVersions } = await pushing();
    showVersions(entry.element, message, this.id ?? "", this.me.role === "guest" ? null : last, {
      announce, branched: this.delegate.branched, failed: this.delegate.failed, undo: (command) => this.sendByButton(command),
    });
  }

  private placePlain(message: api.Message): void {
    const isReply = message.role !== "user" && message.role !== "command";
    const name = isReply ? "Jetbridge" : this.nameOf(message.author);
    this.timeline.add(plainEntry(name, isReply ? "bot" : "user", message.text), null);
  }

  private placeReply(message: api.Message): void {
    const turn = this.turn(message.operation_id ?? `note-${message.id}`, null, message.created_at);
    // What a model writes may only look like an ask.
    this.entries.set(message.id, turn.element);
    const card = message.role === "note" ? this.asks.card(message.text) : null;
    if (card) return turn.addAsk(card.id, card.element, message.created_at, message.place ?? null);
    turn.add(message);
    if (turn.isRun && turn.operation !== null && !this.isLayingEarlier) this.runs?.replied(turn.operation, message.text);
  }

  /** A browser that gave no name is called by its role, which says nothing next to one's own messages. */
  private nameOf(author: string | null): string {
    return author === this.me.name && author === this.me.role ? "You" : author ?? "Someone";
  }

  /** One page at a time. */
  private loadEarlier(): Promise<void> {
    this.loadingEarlier ??= this.fetchEarlier().finally(() => { this.loadingEarlier = null; });
    return this.loadingEarlier;
  }

  private async fetchEarlier(): Promise<void> {
    if (this.id === null || this.before === null) return;
    this.earlier.disabled = true;
    try {
      const page = await api.latestMessages(this.id, this.before);
      this.scroller.keepingPlace(() => {
        this.isLayingEarlier = true;
        this.timeline.prepend(() => this.lay(page));
        this.isLayingEarlier = false;
        this.setEarlier(page.previous_cursor);
        this.timeline.separateDays();
      });
    } catch (error) {
      this.delegate.failed(error);
    } finally {
      this.earlier.disabled = false;
    }
  }

  /** Draws all messages, also the earlier ones. */
  async loadAll(): Promise<void> {
    while (this.before !== null) {
      const before = this.before;
      await this.loadEarlier();
      // It has failed, and said so.
      if (this.before === before) return;
    }
  }

  private setEarlier(before: string | null): void {
    this.before = before;
    this.earlier.hidden = before === null;
  }

  // Sending

  /** @param replaces the message whose place it takes, in a branch of its own */
  send(text: string, files: File[] = [], replaces: string | null = null): void {
    const entry = new UserEntry(text, this.nameOf(this.me.name), Date.now(), null, isQuestion(text), files, true, (text, id) => this.delegate.edit(text, id), this.makeTask);
    // Only the welcome goes: a message that was not sent stays, with its button.
    if (this.isWelcoming) this.timeline.fill();
    this.isWelcoming = false;
    this.timeline.add(entry.element, entry.time);
    this.timeline.separateDays();
    entry.sending();
    this.scroller.toEnd();
    this.queue(entry, text, files, { thread: this.threadKey, message: api.newKey(), replaces });
  }

  /** One at a time: a new conversation is created once, and messages and files arrive in the order in which they were sent. */
  private queue(entry: UserEntry, text: string, files: File[], keys: Keys): void {
    this.sending += 1;
    this.sent = this.sent.then(() => this.deliver(entry, text, files, keys));
  }

  private async deliver(entry: UserEntry, text: string, files: File[], keys: Keys): Promise<void> {
    try {
      if (this.id === null) {
        this.id = (await api.createThread(keys.thread)).id;
        this.delegate.created(this.id);
      }
      for (const file of files) await api.upload(this.id, file);
      const answer = await api.send(this.id, text, keys.message, keys.replaces);
      if (keys.replaces !== null) return this.delegate.branched();
      entry.sent(answer.message_id);
      this.seen.add(answer.message_id);
      if (answer.operation_id) {
        const isKnown = this.turns.has(answer.operation_id);
        const turn = this.turn(answer.operation_id, entry);
        // It may have joined an earlier message: the answer to both is below the last of them.
        if (isKnown) this.timeline.addBelow(turn.element, entry.element);
        if (turn.state === "queued") turn.setState(this.otherIsOpen(turn) ? "queued" : "running");
        this.delegate.follow(answer.operation_id);
      }
    } catch (error) {
      entry.failed(api.explain(error), () => this.queue(entry, text, files, keys));
      // Nobody sees the entry of a conversation that is no longer shown.
      if (!entry.element.isConnected) this.delegate.unsent(this.id, text, error);
      const run = runOf(text);
      if (run) this.runs?.refused(run.command, api.explain(error));
      announce("The message was not sent.");
    } finally {
      this.sending -= 1;
      this.showBusy();
      void this.sync();
      this.delegate.changed();
    }
  }

  // Turns

  frame(frame: Frame): void {
    if (this.early) {
      this.early.push(frame);
      return;
    }
    const isNew = !this.turns.has(frame.operation_id);
    const turn = this.turn(frame.operation_id, null);
    turn.isLive = true;
    // Someone wrote from another device: fetch the message that this turn answers.
    if (isNew) void this.sync();
    switch (frame.type) {
      case "thinking":
        if (frame.stream === "reasoning") {
          turn.reason(frame.content);
          break;
        }
        turn.think(frame.content);
        if (turn.isRun) this.runs?.waits(frame.operation_id, frame.content);
        else this.work?.worked(frame.operation_id);
        // It may wait for an answer.
        void this.asks.refresh();
        break;
      case "execution":
        if (turn.state === "queued") turn.setState("running");
        if (turn.isOpen && !turn.element.dataset.stored) turn.append(frame.content, streamOf(frame));
        if (turn.isRun) this.runs?.wrote(frame.operation_id, frame.content, streamOf(frame));
        this.asks.noteOutput();
        break;
      case "error":
        // Failed, stopped or interrupted; `finish` asks the server which.
        void this.finish(frame.operation_id, turn, "failed", frame.content);
        break;
      case "complete":
        void this.finish(frame.operation_id, turn, "complete", null);
        break;
    }
    this.showBusy();
  }

  /** Takes the final state and text from the server; what the frame says is only a fallback. */
  private async finish(id: string, turn: TurnEntry, state: api.OperationState, error: string | null): Promise<void> {
    await this.sync();
    try {
      this.apply(await api.operation(id));
    } catch (failure) {
      this.delegate.failed(failure);
    }
    if (turn.isOpen) this.setState(turn, state, error);
    this.showBusy();
    turn.announceEnd();
    if (!turn.isRun) this.work?.workEnded(id);
    this.delegate.changed();
    this.runs?.ended();
  }

  private apply(operation: api.Operation): void {
    const turn = this.turns.get(operation.id);
    if (!turn) return;
    turn.setCommits(operation.commits);
    const rating = this.ratings.get(operation.id);
    if (rating) turn.setRating(rating);
    this.setState(turn, operation.state, operation.error, operation.position ?? null);
    if (turn.isOpen) this.delegate.follow(operation.id);
  }

  private setState(turn: TurnEntry, state: api.OperationState, error: string | null, position: number | null = null): void {
    turn.setState(state, error, position);
    if (turn.isRun && turn.operation !== null && !this.isLayingEarlier) this.runs?.changed(turn.operation, state, error);
  }

  /** Stops the running answer, or else the first waiting one. */
  stop(): void {
    const open = [...this.turns.values()].filter((turn) => turn.isOpen);
    const turn = open.find((turn) => turn.state === "running") ?? open[0];
    if (turn?.operation) void this.stopTurn(turn.operation);
  }

  /** The button may disappear with its turn's state, so the focus moves to the message field. */
  private sendByButton(text: string, replaces: string | null = null): void {
    this.send(text, [], replaces);
    this.delegate.focusField();
  }

  /** Stops one operation; the focus stays where it is. */
  async stopRun(operation: string): Promise<void> {
    try {
      this.apply(await api.stopOperation(operation));
    } catch (error) {
      this.delegate.failed(error);
    }
    this.showBusy();
  }

  private stopTurn(operation: string): Promise<void> {
    this.delegate.focusField();
    return this.stopRun(operation);
  }

  private turn(id: string, asked: UserEntry | null, time: Timestamp | null = null): TurnEntry {
    let turn = this.turns.get(id);
    if (!turn) {
      turn = this.newTurn(id);
      this.turns.set(id, turn);
      if (asked) this.timeline.addBelow(turn.element, asked.element);
      else this.timeline.add(turn.element, time);
    }
    if (asked?.isQuestion) {
      turn.setQuestion(asked.text);
      this.questions.set(id, asked);
    }
    if (asked && isDiffCommand(asked.text)) turn.isDiff = true;
    if (asked && isTaskCommand(asked.text)) turn.isTask = true;
    const run = asked && !turn.isRun ? runOf(asked.text) : null;
    if (run) this.beginRun(turn, id, run);
    return turn;
  }

  private beginRun(turn: TurnEntry, id: string, run: { command: string; isTyped: boolean }): void {
    const early = turn.setRun();
    if (this.isLayingEarlier) return;
    this.runs?.began(id, run.command, run.isTyped);
    if (early !== "") this.runs?.wrote(id, early, "stdout");
  }

  private newTurn(id: string): TurnEntry {
    const isNote = id.startsWith("note-");
    const turn = new TurnEntry(isNote ? null : id, {
      stop: () => void this.stopTurn(id),
      resume: () => this.sendByButton("/resume"),
      retry: (question) => this.sendByButton(question, this.questions.get(id)?.replaceable ?? null),
      choose: (command) => this.sendByButton(command),
      showSteps: () => this.work?.showSteps(id),
      makeTask: this.makeTask,
      picture: (source) => (this.id === null ? null : pictureAddress(source, this.id)),
    }, () => this.scroller.grown());
    if (isNote) turn.setState("complete");
    return turn;
  }

  private otherIsOpen(turn: TurnEntry): boolean {
    return [...this.turns.values()].some((other) => other !== turn && other.isOpen);
  }

  private showBusy(): void {
    this.delegate.busy([...this.turns.values()].some((turn) => turn.isOpen));
  }
}

const streamOf = (frame: Frame): Stream => frame.stream === "stderr" ? "stderr" : "stdout";

/** Whether asking again makes sense: a command acts, and would act twice. */
const isQuestion = (text: string): boolean => !text.startsWith("/");
