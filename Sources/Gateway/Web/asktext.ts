// The text of an ask. Pure. Of Markdown it knows code, which is shown exactly, and escapes; nothing else in it has a meaning.

import { Part, parseFences } from "./fences";

export interface AskText {
  title: string;
  /** What follows the first line, without options, outcome, and the last lines, which say how and until when it is answered. */
  parts: Part[];
  /** The line that says how it ended; null while it is open. */
  outcome: string | null;
}

const option = /^[A-Z]\. \S/;
const ending = /^(?:Approved by \S|Denied by \S|Answered by \S|Expired\b|Closed\b)/;

/** A card says both by its buttons and its clock, in the reader's time. */
const how = /^.{1,300} answers me \S/;
const until = /^(?:Directory (`.*`), open|Open) until \d{4}-\d\d-\d\d \d\d:\d\d\S* UTC\.$/;

/** The id in the first line of an ask: "Approval `a7`: alice wants to run". Null for other messages. */
export function askID(text: string): string | null {
  return /^(?:Approval|Question|Clarify|Conflict|Access) `([^`\s]{1,64})`: /.exec(text)?.[1] ?? null;
}

export function parseAsk(text: string): AskText {
  const [title = "", ...rest] = text.split("\n");
  let outcome: string | null = null;
  const parts: Part[] = [];
  const fences = parseFences(rest.join("\n"));
  for (const [index, part] of fences.entries()) {
    if (part.kind === "code") {
      parts.push(part);
      continue;
    }
    const lines = part.text.split("\n");
    outcome = [...lines].reverse().find((line) => ending.test(line)) ?? outcome;
    // The letter above a block belongs to one of several approvals.
    const item = fences[index + 1]?.kind === "code" ? lines.map((line) => line !== "").lastIndexOf(true) : -1;
    const isKept = (line: string, number: number): boolean => number === item || (!option.test(line) && !ending.test(line));
    const kept = lines.filter(isKept).join("\n").trim();
    if (kept !== "") parts.push({ ...part, text: kept });
  }
  const last = parts[parts.length - 1];
  if (last?.kind === "text") {
    const lines = last.text.split("\n");
    if (how.test(lines[lines.length - 1]!)) lines.pop();
    last.text = lines.map((line) => line.replace(until, (_, directory?: string) => (directory ? `Directory ${directory}.` : ""))).join("\n").trim();
    if (last.text === "") parts.pop();
  }
  return { title, parts, outcome };
}

/** Words and code spans of a line. A backslash before a punctuation mark is left out, as in Markdown. */
export function inline(text: string): { isCode: boolean; text: string }[] {
  const pieces: { isCode: boolean; text: string }[] = [];
  for (const [all = "", , code] of text.matchAll(/(`+)(?!`)([^\n]*?[^`])\1(?!`)|\\[!-\/:-@[-`{-~]|[^]/g)) {
    const last = pieces[pieces.length - 1];
    const words = all.length === 2 && all.startsWith("\\") ? all.slice(1) : all;
    if (code !== undefined) pieces.push({ isCode: true, text: code.replace(/^ (.*`.*) $/, "$1") });
    else if (last && !last.isCode) last.text += words;
    else pieces.push({ isCode: false, text: words });
  }
  return pieces;
}

/** The text of a line, without marks of code. */
export const words = (text: string): string => inline(text).map((piece) => piece.text).join("");

/** "4:05", from an hour on "2 h 05 min", from two days on "29 days". */
export function remaining(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds >= 172_800) return `${Math.floor(seconds / 86_400)} days`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}
