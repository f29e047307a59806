// The page `/analytics`: what was used in a period, what it is estimated to cost, and what came of it.

import { announce } from "./announce";
import { Chart, ChartContent } from "./analytics/chart";
import * as numbers from "./analytics/numbers";
import { addDays, daysOf, names, Period, periodOf } from "./analytics/period";
import { daily, important, Measure, nameOf, Series, share, stacked } from "./analytics/series";
import * as api from "./api";
import { Child, h, replace } from "./dom";
import type { Analytics, AnalyticsItem, AnalyticsTotals, RatedAnswer } from "./types";
import { openSecond, SecondPage } from "./views/second";

const splits: Record<string, string> = { model: "model", user: "person", repository: "repository" };
const ratio = (part: number, whole: number): string => (whole > 0 ? numbers.percent(part / whole) : "–");
const time = (value: number | null): string => (value === null ? "–" : numbers.seconds(value));
const tokens = (values: AnalyticsTotals): number => values.tokens_in + values.tokens_out;

class AnalyticsPage {
  private readonly body = h("div", { class: "analytics-body" }, h("p", { class: "lead" }, "Loading…"));
  private readonly periods: HTMLElement;
  private readonly from = this.day("From", "from");
  private readonly to = this.day("To", "to");
  private readonly custom: HTMLElement;
  private readonly split: HTMLSelectElement;
  private readonly table: HTMLButtonElement = h("button", { type: "button", class: "quiet small", onclick: () => void this.download() }, "Download CSV");
  private charts: Chart[] = [];
  private readonly names = new Map<string, string>();
  private people: Promise<void> | null = null;
  private round = 0;
  private isCustom = false;

  constructor(private readonly page: SecondPage) {
    const isOwner = page.me.role === "owner";
    this.periods = h("div", { class: "switch", role: "group", "aria-label": "Period" }, ...Object.entries(names).map(([name, label]) =>
      h("button", { type: "button", "data-period": name, onclick: () => this.choose(name) }, label)));
    this.custom = h("div", { class: "custom", hidden: true }, this.from, h("span", { "aria-hidden": "true" }, "–"), this.to);
    this.split = h("select", { "aria-label": "Split by", onchange: () => this.go({ split: this.split.value === "model" ? "" : this.split.value }) },
      ...Object.entries(splits).filter(([key]) => isOwner || key !== "user").map(([key, label]) => h("option", { value: key }, `By ${label}`)));
    replace(page.content,
      h("p", { class: "lead" }, isOwner ? "What everybody used on this host." : "What you used on this host.", " Costs are estimates by the prices of the day."),
      h("div", { class: "period filter-bar" }, this.periods, this.custom, this.split, h("span", { class: "spacer" }), this.table),
      h("p", { id: "chart-keys", hidden: true }, "The arrow keys read the days."), this.body);
    addEventListener("popstate", () => void this.load());
    addEventListener("beforeprint", () => { for (const chart of this.charts) chart.setPrinting(true); });
    addEventListener("afterprint", () => { for (const chart of this.charts) chart.setPrinting(false); });
    void this.load();
  }

  // The address

  private get period(): Period {
    return periodOf(new URLSearchParams(location.search), new Date());
  }

  private get by(): string {
    const key = new URLSearchParams(location.search).get("split") ?? "";
    return key in splits && (key !== "user" || this.page.me.role === "owner") ? key : "model";
  }

  private query(by: string): api.AnalyticsQuery {
    const { from, to } = this.period;
    return { from, to: addDays(to, 1), zone: Intl.DateTimeFormat().resolvedOptions().timeZone, by };
  }

  private go(values: Record<string, string>): void {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries(values)) {
      if (value === "") address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    if (address.href === location.href) return this.drawControls();
    history.pushState(null, "", address);
    void this.load();
  }

  private choose(name: string): void {
    this.isCustom = name === "custom";
    if (!this.isCustom) return this.go({ period: name === "30" ? "" : name, from: "", to: "" });
    this.drawControls();
    this.from.focus();
  }

