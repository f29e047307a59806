// The two thumbs below an answer, and a line for why.

import { announce } from "../announce";
import * as api from "../api";
import { h, iconButton } from "../dom";
import { toast } from "../toast";

type Value = "up" | "down";
const labels: Record<Value, string> = { up: "Good answer", down: "Bad answer" };

export class RatingButtons {
  readonly element: HTMLElement;
  private readonly buttons: Record<Value, HTMLButtonElement>;
  private readonly word = h("input", { type: "text", maxlength: 500, placeholder: "Why? (optional)", "aria-label": "Why? (optional)", autocomplete: "off" });
  private readonly why = h("form", { class: "rating-why", hidden: true }, this.word, h("button", { type: "submit", class: "small" }, "Send"));
  private value: Value | null = null;

  constructor(private readonly operation: string) {
    this.buttons = { up: this.button("up"), down: this.button("down") };
    this.why.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send(this.value, this.word.value.trim() || null, true);
    });
    this.element = h("span", { class: "rating sends", role: "group", "aria-label": "Rate this answer" }, this.buttons.up, this.buttons.down, this.why);
  }

  private button(value: Value): HTMLButtonElement {
    const button = iconButton(value === "up" ? "thumbUp" : "thumbDown", labels[value], () => void this.send(this.value === value ? null : value, null, false), "icon-button small");
    button.setAttribute("aria-pressed", "false");
    return button;
  }

  /** What the person said of the answer. */
  show(value: Value | null): void {
    this.value = value;
    for (const name of ["up", "down"] as const) this.buttons[name].setAttribute("aria-pressed", String(name === value));
  }

  private async send(value: Value | null, word: string | null, isDone: boolean): Promise<void> {
    try {
      await api.rate(this.operation, { value: value ?? "none", word });
    } catch (error) {
      return toast(api.explain(error));
    }
    this.show(value);
    this.word.value = "";
    this.why.hidden = isDone || value === null;
    announce(value === null ? "Your rating was taken back." : "Thank you, noted.");
    if (!this.why.hidden) this.word.focus();
  }
}
