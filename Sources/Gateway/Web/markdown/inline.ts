// Parses Markdown's inline text into a tree with CommonMark's delimiter stack.

export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "break" }
  | { type: "footnote"; number: number }
  | { type: "em" | "strong" | "del"; children: Inline[] }
  | { type: "link"; href: string; title: string | null; children: Inline[] };

interface Delimiter {
  sign: string;
  count: number;
  original: number;
  at: number;
  opens: boolean;
  closes: boolean;
}

const punctuation = /[!-/:-@[-`{-~\p{P}\p{S}]/u;
const space = /[\s\u00a0]/;
/** Levels of emphasis within each other. */
const deepest = 32;
const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", hellip: "…", mdash: "—", ndash: "–" };

/** Accepts http and https only. Anything else (javascript:, data:, relative paths that a model made up) stays text. */
export function safeLink(href: string): string | null {
  if (!/^https?:\/\//i.test(href)) return null;
  try {
    const url = new URL(href);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** @param notes the numbers of the footnotes that can be referenced */
export function parseInline(text: string, notes: ReadonlyMap<string, number>, allowLinks = true): Inline[] {
  return new InlineParser(text, notes, allowLinks).run();
}

class InlineParser {
  private at = 0;
  private nodes: Inline[] = [];
  private pending = "";
  private delimiters: Delimiter[] = [];

  constructor(private readonly text: string, private readonly notes: ReadonlyMap<string, number>, private readonly allowLinks: boolean) {}

  run(): Inline[] {
    while (this.at < this.text.length) this.step();
    this.flush();
    this.resolve();
    return this.nodes.filter((node) => node.type !== "text" || node.text !== "");
  }

  private step(): void {
    const sign = this.text[this.at]!;
    switch (sign) {
      case "\\": return this.escape();
      case "`": return this.codeSpan();
      case "*": case "_": case "~": return this.delimiter(sign);
      case "!": if (this.text[this.at + 1] === "[") return this.link(1); break;
      case "[": if (this.footnote()) return; return this.link(0);
      case "<": return this.angle();
      case "&": return this.entity();
      case "\n": return this.lineBreak();
      case "h": if (this.bareLink()) return; break;
    }
    this.pending += sign;
    this.at += 1;
  }

  private flush(): void {
    if (this.pending) this.nodes.push({ type: "text", text: this.pending });
    this.pending = "";
  }

  private push(node: Inline, next: number): void {
    this.flush();
    this.nodes.push(node);
    this.at = next;
  }

  private literal(next: number): void {
    this.pending += this.text.slice(this.at, next);
    this.at = next;
  }

  private escape(): void {
    const next = this.text[this.at + 1];
    if (next === "\n") return this.push({ type: "break" }, this.at + 2);
    if (next !== undefined && /[!-/:-@[-`{-~]/.test(next)) {
      this.pending += next;
      this.at += 2;
    } else {
      this.literal(this.at + 1);
    }
  }

  private codeSpan(): void {
    let open = this.at;
    while (this.text[open] === "`") open += 1;
    const sign = "`".repeat(open - this.at);
    let close = this.text.indexOf(sign, open);
    while (close >= 0) {
      let end = close + sign.length;
      while (this.text[end] === "`") end += 1;
      if (end - close === sign.length) {
        let code = this.text.slice(open, close).replace(/\n/g, " ");
        if (/^ .* $/s.test(code) && code.trim() !== "") code = code.slice(1, -1);
        return this.push({ type: "code", text: code }, end);
      }
      close = this.text.indexOf(sign, end);
    }
    this.literal(open);
  }

  private delimiter(sign: string): void {
    let end = this.at;
    while (this.text[end] === sign) end += 1;
    const count = end - this.at;
    if ((sign === "~" && count > 2) || count > deepest) return this.literal(end);
    const before = this.at === 0 ? " " : this.text[this.at - 1]!;
    const after = end >= this.text.length ? " " : this.text[end]!;
    const left = !space.test(after) && (!punctuation.test(after) || space.test(before) || punctuation.test(before));
    const right = !space.test(before) && (!punctuation.test(before) || space.test(after) || punctuation.test(after));
    const opens = left && (sign !== "_" || !right || punctuation.test(before));
    const closes = right && (sign !== "_" || !left || punctuation.test(after));
    this.flush();
    this.delimiters.push({ sign, count, original: count, at: this.nodes.length, opens, closes });
    this.nodes.push({ type: "text", text: sign.repeat(count) });
    this.at = end;
  }

  /** Pairs the delimiters, innermost first. */
  private resolve(): void {
    const stack: Delimiter[] = [];
    for (const closer of this.delimiters) {
      while (closer.closes && closer.count > 0) {
        const index = findOpener(stack, closer);
        if (index < 0) break;
        const opener = stack[index]!;
        stack.length = index + 1;
        this.wrap(opener, closer);
        if (opener.count === 0) stack.pop();
      }
      if (!closer.opens || closer.count === 0) continue;
      stack.push(closer);
      // The oldest ones stay text: deeper nesting helps nobody, and drawing it would need as deep a call stack.
      // Signs are counted, because one opener of many signs can open as many levels.
      let signs = stack.reduce((sum, opener) => sum + opener.count, 0);
      while (signs > deepest) signs -= stack.shift()!.count;
    }
  }

  private wrap(opener: Delimiter, closer: Delimiter): void {
    const used = opener.sign === "~" ? opener.count : opener.count >= 2 && closer.count >= 2 ? 2 : 1;
    opener.count -= used;
    closer.count -= used;
    this.nodes[opener.at] = { type: "text", text: opener.sign.repeat(opener.count) };
    this.nodes[closer.at] = { type: "text", text: closer.sign.repeat(closer.count) };
    const children = this.nodes.slice(opener.at + 1, closer.at);
    const type = opener.sign === "~" ? "del" : used === 2 ? "strong" : "em";
    // The nodes in between become empty texts, so that the delimiters' indices stay valid.
    for (let i = opener.at + 1; i < closer.at; i += 1) this.nodes[i] = { type: "text", text: "" };
    this.nodes[opener.at + 1] = { type, children: children.filter((node) => node.type !== "text" || node.text !== "") };
  }

  private footnote(): boolean {
    if (this.notes.size === 0 || !this.allowLinks) return false;
    const found = /^\[\^([^\]\s]{1,60})\]/.exec(this.text.slice(this.at, this.at + 64));
    const number = found ? this.notes.get(found[1]!) : undefined;
    if (!found || number === undefined) return false;
    this.push({ type: "footnote", number }, this.at + found[0]!.length);
    return true;
  }

  private link(skip: number): void {
    const start = this.at + skip;
    const close = this.matching(start);
    const target = close < 0 || !this.allowLinks ? null : this.target(close + 1);
    if (!target) return this.literal(start + 1);
    const label = this.text.slice(start + 1, close);
    const href = safeLink(target.href);
    if (href) {
      // An image is shown as a link, so that nothing is fetched from other sites.
      const children = skip ? [{ type: "text" as const, text: label || "image" }] : parseInline(label, this.notes, false);
      return this.push({ type: "link", href, title: target.title, children }, target.end);
    }
    this.flush();
    this.nodes.push(...parseInline(label, this.notes, false));
    this.pending = ` (${target.href})`;
    this.at = target.end;
  }

  private matching(start: number): number {
    let depth = 0;
    for (let i = start; i < this.text.length; i += 1) {
      const sign = this.text[i];
      if (sign === "\\") i += 1;
      else if (sign === "[") depth += 1;
      else if (sign === "]" && --depth === 0) return i;
      if (i - start > 2000) return -1;  // labels are short; this limit keeps "[[[[…" linear
    }
    return -1;
  }

  private target(at: number): { href: string; title: string | null; end: number } | null {
    if (this.text[at] !== "(") return null;
    const rest = this.text.slice(at + 1, at + 4097);
    const found = /^[ \n]*(?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*))(?:[ \n]+(?:"([^"]*)"|'([^']*)'))?[ \n]*\)/.exec(rest);
    if (!found) return null;
    return { href: found[1] ?? found[2] ?? "", title: found[3] ?? found[4] ?? null, end: at + 1 + found[0]!.length };
  }

  private angle(): void {
    const found = /^<(https?:\/\/[^\s<>]{1,2000})>/i.exec(this.text.slice(this.at, this.at + 2010));
    const href = found && this.allowLinks ? safeLink(found[1]!) : null;
    if (!found || !href) return this.literal(this.at + 1);
    this.push({ type: "link", href, title: null, children: [{ type: "text", text: found[1]! }] }, this.at + found[0]!.length);
  }

  private bareLink(): boolean {
    if (!this.allowLinks || (this.at > 0 && /[\w/]/.test(this.text[this.at - 1]!))) return false;
    const found = /^https?:\/\/[^\s<>"`]{1,2000}/i.exec(this.text.slice(this.at, this.at + 2010));
    if (!found) return false;
    let shown = found[0]!.replace(/[.,:;!?'*_~]+$/, "");
    while (shown.endsWith(")") && shown.split(")").length > shown.split("(").length) shown = shown.slice(0, -1);
    const href = safeLink(shown);
    if (!href) return false;
    this.push({ type: "link", href, title: null, children: [{ type: "text", text: shown }] }, this.at + shown.length);
    return true;
  }

  private entity(): void {
    const found = /^&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\w{2,8}));/.exec(this.text.slice(this.at, this.at + 12));
    const code = found?.[1] ? Number(found[1]) : found?.[2] ? parseInt(found[2], 16) : 0;
    const value = found?.[3] ? entities[found[3]] : code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (!found || value === undefined) return this.literal(this.at + 1);
    this.pending += value;
    this.at += found[0]!.length;
  }

  private lineBreak(): void {
    const hard = this.pending.endsWith("  ");
    this.pending = this.pending.trimEnd();
    if (hard) return this.push({ type: "break" }, this.at + 1);
    this.pending += "\n";
    this.at += 1;
  }
}

function findOpener(stack: Delimiter[], closer: Delimiter): number {
  for (let i = stack.length - 1; i >= 0; i -= 1) {
    const opener = stack[i]!;
    if (opener.sign !== closer.sign || !opener.opens) continue;
    if (opener.sign === "~" && opener.count !== closer.count) continue;
    // CommonMark's rule of three keeps `***a** b*` and `a***b` apart.
    const odd = (opener.closes || closer.opens) && (opener.original + closer.original) % 3 === 0;
    if (odd && (opener.original % 3 !== 0 || closer.original % 3 !== 0)) continue;
    return i;
  }
  return -1;
}
