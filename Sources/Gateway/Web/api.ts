// The gateway's HTTP API. The credential is an HttpOnly cookie that this page cannot read.

import { words } from "./asktext";
import * as types from "./types";

export type {
  Accepted, Ask, AskOption, Command, Commit, CommitFile, CommitFiles, DocumentList, Feature, FeatureStage, FeatureTask, FeatureText, FeatureVersion, Job,
  MemoryNote, Mention, Message, MessageFile, MessagePage, Model, NewPushSubscription, NotificationsChange, Operation, Persona, Repository, SavedDocument, Schedule, ScheduleChange, Settings, Share, Snapshot, Step, StepPage, Upload, WaitingAsk, WorkspaceFile,
} from "./types";

export type Invite = types.Invite;
export type JoiningCode = types.JoiningCode;
export type Me = types.Person;
export type OperationState = types.Operation["state"];
export type People = types.PeopleList;
export type Person = types.PersonWithAccess;
export type Role = types.Person["role"];
export type StageState = types.FeatureStage["state"];
export type StepState = NonNullable<types.Step["state"]>;
/** Only lists say whether this person began it, and who did. */
export type Thread = types.Thread & Partial<types.ListedThread>;

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
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

/** `oidc_name`: what people call the OpenID Connect provider. */
export const signInMethods = (): Promise<{ methods: string[]; oidc_name?: string }> => call("GET", "/signin");
export const signIn = (code: string, name: string): Promise<void> => call("POST", "/signin", name ? { code, name } : { code });
export const signOut = (): Promise<void> => call("POST", "/signout", {});
export const me = (): Promise<Me> => call("GET", "/me");
export const people = (): Promise<People> => call("GET", "/people");
export const setRole = (id: string, role: Role): Promise<Person> => call("PATCH", `/people/${segment(id)}`, { role });
export const removePerson = (id: string): Promise<void> => call("DELETE", `/people/${segment(id)}`);
/** What a code is for, without using it up. */
export const lookAtCode = (code: string): Promise<types.SignInCode> => call("POST", "/signin", { code, look: true });
export const invite = (role: Role, name: string, expires: string): Promise<JoiningCode> =>
  call("POST", "/people/invites", name ? { role, name, expires } : { role, expires });
export const schedules = (): Promise<types.ScheduleList> => call("GET", "/schedules");
export const changeSchedule = (id: string, change: types.ScheduleChange): Promise<types.Schedule> => call("PATCH", `/schedules/${segment(id)}`, change);
export const cancelSchedule = (id: string): Promise<void> => call("DELETE", `/schedules/${segment(id)}`);
export const endInvite = (id: string): Promise<void> => call("DELETE", `/people/invites/${segment(id)}`);
/** A code that signs in another browser of a person. */
export const addBrowser = (id: string): Promise<JoiningCode> => call("POST", `/people/${segment(id)}/codes`, {});
export const commands = (): Promise<types.CommandPage> => call("GET", "/commands");
export const models = (): Promise<Page<types.Model>> => call("GET", "/models");
export const personas = (): Promise<Page<types.Persona>> => call("GET", "/personas");
export const repositories = (): Promise<Page<types.Repository>> => call("GET", "/repositories");
export const threads = (cursor: string | null, query: string, isArchived: boolean, isMine: boolean): Promise<Page<Thread>> =>
  call("GET", `/threads?limit=30&pinned=first&archived=${isArchived}&mine=${isMine}${query ? `&q=${segment(query)}` : ""}${cursor ? `&cursor=${segment(cursor)}` : ""}`);
export const thread = (id: string): Promise<Thread> => call("GET", `/threads/${segment(id)}`);
export const changeThread = (id: string, change: types.ThreadChange): Promise<Thread> =>
  call("PATCH", `/threads/${segment(id)}`, change);