  private day(label: string, name: string): HTMLInputElement {
    const field: HTMLInputElement = h("input", { type: "date", "aria-label": label, required: true, onchange: () => {
      const [from, to] = [this.from.value, this.to.value];
      this.page.say("");
      if (from === "" || to === "") return;
      if (from > to) return this.page.say("The first day comes after the last one.");
      if (addDays(from, 366) <= to) return this.page.say("At most 366 days can be shown.");
      this.go({ period: "", from, to });
    } });
    field.name = name;
    return field;
  }

  private drawControls(): void {
    const { period } = this;
    const shown = this.isCustom ? "custom" : period.name;
    for (const button of this.periods.children) button.setAttribute("aria-pressed", String((button as HTMLElement).dataset.period === shown));
    this.custom.hidden = shown !== "custom";
    this.from.value = period.from;
    this.to.value = period.to;
    this.split.value = this.by;
  }

  // Reading

  private async load(): Promise<void> {
    this.round += 1;
    const round = this.round;
    this.isCustom = this.period.name === "custom";
    this.drawControls();
    // Not when it has been read: what is wrong with days that were typed meanwhile stays.
    this.page.say("");
    this.body.setAttribute("aria-busy", "true");
    const { by, period } = this;
    const isOwner = this.page.me.role === "owner";
    try {
      const read = (keys: string): Promise<Analytics> => api.analytics(this.query(keys));
      const nobody = Promise.resolve<Analytics | null>(null);
      const [days, parts, models, personas, people, repositories, tools, rated] = await Promise.all([
        read("day"), read(`day,${by}`), read("model"), read("persona"), isOwner ? read("user") : nobody, read("repository"), read("tool"), api.ratings(null),
        this.people ??= this.readPeople()]);
      if (round !== this.round) return;
      for (const item of [...parts.items, ...(people?.items ?? [])]) if (item.key.user) item.key.user = this.names.get(item.key.user) ?? item.key.user;
      this.draw(period, days, parts, [["Models", "model", models], ["Personas", "persona", personas], ["People", "user", people], ["Repositories", "repository", repositories]], tools, rated.items);
      if (round > 1) announce(`${period.from} to ${period.to}: ${numbers.count(days.totals.turns)} turns, ${this.cost(days.totals)}.`);
    } catch (error) {
      if (round !== this.round) return;
      if (error instanceof api.APIError && error.status === 401) return this.page.failed(error);
      this.charts = [];
      replace(this.body, h("div", { class: "welcome" }, h("h2", {}, "The numbers cannot be read"), h("p", { role: "alert" }, api.explain(error)),
        h("p", {}, h("button", { type: "button", class: "primary", onclick: () => void this.load() }, "Try again"))));
    } finally {
      if (round === this.round) this.body.removeAttribute("aria-busy");
    }
  }

  /** People are known by their identities; whoever may not see the list sees those. */
  private async readPeople(): Promise<void> {
    if (this.page.me.role !== "owner") return;
    const { items } = await api.people().catch(() => ({ items: [] as api.Person[] }));
    for (const { identity, name } of items) {
      // A name that several have does not tell who it is.
      if (name !== null && items.filter((other) => other.name === name && other.identity !== identity).length === 0) this.names.set(identity, name);
    }
  }

  private async download(): Promise<void> {
    this.table.disabled = true;
    try {
      const address = URL.createObjectURL(await api.analyticsTable(this.query(`day,${this.by}`)));
      h("a", { href: address, download: `jetbridge-${this.period.from}-${this.period.to}.csv` }).click();
      URL.revokeObjectURL(address);
    } catch (error) {
      this.page.failed(error);
    }
    this.table.disabled = false;
  }

  // Drawing

  private cost(values: AnalyticsTotals): string {
    return values.cost === null ? "no price" : `about ${numbers.money(values.cost, values.currency)}`;
  }

