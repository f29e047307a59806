// The tab "Changes": the workspace's differences, coloured by line.

import * as api from "../api";
import { Child, h } from "../dom";
import { kindsOf } from "./difflines";
import { LoadedView } from "./loaded";

const mostLines = 5000;

export class ChangesView extends LoadedView {
  constructor() {
    super("Changes", "No changes.");
  }

  protected async load(thread: string): Promise<Child[] | null> {
    const { diff } = await api.diff(thread);
    if (diff.trim() === "") return null;
    const lines = diff.replace(/\n$/, "").split("\n");
    const left = lines.length - mostLines;
    const kinds = kindsOf(lines);
    return [
      h("div", { class: "diff" }, ...lines.slice(0, mostLines).map((line, at) => h("div", { class: `diff-line ${kinds[at] ?? ""}`.trim() }, line))),
      left > 0 && h("p", { class: "panel-empty" }, `And ${left} more lines.`),
    ];
  }
}
