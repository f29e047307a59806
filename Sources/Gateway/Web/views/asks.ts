// The asks of one conversation. They are fetched when something has happened in it, never by the clock.

import * as api from "../api";
import { askID, parseAsk, words } from "../asktext";
import { AskCard } from "./ask";

export interface AsksDelegate {
  /** The conversation; null while it is new. */
  id(): string | null;
  /** Fetches new stored messages, and thereby draws the cards of those that ask something. */
  sync(): Promise<void>;
  /** Adds a card whose message is unknown to the end. */
  add(card: AskCard): void;
  failed(error: unknown): void;
}

/** In milliseconds: while output arrives, asks are fetched no more often than this. */
const restTime = 1000;

export class Asks {
  private readonly cards = new Map<string, AskCard>();
  private fetching: Promise<void> | null = null;
  private mustFetchAgain = false;
  private timer: number | undefined;

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

  private make(id: string): AskCard {
    const card = new AskCard(id, { stale: () => void this.refresh() });
    this.cards.set(id, card);
    return card;
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
    }
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
