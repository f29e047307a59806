// Of what this person is notified, when not, and how much a locked screen shows.

import * as api from "../api";
import { h } from "../dom";

type Kind = api.Settings["notifications"]["kinds"][number];

const kinds: [Kind, string][] = [["asks", "Questions"], ["answers", "Answers"], ["mentions", "Mentions"]];
const contents = [["none", "Only that something is new"], ["title", "The conversation's title"], ["text", "The title and a line of text"]];

export class Notified {
  readonly element: HTMLElement;
  private readonly boxes: Map<Kind, HTMLInputElement>;
  private readonly from: HTMLInputElement;
  private readonly to: HTMLInputElement;
  private readonly content: HTMLSelectElement;
  private readonly before: string;

  constructor(private readonly chosen: api.Settings["notifications"]) {
    const [from = "", to = ""] = (chosen.quiet ?? "").split("-");
    this.boxes = new Map(kinds.map(([kind]) => [kind, h("input", { type: "checkbox", checked: chosen.kinds.includes(kind) })]));
    this.from = h("input", { type: "time", value: from, "aria-label": "Quiet from" });
    this.to = h("input", { type: "time", value: to, "aria-label": "Quiet until" });
    this.content = h("select", { id: "setting-content" }, ...contents.map(([value, label]) => h("option", { value, selected: value === chosen.content }, label)));
    this.element = h("fieldset", { class: "notified" }, h("legend", {}, "Notify me of"),
      h("p", {}, ...kinds.map(([kind, label]) => h("label", {}, this.boxes.get(kind)!, ` ${label}`))),
      h("p", {}, h("span", {}, "Quiet from "), this.from, h("span", {}, " until "), this.to),
      h("label", { for: "setting-content" }, "Pushed notifications show"), this.content);
    this.before = JSON.stringify(this.change);
  }

  get isChanged(): boolean {
    return JSON.stringify(this.change) !== this.before;
  }

  /** What to store. Quiet hours are those of this browser's zone. */
  get change(): api.NotificationsChange {
    const quiet = this.from.value && this.to.value ? `${this.from.value}-${this.to.value}` : null;
    const zone = quiet === null || quiet === this.chosen.quiet ? this.chosen.zone : Intl.DateTimeFormat().resolvedOptions().timeZone;
    return { kinds: kinds.map(([kind]) => kind).filter((kind) => this.boxes.get(kind)!.checked), quiet, zone, content: this.content.value as api.Settings["notifications"]["content"] };
  }
}
