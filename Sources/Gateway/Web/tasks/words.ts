// What is said about tasks. Pure.

import { shortDay } from "../time";
import type { Task } from "../types";
import { visibleLine } from "../visible";

export type State = Task["state"];

export const states: State[] = ["open", "started", "done", "dropped"];
export const titles: Record<State, string> = { open: "Open", started: "Started", done: "Done", dropped: "Dropped" };

export const keyOf = (task: Pick<Task, "repository" | "id">): string => `${task.repository}/${task.id}`;

/** Its id, or for one without the beginning of its text. */
export const nameOf = (task: Task): string => (task.id.startsWith("~") ? `“${cut(task.text, 40)}”` : task.id);

function cut(text: string, length: number): string {
  const visible = visibleLine(text);
  return visible.length > length ? `${visible.slice(0, length - 1)}…` : visible;
}

/** How somebody else changed a task, for a person who wanted to change it; empty if nothing that is shown differs. */
export function differences(before: Task, now: Task): string {
  const parts: string[] = [];
  if (before.state !== now.state) parts.push(`it is now ${titles[now.state].toLowerCase()}`);
  if (before.owner !== now.owner) parts.push(now.owner === null ? "it has no owner any more" : `its owner is now ${handle(now.owner)}`);
  if (before.text !== now.text) parts.push(`its text is now “${cut(now.text, 80)}”`);
  if (before.labels.join(" ") !== now.labels.join(" ")) parts.push(now.labels.length === 0 ? "it has no labels any more" : `its labels are now ${now.labels.join(", ")}`);
  if (before.due !== now.due) parts.push(now.due === null ? "it is not due any more" : `it is now due on ${shortDay(now.due)}`);
  if (before.priority !== now.priority) parts.push(`its priority is now ${now.priority ?? "none"}`);
  return parts.join(", ");
}

export const handle = (owner: string): string => (owner.startsWith("@") ? owner : `@${owner}`);

/** Labels as they are typed: words, with or without `#`, separated by spaces or commas. */
export const parseLabels = (text: string): string[] => [...new Set(text.split(/[\s,]+/).map((word) => word.replace(/^#/, "")).filter(Boolean))];

/** In characters, as the server accepts. */
const longest = 500;

/** The first line with words, without what Markdown puts before them. */
export function firstLine(text: string): string {
  const plain = (line: string): string => line.replace(/^\s*```.*|^(?:\s|>|(?:#{1,6}|[-*+])\s)+/, "").trim().replace(/^(\*{1,2}|_{1,2})(.+)\1$/, "$2");
  const lines = text.slice(0, 10_000).split("\n").map(plain);
  return (lines.find((line) => line !== "") ?? "").slice(0, longest);
}

export interface Filter {
  repository: string;
  owner: string;
  label: string;
  query: string;
}

/** Whether a task that has changed belongs to what is shown. The server decides when the page is read again. */
export function matches(task: Task, filter: Filter): boolean {
  const plain = (text: string): string => text.replace(/^[@#]/, "").toLowerCase();
  const text = [task.id, task.text, task.owner ?? "", ...task.labels, ...task.notes.map((note) => note.text)].join(" ").toLowerCase();
  return (filter.repository === "" || task.repository === filter.repository)
    && (filter.owner === "" || plain(task.owner ?? "") === plain(filter.owner))
    && (filter.label === "" || task.labels.some((label) => plain(label) === plain(filter.label)))
    && filter.query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
