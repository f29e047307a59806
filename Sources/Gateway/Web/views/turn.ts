// The answer to one message: its growing text with the asks and commits that arose in it, its progress and how it ended.

import { announce } from "../announce";
import { Commit, Message, OperationState } from "../api";
import { copyButton } from "../clipboard";
import { h, icon, IconName, iconButton, replace } from "../dom";
import { Block } from "../markdown/parser";
import { spoken } from "../markdown/spoken";
import { MarkdownView } from "../markdown/view";
import { Stream } from "../terminal/interpreter";
import { TerminalView } from "../terminal/view";
import { Timestamp } from "../time";
import { words } from "../asktext";
import { splitChoices } from "./choices";
import { commitCard } from "./commits";
import { diffCard } from "./diffcard";
import { header, taskButton, timeElement } from "./entries";
import { Flow } from "./flow";
import { RatingButtons } from "./rating";
import { Thoughts } from "./thoughts";

export interface TurnActions {
  /** Stops it if it runs, and removes it from the queue if it waits. */
  stop(): void;
  resume(): void;
  /** Asks the same question again. */
  retry(question: string): void;
  /** Sends a command that its text offers. */
  choose(command: string): void;
  /** Shows what it did with tools. */
  showSteps(): void;
  /** Asks for a task; null for who may not add any. */
  makeTask: ((text: string) => void) | null;
  /** The address of a picture that may be shown. */
  picture(source: string): string | null;
}

/** In lines, of a running command; the panel beside the conversation shows more, and the stored reply everything. */
const outputLines = 30;

export class TurnEntry {
  readonly element: HTMLElement;
  state: OperationState = "queued";
  private readonly body = new Flow((block) => this.announce(block), (source) => this.actions.picture(source));
  private readonly thoughts = new Thoughts();
  /** The output of a running command; null for other turns, and once the stored text is shown. */
  private output: TerminalView | null = null;
  private readonly notes = h("div", { class: "notes" });
  private readonly noteTexts: string[] = [];
  /** Of those of which it is not known when they were made. */
  private readonly commits = h("div", { class: "commits" });
  /** Where cards of commits go, by {@link markOfCommit}; and those that have theirs. */
  private readonly slots = new Map<string, HTMLElement>();
  private readonly cards = new Set<string>();
  /** The cards of asks that came before the live frame which tells where they arose. */
  private readonly guessed = new Map<string, HTMLElement>();
  /** The length of the text when an ask or a commit arose, as live frames told it. */
  private readonly marks = new Map<string, number>();
  /** Commits whose place is unknown. */
  private unplaced: string[] = [];
  private readonly choices = h("div", { class: "turn-choices", role: "group", "aria-label": "What to do next", hidden: true });
  private readonly status = h("div", { class: "turn-status", hidden: true });
  private readonly head = header("Jetbridge", "bot", null);
  private readonly retryButton = iconButton("retry", "Ask again", () => this.retry(), "icon-button small sends");
  private readonly actionRow: HTMLElement;
  private rating: RatingButtons | null = null;
  private question: string | null = null;
  private text = "";
  private thinking = "";
  private frame = 0;
  private drawn = "";
  private hasTime = false;
  /** Whether its text arrives while the page is open, and is therefore announced. */
  isLive = false;
  private hasSpoken = false;
  private readonly seen = new Set<string>();

  constructor(readonly operation: string | null, private readonly actions: TurnActions, private readonly redrawn: () => void) {
    this.actionRow = h("div", { class: "entry-actions", hidden: true }, copyButton("Copy the answer", () => this.markdown), this.retryButton,
      actions.makeTask && taskButton(() => actions.makeTask?.(this.markdown)));
    this.element = h(
      "article", { class: "entry entry-bot", "aria-label": "Jetbridge" },
      this.head, this.thoughts.element, this.body.element, this.notes, this.choices, this.commits, this.status, this.actionRow);
  }

  /** The answer as it was written, or else the notes. */
  private get markdown(): string {
    return this.text || this.noteTexts.join("\n\n");
  }

  /** Enables asking again. */
  setQuestion(text: string): void {
    this.question = text;
    // Replies to commands are nobody's answers.
    if (this.operation !== null && this.rating === null && !text.startsWith("/")) {
      this.rating = new RatingButtons(this.operation);
      this.actionRow.append(this.rating.element);
    }
    this.drawStatus();
  }

  setRating(value: "up" | "down"): void {
    this.rating?.show(value);
  }

  private retry(): void {
    if (this.question !== null) this.actions.retry(this.question);
  }

  /** Whether it runs a command, whose output is not Markdown. */
  isRun = false;

  /** Whether it answers `task`; only then are the choices at its end buttons. */
  isTask = false;

  /** Whether it answers `diff`; only then is a text that looks like a card one. */
  isDiff = false;

