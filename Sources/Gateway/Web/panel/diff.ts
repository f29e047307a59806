// The tab "Diff": the workspace's differences, file by file, coloured by line.

import * as api from "../api";
import { Child, h } from "../dom";
import { colouredHunk, Highlighter, HunkLine, languageOf, whenNear } from "../markdown/highlight";
import { Later } from "../markdown/later";
import { diffElement, sizes } from "../views/difflines";
import { visibleLine } from "../visible";
import { DiffFile, filesOf, withoutNames } from "./difflines";
import { LoadedView } from "./loaded";

/** On the page, of all files together. */
const mostLines = 5000;

export class DiffView extends LoadedView {
  /** The files that are shown, by what is shown of them: those that have not changed keep their colours. */
  private sections = new Map<string, HTMLElement>();
  private readonly watcher = whenNear((section) => highlighter.add(section));
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
    const before = this.sections;
    this.sections = new Map();
    for (const file of files) {
      const lines = withoutNames(file.lines).slice(0, left);
      left -= lines.length;
      const key = [file.path, file.additions, file.deletions, ...lines].join("\n");
      const shown = before.get(key) ?? section(file, lines);
      this.sections.set(key, shown);
      this.watcher.observe(shown);
    }
    const all = files.reduce((sum, file) => sum + file.lines.length, 0);
    return [
      h("p", { class: "diff-total" }, `${files.length} ${files.length === 1 ? "file" : "files"} changed`,
        ...sizes(files.reduce((sum, file) => sum + file.additions, 0), files.reduce((sum, file) => sum + file.deletions, 0))),
      ...this.sections.values(),
      all > mostLines && h("p", { class: "panel-empty" }, `And ${all - mostLines} more lines.`),
    ];
  }
}

/** Colours a file's lines behind their signs. */
const highlighter = new Later<Highlighter>("highlighter", (section, script) => {
  const language = languageOf(section.getAttribute("aria-label") ?? "");
  if (language === null || section.querySelector(".diff-code")) return;
  const hunks: HTMLElement[][] = [[]];
  for (const line of section.querySelectorAll<HTMLElement>(".diff-line:not(.is-header)")) {
    if (line.classList.contains("is-hunk")) hunks.push([]);
    else if (!line.textContent!.startsWith("\\")) hunks[hunks.length - 1]!.push(line);
  }
  for (const lines of hunks) {
    const texts = lines.map((line): HunkLine => ({
      text: line.textContent!.slice(1), side: line.classList.contains("is-added") ? "add" : line.classList.contains("is-removed") ? "del" : "",
    }));
    for (const [at, nodes] of colouredHunk(texts, language, script)) {
      lines[at]!.replaceChildren(lines[at]!.textContent!.slice(0, 1), h("span", { class: "diff-code" }, nodes));
    }
  }
});

function section(file: DiffFile, lines: string[]): HTMLElement {
  return h(
    "section", { class: "diff-file", "aria-label": visibleLine(file.path) },
    h("div", { class: "diff-head" }, h("code", {}, visibleLine(file.path)), h("span", { class: "diff-sizes" }, ...sizes(file.additions, file.deletions))),
    diffElement(lines));
}
