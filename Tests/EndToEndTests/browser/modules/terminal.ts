// The interpreter of terminal output.

import { readable, textOn } from "../../../../Sources/Gateway/Web/terminal/contrast";
import { History } from "../../../../Sources/Gateway/Web/terminal/history";
import { Interpreter, Line } from "../../../../Sources/Gateway/Web/terminal/interpreter";
import { plain, Style } from "../../../../Sources/Gateway/Web/terminal/style";
import { expect } from "./expect";

const words = (line: Line): string => line.map((run) => run.text).join("");

/** The lines after these writes; the last one may still change. */
function lines(...writes: string[]): string[] {
  const interpreter = new Interpreter();
  const finished = writes.flatMap((text) => interpreter.write(text));
  return [...finished, interpreter.current].map(words);
}

/** What differs from plain text in the style of the first run. */
function style(text: string): Partial<Style> {
  const interpreter = new Interpreter();
  interpreter.write(text);
  const found = interpreter.current[0]!.style;
  return Object.fromEntries(Object.entries(found).filter(([name, value]) => value !== plain[name as keyof Style]));
}

export function terminal(): void {
  const texts: [string, string[], string[]][] = [
    ["lines", ["one\ntwo\n"], ["one", "two", ""]],
    ["a line in pieces", ["on", "e\nt", "wo"], ["one", "two"]],
    ["CR LF", ["one\r\ntwo"], ["one", "two"]],
    ["progress replaces a line", [" 10 %\r 20 %\r100 %\n"], ["100 %", ""]],
    ["a shorter text leaves the rest", ["abcdef\rxy"], ["xycdef"]],
    ["erase to the end", ["abcdef\rxy\x1b[K"], ["xy"]],
    ["erase to the start", ["abcdef\x1b[3D\r\x1b[1K"], [" bcdef"]],
    ["erase the line", ["abc\x1b[2Kd"], ["   d"]],
    ["backspace", ["abc\b\bX"], ["aXc"]],
    ["backspace at the start", ["\b\bX"], ["X"]],
    ["tab stops", ["a\tb\t\tc"], ["a       b               c"]],
    ["a title", ["a\x1b]0;evil\x07b"], ["ab"]],
    ["a link ended by ST", ["a\x1b]8;;http://evil/\x1b\\b\x1b]8;;\x1b\\c"], ["abc"]],
    ["eight-bit sequences", ["a\x9b31mb\x9d0;evil\x9cc\x90evil\x9cd"], ["abcd"]],
    ["an unterminated title hides its line only", ["a\x1b]0;evil\nb"], ["a", "b"]],
    ["an unterminated sequence hides its line only", ["a\x1b[31\nb"], ["a", "b"]],
    ["an endless sequence", [`a\x1b[${"1;".repeat(100)}mb`], ["a" + "1;".repeat(100).slice(130) + "mb"]],
    ["cursor movement", ["a\x1b[2Ab\x1b[5;5Hc\x1b[sd\x1b[ue"], ["abcde"]],
    ["private sequences", ["\x1b[?25la\x1b[?1049hb\x1b[>4;2mc\x1b[2 qd"], ["abcd"]],
    ["character sets and short escapes", ["\x1b(Ba\x1b=b\x1bcc\x1bMd"], ["abcd"]],
    ["queries", ["a\x1b[6nb\x1bP+q544e\x1b\\c\x1b_evil\x1b\\d"], ["abcd"]],
    ["bells, nulls and other controls", ["a\x07b\x00c\x0bd\x7fe\x85f"], ["abcdef"]],
    ["a cancelled sequence", ["a\x1b[31\x18b\x1b]0;x\x1ac"], ["abc"]],
    ["a sequence in pieces", ["a\x1b", "[3", "1mb\x1b]0;ti", "tle\x1b", "\\c"], ["abc"]],
    ["markup stays text", ["<b>&amp;</b>"], ["<b>&amp;</b>"]],
    ["letters beyond ASCII", ["äß€日本👩‍🚀\b!"], ["äß€日本👩‍!"]],
    ["marks belong to their letter", ["e\u0301\bx"], ["x"]],
    ["marks are bounded", [`a${"\u0301".repeat(100)}`], [`a${"\u0301".repeat(15)}`]],
    ["a line without end is broken", ["x".repeat(4500)], ["x".repeat(2000), "x".repeat(2000), "x".repeat(500)]],
  ];
  for (const [name, writes, expected] of texts) expect(name, lines(...writes), expected);
  for (const [name, writes] of texts) {
    expect(`${name}, by single units`, lines(...writes.join("").match(/[\s\S]/gu)!), lines(writes.join("")));
  }

  const styles: [string, Partial<Style>][] = [
    ["\x1b[1mx", { isBold: true }], ["\x1b[2mx", { isDim: true }], ["\x1b[1;2;22mx", {}], ["\x1b[3mx", { isItalic: true }],
    ["\x1b[4mx", { isUnderlined: true }], ["\x1b[4:3mx", { isUnderlined: true }], ["\x1b[4m\x1b[4:0mx", {}], ["\x1b[7mx", { isInverse: true }],
    ["\x1b[7;27mx", {}], ["\x1b[9mx", { isStruck: true }], ["\x1b[31mx", { foreground: 1 }], ["\x1b[44mx", { background: 4 }],
    ["\x1b[97;100mx", { foreground: 15, background: 8 }], ["\x1b[38;5;9mx", { foreground: 9 }], ["\x1b[38;5;196mx", { foreground: "#ff0000" }],
    ["\x1b[48;5;244mx", { background: "#808080" }], ["\x1b[38;2;1;22;255mx", { foreground: "#0116ff" }],
    ["\x1b[38:2::1:22:255mx", { foreground: "#0116ff" }], ["\x1b[38:2:1:22:255mx", { foreground: "#0116ff" }], ["\x1b[48:5:21mx", { background: "#0000ff" }],
    ["\x1b[38;2;1;22;255;1mx", { foreground: "#0116ff", isBold: true }], ["\x1b[58;5;9;1mx", { isBold: true }], ["\x1b[38;5;999mx", {}],
    ["\x1b[38;5mx", {}], ["\x1b[38mx", {}], ["\x1b[31;39mx", {}], ["\x1b[1;31;44m\x1b[mx", {}], ["\x1b[1;31m\x1b[0;4mx", { isUnderlined: true }],
    ["\x1b[;1mx", { isBold: true }], ["\x1b[99;8;5;1mx", { isBold: true }],
  ];
  for (const [text, expected] of styles) expect(JSON.stringify(text), style(text), expected);

  const streams = new Interpreter();
  streams.write("out ", "stdout");
  streams.write("err", "stderr");
  expect("the two streams are kept apart", streams.current.map((run) => [run.text, run.stream]), [["out ", "stdout"], ["err", "stderr"]]);
  const colours = new Interpreter();
  const [first] = colours.write("\x1b[31mred\nstill\x1b[0m not");
  expect("a style lasts over line ends", [first![0]!.style.foreground, colours.current.map((run) => [run.text, run.style.foreground])], [1, [["still", 1], [" not", null]]]);
}

