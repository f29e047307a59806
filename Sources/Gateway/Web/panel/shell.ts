// The tab "Shell": the commands of a conversation with their live output, and a line to enter the next one.

import { OperationState, Step } from "../api";
import { words } from "../asktext";
import { h, icon, replace } from "../dom";
import { History } from "../terminal/history";
import { Stream } from "../terminal/interpreter";
import { RunFollower } from "../views/conversation";
import { Scroller } from "../views/scroller";
import { RunBlock } from "./run";

export interface ShellDelegate {
  send(text: string): void;
  stop(operation: string): void;
  ended(): void;
}

/** On the page, of all commands together. */
const mostLines = 5000;

export class ShellView implements RunFollower {
  readonly element: HTMLElement;
  private readonly runs = new Map<string, RunBlock>();
  private readonly log = h("div", { class: "runs" });
  private readonly empty = h("p", { class: "panel-empty" }, "Commands run in this conversation's workspace. Directory and variables last from one command to the next.");
  private readonly scroller: Scroller;
  private readonly field: HTMLTextAreaElement;
  private readonly stopButton: HTMLButtonElement;
  private readonly form: HTMLFormElement;
  private readonly history = new History();

  constructor(private readonly delegate: ShellDelegate) {
    this.scroller = new Scroller(this.empty, this.log);
    this.scroller.setName("Output of commands");
    replace(this.scroller.latest, icon("down"), "Jump to end");
    this.field = h("textarea", {
      id: "shell-command", class: "shell-field", rows: 1, "aria-label": "Command", placeholder: "Command", autocomplete: "off", autocapitalize: "off",
      spellcheck: "false", enterkeyhint: "go", oninput: () => this.layOut(), onkeydown: (event: KeyboardEvent) => this.key(event),
    });
    this.stopButton = h("button", { type: "button", class: "quiet small stop-run", hidden: true, onclick: () => this.stop() }, icon("stop"), "Stop");
    this.form = h(
      "form", { class: "shell-form", onsubmit: (event: Event) => { event.preventDefault(); this.submit(); } },
      h("span", { class: "shell-sign", "aria-hidden": "true" }, "$"), this.field, this.stopButton,
      h("button", { type: "submit", class: "quiet small" }, icon("play"), "Run"));
    this.element = h("div", { class: "shell-view" }, h("div", { class: "shell-output" }, this.scroller.element, this.scroller.latest), this.form);
  }

  /** Another conversation is shown. */
  clear(): void {
    this.runs.clear();
    this.history.clear();
    replace(this.log);
    this.empty.hidden = false;
    this.field.value = "";
    this.layOut();
    this.showStop();
  }

  setWritable(isWritable: boolean): void {
    this.form.hidden = !isWritable;
  }

  /** The tab is shown: what was drawn while it was hidden had no height. */
  shown(): void {
    this.layOut();
    this.scroller.grown();
  }

  focus(): void {
    this.field.focus();
  }

  // Commands

  began(operation: string, command: string, isTyped: boolean): void {
    if (this.runs.has(operation)) return;
    this.add(operation, new RunBlock(command, isTyped, mostLines, () => this.drawn()));
    if (isTyped) this.history.add(command);
  }

  wrote(operation: string, text: string, stream: Stream): void {
    this.runs.get(operation)?.write(text, stream);
  }

  waits(operation: string, text: string): void {
    this.runs.get(operation)?.wait(words(text.trim()));
    this.scroller.grown();
  }

  replied(operation: string, text: string): void {
    this.runs.get(operation)?.reply(text);
    this.scroller.grown();
  }

  changed(operation: string, state: OperationState, error: string | null): void {
    this.runs.get(operation)?.setState(state, error);
    this.showStop();
    this.scroller.grown();
  }

  /** A command of the model, whose output comes at its end. */
  show(key: string, step: Step): void {
    const command = step.input?.find(({ name }) => name === "command")?.text ?? step.title;
    if (command === null || step.state === null || step.state === "waiting" || step.state === "denied") return;
    this.began(key, command, false);
    const isOver = step.state !== "running";
    if (!isOver || !this.runs.get(key)?.isOpen) return;
    this.wrote(key, step.output ?? "", "stdout");
    this.changed(key, step.state === "interrupted" ? "interrupted" : "complete", null);
  }

  refused(command: string, reason: string): void {
    const block = new RunBlock(command, true, mostLines, () => this.drawn());
    block.setState("failed", `Not sent. ${reason}`);
    this.add(`refused ${Math.random()}`, block);
  }

  ended(): void {
    this.delegate.ended();
  }

  private add(key: string, block: RunBlock): void {
    this.empty.hidden = true;
    this.runs.set(key, block);
    this.log.appendChild(block.element);
    this.showStop();
    this.scroller.grown();
  }

  private drawn(): void {
    this.trim();
    this.scroller.grown();
  }

  /** Removes the oldest lines and commands, but never the newest command. */
  private trim(): void {
    let lines = 0;
    for (const block of this.runs.values()) lines += block.lines;
    for (const [key, block] of this.runs) {
      if (lines <= mostLines) return;
      const over = lines - mostLines;
      lines -= block.lines;
      if (block.lines <= over && !block.isOpen) {
        this.runs.delete(key);
        block.element.remove();
      } else {
        block.trim(block.lines - over);
        lines += block.lines;
      }
    }
  }

  get isRunning(): boolean {
    return this.running !== null;
  }

  private showStop(): void {
    const isOpen = this.running !== null;
    const hadFocus = document.activeElement === this.stopButton;
    this.stopButton.hidden = !isOpen;
    if (hadFocus && !isOpen) this.field.focus();
  }

  /** The command that runs, or else the first one that waits. */
  private get running(): string | null {
    const open = [...this.runs].filter(([, block]) => block.isOpen);
    return (open.find(([, block]) => block.state === "running") ?? open[0])?.[0] ?? null;
  }

  private stop(): void {
    const operation = this.running;
    if (operation !== null) this.delegate.stop(operation);
  }

  // The command line

  private submit(): void {
    const command = this.field.value.trim();
    if (command === "") return;
    this.field.value = "";
    this.layOut();
    this.scroller.toEnd();
    this.delegate.send(`/run ${command}`);
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const { value, selectionStart, selectionEnd } = this.field;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && !value.slice(0, selectionStart).includes("\n")) {
      this.recall(event, this.history.previous(value));
    } else if (event.key === "ArrowDown" && !value.slice(selectionEnd).includes("\n")) {
      this.recall(event, this.history.next());
    } else if (event.key === "c" && event.ctrlKey && selectionStart === selectionEnd && this.running !== null) {
      // As in a terminal; with a selection it copies.
      event.preventDefault();
      this.stop();
    }
  }

  private recall(event: KeyboardEvent, command: string | null): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (command === null) return;
    this.field.value = command;
    this.layOut();
    this.field.setSelectionRange(command.length, command.length);
  }

  private layOut(): void {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 140)}px`;
  }
}
