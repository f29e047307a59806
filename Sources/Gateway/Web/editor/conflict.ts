// What others and this person have changed in the same lines, and the choice between them.

import { h, iconButton } from "../dom";
import { diffElement } from "../views/difflines";
import { common, hunks, merge } from "./merge";

export type Choice = "theirs" | "ours" | "both";

/** Lines of which several belong together without a blank line between: lists, quotes, tables. */
const tight = /^\s*(?:[-*+>|]|\d+[.)])/;

/** Both versions of the same lines, one after the other; paragraphs stay apart. */
function joined(theirs: string[], ours: string[]): string[] {
  const [last, first] = [theirs[theirs.length - 1], ours[0]];
  const isApart = !last?.trim() || !first?.trim() || (tight.test(last) && tight.test(first));
  return isApart ? [...theirs, ...ours] : [...theirs, "", ...ours];
}

/** The text after a choice. Only lines that both have changed are chosen; everything else of both stays. */
export function resolved(choice: Choice, base: string, theirs: string, ours: string): string {
  return merge(base, theirs, ours, (their, our) =>
    choice === "theirs" ? their : choice === "ours" ? our : joined(their, our));
}

/** Both texts in one, where nobody knows what they were before: their common lines once, the others of both. */
export function both(theirs: string, ours: string): string {
  const lines = theirs.split("\n");
  return resolved("both", common(lines, ours.split("\n")).map(([place]) => lines[place]).join("\n"), theirs, ours);
}

const context = 3;

function shown(old: string, next: string, name: string): HTMLElement {
  const [from, to] = [old.split("\n"), next.split("\n")];
  const lines = hunks(from, to).flatMap(({ old: [start, end], next: [first, last] }) => {
    const [head, tail] = [from.slice(Math.max(0, start - context), start), from.slice(end, end + context)];
    const size = head.length + tail.length;
    return [
      `@@ -${start - head.length + 1},${size + end - start} +${first - head.length + 1},${size + last - first} @@`,
      ...head.map((line) => ` ${line}`), ...from.slice(start, end).map((line) => `-${line}`),
      ...to.slice(first, last).map((line) => `+${line}`), ...tail.map((line) => ` ${line}`),
    ];
  });
  const element = diffElement(lines);
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
      h("p", {}, theirs === null ? "Somebody has deleted it since you opened it. Your text is still here." : "Nothing was saved yet. Choose what these lines say; what only one of you has changed stays in any case."),
      theirs !== null && theirs !== base && shown(base, theirs, "Their changes"), shown(base, ours, "Your changes"),
      h("div", { class: "choices" },
        theirs !== null && h("button", { type: "button", class: "quiet", onclick: () => choose("theirs") }, "Take theirs"),
        theirs !== null && h("button", { type: "button", class: "quiet", onclick: () => choose("both") }, "Put both into the text"),
        h("button", { type: "button", class: "primary", onclick: () => choose("ours") }, theirs === null ? "Make it again" : "Keep mine")));
    document.body.appendChild(dialog);
    dialog.showModal();
  });
}
