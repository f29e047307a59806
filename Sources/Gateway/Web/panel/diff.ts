// The tab "Diff": the workspace's differences, file by file, coloured by line.

import * as api from "../api";
import { Child, h } from "../dom";
import { diffElement, sizes } from "../views/difflines";
import { visibleLine } from "../visible";
import { DiffFile, filesOf, withoutNames } from "./difflines";
import { LoadedView } from "./loaded";

/** On the page, of all files together. */
const mostLines = 5000;

export class DiffView extends LoadedView {
  // Set by the constructor of the base class, which calls `actions`.
  private declare link: HTMLAnchorElement | undefined;

  constructor() {
    super("Diff", "No changes.");
  }

  protected actions(): Child[] {
    this.link = h("a", { class: "viewer-link", href: "#", target: "_blank", rel: "noopener", hidden: true }, "Open in viewer");
    return [this.link];
  }

  show(thread: string | null): void {
    // Of the conversation before, until this one's is loaded.
    if (this.link && thread !== this.thread) this.link.hidden = true;
    super.show(thread);
  }

  protected async load(thread: string): Promise<Child[] | null> {
    const { diff } = await api.diff(thread);
    // Another conversation may be shown meanwhile.
    if (thread !== this.thread) return null;
    const files = filesOf(diff);
    if (this.link) {
      this.link.hidden = files.length === 0;
      this.link.href = api.diffAddress(thread);
    }
    if (files.length === 0) return null;
    let left = mostLines;
    const sections = files.map((file) => {
      const lines = withoutNames(file.lines).slice(0, left);
      left -= lines.length;
      return section(file, lines);
    });
    const all = files.reduce((sum, file) => sum + file.lines.length, 0);
    return [
      h("p", { class: "diff-total" }, `${files.length} ${files.length === 1 ? "file" : "files"} changed`,
        ...sizes(files.reduce((sum, file) => sum + file.additions, 0), files.reduce((sum, file) => sum + file.deletions, 0))),
      ...sections,
      all > mostLines && h("p", { class: "panel-empty" }, `And ${all - mostLines} more lines.`),
    ];
  }
}

function section(file: DiffFile, lines: string[]): HTMLElement {
  return h(
    "section", { class: "diff-file", "aria-label": visibleLine(file.path) },
    h("div", { class: "diff-head" }, h("code", {}, visibleLine(file.path)), h("span", { class: "diff-sizes" }, ...sizes(file.additions, file.deletions))),
    diffElement(lines));
}
