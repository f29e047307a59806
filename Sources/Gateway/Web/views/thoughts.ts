// What the model thinks before it answers, folded above the answer.

import { h } from "../dom";

export class Thoughts {
  private readonly title = h("summary", {}, "Thinking…");
  private readonly body = h("div", { class: "thoughts-text" });
  readonly element = h("details", { class: "thoughts", hidden: true }, this.title, this.body);
  private isStored = false;

  /** Adds a piece while the model thinks. */
  append(text: string): void {
    if (this.isStored) return;
    this.element.hidden = false;
    this.title.textContent = "Thinking…";
    this.body.append(text);
  }

  /** The model does something else. */
  pause(): void {
    if (!this.isStored) this.title.textContent = "Thoughts";
  }

  /** Shows the stored entry: its first line says how long the model thought. */
  store(text: string): void {
    const end = text.indexOf("\n");
    this.isStored = true;
    this.element.hidden = false;
    this.title.textContent = end < 0 ? text : text.slice(0, end);
    this.body.textContent = end < 0 ? "" : text.slice(end).trim();
  }
}
