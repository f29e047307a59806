// The board: a column for each state, and moves between them by pointer and keyboard.

import { announce } from "../announce";
import { h } from "../dom";
import type { Task } from "../types";
import { Card, Column, ColumnDelegate } from "./column";
import { Filter, keyOf, matches, nameOf, State, states, titles } from "./words";

export interface BoardDelegate extends Omit<ColumnDelegate, "grown"> {
  /** A person has moved a task, which the board shows already. */
  moved(task: Task, state: State): void;
}

export class Board {
  readonly element: HTMLElement;
  readonly tabs = h("div", { class: "column-tabs", role: "group", "aria-label": "Columns" });
  readonly columns: Column[];
  private readonly board: HTMLElement;
  private readonly known = new Map<string, Card>();
  private filter: Filter = { repository: "", owner: "", label: "", query: "" };
  private lifted: { card: Card; from: State } | null = null;
  private isCarrying = false;
  private isList = false;
  private dragged: Card | null = null;

  constructor(private readonly delegate: BoardDelegate) {
    this.columns = states.map((state) => new Column(state, {
      canWrite: delegate.canWrite, open: (task) => delegate.open(task), askWhere: (task) => delegate.askWhere(task),
      failed: (error) => delegate.failed(error), grown: () => this.index(),
    }));
    this.board = h("div", {
      class: "board", onkeydown: (event: KeyboardEvent) => this.key(event), onclick: (event: MouseEvent) => this.click(event),
      // Firefox makes a click of the key's release.
      onkeyup: (event: KeyboardEvent) => { if (event.key === " " && this.cardOf(event)) event.preventDefault(); },
      onfocusout: () => { if (this.lifted && !this.isCarrying) this.putBack("Put back"); },
      ondragstart: (event: DragEvent) => this.dragStart(event), ondragover: (event: DragEvent) => this.dragOver(event),
      ondrop: (event: DragEvent) => this.drop(event), ondragend: () => this.dragEnd(), onscroll: () => this.showTab(),
    }, ...this.columns.map((column) => column.element));
    this.tabs.append(...this.columns.map((column) => column.tab));
    this.element = h("div", { class: "board-box" }, this.tabs, this.board,
      h("p", { id: "task-keys", hidden: true }, "Enter opens the task. Space lifts it, the left and right arrows move it, Space drops it, Escape puts it back."));
    this.showDropped(false);
    this.showTab();
  }

  showDropped(isShown: boolean): void {
    const column = this.column("dropped");
    column.element.hidden = column.tab.hidden = !isShown;
  }

  setList(isList: boolean): void {
    this.isList = isList;
    this.element.classList.toggle("is-list", isList);
    // The next state is below the end of the one before.
    for (const column of this.columns) column.growsAlone = !isList;
  }

  /** Reads the first page of every column that is shown. */
  async load(filter: Filter): Promise<void> {
    this.filter = filter;
    this.putBack("Put back");
    const columns = this.columns.filter((column) => !column.element.hidden);
    await Promise.all(columns.map((column) => column.load(filter)));
    this.index();
  }

  private index(): void {
    this.known.clear();
    for (const column of this.columns) for (const card of column.cards) this.known.set(keyOf(card.task), card);
  }

  get isEmpty(): boolean {
    return this.columns.every((column) => column.element.hidden || (column.cards.length === 0 && column.isComplete));
  }

  get size(): number {
    return this.columns.reduce((sum, column) => sum + (column.element.hidden ? 0 : column.cards.length), 0);
  }

  find(key: string): Task | undefined {
    return this.known.get(key)?.task;
  }

  /** Owners or labels of what is shown. */
  all(values: (task: Task) => string[]): string[] {
    return [...new Set([...this.known.values()].flatMap((card) => values(card.task)))].sort();
  }

