// Footnotes: numbered in the order of their references, and listed below the text.

import { h } from "../dom";
import { SourceBlock } from "./blocks";
import type { Drawing } from "./drawing";

export class Footnotes {
  /** The numbers of the defined and referenced labels, from 1. */
  readonly numbers = new Map<string, number>();
  private readonly defined: Map<string, SourceBlock>;

  /** @param root where the text is drawn */
  constructor(blocks: SourceBlock[], private readonly root: HTMLElement) {
    const definitions = blocks.flatMap((entry): [string, SourceBlock][] => entry.block.type === "footnote" ? [[entry.block.label, entry]] : []);
    // As in GFM, the first of several definitions counts.
    this.defined = new Map(definitions.reverse());
    if (this.defined.size === 0) return;
    for (const { block, source } of blocks) {
      if (block.type === "footnote" || block.type === "code") continue;
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
      const { block } = this.defined.get(label)!;
      const back = h("button", { type: "button", class: "footnote-back", "aria-label": `Back from footnote ${number} to the text`, onclick: () => {
        const references = `.footnote[data-number="${number}"]`;
        show(this.root.querySelector<HTMLElement>(`${references}[data-used]`) ?? this.root.querySelector<HTMLElement>(references));
      } }, "↩");
      return h("li", { "data-footnote": number, tabindex: -1 }, drawing.block(block), back);
    });
    return h("section", { class: "footnotes", "aria-label": "Footnotes" }, h("ol", {}, ...items));
  }
}

function show(element: HTMLElement | null): void {
  element?.focus({ preventScroll: true });
  element?.scrollIntoView({ block: "nearest" });
}
