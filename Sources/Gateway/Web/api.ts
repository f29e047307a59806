// The gateway's HTTP API. The credential is an HttpOnly cookie that this page cannot read.

import { words } from "./asktext";
import { Timestamp } from "./time";

export type OperationState = "queued" | "running" | "complete" | "failed" | "stopped" | "interrupted";

export interface Thread {
  id: string;
  adapter: string;
  title: string;
  state: string;
  model: string | null;
  repository: string | null;
  updated_at: Timestamp;
  active_operation: string | null;
  /** Whether an ask waits for an answer. */
  waiting: boolean;
  /** A line with the words of a search, unless the title has them. */
  found?: string | null;
  /** Whether this person began it; only lists say so, and who did. */
  own?: boolean;
  owner_name?: string | null;
  can_write: boolean;
  /** Whether it is at the top of this person's list. */
  pinned: boolean;
}
export interface Commit {
  sha: string;
  url: string;
  repository?: string;
  branch?: string;
  subject?: string;
  files?: number;
  additions?: number;
  deletions?: number;
}
export interface Operation {
  id: string;
  thread_id: string;
  state: OperationState;
  error: string | null;
  commits: Commit[];
  position?: number | null;
}
export interface Message {
  id: string;
  role: "user" | "command" | "assistant" | "note" | "commit" | "thinking";
  author: string | null;
  text: string;
  created_at: Timestamp;
  operation_id: string | null;
  /** How much of its operation's answer was written before it; null if that is unknown. */
  place?: number | null;
}
export interface MessagePage extends Page<Message> {
  previous_cursor: string | null;
  operations: Operation[];
}
export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}
export interface Command {
  word: string;
  usage: string;
  summary: string;
}
export interface Model {
  id: string;
  detail: string;
  default: boolean;
}
export interface Repository {
  name: string;
  default: boolean;
  url: string;
}
export interface AskOption {
  key: string;
  label: string;
  recommended: boolean;
}
export interface Ask {
  id: string;
  kind: "approval" | "question" | "clarify" | "conflict";
  text: string;
  options: AskOption[];
  expires_at: Timestamp | null;
  can_answer?: boolean;
  /** Who may answer it, in words. */
  waits_for?: string;
}
/** An ask of any conversation that this person may answer. */
export interface WaitingAsk extends Ask {
  thread_id: string;
  title: string;
  asked_by: string;
}
export interface Upload {
  name: string;
  size: number;
  type: string;
}
export interface Job {
  id: string;
  command: string;
  state: string;
  started_at: Timestamp | null;
  ended_at: Timestamp | null;
  /** How it ended, in words. */
  ending?: string | null;
  exit?: number | null;
  /** Its last output. */
  tail?: string | null;
}
export interface WorkspaceFile {
  path: string;
  kind: string;
  size: number | null;
}
export interface Snapshot {
  id: string;
  reason: string | null;
  at?: Timestamp;
  created_at?: Timestamp;
}
export type StepState = "waiting" | "running" | "done" | "failed" | "denied" | "interrupted";
/** A call of a tool. What is null has not happened, or is not new. */
export interface Step {
  id: string;
  tool: string | null;
  title: string | null;
  state: StepState | null;
  decision: string | null;
  input: { name: string; text: string }[] | null;
  output: string | null;
  summary: string | null;
  has_changes: boolean | null;
  started_ms: number | null;
  ended_ms: number | null;
}
export interface StepPage {
  operation_id: string | null;
  items: Step[];
  position: number;
  is_cut: boolean;
}
export interface CommitFile {
  path: string;
  old_path: string | null;
  kind: "added" | "removed" | "modified" | "renamed" | "copied";
  additions: number;
  deletions: number;
  binary: boolean;
}
export type StageState = "missing" | "ready" | "done" | "open" | "findings";
export interface FeatureStage {
  stage: string;
  state: StageState;
  commit: string | null;
  url: string | null;
  path: string | null;
  /** The stage that must come first. */
  needs: string | null;
}
export interface FeatureTask {
  id: string;
  text: string;
  done: boolean;
  parallel: boolean;
  stories: number[];
  phase: string | null;
}
export interface FeatureDocument {
  path: string;
  kind: string;
  errors: number;
  warnings: number;
  commit: string | null;
  url: string;
}
/** What a thread's specification flow has come to. */
export interface Feature {
  repository: string;
  feature: string;
  title: string | null;
  branch: string;
  /** The branch that was read; another one while the feature's own does not exist. */
  source: string;
  folder: string;
  stages: FeatureStage[];
  next: string[];
  questions: string[];
  tasks: FeatureTask[];
  documents: FeatureDocument[];
  /** All of the repository, the newest first. */
  features: string[];
}
export interface FeatureVersion {
  sha: string;
  subject: string;
  author: string;
  at: Timestamp;
  url: string;
}
export interface FeatureText {
  path: string;
  text: string;
  versions: FeatureVersion[];
  is_cut: boolean;
}
/** What a person has chosen for all their conversations; null for nothing. */
export interface Settings {
  model: string | null;
  instructions: string | null;
}
export type Role = "owner" | "member" | "guest";
/** Somebody with access, or a program. */
export interface Person {
  id: string;
  identity: string;
  name: string | null;
  network: string;
  role: Role;
  way: "list" | "code" | "sign-in" | "token";
  /** The place in the configuration of a listed person. */
  key: string | null;
  /** The role that the configuration says, where another one counts. */
  listed_role: Role | null;
  scopes: string[];
  since: Timestamp | null;
  last_seen: Timestamp | null;
  expires_at: Timestamp | null;
  self: boolean;
}
export interface People {
  items: Person[];
  removed: { id: string; identity: string }[];
}
export interface Me {
  name: string;
  role: string;
}

