// Who else has the conversation open, and who writes in it.

import { announce } from "../announce";
import { h, replace } from "../dom";

/** In milliseconds: for how long somebody writes after the last sign of it. */
const writingTime = 6000;
/** In milliseconds: in which signs of writing may come after the message itself. */
const lateTime = 1500;
/** Circles; further people are a number. */
const most = 3;

export class Company {
  readonly people = h("ul", { class: "people-here", "aria-label": "Also here", hidden: true });
  readonly writing = h("p", { class: "writing", hidden: true });
  private present: string[] = [];
  /** When the last sign came, by name. */
  private readonly writers = new Map<string, number>();
  /** When a message came, by name. */
  private readonly written = new Map<string, number>();
  private timer: number | undefined;

  get isAlone(): boolean {
    return this.present.length === 0;
  }

  show(present: string[], typing: string[]): void {
    for (const name of present) if (!this.present.includes(name)) announce(`${name} is here.`);
    for (const name of this.present) if (!present.includes(name)) announce(`${name} has left.`);
    this.present = present;
    const now = Date.now();
    for (const name of typing) {
      if (now - (this.written.get(name) ?? 0) < lateTime) continue;
      if (!this.writers.has(name)) announce(`${name} is writing.`);
      this.writers.set(name, now);
    }
    for (const name of this.writers.keys()) if (!present.includes(name)) this.writers.delete(name);
    this.draw();
  }

  /** A message of somebody is there. */
  wrote(name: string): void {
    if (!this.present.includes(name)) return;
    this.written.set(name, Date.now());
    if (this.writers.delete(name)) this.draw();
  }

  /** Another conversation is shown, or nobody knows who is there: nobody has left. */
  clear(): void {
    this.present = [];
    this.writers.clear();
    this.written.clear();
    this.draw();
  }

  private draw(): void {
    const circle = (name: string): HTMLElement => h("li", { class: `peer-${colourOf(name)}`, title: name }, h("span", { "aria-hidden": "true" }, initial(name)), h("span", { class: "off-screen" }, name));
    const rest = this.present.slice(most);
    replace(this.people, ...this.present.slice(0, most).map(circle), rest.length > 0 && h("li", { class: "rest", title: rest.join(", ") }, h("span", { "aria-hidden": "true" }, `+${rest.length}`), h("span", { class: "off-screen" }, rest.join(", "))));
    this.people.hidden = this.isAlone;
    const [first, second] = this.writers.keys();
    const who = this.writers.size > 2 ? `${this.writers.size} people are` : second ? `${first} and ${second} are` : `${first} is`;
    this.writing.hidden = first === undefined;
    replace(this.writing, first === undefined ? null : `${who} writing…`);
    clearTimeout(this.timer);
    if (first !== undefined) this.timer = setTimeout(() => this.forget(), 1000);
  }

  private forget(): void {
    const least = Date.now() - writingTime;
    for (const [name, time] of this.writers) if (time < least) this.writers.delete(name);
    this.draw();
  }
}

/** One of the six of base.css, the same for a name wherever it is shown. */
const colourOf = (name: string): number => [...name].reduce((sum, character) => sum + character.codePointAt(0)!, 0) % 6;
const initial = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? "?";
