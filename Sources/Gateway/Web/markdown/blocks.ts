// Parses lines into a tree of Markdown blocks: the parts of CommonMark that chat answers use, with GitHub's tables, task
// lists and footnotes. Raw HTML is treated as text.

export type Align = "left" | "center" | "right" | null;
export interface ListItem {
  checked: boolean | null;
  blocks: Block[];
}
export type Block =
  | { type: "paragraph"; text: string }
  | { type: "heading"; level: number; text: string }
  | { type: "code"; language: string; text: string }
  | { type: "quote"; blocks: Block[] }
  | { type: "list"; ordered: boolean; start: number; tight: boolean; items: ListItem[] }
  | { type: "table"; align: Align[]; head: string[]; rows: string[][] }
  | { type: "rule" }
  | { type: "footnote"; label: string; blocks: Block[] };

/** A top-level block with its source, which shows whether a growing text has changed the block. */
export interface SourceBlock {
  block: Block;
  source: string;
}

// Deeper nesting is read as plain text, so that hostile text cannot exhaust the stack.
const deepest = 16;

const fence = /^ {0,3}(`{3,}|~{3,})[ \t]*([^`]*)$/;
const heading = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const quote = /^ {0,3}>/;
const bullet = /^( {0,3})([-*+])(?:([ \t]+)(.*))?$/;
const number = /^( {0,3})(\d{1,9})([.)])(?:([ \t]+)(.*))?$/;
const footnote = /^ {0,3}\[\^([^\]\s]{1,60})\]:[ \t]*(.*)$/;
const delimiterCell = /^[ \t]*:?-+:?[ \t]*$/;

export function parse(text: string): SourceBlock[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const found: SourceBlock[] = [];
  new Parser(lines, 0).run((block, from, to) => found.push({ block, source: lines.slice(from, to).join("\n") }));
  return found;
}

function parseNested(lines: string[], depth: number): Block[] {
  if (depth > deepest) return [{ type: "paragraph", text: lines.join("\n") }];
  const blocks: Block[] = [];
  new Parser(lines, depth).run((block) => blocks.push(block));
  return blocks;
}

const isBlank = (line: string): boolean => line.trim() === "";
const indent = (line: string): number => line.length - line.trimStart().length;

interface Marker {
  ordered: boolean;
  sign: string;
  start: number;
  width: number;
  rest: string;
}

function marker(line: string): Marker | null {
  const b = bullet.exec(line);
  if (b && !rule.test(line)) return make(false, b[2]!, 0, b[1]!.length + 1, b[3], b[4]);
  const n = number.exec(line);
  if (n) return make(true, n[3]!, Number(n[2]), n[1]!.length + n[2]!.length + 1, n[4], n[5]);
  return null;

  function make(ordered: boolean, sign: string, start: number, used: number, gap = "", rest = ""): Marker {
    // Five or more spaces after the marker mean one space and indented code.
    const spaces = gap.length > 4 || rest === "" ? 1 : gap.length;
    return { ordered, sign, start, width: used + spaces, rest: gap.length > 4 ? gap.slice(1) + rest : rest };
  }
}

class Parser {
  private at = 0;
  /** The line after the blank ones that were last looked at. */
  private blankEnd = 0;

  constructor(private readonly lines: string[], private readonly depth: number) {}

  run(emit: (block: Block, from: number, to: number) => void): void {
    while (this.at < this.lines.length) {
      if (isBlank(this.line)) {
        this.at += 1;
        continue;
      }
      const from = this.at;
      emit(this.block(), from, this.at);
    }
  }

  private get line(): string {
    return this.lines[this.at]!;
  }