/** An unsuccessful response; `detail` is meant for people. */
export class APIError extends Error {
  constructor(readonly status: number, readonly detail: string, readonly retryAfter: number) {
    super(detail);
  }
}

const base = "/api/v1";
const segment = encodeURIComponent;

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<any> {
  const init: RequestInit = { method, headers: { Accept: "application/json", ...headers }, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
    init.body = body instanceof Blob ? body : JSON.stringify(body);
    (init.headers as Record<string, string>)["Content-Type"] = body instanceof Blob ? "application/octet-stream" : "application/json";
  }
  const response = await fetch(base + path, init);
  if (!response.ok) throw await problem(response);
  return response.status === 204 ? null : response.json();
}

async function problem(response: Response): Promise<APIError> {
  let detail = "";
  try {
    const body = await response.json();
    detail = String(body.detail ?? body.title ?? "");
  } catch {
    // Not JSON, for example a proxy's error page: report only the status.
  }
  const wait = Number(response.headers.get("Retry-After"));
  return new APIError(response.status, detail || `The server answered ${response.status}.`, Number.isFinite(wait) ? wait : 0);
}

export const signIn = (code: string, name: string): Promise<void> => call("POST", "/signin", name ? { code, name } : { code });
export const signOut = (): Promise<void> => call("POST", "/signout", {});
export const me = (): Promise<Me> => call("GET", "/me");
export const people = (): Promise<People> => call("GET", "/people");
export const setRole = (id: string, role: Role): Promise<Person> => call("PATCH", `/people/${segment(id)}`, { role });
export const removePerson = (id: string): Promise<void> => call("DELETE", `/people/${segment(id)}`);
export const commands = (): Promise<{ items: Command[] }> => call("GET", "/commands");
export const models = (): Promise<Page<Model>> => call("GET", "/models");
export const repositories = (): Promise<Page<Repository>> => call("GET", "/repositories");
export const threads = (cursor: string | null, query: string, isArchived: boolean, isMine: boolean): Promise<Page<Thread>> =>
  call("GET", `/threads?limit=30&pinned=first&archived=${isArchived}&mine=${isMine}${query ? `&q=${segment(query)}` : ""}${cursor ? `&cursor=${segment(cursor)}` : ""}`);
export const thread = (id: string): Promise<Thread> => call("GET", `/threads/${segment(id)}`);
export const changeThread = (id: string, change: { title?: string; archived?: boolean; pinned?: boolean }): Promise<Thread> =>
  call("PATCH", `/threads/${segment(id)}`, change);
export const settings = (): Promise<Settings> => call("GET", "/settings");
export const changeSettings = (change: Partial<Settings>): Promise<Settings> => call("PATCH", "/settings", change);
/** The whole conversation, as {@link exportAddress} gives it. */
export const exported = (id: string): Promise<unknown> => call("GET", `/threads/${segment(id)}/export?format=json`);
export const deleteThread = (id: string): Promise<void> => call("DELETE", `/threads/${segment(id)}`);
export const operation = (id: string): Promise<Operation> => call("GET", `/operations/${segment(id)}`);
export const stopOperation = (id: string): Promise<Operation> => call("POST", `/operations/${segment(id)}/stop`, {});
export const latestMessages = (id: string, before: string | null): Promise<MessagePage> =>
  call("GET", `/threads/${segment(id)}/messages?limit=40&before=${segment(before ?? "latest")}`);
