// A chart of days: stacked bars or lines, its values by pointer and keyboard, and a table with the same.

import { announce } from "../announce";
import { Child, h, replace } from "../dom";
import { steps } from "./numbers";
import { dateOf } from "./period";
import { Series, sum } from "./series";

export interface ChartContent {
  title: string;
  kind: "bars" | "lines";
  days: string[];
  series: Series[];
  /** A value in words. */
  format(value: number): string;
  /** The same for the axis, which has little room. */
  short?(value: number): string;
  /** Whether the sum of the series means something. */
  hasTotal?: boolean;
  /** The sum of each day, if it is not that of the series; null for one without a price. */
  totals?: (number | null)[];
  isCounted?: boolean;
  /** What is said while no day is chosen, if there is no total. */
  summary?: string;
  /** What the chart does not show. */
  note?: string;
}

const height = 220;
const margin = { top: 10, right: 8, bottom: 24, left: 58 };
const dayNames = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const longDays = new Intl.DateTimeFormat(undefined, { weekday: "short", month: "long", day: "numeric" });

function svg(tag: string, attributes: Record<string, string | number>, text?: string): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

const colour = (series: Series, place: number): string => `series-${series.colour ?? place}`;

export class Chart {
  readonly element: HTMLElement;
  private readonly plot: HTMLElement;
  private readonly readout = h("p", { class: "readout" });
  private readonly details: HTMLDetailsElement;
  private readonly cursor = svg("rect", { class: "cursor", y: margin.top, height: height - margin.top - margin.bottom });
  private selected: number | null = null;
  private width = 0;
  private isTabled = false;

