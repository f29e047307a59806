// The page `/tasks`: the board of docs/TASKS.md of all repositories, with the filters in the address.

import { announce } from "./announce";
import * as api from "./api";
import { Changes } from "./changes";
import { h, icon, replace } from "./dom";
import type { Task } from "./types";
import { Board } from "./tasks/board";
import { askForTask } from "./tasks/adding";
import { askWhere, TaskDialog } from "./tasks/dialogs";
import { differences, Filter, keyOf, nameOf, State, titles } from "./tasks/words";
import { toast } from "./toast";
import { visibleLine } from "./visible";
import { openSecond, SecondPage } from "./views/second";

class TasksPage {
  private readonly board: Board;
  private readonly canWrite: boolean;
  private readonly repository: HTMLSelectElement = h("select", { "aria-label": "Repository", onchange: () => this.go({ repository: this.repository.value }) });
  private readonly owner = this.input("Owner", "owner", "known-owners");
  private readonly label = this.input("Label", "label", "known-labels");
  private readonly query = h("input", { type: "search", class: "task-search", placeholder: "Search", "aria-label": "Search tasks", maxlength: 100, autocomplete: "off", oninput: () => this.searched() });
  private readonly dropped = this.toggle("With dropped", () => this.go({ dropped: this.isOn("dropped") ? "" : "1" }));
  private readonly asBoard = this.toggle("Board", () => this.go({ view: "" }));
  private readonly asList = this.toggle("List", () => this.go({ view: "list" }));
  private readonly filters: HTMLElement;
  private readonly filterButton = h("button", { type: "button", class: "quiet small filter-toggle", "aria-expanded": "false", onclick: () => this.showFilters() }, "Filters");
  private readonly lists = [h("datalist", { id: "known-owners" }), h("datalist", { id: "known-labels" })] as const;
  private readonly welcome = h("div", { class: "welcome", hidden: true });
  private readonly features = h("section", { class: "task-features", "aria-label": "Features", hidden: true });
  private repositories: string[] = [];
  private dialog: TaskDialog | null = null;
  private readonly busy = new Set<string>();
  private timer: number | undefined;
  private drawn = "";
  private isFirst = true;

  constructor(private readonly page: SecondPage) {
    const { me } = page;
    this.canWrite = me.role !== "guest" && me.scopes.some((scope) => ["tasks", "chat", "admin"].includes(scope));
    this.board = new Board({
      canWrite: this.canWrite, open: (task) => this.go({ task: keyOf(task) }), failed: (error) => page.failed(error),
      moved: (task, state) => void this.moved(task, state),
      askWhere: (task) => askWhere(task, (state) => this.board.move(task, state), () => this.go({ task: keyOf(task) })),
    });
    this.filters = h("div", { class: "filters" }, this.repository, this.owner, this.label, this.dropped);
    if (this.canWrite) page.tools.append(h("button", { type: "button", class: "primary add-task", onclick: () => this.add() }, icon("plus"), "Add a task"));
    replace(page.content,
      h("div", { class: "filter-bar", role: "search", "aria-label": "Tasks" }, this.query, this.filterButton, this.filters, h("span", { class: "spacer" }),
        h("div", { class: "switch", role: "group", "aria-label": "View" }, this.asBoard, this.asList)),
      ...this.lists, this.welcome, this.board.element, this.features);
    if (me.role === "guest") {
      this.showWelcome("Tasks are for members", "An owner of this host can give you another role.");
      return;
    }
    addEventListener("popstate", () => this.route());
    void this.begin();
  }

  private async begin(): Promise<void> {
    const changes = new Changes({
      event: (name, data) => { if (name === "task") this.changed(data as Task & { state: string }); },
      reset: () => void this.load(),
      connected: (isConnected) => {
        if (isConnected) return this.page.say("");
        this.page.say("Connection lost. Reconnecting…");
        api.me().catch((error) => {
          if (!(error instanceof api.APIError) || error.status !== 401) return;
          changes.stop();
          this.page.failed(error);
        });
      },
    });
    // The board does not wait for the names.
    const names = api.repositories().then((page) => { this.repositories = page.items.map((repository) => repository.name); });
    this.route();
    try {
      await names;
    } catch (error) {
      return this.page.failed(error);
    }
    replace(this.repository, h("option", { value: "" }, "All repositories"), ...this.repositories.map((name) => h("option", { value: name }, name)));
    this.repository.hidden = this.repositories.length < 2;
    this.repository.value = this.filter.repository;
    this.nameRepositories();
  }

