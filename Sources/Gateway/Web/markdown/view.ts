// Draws Markdown as nodes, and draws a growing text again only where it changed.

import { h, icon, replace } from "../dom";
import { Block, ListItem, parse } from "./blocks";
import { Inline, parseInline } from "./inline";

/** A Markdown text on the page. Setting a longer text keeps the blocks that did not change, selection included. */
export class MarkdownView {
  readonly element = h("div", { class: "prose" });
  private sources: string[] = [];

  update(text: string): void {
    const blocks = parse(text);
    const parent = this.element;
    blocks.forEach(({ block, source }, index) => {
      if (this.sources[index] === source) return;
      const node = draw(block);
      const old = parent.childNodes[index];
      if (old) parent.replaceChild(node, old);
      else parent.appendChild(node);
      this.sources[index] = source;
    });
    while (parent.childNodes.length > blocks.length) parent.removeChild(parent.lastChild!);
    this.sources.length = blocks.length;
  }
}

function draw(block: Block): HTMLElement {
  switch (block.type) {
    case "paragraph": return h("p", {}, ...inline(block.text));
    case "heading": return heading(block.level, block.text);
    case "code": return codeBlock(block.language, block.text);
    case "quote": return h("blockquote", {}, ...block.blocks.map(draw));
    case "list": return list(block.ordered, block.start, block.tight, block.items);
    case "table": return table(block);
    case "rule": return h("hr");
  }
}

// The page has its own h1 and h2; an answer's headings go below them.
function heading(level: number, text: string): HTMLElement {
  const tag = (["h3", "h4", "h5", "h6"] as const)[Math.min(level, 4) - 1]!;
  return h(tag, {}, ...inline(text));
}

function list(ordered: boolean, start: number, tight: boolean, items: ListItem[]): HTMLElement {
  const drawn = items.map((item) => {
    const blocks = item.blocks.flatMap((block): Node[] =>
      tight && block.type === "paragraph" ? inline(block.text) : [draw(block)]);
    if (item.checked === null) return h("li", {}, ...blocks);
    const box = h("input", { type: "checkbox", disabled: true, checked: item.checked, "aria-label": item.checked ? "done" : "open" });
    return h("li", { class: "task" }, box, h("div", {}, ...blocks));
  });
  const className = items.some((item) => item.checked !== null) ? "tasks" : undefined;
  if (!ordered) return h("ul", { class: className }, ...drawn);
  return h("ol", { class: className, start: start === 1 ? undefined : start }, ...drawn);
}

function table(block: Block & { type: "table" }): HTMLElement {
  const cell = (tag: "th" | "td", text: string, index: number): HTMLElement =>
    h(tag, { class: block.align[index] ? `align-${block.align[index]}` : undefined, scope: tag === "th" ? "col" : undefined }, ...inline(text));
  return h(
    "div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Table" },
    h("table", {},
      h("thead", {}, h("tr", {}, ...block.head.map((text, index) => cell("th", text, index)))),
      h("tbody", {}, ...block.rows.map((row) => h("tr", {}, ...row.map((text, index) => cell("td", text, index)))))));
}

function codeBlock(language: string, text: string): HTMLElement {
  const button = h("button", { type: "button", class: "copy", "aria-label": "Copy code" }, icon("copy"), h("span", {}, "Copy"));
  button.addEventListener("click", () => void copy(text, button));
  const name = language.replace(/[^\w.+#-]/g, "").slice(0, 24);
  return h(
    "figure", { class: "code" },
    h("figcaption", {}, h("span", {}, name || "text"), button),
    h("pre", { tabindex: 0, "aria-label": name ? `${name} code` : "code" }, h("code", {}, text)));
}

async function copy(text: string, button: HTMLButtonElement): Promise<void> {
  const isCopied = await writeClipboard(text);
  replace(button, icon(isCopied ? "check" : "close"), h("span", {}, isCopied ? "Copied" : "Failed"));
  setTimeout(() => replace(button, icon("copy"), h("span", {}, "Copy")), 1600);
}

/** The clipboard API needs a secure context; over plain HTTP in a home network a hidden field does the same. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Falls through to the older way.
  }
  const field = h("textarea", { class: "off-screen", "aria-hidden": "true", tabindex: -1 });
  field.value = text;
  document.body.appendChild(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  return isCopied;
}

export function inline(text: string): Node[] {
  return parseInline(text).map(drawInline);
}

function drawInline(node: Inline): Node {
  switch (node.type) {
    case "text": return document.createTextNode(node.text);
    case "code": return h("code", {}, node.text);
    case "break": return h("br");
    case "link":
      return h("a", { href: node.href, title: node.title, rel: "noopener noreferrer nofollow", target: "_blank" }, ...node.children.map(drawInline));
    default: return h(node.type, {}, ...node.children.map(drawInline));
  }
}
