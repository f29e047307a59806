// The tasks of a feature by phase, with what is done.

import { FeatureTask } from "../api";
import { Child, h } from "../dom";
import { inline } from "../asktext";

export function taskList(tasks: FeatureTask[]): HTMLElement {
  const done = tasks.filter((task) => task.done).length;
  const next = tasks.find((task) => !task.done);
  return h(
    "div", { class: "spec-tasks" },
    h("p", { class: "spec-progress" }, h("progress", { max: tasks.length, value: done, "aria-label": "Tasks done" }), ` ${done} of ${tasks.length} done`),
    ...phases(tasks).flatMap(([phase, items]): Child[] => [
      phase !== null && h("h4", {}, phase),
      h("ul", {}, ...items.map((task) => row(task, task === next))),
    ]));
}

function row(task: FeatureTask, isNext: boolean): HTMLElement {
  return h(
    "li", { class: "spec-task", "data-done": String(task.done), "aria-current": isNext ? "step" : null },
    h("span", { class: "spec-box", role: "img", "aria-label": task.done ? "Done" : isNext ? "Next" : "Open" }, task.done ? "✓" : ""),
    h("span", { class: "spec-task-id" }, task.id),
    h("span", { class: "spec-task-text" }, ...inline(task.text).map((piece): Child => (piece.isCode ? h("code", {}, piece.text) : piece.text)),
      task.parallel && h("span", { class: "badge", title: "Can be done at the same time as its neighbours" }, "P"),
      ...task.stories.map((story) => h("span", { class: "badge", title: `User story ${story}` }, `US${story}`))));
}

/** Neighbours with the same phase. */
function phases(tasks: FeatureTask[]): [string | null, FeatureTask[]][] {
  const groups: [string | null, FeatureTask[]][] = [];
  for (const task of tasks) {
    const last = groups[groups.length - 1];
    if (last && last[0] === task.phase) last[1].push(task);
    else groups.push([task.phase, [task]]);
  }
  return groups;
}
