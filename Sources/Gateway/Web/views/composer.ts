// The message field: keeps a draft for each conversation, edits earlier messages and completes commands.

import { announce } from "../announce";
import { Command } from "../api";
import { words } from "../asktext";
import { append, h, icon, iconButton, replace } from "../dom";
import { Drafts } from "../drafts";
import { clearAll } from "../editor/drafts";
import { offerNames } from "../mentions";
import { Attachments } from "./attachments";

export interface ComposerDelegate {
  /** @param replaces the message whose place it takes; null for a new one */
  send(text: string, files: File[], replaces: string | null): void;
  stop(): void;
  /** The person writes. */
  typed(): void;
}

export class Composer {
  readonly element: HTMLElement;
  private readonly field: HTMLTextAreaElement;
  private readonly options = h("ul", {
    class: "completions", id: "completions", role: "listbox", tabindex: 0, "aria-label": "Commands", hidden: true,
    // Scrolling it leaves the focus in the field.
    onmousedown: (event: Event) => event.preventDefault(),
  });
  private readonly button: HTMLButtonElement;
  private readonly stopButton: HTMLButtonElement;
  private readonly box = h("div", { class: "composer-box" });
  private readonly hint = h("p", { class: "composer-hint" }, "Enter sends · Shift+Enter makes a new line · ? shows the shortcuts");
  private readonly elsewhere = h("p", { class: "elsewhere", hidden: true });
  private readonly editingNote = h("span");
  private readonly editing = h(
    "p", { class: "editing", hidden: true }, icon("edit"), this.editingNote,
    h("button", { type: "button", class: "link", onclick: () => this.stopEditing() }, "Cancel"));
  private readonly drafts = new Drafts();
  private readonly attachments = new Attachments(() => this.layOut(), () => !this.box.hidden);
  /** The draft that the edited message replaces for now; null when none is edited. */
  private kept: string | null = null;
  private replaces: string | null = null;
  private thread = "";
  private commands: Command[] = [];
  private matches: Command[] = [];
  private chosen = -1;

  constructor(private readonly delegate: ComposerDelegate, writing: HTMLElement) {
    this.field = h("textarea", {
      id: "message", class: "message-field", rows: 1, placeholder: "Message, or / for a command", "aria-label": "Message",
      enterkeyhint: "send", autocomplete: "off", "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": "completions",
      oninput: () => { this.changed(); if (this.field.value !== "") this.delegate.typed(); }, onkeydown: (event: KeyboardEvent) => this.key(event), onblur: () => setTimeout(() => { if (document.activeElement !== this.field) this.close(); }, 120),
    });
    this.button = h("button", { type: "submit", class: "send", "aria-label": "Send", title: "Send (Enter)" }, icon("send"));
    this.stopButton = iconButton("stop", "Stop the answer", () => this.delegate.stop(), "send stop");
    this.stopButton.hidden = true;
    this.element = h(
      "form", { class: "composer", onsubmit: (event: Event) => { event.preventDefault(); this.submit(); } },
      writing, this.options, offerNames(this.field), this.editing, this.attachments.element,
      this.box, this.hint, this.elsewhere);
    append(this.box, [this.attachments.button, this.field, this.stopButton, this.button]);
    this.layOut();
  }

  setCommands(commands: Command[]): void {
    this.commands = commands;
  }

  /** Disables writing when the conversation takes place on another network, which `place` names. */
  setPlace(place: string | null): void {
    this.setClosed(place && `This conversation takes place on ${place}. Reply there so that everyone sees it.`);
  }

  /** Disables writing for a reason that is shown in the field's place; null enables it. */
  setClosed(reason: string | null): void {
    this.element.classList.toggle("is-elsewhere", reason !== null);
    this.field.disabled = reason !== null;
    replace(this.elsewhere, reason);
    this.elsewhere.hidden = reason === null;
    if (reason !== null) this.attachments.clear();
    this.box.hidden = this.hint.hidden = reason !== null;
  }

  setBusy(isBusy: boolean): void {
    const hadFocus = document.activeElement === this.stopButton;
    this.stopButton.hidden = !isBusy;
    if (hadFocus && !isBusy) this.field.focus();
  }

  /** Switches the conversation. Its draft and that of the previous one are kept. */
  show(thread: string): void {
    this.endEditing();
    this.attachments.clear();
    this.thread = thread;
    this.field.value = this.drafts.get(thread);
    this.layOut();
  }

