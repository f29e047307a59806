// One step: a line that says what was done and how it ended, and what ran with its output once it is opened.

import { Step, StepState } from "../api";
import { h, icon, replace } from "../dom";
import { diffElement } from "../views/difflines";
import { visibleLine } from "../visible";
import { duration } from "./size";
import { isDiff } from "./difflines";

const marks: Record<StepState, string> = { waiting: "waits", running: "runs", done: "ok", failed: "failed", denied: "denied", interrupted: "interrupted" };
let count = 0;

export class StepRow {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly mark = h("span", { class: "step-mark" });
  private readonly text = h("span", { class: "step-text" });
  private readonly time = h("span", { class: "step-time" });
  private readonly detail: HTMLElement;
  /** All that is known. */
  readonly step: Step;

  constructor(id: string) {
    this.step = { id, tool: null, title: null, state: null, decision: null, input: null, output: null, summary: null, has_changes: null, started_ms: null, ended_ms: null };
    count += 1;
    const name = `step-${count}`;
    this.detail = h("div", { class: "step-detail", id: name, hidden: true });
    this.button = h(
      "button", { type: "button", class: "step-line", "aria-expanded": "false", "aria-controls": name, onclick: () => this.setOpen(this.detail.hidden) },
      this.mark, this.text, this.time, icon("fold"));
    this.element = h("li", { class: "step" }, this.button, this.detail);
  }

  get state(): StepState | null {
    return this.step.state;
  }

  get title(): string {
    if (this.step.title !== null) return this.step.title;
    const first = this.step.input?.[0]?.text.split("\n")[0]?.slice(0, 120) ?? "";
    return [this.step.tool ?? "", first].join(" ").trim();
  }

  /** Takes what is known now; null says that nothing is new. */
  take(news: Step): void {
    for (const [key, value] of Object.entries(news)) {
      if (value !== null) (this.step as unknown as Record<string, unknown>)[key] = value;
    }
    const { state, started_ms: start, ended_ms: end } = this.step;
    this.element.dataset.state = state ?? "waiting";
    this.mark.textContent = marks[state ?? "waiting"];
    this.text.textContent = this.step.summary || this.title;
    // A command's own line ends with its time.
    const isTold = / s$/.test(this.text.textContent);
    this.time.textContent = !isTold && start !== null && end !== null && end - start >= 100 ? duration(end - start) : "";
    if (!this.detail.hidden) this.drawDetail();
  }

  fold(): void {
    // Not under the reader's eyes.
    if (!this.element.contains(document.activeElement)) this.setOpen(false);
  }

  private setOpen(isOpen: boolean): void {
    this.detail.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.drawDetail();
    else replace(this.detail);
  }

  private drawDetail(): void {
    const { tool, decision, input, output } = this.step;
    const inputs = input ?? [];
    const isEdit = inputs.some(({ name }) => name === "old") && inputs.some(({ name }) => name === "new");
    replace(
      this.detail,
      tool !== null && h("p", { class: "step-facts" }, h("code", {}, tool), decision !== null && ` · ${decision}`),
      ...inputs.map(({ name, text }) => part(name, text, isEdit && name === "old" ? "-" : isEdit && name === "new" ? "+" : "")),
      output !== null && part("result", output, ""));
  }
}

function part(name: string, text: string, sign: string): HTMLElement {
  const lines = sign === "" ? null : text.split("\n").map((line) => sign + line);
  const kind = sign === "-" ? "is-removed" : "is-added";
  const content =
    lines !== null ? h("div", { class: "diff" }, ...lines.map((line) => h("div", { class: `diff-line ${kind}` }, visibleLine(line))))
      : isDiff(text) ? diffElement(text.split("\n"))
        : h("pre", {}, text);
  return h("div", { class: "step-part" }, h("p", { class: "step-name" }, name), h("div", { class: "step-content", tabindex: 0, role: "group", "aria-label": name }, content));
}
