// The outline of a document, and the choice between two versions.

import { both, difference } from "../../../../Sources/Gateway/Web/editor/conflict";
import { headings } from "../../../../Sources/Gateway/Web/editor/outline";
import { hunks, request, suggested } from "../../../../Sources/Gateway/Web/editor/suggestion";
import { expect } from "./expect";

export function documents(): void {
  const text = "# One `x`\n\ntext # no\n```\n# no\n~~~\n```\n   ### Two **b** ##\n#no\n####### no\n";
  expect("headings outside code", headings(text).map(({ level, title }) => [level, title]), [[1, "One x"], [3, "Two b"]]);
  expect("where a heading begins", text.slice(headings(text)[1]!.place).startsWith("   ### Two"), true);
  expect("lines that differ", difference("a\nb\nc\n", "a\nX\nY\nc\n"), { before: ["a"], old: ["b"], next: ["X", "Y"], after: ["c", ""] });
  expect("repeated lines", difference("a\na\n", "a\na\na\n"), { before: ["a", "a"], old: [], next: ["a"], after: [""] });
  expect("the same", difference("a", "a"), { before: ["a"], old: [], next: [], after: [] });
  expect("both versions", both("a\nb\nc", "a\nX\nc"), "a\n<<<<<<< saved by others\nb\n=======\nX\n>>>>>>> yours\nc");
  expect("changed words", hunks("It is quick and good.", "It is very slow and good."), [
    { old: "It is ", next: "It is " }, { old: "quick ", next: "very slow " }, { old: "and good.", next: "and good." },
  ]);
  expect("words side by side", hunks("a b c\nd", "x y c\nd"), [{ old: "a b", next: "x y" }, { old: " c\nd", next: " c\nd" }]);
  const [old, next] = ["one two\n\n- three\n", "two one\n- 3\n\nfour"];
  expect("all parts are the texts", [hunks(old, next).map((part) => part.old).join(""), hunks(old, next).map((part) => part.next).join("")], [old, next]);
  expect("the block of an answer", suggested("Here:\n\n````md\nA `b`\n```\nc\n```\n````\n", " x\n"), " A `b`\n```\nc\n```\n");
  expect("an answer without a block", suggested("No.", "x"), null);
  expect("a passage with a block", request("w", "a.md", "```\nx\n```").endsWith("````\n```\nx\n```\n````"), true);
}