  /** A new conversation has received its id, and the draft now belongs to that. */
  rename(thread: string): void {
    this.drafts.set(this.thread, "");
    this.thread = thread;
    this.drafts.set(thread, this.kept ?? this.field.value);
  }

  /** The sign-in has ended: nothing that was written stays in the browser. */
  forgetDrafts(): void {
    this.drafts.clear();
    clearAll();
    this.attachments.clear();
  }

  focus(): void {
    this.field.focus();
  }

  /**
   * Puts a sent message into the field. The draft comes back afterwards.
   *
   * @param replaces the message whose place it takes; null for one that is sent as a new one
   */
  edit(text: string, replaces: string | null): void {
    this.kept ??= this.field.value;
    this.replaces = replaces;
    replace(this.editingNote, `Editing a message. It is sent as a new ${replaces === null ? "one" : "version"}; the old one stays.`);
    this.editing.hidden = false;
    announce("Editing a message. Escape cancels.");
    this.insert(text);
    this.close();
  }

  /** Puts a suggestion into an empty field; a draft stays as it is. */
  suggest(text: string): void {
    if (this.field.disabled) return;
    if (this.field.value === "") this.insert(text);
    else this.field.focus();
  }

  /** A message that could not be sent belongs to its conversation's draft again. */
  restore(thread: string, text: string): void {
    const joined = (draft: string): string => draft === "" ? text : `${draft}\n${text}`;
    if (thread !== this.thread) return this.drafts.set(thread, joined(this.drafts.get(thread)));
    if (this.kept !== null) this.kept = joined(this.kept);
    else this.field.value = joined(this.field.value);
    this.changed();
    this.close();
  }

  private insert(text: string): void {
    this.field.value = text;
    this.changed();
    this.field.focus();
    this.field.setSelectionRange(text.length, text.length);
  }

  private submit(): void {
    const text = this.field.value.trim();
    if (!text && this.attachments.isEmpty) return;
    const files = this.attachments.take();
    const replaces = this.replaces;
    this.field.value = this.kept ?? "";
    this.endEditing();
    this.changed();
    this.close();
    this.delegate.send(text || namesOf(files), files, replaces);
  }

  private stopEditing(): void {
    this.field.value = this.kept ?? "";
    this.endEditing();
    this.changed();
    this.close();
    this.field.focus();
  }

  private endEditing(): void {
    this.kept = null;
    this.replaces = null;
    this.editing.hidden = true;
  }

  private key(event: KeyboardEvent): void {
    if (event.isComposing) return;
    if (!this.options.hidden) {
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (step) {
        event.preventDefault();
        return this.choose((this.chosen + step + this.matches.length) % this.matches.length);
      }
      // A whole command is sent, whatever longer ones begin with it, unless another one was chosen.
      const exact = this.chosen === 0 && this.matches[0]?.word === this.field.value.slice(1).toLowerCase();
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
    if (event.key === "Escape" && this.kept !== null) {
      event.preventDefault();
      return this.stopEditing();
    }
    // On a touch keyboard Enter inserts a new line, and the button sends.
    if (event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      this.submit();
    }
  }

  private changed(): void {
    this.drafts.set(this.thread, this.kept ?? this.field.value);
    this.layOut();
  }

  private layOut(): void {
    this.button.disabled = this.field.value.trim() === "" && this.attachments.isEmpty;
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, Math.round(innerHeight * 0.4))}px`;
    const word = /^\/(\S*)$/.exec(this.field.value)?.[1];
    this.matches = word === undefined ? [] : this.matching(word.toLowerCase());
    if (this.matches.length === 0) return this.close();
    replace(this.options, ...this.matches.map((command, index) => this.option(command, index)));
    this.options.hidden = false;
    this.choose(0);
  }

  /** The commands that begin with `word`; one that is just that comes first. */
  private matching(word: string): Command[] {
    const matches = this.commands.filter((command) => command.word.startsWith(word));
    return [...matches.filter((command) => command.word === word), ...matches.filter((command) => command.word !== word)];
  }

  private option(command: Command, index: number): HTMLElement {
    return h(
      "li", { id: `completion-${index}`, role: "option", onpointerdown: (event: Event) => { event.preventDefault(); this.complete(command); } },
      h("code", {}, `/${command.usage}`), h("span", {}, words(command.summary)));
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
    this.field.removeAttribute("aria-activedescendant");
  }
}

/** The message of files that were sent without words. */
function namesOf(files: File[]): string {
  return files.map((file) => file.name).join(", ");
}
