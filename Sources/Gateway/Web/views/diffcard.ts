// A card for the uncommitted changes that `diff` shows; it opens the viewer.

import { parseDiffText } from "../difftext";
import { h, icon } from "../dom";
import { fileRow, localPath } from "./commits";
import { diffElement } from "./difflines";

/** Null for other texts. */
export function diffCard(text: string): HTMLElement | null {
  const card = parseDiffText(text);
  if (!card) return null;
  const path = localPath(card.url);
  return h(
    "div", { class: "card note" },
    h("a", { class: "commit", href: path, target: "_blank", rel: "noopener" },
      icon("edit"),
      h("span", { class: "commit-main" },
        h("span", { class: "commit-subject" }, card.head),
        h("span", { class: "commit-facts" }, h("span", {}, "Uncommitted · open in viewer")))),
    h("ul", { class: "card-files", "aria-label": "Changed files" },
      ...card.files.map((file) => fileRow(file.path, file.note, file.counts)), card.more !== "" && h("li", { class: "more-files" }, card.more)),
    card.diff !== null && h("div", { class: "card-diff", tabindex: 0, role: "group", "aria-label": "Diff" }, diffElement(card.diff.split("\n").filter((line) => !/^index [0-9a-f]+\.\.[0-9a-f]+/.test(line)))));
}
