// What the model suggests for a passage: each change is taken or left, and nothing is committed by it.

import { Child, h, iconButton } from "../dom";

/** A part of a text and of its new form; the same where nothing changes. */
export interface Hunk { old: string; next: string }

/** More words than this are compared as one. */
const limit = 2_000;

/** The parts in which two texts differ, by whole words, and those between them. */
export function hunks(old: string, next: string): Hunk[] {
  const words = (text: string): string[] => text.match(/\s+|\S+/g) ?? [];
  const [from, to] = [words(old), words(next)];
  if (from.length > limit || to.length > limit) return [{ old, next }];
  // lengths[i][j]: the longest common part of what follows in both.
  const lengths = Array.from({ length: from.length + 1 }, () => new Uint16Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      lengths[i]![j] = from[i] === to[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const found: Hunk[] = [];
  const add = (part: Hunk, isSame: boolean): void => {
    const last = found[found.length - 1];
    if (last && (last.old === last.next) === isSame) found[found.length - 1] = { old: last.old + part.old, next: last.next + part.next };
    else found.push(part);
  };
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && from[i] === to[j]) add({ old: from[i++]!, next: to[j++]! }, true);
    else if (j === to.length || i < from.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!) add({ old: from[i++]!, next: "" }, false);
    else add({ old: "", next: to[j++]! }, false);
  }
  // A blank between two changed words belongs to their change.
  return found.reduce<Hunk[]>((joined, part, at) => {
    const last = joined[joined.length - 1];
    const isBlank = part.old === part.next && /^[ \t]+$/.test(part.old) && at < found.length - 1;
    const isChanged = (one: Hunk): boolean => one.old !== one.next;
    if (last && isChanged(last) && (isBlank || isChanged(part))) joined[joined.length - 1] = { old: last.old + part.old, next: last.next + part.next };
    else joined.push(part);
    return joined;
  }, []);
}

export const request = (words: string, path: string, passage: string): string =>
  `Suggest a change of a passage of ${path}: ${words}\n\nAnswer with the passage as it should be, whole, in one block of code, and nothing else; change no file.\n\n${fence(passage)}\n${passage}\n${fence(passage)}`;

const fence = (text: string): string => "`".repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));

/** The block of code in an answer, with the blanks around it that the passage has; null without one. */
export function suggested(answer: string, passage: string): string | null {
  const text = /(?:^|\n)(`{3,}|~{3,})[^\n]*\n([\s\S]*?)\n?\1(?:\n|$)/.exec(answer)?.[2];
  return text === undefined ? null : /^\s*/.exec(passage)![0]! + text.trim() + /\s*$/.exec(passage)![0]!;
}

/** Shows the changes, and returns the text with those that were taken; null if none of them was. */
export function askAboutSuggestion(old: string, next: string): Promise<string | null> {
  const parts = hunks(old, next);
  const boxes = parts.map((part) => part.old === part.next ? null : h("input", { type: "checkbox", checked: true }));
  return new Promise((resolve) => {
    let result: string | null = null;
    const take = (): void => {
      const made = parts.map((part, at) => boxes[at]?.checked === false ? part.old : part.next).join("");
      result = made === old ? null : made;
      dialog.close();
    };
    const dialog: HTMLDialogElement = h(
      "dialog", { class: "help conflict", "aria-labelledby": "suggestion-title", onclose: () => { dialog.remove(); resolve(result); } },
      h("header", {}, h("h2", { id: "suggestion-title" }, "Suggested changes"), iconButton("close", "Close", () => dialog.close())),
      h("p", {}, boxes.some((box) => box) ? "Choose the changes to take. They come into the text as your edits; saving commits them." : "The suggestion is the text as it is."),
      h("div", { class: "suggestion", tabindex: 0, role: "region", "aria-label": "Changes" }, ...parts.map((part, at): Child => {
        const box = boxes[at];
        return box ? h("label", {}, box, part.old !== "" && h("del", {}, part.old), part.next !== "" && h("ins", {}, part.next)) : part.old;
      })),
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Reject all"),
        h("button", { type: "button", class: "primary", onclick: take }, "Take the chosen ones")));
    document.body.appendChild(dialog);
    dialog.showModal();
  });
}
