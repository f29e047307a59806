// Draws the blocks and the inline text of a Markdown text.

import { copyTextButton } from "../clipboard";
import { h } from "../dom";
import { Block, ListItem } from "./blocks";
import { Footnotes } from "./footnotes";
import { Inline, parseInline } from "./inline";

export class Drawing {
  constructor(private readonly notes: Footnotes) {}

  block(block: Block): HTMLElement {
    switch (block.type) {
      case "paragraph": return h("p", {}, ...this.inline(block.text));
      case "heading": return this.heading(block.level, block.text);
      case "code": return codeBlock(block.language, block.text);
      case "quote": return h("blockquote", {}, ...block.blocks.map((inner) => this.block(inner)));
      case "list": return this.list(block);
      case "table": return this.table(block);
      case "rule": return h("hr");
      case "footnote": return h("div", {}, ...block.blocks.map((inner) => this.block(inner)));
    }
  }

  // The page itself uses h1 and h2, so an answer's headings begin at h3.
  private heading(level: number, text: string): HTMLElement {
    const tag = (["h3", "h4", "h5", "h6"] as const)[Math.min(level, 4) - 1]!;
    return h(tag, {}, ...this.inline(text));
  }

  private list(block: Block & { type: "list" }): HTMLElement {
    const items = block.items.map((item) => this.item(item, block.tight));
    const className = block.items.some((item) => item.checked !== null) ? "tasks" : undefined;
    if (!block.ordered) return h("ul", { class: className }, ...items);
    return h("ol", { class: className, start: block.start === 1 ? undefined : block.start }, ...items);
  }

  private item(item: ListItem, tight: boolean): HTMLElement {
    const blocks = item.blocks.flatMap((block): Node[] =>
      tight && block.type === "paragraph" ? this.inline(block.text) : [this.block(block)]);
    if (item.checked === null) return h("li", {}, ...blocks);
    const box = h("input", { type: "checkbox", disabled: true, checked: item.checked, "aria-label": item.checked ? "done" : "open" });
    return h("li", { class: "task" }, box, h("div", {}, ...blocks));
  }

  private table(block: Block & { type: "table" }): HTMLElement {
    const cell = (tag: "th" | "td", text: string, index: number): HTMLElement =>
      h(tag, { class: block.align[index] ? `align-${block.align[index]}` : undefined, scope: tag === "th" ? "col" : undefined }, ...this.inline(text));
    return h(
      "div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": "Table" },
      h("table", {},
        h("thead", {}, h("tr", {}, ...block.head.map((text, index) => cell("th", text, index)))),
        h("tbody", {}, ...block.rows.map((row) => h("tr", {}, ...row.map((text, index) => cell("td", text, index)))))));
  }

  private inline(text: string): Node[] {
    return parseInline(text, this.notes.numbers).map((node) => this.node(node));
  }

  private node(node: Inline): Node {
    switch (node.type) {
      case "text": return document.createTextNode(node.text);
      case "code": return h("code", {}, node.text);
      case "break": return h("br");
      case "footnote": return this.notes.reference(node.number);
      case "link":
        return h("a", { href: node.href, title: node.title, rel: "noopener noreferrer nofollow", target: "_blank" }, ...node.children.map((child) => this.node(child)));
      default: return h(node.type, {}, ...node.children.map((child) => this.node(child)));
    }
  }
}

/** A language is a label from outside: only its plain characters are shown or used. */
export function languageName(language: string): string {
  return language.replace(/[^\w.+#-]/g, "").slice(0, 24);
}

function codeBlock(language: string, text: string): HTMLElement {
  const name = languageName(language);
  return h(
    "figure", { class: "code" },
    h("figcaption", {}, h("span", {}, name || "text"), copyTextButton("Copy code", () => text)),
    h("pre", { tabindex: 0, role: "group", "aria-label": name ? `${name} code` : "code" }, h("code", { "data-language": name || null }, text)));
}
