// Times for people, in the reader's locale.

export type Timestamp = string | number;

export function date(value: Timestamp): Date {
  return new Date(value);
}

// The clock of the host's own texts.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: "long", month: "long", day: "numeric" });

export const clockTime = (value: Timestamp): string => clock.format(date(value));
export const fullTime = (value: Timestamp): string => full.format(date(value));

const startOfDay = (value: Date): number => new Date(value.getFullYear(), value.getMonth(), value.getDate()).getTime();

function daysAgo(value: Timestamp): number {
  return Math.round((startOfDay(new Date()) - startOfDay(date(value))) / 86_400_000);
}

/** For a list: the time of day if today, else "Yesterday" or the date. */
export function shortTime(value: Timestamp): string {
  const days = daysAgo(value);
  if (days <= 0) return clockTime(value);
  return days === 1 ? "Yesterday" : day.format(date(value));
}

/** An end in the future: the time of day, after more than a day with the date. */
export const endTime = (value: Timestamp): string =>
  date(value).getTime() - Date.now() > 86_400_000 ? `${day.format(date(value))}, ${clockTime(value)}` : clockTime(value);

const coming = new Intl.DateTimeFormat(undefined, { weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
/** A time in the future that is planned: with its day, unless that is today. */
export const comingTime = (value: Timestamp): string => sameDay(value, Date.now()) ? clockTime(value) : coming.format(date(value));

/** A day without a time, as `2026-11-26`: with its year where that is another one. */
export function shortDay(value: string): string {
  const [year, month, date] = value.split("-").map(Number);
  const time = new Date(year!, month! - 1, date);
  return year === new Date().getFullYear() ? day.format(time) : time.toLocaleDateString(undefined, { dateStyle: "medium" });
}

/** The heading between two days of a conversation. */
export function dayTitle(value: Timestamp): string {
  const days = daysAgo(value);
  if (days <= 0) return "Today";
  return days === 1 ? "Yesterday" : longDay.format(date(value));
}

export const sameDay = (a: Timestamp, b: Timestamp): boolean => startOfDay(date(a)) === startOfDay(date(b));
