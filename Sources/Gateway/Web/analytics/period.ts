// Periods of whole days in the reader's zone. Pure but for the clock, which is an argument.

/** Days as `2026-11-26`; both are part of it. */
export interface Period {
  name: string;
  from: string;
  to: string;
}

export const names: Record<string, string> = { "7": "7 days", "30": "30 days", "90": "90 days", month: "This month", custom: "Days…" };

const two = (value: number): string => String(value).padStart(2, "0");
const written = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;

/** At noon, which every day has, also where the clocks change. */
export function dateOf(day: string): Date {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year!, month! - 1, date, 12);
}

export function addDays(day: string, count: number): string {
  const date = dateOf(day);
  date.setDate(date.getDate() + count);
  return written(date);
}

const isDay = (text: string | null): text is string => text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) && written(dateOf(text)) === text;

/** What the address asks for; 30 days if that is nothing that can be shown. */
export function periodOf(parameters: URLSearchParams, now: Date): Period {
  const today = written(now);
  const [from, to] = [parameters.get("from"), parameters.get("to")];
  if (isDay(from) && isDay(to) && from <= to && addDays(from, 366) > to) return { name: "custom", from, to };
  const name = parameters.get("period") ?? "30";
  if (name === "month") return { name, from: `${today.slice(0, 8)}01`, to: today };
  const count = name === "7" || name === "90" ? Number(name) : 30;
  return { name: String(count), from: addDays(today, 1 - count), to: today };
}

/** The days that are shown. A period that nobody chose begins with the first of `used`, but has a week. */
export function daysOf(period: Period, isChosen = true, used: string[] = []): string[] {
  const [first] = [...used].sort();
  const week = addDays(period.to, -6);
  const start = isChosen || first === undefined || first < period.from ? period.from : first < week ? first : week;
  const days: string[] = [];
  for (let day = start; day <= period.to; day = addDays(day, 1)) days.push(day);
  return days;
}
