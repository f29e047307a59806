// Draws the lines of a diff.

import { h } from "../dom";
import { kindsOf } from "../panel/difflines";
import { visibleLine } from "../visible";

/** One block for each line, with what is hidden in it made visible. */
export function diffElement(lines: string[]): HTMLElement {
  const kinds = kindsOf(lines);
  return h("div", { class: "diff" }, ...lines.map((line, at) => h("div", { class: `diff-line ${kinds[at] ?? ""}`.trim() }, visibleLine(line))));
}

/** The exact text, line breaks included, with a colour for each line. */
export function diffText(text: string): Node[] {
  const lines = text.split("\n");
  const kinds = kindsOf(lines);
  return lines.flatMap((line, at) => {
    const shown: Node = line === "" ? document.createTextNode("") : h("span", { class: `diff-line ${kinds[at] ?? ""}`.trim() }, line);
    return at === 0 ? [shown] : [document.createTextNode("\n"), shown];
  });
}

/** "+3 −1", in colours. */
export function sizes(additions: number, deletions: number): HTMLElement[] {
  return [h("span", { class: "added" }, `+${additions}`), h("span", { class: "removed" }, `−${deletions}`)];
}
