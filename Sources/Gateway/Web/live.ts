// The live WebSocket: frames of running operations, without gaps across reconnects.

import { backoff, Operation, Thread } from "./api";
import { Timestamp } from "./time";

export interface Frame {
  id: string;
  operation_id: string;
  type: "thinking" | "execution" | "error" | "complete";
  content: string;
  timestamp: Timestamp;
  sequence: number;
  /** Of a command's output, where the server tells it; `reasoning` with what the model thinks. */
  stream?: "stdout" | "stderr" | "reasoning";
}

export interface LiveDelegate {
  frame(frame: Frame): void;
  /** The asks that wait for this person are others now, or may be. */
  asksChanged(): void;
  /** A conversation that this person may see has begun or is another now; of a deleted one only the id and the state are there. */
  threadChanged(thread: Thread): void;
  /** An operation that this person may see has begun, or is in another state now. */
  operationChanged?(operation: Operation): void;
  /** Who else has the watched conversation open, and who of them has typed just now. Without it, nobody sees this page there. */
  company?(present: string[], typing: string[]): void;
  /** Connected or reconnected. Frames of operations are replayed; any other change may have been missed. */
  connected(): void;
  disconnected(): void;
}

export class Live {
  private socket: WebSocket | null = null;
  private tries = 0;
  private timer: number | undefined;
  private thread: string | null = null;
  private isStopped = true;
  /** The last sequence number seen of each operation still running. */
  private readonly open = new Map<string, number>();
  private readonly ended = new Set<string>();
  private pulse: number | undefined;
  /** Of the page's clock, in milliseconds: the server's last message, or when the connection was begun, and the last ping. */
  private heard = 0;
  private pinged = 0;
  private typedAt = -Infinity;

  constructor(private readonly delegate: LiveDelegate) {
    // The old connection may hang on the network that is gone.
    addEventListener("online", () => { if (!this.isStopped) this.reconnectNow(); });
    document.addEventListener("visibilitychange", () => {
      this.look();
      if (document.visibilityState === "visible") this.hurry();
    });
  }

  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  start(): void {
    this.isStopped = false;
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    clearInterval(this.pulse);
    this.socket?.close();
    this.socket = null;
    this.open.clear();
  }

  /** Follows one thread and stops following the previous thread's operations. */
  watch(thread: string | null): void {
    if (this.thread === thread) return;
    const hadThread = this.thread !== null;
    this.thread = thread;
    this.open.clear();
    this.ended.clear();
    // The protocol has no way to unsubscribe, so switching threads takes a new connection.
    if (hadThread && this.socket) this.reconnectNow();
    else if (thread) this.subscribe(thread);
  }

  /** The person writes in the watched conversation. */
  typed(): void {
    const now = performance.now();
    if (this.thread === null || now - this.typedAt < 3000) return;
    this.typedAt = now;
    this.say({ typing: this.thread });
  }

  /** Says whether somebody looks: nothing is pushed to them meanwhile. */
  private readonly look = (): void => this.say({ visible: document.visibilityState === "visible" });

  private subscribe(thread: string): void {
    this.say({ subscribe_thread: thread, presence: this.delegate.company !== undefined });
  }

  /** Follows an operation from its first frame, unless it is followed already or has ended. */
  follow(operation: string): void {
    if (this.open.has(operation) || this.ended.has(operation)) return;
    this.open.set(operation, 0);
    this.say({ subscribe: operation, last_sequence: 0 });
  }

  private connect(): void {
    if (this.isStopped || this.socket) return;
    const address = new URL("/api/v1/live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address.href);
    this.socket = socket;
    this.heard = this.pinged = performance.now();
    clearInterval(this.pulse);
    this.pulse = setInterval(() => this.checkPulse(), 1000);
    socket.onopen = () => {
      if (socket !== this.socket) return;
      this.tries = 0;
      this.say({ subscribe_asks: true });
      this.say({ subscribe_all: true });
      this.look();
      if (this.thread) this.subscribe(this.thread);
      for (const [operation, sequence] of this.open) this.say({ subscribe: operation, last_sequence: sequence });
      this.delegate.connected();
    };
    socket.onmessage = (event) => {
      if (socket !== this.socket || typeof event.data !== "string") return;
      this.heard = performance.now();
      this.receive(event.data);
    };
    socket.onclose = () => {
      if (socket !== this.socket) return;
      this.socket = null;
      if (this.isStopped) return;
      this.delegate.disconnected();
      this.timer = setTimeout(() => this.connect(), backoff(this.tries));
      this.tries += 1;
    };
  }

  /** A host that hangs, and a network that swallows everything, end no connection. Whoever watches an answer finds out. */
  private checkPulse(): void {
    const now = performance.now();
    if (!this.isConnected) {
      if (this.socket && now - this.heard > 10_000) this.socket.close();
    } else if (this.pinged > this.heard) {
      if (now - this.pinged < 3000) return;
      this.delegate.disconnected();
      this.reconnectNow();
    } else if (this.open.size > 0 && now - this.heard >= 1500) {
      this.pinged = now;
      this.say({ ping: 1 });
    }
  }

  private hurry(): void {
    if (this.isStopped || this.socket) return;
    clearTimeout(this.timer);
    this.tries = 0;
    this.connect();
  }

  private reconnectNow(): void {
    const old = this.socket;
    this.socket = null;
    clearTimeout(this.timer);
    this.tries = 0;
    old?.close();
    this.connect();
  }

  private say(message: unknown): void {
    if (this.isConnected) this.socket?.send(JSON.stringify(message));
  }

  private receive(text: string): void {
    let frame: Frame & { asks?: unknown; event?: unknown; data?: unknown; thread_id?: unknown; present?: string[]; typing?: string[] };
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    if (Array.isArray(frame.asks)) return this.delegate.asksChanged();
    if (Array.isArray(frame.present)) {
      if (frame.thread_id === this.thread) this.delegate.company?.(frame.present, frame.typing ?? []);
      return;
    }
    if (frame.event === "operation") return this.delegate.operationChanged?.(frame.data as Operation);
    if (frame.event === "thread") return this.delegate.threadChanged(frame.data as Thread);
    if (typeof frame.operation_id !== "string" || typeof frame.sequence !== "number") return;
    if (this.ended.has(frame.operation_id)) return;
    const last = this.open.get(frame.operation_id) ?? 0;
    const isLast = frame.type === "complete" || frame.type === "error";
    // After a failure of its database, the host may have ended an operation with fewer frames than were seen here.
    if (frame.sequence <= last && !(isLast && frame.sequence > 0)) return;
    // The last frame stays when the others are no longer kept: asking for them again would bring only that one.
    if (frame.sequence > last + 1 && !isLast) {
      this.open.set(frame.operation_id, last);
      this.say({ subscribe: frame.operation_id, last_sequence: last });
      return;
    }
    if (isLast) {
      this.open.delete(frame.operation_id);
      this.ended.add(frame.operation_id);
    } else {
      this.open.set(frame.operation_id, frame.sequence);
    }
    this.delegate.frame(frame);
  }
}
