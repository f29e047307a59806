// Two panes of one document that scroll together: what is at the top of one is at the top of the other.

import { Field } from "./field";

export class ScrollPair {
  /** The pane that somebody scrolls. The other one's own events say nothing new. */
  private leader: "text" | "preview" = "text";

  /** - headings: Where they begin in the text, in the order in which the preview has them. */
  constructor(private readonly field: Field, private readonly pane: HTMLElement, private readonly preview: HTMLElement, private readonly headings: () => number[]) {
    for (const event of ["wheel", "touchstart", "pointerdown", "keydown", "focusin"]) {
      field.element.addEventListener(event, () => { this.leader = "text"; }, { passive: true });
      pane.addEventListener(event, () => { this.leader = "preview"; }, { passive: true });
    }
    field.scroller.addEventListener("scroll", () => this.leader === "text" && this.follow(), { passive: true });
    pane.addEventListener("scroll", () => this.leader === "preview" && this.follow(), { passive: true });
  }

  private follow(): void {
    const { scroller } = this.field;
    // One of them may be hidden.
    if (scroller.clientHeight === 0 || this.pane.clientHeight === 0) return;
    const marks = this.marks(scroller);
    if (this.leader === "text") this.pane.scrollTop = between(scroller.scrollTop, marks);
    else scroller.scrollTop = between(this.pane.scrollTop, marks.map(([text, preview]) => [preview, text]));
  }

  /** Heights that belong together, of the text and of the preview: both ends, and the headings between them. */
  private marks(scroller: HTMLElement): [number, number][] {
    const ends: [number, number] = [scroller.scrollHeight - scroller.clientHeight, this.pane.scrollHeight - this.pane.clientHeight];
    const shown = this.preview.querySelectorAll("h1, h2, h3, h4, h5, h6");
    const places = this.headings();
    const top = this.pane.getBoundingClientRect().top - this.pane.scrollTop;
    const marks: [number, number][] = [[0, 0]];
    // Headings within quotes and lists are not in both.
    if (places.length === shown.length) {
      places.forEach((place, at) => {
        const mark: [number, number] = [this.field.top(place), shown[at]!.getBoundingClientRect().top - top];
        const last = marks[marks.length - 1]!;
        if (mark[0] > last[0] && mark[1] > last[1] && mark[0] < ends[0] && mark[1] < ends[1]) marks.push(mark);
      });
    }
    return [...marks, ends];
  }
}

/** The height in the other pane, in proportion between the two nearest marks. */
function between(height: number, marks: [number, number][]): number {
  const next = Math.max(1, marks.findIndex(([here]) => here > height));
  const end = marks.findIndex(([here]) => here > height) < 0 ? marks.length - 1 : next;
  const [from, to] = [marks[end - 1]!, marks[end]!];
  return to[0] === from[0] ? to[1] : from[1] + (to[1] - from[1]) * Math.min(1, (height - from[0]) / (to[0] - from[0]));
}
