// From the items of the API to the series of a chart. Pure.

import type { AnalyticsItem, AnalyticsTotals } from "../types";
import { visibleLine } from "../visible";

export interface Series {
  name: string;
  /** For each day; null where there is nothing to say. */
  values: (number | null)[];
  /** Its colour, if not that of its place. */
  colour?: number;
}

/** As many as can be told apart. */
const most = 7;

const nothing: Record<string, string> = { persona: "the usual one", repository: "no repository", model: "no model", user: "nobody", tool: "no tool" };

/** What a person reads for a key's value. */
export const nameOf = (key: string, value: string | undefined): string => (value ? visibleLine(value) : nothing[key] ?? "none");

export type Measure = (values: AnalyticsTotals) => number | null;

/** The names that a chart shows by themselves, the most important first: those with the largest share of any of the measures. */
export function important(items: AnalyticsItem[], key: string, measures: Measure[]): string[] {
  const score = new Map<string, number>();
  for (const measure of measures) {
    const sums = new Map<string, number>();
    for (const item of items) {
      const name = nameOf(key, item.key[key]);
      sums.set(name, (sums.get(name) ?? 0) + (measure(item) ?? 0));
    }
    const all = sum([...sums.values()]);
    for (const [name, value] of sums) score.set(name, Math.max(score.get(name) ?? 0, all > 0 ? value / all : 0));
  }
  return [...score].filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

/** One series for each name, the last ones together if they are too many; a name has the same colour in every chart. */
export function stacked(items: AnalyticsItem[], key: string, days: string[], names: string[], measure: Measure): Series[] {
  const isCut = names.length > most;
  const shown = isCut ? names.slice(0, most - 1) : names;
  const series: Series[] = shown.map((name) => ({ name, values: days.map(() => 0) }));
  if (isCut) series.push({ name: `${names.length - shown.length} others`, values: days.map(() => 0) });
  const place = new Map(days.map((day, at) => [day, at]));
  for (const item of items) {
    const at = place.get(item.key.day ?? "");
    const value = measure(item);
    const one = series[shown.indexOf(nameOf(key, item.key[key]))] ?? (isCut ? series[most - 1] : undefined);
    if (at !== undefined && value !== null && one) one.values[at]! += value;
  }
  return series;
}

/** One series of days; those without an item get `empty`. */
export function daily(items: AnalyticsItem[], name: string, days: string[], measure: Measure, empty: number | null = 0): Series {
  const values = new Map(items.map((item) => [item.key.day ?? "", measure(item)]));
  return { name, values: days.map((day) => (values.has(day) ? values.get(day)! : empty)) };
}

export const sum = (values: (number | null)[]): number => values.reduce<number>((total, value) => total + (value ?? 0), 0);

export const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
