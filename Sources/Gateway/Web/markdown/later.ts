// Finishes elements with a script that is a file of its own, loaded with the first that needs it: one element at a time
// while the page is idle, so that neither the first paint nor a growing answer waits for it.

export class Later<Script> {
  private readonly waiting: HTMLElement[] = [];
  private isScheduled = false;
  private loading: Promise<Script> | null = null;

  /** @param name of the `meta` element that has the script's address */
  constructor(private readonly name: string, private readonly finish: (element: HTMLElement, script: Script) => unknown) {}

  add(element: HTMLElement): void {
    this.waiting.push(element);
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0) return;
    this.isScheduled = true;
    // Safari has no idle callbacks.
    if ("requestIdleCallback" in window) requestIdleCallback(() => void this.next(), { timeout: 1000 });
    else setTimeout(() => void this.next(), 50);
  }

  private async next(): Promise<void> {
    try {
      const element = this.waiting.shift();
      const script = await this.load();
      if (element?.isConnected) await this.finish(element, script);
    } catch {
      // Not loaded, for example while offline: the elements stay as they are.
      this.loading = null;
      this.waiting.length = 0;
    } finally {
      this.isScheduled = false;
      this.schedule();
    }
  }

  private load(): Promise<Script> {
    const address = document.querySelector<HTMLMetaElement>(`meta[name="${this.name}"]`)?.content ?? "";
    this.loading ??= import(address) as Promise<Script>;
    return this.loading;
  }
}
