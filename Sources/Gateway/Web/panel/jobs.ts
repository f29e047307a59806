// The tab "Jobs": commands that run or ran in the background, with their last lines.

import * as api from "../api";
import { Child, h } from "../dom";
import { TerminalView } from "../terminal/view";
import { timeElement } from "../views/entries";
import { LoadedView } from "./loaded";

/** In lines. */
const tailLines = 50;

export class JobsView extends LoadedView {
  constructor(private readonly send: (text: string) => void) {
    super("Jobs", "No jobs. A command that ends in & runs in the background and is listed here.");
  }

  protected async load(thread: string): Promise<Child[] | null> {
    const { items } = await api.jobs(thread);
    return items.length === 0 ? null : [h("ul", { class: "jobs" }, ...items.map((job) => this.row(job)))];
  }

  private row(job: api.Job): HTMLElement {
    const isRunning = job.ended_at === null;
    const ending = job.ending ?? (typeof job.exit === "number" ? `exit ${job.exit}` : null);
    const name = `job ${job.id}`;
    const act = (label: string, command: string): HTMLElement => h(
      "button", { type: "button", class: "quiet small sends", "aria-label": `${label} ${name}`, onclick: () => this.send(`/${command} ${job.id}`) }, label);
    return h(
      "li", { class: "job", "data-state": job.state },
      h("div", { class: "job-head" }, h("span", { class: "job-id" }, job.id), h("code", { class: "job-command" }, job.command)),
      h("div", { class: "job-facts" },
        h("span", { class: "job-state" }, ending === null ? job.state : `${job.state} · ${ending}`),
        job.started_at !== null && timeElement(job.started_at), h("span", { class: "spacer" }),
        isRunning && act("Follow", "jobs"), isRunning && act("Kill", "kill")),
      job.tail ? tail(job.tail) : null);
  }
}

function tail(text: string): HTMLElement {
  const view = new TerminalView(tailLines);
  view.write(text);
  view.draw();
  view.element.classList.add("job-tail");
  return view.element;
}
