// The tab "Jobs": commands that run or ran in the background.

import * as api from "../api";
import { Child, h } from "../dom";
import { timeElement } from "../views/entries";
import { LoadedView } from "./loaded";

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
    const name = `job ${job.id}`;
    const act = (label: string, command: string): HTMLElement => h(
      "button", { type: "button", class: "quiet small sends", "aria-label": `${label} ${name}`, onclick: () => this.send(`/${command} ${job.id}`) }, label);
    return h(
      "li", { class: "job", "data-state": job.state },
      h("div", { class: "job-head" }, h("span", { class: "job-id" }, job.id), h("code", { class: "job-command" }, job.command)),
      h("div", { class: "job-facts" },
        h("span", { class: "job-state" }, job.ending === null ? job.state : `${job.state} · ${job.ending}`),
        timeElement(job.started_at), h("span", { class: "spacer" }),
        isRunning && act("Follow", "jobs"), isRunning && act("Kill", "kill")));
  }
}