  /** `today`: the day that is not over. */
  constructor(private readonly content: ChartContent, private readonly today: string) {
    const { title, series } = content;
    const id = `chart-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
    this.plot = h("div", {
      class: "plot", tabindex: 0, role: "group", "aria-labelledby": id, "aria-roledescription": "chart", "aria-describedby": "chart-keys",
      onpointermove: (event: PointerEvent) => this.select(this.dayAt(event.clientX), false), onpointerdown: (event: PointerEvent) => this.select(this.dayAt(event.clientX), false),
      onpointerleave: (event: PointerEvent) => { if (event.pointerType === "mouse") this.select(null, false); }, onblur: () => this.select(null, false), onkeydown: (event: KeyboardEvent) => this.key(event),
    });
    this.details = h("details", { ontoggle: () => this.drawTable() }, h("summary", {}, "Table"));
    this.element = h("figure", { class: "chart" }, h("h2", { id }, title), this.readout, this.plot,
      series.length > 1 && h("ul", { class: "legend" }, ...series.map((one, at) => sum(one.values) > 0 && h("li", {}, h("span", { class: `swatch ${colour(one, at)}` }), one.name))),
      content.note !== undefined && h("p", { class: "chart-note" }, content.note), this.details);
    new ResizeObserver(() => { if (this.plot.clientWidth !== this.width) this.draw(); }).observe(this.plot);
    this.select(null, false);
  }

  setPrinting(isPrinting: boolean): void {
    this.details.open = isPrinting;
    if (isPrinting) this.drawTable();
  }

  // Drawing

  private get tops(): number[] {
    const { days, series, kind } = this.content;
    return days.map((_, at) => kind === "bars" ? sum(series.map((one) => one.values[at] ?? null)) : Math.max(0, ...series.map((one) => one.values[at] ?? 0)));
  }

  private total(at: number): string {
    const { totals, format } = this.content;
    const total = totals ? totals[at]! : this.tops[at]!;
    return total === null ? "no price" : format(total);
  }

  private get band(): number {
    return (this.width - margin.left - margin.right) / this.content.days.length;
  }

  private draw(): void {
    const { days, series, kind } = this.content;
    this.width = this.plot.clientWidth;
    if (this.width === 0) return;
    const scale = steps(Math.max(...this.tops), this.content.isCounted);
    const most = scale[scale.length - 1]!;
    const y = (value: number): number => height - margin.bottom - (value / most) * (height - margin.top - margin.bottom);
    const x = (at: number): number => margin.left + (at + 0.5) * this.band;
    const drawing = svg("svg", { width: this.width, height, viewBox: `0 0 ${this.width} ${height}`, "aria-hidden": "true" });
    for (const value of scale) {
      drawing.append(svg("line", { class: value === 0 ? "axis" : "grid", x1: margin.left, x2: this.width - margin.right, y1: y(value), y2: y(value) }),
        svg("text", { class: "label", x: margin.left - 8, y: y(value) + 4, "text-anchor": "end" }, (this.content.short ?? this.content.format)(value)));
    }
    // As many days as have room; the last one always.
    const step = Math.ceil(days.length / Math.max(1, Math.floor((this.width - margin.left) / 72)));
    days.forEach((day, at) => {
      if ((days.length - 1 - at) % step !== 0) return;
      const anchor = at === days.length - 1 && days.length > 3 ? "end" : "middle";
      drawing.append(svg("text", { class: "label", x: anchor === "end" ? this.width - margin.right : x(at), y: height - 6, "text-anchor": anchor }, dayNames.format(dateOf(day))));
    });
    this.cursor.setAttribute("width", String(this.band));
    this.plot.classList.toggle("is-dense", this.band < 8);
    drawing.append(this.cursor);
    if (kind === "bars") this.drawBars(drawing, x, y);
    else series.forEach((one, at) => this.drawLine(drawing, one, at, x, y));
    replace(this.plot, drawing);
  }

  private drawBars(drawing: SVGElement, x: (at: number) => number, y: (value: number) => number): void {
    const { days, series } = this.content;
    const wide = this.band < 8 ? this.band : Math.min(48, this.band * 0.72);
    days.forEach((day, at) => {
      let below = 0;
      series.forEach((one, place) => {
        const value = one.values[at] ?? 0;
        if (value <= 0) return;
        const top = y(below + value);
        drawing.append(svg("rect", { class: `${colour(one, place)}${day === this.today ? " is-partial" : ""}`, x: x(at) - wide / 2, width: wide, y: top, height: Math.max(0.5, y(below) - top) }));
        below += value;
      });
    });
  }

  private drawLine(drawing: SVGElement, one: Series, place: number, x: (at: number) => number, y: (value: number) => number): void {
    let path = "";
    let isOpen = false;
    one.values.forEach((value, at) => {
      if (value === null) {
        isOpen = false;
        return;
      }
      path += `${isOpen ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      const isAlone = (one.values[at - 1] ?? null) === null && (one.values[at + 1] ?? null) === null;
      if (isAlone || this.band > 14) drawing.append(svg("circle", { class: `point ${colour(one, place)}`, cx: x(at), cy: y(value), r: 2.5 }));
      isOpen = true;
    });
    drawing.append(svg("path", { class: `line ${colour(one, place)}`, d: path }));
  }

  private drawTable(): void {
    if (this.isTabled || !this.details.open) return;
    this.isTabled = true;
    const { title, days, series, format, hasTotal } = this.content;
    const cell = (value: number | null): Node => h("td", {}, value === null ? "–" : format(value));
    const names = [...series.map((one) => one.name), ...(hasTotal && series.length > 1 ? ["Total"] : [])];
    this.details.append(h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": `${title}, table` }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Day"), ...names.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...days.map((day, at) => h("tr", {}, h("th", { scope: "row" }, day, day === this.today && " (not over)"), ...series.map((one) => cell(one.values[at] ?? null)),
        hasTotal && series.length > 1 && h("td", {}, this.total(at))))))));
  }

  // Values

  private dayAt(position: number): number {
    const at = Math.floor((position - this.plot.getBoundingClientRect().left - margin.left) / this.band);
    return Math.max(0, Math.min(this.content.days.length - 1, at));
  }

  private key(event: KeyboardEvent): void {
    const last = this.content.days.length - 1;
    const places: Record<string, number> = {
      ArrowLeft: this.selected === null ? last : Math.max(0, this.selected - 1), ArrowRight: this.selected === null ? 0 : Math.min(last, this.selected + 1), Home: 0, End: last,
    };
    const place = places[event.key];
    if (place === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.select(place, true);
  }

  private select(at: number | null, isSpoken: boolean): void {
    this.selected = at;
    this.cursor.classList.toggle("is-shown", at !== null);
    if (at !== null) this.cursor.setAttribute("x", String(margin.left + at * this.band));
    replace(this.readout, ...this.words(at));
    if (isSpoken) announce(this.readout.textContent ?? "");
  }

  private words(at: number | null): Child[] {
    const { days, series, format, hasTotal } = this.content;
    if (at === null) return hasTotal && this.content.summary === undefined ? [h("strong", {}, format(sum(series.flatMap((one) => one.values)))), " in all"] : [this.content.summary ?? ""];
    const day = days[at]!;
    const parts = series.filter((one) => one.values[at] !== null && (series.length === 1 || one.values[at] !== 0)).map((one) => `${one.name} ${format(one.values[at]!)}`);
    const total = hasTotal ? this.total(at) : parts.length === 0 ? "nothing" : "";
    return [h("strong", {}, `${longDays.format(dateOf(day))}${day === this.today ? " (not over)" : ""}: ${total}`), hasTotal && series.length === 1 ? "" : ` ${parts.join(", ")}`];
  }
}