  private draw(period: Period, read: Analytics, parts: Analytics, tables: [string, string, Analytics | null][], tools: Analytics, rated: RatedAnswer[]): void {
    const { totals } = read;
    if (totals.turns === 0 && tokens(totals) === 0) {
      this.charts = [];
      return replace(this.body, h("div", { class: "welcome" }, h("h2", {}, "Nothing was used"), h("p", {}, "There are no turns in this period.")));
    }
    const isChosen = ["period", "from"].some((name) => new URLSearchParams(location.search).has(name));
    const days = daysOf(period, isChosen, read.items.map((item) => item.key.day!));
    const today = periodOf(new URLSearchParams(), new Date()).to;
    const by = splits[this.by]!;
    const one = (name: string, measure: Measure, empty: number | null = 0): Series => daily(read.items, name, days, measure, empty);
    const shown = important(parts.items, this.by, [tokens, (item) => item.cost]);
    const split = (measure: Measure): Series[] => stacked(parts.items, this.by, days, shown, measure);
    const money = (value: number): string => numbers.money(value, totals.currency);
    const contents: ChartContent[] = [
      ...(totals.cost === null ? [] : [{
        title: `Estimated cost a day, by ${by}`, kind: "bars" as const, days, series: split((item) => item.cost), format: money, hasTotal: true, totals: one("", (item) => item.cost).values, ...unpriced(totals),
      }]),
      { title: `Tokens a day, by ${by}`, kind: "bars", days, series: split(tokens), isCounted: true, format: numbers.count, short: numbers.short, hasTotal: true },
      { title: "Turns a day", kind: "bars", days, hasTotal: true, isCounted: true, format: numbers.count, short: numbers.short, series: [
        one("succeeded", (item) => item.turns - item.failed - item.stopped), { ...one("failed", (item) => item.failed), colour: 4 }, { ...one("stopped", (item) => item.stopped), colour: 6 }] },
      { title: "Time to the first token", kind: "lines", days, format: numbers.seconds, summary: `p50 ${time(totals.first_token_p50)}, p95 ${time(totals.first_token_p95)}`, series: [one("half of the turns (p50)", (item) => item.first_token_p50, null), one("19 of 20 turns (p95)", (item) => item.first_token_p95, null)] },
      { title: "Time of a turn", kind: "lines", days, format: numbers.seconds, summary: `p50 ${time(totals.turn_p50)}, p95 ${time(totals.turn_p95)}`, series: [one("half of the turns (p50)", (item) => item.turn_p50, null), one("19 of 20 turns (p95)", (item) => item.turn_p95, null)] },
      { title: "Share of the input from the cache", kind: "lines", days, format: numbers.percent, summary: ratio(totals.tokens_cached, totals.tokens_in), series: [one("from the cache", (item) => share(item.tokens_cached, item.tokens_in), null)] },
      { title: "Tool calls and commands a day", kind: "lines", days, isCounted: true, format: numbers.count, short: numbers.short, series: [one("tool calls", (item) => item.tool_calls), one("commands", (item) => item.commands)],
        summary: `${numbers.count(totals.tool_calls)} calls of tools, ${numbers.count(totals.commands)} commands` },
      { title: "Answers rated a day", kind: "bars", days, isCounted: true, format: numbers.count, short: numbers.short, series: [one("good", (item) => Math.max(0, item.thumbs_up)), { ...one("bad", (item) => Math.max(0, item.thumbs_down)), colour: 4 }],
        summary: `${numbers.count(totals.thumbs_up)} good, ${numbers.count(totals.thumbs_down)} bad` },
      { title: "Work done a day", kind: "bars", days, isCounted: true, format: numbers.count, short: numbers.short, series: [one("commits", (item) => item.commits), ...(totals.tasks_done === null ? [] : [one("tasks done", (item) => item.tasks_done)])], hasTotal: true },
    ];
    this.charts = contents.map((content) => new Chart(content, today));
    replace(this.body, this.tiles(totals), h("div", { class: "charts" }, ...this.charts.map((chart) => chart.element)),
      h("div", { class: "charts breakdowns" }, ...tables.map(([title, key, table]) => table && breakdown(title, key, table)), toolTable(tools)),
      rated.length > 0 && ratedTable(rated));
  }

