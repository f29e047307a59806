// What people say about passages: marked in the text, and listed beside it in the text's order.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, DecorationSet, EditorView } from "@codemirror/view";
import { announce } from "../announce";
import * as api from "../api";
import { h, replace } from "../dom";
import { offerNames } from "../mentions";
import { fullTime, shortTime } from "../time";
import type { Comment } from "../types";

export interface Span { from: number; to: number }
export interface Mark extends Span { number: number }

export const showMarks = StateEffect.define<Mark[]>();

export const commentMarks = [
  StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update: (shown, transaction) => {
      for (const effect of transaction.effects) {
        if (!effect.is(showMarks)) continue;
        const end = transaction.newDoc.length;
        return Decoration.set(effect.value.filter((mark) => mark.from < Math.min(mark.to, end)).map(({ number, from, to }) =>
          Decoration.mark({ tagName: "mark", class: "cm-comment", attributes: { "data-comment": String(number) } }).range(from, Math.min(to, end))), true);
      }
      return shown.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  }),
  EditorView.baseTheme({ ".cm-comment": { color: "inherit", backgroundColor: "var(--warn-soft)", borderBottom: "2px solid var(--warn)" } }),
];

export interface CommentDelegate {
  /** Where a passage is now; null if it is gone. */
  find(comment: Comment): Span | null;
  reveal(place: Span): void;
  mark(marks: Mark[]): void;
  answer(number: number, text: string): Promise<unknown>;
  resolve(number: number): Promise<unknown>;
}

interface Card {
  element: HTMLElement;
  place: Span | null;
  update(answers: Comment[], place: Span | null, canWrite: boolean): void;
}

const said = (comment: Comment): HTMLElement => h("div", { class: "comment-said" },
  h("p", { class: "comment-by" }, h("b", {}, comment.author), " ", h("time", { datetime: String(comment.created_at), title: fullTime(comment.created_at) }, shortTime(comment.created_at))),
  h("p", { class: "comment-text" }, comment.text));

export class CommentList {
  readonly element = h("aside", { class: "editor-comments", id: "comments", "aria-label": "Comments", hidden: true });
  readonly toggle = h("button", { type: "button", class: "quiet small", hidden: true, "aria-controls": "comments", onclick: () => this.open(!this.isOpen) });
  private readonly list = h("ol");
  private readonly cards = new Map<number, Card>();
  private comments: Comment[] | null = null;
  private canWrite = false;
  /** What the person has chosen; until then, it is open where there is room. */
  private chosen: boolean | null = null;

  constructor(private readonly delegate: CommentDelegate) {
    this.element.appendChild(h("h2", {}, "Comments"));
    this.element.appendChild(this.list);
  }

  show(comments: Comment[], canWrite: boolean): void {
    const known = this.comments;
    [this.comments, this.canWrite] = [comments, canWrite];
    if (known) {
      const before = new Set(known.map((one) => one.number));
      for (const one of comments) if (!before.has(one.number)) announce(`${one.author} ${one.answers === null ? "commented" : "answered"}: ${one.text}`);
      const now = new Set(comments.map((one) => one.number));
      if (known.some((one) => one.answers === null && !now.has(one.number))) announce("A comment was resolved.");
    }
    this.place();
  }

  /** Finds the passages in the text as it is now. */
  place(): void {
    const comments = this.comments ?? [];
    const roots = comments.filter((one) => one.answers === null);
    for (const number of this.cards.keys()) if (!roots.some((one) => one.number === number)) this.cards.delete(number);
    for (const root of roots) {
      if (!this.cards.has(root.number)) this.cards.set(root.number, this.card(root));
      this.cards.get(root.number)!.update(comments.filter((one) => one.answers === root.number), this.delegate.find(root), this.canWrite);
    }
    const shown = [...this.cards.values()].sort((one, other) => (one.place?.from ?? Infinity) - (other.place?.from ?? Infinity) || 0).map((card) => card.element);
    // Only if it must: somebody may be writing in one.
    if (shown.length !== this.list.children.length || shown.some((element, at) => this.list.children[at] !== element)) replace(this.list, ...shown);
    this.delegate.mark([...this.cards].flatMap(([number, { place }]) => place ? [{ number, ...place }] : []));
    this.toggle.hidden = roots.length === 0;
    this.toggle.textContent = `Comments (${roots.length})`;
    this.open(this.isOpen);
  }

  /** Shows one, as somebody has touched its passage. */
  focus(number: number): void {
    this.chosen = true;
    this.open(true);
    this.cards.get(number)?.element.querySelector("button")?.focus();
  }

  private get isOpen(): boolean {
    return this.chosen ?? matchMedia("(min-width: 901px)").matches;
  }

  private open(isOpen: boolean): void {
    if (isOpen !== this.isOpen) this.chosen = isOpen;
    this.element.hidden = !isOpen || this.cards.size === 0;
    this.toggle.setAttribute("aria-expanded", String(!this.element.hidden));
  }

  private card(comment: Comment): Card {
    const answers = h("ol", { class: "comment-answers" });
    const gone = h("p", { class: "comment-gone" }, "The passage is gone.");
    const passage = h("button", { type: "button", class: "comment-passage", title: "Show the passage", onclick: () => { if (card.place) this.delegate.reveal(card.place); } }, comment.quote);
    const problem = h("p", { class: "problem", role: "alert" });
    const words = h("textarea", { rows: 2, required: true, maxlength: 2_000, "aria-label": `Answer to ${comment.author}` });
    const form = h("form", { hidden: true, onsubmit: (event: Event) => { event.preventDefault(); run(async () => { await this.delegate.answer(comment.number, words.value.trim()); words.value = ""; form.hidden = true; }); } },
      words, offerNames(words), h("button", { type: "submit", class: "primary small" }, "Send"));
    const run = (body: () => Promise<unknown>): void => {
      problem.textContent = "";
      void body().catch((error: unknown) => { problem.textContent = api.explain(error); });
    };
    const choices = h("div", { class: "comment-choices" },
      h("button", { type: "button", class: "quiet small", onclick: () => { form.hidden = !form.hidden; if (!form.hidden) words.focus(); } }, "Answer"),
      h("button", { type: "button", class: "quiet small", onclick: () => run(() => this.delegate.resolve(comment.number)) }, "Resolve"));
    const element = h("li", { class: "comment" }, passage, gone, said(comment), answers, choices, form, problem);
    const card: Card = {
      element, place: null,
      update: (all, place, canWrite) => {
        card.place = place;
        gone.hidden = place !== null;
        passage.disabled = place === null;
        choices.hidden = !canWrite;
        if (answers.children.length !== all.length) replace(answers, ...all.map((one) => h("li", {}, said(one))));
      },
    };
    return card;
  }
}
