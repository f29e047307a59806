// Markdown that is made to be expensive or harmful.

import { parse, parseInline, Token } from "../../../../Sources/Gateway/Web/markdown/parser";
import { expect } from "./expect";

const inline = (text: string): Token[] => {
  const token = parse(text)[0]!.tokens.find((other) => other.type === "inline")!;
  return parseInline({ ...token, content: text }, new Map());
};
const depth = (tokens: Token[]): number => {
  let [now, most] = [0, 0];
  for (const token of tokens) most = Math.max(most, (now += token.nesting));
  return most;
};
const text = (tokens: Token[]): string => tokens.map((token) => token.content).join("");
const addresses = (tokens: Token[]): (string | null)[] =>
  tokens.filter((token) => token.attrs !== null).map((token) => token.attrGet("href"));

export function markdown(): void {
  const shown = (source: string): string =>
    inline(source).map((part) => (part.nesting ? `<${part.nesting < 0 ? "/" : ""}${part.type.replace(/_.*/, "")}>` : part.content)).join("");
  for (const [source, expected] of [
    ["这是**强调。**后面", "这是<strong>强调。</strong>后面"],
    ["前面**“强调”**后面", "前面<strong>“强调”</strong>后面"],
    ["a**《强调》**b", "a<strong>《强调》</strong>b"],
    ["**x.**后面 **이 용어(T)**를", "<strong>x.</strong>后面 <strong>이 용어(T)</strong>를"],
    ["~~削除（古い）。~~後", "<s>削除（古い）。</s>後"],
    ["中_强调。_后", "中_强调。_后"],
    ["é**“x”**é", "é**“x”**é"],
    ["😀**“x”**😀", "😀**“x”**😀"],
    ["\\(a\\] \\[x](y) a\\,b \\*c\\*", "\\(a\\] \\[x](y) a\\,b *c*"],
    ["`\\[x\\]`", "\\[x\\]"],
  ] as const) expect(source, shown(source), expected);
  const nested = "*a ".repeat(2500) + "a* ".repeat(2500);
  expect("emphasis is nested only so deep", depth(inline(nested)), 32);
  expect("nothing is lost of what is nested deeper", text(inline(nested)).replace(/[* ]/g, "").length, 5000);
  expect("a long row of stars is text", depth(inline(`${"*".repeat(4000)}a${"*".repeat(4000)}`)), 0);
  const many = "*".repeat(32);
  expect("openers of many signs nest no deeper", depth(inline(`${`${many}a `.repeat(20)}b${`${many} `.repeat(20)}`)) <= 32, true);
  expect("usual emphasis", depth(inline("***a** b*")), 2);
  expect("an opener far before many others is text", text(inline(`${"*x ".repeat(100)}**b**`)).length, 301);
  const blank = "\n".repeat(50_000);
  expect("a footnote over many blank lines", parse(`[^a]: x${blank}    y`).length, 1);
  expect("a footnote before many blank lines", parse(`[^a]: x${blank}y`).length, 2);
  const quotes = parse(`${">".repeat(1000)}end`)[0]!.tokens;
  expect("quotes are nested only so deep", Math.max(...quotes.map((token) => token.level)) <= 34, true);
  expect("the text in them stays", quotes.some((token) => token.content.endsWith("end")), true);

  expect("links and bare addresses", addresses(inline("[a](https://a.example/ 't') and (https://b.example/x_y), http://c.example.")),
    ["https://a.example/", "https://b.example/x_y", "http://c.example/"]);
  expect("other schemes are text", inline("[x](javascript:alert(2)) [y](data:text/html,z) [z](/path) <javascript:a>").every((token) => token.attrs === null), true);
  expect("with their address", text(inline("[x](javascript:alert(2))")), "x (javascript:alert(2))");
  expect("no link is within another", addresses(inline("[a https://b.example c](https://a.example)")), ["https://a.example/"]);
  expect("an image is a link", inline("![a](https://a.example/a.png)").map((token) => token.type), ["image"]);
  expect("HTML is text", parse("<b onclick=x>\n\n<script>y</script>").map((block) => block.tokens[0]!.type), ["paragraph_open", "paragraph_open"]);
  expect("a task", parse("- [x] a\n- [ ]\n- b")[0]!.tokens.filter((token) => token.type === "list_item_open").map((token) => token.meta),
    [{ checked: true }, null, null]);
  const cells = parse("| a | b |\n|---|:-:|\n| `x \\| y` | c \\| d |\n| e |")[0]!.tokens.filter((token) => token.type === "inline");
  expect("cells of a table", cells.map((token) => text(parseInline(token, new Map()))), ["a", "b", "x | y", "c | d", "e", ""]);
  const list = "- a\n  - b\n\n    ```sh\n    c\n    ```\n- d\n\nend";
  expect("blocks have their source", parse(list).map((block) => block.source), ["- a\n  - b\n\n    ```sh\n    c\n    ```\n- d\n", "end"]);
  const started = Date.now();
  formulas();
  for (const hostile of ["$a", "$$", "$$\n", "$a\\", "\\(a", "\\[\n", "\\[a\n", "[a](", "[", "*a_ ", "`a", "[a]: b\n", "http://a.b/(", "* a\n", "> ", "[^a]: b\n", "|a\n|-\n", "~~a "]) {
    for (const block of parse(hostile.repeat(Math.ceil(20_000 / hostile.length)))) {
      for (const token of block.tokens) if (token.type === "inline") parseInline(token, new Map([["a", 1]]));
    }
  }
  expect("hostile text takes no time to notice", Date.now() - started < 5000, true);
}

