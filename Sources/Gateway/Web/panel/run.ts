// One command in the shell panel: the command, its output and how it ended.

import { OperationState } from "../api";
import { h } from "../dom";
import { storedRun } from "../runs";
import { Stream } from "../terminal/interpreter";
import { TerminalView } from "../terminal/view";

/** In characters: enough to see whether the output ended with the exit line, or was a refusal. */
const tailLength = 2000;

export class RunBlock {
  readonly element: HTMLElement;
  state: OperationState = "running";
  private readonly output: TerminalView;
  private readonly end = h("p", { class: "run-end", hidden: true });
  private hasOutput = false;
  private tail = "";
  private waiting = "";
  private readonly remarks: string[] = [];
  private error: string | null = null;

  constructor(command: string, isTyped: boolean, limit: number, drawn: () => void) {
    this.output = new TerminalView(limit, drawn);
    this.element = h(
      "section", { class: "run", "aria-label": command.slice(0, 80), "data-state": this.state },
      h("p", { class: "run-command" }, isTyped && h("span", { class: "run-sign", "aria-hidden": "true" }, "$ "), h("code", {}, command)),
      this.output.element, this.end);
  }

  get isOpen(): boolean {
    return this.state === "queued" || this.state === "running";
  }

  /** Lines on the page, with the command and the end. */
  get lines(): number {
    return this.output.lines + 2;
  }

  /** Removes the oldest lines of output until `lines` are left. */
  trim(lines: number): void {
    this.output.trim(Math.max(0, lines - 2));
  }

  write(text: string, stream: Stream): void {
    this.hasOutput = true;
    if (this.waiting !== "") this.wait("");
    this.tail = (this.tail + text).slice(-tailLength);
    this.output.write(text, stream);
  }

  /** Shows what it waits for. */
  wait(text: string): void {
    this.waiting = text;
    this.drawEnd();
  }

  /** The stored reply: its output if none was live, and its remarks unless the output ended with them. */
  reply(text: string): void {
    const stored = storedRun(text);
    if (!this.hasOutput) for (const piece of stored.pieces) this.write(piece.text, piece.stream);
    this.remarks.push(...stored.remarks.filter((line) => !this.tail.includes(line)));
    this.drawEnd();
  }

  setState(state: OperationState, error: string | null): void {
    this.state = state;
    this.error = error;
    this.element.dataset.state = state;
    this.drawEnd();
  }

  /** The stored reply says more than the state. */
  private drawEnd(): void {
    const text = this.remarks.join("\n") || this.status;
    this.end.textContent = text;
    this.end.hidden = text === "";
  }

  private get status(): string {
    switch (this.state) {
      case "queued": return "Queued.";
      case "failed": return this.error ?? "It failed.";
      case "stopped": return "Stopped.";
      case "interrupted": return "Interrupted before it ended.";
      case "running": return this.waiting;
      case "complete": return "";
    }
  }
}
