// The settings: what holds for all conversations of this person, the browser's notifications, and the person's data.

import { announce } from "../announce";
import * as api from "../api";
import { h, iconButton, replace } from "../dom";
import * as notifications from "../notifications";
import type { MemoryList } from "./memory";
import type { Notified } from "./notified";
import type { OwnData } from "./owndata";

export interface SettingsDelegate {
  /** A conversation is deleted. */
  deleted(id: string): void;
  failed(error: unknown): void;
}

/** Characters of the instructions, as the server counts them. */
const limit = 4_000;

export async function showSettings(delegate: SettingsDelegate): Promise<void> {
  try {
    const settings = await api.settings();
    // Without a list, the model that was chosen can be kept or given up.
    const models = await api.models().then((page) => page.items, () => []);
    const push = await notifications.pushing();
    new SettingsDialog(settings, models, new push.Notified(settings.notifications), push.languageChoice(settings.language), new push.MemoryList(), new push.OwnData((id) => delegate.deleted(id), announce)).open();
  } catch (error) {
    delegate.failed(error);
  }
}

class SettingsDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly model: HTMLSelectElement;
  private readonly instructions: HTMLTextAreaElement;
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly save = h("button", { type: "submit", class: "primary" }, "Save");
  private readonly notifications = h("p", { class: "setting-row" });

  constructor(private readonly settings: api.Settings, models: api.Model[], private readonly notified: Notified, private readonly language: HTMLSelectElement, memory: MemoryList, data: OwnData) {
    const usual = models.find((model) => model.default)?.id;
    const names = models.map((model) => model.id);
    if (settings.model !== null && !names.includes(settings.model)) names.push(settings.model);
    const option = (value: string, label: string): Node => h("option", { value, selected: value === (settings.model ?? "") }, label);
    this.model = h("select", { id: "setting-model" }, option("", usual ? `The host's default (${usual})` : "The host's default"), ...names.map((name) => option(name, name)));
    this.instructions = h("textarea", { id: "setting-instructions", rows: 5, maxlength: limit, "aria-describedby": "instructions-note" });
    this.instructions.value = settings.instructions ?? "";
    this.dialog = h(
      "dialog", { class: "help settings", "aria-labelledby": "settings-title", onclose: () => this.dialog.remove() },
      h("header", {}, h("h2", { id: "settings-title" }, "Settings"), iconButton("close", "Close", () => this.dialog.close())),
      h("form", { onsubmit: (event: Event) => { event.preventDefault(); void this.store(); } },
        h("label", { for: "setting-model" }, "Model of new conversations"), this.model,
        h("label", { for: "setting-instructions" }, "Instructions"), this.instructions,
        h("p", { class: "setting-note", id: "instructions-note" }, "The model reads them before each of your messages, for example: “Answer in German.” or “I write Swift; be brief.” They permit nothing."),
        h("label", { for: "setting-language" }, "Language of the bot’s notes"), this.language,
        this.notified.element,
        this.problem, h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => this.dialog.close() }, "Cancel"), this.save)),
      h("h3", {}, "Memory"), memory.element,
      h("h3", {}, "Schedules"),
      h("p", { class: "setting-row" }, h("span", {}, "Reminders, and what is asked again and again."), h("a", { href: "/schedules" }, "Show")),
      h("h3", {}, "Notifications"), this.notifications,
      h("h3", {}, "Your data"), data.element);
    this.drawNotifications();
  }

  open(): void {
    document.body.appendChild(this.dialog);
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog && !this.isChanged) this.dialog.close(); });
    this.dialog.showModal();
    this.model.focus();
  }

  private get isChanged(): boolean {
    return this.model.value !== (this.settings.model ?? "") || this.instructions.value !== (this.settings.instructions ?? "") || this.language.value !== (this.settings.language ?? "") || this.notified.isChanged;
  }

  private async store(): Promise<void> {
    this.save.disabled = true;
    this.problem.textContent = "";
    try {
      await api.changeSettings({ model: this.model.value || null, instructions: this.instructions.value.trim() || null, language: (this.language.value || null) as api.Settings["language"], ...(this.notified.isChanged ? { notifications: this.notified.change } : {}) });
      announce("Saved.");
      this.dialog.close();
    } catch (error) {
      this.problem.textContent = api.explain(error);
      this.save.disabled = false;
    }
  }

  private drawNotifications(): void {
    const text = {
      on: "This browser tells you when something waits for you.", off: "This browser does not notify you.",
      undecided: "This browser can tell you when something waits for you, also while another page is shown.",
      refused: "This browser blocks notifications of this page. Allow them in its settings for this site.",
      missing: "This browser has no notifications.",
    };
    const state = notifications.state();
    const button = state === "on"
      ? h("button", { type: "button", class: "quiet", onclick: () => { notifications.turnOff(); this.drawNotifications(); } }, "Turn off")
      : (state === "off" || state === "undecided") && h("button", { type: "button", class: "quiet", onclick: () => void notifications.allow().then(() => this.drawNotifications()) }, "Turn on");
    replace(this.notifications, h("span", {}, text[state]), button);
  }
}
