// The tree of a workspace's files, the choices below an answer, and code in colours.

import { colouredLines, languageOf } from "../../../../Sources/Gateway/Web/markdown/highlight";
import { Tree } from "../../../../Sources/Gateway/Web/panel/tree";
import { firstLine } from "../../../../Sources/Gateway/Web/tasks/words";
import type { WorkspaceFile } from "../../../../Sources/Gateway/Web/types";
import { splitChoices } from "../../../../Sources/Gateway/Web/views/choices";
import { expect } from "./expect";

const file = (path: string): WorkspaceFile => ({ path, kind: "file", size: 1 });
const folder = (path: string): WorkspaceFile => ({ path, kind: "folder", size: null });
const shown = (tree: Tree): string[] => tree.rows().map((row) => `${"  ".repeat(row.level - 1)}${row.name}${row.kind === "folder" ? (row.isOpen ? " v" : " >") : ""} ${row.position}/${row.siblings}`);

export function workspace(): void {
  const tree = new Tree();
  tree.take("", [folder("a"), folder("a/b"), folder("a/b/c"), file("a/b/c/x2"), file("a/b/c/x10"), folder("e"), file("Z"), folder("s"), file("s/y"), folder("s/t"), file("s/t/z")]);
  expect("folders come first, and those that are alone are one", shown(tree), ["a/b/c > 1/4", "e > 2/4", "s > 3/4", "Z 4/4"]);
  tree.openFirst();
  expect("the first level is open", shown(tree), ["a/b/c v 1/4", "  x2 1/2", "  x10 2/2", "e v 2/4", "s v 3/4", "  t > 1/2", "  y 2/2", "Z 4/4"]);
  tree.setOpen("s", false);
  tree.take("", [folder("a"), file("a/new"), folder("a/b"), folder("a/b/c"), file("a/b/c/x2"), folder("s"), file("s/y")]);
  expect("what is open stays open when its neighbours change", shown(tree), ["a v 1/2", "  b/c v 1/2", "    x2 1/1", "  new 2/2", "s > 2/2"]);
  expect("nothing is missing", [tree.isCut, tree.missing], [false, []]);
  const many = new Tree();
  many.take("", [folder("a"), folder("b"), ...Array.from({ length: 498 }, (_, at) => file(`a/${at}`))]);
  many.openFirst();
  expect("a long first level stays closed", [many.rows().length, many.isCut], [2, false]);
  many.setOpen("b", true);
  expect("a folder of a cut listing is asked for", many.missing, ["b"]);
  many.take("b", [folder("b/c"), file("b/c/d")]);
  expect("its own listing is whole", [many.missing, shown(many).slice(-1)], [[], ["  c > 1/1"]]);
  expect("a file without its folder", (tree.take("", [file("p/q/r")]), shown(tree)), ["p/q > 1/1"]);

  const choices = "`T3` One · open\n\nType `/task claim T3` (Claim) or `/task done T3` (Done).";
  expect("choices of a reply", splitChoices(choices), { text: "`T3` One · open", choices: [{ label: "Claim", command: "/task claim T3" }, { label: "Done", command: "/task done T3" }] });
  for (const other of ["Type `/run rm -rf x` (Claim).", `${choices}\n\nmore`, "He said: Type `/task claim T3` (Claim).", ""]) {
    expect(`no choices: ${other}`, splitChoices(other), { text: other, choices: [] });
  }
  expect("the first line of a message", ["\n## Fix **it**\nnow", "```\nx = 1", "> - quoted", "```swift\n```", "", "*All of it.*\nx", "#12 is open", "**a** and **b**"].map(firstLine),
    ["Fix **it**", "x = 1", "quoted", "", "", "All of it.", "#12 is open", "a** and **b"]);

  expect("languages", ["a/Main.SWIFT", "Makefile", "x/Dockerfile", "a.b/c", "c.tar.gz", ".c++"].map(languageOf), ["swift", "makefile", "dockerfile", null, "gz", "c++"]);
  const lines = (html: string | null, text: string[]): unknown => colouredLines(text, "x", { highlight: () => html });
  expect("an unknown language", lines(null, ["a"]), null);
}