  /** It runs a command: what has arrived is output. Returns that. */
  setRun(): string {
    this.isRun = true;
    if (!this.isOpen || this.element.dataset.stored) return "";
    const early = this.text;
    this.text = "";
    this.body.clear();
    if (early !== "") this.append(early);
    return early;
  }

  private write(text: string, stream: Stream): void {
    if (!this.output) {
      this.output = new TerminalView(outputLines, () => this.redrawn());
      this.output.element.classList.add("turn-output");
      this.body.element.after(this.output.element);
    }
    this.output.write(text, stream);
    this.drawStatus();
  }

  private endOutput(): void {
    this.output?.element.remove();
    this.output = null;
  }

  /** Shows an ask of this turn where it arose: by the live frames, by the server, or else after what is here. */
  addAsk(id: string, card: HTMLElement, time: Timestamp, place: number | null): void {
    this.stamp(time);
    const known = this.marks.get(id) ?? place;
    // Whatever is known of neither, their order is that of the transcript.
    if (known === null) for (const commit of this.unplaced.splice(0)) this.reserve(commit, this.text.length);
    this.body.put(card, known ?? this.text.length);
    if (known === null) this.guessed.set(id, card);
    this.redrawn();
  }

  /** Keeps a place for a commit's card, by the line that told of it. */
  addCommit(line: string, place: number | null): void {
    const mark = markOfCommit(line);
    if (mark === null) return;
    const known = this.marks.get(mark) ?? place;
    if (known === null) this.unplaced.push(mark);
    else this.reserve(mark, known);
  }

  private reserve(mark: string, at: number): void {
    if (this.slots.has(mark)) return;
    const slot = h("div", { class: "commits" });
    this.slots.set(mark, slot);
    this.body.put(slot, at);
  }

