// The dialog that asks for a conversation's title.

import * as api from "../api";
import { h, iconButton } from "../dom";

/** Asks for a title, stores it, and calls `renamed`. A refusal is shown in the dialog. */
export function askForTitle(id: string, title: string, renamed: (thread: api.Thread) => void): void {
  const field = h("input", { type: "text", id: "new-title", class: "name-field", value: title, maxlength: 120, autocomplete: "off", autofocus: true });
  const problem = h("p", { class: "problem", role: "alert" });
  const save = h("button", { type: "submit", class: "primary" }, "Rename");
  const dialog: HTMLDialogElement = h(
    "dialog", { class: "help", "aria-labelledby": "renaming-title", onclose: () => dialog.remove() },
    h("header", {}, h("h2", { id: "renaming-title" }, "Rename the conversation"), iconButton("close", "Close", () => dialog.close())),
    h("form", { class: "renaming", onsubmit: (event: Event) => { event.preventDefault(); void run(); } },
      h("label", { for: "new-title" }, "Title"), field, problem,
      h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), save)));
  document.body.appendChild(dialog);
  dialog.showModal();
  field.select();

  async function run(): Promise<void> {
    save.disabled = true;
    try {
      const thread = await api.changeThread(id, { title: field.value });
      dialog.close();
      renamed(thread);
    } catch (error) {
      problem.textContent = api.explain(error);
      save.disabled = false;
      field.focus();
    }
  }
}