export function contrast(): void {
  const colours: [string, string, string][] = [
    ["#000000", "#000000", "#8c8c8c"], ["#ffffff", "#666666", "#ffffff"], ["#ff8700", "#a65800", "#ff8700"], ["#0000ff", "#0000ff", "#7373ff"],
  ];
  for (const [colour, light, dark] of colours) expect(colour, [readable(colour, "light"), readable(colour, "dark")], [light, dark]);
  expect("text on backgrounds", ["#000000", "#ffff00", "#0000ff", "#808080"].map(textOn), ["#ffffff", "#000000", "#ffffff", "#000000"]);
}

export function history(): void {
  const past = new History();
  expect("nothing before the first", past.previous("draft"), null);
  for (const command of ["one", "two", "two"]) past.add(command);
  expect("back, and no further than the oldest", [past.previous("draft"), past.previous("two"), past.previous("one")], ["two", "one", null]);
  expect("forth, and back to what was being written", [past.next(), past.next(), past.next()], ["two", "draft", null]);
  past.previous("other");
  past.add("three");
  expect("a new command begins at the end", [past.next(), past.previous("")], [null, "three"]);
  for (let number = 0; number < 300; number += 1) past.add(`c${number}`);
  let count = 0;
  while (past.previous("") !== null) count += 1;
  expect("bounded", count, 200);
}