export const shares = (id: string): Promise<types.ShareList> => call("GET", `/threads/${segment(id)}/shares`);
export const createShare = (id: string, share: types.NewShare): Promise<types.Share> => call("POST", `/threads/${segment(id)}/shares`, share);
export const endShare = (id: string, share: string): Promise<void> => call("DELETE", `/threads/${segment(id)}/shares/${segment(share)}`);
export const settings = (): Promise<types.Settings> => call("GET", "/settings");
export const memory = (): Promise<types.MemoryNoteList> => call("GET", "/memory");
export const remember = (text: string): Promise<types.MemoryNote> => call("POST", "/memory", { text });
export const changeMemory = (id: string, text: string): Promise<types.MemoryNote> => call("PATCH", `/memory/${segment(id)}`, { text });
export const forget = (id: string): Promise<void> => call("DELETE", `/memory/${segment(id)}`);
export const pushSubscriptions = (): Promise<types.PushSubscriptions> => call("GET", "/push/subscriptions");
export const subscribePush = (subscription: types.NewPushSubscription): Promise<types.PushTarget> => call("POST", "/push/subscriptions", subscription);
export const unsubscribePush = (id: string): Promise<void> => call("DELETE", `/push/subscriptions/${segment(id)}`);
export const changeSettings = (change: types.SettingsChange): Promise<types.Settings> => call("PATCH", "/settings", change);
/** The whole conversation, as {@link exportAddress} gives it. */
export const exported = (id: string): Promise<unknown> => call("GET", `/threads/${segment(id)}/export?format=json`);
export const deleteThread = (id: string): Promise<void> => call("DELETE", `/threads/${segment(id)}`);
export const operation = (id: string): Promise<types.Operation> => call("GET", `/operations/${segment(id)}`);
export const stopOperation = (id: string): Promise<types.Operation> => call("POST", `/operations/${segment(id)}/stop`, {});
/** What this person said of a thread's answers; without a thread, the newest that may be seen. */
export const ratings = (thread: string | null): Promise<types.RatedAnswerList> =>
  call("GET", `/ratings?${parameters(thread === null ? { limit: "50" } : { thread, mine: "true", limit: "200" })}`);
export const rate = (id: string, rating: types.Rating): Promise<void> => call("PUT", `/operations/${segment(id)}/rating`, rating);
export const latestMessages = (id: string, before: string | null): Promise<types.MessagePage> =>
  call("GET", `/threads/${segment(id)}/messages?limit=40&before=${segment(before ?? "latest")}`);
export const messagesAfter = (id: string, after: string): Promise<types.MessagePage> =>
  call("GET", `/threads/${segment(id)}/messages?limit=100&after=${segment(after)}`);

export const createThread = (key: string): Promise<types.Created> =>
  persistently(() => call("POST", "/threads", {}, { "Idempotency-Key": key }));
export const send = (id: string, text: string, key: string, replaces: string | null = null): Promise<{ message_id: string; operation_id: string | null }> =>
  persistently(() => call("POST", `/threads/${segment(id)}/messages`, replaces === null ? { text } : { text, replaces }, { "Idempotency-Key": key }));

/** Sends a file for the next message; one of the same name that still waits is replaced, so repeating it is harmless. */
export const upload = (id: string, file: File): Promise<types.Upload> =>
  persistently(() => call("POST", `/threads/${segment(id)}/files?name=${segment(file.name)}`, file));

export const asks = (id: string): Promise<types.AskList> => call("GET", `/threads/${segment(id)}/asks`);
export const mentions = (): Promise<types.MentionList> => call("GET", "/mentions");
export const seeMention = (id: string): Promise<null> => call("DELETE", `/mentions/${segment(id)}`);
/** Whom texts can name. */
export const names = (): Promise<types.NameList> => call("GET", "/names");
export const waitingAsks = (): Promise<types.WaitingAskList> => call("GET", "/asks");
export const answerAsk = (id: string, answer: string, text: string): Promise<types.AskDecision> =>
  call("POST", `/asks/${segment(id)}`, text ? { answer, text } : { answer });
export const jobs = (id: string): Promise<types.JobPage> => call("GET", `/threads/${segment(id)}/jobs`);
/** The entries below a folder, "" for the workspace; of very many the nearest. */
export const files = (id: string, below: string): Promise<types.WorkspaceFilePage> =>
  call("GET", `/threads/${segment(id)}/files${below === "" ? "" : `?path=${segment(below)}`}`);
/** The bytes of a file. */
export async function file(id: string, path: string): Promise<Response> {
  const response = await fetch(fileAddress(id, path), { credentials: "same-origin", cache: "no-store" });
  if (!response.ok) throw await problem(response);
  return response;
}
export const fileAddress = (id: string, path: string): string => `${base}/threads/${segment(id)}/files?name=${segment(path)}`;
/** A download of the whole conversation. */
export const exportAddress = (id: string, format: "markdown" | "json"): string => `${base}/threads/${segment(id)}/export?format=${format}`;
export const diff = (id: string): Promise<types.WorkspaceDiff> => call("GET", `/threads/${segment(id)}/diff`);
/** The page of uncommitted changes. */
export const diffAddress = (id: string): string => `/t/${segment(id)}/diff`;
export const steps = (id: string, operation: string | null, after: number): Promise<types.StepPage> =>
  call("GET", `/threads/${segment(id)}/steps?after=${after}${operation === null ? "" : `&operation=${segment(operation)}`}`);
