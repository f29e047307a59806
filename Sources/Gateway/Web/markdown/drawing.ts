// Draws the tokens of a Markdown text.

import { copyTextButton } from "../clipboard";
import { h } from "../dom";
import { Footnotes } from "./footnotes";
import { Block, parseInline, Token } from "./parser";

/**
 * The level of each heading, from 1: the page itself uses h1 and h2, so those of an answer begin at h3. None is more than
 * one below the heading before it, so that people who listen can follow.
 */
export function headingLevels(blocks: Block[]): Map<Token, number> {
  const levels = new Map<Token, number>();
  let last = 0;
  for (const token of blocks.flatMap((block) => block.tokens)) {
    if (token.type !== "heading_open") continue;
    last = Math.min(Number(token.tag[1]), last + 1, 4);
    levels.set(token, last);
  }
  return levels;
}

/** The address of a picture that may be shown, from what the text says of it; null for others. */
export type Pictures = (source: string) => string | null;

export class Drawing {
  constructor(private readonly notes: Footnotes, private readonly levels: Map<Token, number>, private readonly pictures: Pictures) {}

  /** The element of a top-level block. */
  block(tokens: Token[]): HTMLElement {
    const root = document.createDocumentFragment();
    this.draw(tokens, root);
    return root.firstChild as HTMLElement;
  }

  /** The direction of a block is that of its own text; what is inside a list or quotation has that of the whole. */
  private direction(token: Token): { dir?: "auto" } {
    return token.level === 0 ? { dir: "auto" } : {};
  }

  private heading(token: Token): "h3" | "h4" | "h5" | "h6" {
    return (["h3", "h4", "h5", "h6"] as const)[Math.min(this.levels.get(token) ?? Number(token.tag[1]), 4) - 1]!;
  }

  draw(tokens: Token[], root: Node): void {
    const open: Node[] = [root];
    for (const token of tokens) {
      if (token.hidden) continue;
      const parent = open[open.length - 1]!;
      if (token.nesting === 1) open.push(this.opened(token, parent));
      else if (token.nesting === -1) open.pop();
      else this.whole(token, parent);
    }
  }

  /** Appends the element of an opening token; returns where its content belongs. */
  private opened(token: Token, parent: Node): Node {
    switch (token.type) {
      case "heading_open": return parent.appendChild(h(this.heading(token), this.direction(token)));
      case "list_item_open": return item(token, parent as HTMLElement);
      case "ordered_list_open": return parent.appendChild(h("ol", { start: token.attrGet("start"), ...this.direction(token) }));
      case "table_open":
        return parent.appendChild(h("div", { class: "table-scroll", tabindex: 0, role: "group", "aria-label": "Table" }))
          .appendChild(h("table"));
      case "th_open":
      case "td_open": {
        const align = token.attrGet("style")?.replace("text-align:", "");
        const tag = token.type === "th_open" ? "th" : "td";
        return parent.appendChild(h(tag, { dir: "auto", class: align && `align-${align}`, scope: tag === "th" ? "col" : undefined }));
      }
      case "link_open": return parent.appendChild(link(token));
      case "s_open": return parent.appendChild(h("del"));
      default: return parent.appendChild(h(token.tag as keyof HTMLElementTagNameMap, this.direction(token)));
    }
  }

  /** A picture of the host; of others, and if it cannot be shown, its link or text. */
  private picture(token: Token): Node {
    const other = token.attrs ? link(token, token.content) : document.createTextNode(token.content);
    const address = this.pictures(token.meta.source);
    if (address === null) return other;
    const image: HTMLElement = h("img", { class: "picture", src: address, alt: token.meta.text, loading: "lazy", decoding: "async", onerror: () => image.replaceWith(other) });
    return image;
  }

  private whole(token: Token, parent: Node): void {
    switch (token.type) {
      case "inline": return this.draw(parseInline(token, this.notes.numbers), parent);
      case "fence":
      case "code_block": return void parent.appendChild(codeBlock(token));
      case "hr": return void parent.appendChild(h("hr"));
      case "code_inline": return void parent.appendChild(h("code", {}, token.content));
      case "hardbreak": return void parent.appendChild(h("br"));
      case "image": return void parent.appendChild(this.picture(token));
      case "formula": return void parent.appendChild(formula(token));
      case "footnote": return void parent.appendChild(this.notes.reference(token.meta.number));
      case "softbreak": return void parent.appendChild(document.createTextNode("\n"));
      default: parent.appendChild(document.createTextNode(token.content));
    }
  }
}

function item(token: Token, list: HTMLElement): Node {
  const element = list.appendChild(h("li"));
  if (!token.meta) return element;
  list.className = "tasks";
  element.className = "task";
  const checked: boolean = token.meta.checked;
  element.appendChild(h("input", { type: "checkbox", disabled: true, checked, "aria-label": checked ? "done" : "open" }));
  return element.appendChild(h("div"));
}

function link(token: Token, ...children: string[]): HTMLElement {
  return h("a", { href: token.attrGet("href"), title: token.attrGet("title"), rel: "noopener noreferrer nofollow", target: "_blank" }, ...children);
}

/** Until it is typeset, and if it cannot be, a formula is its text. */
function formula(token: Token): HTMLElement {
  const element = h(token.meta.isBlock ? "div" : "span", { class: "formula" }, token.markup);
  Object.assign(element.dataset, { tex: token.content, display: token.meta.isDisplay ? "block" : "inline" });
  return element;
}

/** The text of a code block, and its language, which is a label from outside: only its plain characters are used. */
export function codeOf(token: Token): { language: string; text: string } {
  const language = (token.info.trim().split(/[ \t]/)[0] ?? "").replace(/[^\w.+#-]/g, "").slice(0, 24);
  return { language, text: token.content.replace(/\n$/, "") };
}

// Change: the page's Markdown, links and code blocks
function codeBlock(token: Token): HTMLElement {
  const { language, text } = codeOf(token);
  return h(
    "figure", { class: "code" },
    h("figcaption", {}, h("span", {}, language || "text"), copyTextButton("Copy code", () => text)),
    h("pre", { tabindex: 0, role: "group", "aria-label": language ? `${language} code` : "code" }, h("code", { "data-language": language || null }, text)));
}