  /** Shows a task as it is now. `key`: how it was known; a task gets its id with its first change. */
  put(task: Task, key: string = keyOf(task)): void {
    const card = this.known.get(key) ?? this.known.get(keyOf(task)) ?? this.without(task);
    if (card === undefined) {
      if (!matches(task, this.filter)) return;
      const column = this.column(task.state);
      const made = column.card(task);
      this.known.set(keyOf(task), made);
      column.insert(made);
      return;
    }
    if (this.lifted?.card === card) this.putBack("Somebody has changed it, so it is put back", task.state);
    const twin = this.known.get(keyOf(task));
    if (twin && twin !== card) this.take(twin);
    this.known.delete(keyOf(card.task));
    const [from, to] = [this.column(card.task.state), this.column(task.state)];
    const isInPlace = from === to && card.task.line === task.line;
    card.task = task;
    if (!matches(task, this.filter)) return from.remove(card);
    this.known.set(keyOf(task), card);
    const hasFocus = document.activeElement === card.link;
    if (!isInPlace) {
      from.remove(card);
      to.insert(card);
    }
    to.draw(card);
    if (hasFocus) card.link.focus({ preventScroll: isInPlace });
  }

  remove(key: string): void {
    const card = this.known.get(key);
    if (card) this.take(card);
  }

  private take(card: Card): void {
    if (this.lifted?.card === card) this.lifted = null;
    this.known.delete(keyOf(card.task));
    this.column(card.task.state).remove(card);
  }

  /** The card of a task that had no id when it was read. */
  private without(task: Task): Card | undefined {
    return [...this.known.values()].find((card) => card.task.id.startsWith("~") && card.task.repository === task.repository && card.task.text === task.text);
  }

  setBusy(key: string, isBusy: boolean): void {
    this.known.get(key)?.element.classList.toggle("is-busy", isBusy);
  }

  focus(key: string): void {
    this.known.get(key)?.link.focus();
  }

  private column(state: State): Column {
    return this.columns[states.indexOf(state)]!;
  }

  private get shown(): Column[] {
    return this.columns.filter((column) => !column.element.hidden);
  }

  private cardOf(event: Event): Card | undefined {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>(".task-card") : null;
    return element ? this.known.get(element.dataset.key ?? "") : undefined;
  }

  private click(event: MouseEvent): void {
    const card = this.cardOf(event);
    if (!card || event.ctrlKey || event.metaKey || event.shiftKey || (event.target as Element).closest("button")) return;
    event.preventDefault();
    // A pointer that marks text does not open it.
    if (getSelection()?.toString() === "" || event.detail === 0) this.delegate.open(card.task);
  }

  // By keyboard

