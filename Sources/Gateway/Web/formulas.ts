// Typesets formulas with KaTeX (MIT, Debian's libjs-katex), as a script of its own because it is large and seldom needed.
// Its fonts and style come with it: few systems have a font that MathML would need.

/*! KaTeX
Copyright (c) 2013-2020 Khan Academy and other contributors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/

import katex, { Node as Tree } from "katex";

/** The address of KaTeX's style, which the bundler knows. */
declare const FORMULA_STYLE: string;

/** What may be read of a formula nobody looks through: its elements within one another, and all of them. */
const deepest = 200;
const most = 10_000;
/** Definitions can make much of little, and what fetches, links or names something is not for outside text. */
const refused = /\\(?:[gex]?def|let|futurelet|global|long|(?:(?:re)?new|provide)command|href|url|includegraphics|html[a-z]+)(?![a-z])/i;

const style = new Promise((resolve) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = FORMULA_STYLE;
  link.onload = link.onerror = resolve;
  document.head.appendChild(link);
});

/** The element of a formula; null for one that is broken, too large, or does more than show something. */
export async function typeset(tex: string, isDisplay: boolean): Promise<Node | null> {
  await style;
  try {
    if (refused.test(tex)) return null;
    const settings = { displayMode: isDisplay, throwOnError: true, strict: "ignore", trust: false, maxSize: 10, maxExpand: 500 };
    const tree = katex.__renderToDomTree(tex, settings);
    return isModest(tree) ? tree.toNode() : null;
  } catch {
    return null;
  }
}

/** Whether a tree is small enough. Of its attributes, `style` goes, which the page's policy refuses. */
function isModest(tree: Tree): boolean {
  let count = 0;
  const visit = (node: Tree, depth: number): boolean => {
    delete node.attributes?.style;
    count += 1;
    return depth <= deepest && count <= most && (node.children ?? []).every((child) => visit(child, depth + 1));
  };
  return visit(tree, 0);
}
