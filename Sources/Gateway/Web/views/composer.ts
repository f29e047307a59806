// Where a message is written: drafts for each conversation, and completion of commands.

import { Command } from "../api";
import { append, h, icon, iconButton, replace } from "../dom";

export interface ComposerDelegate {
  send(text: string): void;
  stop(): void;
}

export class Composer {
  readonly element: HTMLElement;
  private readonly field: HTMLTextAreaElement;
  private readonly options = h("ul", { class: "completions", id: "completions", role: "listbox", "aria-label": "Commands", hidden: true });
  private readonly button: HTMLButtonElement;
  private readonly stopButton: HTMLButtonElement;
  private readonly box = h("div", { class: "composer-box" });
  private readonly hint = h("p", { class: "composer-hint" }, "Enter sends · Shift+Enter makes a new line · ? shows the shortcuts");
  private readonly elsewhere = h("p", { class: "elsewhere", hidden: true });
  private readonly drafts = new Map<string, string>();
  private thread = "";
  private commands: Command[] = [];
  private matches: Command[] = [];
  private chosen = -1;

  constructor(private readonly delegate: ComposerDelegate) {
    this.field = h("textarea", {
      id: "message", class: "message-field", rows: 1, placeholder: "Message, or / for a command", "aria-label": "Message",
      enterkeyhint: "send", autocomplete: "off", role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "completions",
      oninput: () => this.changed(), onkeydown: (event: KeyboardEvent) => this.key(event), onblur: () => setTimeout(() => { if (document.activeElement !== this.field) this.close(); }, 120),
    });
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
    this.stopButton = iconButton("stop", "Stop the answer", () => this.delegate.stop(), "send stop");
    this.stopButton.hidden = true;
    this.element = h(
      "form", { class: "composer", onsubmit: (event: Event) => { event.preventDefault(); this.submit(); } },
      this.options,
      this.box, this.hint, this.elsewhere);
    append(this.box, [this.field, this.stopButton, this.button]);
    this.changed();
  }

  setCommands(commands: Command[]): void {
    this.commands = commands;
  }

  /** A conversation of another network is written to there; `place` names it. */
  setPlace(place: string | null): void {
    this.element.classList.toggle("is-elsewhere", place !== null);
    this.field.disabled = place !== null;
    replace(this.elsewhere, place && `This conversation takes place on ${place}. Answer there, so that everybody sees it.`);
    this.elsewhere.hidden = place === null;
    this.box.hidden = this.hint.hidden = place !== null;
  }

  setBusy(isBusy: boolean): void {
    this.stopButton.hidden = !isBusy;
  }

  /** Changes the conversation; what was typed in the one before is kept. */
  show(thread: string): void {
    this.drafts.set(this.thread, this.field.value);
    this.thread = thread;
    this.field.value = this.drafts.get(thread) ?? "";
    this.changed();
  }

  /** A new conversation got its id: the draft belongs to it now. */
  rename(thread: string): void {
    this.drafts.delete(this.thread);
    this.thread = thread;
  }

  focus(): void {
    this.field.focus();
  }

  insert(text: string): void {
    this.field.value = text;
    this.changed();
    this.field.focus();
    this.field.setSelectionRange(text.length, text.length);
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text) return;
    this.field.value = "";
    this.drafts.delete(this.thread);
    this.changed();
    this.delegate.send(text);
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (!this.options.hidden) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step) {
        event.preventDefault();
        return this.choose((this.chosen + step + this.matches.length) % this.matches.length);
      }
      const exact = this.matches[this.chosen]?.word === this.field.value.slice(1);
      if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !exact)) {
        event.preventDefault();
        return this.complete(this.matches[this.chosen]);
      }
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        return this.close();
      }
    }
    // On a touch keyboard Enter is a new line; there the button sends.
    if (event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      this.submit();
    }
  }

  private changed(): void {
    this.button.disabled = this.field.value.trim() === "";
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, Math.round(innerHeight * 0.4))}px`;
    const word = /^\/(\S*)$/.exec(this.field.value)?.[1];
    this.matches = word === undefined ? [] : this.commands.filter((command) => command.word.startsWith(word.toLowerCase()));
    if (this.matches.length === 0) return this.close();
    replace(this.options, ...this.matches.map((command, index) => this.option(command, index)));
    this.options.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    this.choose(0);
  }

  private option(command: Command, index: number): HTMLElement {
    return h(
      "li", { id: `completion-${index}`, role: "option", onpointerdown: (event: Event) => { event.preventDefault(); this.complete(command); } },
      h("code", {}, `/${command.usage}`), h("span", {}, command.summary));
  }

  private choose(index: number): void {
    this.chosen = index;
    Array.from(this.options.children).forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    this.field.setAttribute("aria-activedescendant", `completion-${index}`);
    this.options.children[index]?.scrollIntoView({ block: "nearest" });
  }

  private complete(command: Command | undefined): void {
    if (!command) return;
    this.field.value = command.usage === command.word ? `/${command.word}` : `/${command.word} `;
    this.changed();
    this.close();
    this.field.focus();
  }

  private close(): void {
    this.options.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }
}
