// The card of an ask: what is asked, exactly; a button for each answer; the time left; and how it ended.

import { announce } from "../announce";
import * as api from "../api";
import { AskText, inline, parseAsk, remaining, words } from "../asktext";
import { Child, h, icon, iconButton, replace } from "../dom";
import { Part } from "../fences";
import { isDiff } from "../panel/difflines";
import { endTime, fullTime } from "../time";
import { diffText } from "./difflines";

export interface AskDelegate {
  /** Something about it has changed on the server, or its time is over. */
  stale(): void;
  /** It was decided here. */
  decided?(outcome: string): void;
  /** Shows the card in the conversation, of which this one is a short form. */
  reveal?(): void;
}

export class AskCard {
  readonly element: HTMLElement;
  private readonly title = h("p", { class: "ask-title", dir: "auto" });
  /** Of a decided one, in its line: the beginning of what was to be decided exactly. */
  private readonly gist = h("code", { class: "ask-gist", hidden: true });
  private readonly foldButton = iconButton("fold", "Show what was asked", () => this.setFolded(this.foldButton.getAttribute("aria-expanded") === "true"), "icon-button small ask-fold");
  private readonly body = h("div", { class: "ask-body" });
  readonly answers = h("div", { class: "ask-answers" });
  private readonly problem = h("p", { class: "ask-problem", role: "alert" });
  private readonly end = h("p", { class: "ask-end", hidden: true });
  private readonly left = h("span", { class: "ask-left", "aria-hidden": "true" });
  private timer: number | undefined;
  private shown = "";
  /** How often it was still open when its time was over. */
  private late = 0;
  /** The last known form on the server; null before the first and after the end. */
  private ask: api.Ask | null = null;
  private isClosed = false;
  private hasSpoken = false;

  constructor(readonly id: string, private readonly delegate: AskDelegate) {
    const reveal = delegate.reveal;
    const look = reveal ? { class: "ask-short", role: "group", "aria-label": `Waiting: ${id}` } : { class: "ask", role: null, "aria-label": `Ask ${id}` };
    this.element = h(
      "section", { ...look, tabindex: -1, "data-state": "known" },
      h("div", { class: "ask-head" }, icon("shield"), this.title, this.gist, reveal && revealButton(reveal)),
      this.body, this.answers, this.problem, this.end);
    // Only one of both forms is read out.
    this.hasSpoken = reveal !== undefined;
  }

  get isOpen(): boolean {
    return this.ask !== null;
  }

  /** For the ids of fields: both forms may be on the page. */
  private get suffix(): string {
    return this.delegate.reveal ? "-short" : "";
  }

  /** Shows a stored message's text. While it is open, the server's text of the ask counts instead. */
  show(text: string): void {
    if (this.ask) return;
    const parsed = parseAsk(text);
    this.draw(text, parsed);
    if (parsed.outcome !== null) this.close(words(parsed.outcome));
  }

  /** It can be answered now. */
  open(ask: api.Ask): void {
    if (this.isClosed) return;
    const isNew = this.ask === null;
    this.ask = ask;
    const parsed = parseAsk(ask.text);
    this.draw(ask.text, parsed);
    if (!isNew) return;
    this.element.dataset.state = "open";
    this.showAnswers(ask);
    this.startClock();
    if (!this.hasSpoken) announce([words(parsed.title), ...parsed.parts.map((part) => (part.kind === "code" ? part.text : words(part.text)))].join("\n"));
    this.hasSpoken = true;
  }

  /** It was decided, or its time is over. */
  close(outcome: string): void {
    if (this.isClosed && this.end.textContent === outcome) return;
    const wasOpen = this.ask !== null;
    const hadFocus = this.element.contains(document.activeElement);
    this.isClosed = true;
    this.ask = null;
    clearInterval(this.timer);
    this.problem.textContent = "";
    replace(this.answers);
    this.end.hidden = false;
    this.end.textContent = outcome;
    this.element.dataset.state = outcome.startsWith("Approved") ? "approved" : outcome.startsWith("Denied") ? "denied" : "closed";
    if (!this.foldButton.isConnected && this.body.hasChildNodes()) {
      this.element.appendChild(this.foldButton);
      this.setFolded(true);
    }
    // The focused button is gone.
    if (hadFocus) this.element.focus();
    if (wasOpen && !this.delegate.reveal) announce(outcome);
  }

  /** Folded, it is a line: what was asked, its beginning, and how it ended. */
  private setFolded(isFolded: boolean): void {
    this.element.classList.toggle("is-folded", isFolded);
    this.gist.hidden = !isFolded || this.gist.textContent === "";
    this.foldButton.setAttribute("aria-expanded", String(!isFolded));
  }

  private draw(text: string, parsed: AskText): void {
    if (text === this.shown) return;
    this.shown = text;
    const code = parsed.parts.find((part) => part.kind === "code")?.text.trim().split("\n")[0] ?? "";
    this.gist.textContent = code.slice(0, 200);
    replace(this.title, ...withCode(parsed.title));
    replace(this.body, ...(this.delegate.reveal ? essence(parsed.parts) : parsed.parts).map(partElement));
  }

  // Answers

  private showAnswers(ask: api.Ask): void {
    const buttons = ask.can_answer === false ? [] : ask.options.map((option) => this.button(ask, option));
    const until = ask.expires_at === null ? null : h(
      "p", { class: "ask-until" }, "Expires at ",
      h("time", { datetime: new Date(ask.expires_at).toISOString(), title: fullTime(ask.expires_at) }, endTime(ask.expires_at)), this.left);
    if (ask.can_answer === false) {
      replace(this.answers, h("p", { class: "ask-waits" }, `Waits for ${ask.waits_for ?? "somebody else"}.`), until);
      return;
    }
    if (ask.kind === "clarify") buttons.push(h("button", { type: "button", class: "quiet", onclick: () => void this.answer(doneOption, "") }, "Done, ask no more"));
    replace(this.answers, h("div", { class: "ask-buttons" }, ...buttons), takesWords(ask) && this.wordsForm(), until);
  }

