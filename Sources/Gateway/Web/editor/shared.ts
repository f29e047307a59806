// A text that several people edit: Yjs here, the host's own at the other end of a WebSocket. See docs/documents.md.

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { applyUpdate, createAbsolutePositionFromRelativePosition, createRelativePositionFromJSON, createRelativePositionFromTypeIndex, Delta, Doc, encodeStateAsUpdate, encodeStateVector, RelativePosition, Text } from "yjs";
import { backoff } from "../api";
import type { Comment, CommentAnchor } from "../types";
import * as drafts from "./drafts";

/** Somebody else with the document open. */
export interface Peer {
  id: number;
  name: string;
  /** Where the selection begins and where the caret is; null without one. */
  selection: { anchor: number; head: number } | null;
}

/** Text messages of the host; which members there are depends on the type. */
export interface HostMessage {
  type: "hello" | "stored" | "merged" | "saved" | "conflict" | "findings" | "comments" | "history" | "version" | "error";
  code: string;
  message: string;
  epoch: string;
  base: string;
  repository: string;
  branch: string;
  /** Of a version: what its commit changed. */
  change: string;
  can_edit: boolean;
  unsaved: boolean;
  updates: number;
  /** Of a conflict, only the other side's commit. */
  commit: { sha: string; url: string } | string | null;
  items: unknown[];
  text: string;
  diff: string;
  base_text: string | null;
  theirs: string | null;
}

export interface SharedDelegate {
  /** Others have changed the text. */
  changed(delta: Delta[]): void;
  /** The text is read anew: `lost` is the one with what was typed and not stored; null if nothing was. */
  begunAnew(text: string, lost: string | null): void;
  peersChanged(): void;
  stateChanged(): void;
  received(message: HostMessage): void;
  /** The connection ended before it began: why can be asked over HTTP. */
  refused(): void;
}

/** The sender of changes that are not this person's. */
const host = "host";
const enum Kind { sync = 0, awareness = 1 }
const enum Step { vector = 0, answer = 1, update = 2 }

function frame(numbers: number[], payload: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const number of numbers) encoding.writeVarUint(encoder, number);
  encoding.writeVarUint8Array(encoder, payload);
  return encoding.toUint8Array(encoder);
}

export class SharedText {
  private doc!: Doc;
  private text!: Text;
  private socket: WebSocket | null = null;
  private tries = 0;
  private timer: number | undefined;
  private keepTimer: number | undefined;
  private epoch: string | null = null;
  /** The host has what was here when it connected: edits are sent one by one. */
  private isAnswered = false;
  private sent = 0;
  private isStopped = false;
  /** The text as it was, until the host's is here. */
  private lost: { text: string; isTyped: boolean } | null = null;
  private awarenessClock = 0;
  private place: { anchor: unknown; head: unknown } | null = null;
  private readonly others = new Map<number, { clock: number; state: any }>();
  /** This tab's draft. */
  private readonly key: string;
  /** Drafts of other tabs whose edits are in the text. */
  private readonly taken = new Map<string, drafts.DocumentDraft>();
  /** Drafts that the host refuses: their text is in what the person chooses from. */
  private readonly refused = new Set<string>();

  /** Whether the host's text is here. */
  isSynced = false;
  /** Whether there are edits that the host has not stored. */
  isPending = false;
  /** Whether some of those are this tab's own: the others are in drafts already. */
  private isTyped = false;
  /** Whether the browser could keep those. */
  isKept = true;
  /** Whether there are edits that no commit has. */
  isUnsaved = false;
  canEdit = true;

