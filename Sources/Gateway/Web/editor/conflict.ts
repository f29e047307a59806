// What others and this person have changed in the same lines, and the choice between them.

import { h, iconButton } from "../dom";
import { diffElement } from "../views/difflines";

export type Choice = "theirs" | "ours" | "both";

/** The lines in which two texts differ, between what is the same at their beginning and end. */
export interface Difference {
  before: string[];
  old: string[];
  next: string[];
  after: string[];
}

export function difference(old: string, next: string): Difference {
  const from = old.split("\n");
  const to = next.split("\n");
  const limit = Math.min(from.length, to.length);
  let start = 0;
  while (start < limit && from[start] === to[start]) start += 1;
  let end = 0;
  while (end < limit - start && from[from.length - 1 - end] === to[to.length - 1 - end]) end += 1;
  return { before: from.slice(0, start), old: from.slice(start, from.length - end), next: to.slice(start, to.length - end), after: from.slice(from.length - end) };
}

/** Both versions in one text, theirs first, where they differ. */
export function both(theirs: string, ours: string): string {
  const { before, old, next, after } = difference(theirs, ours);
  return [...before, "<<<<<<< saved by others", ...old, "=======", ...next, ">>>>>>> yours", ...after].join("\n");
}

const context = 3;

function shown(old: string, next: string, name: string): HTMLElement {
  const { before, old: removed, next: added, after } = difference(old, next);
  const head = before.slice(-context);
  const tail = after.slice(0, context);
  const count = head.length + tail.length;
  const element = diffElement([
    `@@ -${before.length - head.length + 1},${count + removed.length} +${before.length - head.length + 1},${count + added.length} @@`,
    ...head.map((line) => ` ${line}`), ...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`), ...tail.map((line) => ` ${line}`),
  ]);
  // Keyboards scroll it.
  element.tabIndex = 0;
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", name);
  return h("section", {}, h("h3", {}, name), element);
}

/** Asks what becomes of the text; null if the dialog is closed. */
export function askAboutConflict(base: string, theirs: string | null, ours: string): Promise<Choice | null> {
  return new Promise((resolve) => {
    let choice: Choice | null = null;
    const choose = (made: Choice): void => {
      choice = made;
      dialog.close();
    };
    const dialog: HTMLDialogElement = h(
      "dialog", { class: "help conflict", "aria-labelledby": "conflict-title", onclose: () => { dialog.remove(); resolve(choice); } },
      h("header", {}, h("h2", { id: "conflict-title" }, theirs === null ? "The document was deleted" : "Others have changed the same lines"), iconButton("close", "Close", () => dialog.close())),
      h("p", {}, theirs === null ? "Somebody has deleted it since you opened it. Your text is still here." : "Nothing was saved yet, and nothing is lost. Choose what the document says; you can go on editing before you save."),
      theirs !== null && theirs !== base && shown(base, theirs, "Their changes"), shown(base, ours, "Your changes"),
      h("div", { class: "choices" },
        theirs !== null && h("button", { type: "button", class: "quiet", onclick: () => choose("theirs") }, "Take theirs"),
        theirs !== null && h("button", { type: "button", class: "quiet", onclick: () => choose("both") }, "Put both into the text"),
        h("button", { type: "button", class: "primary", onclick: () => choose("ours") }, theirs === null ? "Make it again" : "Keep mine")));
    document.body.appendChild(dialog);
    dialog.showModal();
  });
}