  private button(ask: api.Ask, option: api.AskOption): HTMLButtonElement {
    const isDenial = ask.kind === "approval" && isDeny(option);
    const approving = ask.options.some((other) => other.key === "all") ? "all" : "A";
    const className = option.recommended || (ask.kind === "approval" && option.key === approving) ? "primary" : "quiet";
    // The short form leaves out how far an approval reaches; the card says it.
    const label = sentence(ask.kind === "approval" && this.delegate.reveal ? option.label.replace(/ \(.*\)$/, "") : option.label);
    return h(
      "button", { type: "button", class: className, title: option.label, onclick: () => (isDenial ? this.askReason(ask, option) : void this.answer(option, "")) },
      isDenial ? `${label}…` : label, option.recommended && h("span", { class: "ask-recommended" }, " (recommended)"));
  }

  /** For an answer that is none of the options. */
  private wordsForm(): HTMLElement {
    const name = `words-${this.id}${this.suffix}`;
    const field = h("input", { id: name, class: "ask-reason", type: "text", maxlength: 2000, autocomplete: "off", "data-key": name });
    return h(
      "form", {
        class: "ask-form", onsubmit: (event: Event) => {
          event.preventDefault();
          const text = field.value.trim();
          if (text !== "") void this.answer(wordsOption, text);
        },
      },
      h("label", { for: name }, "Or in your own words"), field, h("button", { type: "submit", class: "quiet" }, "Answer"));
  }

  private askReason(ask: api.Ask, option: api.AskOption): void {
    const name = `reason-${this.id}${this.suffix}`;
    const field = h("input", { id: name, class: "ask-reason", type: "text", maxlength: 500, autocomplete: "off" });
    const form = h(
      "form", {
        class: "ask-form", onsubmit: (event: Event) => { event.preventDefault(); void this.answer(option, field.value.trim()); },
        onkeydown: (event: KeyboardEvent) => {
          if (event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          this.back(ask);
        },
      },
      h("label", { for: name }, "Reason ", h("span", { class: "optional" }, "(optional)")), field,
      h("button", { type: "submit", class: "danger" }, sentence(option.label)),
      h("button", { type: "button", class: "quiet", onclick: () => this.back(ask) }, "Back"));
    this.answers.firstElementChild?.replaceWith(form);
    field.focus();
  }

  private back(ask: api.Ask): void {
    this.showAnswers(ask);
    this.tick();
    this.answers.querySelector("button")?.focus();
  }

  private async answer(option: api.AskOption, reason: string): Promise<void> {
    this.setBusy(true);
    this.problem.textContent = "";
    try {
      const decision = await api.answerAsk(this.id, option.key, reason);
      const outcome = decision?.outcome;
      if (typeof outcome === "string" && outcome !== "") {
        this.close(outcome);
        this.delegate.decided?.(outcome);
      }
    } catch (error) {
      if (this.isOpen) this.problem.textContent = api.explain(error);
      this.setBusy(false);
    }
    // Also after a refusal: it may be decided already.
    this.delegate.stale();
  }

  private setBusy(isBusy: boolean): void {
    for (const button of this.answers.querySelectorAll("button")) button.disabled = isBusy;
    if (isBusy) this.element.focus();
  }

  // Time

  private startClock(): void {
    clearInterval(this.timer);
    this.tick();
    this.timer = setInterval(() => this.tick(), 1000);
  }

  private tick(): void {
    const end = this.ask?.expires_at ?? null;
    if (end === null || (!this.element.isConnected && this.left.textContent !== "")) return clearInterval(this.timer);
    const time = new Date(end).getTime() - Date.now();
    this.left.textContent = ` · ${remaining(time)}`;
    if (time > 0) return;
    clearInterval(this.timer);
    this.delegate.stale();
    // This machine's clock may be ahead of the server's: look again, less and less often.
    this.timer = setTimeout(() => this.tick(), 1000 * 2 ** this.late);
    this.late += 1;
  }
}

const doneOption: api.AskOption = { key: "done", label: "done", recommended: false };
const wordsOption: api.AskOption = { key: "", label: "", recommended: false };
const takesWords = (ask: api.Ask): boolean => ask.kind === "clarify" || ask.kind === "question";

const isDeny = (option: api.AskOption): boolean => option.key === "C" || /^deny\b/i.test(option.label);

const sentence = (label: string): string => label.charAt(0).toUpperCase() + label.slice(1);

function revealButton(reveal: () => void): HTMLElement {
  const label = "Show in the conversation";
  return h("button", { type: "button", class: "link ask-reveal", "aria-label": label, title: label, onclick: () => reveal() }, "Show", h("span", { class: "wide" }, " in the conversation"));
}

/** What is to be decided, without the words below it that say how. */
function essence(parts: Part[]): Part[] {
  const isExact = parts.some((part) => part.kind === "code");
  return isExact && parts[parts.length - 1]?.kind === "text" ? parts.slice(0, -1) : parts;
}

function partElement(part: Part): HTMLElement {
  if (part.kind === "text") return h("p", { dir: "auto" }, ...withCode(part.text));
  const code = isDiff(part.text) ? diffText(part.text) : [part.text];
  return h("pre", { class: "ask-code", tabindex: 0, role: "group", "aria-label": "Exact text" }, h("code", {}, ...code));
}

function withCode(text: string): Child[] {
  return inline(text).map((piece) => (piece.isCode ? h("code", {}, piece.text) : piece.text));
}
