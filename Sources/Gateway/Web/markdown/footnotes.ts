// Footnotes: numbered in the order of their references, and listed below the text.

import { h } from "../dom";
import type { Drawing } from "./drawing";
import { Block, parseFootnote, Token } from "./parser";

/** The definition that a block is, or null. */
export const footnoteOf = (block: Block): Token | null => (block.tokens[0]!.type === "footnote" ? block.tokens[0]! : null);

export class Footnotes {
  /** The numbers of the defined and referenced labels, from 1. */
  readonly numbers = new Map<string, number>();
  private readonly defined: Map<string, Block>;

  /** @param root where the text is drawn */
  constructor(blocks: Block[], private readonly root: HTMLElement) {
    const definitions = blocks.filter(footnoteOf).map((block): [string, Block] => [footnoteOf(block)!.meta.label, block]);
    // As in GFM, the first of several definitions counts.
    this.defined = new Map(definitions.reverse());
    if (this.defined.size === 0) return;
    for (const { tokens, source } of blocks) {
      if (["footnote", "fence", "code_block"].includes(tokens[0]!.type)) continue;
      for (const found of source.matchAll(/\[\^([^\]\s]{1,60})\]/g)) {
        const label = found[1]!;
        if (this.defined.has(label) && !this.numbers.has(label)) this.numbers.set(label, this.numbers.size + 1);
      }
    }
  }

  get hasAny(): boolean {
    return this.numbers.size > 0;
  }

  /** Identifies how a block is drawn: one with references changes with the numbers. */
  key(source: string): string {
    return this.hasAny && source.includes("[^") ? `${source}\0${[...this.numbers.keys()].join(" ")}` : source;
  }

  /** Identifies how the list is drawn. */
  get source(): string {
    return `\0${[...this.numbers.keys()].map((label) => this.defined.get(label)!.source).join("\0")}`;
  }

  // Buttons, not links: the address after # names the conversation.
  reference(number: number): HTMLElement {
    const button: HTMLElement = h("button", { type: "button", class: "footnote", "aria-label": `Footnote ${number}`, onclick: () => {
      for (const other of this.root.querySelectorAll(".footnote[data-used]")) other.removeAttribute("data-used");
      button.dataset.used = "yes";
      show(this.root.querySelector<HTMLElement>(`[data-footnote="${number}"]`));
    } }, String(number));
    button.dataset.number = String(number);
    return h("sup", {}, button);
  }

  section(drawing: Drawing): HTMLElement {
    const items = [...this.numbers].map(([label, number]) => {
      const text = h("div");
      for (const block of parseFootnote(footnoteOf(this.defined.get(label)!)!)) drawing.draw(block.tokens, text);
      const back = h("button", { type: "button", class: "footnote-back", "aria-label": `Back from footnote ${number} to the text`, onclick: () => {
        const references = `.footnote[data-number="${number}"]`;
        show(this.root.querySelector<HTMLElement>(`${references}[data-used]`) ?? this.root.querySelector<HTMLElement>(references));
      } }, "↩");
      return h("li", { "data-footnote": number, tabindex: -1 }, text, back);
    });
    return h("section", { class: "footnotes", "aria-label": "Footnotes" }, h("ol", {}, ...items));
  }
}

function show(element: HTMLElement | null): void {
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "nearest" });
}
