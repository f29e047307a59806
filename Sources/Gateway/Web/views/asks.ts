// The asks of one conversation: cards where they arose, and the open ones also above the message field. They are fetched when something has happened in it, never by the clock.

import * as api from "../api";
import { askID, parseAsk, words } from "../asktext";
import { h } from "../dom";
import { AskCard } from "./ask";

export interface AsksDelegate {
  /** The conversation; null while it is new. */
  id(): string | null;
  /** Fetches new stored messages, and thereby draws the cards of those that ask something. */
  sync(): Promise<void>;
  /** Adds a card whose message is unknown to the end. */
  add(card: AskCard): void;
  /** An ask was opened or closed. */
  changed(): void;
  /** Shows the conversation, if something covers it. */
  uncover(): void;
  /** The focused button is gone. */
  focusField(): void;
  failed(error: unknown): void;
}

/** In milliseconds: while output arrives, asks are fetched no more often than this. */
const restTime = 1000;

export class Asks {
  /** The open ones in a short form, so that none is out of sight. */
  readonly pinned = h("div", { class: "pinned", role: "region", "aria-label": "Waiting for an answer", hidden: true });
  private readonly cards = new Map<string, AskCard>();
  private readonly shorts = new Map<string, AskCard>();
  /** The one to show as soon as it is known. */
  private wanted: string | null = null;
  private fetching: Promise<void> | null = null;
  private mustFetchAgain = false;
  private timer: number | undefined;
  /** The open cards whose buttons are in view: their short forms are hidden. */
  private readonly inView = new Set<Element>();
  private readonly observer = new IntersectionObserver((entries) => this.moved(entries), { threshold: 0.95 });

  constructor(private readonly delegate: AsksDelegate) {}

  /** The card for a stored message that asks something; null for other messages. */
  card(text: string): AskCard | null {
    const id = askID(text);
    if (id === null) return null;
    const card = this.cards.get(id) ?? this.make(id);
    card.show(text);
    return card;
  }

  /** Fetches the open asks, one fetch at a time. A call during a fetch starts another one after it. */
  refresh(): Promise<void> {
    this.mustFetchAgain = true;
    this.fetching ??= this.fetchWhileWanted().finally(() => { this.fetching = null; });
    return this.fetching;
  }

  /** Output has arrived: an ask that was open may be decided. */
  noteOutput(): void {
    if (this.timer !== undefined || ![...this.cards.values()].some((card) => card.isOpen)) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.refresh();
    }, restTime);
  }

  /** Scrolls to an ask and moves the focus there. */
  reveal(id: string): void {
    const card = this.cards.get(id);
    this.wanted = card?.element.isConnected ? null : id;
    if (!card?.element.isConnected) return;
    this.delegate.uncover();
    card.element.scrollIntoView({ block: "center" });
    // A long one is read upwards from its buttons.
    card.answers.scrollIntoView({ block: "nearest" });
    card.element.focus({ preventScroll: true });
  }

  private make(id: string): AskCard {
    const card = new AskCard(id, { stale: () => void this.refresh(), decided: () => this.unpin(id) });
    this.cards.set(id, card);
    return card;
  }

  private pin(ask: api.Ask): void {
    const known = this.shorts.get(ask.id);
    const short = known ?? new AskCard(ask.id, {
      stale: () => void this.refresh(), reveal: () => this.reveal(ask.id),
      decided: (outcome) => { this.cards.get(ask.id)?.close(outcome); this.unpin(ask.id); },
    });
    short.open(ask);
    const card = this.cards.get(ask.id);
    // Again for each, because its message may have been drawn anew.
    if (card) this.observer.observe(card.answers);
    if (known) return;
    this.shorts.set(ask.id, short);
    this.pinned.appendChild(short.element);
    this.drawPinned();
    this.delegate.changed();
  }

  private unpin(id: string): void {
    const short = this.shorts.get(id);
    if (!short) return;
    this.shorts.delete(id);
    const hadFocus = short.element.contains(document.activeElement);
    short.close("");
    short.element.remove();
    const answers = this.cards.get(id)?.answers;
    if (answers) {
      this.observer.unobserve(answers);
      this.inView.delete(answers);
    }
    this.drawPinned();
    if (hadFocus) this.delegate.focusField();
    this.delegate.changed();
  }

  private moved(entries: IntersectionObserverEntry[]): void {
    for (const { target, intersectionRatio } of entries) {
      if (intersectionRatio >= 0.95) this.inView.add(target);
      else this.inView.delete(target);
    }
    this.drawPinned();
  }

  /** A question is not shown twice at once; one with the focus stays where it is. */
  private drawPinned(): void {
    for (const [id, short] of this.shorts) {
      const answers = this.cards.get(id)?.answers;
      const isInView = answers !== undefined && this.inView.has(answers);
      if (!isInView || !short.element.contains(document.activeElement)) short.element.hidden = isInView;
    }
    this.pinned.hidden = [...this.shorts.values()].every((short) => short.element.hidden);
  }

  private async fetchWhileWanted(): Promise<void> {
    try {
      while (this.mustFetchAgain) {
        this.mustFetchAgain = false;
        await this.fetch();
      }
    } catch (error) {
      const isMissing = error instanceof api.APIError && error.status === 404;
      if (!isMissing) this.delegate.failed(error);
    }
  }

  private async fetch(): Promise<void> {
    const id = this.delegate.id();
    if (id === null) return;
    const { items } = await api.asks(id);
    const open = new Set(items.map((ask) => ask.id));
    const closed = [...this.cards.values()].filter((card) => card.isOpen && !open.has(card.id));
    if (items.some((ask) => !this.cards.has(ask.id))) await this.delegate.sync();
    for (const ask of items) {
      const known = this.cards.get(ask.id);
      const card = known ?? this.make(ask.id);
      card.open(ask);
      if (!known) this.delegate.add(card);
      this.pin(ask);
    }
    for (const id of [...this.shorts.keys()]) if (!open.has(id)) this.unpin(id);
    if (this.wanted !== null) this.reveal(this.wanted);
    if (closed.length > 0) await this.settle(closed, id);
  }

  /** Looks up how asks ended: their messages end with it. */
  private async settle(cards: AskCard[], id: string): Promise<void> {
    const page = await api.latestMessages(id, null);
    for (const card of cards) {
      const message = page.items.find((item) => item.role !== "user" && askID(item.text) === card.id);
      card.close(words((message && parseAsk(message.text).outcome) ?? "Closed."));
    }
  }
}
