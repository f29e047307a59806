// A person's own conversations in the settings: all of them as a file, or deleted. Loaded with the settings.

import * as api from "../api";
import { h, replace } from "../dom";

export class OwnData {
  readonly element = h("div", {});

  /**
   * @param deleted a conversation is deleted
   * @param announce says something to a screen reader
   */
  constructor(private readonly deleted: (id: string) => void, private readonly announce: (text: string) => void) {
    this.draw();
  }

  private draw(): void {
    const remove = h("button", { type: "button", class: "quiet", onclick: () => this.askToDelete() }, "Delete all…");
    const download: HTMLButtonElement = h("button", { type: "button", class: "quiet", onclick: () => void this.download(download) }, "Download all");
    replace(this.element, h("p", { class: "setting-row" }, h("span", {}, "The conversations that you began, with their messages and commits."), download, remove));
  }

  private askToDelete(): void {
    const note = h("p", { class: "setting-note", role: "status" });
    const run: HTMLButtonElement = h("button", { type: "button", class: "danger", onclick: () => void this.removeAll(run, note) }, "Delete for good");
    const keep = h("button", { type: "button", class: "quiet", onclick: () => this.draw() }, "Keep");
    replace(
      this.element, h("p", { class: "setting-note" }, "All conversations that you began are deleted, with their messages and the files that were sent. Commits and documents stay in Git; messages posted to a chat network stay there."),
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
      this.announce(`${texts.length} conversations are downloaded.`);
      this.draw();
    } catch (error) {
      this.draw();
      this.element.append(h("p", { class: "problem", role: "alert" }, api.explain(error)));
    }
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
          this.deleted(thread.id);
        } catch (error) {
          // An answer is running there.
          if (!(error instanceof api.APIError) || error.status !== 409) throw error;
          kept += 1;
        }
      }
      const text = `${threads.length - kept} deleted.${kept === 0 ? "" : ` ${kept} kept, because an answer is running there: stop it, then delete again.`}`;
      replace(this.element, h("p", { class: "setting-note", role: "status" }, text));
      this.announce(text);
    } catch (error) {
      note.textContent = api.explain(error);
      button.disabled = false;
    }
  }
}
