// The types of the tasks' and the analytics' answers, until types.ts has them.

import type { Timestamp } from "./time";

export interface Task {
  /** `T12`; `~` and six hexadecimal digits for one without an id, which gets one with its first change. */
  id: string;
  repository: string;
  text: string;
  state: "open" | "started" | "done" | "dropped";
  owner: string | null;
  labels: string[];
  priority: string | null;
  /** A day: `2026-12-01`. */
  due: string | null;
  links: TaskLink[];
  commits: string[];
  thread_id: string | null;
  line: number;
  updated_at: Timestamp | null;
  /** The commit that was read; what `base` takes. */
  commit: string;
  notes?: TaskNote[];
}

export interface TaskLink {
  text: string;
  url: string;
}

export interface TaskNote {
  who: string;
  /** As it is written. */
  date: string;
  text: string;
}

export interface TaskPage {
  items: Task[];
  next_cursor: string | null;
}

export interface NewTask {
  repository: string;
  text: string;
  owner?: string | null;
  labels?: string[] | null;
}

export interface TaskChange {
  state?: Task["state"] | null;
  /** An empty text takes the owner away. */
  owner?: string | null;
  text?: string | null;
  labels?: string[] | null;
  note?: string | null;
  base: string;
}

export interface Analytics {
  items: AnalyticsItem[];
  totals: AnalyticsValues;
}

export interface AnalyticsItem extends AnalyticsValues {
  /** By `day`, `model`, …: what was asked for with `by`. */
  key: Record<string, string | null>;
}

export interface AnalyticsValues {
  turns: number;
  failed: number;
  stopped: number;
  tokens_in: number;
  tokens_out: number;
  tokens_cached: number;
  /** An estimate; null where a model has no price. */
  cost: number | null;
  currency: string | null;
  /** In seconds. */
  first_token_p50: number | null;
  first_token_p95: number | null;
  /** Of all turns together. */
  seconds: number;
  tool_calls: number;
  commands: number;
  commits: number;
  tasks_done: number;
}
