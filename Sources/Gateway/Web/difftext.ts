// The text of the card that `diff` posts. Pure.

import { inline } from "./asktext";
import { parseFences } from "./fences";

export interface DiffText {
  /** "2 files changed, +3 −1". */
  head: string;
  url: string;
  files: { path: string; note: string; counts: [number, number] | null }[];
  /** "+3 more"; empty if all are named. */
  more: string;
  /** The diff itself, if it is small. */
  diff: string | null;
}

/** Null for other texts. */
export function parseDiffText(text: string): DiffText | null {
  const [first = "", ...rest] = text.split("\n");
  const head = /^(\d+ files? changed, \+\d+ −\d+(?: or more)?) (\S+\/t\/[^\/\s]+\/diff)$/.exec(first);
  if (!head) return null;
  const result: DiffText = { head: head[1]!, url: head[2]!, files: [], more: "", diff: null };
  for (const part of parseFences(rest.join("\n"))) {
    if (part.kind === "code") {
      result.diff = part.text;
      continue;
    }
    for (const line of part.text.split("\n")) {
      const more = /^- (\+\d+ more)$/.exec(line);
      const [name, facts, ...others] = inline(line.replace(/^- /, ""));
      const counts = facts ? /^ (?:\+(\d+) −(\d+)|binary)(?:, (.*))?$/.exec(facts.text) : null;
      if (more) result.more = more[1]!;
      else if (name?.isCode && counts) {
        const note = [counts[3] ?? "", ...others.map((piece) => piece.text)].join("").trim();
        result.files.push({ path: name.text, note, counts: counts[1] === undefined ? null : [Number(counts[1]), Number(counts[2])] });
      }
    }
  }
  return result;
}
