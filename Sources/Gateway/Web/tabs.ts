// Tells the other tabs of this browser which conversation was changed here; other devices hear it from the server.

export class Tabs {
  // Only ids are sent: what a conversation contains comes from the server, which knows who asks.
  private readonly channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("jetbridge threads");

  constructor(changed: (thread: string) => void) {
    if (!this.channel) return;
    this.channel.onmessage = (event) => { if (typeof event.data === "string") changed(event.data); };
  }

  tell(thread: string): void {
    this.channel?.postMessage(thread);
  }

  close(): void {
    this.channel?.close();
  }
}
