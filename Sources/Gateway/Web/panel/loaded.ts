// A tab whose content is fetched: when it is shown, and again when something in the conversation has ended.

import * as api from "../api";
import { Child, h, replace } from "../dom";

export abstract class LoadedView {
  readonly element: HTMLElement;
  protected readonly body = h("div", { class: "panel-body", tabindex: 0, role: "group" });
  protected thread: string | null = null;
  private isShown = false;
  private isFetching = false;
  private mustFetchAgain = false;
  /** Where the next content is scrolled to; null for where it is. */
  private nextTop: number | null = null;

  /** `none` is the text while there is nothing. */
  constructor(name: string, private readonly none: string) {
    this.body.setAttribute("aria-label", name);
    const actions = this.actions();
    this.element = h("div", { class: "loaded-view" }, actions.length > 0 && h("div", { class: "panel-tools" }, ...actions), this.body);
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

  /** Fetches what is to be shown instead, from this place on. */
  protected fetchTo(scrollTop: number): void {
    this.nextTop = scrollTop;
    this.refresh();
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
      const scrollTop = this.nextTop ?? this.body.scrollTop;
      this.nextTop = null;
      // What has the focus is replaced by its successor, or moved.
      const focused = this.body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.key : undefined;
      replace(this.body, ...(content ?? [h("p", { class: "panel-empty" }, this.none)]));
      this.body.scrollTop = scrollTop;
      if (focused !== undefined) (this.body.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`) ?? this.body).focus({ preventScroll: true });
    }
    this.isFetching = false;
  }
}