  private key(event: KeyboardEvent): void {
    const card = this.cardOf(event);
    if (!card || event.target !== card.link || event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case " ":
        if (this.lifted) this.putDown();
        else this.lift(card);
        break;
      case "Enter":
        if (!this.lifted) return;
        this.putDown();
        break;
      case "Escape":
        if (!this.lifted) return;
        this.putBack("Put back");
        break;
      case "ArrowLeft": case "ArrowRight": this.aside(card, event.key === "ArrowLeft" ? -1 : 1); break;
      case "ArrowUp": case "ArrowDown": {
        const step = event.key === "ArrowUp" ? -1 : 1;
        // In the list, the states are below one another.
        if (this.isList && this.lifted) this.aside(card, step);
        else this.along(card, step);
        break;
      }
      case "Home": case "End": this.along(card, event.key === "Home" ? -Infinity : Infinity); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  private lift(card: Card): void {
    if (!this.delegate.canWrite) return announce("You can read tasks, not change them.");
    this.lifted = { card, from: card.task.state };
    card.element.classList.add("is-lifted");
    announce(`${nameOf(card.task)} is lifted, in ${titles[card.task.state]}. The left and right arrows move it, Space drops it, Escape puts it back.`);
  }

  private aside(card: Card, step: number): void {
    const columns = this.shown;
    const at = columns.indexOf(this.column(card.task.state));
    const next = columns[at + step];
    if (!this.lifted) {
      // The one at about the same height.
      const row = columns[at]!.cards.indexOf(card);
      for (let other = at + step; columns[other]; other += step) {
        const cards = columns[other]!.cards;
        if (cards.length > 0) return cards[Math.min(row, cards.length - 1)]!.link.focus();
      }
      return;
    }
    if (!next) return announce(`${titles[card.task.state]} is the ${step < 0 ? "first" : "last"} column.`);
    this.carry(card, next.state);
    announce(`${titles[next.state]}, ${at + step + 1} of ${columns.length}.`);
  }

  private along(card: Card, step: number): void {
    if (this.lifted) return announce("Within a column, tasks keep the order of their file.");
    const cards = this.isList ? this.shown.flatMap((column) => column.cards) : this.column(card.task.state).cards;
    cards[Math.max(0, Math.min(cards.length - 1, cards.indexOf(card) + step))]?.link.focus();
  }

  /** Shows a card in another column. */
  private carry(card: Card, state: State): void {
    this.isCarrying = true;
    const hadFocus = document.activeElement === card.link;
    this.column(card.task.state).remove(card);
    card.task = { ...card.task, state };
    this.column(state).insert(card);
    if (hadFocus) card.link.focus();
    this.isCarrying = false;
  }

  private putDown(): void {
    if (!this.lifted) return;
    const { card, from } = this.lifted;
    this.letGo();
    if (card.task.state === from) announce(`${nameOf(card.task)} stays in ${titles[from]}.`);
    else this.delegate.moved({ ...card.task, state: from }, card.task.state);
  }

  /** `now`: where the task is by then. */
  private putBack(word: string, now?: State): void {
    if (!this.lifted) return;
    const { card, from } = this.lifted;
    this.letGo();
    if (card.task.state !== from) this.carry(card, from);
    announce(`${word}: ${nameOf(card.task)} is in ${titles[now ?? from]}.`);
  }

  private letGo(): void {
    this.lifted?.card.element.classList.remove("is-lifted");
    this.lifted = null;
  }

  // By pointer

  private dragStart(event: DragEvent): void {
    this.dragged = this.cardOf(event) ?? null;
    if (!this.dragged || !event.dataTransfer) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged.task.text);
    this.dragged.element.classList.add("is-dragged");
  }

  private target(event: Event): Column | null {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>(".column") : null;
    return this.columns.find((column) => column.element === element) ?? null;
  }

  private dragOver(event: DragEvent): void {
    const column = this.target(event);
    if (!this.dragged || !column) return;
    event.preventDefault();
    for (const other of this.columns) other.element.classList.toggle("is-target", other === column && column.state !== this.dragged.task.state);
  }

  private drop(event: DragEvent): void {
    const [card, column] = [this.dragged, this.target(event)];
    if (!card || !column) return;
    event.preventDefault();
    if (card.task.state !== column.state) this.move(card.task, column.state);
  }

  private dragEnd(): void {
    this.dragged?.element.classList.remove("is-dragged");
    this.dragged = null;
    for (const column of this.columns) column.element.classList.remove("is-target");
  }

  /** Shows a task in another state and says that a person wants it there. */
  move(task: Task, state: State): void {
    const card = this.known.get(keyOf(task));
    if (!card || card.task.state === state) return;
    const before = card.task;
    this.carry(card, state);
    this.delegate.moved(before, state);
  }

  /** On a phone: which column is looked at. */
  private showTab(): void {
    const left = this.board.getBoundingClientRect().left;
    const nearest = this.shown.map((column) => ({ column, away: Math.abs(column.element.getBoundingClientRect().left - left) })).sort((a, b) => a.away - b.away)[0]?.column;
    for (const column of this.columns) column.tab.setAttribute("aria-pressed", String(column === nearest));
  }
}
