// The entry point: finds out who is signed in, chooses the conversation to show, and connects the parts.

import { announce, setUpAnnouncer } from "./announce";
import * as api from "./api";
import { h, replace } from "./dom";
import { Live } from "./live";
import * as notifications from "./notifications";
import { Panel } from "./panel/panel";
import { places } from "./places";
import { Tabs } from "./tabs";
import { begin, root, signInAgain } from "./views/begin";
import { Company } from "./views/company";
import { Composer } from "./views/composer";
import { Conversation } from "./views/conversation";
import { askToDelete } from "./views/deletion";
import { Head } from "./views/head";
import { Inbox } from "./views/inbox";
import { addDevice, askToLeave, takeJoinCode } from "./views/joining";
import { makeTask } from "./views/newtask";
import { askForTitle } from "./views/renaming";
import { showSharing } from "./views/sharing";
import { setUpShortcuts, Shell } from "./views/shell";
import { nextPath } from "./views/signin";
import { ThreadList } from "./views/threads";

/** In milliseconds. */
const readingTime = 10_000;

class App {
  private readonly list: ThreadList;
  private readonly company = new Company();
  private readonly composer = new Composer({
    send: (text, files, replaces) => this.conversation?.send(text, files, replaces), stop: () => this.stop(),
    typed: () => { if (!this.company.isAlone) this.live.typed(); },
  }, this.company.writing);
  private readonly panel = new Panel({
    send: (text) => this.conversation?.send(text),
    stop: (operation) => void this.conversation?.stopRun(operation),
    toggled: (isOpen) => this.shell.setPanelOpen(isOpen),
  });
  private readonly inbox = new Inbox({
    open: (thread, ask) => this.openAsk(thread, ask), visit: (address) => this.visit(address), changed: () => this.inboxChanged(), shown: () => this.conversation?.id ?? null,
    failed: (error) => this.listFailed(error),
  });
  private readonly head: Head;
  private readonly shell: Shell;
  private readonly tabs = new Tabs((thread) => void this.changedElsewhere(thread));
  private conversation: Conversation | null = null;
  private readonly live = new Live({
    frame: (frame) => this.conversation?.frame(frame),
    asksChanged: () => void this.inbox.refresh(),
    threadChanged: (thread) => this.threadChanged(thread),
    operationChanged: (operation) => this.operationChanged(operation),
    company: (present, typing) => this.company.show(present, typing),
    connected: () => this.connected(),
    disconnected: () => this.disconnected(),
  });
  /** Of a refresh of the list that is due. */
  private timer: number | undefined;
  private isOver = false;
  private busy = false;
  private wasConnected = false;
  /** When a problem was shown, in milliseconds; 0 for one that need not stay. */
  private problemAt = 0;
  /** Whether the conversation of the address does not exist. */
  private isMissing = false;

  constructor(private readonly me: api.Me) {
    this.list = new ThreadList(me.role === "owner", { open: () => this.shell.setDrawer(false), failed: (error) => this.listFailed(error) });
    this.panel.setAvailable(me.role !== "guest");
    this.head = new Head(me, {
      command: (text) => this.conversation?.send(text), rename: () => this.renameCurrent(),
      archive: (isArchived) => void this.changeCurrent({ archived: isArchived }, isArchived ? "Archived." : "Brought back from the archive."),
      pin: (isPinned) => void this.changeCurrent({ pinned: isPinned }, isPinned ? "Pinned." : "The pin is removed."), share: () => this.shareCurrent(), print: () => void this.print(), remove: () => this.deleteCurrent(),
    });
    this.shell = new Shell(this.list.element, this.head, this.company.people, this.panel, this.inbox, me, {
      newConversation: () => this.openNew(), addDevice: () => void addDevice(this.me, (error) => this.failed(error)), signOut: () => void this.signOut(),
      deleted: (id) => {
        this.list.remove(id);
        this.tabs.tell(id);
        if (this.conversation?.id === id) this.openNew();
      }, failed: (error) => this.failed(error),
    });
  }

