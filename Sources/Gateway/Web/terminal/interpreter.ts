// Turns the output of a command into styled lines. Pure: text in, lines out.
//
// It is a terminal with one line that can still change. Carriage return, backspace, tab, "erase in line" and SGR work on it;
// every other control character and sequence (cursor movement, titles, links, queries) is dropped.

import { plain, Style, styled } from "./style";

export type Stream = "stdout" | "stderr";

/** Text in one style. */
export interface Run {
  text: string;
  style: Style;
  stream: Stream;
}
export type Line = Run[];

interface Cell {
  text: string;
  style: Style;
  stream: Stream;
}
type State = "text" | "escape" | "intermediate" | "sequence" | "string" | "string escape";

/** In cells. A longer line is broken, so that output without line feeds stays bounded. */
const widest = 2000;
const tabWidth = 8;
/** In characters; a longer sequence is damaged or hostile. */
const longestSequence = 128;
/** What belongs to the character before it: marks, joiners, variation selectors. */
const attaching = /^[\p{M}\u200d\ufe0e\ufe0f]$/u;
/** Marks on one character; more are dropped. */
const mostMarks = 16;

export class Interpreter {
  private cells: Cell[] = [];
  private column = 0;
  private style: Style = plain;
  private state: State = "text";
  private parameters = "";
  private finished: Line[] = [];

  /** Takes the next output, which may begin and end within a sequence. Returns the lines that no longer change. */
  write(text: string, stream: Stream = "stdout"): Line[] {
    for (const character of text) this.take(character, stream);
    const lines = this.finished;
    this.finished = [];
    return lines;
  }

  /** The line that may still change. */
  get current(): Line {
    return runs(this.cells);
  }

  private take(character: string, stream: Stream): void {
    const code = character.codePointAt(0)!;
    // These act at once, also within a sequence; a line feed ends a damaged one, so that it hides at most its own line.
    if (code === 0x0a) {
      this.state = "text";
      return this.feed();
    }
    if (code === 0x1b) {
      this.state = this.state === "string" ? "string escape" : "escape";
      return;
    }
    // CAN and SUB cancel a sequence.
    if (code === 0x18 || code === 0x1a) {
      this.state = "text";
      return;
    }
    switch (this.state) {
      case "text": return this.print(character, code, stream);
      case "escape": return this.escape(character);
      case "intermediate":
        // The final byte of a sequence such as "select character set".
        if (code >= 0x30) this.state = "text";
        return;
      case "sequence": return this.sequence(character, code);
      case "string":
        // BEL or ST ends a title, a link and the like.
        if (code === 0x07 || code === 0x9c) this.state = "text";
        return;
      case "string escape":
        this.state = "text";
        if (character !== "\\") this.escape(character);
    }
  }

  private print(character: string, code: number, stream: Stream): void {
    if (code >= 0x20 && code < 0x7f) return this.put(character, stream);
    switch (code) {
      case 0x08:
        this.column = Math.max(0, this.column - 1);
        return;
      case 0x09: {
        const stop = this.column + tabWidth - (this.column % tabWidth);
        while (this.column < stop) this.put(" ", stream);
        return;
      }
      case 0x0d:
        this.column = 0;
        return;
      case 0x9b: return this.begin("sequence");
      case 0x90:
      case 0x98:
      case 0x9d:
      case 0x9e:
      case 0x9f: return this.begin("string");
    }
    if (code >= 0xa0) this.put(character, stream);
  }

  private escape(character: string): void {
    this.state = "text";
    if (character === "[") this.begin("sequence");
    else if ("]PX^_".includes(character)) this.begin("string");
    else if (character >= " " && character <= "/") this.begin("intermediate");
  }

  private begin(state: State): void {
    this.state = state;
    this.parameters = "";
  }

  private sequence(character: string, code: number): void {
    if (code < 0x20 || code > 0x7e || this.parameters.length > longestSequence) {
      this.state = "text";
      return;
    }
    if (code < 0x40) {
      this.parameters += character;
      return;
    }
    this.state = "text";
    // With a private marker or an intermediate byte the letters mean something else.
    if (!/^[\d;:]*$/.test(this.parameters)) return;
    if (character === "m") this.style = styled(this.style, this.parameters);
    else if (character === "K") this.erase(this.parameters || "0");
  }

  private erase(part: string): void {
    if (part === "0") this.cells.length = Math.min(this.cells.length, this.column);
    else if (part === "1") this.blank(Math.min(this.column + 1, this.cells.length));
    else if (part === "2") this.blank(this.cells.length);
  }

  private blank(count: number): void {
    for (let at = 0; at < count; at += 1) this.cells[at] = { text: " ", style: plain, stream: "stdout" };
    if (count === this.cells.length) this.cells = [];
  }

  private put(character: string, stream: Stream): void {
    const before = this.cells[this.column - 1];
    if (before && attaching.test(character)) {
      if (before.text.length < mostMarks) before.text += character;
      return;
    }
    if (this.column >= widest) this.feed();
    while (this.cells.length < this.column) this.cells.push({ text: " ", style: plain, stream });
    this.cells[this.column] = { text: character, style: this.style, stream };
    this.column += 1;
  }

  private feed(): void {
    this.finished.push(runs(this.cells));
    this.cells = [];
    this.column = 0;
  }
}

function runs(cells: Cell[]): Line {
  const line: Line = [];
  for (const { text, style, stream } of cells) {
    const last = line[line.length - 1];
    // The same style is the same object, except where it was set again; both draw the same.
    if (last && last.style === style && last.stream === stream) last.text += text;
    else line.push({ text, style, stream });
  }
  return line;
}
