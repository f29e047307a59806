// A tab whose content is fetched: when it is shown, and again when something in the conversation has ended.

import * as api from "../api";
import { Child, h, icon, replace } from "../dom";

export abstract class LoadedView {
  readonly element: HTMLElement;
  protected readonly tools = h("div", { class: "panel-tools" });
  protected readonly body = h("div", { class: "panel-body", tabindex: 0, role: "group" });
  protected thread: string | null = null;
  private isShown = false;
  private isFetching = false;
  private mustFetchAgain = false;

  /** `none` is the text while there is nothing. */
  constructor(name: string, private readonly none: string) {
    this.body.setAttribute("aria-label", name);
    this.element = h("div", { class: "loaded-view" }, this.tools, this.body);
    replace(this.tools, ...this.actions(), h("span", { class: "spacer" }),
      h("button", { type: "button", class: "quiet small", onclick: () => this.refresh() }, icon("retry"), "Refresh"));
  }

  /** Buttons above the content. */
  protected actions(): Child[] {
    return [];
  }

  /** Fetches and draws; null stands for nothing. */
  protected abstract load(thread: string): Promise<Child[] | null>;

  /** Another conversation is shown; null while it is new. */
  show(thread: string | null): void {
    if (this.thread === thread) return;
    this.thread = thread;
    replace(this.body);
    this.changed();
  }

  setShown(isShown: boolean): void {
    this.isShown = isShown;
    this.changed();
  }

  /** Something may have changed. Nothing is fetched while the tab is hidden. */
  changed(): void {
    if (this.isShown) this.refresh();
  }

  private refresh(): void {
    this.mustFetchAgain = true;
    if (!this.isFetching) void this.fetchWhileWanted();
  }

  private async fetchWhileWanted(): Promise<void> {
    this.isFetching = true;
    while (this.mustFetchAgain) {
      this.mustFetchAgain = false;
      const thread = this.thread;
      const content = thread === null ? null : await this.load(thread).catch((error: unknown): Child[] => [
        h("p", { class: "panel-problem", role: "alert" }, api.explain(error)),
      ]);
      if (thread !== this.thread) continue;
      const scrollTop = this.body.scrollTop;
      // What has the focus is replaced by its successor, or moved.
      const focused = this.body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.key : undefined;
      replace(this.body, ...(content ?? [h("p", { class: "panel-empty" }, this.none)]));
      this.body.scrollTop = scrollTop;
      if (focused !== undefined) (this.body.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`) ?? this.body).focus({ preventScroll: true });
    }
    this.isFetching = false;
  }
}
