// The tasks of one state, in the order of their files: as many pages as were looked at.

import * as api from "../api";
import { h, iconButton, replace } from "../dom";
import { shortDay } from "../time";
import type { Task } from "../types";
import { visibleLine } from "../visible";
import { handle, keyOf, nameOf, State, titles } from "./words";

export interface Card {
  task: Task;
  readonly element: HTMLElement;
  readonly link: HTMLAnchorElement;
}

export interface ColumnDelegate {
  readonly canWrite: boolean;
  open(task: Task): void;
  /** Asks where to, for those who neither drag nor type. */
  askWhere(task: Task): void;
  /** Another page of this column has come. */
  grown(): void;
  failed(error: unknown): void;
}

export class Column {
  readonly element: HTMLElement;
  readonly tab: HTMLButtonElement;
  readonly list = h("div", { class: "task-list", role: "list" });
  cards: Card[] = [];
  /** Whether looking at the end of the column reads on; otherwise its button does. */
  growsAlone = true;
  private cursor: string | null = null;
  private query: api.TaskQuery = {};
  private round = 0;
  /** The column's tab stop. */
  private current: HTMLElement | null = null;
  private readonly count = h("span", { class: "count" });
  private readonly tabCount = h("span", { class: "count" });
  private readonly empty = h("p", { class: "empty", hidden: true });
  private readonly more = h("button", { type: "button", class: "quiet more", hidden: true, onclick: () => void this.grow() }, "Show more");

  constructor(readonly state: State, private readonly delegate: ColumnDelegate) {
    const title = `column-${state}`;
    const scroller = h("div", { class: "column-scroll" }, this.list, this.empty, this.more);
    this.element = h("section", { class: "column", "data-state": state, "aria-labelledby": title }, h("h2", { id: title }, titles[state], this.count), scroller);
    this.tab = h("button", { type: "button", onclick: () => this.element.scrollIntoView({ inline: "start", block: "nearest" }) }, titles[state], this.tabCount);
    new IntersectionObserver((entries) => { if (this.growsAlone && entries.some((entry) => entry.isIntersecting)) void this.grow(); }, { rootMargin: "600px" }).observe(this.more);
    this.list.addEventListener("focusin", (event) => {
      const link = (event.target as HTMLElement).closest(".task-card")?.querySelector<HTMLAnchorElement>(".task-title");
      if (link) this.rove(link);
    });
  }

  get isComplete(): boolean {
    return this.cursor === null;
  }

  /** Reads the first page and shows it instead of what there was. */
  async load(query: api.TaskQuery): Promise<void> {
    this.query = query;
    this.round += 1;
    const round = this.round;
    const page = await api.tasks({ ...query, state: this.state }, null);
    if (round !== this.round) return;
    this.cursor = page.next_cursor;
    this.cards = [];
    replace(this.list);
    this.add(page.items);
  }

  private async grow(): Promise<void> {
    if (this.cursor === null || this.more.disabled) return;
    const round = this.round;
    this.more.disabled = true;
    try {
      const page = await api.tasks({ ...this.query, state: this.state }, this.cursor);
      if (round !== this.round) return;
      this.cursor = page.next_cursor;
      const known = new Set(this.cards.map((card) => keyOf(card.task)));
      this.add(page.items.filter((task) => !known.has(keyOf(task))));
      this.delegate.grown();
    } catch (error) {
      this.delegate.failed(error);
    } finally {
      this.more.disabled = false;
    }
  }

  /** Shows tasks at the end. */
  private add(tasks: Task[]): void {
    for (let at = 0; at < tasks.length; at += groupSize) {
      const cards = tasks.slice(at, at + groupSize).map((task) => this.card(task));
      this.cards.push(...cards);
      this.list.append(group(cards));
    }
    this.tidy();
  }

  /** Takes a card, new or of another column, to its place. */
  insert(card: Card): void {
    // Of those with a place, the first that comes later in its file.
    let [low, high] = [0, this.cards.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(card.task, this.cards[middle]!.task)) high = middle;
      else low = middle + 1;
    }
    const next = this.cards[low]?.element;
    if (next) next.before(card.element);
    else if (this.list.lastElementChild) this.list.lastElementChild.append(card.element);
    else this.list.append(group([card]));
    this.cards.splice(low, 0, card);
    this.tidy();
  }

  remove(card: Card): void {
    const at = this.cards.indexOf(card);
    if (at < 0) return;
    this.cards.splice(at, 1);
    const group = card.element.parentElement;
    card.element.remove();
    if (group?.childElementCount === 0) group.remove();
    this.tidy();
  }

  card(task: Task): Card {
    const link = h("a", { class: "task-title", draggable: "false", tabindex: -1, "aria-describedby": this.delegate.canWrite ? "task-keys" : null });
    const card: Card = { task, link, element: h("div", { class: "task-card", role: "listitem" }) };
    this.draw(card);
    return card;
  }

  /** Shows its task, which may have changed. */
  draw(card: Card): void {
    const { task, link, element } = card;
    element.dataset.key = keyOf(task);
    element.draggable = this.delegate.canWrite;
    link.href = addressOf(task);
    link.textContent = visibleLine(task.text);
    replace(element, link, this.delegate.canWrite && moveButton(task, () => this.delegate.askWhere(card.task)), h(
      "div", { class: "task-facts" },
      h("code", {}, task.id.startsWith("~") ? "new" : task.id), h("span", { class: "repository" }, task.repository),
      task.priority !== null && h("span", { class: `priority priority-${task.priority}` }, task.priority),
      task.due !== null && h("span", { class: isOverdue(task) ? "due is-late" : "due" }, `${isOverdue(task) ? "overdue since" : "due"} ${shortDay(task.due)}`),
      ...task.labels.map((label) => h("span", { class: "badge" }, label)),
      task.owner !== null && h("span", { class: "owner" }, handle(task.owner))));
  }

  private tidy(): void {
    const text = `${this.cards.length}${this.cursor === null ? "" : "+"}`;
    this.count.textContent = text;
    this.tabCount.textContent = text;
    this.more.hidden = this.cursor === null;
    this.empty.hidden = this.cards.length > 0 || this.cursor !== null;
    this.empty.textContent = `Nothing ${titles[this.state].toLowerCase()}.`;
    const first = this.cards[0]?.link;
    if (first && !this.list.contains(this.current)) this.rove(first);
  }

  /** One tab stop for each column: the arrows lead on. */
  private rove(link: HTMLAnchorElement): void {
    if (this.current) this.current.tabIndex = -1;
    this.current = link;
    link.tabIndex = 0;
  }
}

/** Cards are rendered by groups, so that the browser watches few elements of a long column. */
const groupSize = 10;

const group = (cards: Card[]): HTMLElement => h("div", { class: "task-group", role: "presentation" }, ...cards.map((card) => card.element));

const addressOf = (task: Task): string => {
  const address = new URL(location.href);
  address.searchParams.set("task", keyOf(task));
  return address.pathname + address.search;
};

/** By pointer and touch; the keyboard moves the card itself. */
function moveButton(task: Task, run: () => void): HTMLButtonElement {
  const button = iconButton("more", `Move ${nameOf(task)}`, run, "icon-button small task-move");
  button.tabIndex = -1;
  return button;
}

const isBefore = (a: Task, b: Task): boolean => (a.repository === b.repository ? a.line < b.line : a.repository < b.repository);

const today = (): string => new Date().toLocaleDateString("sv");

const isOverdue = (task: Task): boolean => task.due !== null && (task.state === "open" || task.state === "started") && task.due < today();

