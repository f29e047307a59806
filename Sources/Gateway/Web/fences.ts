// Splits a message of ours into its code blocks and the lines between them. Pure. Unlike the Markdown parser it changes nothing
// in a block: every blank and line break stays.

export interface Part {
  kind: "text" | "code";
  /** Of a code block: the words after the opening fence. */
  info: string;
  text: string;
}

export function parseFences(text: string): Part[] {
  const lines = text.split("\n");
  const parts: Part[] = [];
  let words: string[] = [];
  const endWords = (): void => {
    const joined = words.join("\n").trim();
    if (joined !== "") parts.push({ kind: "text", info: "", text: joined });
    words = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const opening = /^(`{3,})([^`]*)$/.exec(lines[at]!);
    if (!opening) {
      words.push(lines[at]!);
      continue;
    }
    endWords();
    const length = opening[1]!.length;
    const found = lines.findIndex((line, index) => index > at && /^`{3,}\s*$/.test(line) && line.trimEnd().length >= length);
    const end = found < 0 ? lines.length : found;
    parts.push({ kind: "code", info: opening[2]!.trim(), text: lines.slice(at + 1, end).join("\n") });
    at = end;
  }
  endWords();
  return parts;
}