/** Formulas are in angle brackets, those of a block of their own in double ones. */
function formulas(): void {
  const shown = (source: string): string => parse(source).flatMap((block) => block.tokens).map((token) => {
    if (token.type === "formula") return `<<${token.content}>>`;
    const parts = token.type === "inline" ? parseInline(token, new Map()) : [];
    return parts.map((part) => (part.type === "formula" ? `<${part.content}>` : part.content || (part.type === "softbreak" ? "/" : part.markup))).join("");
  }).join("");
  for (const [source, expected] of [
    ["a $x^2$, \\(y_1\\), $$z$$ and \\[w\\] b", "a <x^2>, <y_1>, <z> and <w> b"],
    ["$5 and $6, $5-$10, US$5 or A$B$C", "$5 and $6, $5-$10, US$5 or A$B$C"],
    ["$HOME/bin:$PATH is a list", "$HOME/bin:$PATH is a list"],
    ["${HOME}/${USER}/bin and $(pwd)/$(ls)", "${HOME}/${USER}/bin and $(pwd)/$(ls)"],
    ["$$\na\n\n$$\nb\n$$", "$$/a<<b>>"],
    ["$ a$, $a $, $$ and $$$$", "$ a$, $a $, $$ and $$$$"],
    ["\\$a$ and $a\\$b$", "$a$ and <a\\$b>"],
    ["`$a$` and $a `b$`", "$a$ and $a b$"],
    ["**$a_1$ and $b_1$**", "**<a_1> and <b_1>**"],
    ["$a*b$ and $c*d$", "<a*b> and <c*d>"],
    ["公式$x$是", "公式<x>是"],
    ["$\\text{a \\(b\\)}$", "<\\text{a \\(b\\)}>"],
    ["$$\n- a\n= b\n$$", "<<- a\n= b>>"],
    ["so\n\\[\na \\\\[2pt]\nb\n\\]\nand", "so<<a \\\\[2pt]\nb>>and"],
    ["1. a\n   $$b$$\n2. c", "a<<b>>c"],
    ["> $$\n> a\n> $$", "<<a>>"],
    ["$$\na\n\nb\n$$", "$$/ab/$$"],
    ["$$\na", "$$/a"],
    ["```\n$$\na\n$$\n```", ""],
    ["| $a$ |\n|---|\n| b |", "<a>b"],
    [`$${"a".repeat(2100)}$`, `$${"a".repeat(2100)}$`],
  ] as const) expect(source.slice(0, 60), shown(source), expected);
}