  private tiles(totals: AnalyticsTotals): HTMLElement {
    const tile = (name: string, value: string, note: string | null = null): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, value, note !== null && h("span", {}, note)));
    return h("dl", { class: "tiles" },
      tile("Estimated cost", numbers.price(totals.cost, totals.currency), totals.tokens_unpriced > 0 && totals.cost !== null ? "not all has a price" : null),
      tile("Tokens", numbers.short(tokens(totals)), `${numbers.short(totals.tokens_in)} in, ${numbers.short(totals.tokens_out)} out`),
      tile("Turns", numbers.count(totals.turns), `${numbers.count(totals.failed)} failed, ${numbers.count(totals.stopped)} stopped`),
      // Whoever stops a turn has not seen it fail.
      tile("Succeeded", ratio(totals.turns - totals.failed - totals.stopped, totals.turns - totals.stopped), "of what was not stopped"),
      tile("First token", time(totals.first_token_p50), `p95 ${time(totals.first_token_p95)}`),
      tile("From the cache", ratio(totals.tokens_cached, totals.tokens_in), "of the input"),
      tile("Commits", numbers.count(totals.commits)),
      totals.tasks_done === null ? tile("Commands", numbers.count(totals.commands)) : tile("Tasks done", numbers.count(totals.tasks_done)));
  }
}

function unpriced(totals: AnalyticsTotals): { note?: string } {
  return totals.tokens_unpriced > 0 ? { note: `Without ${numbers.short(totals.tokens_unpriced)} tokens of models that have no price.` } : {};
}

/** A table of one key, with a bar for the share of the largest. */
function grid(title: string, heads: string[], rows: { name: string; size: number; cells: string[] }[]): HTMLElement {
  const largest = Math.max(...rows.map((row) => row.size));
  const label = `table-${title.toLowerCase()}`;
  return h("section", { class: "chart" }, h("h2", { id: label }, title),
    rows.length === 0 ? h("p", { class: "chart-note" }, "Nothing in this period.") : h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-labelledby": label }, h("table", {},
      h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name, bar(largest > 0 ? row.size / largest : 0)), ...row.cells.map((cell) => h("td", {}, cell))))))));
}

function bar(part: number): Child {
  const space = "http://www.w3.org/2000/svg";
  const [picture, rect] = [document.createElementNS(space, "svg"), document.createElementNS(space, "rect")];
  for (const [name, value] of Object.entries({ class: "bar", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" })) picture.setAttribute(name, value);
  for (const [name, value] of Object.entries({ class: "series-0", width: String(100 * part), height: "4" })) rect.setAttribute(name, value);
  picture.append(rect);
  return picture;
}

/** By cost, what has no price by its tokens below. */
const byCost = (a: AnalyticsItem, b: AnalyticsItem): number => (b.cost ?? -1) - (a.cost ?? -1) || tokens(b) - tokens(a);

function breakdown(title: string, key: string, read: Analytics): HTMLElement {
  const hasCost = read.items.some((item) => item.cost !== null && item.cost > 0);
  return grid(title, [title, "Turns", "Failed", "Good", "Bad", "Tokens", "Estimated cost"], [...read.items].sort(byCost).map((item) => ({
    name: nameOf(key, item.key[key]), size: hasCost ? item.cost ?? 0 : tokens(item),
    cells: [numbers.count(item.turns), numbers.count(item.failed), numbers.count(item.thumbs_up), numbers.count(item.thumbs_down), numbers.short(tokens(item)), numbers.price(item.cost, item.currency)],
  })));
}

function toolTable(read: Analytics): HTMLElement {
  const rows = read.items.filter((item) => item.tool_calls > 0).sort((a, b) => b.tool_calls - a.tool_calls);
  return grid("Tools", ["Tools", "Calls"], rows.map((item) => ({ name: nameOf("tool", item.key.tool), size: item.tool_calls, cells: [numbers.count(item.tool_calls)] })));
}

/** The newest, whatever the period: what people say is read once. */
function ratedTable(items: RatedAnswer[]): HTMLElement {
  const title = "What was said of answers";
  return h("section", { class: "chart rated" }, h("h2", { id: "table-rated" }, title),
    h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-labelledby": "table-rated" }, h("table", {},
      h("thead", {}, h("tr", {}, ...["Conversation", "Answer", "Why", "Who", "When", "Model"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...items.map((item) => h("tr", {},
        h("th", { scope: "row" }, h("a", { href: `/#/t/${encodeURIComponent(item.thread_id)}` }, item.title || "Untitled")),
        ...[item.value === "up" ? "good" : "bad", item.word ?? "", item.name ?? item.person, new Date(item.at).toLocaleDateString(), item.model ?? ""].map((cell) => h("td", {}, cell))))))));
}

openSecond("analytics", "Analytics", (page) => void new AnalyticsPage(page));
