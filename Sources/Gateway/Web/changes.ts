// What changes on the host, over the live socket, without gaps across reconnects as far as the host remembers.

import { backoff } from "./api";

export interface ChangesDelegate {
  event(name: string, data: any): void;
  /** Something may have been missed: what is shown has to be read again. */
  reset(): void;
  connected(isConnected: boolean): void;
}

export class Changes {
  private socket: WebSocket | null = null;
  private tries = 0;
  private timer: number | undefined;
  private last: string | null = null;
  private isStopped = false;

  constructor(private readonly delegate: ChangesDelegate) {
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") this.hurry(); });
    this.connect();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private hurry(): void {
    if (this.isStopped || this.socket) return;
    clearTimeout(this.timer);
    this.tries = 0;
    this.connect();
  }

  private connect(): void {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/v1/live`);
    this.socket = socket;
    const isAgain = this.tries > 0 || this.last !== null;
    socket.onopen = () => {
      this.tries = 0;
      socket.send(JSON.stringify({ subscribe_all: true, ...(this.last === null ? {} : { last_event_id: this.last }) }));
      this.delegate.connected(true);
      // Before the first event there is nothing to resume from.
      if (isAgain && this.last === null) this.delegate.reset();
    };
    socket.onmessage = (message) => {
      let event: { id?: unknown; event?: unknown; data?: unknown };
      try {
        event = JSON.parse(String(message.data));
      } catch {
        return;
      }
      if (typeof event.event !== "string") return;
      if (typeof event.id === "string") this.last = event.id;
      if (event.event === "reset") this.delegate.reset();
      else this.delegate.event(event.event, event.data);
    };
    socket.onclose = () => {
      this.socket = null;
      if (this.isStopped) return;
      this.delegate.connected(false);
      this.timer = setTimeout(() => this.connect(), backoff(this.tries));
      this.tries += 1;
    };
  }
}
