// The entries of a conversation in their order, with a line where a day begins.

import { h, replace } from "../dom";
import { dayTitle, sameDay, Timestamp } from "../time";

export class Timeline {
  readonly element = h("div", { class: "entries" });
  private readonly times = new WeakMap<Element, Timestamp>();

  get isEmpty(): boolean {
    return this.element.childNodes.length === 0;
  }

  setLoading(isLoading: boolean): void {
    if (isLoading) this.element.setAttribute("aria-busy", "true");
    else this.element.removeAttribute("aria-busy");
  }

  /** Shows `content` instead of entries. */
  fill(...content: Node[]): void {
    replace(this.element, ...content);
  }

  /** Adds an entry before `next`, or at the end. Entries without a time belong to the day above them. */
  add(entry: HTMLElement, time: Timestamp | null, next: Node | null = null): void {
    if (time !== null) this.times.set(entry, time);
    this.element.insertBefore(entry, next);
  }

  /** Adds an entry directly below another one. */
  addBelow(entry: HTMLElement, above: HTMLElement): void {
    this.element.insertBefore(entry, above.nextSibling);
  }

  /** Moves everything that `lay` adds at the end to the front. */
  prepend(lay: () => void): void {
    // Lines between days are drawn anew meanwhile.
    const first = this.element.querySelector(":scope > :not(.day)");
    const last = this.element.lastChild;
    lay();
    while (last?.nextSibling) this.element.insertBefore(last.nextSibling, first);
    this.separateDays();
  }

  /** Draws the lines between days. Call it after entries were added. */
  separateDays(): void {
    let last: Timestamp | null = null;
    for (const child of [...this.element.children]) {
      const time = this.times.get(child);
      if (child.classList.contains("day")) child.remove();
      if (time === undefined) continue;
      if (last === null || !sameDay(last, time)) this.element.insertBefore(line(dayTitle(time)), child);
      last = time;
    }
  }
}

function line(title: string): HTMLElement {
  return h("div", { class: "day", role: "separator", "aria-label": title }, h("span", {}, title));
}
