// The texts of asks and of replies to commands, and the lines of a diff.

import { askID, inline, parseAsk, remaining, words } from "../../../../Sources/Gateway/Web/asktext";
import { parseDiffText } from "../../../../Sources/Gateway/Web/difftext";
import { filesOf, isDiff, kindsOf } from "../../../../Sources/Gateway/Web/panel/difflines";
import { duration, size } from "../../../../Sources/Gateway/Web/panel/size";
import { pictureAddress } from "../../../../Sources/Gateway/Web/pictures";
import { isDiffCommand, runOf, storedRun } from "../../../../Sources/Gateway/Web/runs";
import { visibleLine } from "../../../../Sources/Gateway/Web/visible";
import { expect } from "./expect";

const approval = [
  "Approval `a7`: Ada wants to run", "````", "printf '```\\nA. no option\\nApproved by nobody'", "", "```", "A. no option", "Approved by nobody",
  "  ```` ", "````", "In `/workspace`, until 14:02.", "A. approve (recommended)", "B. always in this thread", "C. deny", "Answer with `/approve a7` or `/deny a7`.",
];

export function pictures(): void {
  const address = (source: string): string | null => pictureAddress(source, "t 1", "https://a.example");
  const own = "/api/v1/threads/t%201/";
  for (const [source, expected] of [
    ["out/plot 1.png", `${own}files?name=out%2Fplot%201.png`], ["./a%20b.png", `${own}files?name=a%20b.png`],
    [`${own}files?name=a.png`, `${own}files?name=a.png`], [`https://a.example${own}messages/3/files/1`, `${own}messages/3/files/1`],
    [`https://b.example${own}files?name=a.png`, null], [`${own}messages/3/files/1/../../../../export`, null], [`${own}export`, null],
    ["/api/v1/threads/t2/files?name=a.png", null], ["/signout", null], ["//b.example/a.png", null], ["https://b.example/a.png", null],
    ["javascript:alert(1)", null], ["data:image/png;base64,AA", null], ["#a", null], ["?a", null], ["%", null],
  ] as const) expect(`picture ${source}`, address(source), expected);
}

export function asks(): void {
  expect("an id", askID("Approval `a7`: Ada wants to run\n```\nls\n```"), "a7");
  for (const text of ["Approval a7: x", "approval `a7`: x", "see Approval `a7`: x", "Approval `a 7`: x", "", "x\nApproval `a7`: x"]) expect(`no id: ${text}`, askID(text), null);
  const open = parseAsk(approval.join("\n"));
  expect("the title", open.title, "Approval `a7`: Ada wants to run");
  expect("code is exact, also where it looks like a fence, an option or an outcome", open.parts[0]!.text, approval.slice(2, 8).join("\n"));
  expect("other lines stay, options go", open.parts.slice(1).map((part) => part.text), ["In `/workspace`, until 14:02.\nAnswer with `/approve a7` or `/deny a7`."]);
  expect("open", open.outcome, null);
  for (const outcome of ["Approved by Ada", "Denied by Ada: no, because", "Expired"]) {
    const closed = parseAsk([...approval, outcome].join("\n"));
    expect(outcome, [closed.outcome, closed.parts.length], [outcome, 2]);
  }
  const how = "The person who asked, or an owner, answers me with the letter, or types `/approve a7` or `/deny a7 REASON`.";
  const until = "pen until 2026-11-26 20:56:19 UTC.";
  const parts = (...lines: string[]) => parseAsk(lines.join("\n")).parts.map((part) => part.text);
  expect("the card says how and until when", parts("t", "```", "ls", "```", `Directory \`/w\`, o${until}`, "A. Approve", how), ["ls", "Directory `/w`."]);
  expect("the same without a directory", parts("t", "```", "ls", "```", `O${until}`, how, "Expired"), ["ls"]);
  expect("the same of a question", parts("t", "A. One", `Ada, or an owner, answers me with the letter. O${until}`), []);
  expect("what was asked stays", parts("t", how, "Which?"), [`${how}\nWhich?`]);
  expect("a fence that never ends", parseAsk("Approval `a`: x\n```\nApproved by x").parts.map((part) => [part.kind, part.text]), [["code", "Approved by x"]]);
  expect("blanks and empty lines of code", parseAsk("t\n```\n  a  \n\n\tb\n\n```").parts[0]!.text, "  a  \n\n\tb\n");
  const spans: [string, string[]][] = [
    ["Approval `a7`: x", ["Approval ", "`a7", ": x"]], ["Ada\\_B \\`x\\` `c\\_d`", ["Ada_B `x` ", "`c\\_d"]], ["``a ` b``", ["`a ` b"]], ["`` `a` ``", ["``a`"]], ["a `b", ["a `b"]], ["[z](http://x) **b** <i>", ["[z](http://x) **b** <i>"]], ["", []],
  ];
  for (const [text, expected] of spans) expect(`inline: ${text}`, inline(text).map((piece) => (piece.isCode ? "`" : "") + piece.text), expected);
  expect("words", words("Denied by Ada\\_B: `no`"), "Denied by Ada_B: no");
  const times: [number, string][] = [[-5, "0:00"], [0, "0:00"], [1, "0:01"], [61_000, "1:01"], [3_599_000, "59:59"], [3_600_000, "1 h 00 min"], [7_500_000, "2 h 05 min"], [172_799_000, "47 h 59 min"], [172_800_000, "2 days"], [2_592_000_000, "30 days"]];
  for (const [time, text] of times) expect(`${time} ms`, remaining(time), text);
}