  // The address

  private get filter(): Filter {
    const values = new URLSearchParams(location.search);
    const value = (name: string): string => values.get(name) ?? "";
    return { repository: value("repository"), owner: value("owner"), label: value("label"), query: value("query") };
  }

  private isOn(name: string): boolean {
    return (new URLSearchParams(location.search).get(name) ?? "") !== "";
  }

  /** Changes parameters of the address, and shows what it now says. */
  private go(values: Record<string, string>, isReplaced = false): void {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(values)) {
      if (value === "") address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    if (address.href === location.href) return;
    // Typing is one step back, not one for each letter.
    if (isReplaced) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    this.route();
  }

  private route(): void {
    const { filter } = this;
    const hasDropped = this.isOn("dropped");
    const isList = this.isOn("view");
    const narrowing = Object.values(filter).filter(Boolean).length - Number(filter.query !== "") + Number(hasDropped);
    this.repository.value = filter.repository;
    this.owner.value = filter.owner;
    this.label.value = filter.label;
    if (document.activeElement !== this.query) this.query.value = filter.query;
    this.filterButton.textContent = narrowing === 0 ? "Filters" : `Filters (${narrowing})`;
    for (const [button, isPressed] of [[this.dropped, hasDropped], [this.asBoard, !isList], [this.asList, isList]] as const) button.setAttribute("aria-pressed", String(isPressed));
    this.nameRepositories();
    this.board.setList(isList);
    this.board.showDropped(hasDropped);
    const wanted = JSON.stringify([filter, hasDropped]);
    if (wanted !== this.drawn) {
      this.drawn = wanted;
      void this.load();
    }
    this.showDialog();
  }

  private nameRepositories(): void {
    this.board.element.classList.toggle("has-repositories", this.repositories.length > 1 && this.filter.repository === "");
  }

  private async load(): Promise<void> {
    const { filter, drawn } = this;
    try {
      await this.board.load(filter);
    } catch (error) {
      if (error instanceof api.APIError && error.status === 401) return this.page.failed(error);
      return this.showWelcome("The tasks cannot be read", api.explain(error), h("button", { type: "button", class: "primary", onclick: () => void this.load() }, "Try again"));
    }
    if (drawn !== this.drawn) return;
    this.page.say("");
    this.suggest();
    this.showEmptiness();
    void this.loadFeatures(filter.repository);
    if (this.isFirst) requestAnimationFrame(() => performance.mark("tasks shown"));
    else announce(`${this.board.size} tasks are shown.`);
    this.isFirst = false;
  }

  /** The lists of features are beside the board, which does not need them. */
  private async loadFeatures(repository: string): Promise<void> {
    const { items } = await api.taskFeatures(repository).catch(() => ({ items: [] }));
    if (repository !== this.filter.repository) return;
    replace(this.features, h("h2", {}, "Features"), ...items.map((feature) => h("details", {},
      h("summary", {}, `${feature.feature} · ${feature.done} of ${feature.total} done`), h("p", {}, h("a", { href: feature.url }, "Open the list")),
      h("ul", {}, ...feature.tasks.map((task) => h("li", {}, h("code", {}, task.id), ` ${visibleLine(task.text)} · ${titles[task.state].toLowerCase()}`))))));
    this.features.hidden = items.length === 0;
  }

  private suggest(): void {
    const options = (values: string[]): Node[] => values.map((value) => h("option", { value }));
    replace(this.lists[0], ...options(this.board.all((task) => (task.owner === null ? [] : [task.owner]))));
    replace(this.lists[1], ...options(this.board.all((task) => task.labels)));
  }

  private showEmptiness(): void {
    const isNarrowed = Object.values(this.filter).some(Boolean);
    if (!this.board.isEmpty) {
      this.welcome.hidden = true;
      this.board.element.hidden = false;
    } else if (isNarrowed) {
      this.showWelcome("No task matches", "Nothing that is shown here has all of this.", h("button", { type: "button", class: "quiet", onclick: () => this.go({ repository: "", owner: "", label: "", query: "" }) }, "Show all tasks"));
    } else {
      this.showWelcome("No tasks yet", "They are the list items with a box in docs/TASKS.md of a repository.", this.canWrite && h("button", { type: "button", class: "primary", onclick: () => this.add() }, "Add the first one"));
    }
  }

  private showWelcome(title: string, text: string, action: HTMLElement | false = false): void {
    replace(this.welcome, h("h2", {}, title), h("p", {}, text), action && h("p", {}, action));
    this.welcome.hidden = false;
    this.board.element.hidden = true;
  }

