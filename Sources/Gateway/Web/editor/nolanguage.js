// What CodeMirror's commands take from @codemirror/language and @lezer/common: the editor has no grammar, so what needs one
// is not bound to a key, and the bundle is 17 KB smaller.
import { Facet } from "@codemirror/state";

export const indentUnit = Facet.define({ combine: () => "  " });
export const getIndentUnit = () => 2;
export const indentString = (_, columns) => " ".repeat(columns);
export const IndentContext = null, getIndentation = null, matchBrackets = null, syntaxTree = null, NodeProp = {};