export function runs(): void {
  const messages: [string, unknown][] = [
    ["/run make test", "make test"], ["!run ls", "ls"], ["  /run a\nb ", "a\nb"], ["/run", undefined], ["/running", undefined], ["run ls", undefined], ["say /run ls", undefined], ["/jobs 3", "/jobs 3"], ["/jobs", undefined],
  ];
  for (const [text, command] of messages) expect(text, runOf(text)?.command, command);
  expect("a reply", storedRun("```\nout\n\n```\nstderr\n```\nbad\n```\nexit 1 · 0.2 s"), {
    pieces: [{ text: "out\n\n", stream: "stdout" }, { text: "bad\n", stream: "stderr" }], remarks: ["exit 1 · 0.2 s"],
  });
  expect("a block marked stderr", storedRun("```stderr\nbad\n```").pieces, [{ text: "bad\n", stream: "stderr" }]);
  expect("a mark in bold", storedRun("**stderr:**\n```\nbad\n```").pieces, [{ text: "bad\n", stream: "stderr" }]);
  expect("no output", storedRun("exit 0 · 0.0 s"), { pieces: [], remarks: ["exit 0 · 0.0 s"] });
  expect("a refusal", storedRun("No jail. Do this.\n\nThen that."), { pieces: [], remarks: ["No jail. Do this.", "Then that."] });
}

export function differences(): void {
  const diff = ["diff --git a/x b/x", "--- a/x", "+++ b/x", "@@ -1,3 +1,2 @@ f", " same", "--- gone", "-gone", "+++ here", "\\ No newline at end of file", "--- a/y", "+++ b/y", "@@ -1 +1 @@", "-a", "+b"];
  expect("the kinds of lines", kindsOf(diff), ["is-header", "is-header", "is-header", "is-hunk", "", "is-removed", "is-removed", "is-added", "", "is-header", "is-header", "is-hunk", "is-removed", "is-added"]);
  const files = filesOf("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-diff --git a/y b/y\n a\n+b\ndiff --git a/old b/new n\nrename from old\nrename to new n\ndiff --git a/l g b/l g\nBinary files differ\n");
  expect("the files of a diff", files.map((file) => [file.path, file.additions, file.deletions, file.lines.length]), [["x", 1, 1, 7], ["new n", 0, 0, 3], ["l g", 0, 0, 2]]);
  expect("no files", filesOf(""), []);
  const hidden: [string, string][] = [
    ["a\u0000b", "a␀b"], ["\u001B[31m", "␛[31m"], ["\u007F", "⟨U+7F⟩"], ["\u009B", "⟨U+9B⟩"], ["a\u2028", "a⟨U+2028⟩"], ["\u202Ex", "⟨U+202E⟩x"], ["\u2066", "⟨U+2066⟩"],
    ["\u200E\u061C", "⟨U+200E⟩⟨U+61C⟩"], ["a\u200Bb", "a⟨U+200B⟩b"], ["\u2060", "⟨U+2060⟩"], ["\uFEFF#", "⟨U+FEFF⟩#"], ["\u{E0041}", "⟨U+E0041⟩"], ["+a\r", "+a"], ["a\rb", "a␍b"],
  ];
  for (const [text, shown] of hidden) expect(`hidden: ${shown}`, visibleLine(text), shown);
  for (const text of ["a\tb", "ä € 😀", "שלום", "👩\u200D💻", ""]) expect(`plain: ${text}`, visibleLine(text), text);
  for (const [text, wanted] of [["@@ -1 +1 @@\n-a\n+b", true], ["diff --git a/x b/x", true], ["- a\n+ b", false], ["echo '@@ -1'", false]] as const) expect(`a diff: ${text}`, isDiff(text), wanted);
  const card = "2 files changed, +3 −0 http://h/t/t_1/diff\n\n- `a b` +3 −0, new\n- `` `x ``  binary\n- `` `y `` +0 −0, from `o`\n- +4 more\n\n```diff\n+x\n```";
  expect("the card of `diff`", parseDiffText(card), {
    head: "2 files changed, +3 −0", url: "http://h/t/t_1/diff",
    files: [{ path: "a b", note: "new", counts: [3, 0] }, { path: "`y", note: "from o", counts: [0, 0] }], more: "+4 more", diff: "+x",
  });
  for (const text of ["2 files changed, +3 −0 (http://h/t/t_1/diff)", "see 1 file changed, +3 −0 http://h/t/t_1/diff", "1 file changed, +3 −0 http://h/r/x/diff", ""]) expect(`no card: ${text}`, parseDiffText(text), null);
  for (const [time, text] of [[0, "0.0 s"], [9_940, "9.9 s"], [12_300, "12 s"], [185_000, "3 min 05 s"]] as const) expect(`${time} ms`, duration(time), text);
  for (const [text, wanted] of [["/diff", true], [" !diff ", true], ["/diff x", false], ["diff", false], ["say /diff", false]] as const) expect(`a command: ${text}`, isDiffCommand(text), wanted);
  const sizes: [number, string][] = [[0, "0 B"], [999, "999 B"], [1000, "1.0 KB"], [123_456, "123 KB"], [5_300_000, "5.3 MB"], [2e12, "2000 GB"]];
  for (const [bytes, text] of sizes) expect(`${bytes} bytes`, size(bytes), text);
}
