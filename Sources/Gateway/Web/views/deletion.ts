// The question before a conversation is deleted for good.

import * as api from "../api";
import { h, iconButton } from "../dom";

/** Asks, deletes, and calls `deleted` once it is done. A refusal is shown in the dialog. */
export function askToDelete(id: string, title: string, deleted: () => void): void {
  const problem = h("p", { class: "problem", role: "alert" });
  const remove = h("button", { type: "button", class: "danger", onclick: () => void run() }, "Delete");
  const dialog: HTMLDialogElement = h(
    "dialog", { class: "help", "aria-labelledby": "deletion-title", onclose: () => dialog.remove() },
    h("header", {}, h("h2", { id: "deletion-title" }, "Delete this conversation?"), iconButton("close", "Close", () => dialog.close())),
    h("p", {}, `“${title}” is deleted for good, with its messages and the files that were sent. Commits and documents stay in Git; messages posted to a chat network stay there.`),
    problem,
    h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, "Keep"), remove));
  document.body.appendChild(dialog);
  dialog.showModal();

  async function run(): Promise<void> {
    remove.disabled = true;
    try {
      await api.deleteThread(id);
      dialog.close();
      deleted();
    } catch (error) {
      problem.textContent = api.explain(error);
      remove.disabled = false;
    }
  }
}
