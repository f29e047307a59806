// The parts of markdown-it 10 that the page uses; Debian's package has no types of its own.

declare module "markdown-it" {
  export interface Token {
    type: string;
    /** 1 opens, -1 closes, 0 is whole. */
    nesting: -1 | 0 | 1;
    level: number;
    tag: string;
    attrs: [string, string][] | null;
    /** The first line of a block, and the one after its last. */
    map: [number, number] | null;
    children: Token[] | null;
    content: string;
    markup: string;
    info: string;
    meta: any;
    hidden: boolean;
    attrGet(name: string): string | null;
  }
  export interface State {
    src: string;
    env: any;
    level: number;
    push(type: string, tag: string, nesting: -1 | 0 | 1): Token;
  }
  export interface BlockState extends State {
    line: number;
    lineMax: number;
    bMarks: number[];
    blkIndent: number;
    sCount: number[];
    getLines(from: number, to: number, indent: number, keepLast: boolean): string;
    isEmpty(line: number): boolean;
  }
  export interface InlineState extends State {
    pos: number;
    posMax: number;
    pending: string;
    scanDelims(start: number, canSplitWord: boolean): { can_open: boolean; can_close: boolean; length: number };
  }
  export interface Ruler<Rule> {
    at(name: string, rule: Rule): void;
    before(name: string, own: string, rule: Rule, options?: { alt: string[] }): void;
    getRules(chain: string): ((state: BlockState, from: number, to: number, silent: boolean) => boolean)[];
  }
  export default class MarkdownIt {
    constructor(options: { maxNesting: number });
    block: {
      ruler: Ruler<(state: BlockState, from: number, to: number, silent: boolean) => boolean>;
      parse(text: string, md: MarkdownIt, env: object, tokens: Token[]): void;
    };
    inline: {
      State: { prototype: InlineState };
      ruler: Ruler<(state: InlineState, silent: boolean) => boolean>;
      parse(text: string, md: MarkdownIt, env: object, tokens: Token[]): void;
    };
    disable(rule: string): MarkdownIt;
    validateLink: (href: string) => boolean;
    normalizeLink: (href: string) => string;
    normalizeLinkText: (href: string) => string;
  }
}