  start(): void {
    replace(root, this.shell.element);
    window.onhashchange = () => this.route();
    setUpShortcuts({
      newConversation: () => this.openNew(),
      neighbour: (step) => this.openNeighbour(step),
      search: () => {
        if (matchMedia("(max-width: 760px)").matches) this.shell.setDrawer(true);
        this.list.focusSearch();
      },
      stop: () => { if (this.busy) this.stop(); },
      command: () => this.composer.suggest("/"),
      help: () => this.shell.showHelp(),
      panel: () => this.panel.flip(),
      print: () => void this.print(),
      escape: () => this.escape(),
    });
    api.commands().then((page) => this.composer.setCommands(page.items), (error) => this.failed(error));
    void this.list.refresh();
    this.live.start();
    void notifications.begin();
    this.route();
  }

  private route(): void {
    if (takeJoinCode() !== null) this.shell.setBanner("This browser is signed in already. To use the link, sign out first, or open it in another browser.");
    const [, id, message] = /^#\/t\/(.+?)(?:\/m\/(\d+))?$/.exec(location.hash) ?? [];
    this.show(id ? decoded(id) : null);
    if (message) void this.conversation?.find(message);
    places.keep();
  }

  private escape(): void {
    this.shell.setDrawer(false);
    this.uncover();
  }

  private uncover(): void {
    if (this.shell.isCovered) this.panel.setOpen(false);
  }

  private openNew(): void {
    this.shell.setDrawer(false);
    if (location.hash) location.hash = "";
    else this.show(null);
    this.composer.focus();
  }

  private deleteCurrent(): void {
    const id = this.conversation?.id ?? null;
    if (id === null) return;
    askToDelete(id, this.list.find(id)?.title || "New conversation", () => {
      this.list.remove(id);
      this.tabs.tell(id);
      if (this.conversation?.id === id) this.openNew();
    });
  }

  private async print(): Promise<void> {
    await this.conversation?.loadAll();
    window.print();
  }

  private shareCurrent(): void {
    const id = this.conversation?.id ?? null;
    if (id !== null) showSharing(id);
  }

  private renameCurrent(): void {
    const id = this.conversation?.id ?? null;
    if (id !== null) askForTitle(id, this.list.find(id)?.title ?? "", (thread) => this.changed(thread));
  }

  private async changeCurrent(change: { archived?: boolean; pinned?: boolean }, note: string): Promise<void> {
    const id = this.conversation?.id ?? null;
    if (id === null) return;
    try {
      this.changed(await api.changeThread(id, change));
      announce(note);
    } catch (error) {
      this.failed(error);
    }
  }

  private changed(thread: api.Thread): void {
    this.list.put(thread);
    this.tabs.tell(thread.id);
    this.showTitle();
  }

  /** Another tab has changed or deleted a conversation. */
  private async changedElsewhere(id: string): Promise<void> {
    if (this.isOver) return;
    try {
      const thread = await this.list.reload(id);
      if (this.conversation?.id !== id) return;
      if (thread) this.showTitle();
      else this.showMissing(this.conversation);
    } catch (error) {
      this.failed(error);
    }
  }

  private openAsk(thread: string, ask: string): void {
    this.shell.setDrawer(false);
    if (this.conversation?.id !== thread) location.hash = `#/t/${encodeURIComponent(thread)}`;
    // The event comes later.
    this.show(thread);
    this.conversation?.reveal(ask);
  }

  /** Opens a page of this host; a conversation is shown in this one. */
  private visit(address: string): void {
    this.shell.setDrawer(false);
    location.assign(address);
  }

  private inboxChanged(): void {
    this.shell.showCount();
    this.list.setWaiting(this.inbox.threads);
    // Another device may have opened or closed one of this conversation.
    this.conversation?.refreshAsks();
  }

