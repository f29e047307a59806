// The outline of a document, and the choice between two versions.

import { both, difference } from "../../../../Sources/Gateway/Web/editor/conflict";
import { headings } from "../../../../Sources/Gateway/Web/editor/outline";
import { expect } from "./expect";

export function documents(): void {
  const text = "# One `x`\n\ntext # no\n```\n# no\n~~~\n```\n   ### Two **b** ##\n#no\n####### no\n";
  expect("headings outside code", headings(text).map(({ level, title }) => [level, title]), [[1, "One x"], [3, "Two b"]]);
  expect("where a heading begins", text.slice(headings(text)[1]!.place).startsWith("   ### Two"), true);
  expect("lines that differ", difference("a\nb\nc\n", "a\nX\nY\nc\n"), { before: ["a"], old: ["b"], next: ["X", "Y"], after: ["c", ""] });
  expect("repeated lines", difference("a\na\n", "a\na\na\n"), { before: ["a", "a"], old: [], next: ["a"], after: [""] });
  expect("the same", difference("a", "a"), { before: ["a"], old: [], next: [], after: [] });
  expect("both versions", both("a\nb\nc", "a\nX\nc"), "a\n<<<<<<< saved by others\nb\n=======\nX\n>>>>>>> yours\nc");
}
