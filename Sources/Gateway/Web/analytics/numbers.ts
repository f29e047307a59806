// Numbers for people, in the reader's locale. Pure.

const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const percents = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

export const short = (value: number): string => compact.format(value);
export const count = (value: number): string => whole.format(value);
export const percent = (value: number): string => percents.format(value);
export const seconds = (value: number): string =>
  value > 0 && value < 1 ? `${whole.format(value * 1000)} ms` : `${value < 10 ? tenths.format(value) : whole.format(value)} s`;

/** Small sums keep digits that mean something. */
export function money(value: number, currency: string): string {
  const digits = value !== 0 && Math.abs(value) < 1 ? 4 : 2;
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: digits }).format(value);
  } catch {
    return `${value.toFixed(digits)} ${currency}`;
  }
}

/** A cost that is not known is no cost of 0. */
export const price = (value: number | null, currency: string): string => (value === null ? "no price" : money(value, currency));

/** About four steps from 0 to at least `most`, each 1, 2 or 5 times a power of ten; what is counted has no halves. */
export function steps(most: number, isCounted = false): number[] {
  if (!(most > 0)) return [0, 1];
  const rough = isCounted ? Math.max(1, most / 4) : most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough)!;
  // Multiples, because sums of fractions drift.
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, at) => Number((at * step).toPrecision(12)));
}