  private input(name: string, parameter: string, list: string): HTMLInputElement {
    const element: HTMLInputElement = h("input", {
      type: "text", "aria-label": name, placeholder: name, list, autocomplete: "off", onchange: () => this.go({ [parameter]: element.value.trim().replace(/^[@#]/, "") }),
    });
    return element;
  }

  private toggle(label: string, run: () => void): HTMLButtonElement {
    return h("button", { type: "button", "aria-pressed": "false", onclick: run }, label);
  }

  private searched(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.go({ query: this.query.value.trim() }, true), 250);
  }

  private showFilters(): void {
    const isOpen = this.filters.classList.toggle("is-open");
    this.filterButton.setAttribute("aria-expanded", String(isOpen));
  }

  // Changes

  private add(): void {
    askForTask(this.repositories, this.filter.repository, (task) => this.stored(task, keyOf(task), `${nameOf(task)} is added.`, true));
  }

  private stored(task: Task, key: string, text: string, isFocused = false): void {
    this.board.put(task, key);
    this.showEmptiness();
    toast(text, h("a", { href: api.commitAddress(task) }, `Commit ${task.commit.slice(0, 7)}`));
    if (isFocused) this.board.focus(keyOf(task));
  }

  private async moved(task: Task, state: State): Promise<void> {
    const key = keyOf(task);
    if (this.busy.has(key)) {
      this.board.put(task);
      return announce(`${nameOf(task)} is still being stored.`);
    }
    this.busy.add(key);
    this.board.setBusy(key, true);
    try {
      const stored = await api.changeTask(task, { state, base: task.commit });
      this.page.say("");
      this.stored(stored, key, `${nameOf(stored)} is moved to ${titles[state]}.`);
    } catch (error) {
      await this.refused(task, error);
    } finally {
      this.busy.delete(key);
      this.board.setBusy(key, false);
    }
  }

  /** The card goes back to where the task is now. */
  private async refused(task: Task, error: unknown): Promise<void> {
    const isConflict = error instanceof api.APIError && (error.status === 409 || error.status === 404);
    if (!isConflict) {
      this.board.put(task);
      return this.page.failed(error);
    }
    try {
      const now = await api.task(task.repository, task.id);
      const changes = differences(task, now);
      this.board.put(now, keyOf(task));
      this.page.say(changes === "" ? `${nameOf(task)} was not moved. ${api.explain(error)}` : `${nameOf(task)} was not moved, because somebody has changed it: ${changes}.`);
    } catch (problem) {
      if (problem instanceof api.APIError && problem.status === 404) this.board.remove(keyOf(task));
      else this.board.put(task);
      this.page.failed(error);
    }
  }

  /** Somebody has changed a task, perhaps here. */
  private changed(task: Omit<Task, "state"> & { state: string }): void {
    if (task.state === "deleted") {
      // One that is being moved has another id now, which the answer tells.
      if (!this.busy.has(keyOf(task as Task))) this.board.remove(keyOf(task as Task));
    } else {
      this.board.put(task as Task);
      if (this.dialog?.key === keyOf(task)) this.dialog.take(task as Task);
    }
    this.showEmptiness();
  }

  // The dialog of the address

  private showDialog(): void {
    const key = new URLSearchParams(location.search).get("task");
    if ((this.dialog?.key ?? null) === key) return;
    const old = this.dialog;
    this.dialog = null;
    old?.close();
    if (key !== null) void this.openDialog(key);
  }

  private async openDialog(key: string): Promise<void> {
    const at = key.lastIndexOf("/");
    try {
      const task = this.board.find(key) ?? await api.task(key.slice(0, at), key.slice(at + 1));
      if (this.dialog !== null || new URLSearchParams(location.search).get("task") !== key) return;
      const dialog: TaskDialog = new TaskDialog(task, {
        canWrite: this.canWrite,
        changed: (changed, before, isMine) => {
          // A task without an id has one now.
          if (keyOf(changed) !== before) this.go({ task: keyOf(changed) }, true);
          if (isMine) this.stored(changed, before, `${nameOf(changed)} is stored.`);
          else this.board.put(changed, before);
        },
        closed: () => {
          if (this.dialog !== dialog) return;
          this.dialog = null;
          this.go({ task: "" });
        },
      });
      this.dialog = dialog;
    } catch (error) {
      this.page.failed(error);
      this.go({ task: "" }, true);
    }
  }
}

openSecond("tasks", "Tasks", (page) => void new TasksPage(page));
