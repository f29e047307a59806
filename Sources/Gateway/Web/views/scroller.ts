// Keeps a conversation's end in view while an answer grows, unless the reader has scrolled up.

import { h, icon } from "../dom";

export class Scroller {
  readonly element: HTMLElement;
  readonly latest: HTMLElement = h("button", { type: "button", class: "to-latest", hidden: true, onclick: () => this.toEnd() }, icon("down"), "Latest");
  private isAtEnd = true;
  private lastTop = 0;

  constructor(...content: HTMLElement[]) {
    // Chromium makes a scrolling area a tab stop, which then needs a name.
    this.element = h("div", { class: "scroller", tabindex: -1, onscroll: () => this.scrolled() }, ...content);
    // What is beside or below it leaves it less room, and a card may grow after it was added.
    const sizes = new ResizeObserver(() => { if (this.isAtEnd) this.toEnd(); });
    for (const element of [this.element, ...content]) sizes.observe(element);
  }

  /** Makes it a tab stop for scrolling by keyboard. */
  setName(name: string): void {
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "region");
    this.element.setAttribute("aria-label", name);
  }

  /** The content has grown. */
  grown(): void {
    if (this.isAtEnd) this.element.scrollTop = this.element.scrollHeight;
    else this.latest.hidden = false;
  }

  toEnd(): void {
    this.isAtEnd = true;
    this.latest.hidden = true;
    this.element.scrollTop = this.element.scrollHeight;
  }

  /** Something else than the end is to be seen. */
  leaveEnd(): void {
    this.isAtEnd = false;
  }

  /** Calls `load` whenever `element`, which is above the rest, is nearly in view; again while it still is and has moved. */
  whenNear(element: HTMLElement, load: () => Promise<void>): void {
    const observer = new IntersectionObserver((found) => {
      if (!found.some((entry) => entry.isIntersecting)) return;
      const height = this.element.scrollHeight;
      void load().then(() => {
        observer.unobserve(element);
        // Without anything new it has failed: the reader decides about another try.
        if (this.element.scrollHeight !== height) observer.observe(element);
      });
    }, { root: this.element, rootMargin: "600px 0px 0px" });
    observer.observe(element);
  }

  /** Keeps the same content in view while `change` adds content above it. */
  keepingPlace(change: () => void): void {
    const height = this.element.scrollHeight;
    // Browsers that keep a place themselves would do it once more.
    this.element.style.setProperty("overflow-anchor", "none");
    change();
    this.element.scrollTop += this.element.scrollHeight - height;
    requestAnimationFrame(() => this.element.style.removeProperty("overflow-anchor"));
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    // Only who moves up leaves the end: the content may have grown since it was scrolled there.
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < 80 || (this.isAtEnd && scrollTop >= this.lastTop);
    this.lastTop = scrollTop;
    this.latest.hidden = this.isAtEnd;
  }
}
