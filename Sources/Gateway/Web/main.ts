// Where the page begins: who is signed in, which conversation is shown, and the connections between the parts.

import { setUpAnnouncer } from "./announce";
import * as api from "./api";
import { h, replace } from "./dom";
import { Live } from "./live";
import { Composer } from "./views/composer";
import { Conversation } from "./views/conversation";
import { setUpShortcuts, Shell } from "./views/shell";
import { nextPath, showSignIn } from "./views/signin";
import { ThreadList } from "./views/threads";

const root = document.getElementById("app")!;

class App {
  private readonly list = new ThreadList({ open: () => this.shell.setDrawer(false), failed: (error) => this.failed(error) });
  private readonly composer = new Composer({ send: (text) => this.conversation?.send(text), stop: () => this.stop() });
  private readonly shell: Shell;
  private conversation: Conversation | null = null;
  private readonly live = new Live({
    frame: (frame) => this.conversation?.frame(frame),
    connected: () => this.connected(),
    disconnected: () => this.shell.setBanner("Connection lost. Trying again…"),
  });
  private poll: number | undefined;
  private isOver = false;
  private busy = false;

  constructor(private readonly me: api.Me) {
    this.shell = new Shell(this.list.element, me.name, { newConversation: () => this.openNew(), signOut: () => void this.signOut() });
  }

  start(): void {
    replace(root, this.shell.element);
    window.onhashchange = () => this.route();
    setUpShortcuts({
      newConversation: () => this.openNew(),
      neighbour: (step) => this.openNeighbour(step),
      stop: () => { if (this.busy) this.stop(); },
      command: () => this.composer.insert("/"),
      help: () => this.shell.showHelp(),
      escape: () => this.shell.setDrawer(false),
    });
    api.commands().then((page) => this.composer.setCommands(page.items), (error) => this.failed(error));
    void this.list.refresh();
    this.poll = setInterval(() => {
      if (document.visibilityState === "visible") void this.refresh();
    }, 15_000);
    this.live.start();
    this.route();
  }

  private route(): void {
    const id = /^#\/t\/(.+)$/.exec(location.hash)?.[1];
    this.show(id ? decodeURIComponent(id) : null);
  }

  private openNew(): void {
    this.shell.setDrawer(false);
    if (location.hash) location.hash = "";
    else this.show(null);
    this.composer.focus();
  }

  private openNeighbour(step: number): void {
    const id = this.list.neighbour(step);
    if (id) location.hash = `#/t/${encodeURIComponent(id)}`;
  }

  private show(id: string | null): void {
    if (this.conversation && id !== null && this.conversation.id === id) return;
    const conversation: Conversation = new Conversation(id, this.me.name, {
      created: (created) => this.created(conversation, created),
      changed: () => void this.refresh(),
      busy: (isBusy) => { if (this.conversation === conversation) this.setBusy(isBusy); },
      follow: (operation) => { if (this.conversation === conversation) this.live.follow(operation); },
      failed: (error) => this.failed(error),
      suggest: (text) => this.composer.insert(text),
    });
    this.conversation = conversation;
    replace(this.shell.content, conversation.element, this.composer.element);
    this.setBusy(false);
    this.composer.show(id ?? "");
    this.list.select(id);
    this.live.watch(id);
    this.showTitle();
    if (!matchMedia("(pointer: coarse)").matches) this.composer.focus();
    conversation.load().catch((error) => this.loadFailed(conversation, error));
    if (id !== null && !this.list.find(id)) void api.thread(id).then((thread) => this.showTitle(thread), () => undefined);
  }

  private created(conversation: Conversation, id: string): void {
    if (this.conversation !== conversation) return;
    history.replaceState(null, "", `#/t/${encodeURIComponent(id)}`);
    this.composer.rename(id);
    this.live.watch(id);
    void this.list.refresh().then(() => this.list.select(id));
  }

  private async refresh(): Promise<void> {
    if (await this.list.refresh() && this.live.isConnected) this.shell.setBanner(null);
    this.showTitle();
  }

  private showTitle(known?: api.Thread): void {
    const id = this.conversation?.id ?? null;
    const thread = known ?? (id === null ? undefined : this.list.find(id));
    this.composer.setPlace(thread && thread.id === id && !thread.can_write ? thread.adapter : null);
    if (id === null) this.shell.setTitle("New conversation", null, null);
    else if (thread && thread.id === id) this.shell.setTitle(thread.title || "New conversation", thread.adapter, thread.model);
  }

  private setBusy(isBusy: boolean): void {
    this.busy = isBusy;
    this.composer.setBusy(isBusy);
  }

  private stop(): void {
    this.conversation?.send("/stop");
  }

  private connected(): void {
    this.shell.setBanner(null);
    void this.conversation?.sync();
    void this.list.refresh();
  }

  private loadFailed(conversation: Conversation, error: unknown): void {
    if (error instanceof api.APIError && error.status === 404) {
      replace(conversation.element, h("div", { class: "welcome" }, h("h2", {}, "No such conversation"), h("p", {}, "It may have been removed. The list shows the ones there are.")));
    } else {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (error instanceof api.APIError && error.status === 401) this.end();
    else this.shell.setBanner(api.explain(error));
  }

  private async signOut(): Promise<void> {
    try {
      await api.signOut();
      this.end();
    } catch (error) {
      this.failed(error);
    }
  }

  /** The session is over: nothing of it stays on the page. */
  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearInterval(this.poll);
    this.live.stop();
    window.onhashchange = null;
    showSignIn(root, () => void boot());
  }
}

async function boot(): Promise<void> {
  try {
    const me = await api.me();
    const next = nextPath();
    if (next) return location.replace(next);
    new App(me).start();
  } catch (error) {
    if (error instanceof api.APIError && error.status === 401) return showSignIn(root, () => void boot());
    replace(root, h(
      "main", { class: "signin" },
      h("div", { class: "signin-card" }, h("h1", {}, "Jetbridge"), h("p", { role: "alert" }, api.explain(error)),
        h("button", { type: "button", class: "primary", onclick: () => void boot() }, "Try again"))));
  }
}

setUpAnnouncer(document.getElementById("announcer")!);
void boot();
