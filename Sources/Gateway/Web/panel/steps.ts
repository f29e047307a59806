// The tab "Steps": what the work with tools does, each call with its result. Fetched again when something has happened, never by the clock.

import * as api from "../api";
import { Step } from "../api";
import { h, replace } from "../dom";
import { StepRow } from "./step";

export interface StepsDelegate {
  /** A step has changed files. */
  filesChanged(): void;
  /** A command of the model runs or has ended. */
  command(operation: string, step: Step): void;
}

/** On the page. */
const mostSteps = 300;
/** In milliseconds: while steps arrive, they are fetched no more often than this. */
const restTime = 300;

export class StepsView {
  readonly element: HTMLElement;
  private readonly status = h("p", { class: "steps-status", role: "status" });
  private readonly list = h("ol", { class: "steps", "aria-label": "Steps" });
  private readonly problem = h("p", { class: "panel-problem", role: "alert", hidden: true });
  private readonly earlier = h("p", { class: "panel-empty", hidden: true }, "Earlier steps are not shown.");
  private readonly body: HTMLElement;
  private readonly rows = new Map<string, StepRow>();
  private thread: string | null = null;
  private operation: string | null = null;
  private position = 0;
  private isShown = false;
  private isRunning = false;
  /** The newest operation that has worked while the page was open. */
  private live: string | null = null;
  /** Whether somebody chose the operation. */
  private isPicked = false;
  private timer: number | undefined;
  private fetching: Promise<void> | null = null;
  private mustFetchAgain = false;

  constructor(private readonly delegate: StepsDelegate) {
    this.body = h("div", { class: "panel-body", tabindex: 0, role: "group", "aria-label": "Steps of the work" }, this.problem, this.earlier, this.list);
    this.element = h("div", { class: "loaded-view" }, h("div", { class: "panel-tools" }, this.status), this.body);
    this.draw();
  }

  /** Another conversation is shown; null while it is new. */
  show(thread: string | null): void {
    if (this.thread === thread) return;
    this.thread = thread;
    this.live = null;
    this.isPicked = false;
    this.choose(null);
  }

  /** Whether anything of the panel is shown: steps tell the other tabs of changes. */
  setShown(isShown: boolean): void {
    if (this.isShown === isShown) return;
    this.isShown = isShown;
    if (isShown) void this.fetch();
  }

  /** Somebody wants to see the steps of this operation, also while another one works. */
  pick(operation: string): void {
    this.isPicked = true;
    this.choose(operation);
  }

  /** Shows the steps of one operation; null for the newest with any. */
  choose(operation: string | null): void {
    this.operation = operation;
    this.position = 0;
    this.isRunning = false;
    this.rows.clear();
    replace(this.list);
    this.earlier.hidden = true;
    this.problem.hidden = true;
    this.draw();
    if (this.isShown) void this.fetch();
  }

  /** Something has happened in an operation that works with tools. */
  worked(operation: string): void {
    // A new one is followed; one that was going on when somebody looked at another does not take that away.
    if (this.live !== operation) this.isPicked = this.isPicked && this.live === null;
    this.live = operation;
    if (this.operation !== operation) {
      if (this.isPicked) return;
      this.choose(operation);
    }
    this.isRunning = true;
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isShown) void this.fetch();
    }, restTime);
  }

  /** An operation has ended. */
  ended(operation: string): void {
    if (this.operation !== operation) return;
    this.isRunning = false;
    for (const row of this.rows.values()) row.fold();
    // From the beginning: what was running has another state now.
    this.position = 0;
    if (this.isShown) void this.fetch();
  }

  /** Frames were missed. */
  changed(): void {
    if (this.isShown) void this.fetch();
  }

  /** One fetch at a time; a call during a fetch starts another one after it. */
  private fetch(): Promise<void> {
    this.mustFetchAgain = true;
    this.fetching ??= this.fetchWhileWanted().finally(() => { this.fetching = null; });
    return this.fetching;
  }

  /** The name of the tab that shows what the newest operation does, or has done and not committed; null without one. */
  async scene(): Promise<"Shell" | "Diff" | "Steps" | null> {
    await this.fetching;
    const { thread } = this;
    const steps = [...this.rows.values()].map((row) => row.step);
    if (steps.length === 0) return null;
    if (steps.some((step) => step.tool === "shell" && step.state === "running")) return "Shell";
    if (thread === null || !steps.some((step) => step.has_changes === true)) return "Steps";
    return api.diff(thread).then(({ diff }) => (diff === "" ? "Steps" : "Diff"), () => "Steps");
  }

  private async fetchWhileWanted(): Promise<void> {
    while (this.mustFetchAgain) {
      this.mustFetchAgain = false;
      const [thread, operation, position] = [this.thread, this.operation, this.position];
      if (thread === null) continue;
      // Chosen anew meanwhile: `choose` has asked for another fetch.
      const isOld = (): boolean => thread !== this.thread || operation !== this.operation || position !== this.position;
      try {
        const page = await api.steps(thread, operation, position);
        if (isOld()) continue;
        this.problem.hidden = true;
        this.take(page);
      } catch (error) {
        if (isOld()) continue;
        this.problem.hidden = false;
        this.problem.textContent = api.explain(error);
      }
    }
  }

  private take(page: api.StepPage): void {
    this.operation = page.operation_id;
    if (page.is_cut) this.earlier.hidden = false;
    const isFirst = this.position === 0;
    this.position = page.position;
    // Whoever reads further up is not moved.
    const isAtEnd = this.body.scrollHeight - this.body.scrollTop - this.body.clientHeight < 40;
    let hasChanges = false;
    for (const step of page.items) {
      let row = this.rows.get(step.id);
      if (!row) {
        row = new StepRow(step.id);
        this.rows.set(step.id, row);
        this.list.appendChild(row.element);
      }
      row.take(step);
      // Commands of earlier operations are no news for the shell.
      if (this.live !== null && this.live === this.operation && row.step.tool === "shell") this.delegate.command(this.live, row.step);
      hasChanges ||= step.has_changes === true;
    }
    for (const [id, row] of this.rows) {
      if (this.rows.size <= mostSteps) break;
      this.rows.delete(id);
      row.element.remove();
      this.earlier.hidden = false;
    }
    this.draw();
    if (isAtEnd) this.body.scrollTop = this.body.scrollHeight;
    if (hasChanges && !isFirst) this.delegate.filesChanged();
  }

  private draw(): void {
    const rows = [...this.rows.values()];
    const running = rows.find((row) => row.state === "running");
    const failed = rows.filter((row) => row.state === "failed").length;
    const denied = rows.filter((row) => row.state === "denied").length;
    const parts = [
      `${rows.length} ${rows.length === 1 ? "step" : "steps"}`, failed > 0 ? `${failed} failed` : "", denied > 0 ? `${denied} denied` : "",
      running ? `running: ${running.title}` : this.isRunning ? "working" : "",
    ];
    const text = rows.length === 0 && !this.isRunning ? "No steps. When the model works with tools, each call is listed here." : parts.filter(Boolean).join(" · ");
    // A changed status is announced.
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}
