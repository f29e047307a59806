// Made from the types of Sources/Gateway/API by `jetbridge openapi --typescript`; do not edit.

import type { Timestamp } from "./time";

export interface Health {
  status: string;
}

export interface Readiness {
  status: "ok" | "unavailable" | "stopping";
  checks: Checks;
}

export interface Checks {
  store: string;
  model: string;
  jail: string;
  /** By id, such as `irc:local`. */
  adapters: Record<string, AdapterState>;
  /** The object store, as it answered last; null without `objects` in the configuration. */
  objects: string | null;
  /** Null for a host that is alone, like `leases`. */
  cluster: string | null;
  leases: string | null;
}

export interface AdapterState {
  state: "down" | "connecting" | "up" | "refused";
  since: Timestamp;
  last_event: Timestamp | null;
  detail: string | null;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  /** What happened and what to do, for people. */
  detail: string;
}

export interface SignIn {
  code: string;
  /** Shown next to messages. */
  name?: string | null;
  /** Whether to answer what the code is for, and neither sign in nor use it up. */
  look?: boolean | null;
}

export interface SignInCode {
  /** Whom it is for, as far as that is known. */
  name: string | null;
  role: "guest" | "member" | "owner";
  /** Whether it adds a browser to that person; else it lets in somebody new. */
  is_device: boolean;
}

export interface Person {
  /** As in the list of people. */
  id: string;
  name: string;
  role: "guest" | "member" | "owner";
  identity: string;
  scopes: string[];
  /** In how many browsers the person is signed in. */
  browsers: number;
  /** All of the person's: with `link` several are one person. */
  identities: string[];
}

export interface SignInMethods {
  /** `code`, `github`, `oidc`. */
  methods: string[];
  /** What the OpenID Connect provider is called, if there is one. */
  oidc_name?: string | null;
}

