// The outline of a document, and the choice between two versions.

import { both, resolved } from "../../../../Sources/Gateway/Web/editor/conflict";
import * as merging from "../../../../Sources/Gateway/Web/editor/merge";
import { headings } from "../../../../Sources/Gateway/Web/editor/outline";
import { hunks, request, suggested } from "../../../../Sources/Gateway/Web/editor/suggestion";
import { expect } from "./expect";

export function documents(): void {
  const text = "# One `x`\n\ntext # no\n```\n# no\n~~~\n```\n   ### Two **b** ##\n#no\n####### no\n";
  expect("headings outside code", headings(text).map(({ level, title }) => [level, title]), [[1, "One x"], [3, "Two b"]]);
  expect("where a heading begins", text.slice(headings(text)[1]!.place).startsWith("   ### Two"), true);
  const lines = (some: string): string[] => some.split("\n");
  expect("lines that differ", merging.hunks(lines("a\nb\nc\nd\n"), lines("a\nX\nY\nc\n")), [{ old: [1, 2], next: [1, 3] }, { old: [3, 4], next: [4, 4] }]);
  expect("repeated lines", merging.common(lines("a\na\n"), lines("a\na\na\n")).length, 3);
  expect("the same", merging.hunks(["a"], ["a"]), []);
  const [base, theirs, ours] = ["1\n2\n3\n4\n5", "1x\n2\n3\n4\n5\n6", "1y\n2\n3\n4z\n5"];
  expect("mine, and their other lines", resolved("ours", base, theirs, ours), "1y\n2\n3\n4z\n5\n6");
  expect("theirs, and my other lines", resolved("theirs", base, theirs, ours), "1x\n2\n3\n4z\n5\n6");
  expect("both of what both have changed", resolved("both", base, theirs, ours), "1x\n\n1y\n2\n3\n4z\n5\n6");
  expect("both versions", both("a\nb\nc", "a\nX\nc"), "a\nb\n\nX\nc");
  expect("both items of a list", both("- a\n- b", "- a\n- X"), "- a\n- b\n- X");
  expect("both, where one is empty", both("a\nc", "a\n\nX\nc"), "a\n\nX\nc");
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
