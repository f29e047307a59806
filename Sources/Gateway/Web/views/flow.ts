// A turn's text with the asks and commits that arose while it was written, in the order of time.

import { h } from "../dom";
import { Block } from "../markdown/parser";
import { Pictures } from "../markdown/drawing";
import { MarkdownView } from "../markdown/view";

/** Something between two pieces of the text. */
interface Mark {
  /** The length of the text before it. */
  at: number;
  element: HTMLElement;
}

interface Piece {
  view: MarkdownView;
  /** What it shows, to skip what has not changed. */
  drawn: string;
}

export class Flow {
  readonly element = h("div", { class: "flow" });
  /** By place; of those at one place, the first that was put there comes first. */
  private readonly marks: Mark[] = [];
  /** One more than there are marks: each but the last precedes a mark. */
  private readonly pieces: Piece[] = [];
  private text = "";
  private isFinal = false;

  /** @param onFinished called once for each block of the text when it no longer changes, in order */
  constructor(private readonly onFinished: (block: Block) => void, private readonly pictures: Pictures) {
    this.addPiece(0, true);
  }

  /** Shows `text`. Until it is final, its last block may still grow. */
  show(text: string, isFinal: boolean): void {
    this.text = text;
    this.isFinal = isFinal;
    this.pieces.forEach((piece, index) => {
      const part = text.slice(this.marks[index - 1]?.at ?? 0, this.marks[index]?.at);
      const isLast = index === this.pieces.length - 1;
      const drawn = `${isFinal || !isLast}${part}`;
      if (drawn === piece.drawn) return;
      piece.drawn = drawn;
      piece.view.element.hidden = this.marks.length > 0 && part.trim() === "";
      piece.view.update(part, isFinal || !isLast);
    });
  }

  /** Removes the text. */
  clear(): void {
    this.text = "";
    for (const piece of this.pieces) {
      piece.drawn = "";
      piece.view.clear();
    }
  }

  /** Puts an element where the text was `at` characters long, which need not have arrived. */
  put(element: HTMLElement, at: number): void {
    const index = this.marks.filter((mark) => mark.at <= at).length;
    this.marks.splice(index, 0, { at, element });
    this.element.insertBefore(element, this.pieces[index]!.view.element.nextSibling);
    // The blocks of a piece that is divided now have been announced.
    this.addPiece(index + 1, at >= this.text.length);
    for (const piece of this.pieces) piece.drawn = "";
    this.show(this.text, this.isFinal);
  }

  /** Moves an element, whose place was a guess, to where it arose; not past another one. */
  move(element: HTMLElement, at: number): void {
    const index = this.marks.findIndex((mark) => mark.element === element);
    const mark = this.marks[index];
    if (!mark || at < (this.marks[index - 1]?.at ?? 0) || at > (this.marks[index + 1]?.at ?? Infinity)) return;
    mark.at = at;
    for (const piece of this.pieces) piece.drawn = "";
    this.show(this.text, this.isFinal);
  }

  private addPiece(index: number, isAnnounced: boolean): void {
    const view = new MarkdownView(isAnnounced ? this.onFinished : null, this.pictures);
    this.element.insertBefore(view.element, this.marks[index - 1]?.element.nextSibling ?? null);
    this.pieces.splice(index, 0, { view, drawn: "" });
  }
}
