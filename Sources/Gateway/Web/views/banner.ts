// The line above a conversation that says what is wrong: no network, a lost connection, a failed request.

import { announce } from "../announce";
import * as api from "../api";
import { h } from "../dom";

export class Banner {
  // Announced by `announce`: a live region that was hidden a moment ago is often not read.
  readonly element = h("div", { class: "banner", hidden: true });
  private isConnected = true;
  private isOffline = false;
  private problem: string | null = null;
  private shown: string | null = null;

  constructor() {
    addEventListener("online", () => this.setOffline(false));
    addEventListener("offline", () => void this.check());
    if (!navigator.onLine) void this.check();
  }

  /** A server on this machine, or in a network without internet access, is reached although the browser says offline. */
  private async check(): Promise<void> {
    const isReached = await api.me().then(() => true, (error) => error instanceof api.APIError);
    this.setOffline(!navigator.onLine && !isReached);
  }

  private setOffline(isOffline: boolean): void {
    this.isOffline = isOffline;
    // Not any more when the page shows the sign-in again.
    if (this.element.isConnected) this.draw();
  }

  /** The state of the live connection, which hides any problem while it is lost. */
  setConnected(isConnected: boolean): void {
    this.isConnected = isConnected;
    if (isConnected) this.isOffline = false;
    this.draw();
  }

  setProblem(text: string | null): void {
    this.problem = text;
    this.draw();
  }

  private draw(): void {
    const outage = this.isOffline
      ? "You are offline. Your drafts are kept, and the page reconnects by itself."
      : this.isConnected ? null : "Connection lost. Reconnecting…";
    const text = outage ?? this.problem;
    if (text === this.shown) return;
    const wasOut = this.element.classList.contains("is-outage");
    this.shown = text;
    this.element.hidden = text === null;
    this.element.textContent = text ?? "";
    this.element.classList.toggle("is-outage", outage !== null);
    if (text !== null) announce(text);
    else if (wasOut) announce("Connected again.");
  }
}
