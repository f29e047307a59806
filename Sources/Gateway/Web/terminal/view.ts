// Draws the output of a command as DOM nodes, at most once per animation frame.

import { h } from "../dom";
import { readable, textOn } from "./contrast";
import { Interpreter, Line, Run, Stream } from "./interpreter";
import { Style } from "./style";

/** In characters. Frames are not drawn in a tab in the background, and what waits for them stays bounded. */
const mostPending = 262_144;

export class TerminalView {
  readonly element = h("div", { class: "terminal" });
  private interpreter = new Interpreter();
  private readonly last = h("div", { class: "line" });
  private pending: { text: string; stream: Stream }[] = [];
  private pendingLength = 0;
  private frame = 0;
  private count = 0;

  /**
   * @param limit lines kept; the oldest ones are removed
   * @param drawn called after each drawing
   */
  constructor(private limit: number, private readonly drawn: () => void = () => undefined) {
    this.element.appendChild(this.last);
  }

  /** Lines on the page, without the one that may still change. */
  get lines(): number {
    return this.count;
  }

  write(text: string, stream: Stream = "stdout"): void {
    this.pending.push({ text, stream });
    this.pendingLength += text.length;
    if (this.pendingLength > mostPending) this.draw();
    else this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Draws what is waiting. */
  draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const finished: Line[] = [];
    for (const { text, stream } of this.pending) {
      for (const line of this.interpreter.write(text, stream)) finished.push(line);
    }
    this.pending = [];
    this.pendingLength = 0;
    const lines = document.createDocumentFragment();
    // Lines beyond the limit would be removed at once.
    for (const line of finished.slice(-this.limit)) lines.appendChild(h("div", { class: "line" }, ...line.map(piece)));
    this.element.insertBefore(lines, this.last);
    this.count = this.element.childElementCount - 1;
    this.trim(this.limit);
    this.last.replaceChildren(...this.interpreter.current.map(piece));
    this.drawn();
  }

  /** Removes the oldest lines beyond `limit`, now and later. */
  trim(limit: number): void {
    // At least one, which the next output replaces.
    this.limit = Math.max(1, limit);
    for (; this.count > this.limit; this.count -= 1) this.element.firstElementChild?.remove();
  }
}

function piece({ text, style, stream }: Run): Node {
  const foreground = style.isInverse ? style.background : style.foreground;
  const background = style.isInverse ? style.foreground : style.background;
  const classes = names(style);
  if (stream === "stderr") classes.push("is-stderr");
  if (typeof foreground === "number") classes.push(`fg-${foreground}`);
  if (typeof background === "number") classes.push(`bg-${background}`);
  if (style.isInverse && foreground === null) classes.push("fg-inverse");
  if (style.isInverse && background === null) classes.push("bg-inverse");
  const isOnPage = background === null && !style.isInverse;
  if (typeof foreground === "string" && isOnPage) classes.push("fg-own");
  if (classes.length === 0 && typeof background !== "string") return document.createTextNode(text);
  const span = h("span", { class: classes.join(" ") || null }, text);
  // Set by script: the page's policy forbids style attributes in markup.
  if (typeof background === "string") span.style.backgroundColor = background;
  if (typeof foreground === "string" && isOnPage) setReadable(span, foreground);
  else if (typeof foreground === "string") span.style.color = foreground;
  // The theme's colour of text need not be readable on a colour from outside.
  else if (typeof background === "string" && foreground === null) span.style.color = textOn(background);
  return span;
}

/** One colour for each theme, because people may change the theme later. */
function setReadable(span: HTMLElement, colour: string): void {
  span.style.setProperty("--on-light", readable(colour, "light"));
  span.style.setProperty("--on-dark", readable(colour, "dark"));
}

function names(style: Style): string[] {
  const all: [boolean, string][] = [
    [style.isBold, "is-bold"], [style.isDim, "is-dim"], [style.isItalic, "is-italic"],
    [style.isUnderlined, "is-underlined"], [style.isStruck, "is-struck"],
  ];
  return all.filter(([isSet]) => isSet).map(([, name]) => name);
}
