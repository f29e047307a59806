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
  links: LinkOfTask[];
  commits: CommitOfTask[];
  notes: NoteOfTask[];
  /** The heading above it. */
  section: string | null;
  thread_id: string | null;
  line: number;
  updated_at: Timestamp;
  /** The commit that was read; what `base` takes. */
  commit: string;
}

export interface LinkOfTask {
  text: string;
  url: string;
}

export interface CommitOfTask {
  sha: string;
  url: string;
}

export interface NoteOfTask {
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
  /** Null takes the owner away. */
  owner?: string | null;
  text?: string | null;
  labels?: string[] | null;
  note?: string | null;
  base: string;
}

export interface Analytics {
  items: AnalyticsItem[];
  totals: AnalyticsTotals;
}

export interface AnalyticsItem extends AnalyticsTotals {
  /** The values of `by`, by its words. */
  key: Record<string, string>;
}

export interface AnalyticsTotals {
  turns: number;
  failed: number;
  stopped: number;
  /** With those of the cache. */
  tokens_in: number;
  tokens_out: number;
  tokens_cached: number;
  /** An estimate; null if no price is known. */
  cost: number | null;
  currency: string;
  /** Seconds to a turn's first text. */
  first_token_p50: number | null;
  first_token_p95: number | null;
  /** Of all turns. */
  seconds: number;
  tool_calls: number;
  commands: number;
  commits: number;
  /** Null if it is unknown. */
  tasks_done: number | null;
  /** Of models without a known price: `cost` lacks them. */
  tokens_unpriced: number;
}
