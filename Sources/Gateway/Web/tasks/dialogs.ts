// The dialogs of the board: a task with all that belongs to it, and where to move one.

import * as api from "../api";
import { dueField, field, oneLine, openDialog, prioritySelect } from "./adding";
import { Child, h, replace } from "../dom";
import { offerNames } from "../mentions";
import type { NoteOfTask, Task, TaskChange } from "../types";
import { fullTime, shortDay, shortTime } from "../time";
import { visibleLine } from "../visible";
import { differences, handle, keyOf, nameOf, parseLabels, State, states, titles } from "./words";

/** Where to move a task: for fingers, and for whoever prefers a list. */
export function askWhere(task: Task, move: (state: State) => void, open: () => void): void {
  const choice = (label: string, run: () => void): HTMLElement =>
    h("button", { type: "button", class: "quiet", onclick: () => { dialog.close(); run(); } }, label);
  const dialog = openDialog(`Move ${nameOf(task)}`, "where", () => undefined,
    h("p", {}, visibleLine(task.text)),
    h("div", { class: "where-choices" }, ...states.filter((state) => state !== task.state).map((state) => choice(titles[state], () => move(state))), choice("Open the task…", open)));
}

export interface TaskDialogDelegate {
  readonly canWrite: boolean;
  /** The task is another now. */
  changed(task: Task, key: string, isMine: boolean): void;
  closed(): void;
}

