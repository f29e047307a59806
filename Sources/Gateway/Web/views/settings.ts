// The settings: what holds for all conversations of this person, the browser's notifications, and the person's data.

import { announce } from "../announce";
import * as api from "../api";
import { h, iconButton, replace } from "../dom";
import * as notifications from "../notifications";
import type { MemoryList } from "./memory";
import type { Notified } from "./notified";

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
    new SettingsDialog(settings, models, new push.Notified(settings.notifications), new push.MemoryList(), delegate).open();
  } catch (error) {
    delegate.failed(error);
  }
}

class SettingsDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly model: HTMLSelectElement;
  private readonly instructions: HTMLTextAreaElement;
  private readonly language: HTMLSelectElement;
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly save = h("button", { type: "submit", class: "primary" }, "Save");
  private readonly notifications = h("p", { class: "setting-row" });
  private readonly data = h("div", {});

  constructor(private readonly settings: api.Settings, models: api.Model[], private readonly notified: Notified, memory: MemoryList, private readonly delegate: SettingsDelegate) {
    const usual = models.find((model) => model.default)?.id;
    const names = models.map((model) => model.id);
    if (settings.model !== null && !names.includes(settings.model)) names.push(settings.model);
    const option = (value: string, label: string): Node => h("option", { value, selected: value === (settings.model ?? "") }, label);
    this.model = h("select", { id: "setting-model" }, option("", usual ? `The host's default (${usual})` : "The host's default"), ...names.map((name) => option(name, name)));
    this.instructions = h("textarea", { id: "setting-instructions", rows: 5, maxlength: limit, "aria-describedby": "instructions-note" });
    this.instructions.value = settings.instructions ?? "";
    const languages = [["", "This browser’s, else the host’s"], ["en", "English"], ["de", "Deutsch"], ["fr", "Français"], ["es", "Español"], ["ja", "日本語"]];
    this.language = h("select", { id: "setting-language" }, ...languages.map(([value, label]) => h("option", { value, selected: value === (settings.language ?? "") }, label)));
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
      h("h3", {}, "Your data"), this.data);
    this.drawNotifications();
    this.drawData();
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

  // Data

  private drawData(): void {
    const remove = h("button", { type: "button", class: "quiet", onclick: () => this.askToDelete() }, "Delete all…");
    const download: HTMLButtonElement = h("button", { type: "button", class: "quiet", onclick: () => void this.download(download) }, "Download all");
    replace(this.data, h("p", { class: "setting-row" }, h("span", {}, "The conversations that you began, with their messages and commits."), download, remove));
  }

  private askToDelete(): void {
    const note = h("p", { class: "setting-note", role: "status" });
    const run: HTMLButtonElement = h("button", { type: "button", class: "danger", onclick: () => void this.removeAll(run, note) }, "Delete for good");
    const keep = h("button", { type: "button", class: "quiet", onclick: () => this.drawData() }, "Keep");
    replace(
      this.data, h("p", { class: "setting-note" }, "All conversations that you began are deleted, with their messages and the files that were sent. Commits and documents stay in Git; messages posted to a chat network stay there."),
      note, h("div", { class: "choices" }, keep, run));
    keep.focus();
  }

  /** Of all pages, also the archive. */
  private async own(): Promise<api.Thread[]> {
    const threads: api.Thread[] = [];
    for (const isArchived of [false, true]) {
      let cursor: string | null = null;
      do {
        const page: api.Page<api.Thread> = await api.threads(cursor, "", isArchived, true);
        threads.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
    }
    return threads;
  }

  private async download(button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const threads = await this.own();
      const texts: string[] = [];
      for (const thread of threads) {
        texts.push(JSON.stringify(await api.exported(thread.id)));
        button.textContent = `${texts.length} of ${threads.length}`;
      }
      const address = URL.createObjectURL(new Blob(["[", texts.join(",\n"), "]\n"], { type: "application/json" }));
      h("a", { href: address, download: "jetbridge-conversations.json" }).click();
      URL.revokeObjectURL(address);
      announce(`${texts.length} conversations are downloaded.`);
    } catch (error) {
      this.problem.textContent = api.explain(error);
    }
    this.drawData();
  }

  private async removeAll(button: HTMLButtonElement, note: HTMLElement): Promise<void> {
    button.disabled = true;
    try {
      const threads = await this.own();
      let kept = 0;
      for (const [at, thread] of threads.entries()) {
        note.textContent = `${at + 1} of ${threads.length}`;
        try {
          await api.deleteThread(thread.id);
          this.delegate.deleted(thread.id);
        } catch (error) {
          // An answer is running there.
          if (!(error instanceof api.APIError) || error.status !== 409) throw error;
          kept += 1;
        }
      }
      const text = `${threads.length - kept} deleted.${kept === 0 ? "" : ` ${kept} kept, because an answer is running there: stop it, then delete again.`}`;
      replace(this.data, h("p", { class: "setting-note", role: "status" }, text));
      announce(text);
    } catch (error) {
      note.textContent = api.explain(error);
      button.disabled = false;
    }
  }
}
