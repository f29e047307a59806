// The parts that all entries of a conversation share, and people's messages.

import { copyButton } from "../clipboard";
import { h, iconButton, replace } from "../dom";
import { MarkdownView } from "../markdown/view";
import { clockTime, fullTime, Timestamp } from "../time";
import { fileList, Sent } from "./files";

export function header(name: string, kind: string, time: Timestamp | null): HTMLElement {
  return h("header", { class: "entry-head" }, h("h2", { class: `author author-${kind}` }, name), time !== null && timeElement(time));
}

export function timeElement(time: Timestamp): HTMLElement {
  return h("time", { datetime: new Date(time).toISOString(), title: fullTime(time) }, clockTime(time));
}

/** A message whose usual drawing failed: as little as possible can fail here. */
export function plainEntry(name: string, kind: string, text: string): HTMLElement {
  return h("article", { class: `entry entry-${kind}`, "aria-label": name }, header(name, kind, null), h("div", { class: "prose" }, h("pre", {}, text)));
}

export const taskButton = (run: () => void): HTMLElement => iconButton("tasks", "Make a task of this message", run, "icon-button small");

function markdown(text: string): HTMLElement {
  const view = new MarkdownView();
  view.update(text, true);
  return view.element;
}

/** In characters and lines: a longer message of a person is folded. */
const longest = 1_500;
const mostLines = 20;

/** Folds a message; returns the button that shows all of it. */
function folding(body: HTMLElement): HTMLElement {
  const toggle: HTMLElement = h("button", { type: "button", class: "link fold-toggle", "aria-expanded": "false", onclick: () => set(!body.classList.contains("is-folded")) });
  const set = (isFolded: boolean): void => {
    body.classList.toggle("is-folded", isFolded);
    toggle.setAttribute("aria-expanded", String(!isFolded));
    toggle.textContent = isFolded ? "Show all" : "Show less";
  };
  set(true);
  return toggle;
}

export class UserEntry {
  readonly element: HTMLElement;
  private readonly status = h("p", { class: "entry-status", hidden: true });

  /**
   * @param isQuestion whether it is answered, not a command
   * @param edit puts its text into the message field, with its id if a new version may take its place
   * @param makeTask asks for a task; null for who may not add any
   */
  constructor(
    readonly text: string, author: string, readonly time: Timestamp, public id: string | null, readonly isQuestion: boolean, files: readonly Sent[],
    private readonly isOwn: boolean, edit: (text: string, replaces: string | null) => void, makeTask: ((text: string) => void) | null,
  ) {
    const body = isQuestion ? markdown(text) : h("div", { class: "prose" }, h("p", { dir: "auto" }, text));
    body.classList.add("as-typed");
    // A command stays short enough by itself; what is far below the fold is loaded, printed and found nevertheless.
    const unfold = text.length > longest || text.split("\n", mostLines + 1).length > mostLines ? folding(body) : null;
    const head = header(author, "user", time);
    head.appendChild(h(
      "div", { class: "entry-actions" }, copyButton("Copy the message", () => text),
      iconButton("edit", "Edit and send again", () => edit(text, this.replaceable), "icon-button small sends"),
      makeTask && taskButton(() => makeTask(text))));
    this.element = h("article", { class: "entry entry-user", "aria-label": `${author}, ${clockTime(time)}` }, head, body, unfold, fileList(files), this.status);
  }

  /** Its id, if a new version may take its place; else null. */
  get replaceable(): string | null {
    return this.isOwn && this.isQuestion ? this.id : null;
  }

  sending(): void {
    this.element.classList.add("is-sending");
    this.say("Sending…");
  }

  sent(id: string): void {
    this.id = id;
    this.element.classList.remove("is-sending");
    this.status.hidden = true;
  }

  failed(reason: string, retry: () => void): void {
    this.say(`Not sent. ${reason} `, "Send again", () => {
      this.sending();
      retry();
    });
    this.status.classList.add("is-bad");
  }

  private say(text: string, action?: string, onclick?: () => void): void {
    this.status.classList.remove("is-bad");
    this.status.hidden = false;
    replace(this.status, text, action ? h("button", { type: "button", class: "link", onclick: onclick ?? null }, action) : null);
  }
}
