// Which messages run a command, and what their stored replies contain. Pure.

import { parseFences } from "./fences";
import { Stream } from "./terminal/interpreter";

/** A message whose operation shows the output of a command. */
export interface Run {
  /** Of a `run` the command; else the message itself. */
  command: string;
  isTyped: boolean;
}

/** "/run make test" and "/jobs 3"; null for other messages. */
export function runOf(text: string): Run | null {
  const message = text.trim();
  const command = /^[/!]\s?run\s+(\S[\s\S]*)$/.exec(message)?.[1];
  if (command !== undefined) return { command, isTyped: true };
  return /^[/!]\s?jobs\s+\S+$/.test(message) ? { command: message, isTyped: false } : null;
}

/** "/diff". */
export const isDiffCommand = (text: string): boolean => /^[/!]\s?diff$/.test(text.trim());

export interface StoredRun {
  pieces: { text: string; stream: Stream }[];
  /** Other lines: how it ended, and remarks. */
  remarks: string[];
}

/** The output in a stored reply: code blocks, those of standard error marked `stderr`. */
export function storedRun(text: string): StoredRun {
  const result: StoredRun = { pieces: [], remarks: [] };
  let isError = false;
  for (const part of parseFences(text)) {
    if (part.kind === "code") {
      result.pieces.push({ text: `${part.text}\n`, stream: isError || part.info === "stderr" ? "stderr" : "stdout" });
      isError = false;
      continue;
    }
    for (const line of part.text.split("\n")) {
      isError = /^\W*stderr\W*$/i.test(line);
      if (!isError && line.trim() !== "") result.remarks.push(line);
    }
  }
  return result;
}
