// The text of an ask. Pure. Nothing in it is Markdown except code blocks, which are shown exactly.

import { Part, parseFences } from "./fences";

export interface AskText {
  title: string;
  /** What follows the first line, without options and outcome. */
  parts: Part[];
  /** The line that says how it ended; null while it is open. */
  outcome: string | null;
}

const option = /^[A-Z]\. \S/;
const ending = /^(?:Approved by \S|Denied by \S|Expired\b|Closed\b)/;

/** The id in the first line of an approval: "Approval `a7`: alice wants to run". Null for other messages. */
export function askID(text: string): string | null {
  return /^Approval `([^`\s]{1,64})`: /.exec(text)?.[1] ?? null;
}

export function parseAsk(text: string): AskText {
  const [title = "", ...rest] = text.split("\n");
  let outcome: string | null = null;
  const parts: Part[] = [];
  for (const part of parseFences(rest.join("\n"))) {
    if (part.kind === "code") {
      parts.push(part);
      continue;
    }
    const lines = part.text.split("\n");
    outcome = [...lines].reverse().find((line) => ending.test(line)) ?? outcome;
    const kept = lines.filter((line) => !option.test(line) && !ending.test(line)).join("\n").trim();
    if (kept !== "") parts.push({ ...part, text: kept });
  }
  return { title, parts, outcome };
}

/** "4:05", or from an hour on "2 h 05 min". */
export function remaining(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}