  private block(): Block {
    const line = this.line;
    const fenced = fence.exec(line);
    if (fenced) return this.fenced(fenced[1]!, (fenced[2] ?? "").trim(), indent(line));
    const head = heading.exec(line);
    if (head) {
      this.at += 1;
      return { type: "heading", level: head[1]!.length, text: (head[2] ?? "").replace(/(^|[ \t])#+[ \t]*$/, "").trim() };
    }
    if (rule.test(line)) {
      this.at += 1;
      return { type: "rule" };
    }
    if (quote.test(line)) return this.quoted();
    const note = this.footnoteStart(line);
    if (note) return this.footnote(note);
    const item = marker(line);
    if (item) return this.list(item);
    if (/^(?: {4}|\t)/.test(line)) return this.indented();
    return this.table() ?? this.paragraph();
  }

  private fenced(sign: string, info: string, margin: number): Block {
    const text: string[] = [];
    this.at += 1;
    while (this.at < this.lines.length) {
      const line = this.line;
      this.at += 1;
      const trimmed = line.trim();
      if (trimmed.length >= sign.length && trimmed === sign[0]!.repeat(trimmed.length) && indent(line) < 4) break;
      text.push(line.slice(Math.min(margin, indent(line))));
    }
    return { type: "code", language: info.split(/[ \t]/)[0] ?? "", text: text.join("\n") };
  }

  private indented(): Block {
    const text: string[] = [];
    while (this.at < this.lines.length && (isBlank(this.line) || /^(?: {4}|\t)/.test(this.line))) {
      text.push(this.line.replace(/^(?: {4}|\t)/, ""));
      this.at += 1;
    }
    while (text.length > 0 && isBlank(text[text.length - 1]!)) text.pop();
    return { type: "code", language: "", text: text.join("\n") };
  }

  private quoted(): Block {
    const inner: string[] = [];
    while (this.at < this.lines.length && !isBlank(this.line)) {
      if (!quote.test(this.line) && this.interrupts(this.line)) break;
      inner.push(this.line.replace(/^ {0,3}> ?/, ""));
      this.at += 1;
    }
    return { type: "quote", blocks: parseNested(inner, this.depth + 1) };
  }

  /** Footnotes are defined at the top level only. */
  private footnoteStart(line: string): { label: string; rest: string } | null {
    const found = this.depth === 0 ? footnote.exec(line) : null;
    return found && { label: found[1]!, rest: found[2]! };
  }

  private footnote(start: { label: string; rest: string }): Block {
    const inner = [start.rest];
    this.at += 1;
    while (this.at < this.lines.length) {
      const line = this.line;
      const isInside = isBlank(line) ? this.isIndentedLater() : indent(line) >= 4;
      // A paragraph may continue without its indentation.
      const isLazy = !isInside && !isBlank(line) && !isBlank(inner[inner.length - 1]!) && !this.interrupts(line);
      if (!isInside && !isLazy) break;
      inner.push(isInside ? line.replace(/^(?: {4}|\t)/, "") : line);
      this.at += 1;
    }
    return { type: "footnote", label: start.label, blocks: parseNested(inner, this.depth + 1) };
  }

  /** Whether the text after the blank lines here is indented. */
  private isIndentedLater(): boolean {
    // Found once for a run of blank lines, which may be long.
    if (this.at >= this.blankEnd) {
      this.blankEnd = this.at;
      while (this.blankEnd < this.lines.length && isBlank(this.lines[this.blankEnd]!)) this.blankEnd += 1;
    }
    const next = this.lines[this.blankEnd];
    return next !== undefined && indent(next) >= 4;
  }

  private list(first: Marker): Block {
    const items: ListItem[] = [];
    let tight = true;
    while (this.at < this.lines.length) {
      const item = marker(this.line);
      if (!item || item.ordered !== first.ordered || item.sign !== first.sign) break;
      const content = this.itemLines(item);
      if (content.hasGap) tight = false;
      items.push(listItem(content.lines, this.depth));
      if (content.endsInGap) {
        const next = this.at < this.lines.length ? marker(this.line) : null;
        if (next && next.ordered === first.ordered && next.sign === first.sign) tight = false;
      }
    }
    return { type: "list", ordered: first.ordered, start: first.start, tight, items };
  }

  private itemLines(item: Marker): { lines: string[]; hasGap: boolean; endsInGap: boolean } {
    const lines = [item.rest];
    let blanks = 0;
    let hasGap = false;
    this.at += 1;
    while (this.at < this.lines.length) {
      const line = this.line;
      if (isBlank(line)) {
        blanks += 1;
        if (lines.length === 1 && isBlank(lines[0]!)) break;
      } else if (indent(line) >= item.width) {
        if (blanks > 0 && indent(line) === item.width && !marker(line.slice(item.width))) hasGap = true;
        for (; blanks > 0; blanks -= 1) lines.push("");
        lines.push(line.slice(item.width));
      } else if (blanks > 0 || marker(line) || this.interrupts(line)) {
        break;
      } else {
        lines.push(line.trimStart());
      }
      this.at += 1;
    }
    return { lines, hasGap, endsInGap: blanks > 0 };
  }

  private paragraph(): Block {
    const text: string[] = [];
    while (this.at < this.lines.length && !isBlank(this.line)) {
      const line = this.line;
      if (text.length > 0) {
        const under = /^ {0,3}(=+|-+)[ \t]*$/.exec(line);
        if (under) {
          this.at += 1;
          return { type: "heading", level: under[1]![0] === "=" ? 1 : 2, text: text.join("\n").trim() };
        }
        if (this.interrupts(line) || this.tableHead(this.at)) break;
      }
      text.push(line.trimStart());
      this.at += 1;
    }
    return { type: "paragraph", text: text.join("\n") };
  }

  /** Whether a line ends the paragraph above it. */
  private interrupts(line: string): boolean {
    if (fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line)) return true;
    if (this.footnoteStart(line)) return true;
    const item = marker(line);
    return item !== null && item.rest !== "" && (!item.ordered || item.start === 1);
  }

  private tableHead(at: number): { head: string[]; align: Align[] } | null {
    const line = this.lines[at];
    const below = this.lines[at + 1];
    if (line === undefined || below === undefined || !line.includes("|") || !below.includes("-")) return null;
    const delimiters = cells(below);
    if (!delimiters.every((cell) => delimiterCell.test(cell))) return null;
    const head = cells(line);
    return head.length === delimiters.length ? { head, align: delimiters.map(alignment) } : null;
  }

  private table(): Block | null {
    const found = this.tableHead(this.at);
    if (!found) return null;
    this.at += 2;
    const rows: string[][] = [];
    while (this.at < this.lines.length && !isBlank(this.line) && !this.interrupts(this.line)) {
      const row = cells(this.line).slice(0, found.head.length);
      while (row.length < found.head.length) row.push("");
      rows.push(row);
      this.at += 1;
    }
    return { type: "table", align: found.align, head: found.head, rows };
  }
}

function listItem(lines: string[], depth: number): ListItem {
  const task = /^\[([ xX])\][ \t]+(.*)$/.exec(lines[0] ?? "");
  if (!task) return { checked: null, blocks: parseNested(lines, depth + 1) };
  return { checked: task[1] !== " ", blocks: parseNested([task[2]!, ...lines.slice(1)], depth + 1) };
}

function alignment(cell: string): Align {
  const text = cell.trim();
  if (text.startsWith(":")) return text.endsWith(":") ? "center" : "left";
  return text.endsWith(":") ? "right" : null;
}

/** The cells of a table row; `\|` is a literal bar inside a cell. */
function cells(line: string): string[] {
  const found: string[] = [];
  let cell = "";
  const text = line.trim().replace(/^\|/, "");
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === "\\" && text[i + 1] === "|") {
      cell += "|";
      i += 1;
    } else if (text[i] === "|") {
      found.push(cell.trim());
      cell = "";
    } else {
      cell += text[i];
    }
  }
  if (cell.trim() !== "" || found.length === 0) found.push(cell.trim());
  return found;
}