  constructor(private readonly thread: string, private readonly path: string, private readonly delegate: SharedDelegate) {
    this.begin();
    // A random number, and none from sessionStorage: duplicating a tab copies that.
    this.key = drafts.key(thread, path, this.doc.clientID);
    addEventListener("offline", () => this.disconnect());
    addEventListener("online", () => this.connect());
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.connect(); });
    addEventListener("pagehide", () => this.keep());
  }

  /** Takes what was kept in this browser, and connects. Returns whether anything was kept. */
  start(): boolean {
    // Those of another history wait until none of this one is left.
    this.epoch = drafts.load(this.thread, this.path)[0]?.epoch ?? null;
    this.takeDrafts();
    this.connect();
    return this.isPending;
  }

  /** Merges what other tabs, open or closed, have kept of this history. What is in the text already is not doubled. */
  private takeDrafts(): void {
    for (const draft of drafts.load(this.thread, this.path)) {
      if (draft.epoch !== this.epoch || draft.key === this.key || this.refused.has(draft.key)) continue;
      this.taken.set(draft.key, draft);
      try {
        applyUpdate(this.doc, Uint8Array.from(atob(draft.state), (letter) => letter.charCodeAt(0)), host);
        this.isPending = this.isUnsaved = true;
      } catch {
        // Damaged: it is removed with the others.
      }
    }
  }

  stop(): void {
    this.keep();
    this.isStopped = true;
    this.disconnect();
  }

  get isConnected(): boolean {
    return this.socket !== null && this.isSynced;
  }

  private begin(): void {
    this.doc = new Doc();
    this.text = this.doc.getText("text");
    const doc = this.doc;
    this.text.observe((event, transaction) => {
      if (transaction.origin === host && this.lost === null) this.delegate.changed(event.delta);
    });
    this.doc.on("update", (update, origin) => {
      if (doc !== this.doc) return;
      this.isUnsaved = true;
      if (origin !== host) {
        this.isPending = this.isTyped = true;
        if (this.isAnswered) this.send([Kind.sync, Step.update], update);
        if (this.keepTimer === undefined && !this.isConnected) this.keep();
        this.keepTimer ??= setTimeout(() => this.keep(), 400);
      }
      this.delegate.stateChanged();
    });
  }

  // Edits and carets

  /** Changes of the person's own: each in the text that the one before left. */
  edit(changes: { from: number; to: number; insert: string }[]): void {
    if (this.lost) {
      for (const { from, to, insert } of changes) this.lost.text = this.lost.text.slice(0, from) + insert + this.lost.text.slice(to);
      this.lost.isTyped = true;
      return;
    }
    this.doc.transact(() => {
      for (const change of changes) {
        if (change.to > change.from) this.text.delete(change.from, change.to - change.from);
        if (change.insert !== "") this.text.insert(change.from, change.insert);
      }
    }, this);
  }

  select(anchor: number, head: number): void {
    this.place = { anchor: this.position(anchor), head: this.position(head) };
    this.tellPlace();
  }

  private position(index: number): RelativePosition {
    return createRelativePositionFromTypeIndex(this.text, Math.min(index, this.text.length));
  }

  /** A range that stays with its text: says where that is now; null if it is gone. */
  remember({ from, to }: { from: number; to: number }): () => { from: number; to: number } | null {
    const ends = [this.position(from), this.position(to)];
    return () => {
      const [start, end] = ends.map((position) => createAbsolutePositionFromRelativePosition(position, this.doc)?.index);
      return start === undefined || end === undefined ? null : { from: start, to: end };
    };
  }

  /** A passage's place for everybody; null while there is no history of edits. */
  anchor({ from, to }: { from: number; to: number }): CommentAnchor | null {
    const unit = (index: number, assoc: number) => ({ tname: "text", item: createRelativePositionFromTypeIndex(this.text, index, assoc).item!, assoc });
    // What is typed at either end is not part of it.
    return this.epoch === null || to > this.text.length ? null : { epoch: this.epoch, start: unit(from, 0), end: unit(to, -1) };
  }

  /** Where a comment's passage is: where its letters are, else where its words are; null if it is gone. */
  find({ anchor, quote }: Comment, text: string): { from: number; to: number } | null {
    if (anchor && anchor.epoch === this.epoch && anchor.start && anchor.end) {
      const [from, to] = [anchor.start, anchor.end].map((place) => createAbsolutePositionFromRelativePosition(createRelativePositionFromJSON(place), this.doc)?.index);
      if (from !== undefined && to !== undefined && from < to) return { from, to };
    }
    const at = text.indexOf(quote);
    return at < 0 ? null : { from: at, to: at + quote.length };
  }

  private tellPlace(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, this.doc.clientID);
    encoding.writeVarUint(encoder, (this.awarenessClock += 1));
    encoding.writeVarString(encoder, JSON.stringify({ cursor: this.place }));
    this.send([Kind.awareness], encoding.toUint8Array(encoder));
  }

  get peers(): Peer[] {
    const index = (position: unknown): number | undefined => createAbsolutePositionFromRelativePosition(createRelativePositionFromJSON(position), this.doc)?.index;
    return [...this.others].map(([id, { state }]) => {
      let selection: Peer["selection"] = null;
      try {
        const [anchor, head] = [index(state.cursor.anchor), index(state.cursor.head)];
        if (anchor !== undefined && head !== undefined) selection = { anchor, head };
      } catch {
        // Somebody without a caret.
      }
      return { id, name: String(state.user?.name ?? "Somebody").slice(0, 60), selection };
    });
  }

  /** Asks the host for something; {@link SharedDelegate.received} gets the answer. */
  ask(question: { type: "save" | "check" | "comments" | "history" | "version"; base?: string; commit?: string }): void {
    if (this.isConnected) this.socket!.send(JSON.stringify(question));
  }

  /** Keeps what is not stored yet in this browser. */
  keep(): void {
    clearTimeout(this.keepTimer);
    this.keepTimer = undefined;
    if (this.epoch === null) return;
    this.isKept = true;
    if (!this.isTyped) return drafts.remove(this.key);
    let text = "";
    for (const byte of encodeStateAsUpdate(this.doc)) text += String.fromCharCode(byte);
    this.isKept = drafts.store({ key: this.key, epoch: this.epoch, state: btoa(text) });
  }

  // The connection

  private connect(): void {
    clearTimeout(this.timer);
    if (this.isStopped || this.socket || !navigator.onLine) return;
    const place = [this.thread, "documents", ...this.path.split("/"), "live"].map(encodeURIComponent).join("/");
    const address = new URL(`/api/v1/threads/${place}${this.epoch === null ? "" : `?epoch=${this.epoch}`}`, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address.href);
    let isWelcome = false;
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onmessage = (event) => {
      if (socket !== this.socket) return;
      isWelcome = true;
      try {
        if (typeof event.data === "string") this.receive(JSON.parse(event.data));
        else this.take(new Uint8Array(event.data));
      } catch (error) {
        socket.close();
        throw error;
      }
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.disconnect();
      if (!isWelcome) this.delegate.refused();
      this.timer = setTimeout(() => this.connect(), backoff(this.tries));
      this.tries += 1;
    };
  }

  private disconnect(): void {
    const socket = this.socket;
    this.socket = null;
    this.isAnswered = this.isSynced = false;
    this.sent = 0;
    socket?.close();
    this.others.clear();
    this.delegate.peersChanged();
    this.delegate.stateChanged();
  }

  private send(numbers: number[], payload: Uint8Array): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (numbers[0] === Kind.sync && numbers[1] !== Step.vector) this.sent += 1;
    this.socket.send(frame(numbers, payload));
  }

  private receive(message: HostMessage): void {
    switch (message.type) {
      case "hello":
        this.epoch = message.epoch;
        this.canEdit = message.can_edit;
        if (this.canEdit) this.takeDrafts();
        this.isUnsaved = message.unsaved || this.isPending;
        this.send([Kind.sync, Step.vector], encodeStateVector(this.doc));
        break;
      case "stored":
        if (message.updates === this.sent) {
          this.isPending = this.isTyped = false;
          this.keep();
          for (const draft of this.taken.values()) drafts.removeIfUnchanged(draft);
          this.taken.clear();
        }
        break;
      case "merged":
      case "saved":
        this.isUnsaved = message.unsaved || this.isPending;
        break;
      case "error":
        if (message.code === "foreign-client") for (const key of this.taken.keys()) this.refused.add(key);
        if (message.code === "epoch" || message.code === "foreign-client") return this.beginAnew();
        // After these the connection ends, and begins again with what is here.
        if (!["save", "history", "unknown", "lost"].includes(message.code)) this.stop();
    }
    this.delegate.received(message);
    this.delegate.stateChanged();
  }

  /** The host's history is another one, and merging this one's text into it would double it; or the edits are under an id that is not this person's. */
  private beginAnew(): void {
    this.lost ??= { text: this.text.toString(), isTyped: this.isPending };
    this.doc.destroy();
    this.isPending = this.isTyped = false;
    this.epoch = null;
    this.begin();
    this.disconnect();
    this.connect();
  }

  private take(bytes: Uint8Array): void {
    const decoder = decoding.createDecoder(bytes);
    const kind = decoding.readVarUint(decoder);
    if (kind === Kind.awareness) return this.takeAwareness(decoding.createDecoder(decoding.readVarUint8Array(decoder)));
    if (kind !== Kind.sync) return;
    const step = decoding.readVarUint(decoder);
    const payload = decoding.readVarUint8Array(decoder);
    if (step === Step.vector) {
      this.isAnswered = true;
      this.send([Kind.sync, Step.answer], encodeStateAsUpdate(this.doc, payload));
      this.tellPlace();
      return;
    }
    const wasUnsaved = this.isUnsaved;
    applyUpdate(this.doc, payload, host);
    if (step !== Step.answer) return;
    this.tries = 0;
    this.isSynced = true;
    // The first text is nobody's edit.
    this.isUnsaved = wasUnsaved;
    if (this.lost) {
      const { text, isTyped } = this.lost;
      this.lost = null;
      this.delegate.begunAnew(this.text.toString(), isTyped ? text : null);
    }
    this.ask({ type: "comments" });
    this.delegate.stateChanged();
  }

  private takeAwareness(decoder: decoding.Decoder): void {
    for (let count = decoding.readVarUint(decoder); count > 0; count -= 1) {
      const [id, clock, state] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder), JSON.parse(decoding.readVarString(decoder))];
      if (id === this.doc.clientID || clock < (this.others.get(id)?.clock ?? 0)) continue;
      if (state === null) this.others.delete(id);
      else this.others.set(id, { clock, state });
    }
    this.delegate.peersChanged();
  }
}