  private openNeighbour(step: number): void {
    const id = this.list.neighbour(step);
    if (id) location.hash = `#/t/${encodeURIComponent(id)}`;
  }

  private show(id: string | null): void {
    if (this.conversation && id !== null && this.conversation.id === id) return;
    const conversation: Conversation = new Conversation(id, this.me, {
      created: (created) => this.created(conversation, created),
      changed: () => void this.refresh(),
      busy: (isBusy) => { if (this.conversation === conversation) this.setBusy(isBusy); },
      follow: (operation) => { if (this.conversation === conversation) this.live.follow(operation); },
      failed: (error) => { if (this.conversation === conversation) this.conversationFailed(conversation, error); },
      suggest: (text) => this.composer.suggest(text),
      surroundings: () => this.head.surroundings(),
      unsent: (thread, text, error) => {
        // What was written does not outlive the sign-in.
        if (this.isOver) return;
        this.composer.restore(thread ?? "", text);
        this.failed(error);
      },
      edit: (text, replaces) => this.composer.edit(text, replaces),
      branched: () => this.reopen(conversation),
      makeTask: (text) => void makeTask(text, conversation.id, this.list.find(conversation.id ?? "")?.repository ?? null),
      focusField: () => this.focusField(),
      uncover: () => this.uncover(),
      asksChanged: () => void this.inbox.refresh(),
      wrote: (name) => { if (this.conversation === conversation) this.company.wrote(name); },
    }, this.panel.shell, this.panel);
    this.conversation?.leave();
    this.conversation = conversation;
    this.isMissing = false;
    this.panel.show(id);
    replace(this.shell.content, conversation.element, conversation.pinned, this.composer.element);
    this.setBusy(false);
    this.composer.show(id ?? "");
    this.list.select(id);
    this.company.clear();
    this.live.watch(id);
    this.showTitle();
    this.focusField();
    void conversation.sync();
    if (id !== null && !this.list.find(id)) void this.list.reload(id).then(() => this.showTitle(), () => undefined);
  }

  /** Another branch of it is shown. */
  private reopen(conversation: Conversation): void {
    if (this.conversation !== conversation) return;
    conversation.leave();
    this.conversation = null;
    this.show(conversation.id);
  }

  /** On a touch screen, the focus would open the keyboard. */
  private focusField(): void {
    if (!matchMedia("(pointer: coarse)").matches) this.composer.focus();
  }

  private created(conversation: Conversation, id: string): void {
    if (this.conversation !== conversation) return;
    history.replaceState(null, "", `#/t/${encodeURIComponent(id)}`);
    places.keep();
    this.composer.rename(id);
    this.panel.setThread(id);
    this.live.watch(id);
    void this.list.refresh().then(() => this.list.select(id));
  }

  private threadChanged(thread: api.Thread): void {
    const shown = this.conversation;
    if (shown?.id === thread.id && shown.branch !== null && shown.branch !== thread.branch) this.reopen(shown);
    if (this.list.find(thread.id) && ["active", "idle", "archived"].includes(thread.state)) {
      this.list.put(thread);
      if (thread.id === this.conversation?.id) this.showTitle();
      return;
    }
    // Only the list says where it belongs; several changes within a moment are one.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.refresh(), 400);
  }

  /** What has ended has changed its conversation: the list shows that, and a page in the background tells of answers. */
  private operationChanged({ id, thread_id, kind, state }: api.Operation): void {
    const thread = this.list.find(thread_id);
    if (!thread || state === "queued" || state === "running") return;
    void this.list.reload(thread_id).catch(() => undefined);
    const words = { complete: "The answer is complete.", failed: "The answer failed." }[state as string];
    if (!words || kind === "command" || thread.own === false || document.visibilityState === "visible") return;
    notifications.notify(thread.title || "New conversation", words, id, () => { location.hash = `#/t/${encodeURIComponent(thread_id)}`; });
  }

