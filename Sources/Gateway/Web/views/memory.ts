// What is remembered for this person and for repositories: in the settings.

import { announce } from "../announce";
import * as api from "../api";
import { h, iconButton, replace } from "../dom";

/** Bytes of one note, as the server counts them. */
const limit = 600;

export class MemoryList {
  private readonly list = h("ul", { class: "memory" });
  private readonly problem = h("p", { class: "problem", "aria-live": "polite" });
  private readonly text = h("input", { type: "text", maxlength: limit, "aria-label": "Something to remember", placeholder: "Such as: I use tabs" });
  readonly element = h(
    "div", { class: "memory-section" },
    h("p", { class: "setting-note" }, "The model reads these notes with each of your questions. `remember TEXT` in a conversation adds one, `remember here TEXT` one for a repository's members."),
    this.list, this.problem,
    h("form", { class: "memory-new", onsubmit: (event: Event) => { event.preventDefault(); void this.add(); } }, this.text, h("button", { type: "submit", class: "quiet" }, "Remember")));

  constructor() { void this.load(); }

  private async load(): Promise<void> {
    await this.attempt(async () => {
      const notes = (await api.memory()).items;
      replace(this.list, ...(notes.length > 0 ? notes.map((note) => this.row(note)) : [h("li", { class: "setting-note" }, "Nothing yet.")]));
    });
  }

  private row(note: api.MemoryNote): HTMLElement {
    const field: HTMLInputElement = h("input", { type: "text", maxlength: limit, value: note.text, "aria-label": `Note ${note.id}`, onchange: () => void this.change(note, field) });
    const whose = note.repository !== null && h("span", { class: "setting-note", title: `By ${note.by}` }, note.repository);
    return h("li", {}, field, whose, iconButton("close", `Forget: ${note.text}`, () => void this.forget(note)));
  }

  private async add(): Promise<void> {
    const text = this.text.value.trim();
    if (text === "") return;
    await this.attempt(async () => {
      await api.remember(text);
      this.text.value = "";
      announce("Remembered.");
      await this.load();
    });
  }

  private async change(note: api.MemoryNote, field: HTMLInputElement): Promise<void> {
    const text = field.value.trim();
    if (text === "") return this.forget(note);
    await this.attempt(async () => {
      await api.changeMemory(note.id, text);
      announce("Changed.");
    });
  }

  private async forget(note: api.MemoryNote): Promise<void> {
    await this.attempt(async () => {
      await api.forget(note.id);
      announce("Forgotten.");
      await this.load();
    });
  }

  private async attempt(body: () => Promise<void>): Promise<void> {
    this.problem.textContent = "";
    try {
      await body();
    } catch (error) {
      this.problem.textContent = api.explain(error);
    }
  }
}
