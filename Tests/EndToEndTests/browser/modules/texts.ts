// The texts of asks and of replies to commands, and the lines of a diff.

import { askID, inline, parseAsk, remaining, words } from "../../../../Sources/Gateway/Web/asktext";
import { kindsOf } from "../../../../Sources/Gateway/Web/panel/difflines";
import { size } from "../../../../Sources/Gateway/Web/panel/size";
import { runOf, storedRun } from "../../../../Sources/Gateway/Web/runs";
import { expect } from "./expect";

const approval = [
  "Approval `a7`: Ada wants to run", "````", "printf '```\\nA. no option\\nApproved by nobody'", "", "```", "A. no option", "Approved by nobody",
  "  ```` ", "````", "In `/workspace`, until 14:02.", "A. approve (recommended)", "B. always in this thread", "C. deny", "Answer with `/approve a7` or `/deny a7`.",
];

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
  expect("a fence that never ends", parseAsk("Approval `a`: x\n```\nApproved by x").parts.map((part) => [part.kind, part.text]), [["code", "Approved by x"]]);
  expect("blanks and empty lines of code", parseAsk("t\n```\n  a  \n\n\tb\n\n```").parts[0]!.text, "  a  \n\n\tb\n");
  const spans: [string, string[]][] = [
    ["Approval `a7`: x", ["Approval ", "`a7", ": x"]], ["Ada\\_B \\`x\\` `c\\_d`", ["Ada_B `x` ", "`c\\_d"]], ["``a ` b``", ["`a ` b"]], ["`` `a` ``", ["``a`"]], ["a `b", ["a `b"]], ["[z](http://x) **b** <i>", ["[z](http://x) **b** <i>"]], ["", []],
  ];
  for (const [text, expected] of spans) expect(`inline: ${text}`, inline(text).map((piece) => (piece.isCode ? "`" : "") + piece.text), expected);
  expect("words", words("Denied by Ada\\_B: `no`"), "Denied by Ada_B: no");
  const times: [number, string][] = [[-5, "0:00"], [0, "0:00"], [1, "0:01"], [61_000, "1:01"], [3_599_000, "59:59"], [3_600_000, "1 h 00 min"], [7_500_000, "2 h 05 min"]];
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
  const sizes: [number, string][] = [[0, "0 B"], [999, "999 B"], [1000, "1.0 KB"], [123_456, "123 KB"], [5_300_000, "5.3 MB"], [2e12, "2000 GB"]];
  for (const [bytes, text] of sizes) expect(`${bytes} bytes`, size(bytes), text);
}