export interface ListedThreadPage {
  items: ListedThread[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface ListedThread {
  id: string;
  /** The network it is on, such as `web` or `irc:local`. */
  adapter: string;
  title: string;
  state: "active" | "idle" | "archived";
  owner: string;
  /** The one that was chosen; null for its persona's, or the default. */
  model: string | null;
  /** The one that was chosen; null for the default. */
  persona: string | null;
  repository: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
  /** The running operation, or else the first queued one. */
  active_operation: string | null;
  /** Whether an ask waits for an answer. */
  waiting: boolean;
  /** A line with the words of a search, unless the title has them. */
  found: string | null;
  /** The message with that line. */
  found_message: string | null;
  /** Whether it is one of the web chat in which this person may write. */
  can_write: boolean;
  /** Whether it is at the top of this person's list. */
  pinned: boolean;
  /** Of another person's thread, by whom it is shared with this person, and to do what. */
  shared: SharedThread | null;
  /** The newest message. */
  last_message: string | null;
  /** The branch that prompts, the page and exports show; `main` is the first one. */
  branch: string;
  /** Whether this person began it. */
  own: boolean;
  /** What its owner is called, where that is known. */
  owner_name: string | null;
}

export interface SharedThread {
  by: string;
  role: "read" | "join";
}

export interface Created {
  id: string;
}

export interface Thread {
  id: string;
  /** The network it is on, such as `web` or `irc:local`. */
  adapter: string;
  title: string;
  state: "active" | "idle" | "archived";
  owner: string;
  /** The one that was chosen; null for its persona's, or the default. */
  model: string | null;
  /** The one that was chosen; null for the default. */
  persona: string | null;
  repository: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
  /** The running operation, or else the first queued one. */
  active_operation: string | null;
  /** Whether an ask waits for an answer. */
  waiting: boolean;
  /** A line with the words of a search, unless the title has them. */
  found: string | null;
  /** The message with that line. */
  found_message: string | null;
  /** Whether it is one of the web chat in which this person may write. */
  can_write: boolean;
  /** Whether it is at the top of this person's list. */
  pinned: boolean;
  /** Of another person's thread, by whom it is shared with this person, and to do what. */
  shared: SharedThread | null;
  /** The newest message. */
  last_message: string | null;
  /** The branch that prompts, the page and exports show; `main` is the first one. */
  branch: string;
}

export interface ThreadChange {
  /** One line; control and format characters are refused. */
  title?: string | null;
  archived?: boolean | null;
  pinned?: boolean | null;
  /** Shows this branch from now on, to people and models. Refused while an answer runs or waits. */
  branch?: string | null;
}

export interface MessagePage {
  items: Message[];
  next_cursor: string | null;
  previous_cursor: string | null;
  operations: Operation[];
}

export interface Message {
  id: string;
  role: "user" | "assistant" | "command" | "note" | "commit" | "thinking";
  author: string | null;
  text: string;
  created_at: Timestamp;
  operation_id: string | null;
  /** How much of its operation's answer was written before it, in UTF-16 units; null if that is unknown. */
  place: number | null;
  /** The files that came with it. */
  files: MessageFile[];
  /** How much its author wrote, in UTF-16 units, if the files are listed below it; else null. */
  written: number | null;
  /** The branch in which it was written: the id of the operation that began it, or `main`. */
  branch: string;
  /** Of a question with several versions, the branches that have one, in order; else empty. */
  branches: string[];
}

export interface MessageFile {
  name: string;
  /** By its content, or else as the sender's program claims. */
  type: string | null;
  /** In bytes, where it is known. */
  size: number | null;
  /** Where its content is; null until it has arrived. */
  url: string | null;
}

export interface Operation {
  id: string;
  thread_id: string;
  /** Such as `chat` or `specify`. */
  kind: string;
  state: "queued" | "running" | "complete" | "failed" | "stopped" | "interrupted";
  queued_at: Timestamp;
  started_at: Timestamp | null;
  ended_at: Timestamp | null;
  error: string | null;
  /** The operations queued before it in its thread; null if it is not queued. */
  position: number | null;
  commits: Commit[];
}

export interface Commit {
  sha: string;
  url: string;
  repository: string;
  branch: string;
  subject: string;
  files: number;
  additions: number;
  deletions: number;
}

export interface NewMessage {
  /** A message or a `/command`, of at most 256 KiB. */
  text: string;
  /** Your own question, by its id, whose place this one takes in a branch of its own. */
  replaces?: string | null;
}

export interface Accepted {
  message_id: string;
  operation_id: string;
}

export interface StoppedOnly {
  message_id: string | null;
  operation_id: string | null;
  detail: string;
}

export interface AskList {
  items: Ask[];
}

export interface Ask {
  id: string;
  kind: "approval" | "question" | "clarify" | "conflict" | "access" | "extension";
  text: string;
  options: AskOption[];
  expires_at: Timestamp;
  /** Whether an answer of this person would count. */
  can_answer: boolean;
  /** Who may answer it, in words. */
  waits_for: string;
}

export interface AskOption {
  key: string;
  label: string;
  recommended: boolean;
}

export interface WaitingAskList {
  items: WaitingAsk[];
}

export interface WaitingAsk {
  id: string;
  kind: "approval" | "question" | "clarify" | "conflict" | "access" | "extension";
  text: string;
  options: AskOption[];
  expires_at: Timestamp;
  /** Whether an answer of this person would count. */
  can_answer: boolean;
  /** Who may answer it, in words. */
  waits_for: string;
  thread_id: string;
  title: string;
  asked_by: string;
}

export interface AskAnswer {
  /** The key of an option (of several approvals at once, keys such as `A,C`), `yes`, `no` or `done`. */
  answer?: string | null;
  /** A reason; to a question, the answer itself. */
  text?: string | null;
}

export interface AskDecision {
  id: string;
  answer: string | null;
  outcome: string;
  text: string | null;
  decided_by: string | null;
  decided_at: Timestamp | null;
}

export interface MentionList {
  items: Mention[];
}

export interface Mention {
  id: string;
  kind: "comment" | "task" | "message";
  /** Empty where only Git knows it. */
  author: string;
  /** What is written around the first name, on one line. */
  text: string;
  /** The document's path, the task's id, or the conversation's title. */
  title: string;
  /** The page that shows it, on this host. */
  url: string;
  thread_id: string | null;
  created_at: Timestamp;
}

export interface NameList {
  items: Name[];
}

export interface Name {
  /** As in the list of people. */
  id: string;
  name: string;
  /** What a text has after `@` to name them: the name, or the id if others have the same name. */
  written: string;
}

export interface ScheduleList {
  items: Schedule[];
}

export interface Schedule {
  id: string;
  thread_id: string;
  /** The thread's. */
  title: string;
  /** `turn` asks the text in the thread, with your rights at that time; `remind` only posts it. */
  kind: "turn" | "remind";
  /** `every day 09:00`, `on push main`, …; the local time of one that runs once. */
  schedule: string;
  /** The time zone of its times, such as Europe/Berlin. */
  zone: string;
  text: string;
  /** Null while it waits for an event. */
  next_at: Timestamp | null;
  last_at: Timestamp | null;
  created_at: Timestamp;
}

export interface NewSchedule {
  /** A thread of the web chat. */
  thread_id: string;
  /** As after the commands: `every weekday 09:00`, `on push main`, `in 20m`, `2026-12-24 18:00`. */
  schedule: string;
  /** At most 4,000 bytes. */
  text: string;
  /** By default `turn` for what runs again and again or at an event, else `remind`. */
  kind?: "turn" | "remind" | null;
  /** By default yours. */
  zone?: string | null;
}

export interface ScheduleChange {
  schedule?: string | null;
  text?: string | null;
  /** Null for yours. */
  zone?: string | null;
}

export interface ShareList {
  items: Share[];
}

export interface Share {
  id: string;
  /** A person's identity, `host` for members and owners, or `public` for a page. */
  with: string;
  /** What the person is called. */
  name: string | null;
  role: "read" | "join";
  /** What to open; null for a public page's, which is shown only when it is made. */
  url: string | null;
  /** Who made it. */
  by: string;
  created_at: Timestamp;
  expires_at: Timestamp | null;
}

export interface NewShare {
  /** A person's id, identity or unique name; `host` for members and owners; `public` for a page that whoever has its link can read. */
  with: string;
  /** What they may do: a public page can only be read. */
  role?: "read" | "join" | null;
  /** When it ends: `12h`, `7d`, or a time. By default a public page ends after seven days, and other shares do not. */
  expires?: string | null;
}

export interface ExportedThread {
  thread: Thread;
  exported_at: Timestamp;
  messages: Message[];
  operations: Operation[];
  asks: Ask[];
}

export interface Upload {
  name: string;
  size: number;
  type: string;
}

export interface JobPage {
  items: Job[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Job {
  id: string;
  operation_id: string;
  command: string;
  background: boolean;
  state: "running" | "ended" | "interrupted";
  /** How it ended, in words. */
  ending: string | null;
  started_at: Timestamp;
  ended_at: Timestamp | null;
}

export interface WorkspaceFilePage {
  items: WorkspaceFile[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface WorkspaceFile {
  path: string;
  kind: "file" | "folder" | "link" | "other";
  size: number | null;
}

export interface WorkspaceDiff {
  /** A unified diff; empty without a difference. */
  diff: string;
}

export interface SnapshotPage {
  items: Snapshot[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Snapshot {
  id: string;
  reason: string;
  created_at: Timestamp;
}

export interface Settings {
  model: string | null;
  instructions: string | null;
  /** Your time zone; null for the host's. */
  zone: string | null;
  /** Of the bot's notes for you; null for your browser's, network's or the host's. */
  language: "en" | "de" | "fr" | "es" | "ja" | null;
  notifications: Notifications;
}

export interface Notifications {
  kinds: ("asks" | "answers" | "mentions")[];
  /** When nothing is pushed; what came meanwhile is one message at the end. */
  quiet: string | null;
  /** The zone of the quiet hours. */
  zone: string;
  /** What a push says besides its kind. */
  content: "none" | "title" | "text";
}

export interface SettingsChange {
  /** The id of one of the models that can be chosen now. */
  model?: string | null;
  instructions?: string | null;
  /** Of the system's database, such as Europe/Berlin. */
  zone?: string | null;
  language?: "en" | "de" | "fr" | "es" | "ja" | null;
  /** What its members leave out stays as it is; null for the usual. */
  notifications?: NotificationsChange | null;
}

export interface NotificationsChange {
  /** Null for all. */
  kinds?: ("asks" | "answers" | "mentions")[] | null;
  /** Such as `22:00-07:00`; null for none. */
  quiet?: string | null;
  /** Such as `Europe/Berlin`; null for UTC. */
  zone?: string | null;
  /** `none` names only the kind, `title` also the conversation, `text` also a line of it. Null for `title`. */
  content?: "none" | "title" | "text" | null;
}

export interface MemoryNoteList {
  items: MemoryNote[];
}

export interface MemoryNote {
  id: string;
  text: string;
  /** For its members; null for a note of your own. */
  repository: string | null;
  /** What its author was called. */
  by: string;
  at: Timestamp;
}

export interface NewMemoryNote {
  /** At most 600 bytes. */
  text: string;
  /** Keeps the note for the members of this repository; members and owners only. */
  repository?: string | null;
}

export interface MemoryChange {
  /** At most 600 bytes. */
  text: string;
}

export interface PushSubscriptions {
  /** What a page gives to `subscribe()` as `applicationServerKey`, in base64url. */
  key: string;
  items: PushTarget[];
}

export interface PushTarget {
  id: string;
  /** The name of the push service's host. */
  service: string;
  /** Whether it is of the sign-in that asks. */
  own: boolean;
  created_at: Timestamp;
}

export interface NewPushSubscription {
  /** An https address. */
  endpoint: string;
  /** Not used: a service says when a subscription has ended. */
  expirationTime?: number | null;
  keys: PushKeys;
}

export interface PushKeys {
  p256dh: string;
  auth: string;
}

export interface Feature {
  repository: string;
  /** The folder's name below `specs/`. */
  feature: string;
  title: string | null;
  /** Where changes go; it need not exist yet. */
  branch: string;
  /** The branch that was read; another one while the feature's own does not exist. */
  source: string;
  folder: string;
  head: string;
  stages: FeatureStage[];
  next: ("constitution" | "specify" | "clarify" | "plan" | "tasks" | "analyze" | "checklist" | "implement" | "refine")[];
  /** Those of the specification without an answer. */
  questions: string[];
  tasks: FeatureTask[];
  documents: DocumentState[];
  /** All of the repository, the newest first. */
  features: string[];
}

export interface FeatureStage {
  stage: "constitution" | "specify" | "clarify" | "plan" | "tasks" | "analyze" | "checklist" | "implement" | "refine";
  state: "missing" | "ready" | "done" | "open" | "findings";
  commit: string | null;
  url: string | null;
  path: string | null;
  /** The stage that must come first. */
  needs: "constitution" | "specify" | "clarify" | "plan" | "tasks" | "analyze" | "checklist" | "implement" | "refine" | null;
}

export interface FeatureTask {
  id: string;
  text: string;
  done: boolean;
  parallel: boolean;
  stories: number[];
  phase: string | null;
}

export interface DocumentState {
  path: string;
  kind: string;
  errors: number;
  warnings: number;
  /** The newest one that changed it, if it is not too long ago. */
  commit: string | null;
  url: string;
}

export interface FeatureText {
  path: string;
  head: string;
  text: string;
  versions: FeatureVersion[];
  is_cut: boolean;
}

export interface FeatureVersion {
  sha: string;
  subject: string;
  author: string;
  at: Timestamp;
  url: string;
}

export interface FoundDocuments {
  /** By repository and feature, the newest feature first. */
  items: FoundDocument[];
  /** Where new documents can begin. */
  homes: DocumentHome[];
  /** Repositories that cannot be read now. */
  unreadable: string[];
  /** Whether there are more. */
  is_cut: boolean;
}

export interface FoundDocument {
  repository: string;
  branch: string;
  /** Null for a document below `docs/`. */
  feature: string | null;
  path: string;
  /** The first heading. */
  title: string | null;
  /** Edits it. */
  url: string;
}

export interface DocumentHome {
  repository: string;
  branch: string;
  feature: string | null;
}

export interface DocumentAddress {
  /** Below `docs/`, or in a feature's folder. */
  path: string;
  /** Together with `branch`. */
  repository?: string | null;
  /** The repository's own, or a feature's. */
  branch?: string | null;
  /** Instead of the two. */
  thread_id?: string | null;
  /** A specification's, such as `spec` or `plan`, for a new document. */
  template?: string | null;
}

export interface OpenedDocument {
  /** The conversation beside which the caller edits it. */
  thread_id: string;
  repository: string;
  /** Where changes go. */
  branch: string;
  path: string;
  /** The template's. */
  text: string | null;
}

export interface DocumentList {
  repository: string;
  /** Where a new one below `docs/` goes. */
  branch: string;
  items: ListedDocument[];
  /** Whether there are more than the list has. */
  is_cut: boolean;
}

export interface ListedDocument {
  path: string;
  /** In bytes. */
  size: number;
  /** Where it is read from, and where changes go. */
  branch: string;
  /** The branch's commit that was read. */
  commit: string;
}

export interface Document {
  path: string;
  text: string;
  /** The branch's commit that was read: the `base` of a change. */
  commit: string;
  /** Shows the document. */
  url: string;
}

export interface DocumentChange {
  /** The whole new text, at most 102,400 bytes. */
  text: string;
  /** The `commit` that was read with the document; none for a new one. */
  base?: string | null;
  /** The commit's message. */
  message?: string | null;
}

export interface SavedDocument {
  /** Null if the text was there already. */
  commit: MadeCommit | null;
  /** As it is stored now. */
  text: string;
  /** Whether it has lines that others have committed since `base`. */
  merged: boolean;
}

export interface MadeCommit {
  sha: string;
  url: string;
}

export interface DocumentConflict {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The text at `base`; null where there was none. */
  base_text: string | null;
  /** As others have committed it; null if they have deleted it. */
  theirs: string | null;
  /** As it was sent; null if the texts are not the reason. */
  ours: string | null;
}

export interface CommentList {
  items: Comment[];
}

export interface Comment {
  number: number;
  author: string;
  text: string;
  /** The passage as it was; empty in an answer. */
  quote: string;
  anchor: CommentAnchor | null;
  /** The number of the comment that it answers. */
  answers: number | null;
  created_at: Timestamp;
}

export interface CommentAnchor {
  /** The history of edits, as the live connection's `hello` names it. */
  epoch: string;
  /** Of the passage's first letter; null where the passage was not found. */
  start: TextPosition | null;
  /** Of its last letter. */
  end: TextPosition | null;
}

export interface TextPosition {
  /** Always `text`. */
  tname: string;
  item: TextUnit;
  /** 0 or more: the letter that follows; less: the one before. */
  assoc: number;
}

export interface TextUnit {
  client: number;
  clock: number;
}

export interface NewComment {
  text: string;
  /** The passage, as the document has it; required unless it answers another comment. */
  quote?: string | null;
  /** Where the passage is; without it, its first place in the text. */
  anchor?: CommentAnchor | null;
  /** The number of the comment that it answers. */
  answers?: number | null;
  /** Whether the model shall change the passage so and commit it, as `refine` does. */
  refine?: boolean | null;
}

export interface StepPage {
  operation_id: string | null;
  items: Step[];
  /** For `after`: what comes later is new. */
  position: number;
  is_cut: boolean;
  next_cursor: string | null;
}

export interface Step {
  id: string;
  tool: string | null;
  title: string | null;
  state: "waiting" | "running" | "done" | "failed" | "denied" | "interrupted" | null;
  decision: string | null;
  input: StepInput[] | null;
  output: string | null;
  summary: string | null;
  has_changes: boolean | null;
  started_ms: number | null;
  ended_ms: number | null;
}

export interface StepInput {
  name: string;
  text: string;
}

export interface CommitFiles {
  sha: string;
  files: number;
  additions: number;
  deletions: number;
  items: CommitFile[];
  next_cursor: string | null;
}

export interface CommitFile {
  path: string;
  /** Of a renamed or copied file. */
  old_path: string | null;
  kind: "added" | "removed" | "modified" | "renamed" | "copied";
  additions: number;
  deletions: number;
  binary: boolean;
}

export interface ModelPage {
  items: Model[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Model {
  id: string;
  detail: string;
  provider: string;
  default: boolean;
  name: string;
  input_limit: number;
  output_limit: number;
  tokenizer: string | null;
  version: string | null;
  vendor: string | null;
  multiplier: number | null;
  preview: boolean;
}

export interface PersonaPage {
  items: Persona[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Persona {
  name: string;
  summary: string;
  /** Whether threads have it that have chosen none. */
  default: boolean;
  /** The model of threads with this persona that have chosen none; null for the default. */
  model: string | null;
}

export interface UsagePage {
  items: Usage[];
  next_cursor: string | null;
  /** The account's remaining allowance, for owners. */
  quota: Quota | null;
}

export interface Usage {
  model: string;
  turns: number;
  input_tokens: number;
  output_tokens: number;
}

export interface Quota {
  provider: string;
  plan: string | null;
  reset_date: string | null;
  items: QuotaItem[];
}

export interface QuotaItem {
  id: string;
  name: string;
  unlimited: boolean;
  entitlement: number | null;
  remaining: number | null;
  percent_remaining: number | null;
}

export interface SessionPage {
  items: Session[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Session {
  id: string;
  thread_id: string;
  title: string;
  adapter: string;
  owner: string;
  state: "active" | "idle" | "archived";
  running: number;
  queued: number;
  created_at: Timestamp;
  active_at: Timestamp;
}

export interface RepositoryPage {
  items: Repository[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Repository {
  name: string;
  default: boolean;
  url: string;
  page: string | null;
}

export interface CommandPage {
  items: Command[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface Command {
  word: string;
  usage: string;
  summary: string;
}

export interface Rating {
  /** `none` takes back what you said. */
  value: "up" | "down" | "none";
  /** Why, in your words; at most 1,000 bytes are kept. */
  word?: string | null;
}

export interface RatedAnswerList {
  items: RatedAnswer[];
}

export interface RatedAnswer {
  operation_id: string;
  thread_id: string;
  /** The thread's. */
  title: string;
  person: string;
  /** What the person is called, where that is known. */
  name: string | null;
  value: "up" | "down";
  /** Why, in their words. */
  word: string | null;
  model: string | null;
  persona: string | null;
  at: Timestamp;
}

export interface AuditRowPage {
  items: AuditRow[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface AuditRow {
  number: number;
  at: Timestamp;
  kind: string;
  session: string | null;
  turn: string | null;
  actor: string;
  details: unknown;
  previous: string;
  hash: string;
}

export interface HostList {
  items: Host[];
}

export interface Host {
  name: string;
  version: string;
  state: "live" | "draining" | "drained" | "gone";
  since: Timestamp;
  /** Web threads that it serves. */
  threads: number;
  /** Networks that it serves, by the ids of their adapters. */
  adapters: string[];
}

export interface Analytics {
  items: AnalyticsItem[];
  totals: AnalyticsTotals;
}

export interface AnalyticsItem {
  /** The values of `by`, by its words. */
  key: Record<string, string>;
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
  /** Tasks that became done in a list of tasks. */
  tasks_done: number | null;
  /** Of models without a known price: `cost` lacks them. */
  tokens_unpriced: number;
  /** Seconds of a turn. */
  turn_p50: number | null;
  turn_p95: number | null;
  /** Answers that somebody liked; less those that they took back. */
  thumbs_up: number;
  thumbs_down: number;
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
  /** Tasks that became done in a list of tasks. */
  tasks_done: number | null;
  /** Of models without a known price: `cost` lacks them. */
  tokens_unpriced: number;
  /** Seconds of a turn. */
  turn_p50: number | null;
  turn_p95: number | null;
  /** Answers that somebody liked; less those that they took back. */
  thumbs_up: number;
  thumbs_down: number;
}

export interface PeopleList {
  items: PersonWithAccess[];
  removed: RemovedPerson[];
  invites: Invite[];
}

export interface PersonWithAccess {
  id: string;
  identity: string;
  name: string | null;
  network: string;
  role: "guest" | "member" | "owner";
  way: "list" | "code" | "sign-in" | "token";
  /** The place in the configuration of a listed person. */
  key: string | null;
  /** The role that the configuration says, where another one counts. */
  listed_role: "guest" | "member" | "owner" | null;
  scopes: string[];
  since: Timestamp | null;
  last_seen: Timestamp | null;
  expires_at: Timestamp | null;
  /** The ids of the sign-ins of the person's browsers. */
  browsers: string[];
  /** The person's other identities. */
  linked: string[];
  /** Whether it is the caller. */
  self: boolean;
}

export interface RemovedPerson {
  id: string;
  identity: string;
}

export interface Invite {
  id: string;
  role: "guest" | "member" | "owner";
  /** Whom it is for. */
  name: string | null;
  expires_at: Timestamp;
  /** Who made it. */
  by: string | null;
}

export interface PersonChange {
  role: "guest" | "member" | "owner";
}

export interface NewInvite {
  role: "guest" | "member" | "owner";
  /** Whom it is for; fills the sign-in in. */
  name?: string | null;
  /** A duration such as `12h` or `7d`, or a time, within 30 days; by default two days. */
  expires?: string | null;
}

export interface JoiningCode {
  id: string;
  code: string;
  /** Opens the sign-in with the code filled in. */
  url: string;
  expires_at: Timestamp;
}

export interface HookList {
  items: Hook[];
}

export interface Hook {
  name: string;
  /** The URL without its path, which may be a secret. */
  address: string;
  events: string[];
  allow_private: boolean;
  /** That of the last try; `gone` is one that was answered with 410: it gets nothing until a test succeeds. */
  state: "ok" | "failing" | "gone";
  waiting: number;
  /** Deliveries of the last days that were given up. */
  given_up: number;
  last_delivery: HookDelivery | null;
  /** Null if nothing is queued or a delivery is in flight. */
  next_try: Timestamp | null;
}

export interface HookDelivery {
  /** As in `X-Jetbridge-Delivery`. */
  id: string;
  event: string;
  state: "waiting" | "delivered" | "given_up";
  tries: number;
  /** Of the last answer. */
  status: number | null;
  /** Why the last try failed, or why there is no other one. */
  error: string | null;
  created_at: Timestamp;
  tried_at: Timestamp | null;
  next_try: Timestamp | null;
}

export interface HookDeliveryPage {
  items: HookDelivery[];
  /** The `cursor` of the next page; null on the last one. */
  next_cursor: string | null;
}

export interface TaskPage {
  items: Task[];
  next_cursor: string | null;
  /** At which the list was read; null for those of several repositories. */
  commit: string | null;
}

export interface Task {
  /** `~` and hex digits for a task without an id of its own, until its first change. */
  id: string;
  repository: string;
  text: string;
  state: "open" | "started" | "done" | "dropped";
  owner: string | null;
  labels: string[];
  priority: string | null;
  /** Such as `2026-12-01`. */
  due: string | null;
  links: LinkOfTask[];
  /** Those that it links; of a single task also those that name it, by `Jetbridge-Task: ID`. */
  commits: CommitOfTask[];
  notes: NoteOfTask[];
  /** The heading above it. */
  section: string | null;
  /** The thread that worked on it last. */
  thread_id: string | null;
  line: number;
  updated_at: Timestamp;
  /** At which it was read: the `base` of a change. */
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
  date: string;
  text: string;
}

export interface TaskFeaturePage {
  items: TaskFeature[];
}

export interface TaskFeature {
  repository: string;
  /** The folder's name below `specs/`. */
  feature: string;
  branch: string;
  url: string;
  done: number;
  total: number;
  tasks: TaskOfFeature[];
}

export interface TaskOfFeature {
  id: string;
  text: string;
  state: "open" | "started" | "done" | "dropped";
}

export interface NewTask {
  /** By default the default one. */
  repository?: string | null;
  /** One line. */
  text: string;
  owner?: string | null;
  /** At most 50. */
  labels?: string[] | null;
  /** A word, such as `high`. */
  priority?: string | null;
  /** Such as `2026-12-01`. */
  due?: string | null;
  /** The thread that it comes from. */
  thread_id?: string | null;
}

export interface TaskChange {
  state?: "open" | "started" | "done" | "dropped" | null;
  owner?: string | null;
  /** One line. */
  text?: string | null;
  /** At most 50. */
  labels?: string[] | null;
  /** A word, such as `high`. */
  priority?: string | null;
  /** Such as `2026-12-01`. */
  due?: string | null;
  /** Is added to the others. */
  note?: string | null;
  /** An address or the hash of a commit; is added to the others. */
  link?: string | null;
  /** The `commit` at which the task was read: nothing is changed if it is another one since. */
  base?: string | null;
}

export interface GraphQLQuery {
  /** The document. */
  query: string;
  /** Values of the operation's variables, by name. */
  variables?: unknown | null;
  operationName?: string | null;
}