export class TaskDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly text = h("textarea", { rows: 3, required: true });
  private readonly state = h("select", {}, ...states.map((state) => h("option", { value: state }, titles[state])));
  private readonly owner = h("input", { type: "text", list: "known-owners", autocomplete: "off" });
  private readonly labels = h("input", { type: "text", autocomplete: "off" });
  private readonly priority: HTMLSelectElement;
  private readonly due = dueField();
  private readonly problem = h("p", { class: "problem", role: "alert" });
  private readonly save = h("button", { type: "submit", class: "primary" }, "Save");
  private readonly facts = h("dl", { class: "task-details" });
  private readonly notes = h("ul", { class: "task-notes", role: "list" });
  private readonly note = h("textarea", { rows: 2, required: true });
  private readonly add = h("button", { type: "submit", class: "quiet" }, "Add the note");

  constructor(private task: Task, private readonly delegate: TaskDialogDelegate) {
    this.priority = prioritySelect(task.priority);
    const title = task.id.startsWith("~") ? "Task" : `Task ${task.id}`;
    const prevented = (run: () => void) => (event: Event): void => { event.preventDefault(); run(); };
    this.dialog = openDialog(title, "task-dialog", () => delegate.closed(),
      delegate.canWrite
        ? h("form", { onsubmit: prevented(() => void this.store()) },
          field("Text", "task-text", this.text),
          h("div", { class: "form-pair" }, field("State", "task-state", this.state), field("Owner", "task-owner", this.owner), field("Labels", "task-labels", this.labels)),
          h("div", { class: "form-pair" }, field("Priority", "task-priority", this.priority), field("Due", "task-due", this.due)),
          this.problem, h("div", { class: "choices" }, this.save))
        : h("p", { class: "task-text" }, visibleLine(task.text)),
      this.facts, h("h3", {}, "Notes"), this.notes,
      delegate.canWrite && h("form", { class: "note-form", onsubmit: prevented(() => void this.addNote()) }, field("New note", "task-note", this.note), offerNames(this.note), h("div", { class: "choices" }, this.add)));
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog && !this.isChanged && this.note.value === "") this.dialog.close(); });
    this.fill({});
    this.drawFacts();
    void this.load();
  }

  get key(): string {
    return keyOf(this.task);
  }

  close(): void {
    this.dialog.close();
  }

  /** Somebody has changed the task: what was typed here stays. */
  take(task: Task): void {
    const wasChanged = this.isChanged;
    const { changes, isOverridden } = this.follow(task);
    if (!wasChanged) this.problem.textContent = "";
    else if (changes !== "") this.problem.textContent = `Somebody has changed this task: ${changes}.${isOverridden ? " Saving overrides that." : ""}`;
    this.drawFacts();
  }

  /** Shows the task as it is now in the fields that were not changed here, so that saving changes only the others. */
  private follow(task: Task): { changes: string; isOverridden: boolean } {
    const before = this.task;
    const mine = this.delegate.canWrite ? this.change : {};
    this.task = task;
    this.fill(mine);
    const isOverridden = (Object.keys(mine) as (keyof Task & keyof typeof mine)[]).some((name) => String(before[name]) !== String(task[name]));
    return { changes: differences(before, task), isOverridden };
  }

  private async load(): Promise<void> {
    try {
      this.take(await api.task(this.task.repository, this.task.id));
    } catch (error) {
      this.problem.textContent = api.explain(error);
    }
  }

  private get change(): Omit<TaskChange, "base"> {
    const labels = parseLabels(this.labels.value);
    const change: Omit<TaskChange, "base"> = {};
    if (oneLine(this.text.value) !== this.task.text) change.text = oneLine(this.text.value);
    if (this.state.value !== this.task.state) change.state = this.state.value as State;
    const owner = this.owner.value.trim().replace(/^@/, "");
    if (owner !== (this.task.owner ?? "").replace(/^@/, "")) change.owner = owner || null;
    if (labels.join(" ") !== this.task.labels.join(" ")) change.labels = labels;
    if (this.priority.value !== (this.task.priority ?? "")) change.priority = this.priority.value || null;
    if (this.due.value !== (this.task.due ?? "")) change.due = this.due.value || null;
    return change;
  }

  private get isChanged(): boolean {
    return this.delegate.canWrite && Object.keys(this.change).length > 0;
  }

  /** Shows what the task is in the fields that somebody did not change here. */
  private fill(mine: Omit<TaskChange, "base">): void {
    const { task } = this;
    if (mine.text === undefined) this.text.value = task.text;
    if (mine.state === undefined) this.state.value = task.state;
    if (mine.owner === undefined) this.owner.value = task.owner ?? "";
    if (mine.labels === undefined) this.labels.value = task.labels.join(" ");
    if (mine.priority === undefined) this.showPriority();
    if (mine.due === undefined) this.due.value = task.due ?? "";
  }

  /** It may be a word that the list does not offer. */
  private showPriority(): void {
    replace(this.priority, ...prioritySelect(this.task.priority).options);
    this.priority.value = this.task.priority ?? "";
  }

  private async store(): Promise<void> {
    if (!this.isChanged) return this.close();
    if (await this.send(this.change, this.save)) this.close();
  }

  private async addNote(): Promise<void> {
    if (!(await this.send({ note: oneLine(this.note.value) }, this.add))) return;
    this.note.value = "";
    await this.load();
  }

  /** Whether it was stored. */
  private async send(change: Omit<TaskChange, "base">, button: HTMLButtonElement): Promise<boolean> {
    const key = this.key;
    button.disabled = true;
    this.problem.textContent = "";
    try {
      const task = await api.changeTask(this.task, { ...change, base: this.task.commit });
      this.task = task;
      this.drawFacts();
      this.delegate.changed(task, key, true);
      return true;
    } catch (error) {
      if (error instanceof api.APIError && error.status === 409) await this.conflict(error);
      else this.problem.textContent = api.explain(error);
      return false;
    } finally {
      button.disabled = false;
    }
  }

  private async conflict(error: api.APIError): Promise<void> {
    const before = this.task;
    const now = await api.task(before.repository, before.id).catch(() => null);
    if (now === null) {
      this.problem.textContent = api.explain(error);
      return;
    }
    const { changes, isOverridden } = this.follow(now);
    this.drawFacts();
    this.delegate.changed(now, keyOf(before), false);
    const next = isOverridden ? "saving overrides that" : "save it again";
    this.problem.textContent = changes === "" ? api.explain(error) : `Somebody has changed this task: ${changes}. What you typed is not stored; ${next}.`;
  }

  private drawFacts(): void {
    const { task } = this;
    const row = (name: string, ...content: Child[]): Node => h("div", {}, h("dt", {}, name), h("dd", {}, ...content));
    const spaced = (nodes: Node[]): Child[] => nodes.flatMap((node) => [node, " "]);
    replace(this.facts,
      row("Repository", task.repository),
      !this.delegate.canWrite && row("State", titles[task.state]), !this.delegate.canWrite && task.owner !== null && row("Owner", handle(task.owner)),
      !this.delegate.canWrite && task.labels.length > 0 && row("Labels", task.labels.join(" ")),
      !this.delegate.canWrite && task.priority !== null && row("Priority", task.priority), !this.delegate.canWrite && task.due !== null && row("Due", shortDay(task.due)),
      task.links.length > 0 && row("Links", ...spaced(task.links.map((link) => outside(link.text || link.url, link.url)))),
      task.commits.length > 0 && row("Commits", ...spaced(task.commits.map((commit) => outside(commit.sha.slice(0, 7), commit.url)))),
      task.thread_id !== null && row("Conversation", h("a", { href: `/#/t/${encodeURIComponent(task.thread_id)}` }, "Open")),
      row("Changed", h("time", { title: fullTime(task.updated_at) }, shortTime(task.updated_at)), " in ", h("a", { href: api.commitAddress(task) }, h("code", {}, task.commit.slice(0, 7)))));
    const { notes } = task;
    replace(this.notes, ...notes.map(noteRow), notes.length === 0 && h("li", { class: "empty" }, "No notes yet."));
  }
}

const noteRow = (note: NoteOfTask): HTMLElement => h("li", {}, h("p", {}, visibleLine(note.text)), h("p", { class: "form-note" }, `${note.who}, ${note.date}`));

/** The address comes from a file that anybody may have written. */
const outside = (text: string, address: string): Node =>
  /^https?:\/\//i.test(address) || /^\/[^/\\]/.test(address) ? h("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, text) : h("span", {}, text);
