// The page `/schedules`: what this person has scheduled, and how to change it.

import * as api from "./api";
import { Child, h, replace } from "./dom";
import { comingTime, fullTime, shortTime } from "./time";
import { open } from "./views/joining";
import { openSecond, SecondPage } from "./views/second";

class SchedulesPage {
  private readonly status = h("p", { class: "off-screen", role: "status" });
  private readonly content = h("div", {}, h("p", {}, "Loading…"));

  constructor(private readonly page: SecondPage) {
    replace(page.content,
      h("p", { class: "lead" }, "Reminders, and what is asked again and again or at an event. Set them in a conversation with ", h("code", {}, "/remind tomorrow 9:00 TEXT"), " or ", h("code", {}, "/every weekday 09:00 TEXT"), "."),
      this.status, this.content);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.draw((await api.schedules()).items);
    } catch (error) {
      this.page.failed(error);
    }
  }

  private draw(items: api.Schedule[]): void {
    if (items.length === 0) return replace(this.content, h("p", {}, "Nothing is scheduled."));
    const heads = ["Text", "Runs", "Next", "Conversation"].map((text) => h("th", { scope: "col" }, text));
    replace(this.content, h("table", {}, h("caption", { class: "off-screen" }, "Your schedules"),
      h("thead", {}, h("tr", {}, ...heads, h("td", {}))), h("tbody", {}, ...items.map((item) => this.row(item)))));
  }

  private row(item: api.Schedule): HTMLElement {
    const next = item.next_at === null ? "at the event" : h("time", { title: fullTime(item.next_at) }, comingTime(item.next_at));
    return h("tr", {},
      h("th", { scope: "row" }, item.text),
      cell("Runs", h("code", {}, item.schedule), h("span", { class: "hint" }, item.zone), item.last_at !== null && h("span", { class: "hint" }, `last ${shortTime(item.last_at)}`)),
      cell("Next", next),
      cell("Conversation", h("a", { href: `/#/t/${item.thread_id}` }, item.title || "Conversation")),
      h("td", { class: "schedule-action" },
        h("button", { type: "button", class: "quiet small", "aria-label": `Edit ${item.id}`, onclick: () => this.askToEdit(item) }, "Edit"),
        h("button", { type: "button", class: "quiet small", "aria-label": `Cancel ${item.id}`, onclick: () => void this.cancel(item) }, "Cancel")));
  }

  private askToEdit(item: api.Schedule): void {
    const when = h("input", { type: "text", id: "schedule-when", value: item.schedule, maxlength: 500, autocomplete: "off" });
    const zone = h("input", { type: "text", id: "schedule-zone", value: item.zone, maxlength: 64, autocomplete: "off" });
    const text = h("textarea", { id: "schedule-text", rows: 4, maxlength: 4_000 });
    text.value = item.text;
    const problem = h("p", { class: "problem", role: "alert" });
    const save = h("button", { type: "submit", class: "primary" }, "Save");
    const form = h("form", { class: "invite-form", onsubmit: (event: Event) => { event.preventDefault(); void run(); } },
      h("label", { for: "schedule-when" }, "Runs"), when, h("label", { for: "schedule-zone" }, "Time zone"), zone, h("label", { for: "schedule-text" }, "Text"), text, problem,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Keep"), save));
    const dialog = open("Edit the schedule", form);
    const run = async (): Promise<void> => {
      save.disabled = true;
      const change: api.ScheduleChange = {};
      if (when.value.trim() !== item.schedule) change.schedule = when.value.trim();
      if (zone.value.trim() !== item.zone) change.zone = zone.value.trim() || null;
      if (text.value !== item.text) change.text = text.value;
      try {
        await api.changeSchedule(item.id, change);
        dialog.close();
        this.status.textContent = "Saved.";
        await this.load();
      } catch (error) {
        problem.textContent = api.explain(error);
        save.disabled = false;
      }
    };
  }

  private async cancel(item: api.Schedule): Promise<void> {
    this.page.say("");
    try {
      await api.cancelSchedule(item.id);
      this.status.textContent = "Cancelled.";
      await this.load();
    } catch (error) {
      this.page.failed(error);
    }
  }
}

const cell = (label: string, ...content: Child[]): HTMLElement => h("td", { "data-label": label }, ...content);

openSecond("schedules", "Schedules", (page) => void new SchedulesPage(page));
