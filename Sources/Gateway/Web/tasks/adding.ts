// The dialog for a new task, also of a message, and the fields of tasks.

import * as api from "../api";
import { Child, h, iconButton } from "../dom";
import type { Task } from "../types";
import { offerNames } from "../mentions";
import { parseLabels } from "./words";

export function openDialog(title: string, className: string, closed: () => void, ...content: Child[]): HTMLDialogElement {
  const dialog: HTMLDialogElement = h(
    "dialog", { class: `help ${className}`, "aria-labelledby": "dialog-title", onclose: () => { dialog.remove(); closed(); } },
    h("header", {}, h("h2", { id: "dialog-title" }, title), iconButton("close", "Close", () => dialog.close())), ...content);
  document.body.appendChild(dialog);
  dialog.showModal();
  return dialog;
}

export const field = (label: string, id: string, element: HTMLElement, note?: string): HTMLElement => {
  element.id = id;
  if (note !== undefined) element.setAttribute("aria-describedby", `${id}-note`);
  return h("div", { class: "form-field" }, h("label", { for: id }, label), element, note !== undefined && h("p", { class: "form-note", id: `${id}-note` }, note));
};

/** In the file, it is any word. */
const priorities = ["low", "high", "urgent"];

export function prioritySelect(chosen: string | null): HTMLSelectElement {
  const words = chosen === null || priorities.includes(chosen) ? priorities : [chosen, ...priorities];
  const option = (word: string, label: string): HTMLElement => h("option", { value: word, selected: word === (chosen ?? "") }, label);
  return h("select", {}, option("", "None"), ...words.map((word) => option(word, word.charAt(0).toUpperCase() + word.slice(1))));
}

export const dueField = (): HTMLInputElement => h("input", { type: "date", min: "2000-01-01", max: "9999-12-31" });

/** A task is one line of its file. */
export const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, " ");

/** What a new task begins with. */
export interface Beginning {
  text: string;
  /** The conversation that it comes from. */
  thread: string | null;
}

export function askForTask(repositories: string[], repository: string, added: (task: Task) => void, beginning: Beginning = { text: "", thread: null }): void {
  const text = h("textarea", { rows: 3, required: true, autofocus: true });
  text.value = beginning.text;
  const select = h("select", {}, ...repositories.map((name) => h("option", { value: name, selected: name === repository }, name)));
  const owner = h("input", { type: "text", list: "known-owners", autocomplete: "off" });
  const labels = h("input", { type: "text", autocomplete: "off" });
  const priority = prioritySelect(null);
  const due = dueField();
  const problem = h("p", { class: "problem", role: "alert" });
  const save = h("button", { type: "submit", class: "primary" }, "Add");
  const dialog = openDialog("New task", "task-dialog", () => undefined, h(
    "form", { onsubmit: (event: Event) => { event.preventDefault(); void run(); } },
    field("Text", "new-text", text), offerNames(text), repositories.length > 1 && field("Repository", "new-repository", select),
    h("div", { class: "form-pair" }, field("Priority", "new-priority", priority), field("Due", "new-due", due)),
    h("div", { class: "form-pair" }, field("Owner", "new-owner", owner), field("Labels", "new-labels", labels)),
    problem, h("div", { class: "choices" }, h("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Cancel"), save)));

  async function run(): Promise<void> {
    save.disabled = true;
    problem.textContent = "";
    try {
      const values = {
        owner: owner.value.trim().replace(/^@/, ""), labels: parseLabels(labels.value), priority: priority.value, due: due.value, thread_id: beginning.thread ?? "",
      };
      const task = await api.addTask({
        repository: repositories.length > 1 ? select.value : repositories[0] ?? repository, text: oneLine(text.value),
        ...Object.fromEntries(Object.entries(values).filter(([, value]) => value.length > 0)),
      }, api.newKey());
      dialog.close();
      added(task);
    } catch (error) {
      problem.textContent = api.explain(error);
      save.disabled = false;
    }
  }
}
