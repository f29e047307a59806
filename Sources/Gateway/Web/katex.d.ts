// The parts of KaTeX that the page uses; Debian's package has no types.

declare module "katex" {
  /** An element or text before it is one. */
  export interface Node {
    children?: Node[];
    attributes?: Record<string, string>;
    toNode(): globalThis.Node;
  }
  const katex: {
    /** @throws for what is not a formula */
    __renderToDomTree(tex: string, settings: object): Node;
  };
  export default katex;
}