  /** Remembers where an ask or a commit arose. */
  private remember(line: string): void {
    const mark = /^Waiting for .*?`([^`]+)`/.exec(line)?.[1] ?? markOfCommit(line);
    if (mark === null || this.marks.has(mark) || this.element.dataset.stored) return;
    this.marks.set(mark, this.text.length);
    // The ask was fetched before the last words that precede it came.
    const card = this.guessed.get(mark);
    if (card) this.body.move(card, this.text.length);
  }

  /** Adds the next piece of the answer. Draws at most once per animation frame. */
  append(text: string, stream: Stream = "stdout"): void {
    this.thinking = "";
    this.thoughts.pause();
    if (this.isRun) return this.write(text, stream);
    this.text += text;
    // The card is drawn from the stored text.
    if (this.frame || this.isDiff) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      // The turn may have ended, and its stored text may be drawn, since this frame was requested.
      if (this.element.dataset.stored) return;
      this.body.show(this.isTask ? splitChoices(this.text).text : this.text, false);
      this.drawStatus();
      this.redrawn();
    });
  }

  /** Adds a piece of what the model thinks. */
  reason(text: string): void {
    this.thoughts.append(text);
    this.setState("running");
  }

  think(text: string): void {
    this.remember(text);
    const line = text.trim().split("\n").pop()?.slice(0, 300) ?? "";
    // A step's line may contain marks of its own.
    this.thinking = /^(?:Waiting for |`)/.test(line) ? words(line) : line;
    this.setState("running");
  }

  setState(state: OperationState, error: string | null = null, position: number | null = null): void {
    this.state = state;
    if (!this.isOpen && (this.text !== "" || this.notes.hasChildNodes())) this.endOutput();
    this.drawStatus(error, position);
    this.redrawn();
  }

  /** Adds a stored message of this turn. Stored text replaces streamed text. */
  add(message: Message): void {
    if (this.seen.has(message.id)) return;
    this.seen.add(message.id);
    this.stamp(message.created_at);
    if (message.role === "thinking") {
      this.thoughts.store(message.text);
    } else if (message.role === "assistant" && !(this.isDiff && diffCard(message.text))) {
      const isFirst = !this.element.dataset.stored;
      this.element.dataset.stored = "yes";
      this.endOutput();
      this.text = isFirst ? message.text : `${this.text}\n\n${message.text}`;
      this.body.show(this.offer(this.text), true);
    } else {
      // A command's reply streams like an answer but is stored as a note.
      const isStreamed = !this.element.dataset.stored && this.text === message.text;
      if (isStreamed) this.clear();
      this.notes.appendChild(this.note(message.text, isStreamed));
      this.noteTexts.push(message.text);
    }
    this.drawStatus();
  }

  private note(text: string, isAnnounced: boolean): HTMLElement {
    const card = this.isDiff ? diffCard(text) : null;
    if (card) return card;
    if (this.operation !== null && /^\d+ (?:steps?|of \d+ tasks done), .*\btokens$/.test(text)) {
      return h("p", { class: "note steps-line" }, button("check", text, "show-steps", () => this.actions.showSteps()));
    }
    const note = new MarkdownView(isAnnounced ? null : (block) => this.announce(block), (source) => this.actions.picture(source));
    note.update(this.offer(text), true);
    note.element.classList.add("note");
    return note.element;
  }

  /** Shows the choices at the end of a text as buttons; returns the text before them. */
  private offer(text: string): string {
    if (!this.isTask) return text;
    const parts = splitChoices(text);
    replace(this.choices, ...parts.choices.map(({ label, command }) => h("button", { type: "button", class: "quiet small sends", title: command, onclick: () => this.actions.choose(command) }, label)));
    this.choices.hidden = parts.choices.length === 0;
    return parts.text;
  }

  private clear(): void {
    // Announces what was not drawn yet.
    this.body.show(this.isTask ? splitChoices(this.text).text : this.text, true);
    this.text = "";
    this.element.dataset.stored = "yes";
    this.body.clear();
  }

  setCommits(commits: Commit[]): void {
    for (const commit of commits) {
      // Drawn once: a card fetches the names of the files.
      if (this.cards.has(commit.sha)) continue;
      this.cards.add(commit.sha);
      const mark = commit.sha.slice(0, 7);
      const at = this.marks.get(mark);
      if (at !== undefined) this.reserve(mark, at);
      (this.slots.get(mark) ?? this.commits).appendChild(commitCard(commit));
    }
    this.drawStatus();
  }

  get isOpen(): boolean {
    return this.state === "queued" || this.state === "running";
  }

  private stamp(time: Timestamp): void {
    if (this.hasTime) return;
    this.hasTime = true;
    this.head.appendChild(timeElement(time));
  }

  // Screen readers

  private announce(block: Block): void {
    const text = this.isLive ? spoken(block) : "";
    if (text === "") return;
    announce(this.hasSpoken ? text : `Jetbridge: ${text}`);
    this.hasSpoken = true;
  }

  /** Says how the turn ended if it is not complete, unless a note has said so. Its text was announced block by block. */
  announceEnd(): void {
    if (this.notes.hasChildNodes()) return;
    if (this.state === "failed") announce(`The answer failed. ${this.status.textContent ?? ""}`);
    else if (this.state === "stopped") announce("The answer was stopped.");
    else if (this.state === "interrupted") announce("The answer was interrupted.");
  }

  // Status

  private drawStatus(error: string | null = null, position: number | null = null): void {
    this.element.dataset.state = this.state;
    this.element.setAttribute("aria-busy", String(this.isOpen));
    if (error && this.state === "failed") this.element.dataset.error = words(error);
    const hasNotes = this.notes.hasChildNodes();
    const isSilent = this.text === "" && !hasNotes && this.output === null;
    // An error alone is not worth copying, and has its own button.
    this.actionRow.hidden = this.isOpen || isSilent || (this.text === "" && this.state === "failed");
    this.retryButton.hidden = this.question === null || this.state === "failed";
    switch (this.state) {
      case "queued": {
        const place = position && position > 1 ? `Queued: ${position} messages are ahead of this one.` : "Queued: this one is next.";
        return this.show("queued", place, this.operation === null ? undefined : button("close", "Remove", "", () => this.actions.stop()));
      }
      case "running":
        return this.show("running", this.thinking || (isSilent ? "Thinking…" : ""));
      case "stopped":
        // The reply to `/stop` says it below an answer that has no note.
        return isSilent ? this.show("ended", "Stopped.", this.resumeButton()) : this.show("resume", "", this.resumeButton());
      case "interrupted":
        if (hasNotes) return this.show("resume", "", this.resumeButton());
        return this.show("warn", "Interrupted before it was complete.", this.resumeButton());
      case "failed":
        if (hasNotes && this.question === null) return this.show("none", "");
        return hasNotes ? this.show("action", "", this.againButton()) : this.show("bad", this.element.dataset.error ?? "This answer failed.", this.againButton());
      case "complete":
        return this.show("none", "");
    }
  }

  private resumeButton(): HTMLElement {
    return button("play", "Continue", "resume", () => this.actions.resume());
  }

  private againButton(): HTMLElement | undefined {
    return this.question === null ? undefined : button("retry", "Try again", "", () => this.retry());
  }

  private show(kind: string, text: string, action?: HTMLElement): void {
    const drawn = [kind, text, action?.textContent].join("\n");
    // Replacing an unchanged button would take the keyboard focus away.
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.status.hidden = kind === "none";
    this.status.className = `turn-status is-${kind}`;
    const dots = kind === "running" ? h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")) : null;
    replace(this.status, dots, text && h("span", {}, text), action);
  }
}

function button(name: IconName, label: string, className: string, onclick: () => void): HTMLElement {
  return h("button", { type: "button", class: `quiet small sends ${className}`, onclick }, icon(name), label);
}

/** A commit's short name, with which the line that tells of it begins. */
const markOfCommit = (line: string): string | null => /^`([0-9a-f]{7})[0-9a-f]*` /.exec(line)?.[1] ?? null;
