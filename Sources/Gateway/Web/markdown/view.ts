// Draws Markdown as DOM nodes, and redraws only the changed parts of a growing text.

import { Drawing, headingLevels, Pictures } from "./drawing";
import { footnoteOf, Footnotes } from "./footnotes";
import { formulasSoon } from "./formulas";
import { highlightSoon } from "./highlight";
import { Block, parse } from "./parser";

/** A Markdown text on the page. An update keeps unchanged blocks, including any selection in them. */
export class MarkdownView {
  readonly element: HTMLElement = document.createElement("div");
  private sources: string[] = [];
  /** The number of leading blocks that no longer change. */
  private finished = 0;

  /** @param onFinished called once for each top-level block when it no longer changes, in order */
  constructor(private readonly onFinished: ((block: Block) => void) | null = null, private readonly pictures: Pictures = () => null) {
    this.element.className = "prose";
  }

  /** Shows `text`. Until it is final, its last block may still grow. */
  update(text: string, isFinal: boolean): void {
    try {
      this.show(text, isFinal);
    } catch {
      // A text that cannot be drawn must not keep the rest of a conversation from being shown.
      this.clear();
      const plain = document.createElement("pre");
      plain.textContent = text;
      this.element.appendChild(plain);
    }
  }

  private show(text: string, isFinal: boolean): void {
    const parsed = parse(text);
    const notes = new Footnotes(parsed, this.element);
    const drawing = new Drawing(notes, headingLevels(parsed), this.pictures);
    const blocks = parsed.filter((block) => !footnoteOf(block));
    blocks.forEach((block, index) => this.draw(index, notes.key(block.source), () => drawing.block(block.tokens)));
    if (notes.hasAny) this.draw(blocks.length, notes.source, () => notes.section(drawing));
    const count = blocks.length + (notes.hasAny ? 1 : 0);
    while (this.element.childNodes.length > count) this.element.removeChild(this.element.lastChild!);
    this.sources.length = count;
    this.finish(blocks, isFinal ? blocks.length : blocks.length - 1);
  }

  clear(): void {
    this.element.replaceChildren();
    this.sources = [];
    this.finished = 0;
  }

  private draw(index: number, source: string, make: () => HTMLElement): void {
    if (this.sources[index] === source) return;
    const node = make();
    const old = this.element.childNodes[index];
    if (old) this.element.replaceChild(node, old);
    else this.element.appendChild(node);
    this.sources[index] = source;
    if (index < this.finished) complete(node);
  }

  private finish(blocks: Block[], count: number): void {
    for (; this.finished < count; this.finished += 1) {
      complete(this.element.childNodes[this.finished] as HTMLElement);
      this.onFinished?.(blocks[this.finished]!);
    }
  }
}

/** What is drawn once a block no longer changes. */
function complete(block: HTMLElement): void {
  highlightSoon(block);
  formulasSoon(block);
}