export const commitFiles = (repository: string, sha: string): Promise<types.CommitFiles> =>
  call("GET", `/repositories/${segment(repository)}/commits/${segment(sha)}`);
/** The viewer's page. */
export const commitPage = (repository: string, sha: string): string => `/r/${segment(repository)}/commit/${segment(sha)}`;
export const snapshots = (id: string): Promise<types.SnapshotPage> => call("GET", `/threads/${segment(id)}/snapshots`);

const segments = (path: string): string => path.split("/").map(segment).join("/");
const documentAt = (id: string, path: string): string => `/threads/${segment(id)}/documents/${segments(path)}`;
/** The page that edits a document. */
export const editorAddress = (id: string, path: string): string => `/d/${segment(id)}/${segments(path)}`;
/** The same page, whatever conversation it is beside. */
export const documentAddress = (repository: string, branch: string, path: string): string => `/d/${segment(repository)}/${segment(branch)}/${segments(path)}`;
export const openDocument = (address: types.DocumentAddress): Promise<types.OpenedDocument> => call("POST", "/documents/open", address);
export const allDocuments = (query: { repository: string; q: string }): Promise<types.FoundDocuments> => call("GET", `/documents?${parameters(query)}`);
export const documents = (id: string): Promise<types.DocumentList> => call("GET", `/threads/${segment(id)}/documents`);
/** The key makes it harmless to repeat. */
export const comment = (id: string, path: string, body: types.NewComment, key: string): Promise<types.Comment> =>
  persistently(() => call("POST", `${documentAt(id, path)}/comments`, body, { "Idempotency-Key": key }));
export const resolveComment = (id: string, path: string, number: number): Promise<null> => call("DELETE", `${documentAt(id, path)}/comments?number=${number}`);
export const document = (id: string, path: string): Promise<types.Document> => call("GET", documentAt(id, path));

export const feature = (id: string): Promise<types.Feature> => call("GET", `/threads/${segment(id)}/spec`);
export const featureText = (id: string, path: string): Promise<types.FeatureText> => call("GET", `/threads/${segment(id)}/spec/document?path=${segment(path)}`);
export const featureDiff = (id: string, path: string, from: string, to: string): Promise<types.WorkspaceDiff> =>
  call("GET", `/threads/${segment(id)}/spec/diff?path=${segment(path)}&from=${segment(from)}&to=${segment(to)}`);

/** Members that are absent or empty do not narrow it. */
export interface TaskQuery {
  repository?: string;
  state?: types.Task["state"];
  owner?: string;
  label?: string;
  query?: string;
}
/** The first page is small, because it is waited for. */
export const tasks = (query: TaskQuery, cursor: string | null): Promise<types.TaskPage> =>
  call("GET", `/tasks?${parameters({ ...query, limit: cursor === null ? "30" : "100", cursor })}`);
export const taskFeatures = (repository: string): Promise<types.TaskFeaturePage> => call("GET", `/tasks/features?${parameters({ repository })}`);
export const task = (repository: string, id: string): Promise<types.Task> => call("GET", `/tasks/${segment(repository)}/${segment(id)}`);
export const addTask = (task: types.NewTask, key: string): Promise<types.Task> => persistently(() => call("POST", "/tasks", task, { "Idempotency-Key": key }));
export const changeTask = (task: types.Task, change: types.TaskChange): Promise<types.Task> =>
  call("PATCH", `/tasks/${segment(task.repository)}/${segment(task.id)}`, change);
/** The page of a commit: where the task says, else the viewer's. */
export const commitAddress = (task: types.Task): string =>
  task.commits.find((commit) => commit.sha === task.commit)?.url ?? `/r/${segment(task.repository)}/commit/${segment(task.commit)}`;

/** `to` is excluded. */
export interface AnalyticsQuery {
  from: string;
  to: string;
  zone: string;
  by: string;
}
export const analytics = (query: AnalyticsQuery): Promise<types.Analytics> => call("GET", `/analytics?${parameters({ ...query })}`);
/** The same as a table. */
export async function analyticsTable(query: AnalyticsQuery): Promise<Blob> {
  const response = await fetch(`${base}/analytics?${parameters({ ...query })}`, { headers: { Accept: "text/csv" }, credentials: "same-origin", cache: "no-store" });
  if (!response.ok) throw await problem(response);
  return response.blob();
}

function parameters(values: Record<string, string | null | undefined>): string {
  return Object.entries(values).filter(([, value]) => value).map(([name, value]) => `${name}=${segment(value!)}`).join("&");
}

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