export const messagesAfter = (id: string, after: string): Promise<MessagePage> =>
  call("GET", `/threads/${segment(id)}/messages?limit=100&after=${segment(after)}`);

export const createThread = (key: string): Promise<{ id: string }> =>
  persistently(() => call("POST", "/threads", {}, { "Idempotency-Key": key }));
export const send = (id: string, text: string, key: string): Promise<{ message_id: string; operation_id: string | null }> =>
  persistently(() => call("POST", `/threads/${segment(id)}/messages`, { text }, { "Idempotency-Key": key }));

/** Sends a file for the next message; one of the same name that still waits is replaced, so repeating it is harmless. */
export const upload = (id: string, file: File): Promise<Upload> =>
  persistently(() => call("POST", `/threads/${segment(id)}/files?name=${segment(file.name)}`, file));

export const asks = (id: string): Promise<{ items: Ask[] }> => call("GET", `/threads/${segment(id)}/asks`);
export const waitingAsks = (): Promise<{ items: WaitingAsk[] }> => call("GET", "/asks");
export const answerAsk = (id: string, answer: string, text: string): Promise<{ outcome?: unknown } | null> =>
  call("POST", `/asks/${segment(id)}`, text ? { answer, text } : { answer });
export const jobs = (id: string): Promise<{ items: Job[] }> => call("GET", `/threads/${segment(id)}/jobs`);
export const files = (id: string): Promise<{ items: WorkspaceFile[] }> => call("GET", `/threads/${segment(id)}/files`);
export const fileAddress = (id: string, path: string): string => `${base}/threads/${segment(id)}/files?name=${segment(path)}`;
/** A download of the whole conversation. */
export const exportAddress = (id: string, format: "markdown" | "json"): string => `${base}/threads/${segment(id)}/export?format=${format}`;
export const diff = (id: string): Promise<{ diff: string }> => call("GET", `/threads/${segment(id)}/diff`);
/** The page of uncommitted changes. */
export const diffAddress = (id: string): string => `/t/${segment(id)}/diff`;
export const steps = (id: string, operation: string | null, after: number): Promise<StepPage> =>
  call("GET", `/threads/${segment(id)}/steps?after=${after}${operation === null ? "" : `&operation=${segment(operation)}`}`);
export const commitFiles = (repository: string, sha: string): Promise<{ files: number; items: CommitFile[] }> =>
  call("GET", `/repositories/${segment(repository)}/commits/${segment(sha)}`);
export const snapshots = (id: string): Promise<{ items: Snapshot[] }> => call("GET", `/threads/${segment(id)}/snapshots`);

export const feature = (id: string): Promise<Feature> => call("GET", `/threads/${segment(id)}/spec`);
export const featureText = (id: string, path: string): Promise<FeatureText> => call("GET", `/threads/${segment(id)}/spec/document?path=${segment(path)}`);
export const featureDiff = (id: string, path: string, from: string, to: string): Promise<{ diff: string }> =>
  call("GET", `/threads/${segment(id)}/spec/diff?path=${segment(path)}&from=${segment(from)}&to=${segment(to)}`);

/** An idempotency key: retries with the same key get the first response. */
export function newKey(): string {
  // `randomUUID` exists in secure contexts only, and a home network may use plain HTTP.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Retries after network failures, 429, 502, 503 and 504; the idempotency key makes that safe. */
async function persistently<Result>(attempt: () => Promise<Result>): Promise<Result> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const status = error instanceof APIError ? error.status : 0;
      const isPassing = status === 0 || status === 429 || status === 502 || status === 503 || status === 504;
      if (!isPassing || tries >= 5) throw error;
      const asked = error instanceof APIError ? error.retryAfter * 1000 : 0;
      await pause(Math.max(asked, backoff(tries)));
    }
  }
}

/** Milliseconds, growing to fifteen seconds, with jitter so that many pages do not reconnect at the same moment. */
export function backoff(tries: number): number {
  return Math.min(15_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** One line for people that describes any failure, as plain text. */
export function explain(error: unknown): string {
  if (error instanceof APIError) return words(error.detail);
  return "No connection to the server. Is Jetbridge running, and are you online?";
}
