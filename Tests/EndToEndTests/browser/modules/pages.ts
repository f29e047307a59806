import { money, price, seconds, steps } from "../../../../Sources/Gateway/Web/analytics/numbers";
import { addDays, daysOf, periodOf } from "../../../../Sources/Gateway/Web/analytics/period";
import { important, stacked } from "../../../../Sources/Gateway/Web/analytics/series";
import { shortDay } from "../../../../Sources/Gateway/Web/time";
import type { AnalyticsItem, Task } from "../../../../Sources/Gateway/Web/types";
import { suggestions } from "../../../../Sources/Gateway/Web/views/welcome";
import { differences, matches, parseLabels } from "../../../../Sources/Gateway/Web/tasks/words";
import { expect } from "./expect";

const task: Task = {
  id: "T1", repository: "app", text: "Export as CSV", state: "open", owner: "ada", labels: ["login"], priority: null, due: null, links: [], commits: [], notes: [],
  section: null, thread_id: null, line: 3, updated_at: "2026-11-20T10:00:00Z", commit: "a",
};

export function tasks(): void {
  expect("labels as typed", parseLabels(" #login, web web  #a-b "), ["login", "web", "a-b"]);
  expect("nothing differs", differences(task, { ...task, commit: "b", line: 9 }), "");
  expect("what differs", differences(task, { ...task, state: "done", owner: null, labels: [], due: "2026-12-01" }),
    "it is now done, it has no owner any more, it has no labels any more, it is now due on " + shortDay("2026-12-01"));
  expect("hidden characters are shown", differences(task, { ...task, text: "a\u202eb" }), "its text is now “a⟨U+202E⟩b”");
  const all = { repository: "", owner: "", label: "", query: "" };
  for (const [filter, isShown] of [[all, true], [{ ...all, owner: "@ADA" }, true], [{ ...all, owner: "bob" }, false], [{ ...all, label: "#login" }, true], [{ ...all, query: "csv t1" }, true], [{ ...all, query: "csv t2" }, false], [{ ...all, repository: "site" }, false]] as const) {
    expect(`filter ${JSON.stringify(filter)}`, matches(task, filter), isShown);
  }
}

export function periods(): void {
  const at = new Date(2026, 2, 30, 1);
  const period = (text: string): unknown => Object.values(periodOf(new URLSearchParams(text), at));
  expect("by default", period(""), ["30", "2026-03-01", "2026-03-30"]);
  expect("the month", period("period=month"), ["month", "2026-03-01", "2026-03-30"]);
  expect("days", period("from=2026-01-02&to=2026-01-03"), ["custom", "2026-01-02", "2026-01-03"]);
  for (const text of ["period=x", "from=2026-01-02", "from=2026-02-30&to=2026-03-01", "from=2026-03-02&to=2026-03-01", "from=2020-01-01&to=2026-01-01"]) expect(`not ${text}`, period(text), ["30", "2026-03-01", "2026-03-30"]);
  expect("over a change of the clocks", daysOf({ name: "", from: "2026-03-28", to: "2026-03-30" }), ["2026-03-28", "2026-03-29", "2026-03-30"]);
  const month = { name: "30", from: "2026-11-01", to: "2026-11-30" };
  const begins = (isChosen: boolean, ...used: string[]): string => daysOf(month, isChosen, used)[0]!;
  expect("from the first day with data, but a week", [begins(false, "2026-11-20", "2026-11-12"), begins(false, "2026-11-29"), begins(false)], ["2026-11-12", "2026-11-24", "2026-11-01"]);
  expect("not where a period was chosen", begins(true, "2026-11-20"), "2026-11-01");
  expect("over a year", addDays("2027-12-31", 61), "2028-03-01");
}

export function welcomes(): void {
  const real = { isRehearsal: false, hasRepository: true, hasSpecs: false, hasTasks: false };
  const texts = (change: Partial<typeof real>): string[] => suggestions({ ...real, ...change }).map(([, text]) => text);
  expect("the rehearsal", texts({ isRehearsal: true }).filter((text) => text.startsWith("/")).length, 3);
  expect("without a repository", texts({ hasRepository: false }).some((text) => /repository|code|test/.test(text)), false);
  expect("without specifications", texts({})[2], "/specify ");
  expect("with specifications and tasks", texts({ hasSpecs: true, hasTasks: true }).slice(2).map((text) => text.split(" ").slice(0, 5).join(" ")), ["Which specifications are there, and", "Which of the open tasks"]);
}

export function charts(): void {
  expect("axis", [0, 3, 0.0007, 1e6, 41].map((most) => steps(most)), [[0, 1], [0, 1, 2, 3], [0, 0.0002, 0.0004, 0.0006, 0.0008], [0, 500_000, 1e6], [0, 20, 40, 60]]);
  expect("what is counted has no halves", steps(2, true), [0, 1, 2]);
  expect("times", [0, 0.04, 2.84, 41.2].map(seconds), ["0 s", "40 ms", "2.8 s", "41 s"]);
  expect("no price is not 0", [price(null, "USD"), money(0.0042, "USD"), money(1, "not a code")], ["no price", "$0.0042", "1.00 not a code"]);
  const items = Array.from({ length: 9 }, (_, at) => ({ key: { day: "2026-11-01", model: `m${at}` }, turns: at, cost: at === 1 ? 5 : 0 }) as unknown as AnalyticsItem);
  const names = important(items, "model", [(item) => item.turns, (item) => item.cost]);
  expect("a dear model is important, an unused one is not", names, ["m1", "m8", "m7", "m6", "m5", "m4", "m3", "m2"]);
  const series = stacked(items, "model", ["2026-11-01", "2026-11-02"], names, (item) => item.turns);
  expect("the last ones together", series.map((one) => [one.name, one.values]), [["m1", [1, 0]], ["m8", [8, 0]], ["m7", [7, 0]], ["m6", [6, 0]], ["m5", [5, 0]], ["m4", [4, 0]], ["2 others", [5, 0]]]);
}