  private async refresh(): Promise<void> {
    const isFresh = await this.list.refresh();
    // What else went wrong stays long enough to be read.
    if (isFresh && this.live.isConnected && Date.now() - this.problemAt > readingTime) this.shell.setBanner(null);
    this.showTitle();
  }

  private showTitle(): void {
    if (this.isMissing) return;
    const id = this.conversation?.id ?? null;
    const thread = id === null ? undefined : this.list.find(id);
    const isElsewhere = thread !== undefined && !thread.can_write;
    if (isElsewhere && thread.adapter === "web") this.composer.setClosed(`This conversation is shared with you to read, by ${thread.shared?.by ?? "somebody"}.`);
    else this.composer.setPlace(isElsewhere ? thread.adapter : null);
    this.conversation?.setWritable(!isElsewhere);
    this.panel.setWritable(!isElsewhere);
    this.head.show(id, thread ?? null);
    if (id === null) this.shell.setTitle("New conversation", null);
    else if (thread) this.shell.setTitle(thread.title || "New conversation", thread.adapter);
    // Until it is known.
    else this.shell.setTitle("Conversation", null);
  }

  private setBusy(isBusy: boolean): void {
    this.busy = isBusy;
    this.composer.setBusy(isBusy);
  }

  private stop(): void {
    this.conversation?.stop();
  }

  private connected(): void {
    this.shell.banner.setConnected(true);
    this.shell.setBanner(null);
    void this.conversation?.sync();
    this.panel.refresh();
    // The first time, `start` has just fetched it.
    if (this.wasConnected) void this.list.refresh();
    this.wasConnected = true;
  }

  private disconnected(): void {
    this.shell.banner.setConnected(false);
    this.company.clear();
    // An owner may have ended the sign-in, or changed the role.
    api.me().then((me) => { if (me.role !== this.me.role) location.reload(); }, (error) => {
      if (error instanceof api.APIError && error.status === 401) this.end();
    });
  }

  private conversationFailed(conversation: Conversation, error: unknown): void {
    if (error instanceof api.APIError && error.status === 404) this.showMissing(conversation);
    else this.failed(error);
  }

  private showMissing(conversation: Conversation): void {
    if (this.conversation !== conversation) return;
    this.isMissing = true;
    this.composer.setClosed("Nothing can be written here. What you have written is kept until you sign out.");
    this.panel.setWritable(false);
    this.head.showMissing();
    this.shell.setTitle("No such conversation", null);
    replace(conversation.element, h("div", { class: "welcome" }, h("h2", {}, "No such conversation"), h("p", {}, "It may have been deleted. Choose another one from the list.")));
  }

  private failed(error: unknown): void {
    if (error instanceof api.APIError && error.status === 401) this.end();
    else this.showProblem(error, Date.now());
  }

  /** The next refresh that succeeds removes it. */
  private listFailed(error: unknown): void {
    if (error instanceof api.APIError && error.status === 401) this.end();
    else this.showProblem(error, 0);
  }

  private showProblem(error: unknown, time: number): void {
    this.problemAt = time;
    this.shell.setBanner(api.explain(error));
  }

  private async signOut(): Promise<void> {
    try {
      const me = await api.me();
      // Whoever has an account elsewhere can sign in with it again.
      if (me.browsers === 1 && me.identity.startsWith("web:") && !(await askToLeave(me, (error) => this.failed(error)))) return;
      await notifications.forget();
      await api.signOut();
      this.end();
    } catch (error) {
      this.failed(error);
    }
  }

  /** The sign-in has ended: removes everything that it showed from the page. */
  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.composer.forgetDrafts();
    this.list.forget();
    this.live.stop();
    this.tabs.close();
    window.onhashchange = null;
    places.forget();
    signInAgain(start);
  }
}

/** A part of an address; one with a broken escape stays as it is, and is the name of no conversation. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function start(me: api.Me): void {
  const next = nextPath();
  if (next) location.replace(next);
  else new App(me).start();
}

setUpAnnouncer(document.getElementById("announcer")!);
begin(start);
